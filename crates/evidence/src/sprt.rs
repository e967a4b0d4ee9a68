//! Does a version that has nothing to be compared with err too often?
//!
//! Wald's sequential probability ratio test, for `AllAtOnce` and first deployments: an error rate that is fine against
//! one that is not. It may be looked at after every invocation; what it says first counts.
//!
//! Source: Wald, "Sequential Tests of Statistical Hypotheses" (Annals of Mathematical Statistics, 1945).

use crate::bound::whole;
use crate::input::is_uncertain;
use crate::{Alpha, InputError, Tally};

/// The test of one error rate against another. All of its limits and steps are natural logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprt {
    good: f64,
    bad: f64,
    /// How often a good version is rejected.
    alpha: f64,
    /// How often a bad version is accepted.
    beta: f64,
}

/// What the invocations so far decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The error rate is the good one.
    Accept,
    /// Nothing yet.
    Continue,
    /// The error rate is the bad one.
    Reject,
}

impl Sprt {
    /// A test that rejects a version with an error rate of `good` with a probability of about `alpha`, and accepts one with
    /// an error rate of `bad` with a probability of about `beta`.
    ///
    /// # Errors
    /// [`InputError::Rate`] when a rate is not between 0 and 1, both left out; [`InputError::NotWorse`] when `bad` is not
    /// above `good`; [`InputError::Alpha`] when `alpha` and `beta` are 1 or more together.
    pub fn new(good: f64, bad: f64, alpha: Alpha, beta: Alpha) -> Result<Self, InputError> {
        if let Some(rate) = [good, bad].into_iter().find(|rate| !is_uncertain(*rate)) {
            return Err(InputError::Rate(rate));
        }
        if bad <= good {
            return Err(InputError::NotWorse { good, bad });
        }
        let (alpha, beta) = (alpha.get(), beta.get());
        if alpha + beta >= 1.0 {
            return Err(InputError::Alpha(alpha + beta));
        }
        Ok(Self {
            good,
            bad,
            alpha,
            beta,
        })
    }

    /// From here on the version is rejected.
    pub fn reject_at(&self) -> f64 {
        ((1.0 - self.beta) / self.alpha).ln()
    }

    /// From here down the version is accepted.
    pub fn accept_at(&self) -> f64 {
        (self.beta / (1.0 - self.alpha)).ln()
    }

    /// What an error adds.
    pub fn of_error(&self) -> f64 {
        self.bad.ln() - self.good.ln()
    }

    /// What an invocation without an error adds; negative.
    pub fn of_success(&self) -> f64 {
        (-self.bad).ln_1p() - (-self.good).ln_1p()
    }

    /// The logarithm of how much likelier `tally` is with the bad error rate than with the good one.
    ///
    /// # Errors
    /// When there are more errors than invocations, or more invocations than can be judged.
    pub fn log_ratio(&self, tally: Tally) -> Result<f64, InputError> {
        let Tally {
            invocations,
            errors,
        } = tally.checked()?;
        let successes = invocations - errors;
        Ok(errors as f64 * self.of_error() + successes as f64 * self.of_success())
    }

    /// What `tally` decides, when no earlier one has decided.
    ///
    /// # Errors
    /// When there are more errors than invocations, or more invocations than can be judged.
    pub fn decide(&self, tally: Tally) -> Result<Decision, InputError> {
        let ratio = self.log_ratio(tally)?;
        Ok(if ratio >= self.reject_at() {
            Decision::Reject
        } else if ratio <= self.accept_at() {
            Decision::Accept
        } else {
            Decision::Continue
        })
    }

    /// How many invocations without an error accept a version.
    pub fn successes_to_accept(&self) -> u64 {
        whole(self.accept_at() / self.of_success())
    }

    /// How many errors in a row reject a version.
    pub fn errors_to_reject(&self) -> u64 {
        whole(self.reject_at() / self.of_error())
    }

    /// About how many invocations it takes when the error rate is the good one (Wald's approximation).
    pub fn expected_if_good(&self) -> f64 {
        self.expected(1.0 - self.alpha, self.good)
    }

    /// About how many invocations it takes when the error rate is the bad one (Wald's approximation).
    pub fn expected_if_bad(&self) -> f64 {
        self.expected(self.beta, self.bad)
    }

    fn expected(&self, accepted: f64, rate: f64) -> f64 {
        let end = accepted * self.accept_at() + (1.0 - accepted) * self.reject_at();
        end / (rate * self.of_error() + (1.0 - rate) * self.of_success())
    }
}
