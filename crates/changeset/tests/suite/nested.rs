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
    let failed = |id: &str, reason: &str| {
        parsed(&with(
            set_of(&[]),
            &json!({ "ChangeSetId": id, "Status": "FAILED", "StatusReason": reason }),
        ))
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
        // Why, rather than that it is because of another.
        (
            vec![
                failed(
                    "root",
                    "Nested change set storage was not successfully created: Currently in FAILED.",
                ),
                failed("storage", "Transform failed"),
            ],
            "storage cannot be reviewed: it is FAILED: Transform failed",
        ),
        (
            vec![failed(
                "root",
                "Nested change set storage was not successfully created: Currently in FAILED.",
            )],
            "root cannot be reviewed: it is FAILED: Nested change set storage",
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

    // Every path in a nested stack begins with that of the stack: it is not to grow with a document of any size.
    let long = |number: usize| format!("{number:0>250}");
    let wide: Vec<ChangeSet> = (0..6)
        .map(|number| {
            set(
                &format!("s{number}"),
                &[stack(
                    &long(number),
                    "Modify",
                    Some(&*format!("s{}", number + 1)),
                )],
            )
        })
        .collect();
    assert!(matches!(reviewed(&wide), Err(ReviewError::TooDeep(_))));
}

#[test]
fn a_nested_stack_that_is_not_expanded_or_leaves() {
    let topic = || {
        json!({
            "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic", "Action": "Remove", "PolicyAction": "Delete",
        })
    };
    let replaced = with(
        stack("N", "Modify", Some("n")),
        &json!({ "Replacement": "True", "PolicyAction": "ReplaceAndDelete" }),
    );
    let maybe = with(
        stack("N", "Modify", Some("n")),
        &json!({ "Replacement": "Conditional" }),
    );
    let rows: [(Vec<ChangeSet>, &[&str]); 14] = [
        // Of a stack that is replaced its change set has what is new.
        (
            vec![set("root", &[replaced]), set("n", &[topic()])],
            &["N B", "N/Topic R"],
        ),
        (
            vec![set("root", &[maybe]), set("n", &[topic()])],
            &["N B", "N/Topic R"],
        ),
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set(
                    "n",
                    &[
                        topic(),
                        with(
                            topic(),
                            &json!({ "Action": "Add", "LogicalResourceId": "New" }),
                        ),
                    ],
                ),
            ],
            &["N B", "N/Topic R", "N/New R"],
        ),
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
                set("n", &[topic()]),
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
        // What is kept is not lost.
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set(
                    "n",
                    &[with(removed("T"), &json!({ "PolicyAction": "Retain" }))],
                ),
            ],
            &["N R", "N/T R"],
        ),
        // What is new in it does not say what was in it.
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set("n", &[with(table("T"), &json!({ "Action": "Add" }))]),
            ],
            &["N B", "N/T S"],
        ),
        // From the inside out.
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set("n", &[stack("M", "Remove", Some("m"))]),
                set("m", &[topic()]),
            ],
            &["N R", "N/M R", "N/M/Topic R"],
        ),
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set("n", &[stack("M", "Remove", Some("m"))]),
                set("m", &[removed("T")]),
            ],
            &["N B", "N/M B", "N/M/T B"],
        ),
        (
            vec![
                set("root", &[stack("N", "Remove", Some("n"))]),
                set("n", &[stack("M", "Remove", None), topic()]),
            ],
            &["N B", "N/M B", "N/Topic R"],
        ),
        // Its own protection counts like that of data.
        (
            vec![
                set(
                    "root",
                    &[with(
                        stack("N", "Modify", Some("n")),
                        &json!({ "Scope": ["DeletionPolicy"] }),
                    )],
                ),
                set("n", &[]),
            ],
            &["N R"],
        ),
    ];
    for (sets, expected) in rows {
        assert_eq!(lines(&reviewed(&sets).unwrap()), expected);
    }
}

#[test]
fn a_set_that_did_not_come_from_a_document_is_looked_at_as_closely() {
    let mut set = set("root", &[removed("T")]);
    for change in &mut set.changes {
        change.resource.as_mut().unwrap().resource_type = None;
    }
    let error = reviewed(&[set]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the change set root cannot be reviewed: change 1 lacks its `ResourceType`"
    );
}
