//! The grid e-value: what the counts of a shift say against the new version, minute by minute.
//!
//! Every minute `i` of a shift gives `x` errors of the new version, `t` errors of both versions, and `w`, the new
//! version's share of the invocations. For each rate ratio `r` the likelihood of "the new version errs `r` times as
//! often" against "it errs no more often" grows by `x·ln r − t·ln(1 + (r − 1)·w)`; the evidence is the logarithm of the
//! mean over [`RATE_RATIOS`].
//!
//! Where the new version is no worse, `exp` of it is a supermartingale that starts at 1, whatever the traffic and the
//! weights. So the chance that it ever reaches 20, however often one looks, is at most 1 in 20 (Ville's inequality).
//! What hits both versions is not blamed on the new one, because only its share of the errors counts.
//!
//! Source: Lindon & Malek, "Anytime-Valid Inference For Multinomial Count Data" (NeurIPS 2022), with a grid as prior.

use crate::Minute;

/// How many times as often as the current version a bad one is taken to err.
pub const RATE_RATIOS: [f64; 4] = [2.0, 5.0, 20.0, 100.0];

/// From here on the evidence is enough to roll back: ln 20, for an error probability of at most 1 in 20.
pub const THRESHOLD: f64 = 2.995_732_273_553_991;

/// The evidence of the minutes that were added, in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CanaryEvidence {
    /// Of each rate ratio, the logarithm of its likelihood ratio.
    logs: [f64; RATE_RATIOS.len()],
}

impl CanaryEvidence {
    /// The evidence of `minutes`.
    pub fn of<'a>(minutes: impl IntoIterator<Item = &'a Minute>) -> Self {
        let mut evidence = Self::default();
        for minute in minutes {
            evidence.add(minute);
        }
        evidence
    }

    /// Takes one more minute into account.
    pub fn add(&mut self, minute: &Minute) {
        let (new_errors, errors) = (count(minute.new_errors()), count(minute.errors()));
        for (log, ratio) in self.logs.iter_mut().zip(RATE_RATIOS) {
            *log += new_errors * ratio.ln() - errors * ((ratio - 1.0) * minute.new_share()).ln_1p();
        }
    }

    /// The evidence against the new version, a natural logarithm: 0 says nothing, [`THRESHOLD`] is enough, and below 0
    /// the counts speak for the new version. Always finite.
    pub fn value(&self) -> f64 {
        // The largest is taken out, so that the exponentials cannot overflow.
        let largest = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.logs.iter().map(|log| (log - largest).exp()).sum();
        largest + (sum / count(RATE_RATIOS.len() as u64)).ln()
    }

    /// Whether it is enough to roll back.
    pub fn convicts(&self) -> bool {
        self.value() >= THRESHOLD
    }
}

/// A count as a number to calculate with; exact up to 2^53.
fn count(count: u64) -> f64 {
    count as f64
}
