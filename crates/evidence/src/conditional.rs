//! Does the new version err more than `r` times as often as the current one?
//!
//! The conditional binomial test. Given how many errors there were in all, and that the new version errs `r` times as
//! often, each of them is the new version's with a probability that the invocations of both say. With a margin `r`
//! above 1, "somewhat worse" is tolerated; with 1, it is a coarser [`fisher`](crate::fisher()) that needs only errors
//! and shares.
//!
//! Source: Przyborowski & Wilenski, "Homogeneity of results in testing samples from Poisson series" (Biometrika, 1940).

use crate::binomial::Binomial;
use crate::bound::whole;
use crate::input::is_uncertain;
use crate::{Alpha, InputError, Tally};

/// How likely it is that so many of the errors, or more, are the new version's, when it errs `margin` times as often as
/// the current one.
///
/// # Errors
/// When one of them has more errors than invocations, or more invocations than can be judged; [`InputError::Ratio`] when
/// `margin` is not a positive number.
pub fn conditional_binomial(new: Tally, current: Tally, margin: f64) -> Result<f64, InputError> {
    let (new, current) = (new.checked()?, current.checked()?);
    if !(margin > 0.0 && margin.is_finite()) {
        return Err(InputError::Ratio(margin));
    }
    if new.errors == 0 {
        return Ok(1.0);
    }
    let (of_new, of_current) = (new.invocations as f64, current.invocations as f64);
    // How often the new version is invoked for one invocation of the current one, as far as errors go; or the reverse,
    // so that neither overflows.
    let (p, q) = if margin > 1.0 {
        (of_new, of_current / margin)
    } else {
        (of_new * margin, of_current)
    };
    let both = p + q;
    Ok(Binomial::new(new.errors + current.errors, p / both, q / both).at_least(new.errors))
}

/// The least number of errors of the new version that can be evidence against it at all, when the current one has none
/// and the new one has a share of `share` of the invocations: the least k of which share^k is not above α.
///
/// # Errors
/// [`InputError::Share`] when `share` is not between 0 and 1, both left out.
pub fn least_errors(share: f64, alpha: Alpha) -> Result<u64, InputError> {
    if is_uncertain(share) {
        Ok(whole(alpha.get().ln() / share.ln()))
    } else {
        Err(InputError::Share(share))
    }
}
