//! Durations: Wilcoxon's signed ranks, and Mann and Whitney. Source of the values: reference/statistics.md, sections 4
//! and 5, where each names its own.

use evidence::{InputError, MOST_EXACT_PAIRS, Method, Pair, mann_whitney, signed_rank};

use crate::close;

const CURRENT: [f64; 10] = [
    101.2, 98.4, 110.7, 95.3, 120.1, 99.9, 105.5, 97.2, 102.8, 111.0,
];
const NEW: [f64; 10] = [
    109.8, 104.1, 118.9, 101.5, 131.2, 104.7, 118.3, 99.4, 115.6, 121.7,
];

fn pairs(new: &[f64], current: &[f64]) -> Vec<Pair> {
    assert_eq!(new.len(), current.len());
    let both = new.iter().zip(current);
    both.map(|(&new, &current)| Pair { new, current }).collect()
}

/// `expected`: V, p and the shift.
#[track_caller]
fn check_signed_rank(new: &[f64], current: &[f64], differing: usize, expected: [f64; 3]) {
    let found = signed_rank(&pairs(new, current)).unwrap();
    assert_eq!(found.differing, differing);
    for (value, expected) in [found.v, found.p, found.shift].into_iter().zip(expected) {
        close(value, expected);
    }
}

#[test]
#[expect(clippy::approx_constant, reason = "a score of 3.14")]
fn signed_ranks() {
    check_signed_rank(&NEW, &CURRENT, 10, [55.0, 0.000_976_562_5, 8.4]);
    check_signed_rank(&CURRENT, &NEW, 10, [0.0, 1.0, -8.4]);
    // Hollander and Wolfe's depression scores.
    check_signed_rank(
        &[1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30],
        &[0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29],
        9,
        [40.0, 0.019_531_25, 0.46],
    );
    // Nothing but equal pairs; one pair; and equal pairs beside one that differs, which half of them outvote.
    check_signed_rank(&[1.0, 2.0], &[1.0, 2.0], 0, [0.0, 1.0, 0.0]);
    check_signed_rank(&[3.0], &[1.0], 1, [1.0, 0.5, 2.0]);
    check_signed_rank(&[f64::MAX], &[0.0], 1, [1.0, 0.5, f64::MAX]);
    check_signed_rank(&[3.0, 1.0, 1.0], &[1.0, 1.0, 1.0], 1, [1.0, 0.5, 0.5]);
    // Differences of 1, 1, −1 and 2: three share the rank 2, and of the 16 signs {++++, ++−+ (three times)} reach 8 or more.
    check_signed_rank(
        &[2.0, 3.0, 3.0, 6.0],
        &[1.0, 2.0, 4.0, 4.0],
        4,
        [8.0, 4.0 / 16.0, 1.0],
    );
    // 0.3 − 0.2 and 0.1 − 0 are the same to whoever reads them, and not to a computer.
    check_signed_rank(&[0.3, 0.0, 5.0], &[0.2, 0.1, 4.0], 3, [4.5, 0.375, 0.275]);
}

#[test]
fn signed_ranks_of_many_pairs_are_normal() {
    // Up to the limit, all slower: p is one of the 2^n signs.
    let new = vec![2.0; MOST_EXACT_PAIRS];
    let current = vec![1.0; MOST_EXACT_PAIRS];
    let found = signed_rank(&pairs(&new, &current)).unwrap();
    assert_eq!(found.method, Method::Exact);
    close(found.p, 0.5_f64.powi(200));
    // One more, of which 141 are slower by 1 to 7, and 60 are faster: scipy's, with its correction for continuity.
    let current = vec![10.0; MOST_EXACT_PAIRS + 1];
    let new: Vec<f64> = (0..=MOST_EXACT_PAIRS)
        .map(|at| {
            (
                at % 10,
                10.0 + (at % 7 + 1) as f64,
                10.0 - (at % 7 + 1) as f64,
            )
        })
        .map(|(digit, slower, faster)| if digit < 7 { slower } else { faster })
        .collect();
    let found = signed_rank(&pairs(&new, &current)).unwrap();
    assert_eq!(found.method, Method::Normal);
    close(found.p, 1.497_042_120_476_417_4e-7);
}

/// `expected`: U, p, the shift and the share of comparisons in which the new version is slower.
#[track_caller]
fn check_mann_whitney(new: &[f64], current: &[f64], method: Method, expected: [f64; 4]) {
    let found = mann_whitney(new, current).unwrap();
    assert_eq!(found.method, method);
    let values = [found.u, found.p, found.shift, found.slower];
    for (value, expected) in values.into_iter().zip(expected) {
        close(value, expected);
    }
}

#[test]
fn two_samples() {
    let exact = Method::Exact;
    check_mann_whitney(
        &NEW,
        &CURRENT,
        exact,
        [74.0, 0.037_628_006_668_3, 7.55, 0.74],
    );
    // scipy's example, two-sided there.
    let (males, females) = ([19.0, 22.0, 16.0, 29.0, 24.0], [20.0, 11.0, 17.0, 12.0]);
    check_mann_whitney(&males, &females, exact, [17.0, 1.0 / 18.0, 7.0, 0.85]);
    // Hollander and Wolfe's permeability constants.
    check_mann_whitney(
        &[0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
        &[1.15, 0.88, 0.90, 0.74, 1.21],
        exact,
        [35.0, 0.127_206_127_206, 0.305, 0.7],
    );
    // Ties.
    let (new, current) = (
        [12.0, 12.0, 13.0, 15.0, 15.0, 15.0, 18.0, 20.0],
        [10.0, 11.0, 12.0, 12.0, 12.0, 13.0, 13.0, 15.0],
    );
    check_mann_whitney(
        &new,
        &current,
        exact,
        [51.5, 0.024_009_324_009_3, 2.5, 51.5 / 64.0],
    );
    check_mann_whitney(&[5.0; 3], &[5.0; 4], exact, [6.0, 1.0, 0.0, 0.5]);
    check_mann_whitney(&[2.0], &[1.0], exact, [1.0, 0.5, 1.0, 1.0]);
    check_mann_whitney(&[f64::MAX], &[0.0], exact, [1.0, 0.5, f64::MAX, 1.0]);
    check_mann_whitney(&[1.0], &[2.0], exact, [0.0, 1.0, -1.0, 0.0]);
    // As many as are counted exactly, in three sizes of samples: the greatest U is one of all choices.
    for (fewer, choices) in [(1, 1_601.0), (2, 802.0 * 801.0 / 2.0)] {
        let (low, high) = (vec![1.0; 1_600 / fewer], vec![2.0; fewer]);
        check_mann_whitney(&high, &low, exact, [1_600.0, 1.0 / choices, 1.0, 1.0]);
        check_mann_whitney(&low, &high, exact, [0.0, 1.0, -1.0, 0.0]);
    }
}

#[test]
fn two_large_samples() {
    // Logs have a line per invocation, with ties: scipy's, with its correction for continuity.
    let current: Vec<f64> = (0..3_000).map(|at| f64::from(at * 7 % 100)).collect();
    let new: Vec<f64> = (0..1_000).map(|at| f64::from(at * 11 % 101)).collect();
    check_mann_whitney(
        &new,
        &current,
        Method::Normal,
        [1_514_670.0, 0.321_375_689_044_383_96, 0.0, 0.504_89],
    );
    // A hundred thousand each are ten billion differences.
    let current: Vec<f64> = (0..100_000).map(f64::from).collect();
    let new: Vec<f64> = (0..100_000).map(|at| f64::from(at) + 100.5).collect();
    let found = mann_whitney(&new, &current).unwrap();
    assert_eq!(found.shift, 100.5);
    let found = signed_rank(&pairs(&new, &current)).unwrap();
    assert_eq!((found.shift, found.p), (100.5, 0.0));
    // All the same, as many as you like: nothing varies.
    let found = mann_whitney(&[1.0; 50], &[1.0; 50]).unwrap();
    assert_eq!((found.method, found.p), (Method::Normal, 1.0));
}

#[test]
fn impossible_durations_are_refused() {
    let none = Err(InputError::NoDurations);
    assert_eq!(signed_rank(&[]), none);
    assert_eq!(
        mann_whitney(&[], &[1.0]).map(|_| ()),
        Err(InputError::NoDurations)
    );
    assert_eq!(
        mann_whitney(&[1.0], &[]).map(|_| ()),
        Err(InputError::NoDurations)
    );
    for duration in [-1.0, f64::INFINITY, f64::NEG_INFINITY] {
        let refused = InputError::Duration(duration);
        assert_eq!(signed_rank(&pairs(&[duration], &[1.0])), Err(refused));
        assert_eq!(signed_rank(&pairs(&[1.0], &[duration])), Err(refused));
        assert_eq!(mann_whitney(&[duration], &[1.0]), Err(refused));
        assert_eq!(mann_whitney(&[1.0], &[1.0, duration]), Err(refused));
    }
    assert!(signed_rank(&pairs(&[f64::NAN], &[1.0])).is_err());
    assert!(mann_whitney(&[1.0], &[f64::NAN]).is_err());
}
