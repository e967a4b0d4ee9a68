//! A run as a document for machines.

use serde_json::{Map, Value, json};

use super::places::FilePlace;
use super::view::{EventView, FunctionView};
use crate::exit::Exit;

/// `{exitStatus, functions: [the report, as the hooks write it, and what only files and repeats have]}`.
pub(super) fn document(exit: Exit, functions: &[FunctionView<'_>]) -> serde_json::Result<Value> {
    let functions: Vec<Value> = functions.iter().map(function).collect::<Result<_, _>>()?;
    Ok(exit.document(json!({ "functions": functions })))
}

/// The report with `target`, and with `durationMs` from the first call to the last answer; with `file`, `line` and `column` in each mismatch, and in an event that is broken, where they
/// are known; with `repeats` in events that were run several times; and with the events that were `skipped`.
fn function(view: &FunctionView<'_>) -> serde_json::Result<Value> {
    let mut function = serde_json::to_value(&view.tested.report)?;
    function["target"] = view.tested.target.as_str().into();
    function["durationMs"] = json!(view.tested.duration.as_millis());
    if let Some(events) = function.get_mut("events").and_then(Value::as_array_mut) {
        for (entry, event) in events.iter_mut().zip(&view.events) {
            complete(entry, event)?;
        }
    }
    let skipped: Vec<Value> = view
        .tested
        .suite
        .skipped
        .iter()
        .map(|skipped| json!({ "name": skipped.name, "reason": skipped.reason }))
        .collect();
    if !skipped.is_empty() {
        function["skipped"] = skipped.into();
    }
    Ok(function)
}

fn complete(entry: &mut Value, event: &EventView<'_>) -> serde_json::Result<()> {
    match entry.get_mut("mismatches").and_then(Value::as_array_mut) {
        Some(mismatches) => {
            for (mismatch, place) in mismatches.iter_mut().zip(&event.places) {
                insert_place(mismatch.as_object_mut(), place.as_ref());
            }
        }
        None => insert_place(entry.as_object_mut(), event.place()),
    }
    if let Some(repeats) = event.repeats {
        let share = repeats.share();
        let mut found = json!({
            "runs": repeats.runs(),
            "met": repeats.met(),
            "broken": repeats.broken(),
            "flaky": repeats.is_flaky(),
            "metShare": { "low": share.low, "high": share.high },
            "findings": serde_json::to_value(repeats.findings())?,
        });
        if let (Some(median), Some(longest)) = (repeats.median(), repeats.longest()) {
            found["medianMs"] = json!(median.as_millis());
            found["longestMs"] = json!(longest.as_millis());
        }
        entry["repeats"] = found;
    }
    Ok(())
}

fn insert_place(into: Option<&mut Map<String, Value>>, place: Option<&FilePlace>) {
    if let (Some(into), Some(FilePlace { file, place })) = (into, place) {
        into.insert("file".to_owned(), file.display().to_string().into());
        into.insert("line".to_owned(), place.line.into());
        into.insert("column".to_owned(), place.column.into());
    }
}
