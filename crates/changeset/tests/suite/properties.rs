//! What holds of whatever comes.

use changeset::{Conditional, Policy, parse, review};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::arbitrary::{change, logical_id};
use crate::{parsed, reviewed, reviewed_by, set_of, with};

proptest! {
    #[test]
    fn a_further_change_never_makes_the_verdict_milder(
        changes in prop::collection::vec(change(), 0..12), further in change(), at in 0_usize..13,
    ) {
        let before = reviewed(&changes).verdict;
        let mut more = changes.clone();
        more.insert(at.min(changes.len()), further);
        prop_assert!(reviewed(&more).verdict >= before);
    }

    #[test]
    fn a_further_change_anywhere_in_a_tree_never_makes_the_verdict_milder(
        outer in prop::collection::vec(change(), 0..6), inner in prop::collection::vec(change(), 1..6),
        leaves in any::<bool>(), further in change(), at in 0_usize..6, is_inner in any::<bool>(),
    ) {
        let nested = json!({
            "LogicalResourceId": "N", "ResourceType": "AWS::CloudFormation::Stack", "ChangeSetId": "inner",
            "Action": if leaves { "Remove" } else { "Modify" }, "Replacement": (!leaves).then_some("False"),
        });
        let verdict = |outer: &[Value], inner: &[Value]| {
            let root = set_of(&[outer, std::slice::from_ref(&nested)].concat());
            let inner = with(set_of(inner), &json!({ "ChangeSetId": "inner" }));
            review(&[parsed(&root), parsed(&inner)], &Policy::default()).unwrap().verdict
        };
        let more = |changes: &[Value]| {
            let mut more = changes.to_vec();
            more.insert(at.min(changes.len()), further.clone());
            more
        };
        let before = verdict(&outer, &inner);
        let after = if is_inner { verdict(&outer, &more(&inner)) } else { verdict(&more(&outer), &inner) };
        prop_assert!(after >= before, "{:?} after {:?}", after, before);
    }

    #[test]
    fn what_is_allowed_makes_nothing_worse_and_what_holds_data_nothing_milder(
        changes in prop::collection::vec(change(), 0..8), id in logical_id(),
        loss in select(vec!["replace", "remove", "any"]),
        resource_type in select(vec!["AWS::DynamoDB::Table", "AWS::SNS::Topic", "AWS::Lambda::Version", "AWS::CloudFormation::Stack"]),
    ) {
        let plain = reviewed(&changes).verdict;
        let allowing = Policy {
            allow: vec![format!("{id}={loss}").parse().unwrap()],
            ..Policy::default()
        };
        prop_assert!(reviewed_by(&allowing, &changes).verdict <= plain);
        let stateful = Policy { stateful: vec![resource_type.to_owned()], ..Policy::default() };
        prop_assert!(reviewed_by(&stateful, &changes).verdict >= plain);
        let lenient = Policy { conditional: Conditional::Review, ..Policy::default() };
        prop_assert!(reviewed_by(&lenient, &changes).verdict <= plain);
    }

    #[test]
    fn the_order_of_the_changes_does_not_matter(
        changes in prop::collection::vec(change(), 0..12),
    ) {
        let mut turned = changes.clone();
        turned.reverse();
        let verdicts = |review: changeset::Review| {
            let verdicts = review.changes.into_iter();
            verdicts.map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        let mut of_turned = verdicts(reviewed(&turned));
        of_turned.reverse();
        prop_assert_eq!(verdicts(reviewed(&changes)), of_turned);
    }

    #[test]
    fn bytes_are_a_change_set_or_are_not(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(set) = parse(&bytes) {
            let _ = review(&[set], &Policy::default());
        }
    }

    #[test]
    fn a_document_with_anything_changed_in_it_is_a_change_set_or_is_not(
        changes in prop::collection::vec(change(), 0..4), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut document = set_of(&changes).to_string().into_bytes();
        let at = at.index(document.len());
        document[at] = byte;
        if let Ok(set) = parse(&document) {
            let _ = review(&[set], &Policy::default());
        }
    }

    #[test]
    fn a_prefix_of_a_document_is_no_change_set(
        changes in prop::collection::vec(change(), 0..4), at in any::<prop::sample::Index>(),
    ) {
        let document = set_of(&changes).to_string();
        prop_assert!(parse(&document.as_bytes()[..at.index(document.len())]).is_err());
    }
}

#[test]
fn a_long_chain_of_references_is_settled_to_its_end() {
    let change = |number: usize| {
        json!({
            "Action": "Modify", "LogicalResourceId": format!("T{number}"), "ResourceType": "AWS::DynamoDB::Table",
            "Replacement": "Conditional",
            "Details": [{
                "Target": { "Attribute": "Properties", "RequiresRecreation": "Always" },
                "Evaluation": "Dynamic", "ChangeSource": "ResourceReference",
                "CausingEntity": format!("T{}", number + 1),
            }],
        })
    };
    let mut changes: Vec<_> = (0..10_000).map(change).collect();
    assert_eq!(reviewed(&changes).verdict, changeset::Verdict::Safe);
    changes.push(json!({
        "Action": "Add", "LogicalResourceId": "T10000", "ResourceType": "AWS::SNS::Topic",
    }));
    let set = parsed(&set_of(&changes));
    let review = review(&[set], &Policy::default()).unwrap();
    let blocked = review
        .changes
        .iter()
        .filter(|finding| finding.is_blocking());
    assert_eq!(blocked.count(), 10_000);
}
