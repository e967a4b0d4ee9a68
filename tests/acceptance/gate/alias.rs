//! The alias that a PostTraffic hook finds.

use super::world::{BLOCKED, Case, FAILS, Hook, Meanwhile, PASSES, check_all};

#[tokio::test]
async fn events_go_through_the_alias() {
    check_all(&[
        Case {
            unusual: "the event asks who was invoked, and by whom",
            hook: Hook::PostTraffic,
            bundled: &[
                ("mirror/Ask.json", "{}"),
                (
                    "mirror/Ask.expect.json",
                    r#"{
                        "functionVersion": "2",
                        "invokedFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:mirror:live",
                        "custom": { "tollgate": "AfterAllowTraffic" }
                    }"#,
                ),
            ],
            ..PASSES
        },
        Case {
            unusual: "an event is unmet when all traffic has moved",
            hook: Hook::PostTraffic,
            bundled: &[("mirror/Ask.json", r#"{"do":"fail"}"#)],
            reason: &["1 of 1 events unmet"],
            events: &[("Ask", "bundled", "unmet", "Refused")],
            ..FAILS
        },
        Case {
            unusual: "no events anywhere",
            hook: Hook::PostTraffic,
            bundled: &[],
            reason: &["no test events for mirror"],
            ..BLOCKED
        },
    ])
    .await;
}

#[tokio::test]
async fn an_alias_that_is_not_where_it_should_be_fails_the_deployment() {
    check_all(&[
        Case {
            unusual: "the alias is weighted again",
            hook: Hook::PostTraffic,
            meanwhile: Meanwhile::Weighs("1"),
            reason: &[
                "alias live of mirror points at version 2 but still sends traffic elsewhere (version 1: 10 %)",
            ],
            ..BLOCKED
        },
        Case {
            unusual: "the alias points at a third version",
            hook: Hook::PostTraffic,
            meanwhile: Meanwhile::Moves,
            reason: &[
                "alias live of mirror points at version 3, not at the target version 2",
            ],
            // CodeDeploy rolls back only what it has moved itself.
            alias: "3",
            ..BLOCKED
        },
        Case {
            unusual: "the alias of GATE_TARGET is weighted again",
            hook: Hook::PostTraffic,
            variables: &[(
                "GATE_TARGET",
                "arn:aws:lambda:us-east-1:123456789012:function:mirror:live",
            )],
            meanwhile: Meanwhile::Weighs("1"),
            reason: &["still sends traffic elsewhere (version 1: 10 %)"],
            target: "mirror live - -",
            ..BLOCKED
        },
    ])
    .await;
}

/// CodeDeploy checks the alias before it begins, and before traffic it is no business of the hook's.
#[tokio::test]
async fn a_pre_traffic_hook_does_not_look_at_the_alias() {
    check_all(&[Case {
        unusual: "the alias is weighted before traffic",
        meanwhile: Meanwhile::Weighs("2"),
        ..PASSES
    }])
    .await;
}
