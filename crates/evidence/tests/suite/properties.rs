//! What holds of whatever numbers there are.

use evidence::{
    Alpha, Decision, Pair, Sprt, Tally, conditional_binomial, fisher, holm, mann_whitney, mcnemar,
    signed_rank, upper_bound,
};
use proptest::prelude::*;

use crate::probability::{assert_valid, choices, errors};
use crate::{close, tally};

#[test]
fn fisher_is_valid_and_exact_for_all_small_tables() {
    for (new, current) in (0..9_u32).flat_map(|new| (0..9_u32).map(move |current| (new, current))) {
        let all = choices(new + current);
        let (of_new, of_current) = (choices(new), choices(current));
        for both in 0..=new + current {
            let outcomes: Vec<(f64, f64)> = (both.saturating_sub(current)..=both.min(new))
                .map(|k| {
                    let ways = of_new[k as usize] * of_current[(both - k) as usize];
                    let tallies = (
                        tally((k.into(), new.into())),
                        tally(((both - k).into(), current.into())),
                    );
                    (
                        ways / all[both as usize],
                        fisher(tallies.0, tallies.1).unwrap().p,
                    )
                })
                .collect();
            // Exact: each p-value is the sum of its own probability and of all that speak more against the new version.
            let mut more = 0.0;
            for (probability, p) in outcomes.iter().rev() {
                more += probability;
                close(*p, more);
            }
            assert_valid(outcomes);
        }
    }
}

#[test]
fn tests_of_counts_are_valid_when_both_versions_err_equally_often() {
    for (new, current) in [(1_u32, 9_u32), (3, 27), (10, 10), (20, 5), (5, 60)] {
        for rate in [0.01, 0.1, 0.5] {
            let of_new = errors(new, rate);
            let of_current = errors(current, rate);
            let outcomes = |p: &dyn Fn(Tally, Tally) -> f64| {
                let mut outcomes = Vec::new();
                for (x, first) in (0..).zip(&of_new) {
                    for (y, second) in (0..).zip(&of_current) {
                        let p = p(tally((x, new.into())), tally((y, current.into())));
                        outcomes.push((first * second, p));
                    }
                }
                outcomes
            };
            assert_valid(outcomes(&|new, current| fisher(new, current).unwrap().p));
        }
    }
}

#[test]
fn the_conditional_binomial_is_valid_when_errors_fall_by_chance() {
    for (new, current, margin) in [
        (10_u32, 90_u32, 1.0),
        (50, 50, 1.0),
        (10, 90, 2.0),
        (30, 10, 0.5),
    ] {
        let share = margin * f64::from(new) / (margin * f64::from(new) + f64::from(current));
        for both in [1, 2, 5, 10] {
            let p = |k: u32| {
                let (new, current) = ((k.into(), new.into()), ((both - k).into(), current.into()));
                conditional_binomial(tally(new), tally(current), margin).unwrap()
            };
            assert_valid(errors(both, share).into_iter().zip((0..).map(p)).collect());
        }
    }
}

#[test]
fn mcnemar_is_valid() {
    for differing in 0..20_u32 {
        let p = |worse: u32| mcnemar(worse.into(), (differing - worse).into()).unwrap();
        assert_valid(
            errors(differing, 0.5)
                .into_iter()
                .zip((0..).map(p))
                .collect(),
        );
    }
}

#[test]
fn signed_ranks_are_valid_with_ties_and_equal_pairs() {
    for sizes in [
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0][..],
        &[1.0, 1.0, 1.0, 1.0, 2.0, 2.0],
        &[0.0, 0.0, 3.0, 3.0, 5.0, 0.1, 0.1, 0.1, 9.0],
        &[0.0],
    ] {
        let signs = 1_u32 << sizes.len();
        let outcomes = (0..signs).map(|bits| {
            let pairs = sizes.iter().enumerate().map(|(at, size)| {
                let (low, high) = (20.0, 20.0 + size);
                let slower = bits >> at & 1 == 1;
                let (new, current) = if slower { (high, low) } else { (low, high) };
                Pair { new, current }
            });
            let p = signed_rank(&pairs.collect::<Vec<_>>()).unwrap().p;
            (1.0 / f64::from(signs), p)
        });
        assert_valid(outcomes.collect());
    }
}

#[test]
fn two_samples_are_valid_with_ties_and_whichever_is_larger() {
    let durations: [f64; 10] = [1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 4.0, 7.0, 7.0, 8.0];
    for size in 1..10 {
        let chosen: Vec<u32> = (0..1_u32 << durations.len())
            .filter(|bits| bits.count_ones() == size)
            .collect();
        let outcomes = chosen.iter().map(|bits| {
            let of = |wanted| {
                let places = 0..durations.len();
                let places = places.filter(move |at| bits >> at & 1 == wanted);
                places.map(|at| durations[at]).collect::<Vec<_>>()
            };
            (
                1.0 / chosen.len() as f64,
                mann_whitney(&of(1), &of(0)).unwrap().p,
            )
        });
        assert_valid(outcomes.collect());
    }
}

#[test]
fn a_bound_is_too_low_at_most_as_often_as_it_may() {
    for invocations in [1, 5, 20, 50] {
        for rate in [0.001, 0.05, 0.2, 0.5, 0.9, 0.999] {
            for alpha in [0.01, 0.05, 0.3] {
                let too_low: f64 = errors(invocations, rate)
                    .into_iter()
                    .zip(0..)
                    .filter(|(_, errors)| {
                        let tally = tally((*errors, invocations.into()));
                        upper_bound(tally, Alpha::new(alpha).unwrap()).unwrap() < rate
                    })
                    .map(|(probability, _)| probability)
                    .sum();
                assert!(
                    too_low <= alpha + 1e-12,
                    "{too_low} of {invocations} at {rate} and {alpha}"
                );
            }
        }
    }
}

#[test]
fn walds_test_is_wrong_about_as_often_as_it_may() {
    let (alpha, beta) = (0.05, 0.1);
    let test = Sprt::new(
        0.01,
        0.1,
        Alpha::new(alpha).unwrap(),
        Alpha::new(beta).unwrap(),
    )
    .unwrap();
    for (rate, wrong, at_most) in [
        (0.01, Decision::Reject, alpha / (1.0 - beta)),
        (0.1, Decision::Accept, beta / (1.0 - alpha)),
    ] {
        // How likely each number of errors is, where nothing is decided yet.
        let (mut undecided, mut decided_wrongly, mut decided) = (vec![1.0], 0.0, 0.0);
        for invocations in 1..=600 {
            let mut next = vec![0.0; undecided.len() + 1];
            for (errors, probability) in undecided.into_iter().enumerate() {
                for (errors, probability) in [
                    (errors, probability * (1.0 - rate)),
                    (errors + 1, probability * rate),
                ] {
                    match test.decide(tally((errors as u64, invocations))).unwrap() {
                        Decision::Continue => next[errors] += probability,
                        decision => {
                            decided += probability;
                            if decision == wrong {
                                decided_wrongly += probability;
                            }
                        }
                    }
                }
            }
            undecided = next;
        }
        assert!(decided > 0.999, "{decided}");
        assert!(
            (0.01..=at_most).contains(&decided_wrongly),
            "{decided_wrongly} at {rate}"
        );
    }
}

/// Invocations up to a billion, and errors among them.
fn any_tally() -> impl Strategy<Value = Tally> {
    prop_oneof![0_u64..50, 0_u64..5_000, 0_u64..=1_000_000_000]
        .prop_flat_map(|invocations| (Just(invocations), 0..=invocations, 0_u64..20))
        .prop_map(|(invocations, errors, few)| Tally {
            invocations,
            errors: if few < 10 {
                few.min(invocations)
            } else {
                errors
            },
        })
}

/// The same with one error more, where there is room for it.
fn with_one_more(tally: Tally) -> Tally {
    Tally {
        errors: (tally.errors + 1).min(tally.invocations),
        ..tally
    }
}

fn durations(most: usize) -> impl Strategy<Value = Vec<f64>> {
    let duration = prop_oneof![(0_u32..20).prop_map(f64::from), 0.0_f64..1e4];
    prop::collection::vec(duration, 1..most)
}

proptest! {
    #[test]
    fn more_errors_of_the_new_version_are_less_likely_by_chance(new in any_tally(), current in any_tally()) {
        const ROUNDING: f64 = 1.0 + 1e-9;
        let p = |new, current| fisher(new, current).unwrap().p;
        let binomial = |new, current| conditional_binomial(new, current, 1.5).unwrap();
        let bound = |tally| upper_bound(tally, Alpha::ONE_IN_TWENTY).unwrap();
        let (more_new, more_current) = (with_one_more(new), with_one_more(current));
        for p in [&p as &dyn Fn(Tally, Tally) -> f64, &binomial] {
            let before = p(new, current);
            prop_assert!((0.0..=1.0).contains(&before), "{}", before);
            prop_assert!(p(more_new, current) <= before * ROUNDING + 1e-12);
            prop_assert!(p(new, more_current) * ROUNDING + 1e-12 >= before);
        }
        prop_assert!((0.0..=1.0).contains(&bound(new)));
        prop_assert!(bound(more_new) * ROUNDING >= bound(new));
        let rate = new.errors as f64 / new.invocations.max(1) as f64;
        prop_assert!(bound(new) >= rate);
        let longer = Tally { invocations: new.invocations + 1, ..new };
        prop_assert!(bound(longer) <= bound(new) * ROUNDING);
    }

    #[test]
    fn the_other_side_of_fisher_is_the_rest(new in any_tally(), current in any_tally()) {
        let (one, other) = (fisher(new, current).unwrap(), fisher(current, new).unwrap());
        prop_assert!((one.mid_p + other.mid_p - 1.0).abs() < 1e-9, "{:?} {:?}", one, other);
        prop_assert!((one.p + other.p - 1.0 - 2.0 * (one.p - one.mid_p)).abs() < 1e-9);
    }

    #[test]
    fn several_p_values_are_between_their_own_and_bonferronis(p_values in prop::collection::vec(0.0_f64..=1.0, 0..20)) {
        let adjusted = holm(&p_values).unwrap();
        for (p, adjusted) in p_values.iter().zip(&adjusted) {
            prop_assert!(adjusted >= p && *adjusted <= (p * p_values.len() as f64).min(1.0));
        }
        for (left, p) in p_values.iter().enumerate() {
            for (right, other) in p_values.iter().enumerate() {
                prop_assert!(p > other || adjusted[left] <= adjusted[right]);
            }
        }
    }
}

proptest! {
    // The long way takes its time.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn two_samples_are_each_others_mirror(new in durations(60), current in durations(60), by in 0.0_f64..50.0) {
        let (one, other) = (mann_whitney(&new, &current).unwrap(), mann_whitney(&current, &new).unwrap());
        prop_assert!((0.0..=1.0).contains(&one.p));
        prop_assert_eq!(one.u + other.u, (new.len() * current.len()) as f64);
        prop_assert!((one.slower + other.slower - 1.0).abs() < 1e-12);
        prop_assert_eq!(one.shift, -other.shift);
        prop_assert!(one.p + other.p >= 1.0 - 1e-9);
        let slower: Vec<f64> = new.iter().map(|duration| duration + by).collect();
        let later = mann_whitney(&slower, &current).unwrap();
        prop_assert!(later.u >= one.u);
        prop_assert!((later.shift - one.shift - by).abs() < 1e-9);
        // The middle of all differences, listed.
        let mut all: Vec<f64> = new.iter().flat_map(|new| current.iter().map(move |current| new - current)).collect();
        all.sort_by(f64::total_cmp);
        let middle = f64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2]);
        prop_assert_eq!(one.shift, middle);
    }

    #[test]
    fn signed_ranks_are_each_others_mirror(
        both in prop_oneof![
            prop::collection::vec((0_u32..9, 0_u32..9), 1..6),
            prop::collection::vec((0_u32..500, 0_u32..500), 1..250),
        ],
    ) {
        let pairs: Vec<Pair> = both
            .iter()
            .map(|&(new, current)| Pair { new: new.into(), current: current.into() })
            .collect();
        let turned: Vec<Pair> =
            pairs.iter().map(|pair| Pair { new: pair.current, current: pair.new }).collect();
        let (one, other) = (signed_rank(&pairs).unwrap(), signed_rank(&turned).unwrap());
        let n = one.differing as f64;
        prop_assert!((0.0..=1.0).contains(&one.p));
        prop_assert_eq!(one.v + other.v, n * (n + 1.0) / 2.0);
        prop_assert_eq!(one.shift, -other.shift);
        prop_assert!(one.p + other.p >= 1.0 - 1e-9);
        // The middle of all means of two differences, listed.
        let differences: Vec<f64> = pairs.iter().map(|pair| pair.new - pair.current).collect();
        let means = |at: usize| differences[..=at].iter().map(move |other| (other, at));
        let mut all: Vec<f64> = (0..differences.len())
            .flat_map(means)
            .map(|(other, at)| f64::midpoint(*other, differences[at]))
            .collect();
        all.sort_by(f64::total_cmp);
        let middle = f64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2]);
        prop_assert_eq!(one.shift, middle);
    }
}
