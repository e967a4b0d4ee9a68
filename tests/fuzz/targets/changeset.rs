//! What `tollgate changeset` reads of CloudFormation, and what it makes of it.
#![no_main]

use changeset::{ChangeSet, Conditional, Finding, Policy, Review, Verdict, parse, review};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(set) = parse(bytes) else {
        return;
    };
    let Ok(found) = review(std::slice::from_ref(&set), &Policy::default()) else {
        return;
    };
    // Every change is judged, and what is not safe says why.
    assert_eq!(found.changes.len(), set.changes.len());
    let worst = found.changes.iter().map(|finding| finding.verdict).max();
    assert_eq!(found.verdict, worst.unwrap_or(Verdict::Safe));
    for (finding, change) in found.changes.iter().zip(&set.changes) {
        let resource = change.resource.as_ref().expect("it was judged");
        assert_eq!(Some(&finding.path), resource.logical_id.as_ref());
        assert!(finding.verdict == Verdict::Safe || !finding.reasons.is_empty());
        assert_eq!(
            finding.remedy.is_some(),
            finding.verdict == Verdict::Blocked
        );
        assert!(!(finding.is_routine && finding.verdict > Verdict::Safe));
    }
    // What CloudFormation says to delete is not safe where it holds data.
    for (finding, change) in found.changes.iter().zip(&set.changes) {
        let deletes = change.resource.as_ref().is_some_and(|resource| {
            let policy = resource.policy_action.as_ref();
            policy.is_some_and(|policy| policy.as_str().ends_with("Delete"))
        });
        if deletes && finding.resource_type == "AWS::DynamoDB::Table" {
            assert_eq!(finding.verdict, Verdict::Blocked);
        }
    }
    fewer(&set, &found);
    // Who lets conditional replacements pass sees nothing that is worse.
    let lenient = Policy {
        conditional: Conditional::Review,
        ..Policy::default()
    };
    let lenient = review(std::slice::from_ref(&set), &lenient).expect("it was judged");
    assert!(
        verdicts(&lenient)
            .zip(verdicts(&found))
            .all(|(one, other)| one <= other)
    );
    // A document is written of it.
    let document = serde_json::to_vec(&found).expect("it is JSON");
    assert!(serde_json::from_slice::<serde_json::Value>(&document).is_ok());
});

/// Without one of its changes, a set is not worse.
fn fewer(set: &ChangeSet, found: &Review) {
    for index in 0..set.changes.len().min(4) {
        let mut fewer = set.clone();
        fewer.changes.remove(index);
        let fewer = review(&[fewer], &Policy::default()).expect("it was judged");
        assert!(fewer.verdict <= found.verdict);
    }
}

fn verdicts(review: &Review) -> impl Iterator<Item = Verdict> {
    review
        .changes
        .iter()
        .map(|finding: &Finding| finding.verdict)
}
