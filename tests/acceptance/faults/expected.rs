//! What a row says must come of it, against what came.

use serde_json::Value;

use super::aws::DEPLOYMENT;
use super::invariants::report;
use super::row::{FunctionError, Hook, Row};
use super::run::Seen;
use super::runtime_api::{Delivered, Ended};

/// Every difference, as a sentence.
pub(super) fn differences(row: &Row, hook: Hook, seen: &Seen) -> Vec<String> {
    let mut found = Vec::new();
    let received = seen.record.status.as_deref().unwrap_or("nothing");
    if received != row.received {
        found.push(format!(
            "CodeDeploy has {received}, expected {}",
            row.received
        ));
    }
    if received == "Succeeded" && !row.healthy && row.right.is_none() {
        found.push("Succeeded, and the row does not say why that is right".to_owned());
    }
    let delivered: Vec<&Delivered> = seen.delivered().collect();
    let (last, earlier) = delivered.split_last().unwrap();
    found.extend(ending(last, row.error.as_ref()));
    if let (Some(again), [first]) = (&row.again, earlier) {
        found.extend(ending(first, again.first_error.as_ref()));
    }
    for report in seen.delivered().filter_map(report) {
        let expected = (row.lifecycle_event(hook), DEPLOYMENT);
        if (&report["lifecycleEvent"], &report["deploymentId"])
            != (&expected.0.into(), &expected.1.into())
        {
            found.push(format!("the report is not on {expected:?}"));
        }
    }
    if let Some(report) = report(last) {
        found.extend(in_report(row, &report));
    }
    for (action, expected) in &row.calls {
        let calls = seen.record.calls.iter();
        let count = calls.filter(|call| call.action == *action).count();
        if count != *expected {
            found.push(format!("{count} calls of {action}, expected {expected}"));
        }
    }
    let scripts = row
        .script
        .keys()
        .chain(row.again.iter().flat_map(|again| again.script.keys()));
    // Where the row counts the calls, that says more.
    let is_counted = |key: &str| {
        row.calls
            .keys()
            .any(|action| key.starts_with(action.as_str()))
    };
    for key in scripts.filter(|key| !seen.record.used.contains(*key) && !is_counted(key)) {
        found.push(format!("the script of {key} was not asked for anything"));
    }
    found
}

fn ending(delivered: &Delivered, error: Option<&FunctionError>) -> Vec<String> {
    match (&delivered.ended, error) {
        (Ended::Response(_), None) | (Ended::OutOfTime | Ended::NotTaken, _) => Vec::new(),
        (Ended::Response(_), Some(error)) => {
            vec![format!(
                "a report, expected the function error {}",
                error.error_type
            )]
        }
        (Ended::Error(body), expected) => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let Some(expected) = expected else {
                return vec![format!("a function error: {body}")];
            };
            let mut found = Vec::new();
            if body["errorType"] != expected.error_type {
                found.push(format!("{body}, expected the type {}", expected.error_type));
            }
            found.extend(missing("message", &body["errorMessage"], &expected.message));
            found
        }
    }
}

fn in_report(row: &Row, report: &Value) -> Vec<String> {
    let mut found = missing("reason", &report["reason"], &row.reason);
    if let Some(expected) = &row.target {
        let members = ["function", "alias", "currentVersion", "targetVersion"];
        let target = members.map(|name| report[name].as_str().unwrap_or("-"));
        if target.join(" ") != *expected {
            found.push(format!("the target is {target:?}, expected {expected}"));
        }
    }
    found.extend(missing("canary", &report["canary"]["summary"], &row.canary));
    let notes = list(&report["notes"]);
    if notes.len() != row.notes.len() {
        found.push(format!("the notes are {notes:?}, expected {:?}", row.notes));
    }
    for (note, part) in notes.iter().zip(&row.notes) {
        found.extend(missing("note", note, std::slice::from_ref(part)));
    }
    let events = list(&report["events"]);
    let expected = row.expected_events();
    let text = |event: &Value| {
        ["name", "source", "outcome"].map(|member| event[member].as_str().unwrap_or("-").to_owned())
    };
    let outcomes: Vec<[String; 3]> = events.iter().map(text).collect();
    if !outcomes.iter().eq(expected.iter().map(|event| &event[..3])) {
        found.push(format!(
            "the events are {outcomes:?}, expected {expected:?}"
        ));
    }
    for (event, expected) in events.iter().zip(&expected) {
        let entry = Value::String(event.to_string());
        found.extend(missing("event", &entry, &expected[3..]));
    }
    found
}

fn missing(what: &str, text: &Value, parts: &[String]) -> Vec<String> {
    let text = text.as_str().unwrap_or_default();
    let parts = parts.iter().filter(|part| !text.contains(*part));
    parts
        .map(|part| format!("the {what} is {text:?}, expected {part:?} in it"))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
