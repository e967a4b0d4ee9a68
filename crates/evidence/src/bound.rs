//! Which error rate would have shown?
//!
//! "No errors" is not "0 % errors": after 10 clean invocations a version that fails one in five may well be behind them.
//! The honest answer is the highest error rate that the counts leave possible.
//!
//! Source: Clopper & Pearson, "The use of confidence or fiducial limits" (Biometrika, 1934).

use crate::binomial::Binomial;
use crate::input::is_uncertain;
use crate::{Alpha, InputError, Tally};

/// The error rate, 0 to 1, that `tally` leaves possible: with a higher one, as few errors would have been seen with a
/// probability of less than `alpha`. 1 where there are no invocations: anything is possible.
///
/// Without errors, it is 1 − α^(1/n), about 3/n at 95 %.
///
/// # Errors
/// When there are more errors than invocations, or more invocations than can be judged.
pub fn upper_bound(tally: Tally, alpha: Alpha) -> Result<f64, InputError> {
    let Tally {
        invocations,
        errors,
    } = tally.checked()?;
    if errors == invocations {
        return Ok(1.0);
    }
    if errors == 0 {
        return Ok(-(alpha.get().ln() / invocations as f64).exp_m1());
    }
    // Newton's method on the logarithm, which is concave, so that it closes in from above; between limits, in case that a
    // tail is too thin for a number.
    let (mut low, mut high) = (0.0, 1.0);
    let mut rate = (errors as f64 + 1.0) / (invocations as f64 + 1.0);
    loop {
        let binomial = Binomial::new(invocations, rate, 1.0 - rate);
        let tail = binomial.at_most(errors);
        if tail > alpha.get() {
            low = rate;
        } else {
            high = rate;
        }
        let slope = binomial.exactly(errors) / tail * (invocations - errors) as f64 / (1.0 - rate);
        let newton = rate + (tail / alpha.get()).ln() / slope;
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        if (next - rate).abs() <= 4.0 * f64::EPSILON * rate {
            return Ok(next);
        }
        rate = next;
    }
}

/// How many invocations without an error it takes to exclude an error rate of `rate`: the least number of which
/// [`upper_bound`] is not above it. Saturates at `u64::MAX`.
///
/// # Errors
/// [`InputError::Rate`] when `rate` is not between 0 and 1, both left out.
pub fn clean_invocations(rate: f64, alpha: Alpha) -> Result<u64, InputError> {
    if is_uncertain(rate) {
        Ok(whole(alpha.get().ln() / (-rate).ln_1p()))
    } else {
        Err(InputError::Rate(rate))
    }
}

/// The least whole number that is not below `least`, save for the last digits of it.
pub(crate) fn whole(least: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a positive quotient of logarithms; a cast saturates"
    )]
    let whole = (least * (1.0 - 4.0 * f64::EPSILON)).ceil() as u64;
    whole
}
