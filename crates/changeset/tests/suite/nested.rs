//! Stacks in stacks.

use changeset::{ChangeSet, Policy, Review, ReviewError, review};
use serde_json::{Value, json};

use crate::{letter, parsed, set_of, table, with};

fn set(id: &str, changes: &[Value]) -> ChangeSet {
    parsed(&with(set_of(changes), &json!({ "ChangeSetId": id })))
}

fn stack(id: &str, action: &str, of: Option<&str>) -> Value {
    json!({
        "LogicalResourceId": id, "ResourceType": "AWS::CloudFormation::Stack", "Action": action,
        "Replacement": (action == "Modify").then_some("False"), "ChangeSetId": of,
        "PolicyAction": (action == "Remove").then_some("Delete"),
    })
}

fn removed(id: &str) -> Value {
    with(
        table(id),
        &json!({ "Action": "Remove", "PolicyAction": "Delete" }),
    )
}

fn reviewed(sets: &[ChangeSet]) -> Result<Review, ReviewError> {
    review(sets, &Policy::default())
}

/// The paths with their verdicts.
fn lines(review: &Review) -> Vec<String> {
    let findings = review.changes.iter();
    findings
        .map(|finding| format!("{} {}", finding.path, letter(finding.verdict)))
        .collect()
}

#[test]
fn a_tree_is_reviewed_whole_in_whatever_order_it_is_given() {
    let sets = [
        set(
            "root",
            &[
                stack("Storage", "Modify", Some("storage")),
                with(table("New"), &json!({ "Action": "Add" })),
            ],
        ),
        set("storage", &[stack("Deep", "Modify", Some("deep"))]),
        set("deep", &[removed("Orders")]),
    ];
    let expected = [
        "Storage S",
        "New S",
        "Storage/Deep S",
        "Storage/Deep/Orders B",
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let sets: Vec<ChangeSet> = order.iter().map(|index| sets[*index].clone()).collect();
        let review = reviewed(&sets).unwrap();
        assert_eq!(lines(&review), expected);
        assert_eq!(review.change_set_id.as_deref(), Some("root"));
    }
}

#[test]
fn a_tree_that_is_not_whole_is_not_reviewed() {
    let root = set("root", &[stack("Storage", "Modify", Some("storage"))]);
    let in_progress = || {
        with(
            set_of(&[]),
            &json!({ "ChangeSetId": "storage", "Status": "CREATE_IN_PROGRESS" }),
        )
    };
    let rows = [
        (vec![], "there is no change set"),
        (
            vec![root.clone()],
            "the nested stack Storage is missing: give storage as well",
        ),
        (
            vec![root.clone(), parsed(&in_progress())],
            "storage cannot be reviewed: it is still being created",
        ),
        (
            vec![root.clone(), set("other", &[])],
            "is not nested in the other",
        ),
        (
            vec![set("one", &[]), set("two", &[])],
            "two is not nested in the other",
        ),
        (
            vec![set("one", &[]), set("one", &[])],
            "one was given twice",
        ),
        (
            vec![set("one", &[stack("Self", "Modify", Some("one"))])],
            "in a circle",
        ),
        (
            vec![
                set("a", &[stack("B", "Modify", Some("b"))]),
                set("b", &[stack("A", "Modify", Some("a"))]),
            ],
            "in a circle",
        ),
        (
            vec![
                set("root", &[]),
                set("a", &[stack("B", "Modify", Some("b"))]),
                set("b", &[stack("A", "Modify", Some("a"))]),
            ],
            "in a circle",
        ),
        (
            vec![
                set(
                    "root",
                    &[
                        stack("One", "Modify", Some("x")),
                        stack("Two", "Modify", Some("x")),
                    ],
                ),
                set("x", &[]),
            ],
            "in a circle",
        ),
    ];
    for (sets, expected) in rows {
        let error = reviewed(&sets).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} lacks {expected:?}");
    }
    let chain: Vec<ChangeSet> = (0..100)
        .map(|number| {
            set(
                &format!("s{number}"),
                &[stack("N", "Modify", Some(&*format!("s{}", number + 1)))],
            )
        })
        .collect();
    let error = reviewed(&chain).unwrap_err().to_string();
    assert!(error.contains("more than 50 levels deep"), "{error}");
}

#[test]
fn a_nested_stack_that_is_not_expanded_or_leaves() {
    let rows: [(Vec<ChangeSet>, &[&str]); 5] = [
        (vec![set("root", &[stack("N", "Modify", None)])], &["N R"]),
        (vec![set("root", &[stack("N", "Remove", None)])], &["N B"]),
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set("n", &[removed("T")]),
            ],
            &["N B", "N/T B"],
        ),
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set(
                    "n",
                    &[json!({
                        "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic", "Action": "Remove", "PolicyAction": "Delete",
                    })],
                ),
            ],
            &["N R", "N/Topic R"],
        ),
        // An expansion without anything in it says nothing.
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set("n", &[]),
            ],
            &["N B"],
        ),
    ];
    for (sets, expected) in rows {
        assert_eq!(lines(&reviewed(&sets).unwrap()), expected);
    }
}
