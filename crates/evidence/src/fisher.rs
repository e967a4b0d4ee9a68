//! Does the new version err more often than the current one, by the counts of a whole shift?
//!
//! Fisher's exact test, one-sided. Given how many errors there were in all, and that both versions err equally often,
//! how many of them fall to the new one is hypergeometric.
//!
//! It may be asked once, when the shift is over. Who looks every minute asks [`CanaryEvidence`](crate::CanaryEvidence),
//! because each further look at a p-value is a further chance to be wrong.
//!
//! Source: Fisher, "The Design of Experiments" (1935); Agresti, "Categorical Data Analysis", section 3.5.

use crate::binomial::{Binomial, falling};
use crate::{InputError, Tally};

/// How likely it is, when the new version is no worse, that the counts speak against it as they do, or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneSided {
    /// Exact: it is at most α in at most a share of α of all cases.
    pub p: f64,
    /// With half of the probability of the very counts that were seen: closer on average, but no longer a bound.
    pub mid_p: f64,
}

/// Whether `new` errs more often than `current`.
///
/// # Errors
/// When one of them has more errors than invocations, or more invocations than can be judged.
pub fn fisher(new: Tally, current: Tally) -> Result<OneSided, InputError> {
    let errors = Hypergeometric::new(new.checked()?, current.checked()?);
    let exactly = errors.exactly(new.errors);
    let p = if new.errors as f64 > errors.mean() {
        falling(exactly, |step| errors.up(new.errors as f64 + step))
    } else if new.errors > errors.least() {
        let below = new.errors - 1;
        1.0 - falling(errors.exactly(below), |step| {
            errors.down(below as f64 - step)
        })
    } else {
        1.0
    };
    let p = p.clamp(0.0, 1.0);
    Ok(OneSided {
        p,
        mid_p: (p - 0.5 * exactly).max(0.0),
    })
}

/// How many of the errors fall to the new version.
#[derive(Debug)]
pub(crate) struct Hypergeometric {
    new: u64,
    current: u64,
    /// Of both.
    pub(crate) errors: u64,
}

impl Hypergeometric {
    pub(crate) fn new(new: Tally, current: Tally) -> Self {
        Self {
            new: new.invocations,
            current: current.invocations,
            errors: new.errors + current.errors,
        }
    }

    fn share(&self) -> f64 {
        self.new as f64 / (self.new + self.current) as f64
    }

    pub(crate) fn mean(&self) -> f64 {
        self.errors as f64 * self.share()
    }

    pub(crate) fn least(&self) -> u64 {
        self.errors.saturating_sub(self.current)
    }

    pub(crate) fn most(&self) -> u64 {
        self.errors.min(self.new)
    }

    pub(crate) fn variance(&self) -> f64 {
        let all = (self.new + self.current) as f64;
        if all <= 1.0 {
            return 0.0;
        }
        self.mean() * (1.0 - self.share()) * (all - self.errors as f64) / (all - 1.0)
    }

    /// The probabilities of all numbers from [`Self::least`] to [`Self::most`].
    pub(crate) fn probabilities(&self) -> Vec<f64> {
        let (least, most) = (self.least(), self.most());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "between two numbers of errors"
        )]
        let middle = (self.mean() as u64).clamp(least, most);
        // From the middle outwards, because at the ends they may be too small for a number.
        let exactly = self.exactly(middle);
        let mut down = Vec::new();
        let mut probability = exactly;
        for k in (least + 1..=middle).rev() {
            probability *= self.down(k as f64);
            down.push(probability);
        }
        let mut all: Vec<f64> = down.into_iter().rev().chain([exactly]).collect();
        probability = exactly;
        for k in middle..most {
            probability *= self.up(k as f64);
            all.push(probability);
        }
        all
    }

    /// The probability of exactly `k`: three binomial ones, as R's `dhyper` has it.
    fn exactly(&self, k: u64) -> f64 {
        let invocations = self.new + self.current;
        let of = |n: u64, k: u64| {
            let rate = self.errors as f64 / invocations as f64;
            let rest = (invocations - self.errors) as f64 / invocations as f64;
            Binomial::new(n, rate, rest).ln_exactly(k)
        };
        if self.errors == 0 || self.errors == invocations {
            return 1.0;
        }
        (of(self.new, k) + of(self.current, self.errors - k) - of(invocations, self.errors)).exp()
    }

    /// The ratio of the probability of `k` + 1 to that of `k`.
    fn up(&self, k: f64) -> f64 {
        (self.new as f64 - k) * (self.errors as f64 - k)
            / ((k + 1.0) * (self.current as f64 - self.errors as f64 + k + 1.0))
    }

    /// The ratio of the probability of `k` − 1 to that of `k`.
    fn down(&self, k: f64) -> f64 {
        k * (self.current as f64 - self.errors as f64 + k)
            / ((self.new as f64 - k + 1.0) * (self.errors as f64 - k + 1.0))
    }
}
