//! What a hook reads of an expectation, and what it makes of an answer.
//!
//! An input is three parts with a NUL between them: the expectation, the answer's payload, and whether it is of a
//! function error (where there is a third part).
#![no_main]

use checks::{Answer, Expectation, Outcome, judge};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use std::time::Duration;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    let Ok(text) = std::str::from_utf8(parts.next().unwrap_or_default()) else {
        return;
    };
    let answer = Answer {
        payload: parts.next().unwrap_or_default().to_vec(),
        function_error: parts.next().map(|_| "Unhandled".to_owned()),
        executed_version: None,
        duration: Duration::from_millis(12),
    };
    let expectation = match Expectation::parse(text) {
        Ok(expectation) => Some(expectation),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    };
    let outcome = judge(expectation.as_ref(), &answer);
    assert_eq!(
        outcome,
        judge(expectation.as_ref(), &answer),
        "the same twice"
    );
    match outcome {
        Outcome::Met => {}
        Outcome::Unmet(mismatches) => {
            assert!(!mismatches.is_empty());
            // As deep as in a report, which must be read back.
            let report = json!({"events": [{"mismatches": mismatches}]}).to_string();
            let read = serde_json::from_str::<Value>(&report);
            assert!(read.is_ok(), "{report}");
        }
        Outcome::Broken(reason) => panic!("judging never breaks: {reason}"),
    }
});
