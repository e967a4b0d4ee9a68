//! The grid e-value. Source of the values: reference/statistics.md, section 5.

use evidence::{CanaryEvidence, Minute};

/// One error at a share of the new version: its own, or the current version's.
enum Error {
    New(f64),
    Current(f64),
}
use Error::{Current, New};

fn check(errors: &[Error], expected: f64) {
    let minutes: Vec<Minute> = errors
        .iter()
        .map(|error| match *error {
            New(share) => Minute::with_share(1, 1, share),
            Current(share) => Minute::with_share(0, 1, share),
        })
        .collect();
    let value = CanaryEvidence::of(&minutes).value().exp();
    assert!(
        (value / expected - 1.0).abs() < 1e-11,
        "{value} is not {expected}"
    );
}

#[test]
fn published_values() {
    check(&[], 1.0);
    check(&[New(0.1)], 5.365_118_510_09);
    check(&[New(0.1), New(0.1)], 36.947_828_043_8);
    check(&[New(0.1), New(0.1), New(0.1)], 287.941_165_795);
    check(&[Current(0.1)], 0.514_986_832_212);
    check(&[New(0.1), New(0.2)], 21.448_459_753_2);
    check(
        &[New(0.1), New(0.2), Current(0.2), New(0.3)],
        10.297_194_573_7,
    );
    check(&[New(0.1), New(0.2), New(0.3)], 64.164_698_581);
}
