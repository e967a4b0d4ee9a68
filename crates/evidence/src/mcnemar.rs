//! Do more events fail with the new version than with the current one, when both got the same events?
//!
//! McNemar's exact test, one-sided. Events that end alike with both say nothing. Of those that do not, when the new
//! version is no worse, each is as likely to fail with the one as with the other.
//!
//! Five such events are the fewest that can be evidence at 1 in 20 ([`least_errors`](crate::least_errors) at a share of
//! ½); four that are all worse are not "fine", they are too few.
//!
//! Source: McNemar (Psychometrika, 1947); Agresti, "Categorical Data Analysis", section 11.1.

use crate::binomial::Binomial;
use crate::{InputError, MOST_INVOCATIONS};

/// How likely it is, when the new version is no worse, that of the events that end differently so many, or more, fail
/// with the new one: `new_worse` do, `current_worse` fail with the current one.
///
/// # Errors
/// [`InputError::TooManyInvocations`] when there are more of them than can be judged.
pub fn mcnemar(new_worse: u64, current_worse: u64) -> Result<f64, InputError> {
    let differing = new_worse.saturating_add(current_worse);
    if differing > MOST_INVOCATIONS {
        return Err(InputError::TooManyInvocations(differing));
    }
    Ok(Binomial::new(differing, 0.5, 0.5).at_least(new_worse))
}
