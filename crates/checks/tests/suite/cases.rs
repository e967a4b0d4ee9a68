//! A row is `{name, expectation?, answer: {payload | payloadText | payloadBase64, functionError?, durationMs?}, outcome,
//! mismatches?}`; the rows of `parse-errors.json` are `{text, message}`, where `message` is a part of the error's,
//! those of `comparing.json` are `comparing.rs`'s, those of `proposing.json` `proposing.rs`'s.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use checks::{Answer, Expectation, Outcome, judge};
use serde_json::{Value, json};

/// The files whose rows are of other kinds.
const PARSE_ERRORS: &str = "parse-errors.json";
const COMPARING: &str = "comparing.json";
pub(crate) const PROPOSING: &str = "proposing.json";

/// The rows of each file of `cases/`, with its name, in the order of the names.
#[expect(
    clippy::disallowed_methods,
    reason = "the crate reads no files; its tests find their rows in them"
)]
fn files() -> Vec<(String, Vec<Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let rows =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, rows)
        })
        .collect();
    files.sort_by(|(left, _), (right, _)| left.cmp(right));
    files
}

pub(crate) fn answer(row: &Value) -> Answer {
    let text = |key: &str| row.get(key).map(|value| value.as_str().unwrap().to_owned());
    let payload = match row.get("payload") {
        Some(payload) => payload.to_string().into_bytes(),
        None => match text("payloadText") {
            Some(text) => text.into_bytes(),
            None => STANDARD.decode(text("payloadBase64").unwrap()).unwrap(),
        },
    };
    let milliseconds = row.get("durationMs").map_or(0.0, |ms| ms.as_f64().unwrap());
    Answer {
        payload,
        function_error: text("functionError"),
        executed_version: text("executedVersion"),
        duration: Duration::from_secs_f64(milliseconds / 1000.0),
    }
}

/// The rows of one file.
pub(crate) fn rows(name: &str) -> Vec<Value> {
    let file = files().into_iter().find(|(file, _)| file == name);
    file.unwrap().1
}

/// What came of a row, in the words of the file.
fn outcome(row: &Value) -> Value {
    let expectation = row
        .get("expectation")
        .map(|expectation| Expectation::parse(&expectation.to_string()))
        .transpose();
    let expectation = match expectation {
        Ok(expectation) => expectation,
        Err(error) => return json!({"error": error.to_string()}),
    };
    match judge(expectation.as_ref(), &answer(&row["answer"])) {
        Outcome::Met => json!({"outcome": "met"}),
        Outcome::Unmet(mismatches) => json!({"outcome": "unmet", "mismatches": mismatches}),
        Outcome::Broken(reason) => json!({"outcome": "broken", "reason": reason}),
    }
}

#[test]
fn every_row_comes_out_as_it_says() {
    let mut names: Vec<String> = Vec::new();
    let mut failures = String::new();
    for (file, rows) in files() {
        if [PARSE_ERRORS, COMPARING, PROPOSING].contains(&file.as_str()) {
            continue;
        }
        for row in rows {
            let name = format!("{file}: {}", row["name"].as_str().unwrap());
            let mut expected = json!({"outcome": row["outcome"]});
            if let Some(mismatches) = row.get("mismatches") {
                expected["mismatches"] = mismatches.clone();
            }
            let came = outcome(&row);
            if came != expected {
                failures += &format!("\n{name}\n  expected {expected}\n  came     {came}\n");
            }
            assert!(!names.contains(&name), "two rows are called {name}");
            names.push(name);
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(names.len() >= 120, "only {} rows", names.len());
}

#[test]
fn what_is_no_expectation_is_an_error_that_says_where() {
    let rows = rows(PARSE_ERRORS);
    let mut failures = String::new();
    for row in &rows {
        let [text, expected] = ["text", "message"].map(|key| row[key].as_str().unwrap());
        match Expectation::parse(text) {
            Ok(_) => failures += &format!("\n{text}\n  is no error\n"),
            Err(error) if error.to_string().contains(expected) => {}
            Err(error) => {
                failures += &format!("\n{text}\n  expected {expected}\n  came     {error}\n");
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(rows.len() >= 50, "only {} rows", rows.len());
}
