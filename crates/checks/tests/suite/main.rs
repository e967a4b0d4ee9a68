//! The tests of the crate's public interface.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy.toml allows them in test functions, not in the helpers of an integration test"
)]

mod arbitrary; // JSON for the properties
mod cases; // the rows of ../../cases: expectations against answers, and what is no expectation
mod comparing; // with the current version
mod edge_cases; // derived from arbitrary events
mod hostile; // depth, size and odd bytes
mod parts; // reports for logs that take short lines
mod properties; // laws of matching on arbitrary JSON
mod proposing; // expectations from answers
mod registry; // changes of the shared document
mod report; // the JSON of DESIGN.md
mod run; // order, concurrency, cut-off
mod shrinking; // to the smallest event that fails

use std::time::Duration;

use checks::{Answer, Expectation, Mismatch, Outcome, judge};

fn answer(payload: impl Into<Vec<u8>>) -> Answer {
    Answer {
        payload: payload.into(),
        function_error: None,
        executed_version: None,
        duration: Duration::ZERO,
    }
}

fn judged(expectation: &str, payload: impl Into<Vec<u8>>) -> Outcome {
    let expectation = Expectation::parse(expectation).expect(expectation);
    judge(Some(&expectation), &answer(payload))
}

fn mismatches(outcome: Outcome) -> Vec<Mismatch> {
    match outcome {
        Outcome::Unmet(mismatches) => mismatches,
        Outcome::Met | Outcome::Broken(_) => panic!("unmet expected, not {outcome:?}"),
    }
}
