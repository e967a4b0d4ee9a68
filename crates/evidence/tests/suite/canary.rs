//! The grid e-value. Source of the values: reference/statistics.md, section 5.

use evidence::{CanaryEvidence, Minute, THRESHOLD};
use proptest::prelude::*;

use crate::close;
use crate::probability::errors;

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
    close(value, expected);
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
    for (new, current, share, expected) in [
        (3, 3, 0.1, 8.790_679_786_75),
        (5, 5, 0.1, 49.214_620_593_1),
        (6, 0, 0.5, 33.775_201_660_3),
    ] {
        let value = CanaryEvidence::of(&[Minute::with_share(new, new + current, share)]).value();
        close(value.exp(), expected);
    }
}

/// Of `outcomes` (probability, minutes): how likely they are together, and what the e-value is on average.
fn expectation(outcomes: impl Iterator<Item = (f64, Vec<Minute>)>) -> [f64; 2] {
    outcomes.fold([0.0; 2], |[all, mean], (probability, minutes)| {
        let value = CanaryEvidence::of(&minutes).value().exp();
        [all + probability, mean + probability * value]
    })
}

/// All ways in which errors fall to the two versions, when each error falls to the new one with the probability that is
/// its share.
fn falls(shares: &[f64]) -> impl Iterator<Item = (f64, Vec<Minute>)> {
    (0..1_u32 << shares.len()).map(move |bits| {
        let mut probability = 1.0;
        let minutes = shares.iter().enumerate().map(|(at, &share)| {
            let new = bits >> at & 1;
            probability *= if new == 1 { share } else { 1.0 - share };
            Minute::with_share(new.into(), 1, share)
        });
        let minutes = minutes.collect();
        (probability, minutes)
    })
}

#[test]
fn expects_exactly_one_when_nothing_is_wrong() {
    for shares in [
        &[0.1; 6][..],
        &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        &[0.5; 9],
        &[0.01, 0.99, 0.25, 0.0, 1.0, 0.5, 0.9],
        &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01],
    ] {
        let [all, mean] = expectation(falls(shares));
        assert!((all - 1.0).abs() < 1e-13, "{all}");
        assert!((mean - 1.0).abs() < 1e-13, "{mean} at {shares:?}");
    }
}

#[test]
fn expects_at_most_one_of_whole_minutes_in_which_the_new_version_is_no_worse() {
    for (new, current) in [(1, 1), (1, 9), (3, 27), (10, 10), (20, 5), (0, 8), (8, 0)] {
        for (new_rate, current_rate) in [
            (0.0, 0.3),
            (0.005, 0.005),
            (0.2, 0.2),
            (0.1, 0.4),
            (1.0, 1.0),
        ] {
            let of_new = errors(new, new_rate);
            let of_current = errors(current, current_rate);
            let [all, mean] =
                expectation(of_new.iter().enumerate().flat_map(|(x, probability)| {
                    of_current.iter().enumerate().map(move |(y, other)| {
                        let (new, both) = (u64::from(new), u64::from(new + current));
                        let minute = Minute::new(x as u64, (x + y) as u64, new, both);
                        (probability * other, vec![minute])
                    })
                }));
            assert!((all - 1.0).abs() < 1e-12, "{all}");
            assert!(
                mean <= 1.0 + 1e-12,
                "{mean} of {new} and {current} at {new_rate} and {current_rate}"
            );
        }
    }
}

#[test]
fn a_good_version_is_convicted_at_most_once_in_twenty_however_often_one_looks() {
    for shares in [
        &[0.1; 14][..],
        &[0.3; 14],
        &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99],
    ] {
        let convicted: f64 = falls(shares)
            .filter(|(_, minutes)| {
                let mut evidence = CanaryEvidence::default();
                minutes.iter().any(|minute| {
                    evidence.add(minute);
                    evidence.convicts()
                })
            })
            .map(|(probability, _)| probability)
            .sum();
        assert!(
            (0.001..0.05).contains(&convicted),
            "{convicted} at {shares:?}"
        );
    }
}

#[test]
fn the_threshold_is_one_in_twenty() {
    close(THRESHOLD, 20.0_f64.ln());
    assert!(!CanaryEvidence::default().convicts());
    assert!(!CanaryEvidence::of(&[Minute::with_share(1, 1, 0.1)]).convicts());
    assert!(CanaryEvidence::of(&[Minute::with_share(2, 2, 0.1)]).convicts());
}

proptest! {
    #[test]
    fn more_errors_of_the_new_version_are_more_evidence_and_of_the_current_one_less(
        minutes in prop::collection::vec((0_u64..1_000_000_000, 0_u64..1_000_000_000, 0.001_f64..0.999), 1..20),
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(minutes.len());
        let value = |new: u64, current: u64| {
            let minutes = minutes.iter().enumerate().map(|(place, &(x, y, share))| {
                let (x, y) = if place == at { (x + new, y + current) } else { (x, y) };
                Minute::with_share(x, x + y, share)
            });
            CanaryEvidence::of(&minutes.collect::<Vec<_>>()).value()
        };
        let (before, rounding) = (value(0, 0), 1e-9 * minutes.iter().map(|it| it.0 + it.1).sum::<u64>() as f64);
        prop_assert!(before.is_finite());
        prop_assert!(value(100, 0) >= before - rounding);
        prop_assert!(value(0, 100) <= before + rounding);
    }

    #[test]
    fn whatever_the_counts_and_the_order_it_is_a_number(
        minutes in prop::collection::vec((any::<u64>(), any::<u64>(), any::<f64>()), 0..20),
    ) {
        let mut minutes: Vec<Minute> = minutes
            .into_iter()
            .map(|(new_errors, errors, share)| Minute::with_share(new_errors, errors, share))
            .collect();
        let value = CanaryEvidence::of(&minutes).value();
        prop_assert!(value.is_finite(), "{}", value);
        minutes.reverse();
        let turned = CanaryEvidence::of(&minutes).value();
        // Of terms up to 20 · 2^64 · ln 100 that cancel, what is left has their last digits.
        prop_assert!((value - turned).abs() <= 1e-12 * value.abs() + 1e-14 * 20.0 * 2.0_f64.powi(64) * 5.0);
    }
}
