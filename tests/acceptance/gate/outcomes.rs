//! What becomes of test events: unmet, broken, or not answered in time.

use std::fs;

use super::world::{Case, FAILS, PASSES, check_all};

#[tokio::test]
async fn an_answer_that_is_not_as_expected_is_unmet() {
    check_all(&[
        Case {
            unusual: "one event is unmet, in two places",
            bundled: &[
                ("mirror/Ask.json", r#"{"question":"who"}"#),
                ("mirror/Tell.json", r#"{"answer":1}"#),
                (
                    "mirror/Tell.expect.json",
                    r#"{"functionVersion":"1","payload":{"answer":2}}"#,
                ),
            ],
            reason: &["1 of 2 events unmet"],
            events: &[
                ("Ask", "bundled", "met", ""),
                (
                    "Tell",
                    "bundled",
                    "unmet",
                    r#""mismatches":[{"path":"functionVersion","expected":"1","actual":"2"},{"path":"payload.answer","expected":2,"actual":1}]"#,
                ),
            ],
            ..FAILS
        },
        Case {
            unusual: "the function refuses",
            bundled: &[("mirror/Ask.json", r#"{"do":"fail"}"#)],
            reason: &["1 of 1 events unmet"],
            events: &[(
                "Ask",
                "bundled",
                "unmet",
                r#""actual":{"errorType":"Refused","errorMessage":"as asked"}"#,
            )],
            ..FAILS
        },
        Case {
            unusual: "the function refuses, as expected",
            bundled: &[
                ("mirror/Ask.json", r#"{"do":"fail"}"#),
                (
                    "mirror/Ask.expect.json",
                    r#"{"$error":{"errorType":"Refused"}}"#,
                ),
            ],
            ..PASSES
        },
        Case {
            unusual: "the function panics",
            bundled: &[("mirror/Ask.json", r#"{"do":"panic"}"#)],
            reason: &["1 of 1 events unmet"],
            events: &[("Ask", "bundled", "unmet", "Lambda panicked: as asked")],
            ..FAILS
        },
        Case {
            unusual: "the function's process ends",
            bundled: &[("mirror/Ask.json", r#"{"do":"exit"}"#)],
            reason: &["1 of 1 events unmet"],
            events: &[("Ask", "bundled", "unmet", "Runtime.ExitError")],
            ..FAILS
        },
        Case {
            unusual: "the function runs past its own timeout",
            bundled: &[("mirror/Ask.json", r#"{"do":"sleep"}"#)],
            function_timeout: 1,
            reason: &["1 of 1 events unmet"],
            events: &[("Ask", "bundled", "unmet", "Task timed out after 1.00 seconds")],
            ..FAILS
        },
    ])
    .await;
}

#[tokio::test]
async fn a_check_that_cannot_be_made_is_broken() {
    check_all(&[
        Case {
            unusual: "an event that is not JSON, beside one that is met",
            bundled: &[
                ("mirror/Ask.json", r#"{"question":"#),
                ("mirror/Tell.json", "{}"),
            ],
            reason: &["1 of 2 events broken"],
            events: &[
                ("Ask", "bundled", "broken", "the event `Ask` is not JSON"),
                ("Tell", "bundled", "met", ""),
            ],
            ..FAILS
        },
        Case {
            unusual: "an expectation that is not JSON",
            bundled: &[("mirror/Ask.json", "{}"), ("mirror/Ask.expect.json", "{")],
            reason: &["1 of 1 events broken"],
            events: &[(
                "Ask",
                "bundled",
                "broken",
                "the expectation `Ask.expect` cannot be used",
            )],
            ..FAILS
        },
        Case {
            unusual: "an expectation with an unknown instruction",
            bundled: &[
                ("mirror/Ask.json", "{}"),
                (
                    "mirror/Ask.expect.json",
                    r#"{"functionVersion":{"$regexp":"2"}}"#,
                ),
            ],
            reason: &["1 of 1 events broken"],
            events: &[(
                "Ask",
                "bundled",
                "broken",
                "functionVersion.$regexp: unknown instruction `$regexp`; did you mean `$regex`?",
            )],
            ..FAILS
        },
        Case {
            unusual: "an expectation without its event",
            bundled: &[("mirror/Ask.expect.json", "{}")],
            reason: &["1 of 1 events broken"],
            events: &[(
                "Ask",
                "bundled",
                "broken",
                "the expectation `Ask.expect` has no event `Ask`",
            )],
            ..FAILS
        },
        Case {
            unusual: "an unmet event beside a broken one",
            bundled: &[("mirror/A.json", r#"{"do":"fail"}"#), ("mirror/B.json", "")],
            reason: &["1 of 2 events unmet, 1 broken"],
            events: &[
                ("A", "bundled", "unmet", ""),
                ("B", "bundled", "broken", ""),
            ],
            ..FAILS
        },
    ])
    .await;
}

/// The function may run for longer than the hook, and does; CodeDeploy hears of it while the hook still runs.
#[tokio::test]
async fn the_hook_reports_before_its_own_time_is_up() {
    check_all(&[
        Case {
            unusual: "one of three events is not answered in the hook's time",
            bundled: &[
                ("mirror/A.json", "{}"),
                ("mirror/B.json", r#"{"do":"sleep"}"#),
                ("mirror/C.json", "{}"),
            ],
            hook_timeout: 3,
            function_timeout: 4,
            reason: &["1 of 3 events broken"],
            events: &[
                ("A", "bundled", "met", ""),
                (
                    "B",
                    "bundled",
                    "broken",
                    "out of time before there was an answer",
                ),
                ("C", "bundled", "met", ""),
            ],
            ..FAILS
        },
        Case {
            unusual: "behind an event that is not answered, another waits for its turn",
            bundled: &[
                ("mirror/A.json", r#"{"do":"sleep"}"#),
                ("mirror/B.json", "{}"),
            ],
            variables: &[("GATE_CONCURRENCY", "1")],
            hook_timeout: 3,
            function_timeout: 4,
            reason: &["2 of 2 events broken"],
            events: &[
                ("A", "bundled", "broken", "out of time"),
                ("B", "bundled", "broken", "out of time"),
            ],
            ..FAILS
        },
    ])
    .await;
}

/// `meet` signs a directory with its process, and answers once three have signed: with fewer in flight nobody is
/// answered, and with more in flight more processes sign.
#[tokio::test]
async fn as_many_events_are_in_flight_as_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let meet = serde_json::json!({ "do": "meet", "directory": directory.path(), "parties": 3 });
    let meet = meet.to_string();
    let names: Vec<String> = (10..40).map(|number| number.to_string()).collect();
    let files: Vec<String> = names
        .iter()
        .map(|name| format!("mirror/{name}.json"))
        .collect();
    let bundled: Vec<(&str, &str)> = files
        .iter()
        .map(|file| (file.as_str(), meet.as_str()))
        .collect();
    let events: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), "bundled", "met", ""))
        .collect();
    check_all(&[Case {
        unusual: "thirty events, three at once",
        bundled: &bundled,
        variables: &[("GATE_CONCURRENCY", "3")],
        reason: &["30 of 30 events met"],
        events: &events,
        ..PASSES
    }])
    .await;
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
}
