//! Counts of errors: Fisher, the conditional binomial, McNemar, bounds. Source of the values: reference/statistics.md,
//! sections 4 and 5, where each names its own.

use evidence::{
    Alpha, InputError, MOST_INVOCATIONS, clean_invocations, conditional_binomial, fisher,
    least_errors, mcnemar, upper_bound,
};

use crate::{close, tally};

/// Errors and invocations of the new version, and of the current one, with what is expected of them.
type Row<const VALUES: usize> = ((u64, u64), (u64, u64), [f64; VALUES]);

/// Fisher, mid-p, the conditional binomial with a margin of 1 and of 2, the bound of the new version at 95 %.
#[rustfmt::skip]
const LAMBDA_SHAPED: [Row<5>; 13] = [
    ((0, 10), (0, 90), [1.0, 0.5, 1.0, 1.0, 0.258_865_550_893]),
    ((1, 10), (0, 90), [0.1, 0.05, 0.1, 0.181_818_181_818, 0.394_163_302_437]),
    ((2, 10), (0, 90), [0.009_090_909_090_91, 0.004_545_454_545_45, 0.01, 0.033_057_851_239_7, 0.506_901_301_063]),
    ((1, 10), (1, 90), [0.190_909_090_909, 0.1, 0.19, 0.330_578_512_397, 0.394_163_302_437]),
    ((2, 10), (1, 90), [0.025_788_497_217_1, 0.013_265_306_122_4, 0.028, 0.087_152_516_904_6, 0.506_901_301_063]),
    ((3, 10), (3, 90), [0.012_551_075_774_9, 0.006_637_912_897_12, 0.015_85, 0.077_825_149_684_4, 0.606_624_216_105]),
    ((1, 50), (1, 450), [0.190_180_360_721, 0.1, 0.19, 0.330_578_512_397, 0.091_398_130_719_7]),
    ((3, 50), (3, 450), [0.015_192_971_305_3, 0.008_171_937_992_57, 0.015_85, 0.077_825_149_684_4, 0.147_837_176_364]),
    ((5, 100), (9, 900), [0.008_709_992_352_17, 0.005_021_965_936_75, 0.009_230_212_455_85, 0.093_931_475_286_2, 0.102_253_377_643]),
    ((10, 100), (45, 900), [0.039_774_727_314_7, 0.027_883_353_251_4, 0.044_416_714_328_4, 0.554_807_853_208, 0.163_717_623_276]),
    ((1, 1), (0, 9), [0.1, 0.05, 0.1, 0.181_818_181_818, 1.0]),
    ((2, 2), (0, 18), [0.005_263_157_894_74, 0.002_631_578_947_37, 0.01, 0.033_057_851_239_7, 1.0]),
    // The reference gives .0616192010 for the bound, which is off in its eighth digit; this is scipy's.
    ((2, 100), (0, 900), [0.009_909_909_909_91, 0.004_954_954_954_95, 0.01, 0.033_057_851_239_7, 0.061_619_200_396_0]),
];

/// Fisher, the conditional binomial, the bound. Source: sums with 40 digits (mpmath 1.3).
#[rustfmt::skip]
const BILLIONS: [Row<3>; 5] = [
    ((2, 100_000_000), (0, 900_000_000), [0.009_999_999_91, 0.01, 6.295_793_486_644_84e-8]),
    ((20, 1_000_000_000), (5, 1_000_000_000), [0.002_038_657_554_414_87, 0.002_038_657_665_252_69, 2.906_201_870_875_37e-8]),
    ((600, 1_000_000_000), (400, 1_000_000_000), [1.364_218_245_880_69e-10, 1.364_232_078_033_01e-10, 6.418_845_293_375_97e-7]),
    ((502_000, 100_000_000), (4_500_000, 900_000_000), [0.003_599_387_196_702_6, 0.003_672_635_568_759_75, 0.005_031_640_407_943_62]),
    ((500_030_000, 1_000_000_000), (499_970_000, 1_000_000_000), [0.003_645_666_556_583_22, 0.028_891_870_952_254_3, 0.500_056_007_919_259]),
];

#[test]
fn lambda_shaped_vectors() {
    for (new, current, [p, mid_p, same, double, bound]) in LAMBDA_SHAPED {
        let (new, current) = (tally(new), tally(current));
        let sided = fisher(new, current).unwrap();
        close(sided.p, p);
        close(sided.mid_p, mid_p);
        close(conditional_binomial(new, current, 1.0).unwrap(), same);
        close(conditional_binomial(new, current, 2.0).unwrap(), double);
        close(upper_bound(new, Alpha::ONE_IN_TWENTY).unwrap(), bound);
    }
}

#[test]
fn fisher_of_published_tables() {
    for (table, expected) in [
        ([[8, 2], [1, 5]], 0.024_475_524_475_5),
        ([[3, 1], [1, 3]], 17.0 / 70.0),
        ([[4, 0], [0, 4]], 1.0 / 70.0),
        // "less" of the convictions is "greater" of the other row.
        ([[10, 3], [2, 15]], 0.000_465_180_943_363),
    ] {
        let [new, current] = table.map(|[errors, others]| tally((errors, errors + others)));
        close(fisher(new, current).unwrap().p, expected);
    }
}

#[test]
fn mcnemar_of_published_tables() {
    for (new_worse, current_worse, expected) in [
        (0, 0, 1.0),
        (1, 0, 0.5),
        (3, 0, 0.125),
        (4, 0, 0.0625),
        (5, 0, 0.03125),
        (6, 1, 0.0625),
        (7, 0, 0.007_812_5),
        (8, 2, 0.054_687_5),
        // Agresti's is two-sided.
        (150, 86, 3.715_936_139_57e-5 / 2.0),
    ] {
        close(mcnemar(new_worse, current_worse).unwrap(), expected);
    }
}

#[test]
fn bounds_of_clean_invocations() {
    for (invocations, expected) in [
        (10, 0.258_865_550_893),
        (22, 0.127_305_431_655),
        (29, 0.098_144_627_677_3),
        (59, 0.049_507_609_888_2),
        (100, 0.029_513_049_607),
        (299, 0.009_969_146_792_9),
        (500, 0.005_973_551_516_35),
        (2995, 0.000_999_744_420_901),
        (0, 1.0),
    ] {
        let bound = upper_bound(tally((0, invocations)), Alpha::ONE_IN_TWENTY).unwrap();
        close(bound, expected);
    }
    // Conover's, of which 95 % lie between two bounds.
    let alpha = Alpha::new(0.025).unwrap();
    close(
        upper_bound(tally((682, 925)), alpha).unwrap(),
        0.765_406_558_241,
    );
    close(
        1.0 - upper_bound(tally((925 - 682, 925)), alpha).unwrap(),
        0.707_668_264_079,
    );
}

#[test]
fn bounds_at_any_error_probability() {
    for (counts, alpha, expected) in [
        // Below the rate that was seen. Source: scipy.
        ((1, 10), 0.9, 0.054_528_619_997_670_75),
        ((5, 10), 0.99, 0.218_338_450_056_948_1),
        // As good as certain, so that the way there leads past what a number can hold. Source: mpmath.
        ((50, 1_000_000), 1e-300, 0.000_881_067_239_146_86),
    ] {
        let alpha = Alpha::new(alpha).unwrap();
        close(upper_bound(tally(counts), alpha).unwrap(), expected);
    }
}

#[test]
fn clean_invocations_that_a_bound_needs() {
    for (rate, at_95, at_99) in [
        (0.1, 29, 44),
        (0.05, 59, 90),
        (0.02, 149, 228),
        (0.01, 299, 459),
        (0.005, 598, 919),
        (0.001, 2995, 4603),
    ] {
        for (alpha, expected) in [(0.05, at_95), (0.01, at_99)] {
            let alpha = Alpha::new(alpha).unwrap();
            assert_eq!(clean_invocations(rate, alpha), Ok(expected));
            let bound = |invocations| upper_bound(tally((0, invocations)), alpha).unwrap();
            assert!(bound(expected) <= rate && bound(expected - 1) > rate);
        }
    }
    // Half of the invocations: one is enough for 1 in 2, exactly.
    assert_eq!(clean_invocations(0.5, Alpha::new(0.5).unwrap()), Ok(1));
    assert_eq!(clean_invocations(0.5, Alpha::new(0.125).unwrap()), Ok(3));
    assert_eq!(
        clean_invocations(f64::MIN_POSITIVE, Alpha::ONE_IN_TWENTY),
        Ok(u64::MAX)
    );
}

#[test]
fn least_errors_that_can_convict() {
    for (share, alpha, expected) in [
        (0.1, 0.05, 2),
        (0.5, 0.05, 5),
        (0.01, 0.05, 1),
        (0.9, 0.05, 29),
        // Exactly, in spite of the last digits of a logarithm.
        (0.1, 0.01, 2),
        (0.1, 0.001, 3),
        (0.5, 0.125, 3),
        (0.2, 0.008, 3),
    ] {
        assert_eq!(
            least_errors(share, Alpha::new(alpha).unwrap()),
            Ok(expected)
        );
    }
}

#[test]
fn a_billion_invocations_lose_no_digits() {
    const BILLION: u64 = 1_000_000_000;
    for (new, current, expected) in BILLIONS {
        let (new, current) = (tally(new), tally(current));
        close(fisher(new, current).unwrap().p, expected[0]);
        close(
            conditional_binomial(new, current, 1.0).unwrap(),
            expected[1],
        );
        close(upper_bound(new, Alpha::ONE_IN_TWENTY).unwrap(), expected[2]);
    }
    // All of them, the other way round, and as many as there may be: no number is out of place.
    for errors in [0, 1, BILLION / 2, BILLION] {
        for most in [BILLION, MOST_INVOCATIONS] {
            let (new, current) = (tally((errors, most)), tally((BILLION - errors, most)));
            for p in [
                fisher(new, current).unwrap().p,
                conditional_binomial(new, current, 1.0).unwrap(),
                upper_bound(new, Alpha::ONE_IN_TWENTY).unwrap(),
                mcnemar(errors, BILLION - errors).unwrap(),
            ] {
                assert!((0.0..=1.0).contains(&p), "{p} of {errors} of {most}");
            }
        }
    }
}

#[test]
fn impossible_input_is_refused() {
    let (fine, more) = (tally((1, 10)), tally((11, 10)));
    let too_many_errors = InputError::TooManyErrors {
        errors: 11,
        invocations: 10,
    };
    assert_eq!(fisher(more, fine), Err(too_many_errors));
    assert_eq!(fisher(fine, more), Err(too_many_errors));
    assert_eq!(conditional_binomial(fine, more, 1.0), Err(too_many_errors));
    assert_eq!(
        upper_bound(more, Alpha::ONE_IN_TWENTY),
        Err(too_many_errors)
    );
    assert_eq!(
        too_many_errors.to_string(),
        "11 errors are more than 10 invocations"
    );
    let vast = tally((0, MOST_INVOCATIONS + 1));
    let too_many = InputError::TooManyInvocations(MOST_INVOCATIONS + 1);
    assert_eq!(fisher(vast, fine), Err(too_many));
    assert_eq!(upper_bound(vast, Alpha::ONE_IN_TWENTY), Err(too_many));
    assert_eq!(mcnemar(MOST_INVOCATIONS, 1), Err(too_many));
    assert!(mcnemar(u64::MAX, u64::MAX).is_err());
    for none in [0.0, 1.0, -0.1, 1.1, f64::INFINITY] {
        assert_eq!(Alpha::new(none), Err(InputError::Alpha(none)));
        assert_eq!(
            clean_invocations(none, Alpha::ONE_IN_TWENTY),
            Err(InputError::Rate(none))
        );
        assert_eq!(
            least_errors(none, Alpha::ONE_IN_TWENTY),
            Err(InputError::Share(none))
        );
    }
    for none in [0.0, -1.0, f64::INFINITY] {
        assert_eq!(
            conditional_binomial(fine, fine, none),
            Err(InputError::Ratio(none))
        );
    }
    assert!(Alpha::new(f64::NAN).is_err() && least_errors(f64::NAN, Alpha::ONE_IN_TWENTY).is_err());
    assert!(conditional_binomial(fine, fine, f64::NAN).is_err());
}
