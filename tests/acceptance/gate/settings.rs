//! The `GATE_…` variables: a value that is not understood fails the deployment by its name.

use super::world::{BLOCKED, Case, FAILS, Hook, PASSES, check_all};

/// A row about a value that is refused before anything is read.
const REFUSED: Case<'static> = Case {
    target: "- - - -",
    ..BLOCKED
};

#[tokio::test]
async fn a_bad_value_fails_the_deployment_by_its_name() {
    check_all(&[
        Case {
            unusual: "no events in flight",
            variables: &[("GATE_CONCURRENCY", "0")],
            reason: &["GATE_CONCURRENCY is `0`", "a whole number from 1 to 900"],
            ..REFUSED
        },
        Case {
            unusual: "a number in words",
            variables: &[("GATE_CONCURRENCY", "ten")],
            reason: &["GATE_CONCURRENCY is `ten`"],
            ..REFUSED
        },
        Case {
            unusual: "neither on nor off",
            variables: &[("GATE_SHARED_EVENTS", "perhaps")],
            reason: &["GATE_SHARED_EVENTS is `perhaps`"],
            ..REFUSED
        },
        Case {
            unusual: "a target by name",
            variables: &[("GATE_TARGET", "mirror:2")],
            reason: &["GATE_TARGET is `mirror:2`", "not a Lambda function ARN"],
            ..REFUSED
        },
        Case {
            unusual: "a target that never stays the same",
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:$LATEST",
            )],
            reason: &["GATE_TARGET", "$LATEST"],
            ..REFUSED
        },
        Case {
            unusual: "an alias before traffic",
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:live",
            )],
            reason: &["GATE_TARGET", "must end in a version, not in `live`"],
            ..REFUSED
        },
        Case {
            unusual: "a version after traffic",
            hook: Hook::PostTraffic,
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:2",
            )],
            reason: &["GATE_TARGET", "must end in an alias, not in version `2`"],
            ..REFUSED
        },
    ])
    .await;
}

#[tokio::test]
async fn a_target_is_taken_instead_of_the_deployments() {
    check_all(&[
        Case {
            unusual: "another version than the one that is deployed",
            bundled: &[
                ("mirror/Ask.json", "{}"),
                (
                    "mirror/Ask.expect.json",
                    r#"{"invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:mirror:1"}"#,
                ),
            ],
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:1",
            )],
            target: "mirror - - 1",
            ..PASSES
        },
        Case {
            unusual: "a version that does not exist",
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:7",
            )],
            target: "mirror - - 7",
            reason: &["1 of 1 events broken"],
            events: &[("Ask", "bundled", "broken", "ResourceNotFoundException")],
            ..FAILS
        },
        Case {
            unusual: "the alias, after traffic",
            hook: Hook::PostTraffic,
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:live",
            )],
            target: "mirror live - 2",
            ..PASSES
        },
        Case {
            unusual: "an alias that does not exist, after traffic",
            hook: Hook::PostTraffic,
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:prod",
            )],
            target: "mirror prod - -",
            reason: &[
                "cannot read where alias prod of mirror points",
                "ResourceNotFoundException",
            ],
            ..BLOCKED
        },
    ])
    .await;
}

#[tokio::test]
async fn what_was_asked_for_and_is_not_done_is_noted() {
    check_all(&[Case {
        unusual: "a comparison is asked for",
        variables: &[("GATE_COMPARE", "report")],
        notes: &["GATE_COMPARE is not supported by this version: it is `report`"],
        ..PASSES
    }])
    .await;
}
