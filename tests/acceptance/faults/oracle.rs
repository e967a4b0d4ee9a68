//! Whether a deployment may be told `Succeeded`, from what the endpoints have seen and not from what the hook says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use checks::{Answer, Expectation, Outcome, judge};
use serde_json::Value;

use super::aws::{ALIAS, CURRENT, FUNCTION, TARGET};
use super::invariants::report;
use super::row::Row;
use super::run::Seen;

/// An event's document and its expectation's.
#[derive(Default)]
struct Documents {
    event: Option<String>,
    expectation: Option<String>,
}

/// `Err` says why not: every event that there is must have gone to the version that is deployed, and have been
/// answered to the end, and as expected.
pub(super) fn may_succeed(row: &Row, seen: &Seen) -> Result<(), String> {
    for report in seen.delivered().filter_map(report) {
        let named = (
            report["function"].as_str(),
            report["targetVersion"].as_str(),
        );
        if named != (Some(FUNCTION), Some(TARGET)) {
            return Err(format!("{named:?} is not what is deployed"));
        }
    }
    let events = events(row, seen)?;
    if events.is_empty() {
        return Err("there are no events".to_owned());
    }
    events
        .iter()
        .try_for_each(|(name, documents)| met(name, documents, seen))
}

fn met(name: &str, documents: &Documents, seen: &Seen) -> Result<(), String> {
    let event = documents
        .event
        .as_ref()
        .ok_or_else(|| format!("{name} has no event"))?;
    let expectation = documents
        .expectation
        .as_ref()
        .map(|text| Expectation::parse(text).map_err(|error| format!("{name}: {error}")))
        .transpose()?;
    let as_expected = seen
        .record
        .invocations
        .iter()
        .filter(|one| one.qualifier != CURRENT && one.payload == event.as_bytes())
        .filter_map(|one| one.answer.as_ref())
        .any(|answer| {
            let version = answer.executed_version.as_deref();
            let answer = Answer {
                payload: answer.payload.clone(),
                function_error: answer.function_error.clone(),
                executed_version: answer.executed_version.clone(),
                duration: Duration::ZERO,
            };
            version == Some(TARGET) && judge(expectation.as_ref(), &answer) == Outcome::Met
        });
    if as_expected {
        return Ok(());
    }
    Err(format!(
        "{name} was not answered as expected by {ALIAS} or {TARGET}"
    ))
}

/// Every event, of the layer and of the registry where that was read.
fn events(row: &Row, seen: &Seen) -> Result<BTreeMap<String, Documents>, String> {
    let mut events = BTreeMap::new();
    let layer = row.variables.get("GATE_EVENTS_DIR").map(Path::new);
    let folder = layer.unwrap_or(seen.events.path()).join(FUNCTION);
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(document) = name.strip_suffix(".json") else {
            continue;
        };
        if path.is_dir() || document.starts_with('.') {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("{document}: {error}"))?;
        add(&mut events, document, text);
    }
    if seen.record.schemas_read > 0 {
        let document = match row.shared.as_ref() {
            Some(Value::String(text)) => serde_json::from_str(text)
                .map_err(|error| format!("the shared document: {error}"))?,
            Some(json) => json.clone(),
            None => Value::Null,
        };
        let mut shared = BTreeMap::new();
        let examples = document.pointer("/components/examples");
        for (name, example) in examples.and_then(Value::as_object).into_iter().flatten() {
            add(&mut shared, name, example["value"].to_string());
        }
        for (name, documents) in shared {
            events.entry(name).or_insert(documents);
        }
    }
    Ok(events)
}

fn add(events: &mut BTreeMap<String, Documents>, document: &str, text: String) {
    let stem = document.strip_suffix(".expect");
    let documents: &mut Documents = events
        .entry(stem.unwrap_or(document).to_owned())
        .or_default();
    match stem {
        Some(_) => documents.expectation = Some(text),
        None => documents.event = Some(text),
    }
}
