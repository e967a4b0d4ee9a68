//! Is the new version slower than the current one, when both got the same events?
//!
//! Wilcoxon's signed-rank test, one-sided, with the shift by Hodges & Lehmann. Each event is compared with itself, so that
//! slow events do not hide what happens to all of them; ranks instead of durations, so that one outlier decides nothing.
//!
//! - Pairs that are equal say nothing about the direction: the test leaves them out (as Wilcoxon and R do). The shift
//!   counts them, because it says how much slower the events became, and those did not.
//! - Differences of the same size share their mean rank, and the p-value is exact all the same: it goes through all signs
//!   that these very ranks could have had. What differs only by the rounding of a subtraction is the same.
//!
//! Source: Wilcoxon (Biometrics Bulletin, 1945); Hollander & Wolfe, "Nonparametric Statistical Methods", sections 3.1, 3.2.

use crate::InputError;
use crate::durations::{Method, checked, normal_at_least};
use crate::ranks::{median_of_means, ranks};

/// Up to how many pairs that differ the p-value is exact.
pub const MOST_EXACT_PAIRS: usize = 200;

/// The durations of one event with both versions, in the same unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// With the new version.
    pub new: f64,
    /// With the current version.
    pub current: f64,
}

/// Whether the new version is slower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// The pairs that differ.
    pub differing: usize,
    /// The sum of the ranks of those of which the new version is slower.
    pub v: f64,
    /// How likely so high a sum, or a higher one, is when the new version is not slower.
    pub p: f64,
    /// How `p` was calculated.
    pub method: Method,
    /// By how much the new version is slower, in the unit of the durations: the median of the means of all two
    /// differences. Negative when it is faster.
    pub shift: f64,
}

/// Whether the new version is slower, by `pairs` of durations in any unit.
///
/// # Errors
/// [`InputError::NoDurations`] when there are none; [`InputError::Duration`] when one is negative or no number.
pub fn signed_rank(pairs: &[Pair]) -> Result<SignedRank, InputError> {
    if pairs.is_empty() {
        return Err(InputError::NoDurations);
    }
    let mut largest = 0.0_f64;
    let mut differences = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let (new, current) = (checked(pair.new)?, checked(pair.current)?);
        largest = largest.max(new).max(current);
        differences.push(new - current);
    }
    differences.sort_unstable_by(f64::total_cmp);
    let shift = median_of_means(&differences);
    // Durations are decimal fractions, each rounded by half of its last binary digit. So is their difference.
    let rounding = 4.0 * f64::EPSILON * largest;
    differences.retain(|difference| difference.abs() > rounding);
    let sizes: Vec<f64> = differences.iter().map(|size| size.abs()).collect();
    let ranks = ranks(&sizes, rounding);
    let slower = ranks.doubled.iter().zip(&differences);
    let doubled: usize = slower
        .filter(|(_, difference)| **difference > 0.0)
        .map(|(rank, _)| rank)
        .sum();
    let v = doubled as f64 / 2.0;
    let (method, p) = if differences.len() <= MOST_EXACT_PAIRS {
        (Method::Exact, exactly_at_least(&ranks.doubled, doubled))
    } else {
        let n = differences.len() as f64;
        let sum = n * (n + 1.0) / 2.0;
        let variance = sum * (2.0 * n + 1.0) / 12.0 - ranks.ties / 48.0;
        (Method::Normal, normal_at_least(v, sum / 2.0, variance))
    };
    Ok(SignedRank {
        differing: differences.len(),
        v,
        p,
        method,
        shift,
    })
}

/// The probability that the ranks of which each counts with a probability of one half are `sum` or more together.
fn exactly_at_least(ranks: &[usize], sum: usize) -> f64 {
    let mut probabilities = vec![0.0; ranks.iter().sum::<usize>() + 1];
    probabilities[0] = 1.0;
    let mut reached = 0;
    for rank in ranks {
        reached += rank;
        for at in (0..=reached).rev() {
            let with = at.checked_sub(*rank).map_or(0.0, |at| probabilities[at]);
            probabilities[at] = 0.5 * (probabilities[at] + with);
        }
    }
    // From the least likely one.
    probabilities[sum..].iter().rev().sum::<f64>().min(1.0)
}
