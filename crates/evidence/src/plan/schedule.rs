//! When the new version gets which share of the calls.

use std::time::Duration;

use super::PlanError;

/// When the new version gets which share of the calls, until it gets all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Seconds since the shift's begin, and the share from then on; the last is 1.
    steps: Vec<(i64, f64)>,
}

impl Schedule {
    /// Steps as time since the shift's begin, in whole seconds, and the share from then on, 0 to 1.
    ///
    /// # Errors
    /// [`PlanError::Weight`], [`PlanError::Steps`] or [`PlanError::AtOnce`].
    pub fn new(steps: impl IntoIterator<Item = (Duration, f64)>) -> Result<Self, PlanError> {
        let mut checked: Vec<(i64, f64)> = Vec::new();
        for (at, weight) in steps {
            if !(0.0..=1.0).contains(&weight) {
                return Err(PlanError::Weight(weight));
            }
            let at = i64::try_from(at.as_secs()).map_err(|_| PlanError::Steps)?;
            let follows = match checked.last() {
                Some((before, lower)) => at > *before && weight > *lower,
                None => at == 0,
            };
            if !follows {
                return Err(PlanError::Steps);
            }
            checked.push((at, weight));
        }
        match checked.as_slice() {
            [(_, 1.0)] => Err(PlanError::AtOnce),
            [.., (_, 1.0)] => Ok(Self { steps: checked }),
            _ => Err(PlanError::Steps),
        }
    }

    /// Since the shift's begin, and the new version's share from then on.
    pub fn steps(&self) -> impl Iterator<Item = (Duration, f64)> {
        let steps = self.steps.iter();
        steps.map(|&(at, weight)| (seconds(at), weight))
    }

    /// How long the shift takes: until the new version gets all calls.
    pub fn duration(&self) -> Duration {
        seconds(self.seconds())
    }

    /// The same in seconds.
    pub(super) fn seconds(&self) -> i64 {
        self.steps.last().map_or(0, |(at, _)| *at)
    }

    /// The new version's share at a second since the shift's begin, which may be before it, and the second until which it
    /// stays so.
    pub(super) fn at(&self, second: i64) -> (f64, i64) {
        let next = self.steps.partition_point(|(at, _)| *at <= second);
        let share = next
            .checked_sub(1)
            .and_then(|last| self.steps.get(last))
            .map_or(0.0, |(_, weight)| *weight);
        (share, self.steps.get(next).map_or(i64::MAX, |(at, _)| *at))
    }

    /// The seconds up to `until` since the shift's begin, each times the new version's share in it.
    pub(super) fn weighted_seconds(&self, until: i64) -> f64 {
        let mut second = 0;
        let mut sum = 0.0;
        while second < until {
            let (share, stays) = self.at(second);
            let next = stays.min(until);
            sum += share * (next - second) as f64;
            second = next;
        }
        sum
    }
}

/// Never negative.
fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}
