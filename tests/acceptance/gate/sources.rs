//! Where test events come from: the layer, the shared registry, both, neither.

use super::world::{BLOCKED, Case, FAILS, PASSES, check_all};

/// What `sam remote test-event put` writes, with an expectation among the events.
const SHARED: &str = r#"{
  "openapi": "3.0.0",
  "info": { "version": "1.0.0", "title": "Event" },
  "paths": {},
  "components": {
    "schemas": {
      "Event": {
        "type": "object",
        "required": ["action", "orderId"],
        "properties": { "action": { "type": "string" }, "orderId": { "type": "string" } }
      }
    },
    "examples": {
      "update": {
        "value": { "action": "update", "orderId": "A-1" },
        "x-metadata": { "invocationType": "Event" }
      },
      "create": {
        "value": { "action": "create", "orderId": "A-1" },
        "x-metadata": { "invocationType": null }
      },
      "create.expect": {
        "value": { "payload": { "orderId": "A-1" }, "functionVersion": "2" }
      }
    }
  }
}"#;

/// An event under the name of the bundled one, with an expectation that no answer meets.
const CLASHING: &str = r#"{ "components": { "examples": {
  "Other": { "value": 1 },
  "Ask": { "value": 2 },
  "Ask.expect": { "value": { "never": true } }
} } }"#;

#[tokio::test]
async fn bundled_events_reach_the_version_that_is_deployed() {
    check_all(&[
        PASSES,
        Case {
            unusual: "the event asks who was invoked, and by whom",
            bundled: &[
                ("mirror/Ask.json", r#"{"question": "who"}"#),
                (
                    "mirror/Ask.expect.json",
                    r#"{
                        "payload": { "question": "who" },
                        "functionVersion": "2",
                        "invokedFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:mirror:2",
                        "custom": { "tollgate": "BeforeAllowTraffic" }
                    }"#,
                ),
            ],
            ..PASSES
        },
        Case {
            unusual: "three events, of which the layer has the first last, and another function's",
            bundled: &[
                ("mirror/C.json", "3"),
                ("mirror/B.json", "{}"),
                ("mirror/A.json", "null"),
                ("other/D.json", "not for this function"),
                ("README.md", "not an event"),
            ],
            reason: &["3 of 3 events met"],
            events: &[
                ("A", "bundled", "met", ""),
                ("B", "bundled", "met", ""),
                ("C", "bundled", "met", ""),
            ],
            ..PASSES
        },
    ])
    .await;
}

#[tokio::test]
async fn shared_events_are_run_beside_bundled_ones() {
    check_all(&[
        Case {
            unusual: "events in the registry only",
            bundled: &[],
            shared: SHARED,
            reason: &["2 of 2 events met"],
            events: &[
                ("update", "shared", "met", ""),
                ("create", "shared", "met", ""),
            ],
            ..PASSES
        },
        Case {
            unusual: "events in both places",
            shared: SHARED,
            reason: &["3 of 3 events met"],
            events: &[
                ("Ask", "bundled", "met", ""),
                ("update", "shared", "met", ""),
                ("create", "shared", "met", ""),
            ],
            ..PASSES
        },
        Case {
            unusual: "an event of the same name in both places",
            shared: CLASHING,
            reason: &["2 of 2 events met"],
            notes: &["the test event Ask is bundled and shared; the bundled one was used"],
            events: &[
                ("Ask", "bundled", "met", ""),
                ("Other", "shared", "met", ""),
            ],
            ..PASSES
        },
        Case {
            unusual: "the shared expectation of a shared event is not met",
            bundled: &[],
            shared: CLASHING,
            reason: &["1 of 2 events unmet"],
            events: &[
                ("Other", "shared", "met", ""),
                ("Ask", "shared", "unmet", r#""path":"never""#),
            ],
            ..FAILS
        },
        Case {
            unusual: "a fresh schema without events",
            shared: r#"{ "openapi": "3.0.0", "components": { "schemas": {} } }"#,
            ..PASSES
        },
        Case {
            unusual: "GATE_SHARED_EVENTS is off",
            shared: CLASHING,
            variables: &[("GATE_SHARED_EVENTS", "off")],
            ..PASSES
        },
    ])
    .await;
}

#[tokio::test]
async fn a_registry_that_cannot_be_understood_fails_the_deployment() {
    check_all(&[
        Case {
            unusual: "the document is not JSON",
            shared: "openapi: 3.0.0",
            reason: &[
                "lambda-testevent-schemas/_mirror-schema",
                "not an OpenAPI document",
            ],
            ..BLOCKED
        },
        Case {
            unusual: "the document has no components",
            shared: r#"{ "openapi": "3.0.0" }"#,
            reason: &[
                "lambda-testevent-schemas/_mirror-schema",
                "`components` is missing",
            ],
            ..BLOCKED
        },
        Case {
            unusual: "the document is not JSON, and GATE_SHARED_EVENTS is off",
            shared: "openapi: 3.0.0",
            variables: &[("GATE_SHARED_EVENTS", "off")],
            ..PASSES
        },
    ])
    .await;
}

#[tokio::test]
async fn without_events_nothing_is_a_pass() {
    check_all(&[
        Case {
            unusual: "no events anywhere",
            bundled: &[],
            reason: &[
                "no test events for mirror, and nothing checked is not a pass",
                "/mirror/*.json",
                "lambda-testevent-schemas/_mirror-schema",
                "sam remote test-event put",
            ],
            ..BLOCKED
        },
        Case {
            unusual: "events of another function only",
            bundled: &[("Mirror/Ask.json", "{}")],
            reason: &["no test events for mirror"],
            ..BLOCKED
        },
        Case {
            unusual: "events in the registry only, and GATE_SHARED_EVENTS is off",
            bundled: &[],
            shared: SHARED,
            variables: &[("GATE_SHARED_EVENTS", "off")],
            reason: &[
                "/mirror/*.json",
                "no registry, because GATE_SHARED_EVENTS is off",
            ],
            ..BLOCKED
        },
        Case {
            unusual: "a folder of events that is a file",
            bundled: &[("mirror", "{}")],
            reason: &["cannot list the bundled test events in", "/mirror"],
            ..BLOCKED
        },
    ])
    .await;
}
