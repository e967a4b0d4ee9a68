//! Wald's test, and several tests at once. Source of the values: reference/statistics.md, sections 4 and 5.

use std::f64::consts::LN_10;

use evidence::{Alpha, Decision, InputError, MOST_INVOCATIONS, Sprt, holm};

use crate::{close, tally};

fn sprt([good, bad, alpha, beta]: [f64; 4]) -> Sprt {
    let (alpha, beta) = (Alpha::new(alpha).unwrap(), Alpha::new(beta).unwrap());
    Sprt::new(good, bad, alpha, beta).unwrap()
}

/// Good and bad error rate, α, β; the limits, what an error and a success add; successes that accept, errors that reject;
/// the expected invocations of a good and of a bad version.
type Row = ([f64; 4], [f64; 4], [u64; 2], [f64; 2]);

#[rustfmt::skip]
const TESTS: [Row; 6] = [
    ([0.01, 0.05, 0.05, 0.05], [2.944_438_979_17, -2.944_438_979_17, 1.609_437_912_43, -0.041_242_958_534], [72, 2], [107.130_458_865, 64.178_383_307_9]),
    ([0.01, 0.1, 0.05, 0.1], [2.890_371_757_9, -2.251_291_798_61, LN_10, -0.095_310_179_804_3], [24, 2], [27.957_021_104_5, 16.446_678_669_1]),
    ([0.005, 0.05, 0.01, 0.05], [4.553_876_891_6, -2.985_681_937_7, LN_10, -0.046_280_752_564], [65, 2], [84.267_161_109_2, 58.695_192_258_9]),
    ([0.001, 0.01, 0.05, 0.05], [2.944_438_979_17, -2.944_438_979_17, LN_10, -0.009_049_835_519_92], [326, 2], [393.279_339_981, 188.390_323_678]),
    ([0.02, 0.1, 0.05, 0.2], [2.772_588_722_24, -1.558_144_618_05, 1.609_437_912_43, -0.085_157_808_340_3], [19, 2], [26.169_600_260_9, 22.614_497_842_9]),
    ([0.1, 0.3, 0.05, 0.1], [2.890_371_757_9, -2.251_291_798_61, 1.098_612_288_67, -0.251_314_428_281], [9, 3], [17.143_900_499, 15.463_685_650_4]),
];

#[test]
fn limits_steps_and_lengths() {
    for (test, limits, counts, expected) in TESTS {
        let test = sprt(test);
        close(test.reject_at(), limits[0]);
        close(test.accept_at(), limits[1]);
        close(test.of_error(), limits[2]);
        close(test.of_success(), limits[3]);
        assert_eq!(
            [test.successes_to_accept(), test.errors_to_reject()],
            counts
        );
        close(test.expected_if_good(), expected[0]);
        close(test.expected_if_bad(), expected[1]);
        // The counts are the first that decide.
        let decide = |errors, invocations| test.decide(tally((errors, invocations))).unwrap();
        assert_eq!(decide(0, counts[0]), Decision::Accept);
        assert_eq!(decide(0, counts[0] - 1), Decision::Continue);
        assert_eq!(decide(counts[1], counts[1]), Decision::Reject);
        assert_eq!(decide(counts[1] - 1, counts[1] - 1), Decision::Continue);
    }
}

#[test]
fn a_path_is_rejected_at_its_second_error() {
    let test = sprt([0.01, 0.1, 0.05, 0.1]);
    let mut errors = 0;
    for (before, (error, expected)) in [
        (0, -0.095_310_179_8),
        (0, -0.190_620_359_6),
        (0, -0.285_930_539_4),
        (1, 2.016_654_553_6),
        (0, 1.921_344_373_8),
        (0, 1.826_034_194),
        (1, 4.128_619_287),
    ]
    .into_iter()
    .enumerate()
    {
        errors += error;
        let tally = tally((errors, before as u64 + 1));
        let ratio = test.log_ratio(tally).unwrap();
        assert!(
            (ratio - expected).abs() < 1e-10,
            "{ratio} is not {expected}"
        );
        let decision = if before == 6 {
            Decision::Reject
        } else {
            Decision::Continue
        };
        assert_eq!(test.decide(tally), Ok(decision));
    }
}

#[test]
fn impossible_tests_are_refused() {
    let alpha = |alpha| Alpha::new(alpha).unwrap();
    let refused = |good, bad, a, b| Sprt::new(good, bad, alpha(a), alpha(b)).unwrap_err();
    assert_eq!(refused(0.0, 0.1, 0.05, 0.05), InputError::Rate(0.0));
    assert_eq!(refused(0.1, 1.0, 0.05, 0.05), InputError::Rate(1.0));
    assert_eq!(
        refused(0.1, 0.1, 0.05, 0.05),
        InputError::NotWorse {
            good: 0.1,
            bad: 0.1
        }
    );
    assert_eq!(
        refused(0.1, 0.05, 0.05, 0.05).to_string(),
        "an error rate of 0.05 is not worse than one of 0.1"
    );
    assert_eq!(refused(0.1, 0.2, 0.5, 0.5), InputError::Alpha(1.0));
    assert!(Sprt::new(f64::NAN, 0.1, alpha(0.05), alpha(0.05)).is_err());
    let test = sprt([0.01, 0.1, 0.05, 0.1]);
    assert!(test.decide(tally((2, 1))).is_err());
    // Rates so far apart that their ratio is no number.
    let apart = sprt([f64::MIN_POSITIVE / 4.0, 0.99, 0.05, 0.1]);
    assert_eq!(apart.decide(tally((0, 1))), Ok(Decision::Accept));
    assert_eq!(apart.decide(tally((1, 1))), Ok(Decision::Reject));
    assert_eq!(
        test.decide(tally((0, MOST_INVOCATIONS))),
        Ok(Decision::Accept)
    );
    assert_eq!(
        test.decide(tally((MOST_INVOCATIONS, MOST_INVOCATIONS))),
        Ok(Decision::Reject)
    );
}

#[test]
fn several_p_values() {
    for (p_values, expected) in [
        (
            &[0.01, 0.04, 0.03, 0.005][..],
            &[0.03, 0.06, 0.06, 0.02][..],
        ),
        (&[], &[]),
        (&[0.2], &[0.2]),
        (&[0.9, 0.8], &[1.0, 1.0]),
        // None is less than one that was smaller.
        (&[0.01, 0.011], &[0.02, 0.02]),
        (&[0.0, 1.0], &[0.0, 1.0]),
    ] {
        let adjusted = holm(p_values).unwrap();
        assert_eq!(adjusted.len(), expected.len());
        for (value, expected) in adjusted.into_iter().zip(expected) {
            close(value, *expected);
        }
    }
    for p in [-0.1, 1.1, f64::INFINITY] {
        assert_eq!(holm(&[0.5, p]), Err(InputError::PValue(p)));
    }
    assert!(holm(&[f64::NAN]).is_err());
}
