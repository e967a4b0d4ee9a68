//! Whose line it is: what the log says of one test event names it.

use serde_json::{Value, from_value, json};

use super::row::{Hook, Row};
use super::run_all;

/// A run, and the line that it must log about its test event `Ask`.
struct Expected {
    unusual: &'static str,
    /// `AWS_LAMBDA_LOG_LEVEL`; empty is the hook's own.
    log_level: &'static str,
    /// What the function under test answers first.
    script: Value,
    level: &'static str,
}

#[test]
fn a_line_on_a_test_event_names_it() {
    let rows = [
        Expected {
            unusual: "an event is answered",
            log_level: "INFO",
            script: json!({}),
            level: "INFO",
        },
        Expected {
            unusual: "an event is throttled at first",
            log_level: "",
            script: json!({ "lambda:InvokeFunction": ["429 TooManyRequestsException"] }),
            level: "WARN",
        },
    ];
    let runs = rows.iter().map(|expected| {
        let row = from_value::<Row>(json!({
            "unusual": expected.unusual,
            "variables": { "AWS_LAMBDA_LOG_LEVEL": expected.log_level, "GATE_COMPARE": "off" },
            "script": expected.script,
            "received": "Succeeded",
        }));
        (expected.unusual.to_owned(), row.unwrap(), Hook::PreTraffic)
    });
    for (expected, ran) in rows.iter().zip(run_all(runs.collect())) {
        let lines = ran.seen.processes[0].written.stdout.lines();
        let lines: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let is_named = |line: &&Value| line["level"] == expected.level && names(line, "Ask");
        assert!(
            lines.iter().any(|line| is_named(&line)),
            "{}: no line of the level {} has a span with the event's name: {lines:#?}",
            ran.name,
            expected.level
        );
    }
}

/// Whether one of the line's spans has the name among its fields.
fn names(line: &Value, name: &str) -> bool {
    let spans = line["spans"].as_array().into_iter().flatten();
    let mut fields = spans
        .filter_map(Value::as_object)
        .flat_map(|span| span.values());
    fields.any(|field| field == name)
}
