//! Change sets that could not be created: the real reason.

use serde_json::{Value, json};

use super::cloud::{
    Answer, Cloud, INNERMOST, NESTED, ROOT, added, but, check, created, page, stack,
};

fn failed(arn: &str, reason: &str, changes: &[Value]) -> Value {
    let members =
        json!({"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "StatusReason": reason});
    but(created(arn, changes), members)
}

fn by(arn: &str) -> String {
    format!("Nested change set {arn} was not successfully created: Currently in FAILED.")
}

#[test]
fn nothing_to_change_is_no_failure() {
    for reason in [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ] {
        let cloud = Cloud::with(&[(ROOT, vec![failed(ROOT, reason, &[])])]);
        check(&cloud.run(&[ROOT]), 0, &["no resource changes", ROOT]);
    }
}

#[test]
fn the_nested_set_that_failed_says_why() {
    let root = failed(ROOT, &by(NESTED), &[stack("Storage", NESTED)]);
    let nested = failed(NESTED, &by(INNERMOST), &[]);
    let innermost = failed(INNERMOST, "Transform AWS::Nowhere failed", &[]);
    let read = [root.clone(), nested.clone(), innermost];
    let whole: Vec<_> = [ROOT, NESTED, INNERMOST]
        .into_iter()
        .zip(read.map(|page| vec![page]))
        .collect();
    check(
        &Cloud::with(&whole).run(&[ROOT]),
        2,
        &[INNERMOST, "it is FAILED: Transform AWS::Nowhere failed"],
    );
    // One that is gone, a circle.
    check(
        &Cloud::with(&whole[..2]).run(&[ROOT]),
        2,
        &["it is FAILED: ", "there is no change set ", INNERMOST],
    );
    let circle = [(ROOT, vec![failed(ROOT, &by(ROOT), &[])])];
    check(
        &Cloud::with(&circle).run(&[ROOT]),
        2,
        &["it is FAILED: Nested change set"],
    );
}

#[test]
fn what_validations_have_found_is_told() {
    const REASON: &str =
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck].";
    let event = json!({
        "EventId": "1", "EventType": "VALIDATION_ERROR", "LogicalResourceId": "Orders",
        "ValidationName": "NAME_CONFLICT_VALIDATION", "ValidationPath": "/Resources/Orders",
        "ValidationStatusReason": "a table of that name exists",
    });
    let events = json!({"OperationEvents": [event, {"EventId": "2", "EventType": "STACK_EVENT"}]});
    let found =
        "Orders: NAME_CONFLICT_VALIDATION at /Resources/Orders: a table of that name exists";
    let denied = Answer::Refused(403, "AccessDenied", "User: x is not authorized");
    for (answer, said) in [
        (Answer::Page(events), &[found]),
        (denied, &["allow cloudformation:DescribeEvents"]),
    ] {
        let cloud = Cloud::answering(move |asked, _| {
            if asked.action == "DescribeEvents" {
                assert_eq!(asked.get("ChangeSetName"), ROOT);
                assert_eq!(asked.get("Filters.FailedEvents"), "true");
                return answer.clone();
            }
            let set = failed(ROOT, REASON, &[added("Orders")]);
            page(&[(ROOT, vec![set])], asked)
        });
        let ran = cloud.run(&[ROOT]);
        check(&ran, 2, &[REASON]);
        check(&ran, 2, said);
    }
}

#[test]
fn other_reasons_are_told_as_they_are() {
    let reason = "Requires capabilities : [CAPABILITY_IAM]";
    let cloud = Cloud::with(&[(ROOT, vec![failed(ROOT, reason, &[])])]);
    check(
        &cloud.run(&[ROOT]),
        2,
        &[
            ROOT,
            "it is FAILED: Requires capabilities : [CAPABILITY_IAM]",
        ],
    );
}
