//! Whether a deployment may be told `Succeeded`, from what the endpoints have seen and not from what the hook says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use checks::{Answer, Expectation, Outcome, judge};
use serde_json::Value;

use super::answer::Function;
use super::aws::{ALIAS, CURRENT, FUNCTION, TARGET};
use super::invariants::report;
use super::layer;
use super::row::{Hook, Row};
use super::run::Seen;

/// An event's document and its expectation's.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) event: Option<Document>,
    expectation: Option<Document>,
}

/// The bytes of a document, or why it cannot be read.
type Document = Result<Vec<u8>, String>;

/// `Err` says why not: every event that there is must have gone to the version that is deployed, and whatever was
/// answered to the end must be as expected. An answer that is not may not be tried again until it is; of a second
/// delivery the first one's answers are not known apart, so there one of them must be as expected.
///
/// It knows nothing of the current version's answers: a difference that `GATE_COMPARE=fail` makes a failure is up to
/// the rows that say so.
pub(super) fn may_succeed(row: &Row, hook: Hook, seen: &Seen) -> Result<(), String> {
    for report in seen.delivered().filter_map(report) {
        let named = (
            report["function"].as_str(),
            report["targetVersion"].as_str(),
        );
        if named != (Some(FUNCTION), Some(TARGET)) {
            return Err(format!("{named:?} is not what is deployed"));
        }
    }
    let is_given = row.variables.contains_key("GATE_TARGET");
    if row.lifecycle_event(hook) == "AfterAllowTraffic" && !is_given {
        is_shifted(seen.record.alias.as_ref())?;
    }
    if expects_shared(row) && seen.record.schemas_read == 0 {
        return Err("the shared events were not read".to_owned());
    }
    if demands_counts(row, hook) && seen.record.counts_read == 0 {
        return Err("the calls of the shift were not read".to_owned());
    }
    let events = events(row, seen)?;
    if events.is_empty() {
        return Err("there are no events".to_owned());
    }
    let answers = answers(seen);
    events
        .iter()
        .try_for_each(|(name, documents)| met(row, name, documents, &answers))
}

/// Whether all traffic goes to the version that is deployed, by what was last said of the alias.
fn is_shifted(alias: Option<&Value>) -> Result<(), String> {
    let alias = alias.ok_or_else(|| format!("nothing was said of {ALIAS}"))?;
    let weights = alias["RoutingConfig"]["AdditionalVersionWeights"].as_object();
    if alias["FunctionVersion"] == TARGET && weights.is_none_or(|weights| weights.is_empty()) {
        return Ok(());
    }
    Err(format!("{ALIAS} is not all at {TARGET}: {alias}"))
}

/// Whether there are shared events, and nothing keeps the hook from reading them.
fn expects_shared(row: &Row) -> bool {
    let setting = row.variables.get("GATE_SHARED_EVENTS").map(String::as_str);
    let is_off = matches!(setting, Some("off" | "false"));
    row.shared.is_some() && !is_off && !row.script.contains_key("schemas:DescribeSchema")
}

/// Whether nothing may pass without the calls of the shift.
fn demands_counts(row: &Row, hook: Hook) -> bool {
    let is_failing = row
        .variables
        .get("GATE_CANARY")
        .is_some_and(|value| value == "fail");
    let has_bound = row.variables.contains_key("GATE_REQUIRED_BOUND");
    row.lifecycle_event(hook) == "AfterAllowTraffic" && (is_failing || has_bound)
}

/// What the version that is deployed has answered to the end, by payload.
fn answers(seen: &Seen) -> BTreeMap<&[u8], Vec<&Function>> {
    let mut answers: BTreeMap<&[u8], Vec<&Function>> = BTreeMap::new();
    let of_target = seen.record.invocations.iter();
    for invocation in of_target.filter(|one| one.qualifier != CURRENT) {
        if let Some(answer) = &invocation.answer {
            let payload = answers.entry(&invocation.payload).or_default();
            payload.push(answer);
        }
    }
    answers
}

fn met(
    row: &Row,
    name: &str,
    documents: &Documents,
    answers: &BTreeMap<&[u8], Vec<&Function>>,
) -> Result<(), String> {
    let event = documents
        .event
        .as_ref()
        .ok_or_else(|| format!("{name} has no event"))?
        .as_ref()
        .map_err(|error| format!("{name}: {error}"))?;
    let expectation = documents
        .expectation
        .as_ref()
        .map(|document| expectation(document).map_err(|error| format!("{name}: {error}")))
        .transpose()?;
    let is_met = |answer: &&Function| {
        let version = answer.executed_version.as_deref();
        let answer = Answer {
            payload: answer.payload.clone(),
            function_error: answer.function_error.clone(),
            executed_version: answer.executed_version.clone(),
            duration: Duration::ZERO,
        };
        version == Some(TARGET) && judge(expectation.as_ref(), &answer) == Outcome::Met
    };
    let given: &[&Function] = answers.get(event.as_slice()).map_or(&[], Vec::as_slice);
    let as_expected = given.iter().filter(|answer| is_met(answer)).count();
    let suffices = match row.again {
        Some(_) => as_expected > 0,
        None => as_expected > 0 && as_expected == given.len(),
    };
    if suffices {
        return Ok(());
    }
    let of = given.len();
    Err(format!(
        "{name}: {as_expected} of {of} answers of {ALIAS} or {TARGET} are as expected"
    ))
}

fn expectation(document: &Document) -> Result<Expectation, String> {
    let text = std::str::from_utf8(document.as_ref()?).map_err(|error| error.to_string())?;
    Expectation::parse(text).map_err(|error| error.to_string())
}

/// Every event, of the layer and of the registry where that was read.
pub(super) fn events(row: &Row, seen: &Seen) -> Result<BTreeMap<String, Documents>, String> {
    let mut events = BTreeMap::new();
    // What the matrix keeps until its end would outlive it on disk.
    let bundled = tempfile::tempdir().unwrap();
    layer::write(bundled.path(), &row.bundled, row.copies);
    let layer = row.variables.get("GATE_EVENTS_DIR").map(Path::new);
    let folder = layer.unwrap_or(bundled.path()).join(FUNCTION);
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(document) = name.strip_suffix(".json") else {
            continue;
        };
        if path.is_dir() || document.starts_with('.') {
            continue;
        }
        let content = fs::read(&path).map_err(|error| error.to_string());
        add(&mut events, document, content);
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
            let content = example["value"].to_string().into_bytes();
            add(&mut shared, name, Ok(content));
        }
        for (name, documents) in shared {
            events.entry(name).or_insert(documents);
        }
    }
    Ok(events)
}

fn add(events: &mut BTreeMap<String, Documents>, document: &str, content: Document) {
    let stem = document.strip_suffix(".expect");
    let documents: &mut Documents = events
        .entry(stem.unwrap_or(document).to_owned())
        .or_default();
    match stem {
        Some(_) => documents.expectation = Some(content),
        None => documents.event = Some(content),
    }
}
