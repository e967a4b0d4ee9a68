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

/// How likely it is, when the new version is no worse, that of the events that end differently so many, or more, fail
/// with the new one: `new_worse` do, `current_worse` fail with the current one.
pub fn mcnemar(new_worse: u64, current_worse: u64) -> f64 {
    Binomial::new(new_worse.saturating_add(current_worse), 0.5, 0.5).at_least(new_worse)
}
