//! How a minute is read of which data points are missing.

use evidence::{CanaryEvidence, Counts, Minute, RATE_RATIOS, Seen, THRESHOLD};
use proptest::prelude::*;

/// What there is of one version in a minute, when everything has arrived: nothing where it was not invoked.
fn row(invocations: u64, errors: u64) -> Counts {
    let some = |count| (invocations > 0).then_some(count);
    Counts {
        invocations: some(invocations),
        errors: some(errors),
        error_samples: some(invocations),
    }
}

/// A minute of which everything has arrived.
fn whole((new, new_errors): (u64, u64), (current, current_errors): (u64, u64)) -> Seen {
    Seen {
        alias: row(new + current, new_errors + current_errors),
        new: row(new, new_errors),
        current: row(current, current_errors),
    }
}

/// What has arrived of it: the data points whose bit is set, in the order of the members.
fn arrived(seen: &Seen, bits: u32) -> Seen {
    let counts = |counts: &Counts, at: u32| {
        let point = |count: Option<u64>, bit| count.filter(|_| bits >> (at + bit) & 1 == 1);
        Counts {
            invocations: point(counts.invocations, 0),
            errors: point(counts.errors, 1),
            error_samples: point(counts.error_samples, 2),
        }
    };
    Seen {
        alias: counts(&seen.alias, 0),
        new: counts(&seen.new, 3),
        current: counts(&seen.current, 6),
    }
}

/// For a rate ratio, what a minute adds to the logarithm of its likelihood ratio.
fn adds(minute: &Minute, ratio: f64) -> f64 {
    minute.new_errors() as f64 * ratio.ln()
        - minute.errors() as f64 * ((ratio - 1.0) * minute.new_share()).ln_1p()
}

/// Whether `minute` adds no more than `other`, whatever the rate ratio.
fn adds_no_more(minute: &Minute, other: &Minute) -> bool {
    RATE_RATIOS.iter().all(|&ratio| {
        let other = adds(other, ratio);
        adds(minute, ratio) <= other + 1e-9 * other.abs().max(1.0)
    })
}

/// Invocations and the errors among them.
fn outcomes() -> impl Strategy<Value = (u64, u64)> {
    prop_oneof![0_u64..4, 0_u64..200, 0_u64..1_000_000_000]
        .prop_flat_map(|invocations| (Just(invocations), 0..=invocations))
        .prop_map(|(invocations, errors)| match errors % 3 {
            0 => (invocations, errors),
            1 => (invocations, errors.min(3)),
            _ => (invocations, 0),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn with_everything_there_it_is_the_counts(new in outcomes(), current in outcomes()) {
        let expected = Minute::new(new.1, new.1 + current.1, new.0, new.0 + current.0);
        prop_assert_eq!(Minute::seen(&whole(new, current)), expected);
    }

    #[test]
    fn what_is_missing_never_adds_evidence(new in outcomes(), current in outcomes()) {
        let nothing = Minute::new(0, 0, 0, 0);
        let everything = whole(new, current);
        let expected = Minute::seen(&everything);
        for bits in 0..1 << 9 {
            let seen = arrived(&everything, bits);
            let minute = Minute::seen(&seen);
            prop_assert!(
                adds_no_more(&minute, &expected) || adds_no_more(&minute, &nothing),
                "{:?} is read as {:?}, and everything as {:?}", seen, minute, expected
            );
        }
    }

    #[test]
    fn a_shift_says_no_more_than_all_there_is_of_some_of_its_minutes(
        minutes in prop::collection::vec((outcomes(), outcomes(), 0_u32..1 << 9), 1..12),
    ) {
        let nothing = Minute::new(0, 0, 0, 0);
        let (mut read, mut counted) = (Vec::new(), Vec::new());
        for (new, current, bits) in minutes {
            let everything = whole(new, current);
            let minute = Minute::seen(&arrived(&everything, bits));
            if !adds_no_more(&minute, &nothing) {
                counted.push(Minute::seen(&everything));
            }
            read.push(minute);
        }
        let (read, counted) = (CanaryEvidence::of(&read).value(), CanaryEvidence::of(&counted).value());
        prop_assert!(read <= counted + 1e-9 * counted.abs().max(1.0), "{} and {}", read, counted);
    }

    #[test]
    fn contradictions_are_no_share_beyond_one_and_no_evidence_that_is_no_number(
        counts in prop::array::uniform9(prop::option::of(prop_oneof![0_u64..5, any::<u64>()])),
    ) {
        let row = |at: usize| Counts {
            invocations: counts[at],
            errors: counts[at + 1],
            error_samples: counts[at + 2],
        };
        let minute = Minute::seen(&Seen { alias: row(0), new: row(3), current: row(6) });
        prop_assert!((0.0..=1.0).contains(&minute.new_share()));
        prop_assert!(minute.errors() >= minute.new_errors());
        prop_assert!(CanaryEvidence::of(&[minute, minute]).value().is_finite());
    }
}

#[track_caller]
fn check(alias: [i64; 3], new: [i64; 3], current: [i64; 3], expected: (u64, u64, f64)) {
    // A negative count is a data point that is not there.
    let row = |row: [i64; 3]| {
        let [invocations, errors, error_samples] = row.map(|count| u64::try_from(count).ok());
        Counts {
            invocations,
            errors,
            error_samples,
        }
    };
    let seen = Seen {
        alias: row(alias),
        new: row(new),
        current: row(current),
    };
    let minute = Minute::seen(&seen);
    let is = (minute.new_errors(), minute.errors(), minute.new_share());
    assert_eq!(is, expected, "of {seen:?}");
}

#[test]
fn what_is_missing_is_taken_in_the_new_versions_favour() {
    const GONE: [i64; 3] = [-1; 3];
    // Everything is there.
    check([100, 5, 100], [10, 2, 10], [90, 3, 90], (2, 5, 0.1));
    // Nothing is.
    check(GONE, GONE, GONE, (0, 0, 0.0));
    // The new version was not invoked, or the current one was not.
    check([90, 3, 90], GONE, [90, 3, 90], (0, 3, 0.0));
    check([10, 2, 10], [10, 2, 10], GONE, (2, 2, 1.0));
    // Nobody knows how many invocations the error of the new version is one of.
    check(GONE, [-1, 2, -1], [90, 3, 90], (2, 5, 1.0));
    // One row says what another does not: the alias' of the current version's errors, and the other way round.
    check([100, 5, 100], [10, 2, 10], [90, -1, -1], (2, 5, 0.1));
    check(GONE, [10, 2, 10], [90, 3, 90], (2, 5, 0.1));
    // No row says how the current version's invocations ended, or of how many; or it says so of 80 of 90.
    check([100, -1, -1], [10, 2, 10], [90, -1, -1], (2, 92, 0.1));
    check([100, -1, -1], [10, 2, 10], [90, 3, -1], (2, 92, 0.1));
    check([100, -1, -1], [10, 2, 10], [90, 3, 80], (2, 15, 0.1));
    // How many invocations were not the current version's is not known.
    check([100, 5, 100], [10, 2, 10], GONE, (2, 5, 1.0));
}

#[test]
fn counts_that_contradict_each_other_are_raised() {
    for (counts, expected) in [
        ((2, 1, 10, 100), (2, 2, 0.1)),
        ((5, 5, 2, 100), (5, 5, 0.05)),
        ((0, 0, 50, 10), (0, 0, 1.0)),
        ((1, 200, 10, 100), (1, 200, 0.05)),
        ((0, 0, 0, 0), (0, 0, 0.0)),
    ] {
        let (new_errors, errors, new, invocations) = counts;
        let minute = Minute::new(new_errors, errors, new, invocations);
        let is = (minute.new_errors(), minute.errors(), minute.new_share());
        assert_eq!(is, expected, "of {counts:?}");
    }
}

/// An outage of both versions that begins with the shift, at a second of a minute with ten calls a second, a tenth of which
/// go to the new version from then on. Every call of the outage fails.
#[test]
fn an_outage_that_begins_with_the_shift_is_nobodys() {
    for second in [1_u32, 20, 40, 50, 59] {
        let left = u64::from(60 - second);
        let minute = Minute::new(left, 10 * left, left, 600);
        let of = |minute: Minute| CanaryEvidence::of([&minute]).value();
        let part = f64::from(60 - second) / 60.0;
        assert!(of(minute.in_part(part)) <= 0.0, "{second}");
        if (40..59).contains(&second) {
            assert!(of(minute) > THRESHOLD, "{second}");
        }
    }
}

#[test]
fn a_part_only_raises_the_share() {
    let minute = Minute::new(2, 3, 5, 100);
    for (part, share) in [(1.0, 0.05), (0.8, 0.0625), (0.5, 0.1), (7.0, 0.05)] {
        let of_part = minute.in_part(part);
        assert!(
            (of_part.new_share() - share).abs() < 1e-15,
            "{part}: {of_part:?}"
        );
        assert_eq!((of_part.new_errors(), of_part.errors()), (2, 3));
    }
    assert!(Minute::new(80, 80, 80, 100).in_part(0.6).new_share() <= 1.0);
    for none in [0.49, 0.0, -1.0, f64::NAN] {
        let nothing = minute.in_part(none);
        assert_eq!((nothing.new_errors(), nothing.errors()), (0, 0), "{none}");
    }
}
