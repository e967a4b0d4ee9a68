//! Does the new version err more often than the current one, minute by minute?
//!
//! Fisher's exact test of several tables at once. In each minute the errors fall to the versions as the invocations of that
//! minute did; how many fall to the new version in all is a sum of hypergeometric counts.
//!
//! Of totals alone, [`fisher`](crate::fisher()) blames the new version for an outage in the last minutes of a linear shift:
//! most of the errors are its own, because it had most of the invocations *then* (Simpson's paradox). Minute by minute
//! nothing of that is left, whatever the traffic, its weights and the rate of errors did meanwhile.
//!
//! Source: Birch, "The detection of partial association" (Journal of the Royal Statistical Society B, 1964); Agresti,
//! "Categorical Data Analysis", sections 6.3 and 6.6; `mantelhaen.test(exact = TRUE)` of R.

use crate::durations::{Method, normal_at_least};
use crate::fisher::Hypergeometric;
use crate::{InputError, Tally};

/// Up to how many errors of both versions together the p-value is exact.
pub const MOST_EXACT_ERRORS: u64 = 10_000;

/// Whether the new version errs more often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stratified {
    /// How likely it is, when the new version is no worse, that as many of the errors fall to it as did, or more.
    pub p: f64,
    /// How `p` was calculated.
    pub method: Method,
}

/// Whether the new version errs more often, by the counts of minutes, or of any other parts of a shift: the new version's
/// and the current one's of each.
///
/// # Errors
/// When one of them has more errors than invocations, or more invocations than can be judged.
pub fn stratified_fisher(
    minutes: impl IntoIterator<Item = (Tally, Tally)>,
) -> Result<Stratified, InputError> {
    let mut parts = Vec::new();
    let (mut errors, mut of_new, mut certain) = (0_u64, 0_u64, 0_u64);
    for (new, current) in minutes {
        let part = Hypergeometric::new(new.checked()?, current.checked()?);
        errors = errors.saturating_add(part.errors);
        of_new = of_new.saturating_add(new.errors);
        if part.least() == part.most() {
            // Nothing is drawn there: all errors could only be one version's, or every invocation was one.
            certain = certain.saturating_add(part.least());
        } else {
            parts.push(part);
        }
    }
    // What is certain is part of the sum and says nothing.
    let drawn = of_new.saturating_sub(certain);
    let is_exact = errors <= MOST_EXACT_ERRORS;
    Ok(Stratified {
        p: if is_exact {
            exactly(&parts, drawn)
        } else {
            normally(&parts, drawn)
        },
        method: if is_exact {
            Method::Exact
        } else {
            Method::Normal
        },
    })
}

/// The probability that the sum of the counts is `drawn` or more.
fn exactly(parts: &[Hypergeometric], drawn: u64) -> f64 {
    // Of each sum from `least` on, how likely it is.
    let (mut least, mut sums) = (0, vec![1.0]);
    for part in parts {
        least += part.least();
        sums = convolved(&sums, &part.probabilities());
    }
    let place = usize::try_from(drawn.saturating_sub(least)).unwrap_or(usize::MAX);
    let p: f64 = sums.iter().skip(place).rev().sum();
    p.min(1.0)
}

/// How likely the sums of two counts are, by how likely each count is.
fn convolved(one: &[f64], other: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; one.len() + other.len() - 1];
    for (place, left) in one.iter().enumerate() {
        for (sum, right) in sums.iter_mut().skip(place).zip(other) {
            *sum += left * right;
        }
    }
    sums
}

/// As [`exactly`], by the normal distribution.
fn normally(parts: &[Hypergeometric], drawn: u64) -> f64 {
    let mean: f64 = parts.iter().map(Hypergeometric::mean).sum();
    let variance: f64 = parts.iter().map(Hypergeometric::variance).sum();
    normal_at_least(drawn as f64, mean, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_and_normally_agree_where_there_is_much() {
        // A tenth and a fifth of the invocations, and 500 errors in each minute: 150 of them are expected.
        let minute = |share: u64| {
            let tally = |invocations, errors| Tally {
                invocations,
                errors,
            };
            Hypergeometric::new(tally(share * 1_000, 250), tally((10 - share) * 1_000, 250))
        };
        let parts = [minute(1), minute(2)];
        for drawn in [130, 150, 160, 180] {
            let (exact, normal) = (exactly(&parts, drawn), normally(&parts, drawn));
            let off = (exact - normal).abs();
            assert!(off < 0.005, "{drawn}: {exact} {normal}");
        }
        assert!(exactly(&parts, 180) < 0.01);
    }
}
