//! The figures of the page for people.

use evidence::{Alpha, CanaryEvidence, Minute, THRESHOLD, Tally, upper_bound};

/// The evidence of errors of the new version among all errors, at its share of the calls; to two digits.
#[track_caller]
fn check(new_errors: u64, errors: u64, share: f64, expected: &str) {
    let minute = Minute::with_share(new_errors, errors, share);
    let value = CanaryEvidence::of(&[minute]).value();
    assert_eq!(format!("{value:+.2}"), expected);
}

#[test]
fn what_an_error_is_worth() {
    for (share, new, current, enough) in [
        (0.01, "+2.92", "-0.19", 2),
        (0.1, "+1.68", "-0.66", 2),
        (0.5, "+0.54", "-1.28", 6),
        (0.005, "+3.14", "-0.12", 1),
    ] {
        check(1, 1, share, new);
        check(0, 1, share, current);
        let convicts =
            |errors| CanaryEvidence::of(&[Minute::with_share(errors, errors, share)]).convicts();
        assert!(convicts(enough) && !convicts(enough - 1));
    }
    // An outage of both.
    check(10, 100, 0.1, "-3.99");
}

#[test]
fn how_likely_a_value_is() {
    for (value, times, at_most) in [
        (-2.0_f64, "0.14", ""),
        (1.0, "2.72", "36.8"),
        (2.0, "7.39", "13.5"),
        (THRESHOLD, "20.00", "5.0"),
        (5.0, "148.41", "0.7"),
    ] {
        assert_eq!(format!("{:.2}", value.exp()), times);
        if value > 0.0 {
            assert_eq!(format!("{:.1}", 100.0 * (-value).exp()), at_most);
        }
    }
}

#[test]
fn somewhat_worse_is_not_enough() {
    // With a tenth of the calls, a version that errs 1.4 times as often has this share of the errors.
    for (times, convicts) in [(1.4, false), (1.5, true)] {
        let share = 0.1 * times / (0.1 * times + 0.9);
        #[expect(clippy::cast_possible_truncation, reason = "a share of a million")]
        let errors = (share * 1e6) as u64;
        let minute = Minute::with_share(errors, 1_000_000, 0.1);
        assert_eq!(CanaryEvidence::of(&[minute]).convicts(), convicts);
    }
}

#[test]
fn what_clean_calls_leave_possible() {
    for (invocations, rate) in [(10, 0.25), (59, 0.05), (299, 0.01), (2995, 0.001)] {
        let tally = Tally {
            invocations,
            errors: 0,
        };
        let bound = upper_bound(tally, Alpha::ONE_IN_TWENTY).unwrap();
        assert!(
            (bound / rate - 1.0).abs() < 0.04,
            "{bound} is not about {rate}"
        );
    }
}
