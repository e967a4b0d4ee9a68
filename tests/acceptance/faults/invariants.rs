//! What must be true of every run, whatever its row says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lines;
use super::oracle;
use super::row::{CANARY, Hook, Row};
use super::run::Seen;
use super::runtime_api::{Delivered, Ended};

/// Everything that must not have happened, as sentences.
pub(super) fn violations(row: &Row, hook: Hook, seen: &Seen) -> Vec<String> {
    let mut found = Vec::new();
    for (number, delivered) in seen.delivered().enumerate() {
        if let Err(violation) = in_time(seen, delivered) {
            found.push(format!("delivery {}: {violation}", number + 1));
        }
    }
    if let [_, _, ..] = seen.record.puts.as_slice() {
        found.push(format!("CodeDeploy accepted {:?}", seen.record.puts));
    }
    // Two processes may find different things; one may not change its mind.
    let mut sent = seen.record.sent.clone();
    sent.dedup();
    if seen.processes.len() == 1 && sent.len() > 1 {
        found.push(format!("the statuses {sent:?} were sent"));
    }
    let reports: Vec<Value> = seen.delivered().filter_map(report).collect();
    for report in &reports {
        let verdict = report["verdict"].as_str().unwrap_or("no verdict");
        let expected = row.verdict.as_deref().or(seen.record.status.as_deref());
        if expected != Some(verdict) {
            found.push(format!(
                "the function answers {verdict}, and CodeDeploy has {expected:?}"
            ));
        }
    }
    // A status that was there before is not this run's.
    let is_ours = |status: &str| seen.record.puts.iter().any(|put| put.status == status);
    if is_ours("Succeeded")
        && let Err(why) = oracle::may_succeed(row, hook, seen)
    {
        found.push(format!("a false Succeeded: {why}"));
    }
    found.extend(lost(row, seen));
    for process in &seen.processes {
        found.extend(lines::violations(process));
        if !process.written.stderr.is_empty() {
            found.push("something is on standard error".to_owned());
        }
    }
    let answers = seen.delivered().map(|delivered| match &delivered.ended {
        Ended::Response(body) | Ended::Error(body) => String::from_utf8_lossy(body).into_owned(),
        Ended::OutOfTime | Ended::NotTaken => String::new(),
    });
    let written = seen.processes.iter().map(|process| &process.written);
    let texts = written.flat_map(|one| [&one.stdout, &one.stderr]);
    if texts
        .cloned()
        .chain(answers)
        .any(|text| text.contains(CANARY))
    {
        found.push("a secret shows".to_owned());
    }
    found
}

/// Test events that were invoked, and that the last report with test events does not have, or has twice. The log has
/// that report also where CodeDeploy could not be told.
fn lost(row: &Row, seen: &Seen) -> Vec<String> {
    let reports = seen
        .processes
        .iter()
        .flat_map(|process| lines::reports(process).0);
    let entries = |report: lines::Members| report.get("events").and_then(Value::as_array).cloned();
    let last = reports
        .filter_map(entries)
        .rfind(|entries| !entries.is_empty())
        .unwrap_or_default();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &last {
        *times
            .entry(entry["name"].as_str().unwrap_or("-"))
            .or_default() += 1;
    }
    let invocations = seen.record.invocations.iter();
    let payloads: BTreeSet<&[u8]> = invocations.map(|one| &*one.payload).collect();
    // Without a registry that can be read, nothing is invoked.
    let events = oracle::events(row, seen).unwrap_or_default();
    let invoked = events.iter().filter(|(_, documents)| {
        let event = documents
            .event
            .as_ref()
            .and_then(|event| event.as_ref().ok());
        event.is_some_and(|event| payloads.contains(event.as_slice()))
    });
    for (name, _) in invoked {
        times.entry(name).or_default();
    }
    let wrong = times.into_iter().filter(|(_, times)| *times != 1);
    wrong
        .map(|(name, times)| format!("{name} is {times} times in the last report with test events"))
        .collect()
}

/// The report that a delivery ended in.
pub(super) fn report(delivered: &Delivered) -> Option<Value> {
    match &delivered.ended {
        Ended::Response(body) => Some(serde_json::from_slice(body).unwrap_or_default()),
        Ended::Error(_) | Ended::OutOfTime | Ended::NotTaken => None,
    }
}

fn in_time(seen: &Seen, delivered: &Delivered) -> Result<(), String> {
    match &delivered.ended {
        Ended::NotTaken => return Err("the process never asked for it".to_owned()),
        Ended::OutOfTime => return Err("neither a report nor an error by the deadline".to_owned()),
        Ended::Response(_) if seen.record.status.is_none() => {
            return Err("a report, and CodeDeploy was told nothing".to_owned());
        }
        Ended::Response(_) | Ended::Error(_) => {}
    }
    let late = |put: &&super::aws::Put| put.at >= delivered.deadline;
    match seen.record.puts.iter().find(late) {
        // Of two deliveries, the other may have a later deadline.
        Some(put) if seen.delivered().all(|one| put.at >= one.deadline) => {
            Err(format!("{put:?} came after the deadline"))
        }
        _ => Ok(()),
    }
}
