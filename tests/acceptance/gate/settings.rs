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

/// `mirror` says which of its versions was asked.
#[tokio::test]
async fn answers_are_compared_with_those_of_the_current_version() {
    const COMPARED: &[(&str, &str)] = &[("GATE_COMPARE", "report")];
    const DIFFERENCE: &str = r#"{"path":"functionVersion","current":"1","target":"2"}"#;
    check_all(&[
        Case {
            unusual: "differences are reported, before traffic",
            variables: COMPARED,
            events: &[("Ask", "bundled", "met", DIFFERENCE)],
            ..PASSES
        },
        Case {
            unusual: "differences are reported, after traffic",
            hook: Hook::PostTraffic,
            variables: COMPARED,
            events: &[("Ask", "bundled", "met", DIFFERENCE)],
            ..PASSES
        },
        Case {
            unusual: "differences fail",
            variables: &[("GATE_COMPARE", "fail")],
            reason: &["1 of 1 events unmet"],
            events: &[(
                "Ask",
                "bundled",
                "unmet",
                r#"{"path":"functionVersion","expected":"1","actual":"2","comparedWith":"1"}"#,
            )],
            ..FAILS
        },
        Case {
            unusual: "differences would fail, but what they are compared with is not known",
            variables: &[
                ("GATE_COMPARE", "fail"),
                (
                    "GATE_TARGET",
                    "arn:aws:lambda:us-east-1:123456789012:function:mirror:2",
                ),
            ],
            target: "mirror - - 2",
            reason: &["GATE_COMPARE is `fail`, and nothing can be compared"],
            ..BLOCKED
        },
        Case {
            unusual: "neither off nor report nor fail",
            variables: &[("GATE_COMPARE", "on")],
            reason: &["GATE_COMPARE is `on`"],
            ..REFUSED
        },
    ])
    .await;
}
