//! What a hook writes to standard output: records of its log, and its report as lines of JSON with metrics.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::run::Process;
use super::runtime_api::{Delivered, Ended};

/// The longest event of CloudWatch Logs ("CloudWatch Logs quotas", Amazon CloudWatch Logs User Guide).
const LONGEST_LINE: usize = 256 * 1024;

/// Members of the report's line that the function's answer does not have.
const ONLY_IN_THE_LINE: [&str; 7] = [
    "_aws", "met", "unmet", "broken", "duration", "part", "parts",
];

pub(super) type Members = Map<String, Value>;

/// The reports in the log of one process, each put together from its parts, and what is wrong with the lines.
pub(super) fn reports(process: &Process) -> (Vec<Members>, Vec<String>) {
    let mut found = Vec::new();
    let mut logged: Vec<Members> = Vec::new();
    for line in process.written.stdout.lines() {
        if line.len() > LONGEST_LINE {
            found.push(format!("a line of {} bytes", line.len()));
        }
        match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(members)) if members.contains_key("verdict") => logged.push(members),
            Ok(Value::Object(members)) if members.contains_key("part") => {
                let whole = logged.last_mut().and_then(|whole| whole.get_mut("events"));
                match (whole, &members["events"]) {
                    (Some(Value::Array(whole)), Value::Array(more)) => whole.extend(more.clone()),
                    _ => found.push(format!("a part of nothing: {line}")),
                }
            }
            Ok(Value::Object(members)) if members.contains_key("level") => {}
            _ => found.push(format!("on standard output: {line}")),
        }
    }
    (logged, found)
}

/// What is wrong with the output of one process, as sentences.
pub(super) fn violations(process: &Process) -> Vec<String> {
    let (logged, mut found) = reports(process);
    let reported: Vec<&Delivered> = process
        .delivered
        .iter()
        .filter(|delivered| is_reported(delivered))
        .collect();
    if logged.len() != reported.len() {
        let (lines, reports) = (logged.len(), reported.len());
        found.push(format!("{lines} report lines for {reports} runs"));
    }
    for (index, (line, delivered)) in logged.iter().zip(reported).enumerate() {
        // Nothing is counted twice.
        let is_first = index == 0;
        found.extend(metrics(line, is_first).err());
        found.extend(says(line, delivered, is_first).err());
    }
    found
}

/// Whether there was a run that could be reported on.
fn is_reported(delivered: &Delivered) -> bool {
    match &delivered.ended {
        Ended::Response(_) => true,
        Ended::Error(body) => {
            let error: Value = serde_json::from_slice(body).unwrap_or_default();
            error["errorType"] == "VerdictNotReported"
        }
        Ended::OutOfTime | Ended::NotTaken => false,
    }
}

/// Whether the line is the function's answer, and nothing beside it but metrics, and a note where it is not the first.
fn says(line: &Members, delivered: &Delivered, is_first: bool) -> Result<(), String> {
    let mut line = line.clone();
    for name in ONLY_IN_THE_LINE {
        line.shift_remove(name);
    }
    let notes = line.get("notes").and_then(Value::as_array).cloned();
    let notes = notes.unwrap_or_default();
    match &delivered.ended {
        Ended::Response(body) => {
            let mut answer: Members = serde_json::from_slice(body).unwrap_or_default();
            if !is_first {
                answer.insert("notes".to_owned(), notes.into());
                line.insert("notes".to_owned(), answer["notes"].clone());
            }
            if line != answer {
                return Err(format!(
                    "the line is not what the function answers: {}",
                    Value::Object(line)
                ));
            }
        }
        _ => {
            let is_told = |note: &Value| note.as_str().is_some_and(|note| note.contains("told"));
            if !notes.iter().any(is_told) {
                return Err(format!("no note says that nothing was reported: {notes:?}"));
            }
        }
    }
    Ok(())
}

/// CloudWatch's embedded metric format: every metric and every dimension is a member of the line.
fn metrics(line: &Members, is_first: bool) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what} in {}", Value::Object(line.clone())));
    let count = |outcome: &str| {
        let events = line.get("events").and_then(Value::as_array);
        let of = |event: &&Value| event["outcome"] == outcome;
        events.map_or(0, |events| events.iter().filter(of).count())
    };
    for outcome in ["met", "unmet", "broken"] {
        if line.get(outcome).and_then(Value::as_u64) != u64::try_from(count(outcome)).ok() {
            return wrong(&format!("{outcome} does not count"));
        }
    }
    if !line.get("duration").is_some_and(Value::is_number) {
        return wrong("no duration");
    }
    let Some(aws) = line.get("_aws") else {
        return if is_first {
            wrong("no metrics")
        } else {
            Ok(())
        };
    };
    if !is_first {
        return wrong("metrics once more");
    }
    let directives = aws["CloudWatchMetrics"].as_array().map(Vec::as_slice);
    let Some([directive]) = directives else {
        return wrong("there is not one metric directive");
    };
    if directive["Namespace"] != "Tollgate" || !aws["Timestamp"].is_u64() {
        return wrong("no namespace or no time");
    }
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let units: BTreeSet<(String, String)> = list(&directive["Metrics"])
        .iter()
        .map(|metric| {
            let text = |name: &str| metric[name].as_str().unwrap_or_default().to_owned();
            (text("Name"), text("Unit"))
        })
        .collect();
    let expected = [
        ("met", "Count"),
        ("unmet", "Count"),
        ("broken", "Count"),
        ("duration", "Milliseconds"),
    ];
    let expected = expected.map(|(name, unit)| (name.to_owned(), unit.to_owned()));
    if units != BTreeSet::from(expected) {
        return wrong("other metrics");
    }
    let dimensions: Vec<Value> = list(&directive["Dimensions"])
        .iter()
        .flat_map(list)
        .collect();
    for name in ["function", "lifecycleEvent"] {
        // What was never found out cannot be a dimension.
        if line.contains_key(name) != dimensions.contains(&name.into()) {
            return wrong("other dimensions");
        }
    }
    Ok(())
}
