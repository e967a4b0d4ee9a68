//! What the tests are asked of, and what nothing can be said of.

use thiserror::Error;

/// The most invocations of one version that a test takes: far more than Lambda can serve during a shift, and few enough
/// to be summed over at once.
pub const MOST_INVOCATIONS: u64 = 1_000_000_000_000;

/// Input that no test can be made of.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum InputError {
    /// More errors than invocations.
    #[error("{errors} errors are more than {invocations} invocations")]
    TooManyErrors {
        /// The errors.
        errors: u64,
        /// The invocations.
        invocations: u64,
    },
    /// More invocations than [`MOST_INVOCATIONS`].
    #[error("{0} invocations are more than can be judged, {MOST_INVOCATIONS}")]
    TooManyInvocations(u64),
    /// An error probability that is not between 0 and 1, both left out.
    #[error("an error probability of {0} is not between 0 and 1")]
    Alpha(f64),
    /// An error rate that is not between 0 and 1, both left out.
    #[error("an error rate of {0} is not between 0 and 1")]
    Rate(f64),
    /// An error rate that should be worse than another and is not.
    #[error("an error rate of {bad} is not worse than one of {good}")]
    NotWorse {
        /// The one that is fine.
        good: f64,
        /// The other one.
        bad: f64,
    },
    /// A p-value that is not from 0 to 1.
    #[error("a p-value of {0} is not from 0 to 1")]
    PValue(f64),
    /// A share of the invocations that is not between 0 and 1, both left out.
    #[error("a share of {0} of the invocations is not between 0 and 1")]
    Share(f64),
    /// A ratio of error rates that is not a positive number.
    #[error("a ratio of error rates of {0} is not a positive number")]
    Ratio(f64),
    /// A duration that is negative, infinite or no number.
    #[error("a duration of {0} is neither 0 nor a positive number")]
    Duration(f64),
    /// A sample without durations.
    #[error("there are no durations to compare")]
    NoDurations,
}

/// How often a test may be wrong when nothing is: between 0 and 1, both left out.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Alpha(f64);

impl Alpha {
    /// 1 in 20, that is with a confidence of 95 %.
    pub const ONE_IN_TWENTY: Self = Self(0.05);

    /// An error probability of `alpha`.
    ///
    /// # Errors
    /// [`InputError::Alpha`] when it is not between 0 and 1.
    pub fn new(alpha: f64) -> Result<Self, InputError> {
        if is_uncertain(alpha) {
            Ok(Self(alpha))
        } else {
            Err(InputError::Alpha(alpha))
        }
    }

    /// As a number.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// How the invocations of one version ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub invocations: u64,
    /// Those that ended in an error.
    pub errors: u64,
}

impl Tally {
    pub(crate) fn checked(self) -> Result<Self, InputError> {
        let Self {
            invocations,
            errors,
        } = self;
        if errors > invocations {
            return Err(InputError::TooManyErrors {
                errors,
                invocations,
            });
        }
        if invocations > MOST_INVOCATIONS {
            return Err(InputError::TooManyInvocations(invocations));
        }
        Ok(self)
    }
}

/// Whether something may happen, but not surely; no number is neither.
pub(crate) fn is_uncertain(probability: f64) -> bool {
    probability > 0.0 && probability < 1.0
}
