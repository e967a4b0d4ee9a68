//! Several tables at once, against counting the long way.

use evidence::{MOST_EXACT_ERRORS, Method, Tally, fisher, stratified_fisher};
use proptest::prelude::*;

use crate::probability::{assert_valid, choices, errors};
use crate::tally;

/// Errors and invocations of the new version and of the current one.
type Table = ((u64, u64), (u64, u64));

fn p(tables: &[Table]) -> f64 {
    let tables = tables
        .iter()
        .map(|(new, current)| (tally(*new), tally(*current)));
    stratified_fisher(tables).unwrap().p
}

/// Every way in which the errors of each table could have fallen.
fn counted(tables: &[Table]) -> f64 {
    let mut sums = vec![(1.0, 0)];
    for ((new_errors, new), (current_errors, current)) in tables {
        let errors = new_errors + current_errors;
        let of = |n: u64, k: u64| {
            let row = choices(u32::try_from(n).unwrap());
            row.get(usize::try_from(k).unwrap()).copied().unwrap_or(0.0)
        };
        let mut next = Vec::new();
        for (ways, sum) in &sums {
            for k in 0..=errors {
                next.push((ways * of(*new, k) * of(*current, errors - k), sum + k));
            }
        }
        sums = next;
    }
    let seen: u64 = tables.iter().map(|((errors, _), _)| errors).sum();
    let ways = |least: u64| -> f64 {
        let fitting = sums.iter().filter(|(_, sum)| *sum >= least);
        fitting.map(|(ways, _)| ways).sum()
    };
    ways(seen) / ways(0)
}

#[test]
fn by_counting() {
    for tables in [
        &[][..],
        &[((3, 4), (1, 4))],
        &[((2, 10), (0, 90)), ((1, 20), (1, 80))],
        &[((0, 10), (1, 9)), ((3, 5), (2, 5)), ((4, 6), (1, 2))],
        // Nothing is drawn in these: no errors, one version alone, nothing but errors.
        &[
            ((0, 10), (0, 90)),
            ((2, 7), (0, 0)),
            ((3, 3), (4, 4)),
            ((2, 3), (0, 4)),
        ],
    ] {
        let (found, expected) = (p(tables), counted(tables));
        assert!(
            (found - expected).abs() < 1e-12,
            "{tables:?}: {found} is not {expected}"
        );
    }
}

/// A linear shift, and an outage of both versions in its last minutes; a canary, and one in some of its minutes.
#[test]
fn an_outage_of_both_is_nobodys_whenever_it_is() {
    let linear: Vec<Table> = (1..10)
        .map(|tenths| {
            let rate = |calls: u64| if tenths >= 8 { calls / 5 } else { 0 };
            let (new, current) = (tenths * 10, 100 - tenths * 10);
            ((rate(new), new), (rate(current), current))
        })
        .collect();
    let total = |side: fn(&Table) -> (u64, u64)| {
        let sides = linear.iter().map(side);
        tally(sides.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)))
    };
    let pooled = fisher(total(|table| table.0), total(|table| table.1))
        .unwrap()
        .p;
    assert!(pooled < 1e-4, "{pooled}");
    let apart = p(&linear);
    assert!(apart > 0.3, "{apart}");
}

#[test]
fn many_errors_are_judged_by_the_normal_distribution() {
    let (new, current) = (tally((300, 10_000)), tally((2_700, 90_000)));
    let of = |count: usize| stratified_fisher(vec![(new, current); count]).unwrap();
    assert_eq!(of(3).method, Method::Exact);
    const { assert!(3_000 * 4 > MOST_EXACT_ERRORS) };
    let more = of(4);
    assert_eq!(more.method, Method::Normal);
    assert!((more.p - 0.5).abs() < 0.02, "{more:?}");
    let vast = Tally {
        invocations: 1_000_000_000,
        errors: 40_000_000,
    };
    let fine = Tally {
        errors: 20_000_000,
        ..vast
    };
    assert!(stratified_fisher(vec![(vast, fine); 100]).unwrap().p < 1e-9);
    assert!(stratified_fisher(vec![(fine, vast); 100]).unwrap().p > 0.999_999);
    assert!(stratified_fisher([(tally((2, 1)), fine)]).is_err());
}

/// Whatever the error rate is in each of two minutes, when it is that of both versions.
#[test]
fn it_is_valid_where_the_error_rate_changes() {
    let (new, current) = ([2_u32, 4], [5_u32, 3]);
    for rates in [[0.1, 0.5], [0.5, 0.9], [0.3, 0.3]] {
        let of = |calls: [u32; 2]| [errors(calls[0], rates[0]), errors(calls[1], rates[1])];
        let (of_new, of_current) = (of(new), of(current));
        let mut outcomes = Vec::new();
        for a in 0..=new[0] {
            for b in 0..=new[1] {
                for c in 0..=current[0] {
                    for d in 0..=current[1] {
                        let at = |index: u32| usize::try_from(index).unwrap();
                        let probability = of_new[0][at(a)]
                            * of_new[1][at(b)]
                            * of_current[0][at(c)]
                            * of_current[1][at(d)];
                        let table = |new: (u32, u32), current: (u32, u32)| {
                            let wide = |pair: (u32, u32)| (u64::from(pair.0), u64::from(pair.1));
                            (wide(new), wide(current))
                        };
                        let tables = [
                            table((a, new[0]), (c, current[0])),
                            table((b, new[1]), (d, current[1])),
                        ];
                        outcomes.push((probability, p(&tables)));
                    }
                }
            }
        }
        assert_valid(outcomes);
    }
}

proptest! {
    #[test]
    fn one_table_is_fishers(new in (0_u64..300, 0_u64..300), current in (0_u64..300, 0_u64..300)) {
        let table = |(one, other): (u64, u64)| (one.min(other), one.max(other));
        let (new, current) = (table(new), table(current));
        let expected = fisher(tally(new), tally(current)).unwrap().p;
        let found = p(&[(new, current)]);
        prop_assert!((found - expected).abs() <= 1e-10 * expected + 1e-300, "{found} {expected}");
    }
}
