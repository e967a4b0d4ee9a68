//! The numbers, against published ones, and what holds of whatever numbers there are.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in the helpers of an integration test"
)]

mod canary;
mod counts;
mod durations;
mod minute;
mod page;
mod plan;
mod probability;
mod properties;
mod sequential;
mod stratified;

use evidence::Tally;

/// Errors and invocations.
fn tally((errors, invocations): (u64, u64)) -> Tally {
    Tally {
        invocations,
        errors,
    }
}

/// To the twelve digits that the reference gives.
#[track_caller]
fn close(value: f64, expected: f64) {
    let off = (value - expected).abs();
    assert!(off <= 1e-11 * expected.abs(), "{value} is not {expected}");
}
