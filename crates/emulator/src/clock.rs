//! How simulated time follows the machine's, where it is not moved by hand.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use deployment::Timestamp;

/// A clock that runs `scale` times as fast as the machine's, and as fast as the machine's while hooks or functions on a
/// schedule run.
///
/// Waits are what there is to shorten; a hook takes the time that it takes, and its limits must leave it that. What runs
/// on a schedule watches what goes on meanwhile, which must not leave it behind, and should not begin again before it has
/// ended more often than it would on AWS.
#[derive(Debug)]
pub(crate) struct Clock {
    scale: NonZeroU32,
    /// Runs that have not ended.
    runs: usize,
    /// When the present pace began, on the machine's clock and in simulated time.
    since: (Instant, Timestamp),
}

impl Clock {
    /// A clock that begins to run at `now`.
    pub(crate) fn new(now: Timestamp, scale: NonZeroU32) -> Self {
        Self {
            scale,
            runs: 0,
            since: (Instant::now(), now),
        }
    }

    /// The simulated time.
    pub(crate) fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// How long, on the machine's clock, it is until `time` at the present pace.
    pub(crate) fn until(&self, time: Timestamp) -> Duration {
        time.since(self.now()) / self.pace()
    }

    /// A hook or a function on a schedule begins to run.
    pub(crate) fn run_begins(&mut self) {
        self.set_runs(self.runs + 1);
    }

    /// It has ended.
    pub(crate) fn run_ends(&mut self) {
        self.set_runs(self.runs.saturating_sub(1));
    }

    #[cfg(test)]
    pub(crate) fn has_runs(&self) -> bool {
        self.runs > 0
    }

    fn set_runs(&mut self, runs: usize) {
        let now = Instant::now();
        self.since = (now, self.at(now));
        self.runs = runs;
    }

    fn at(&self, instant: Instant) -> Timestamp {
        let (since, then) = self.since;
        then + instant.saturating_duration_since(since) * self.pace()
    }

    fn pace(&self) -> u32 {
        if self.runs == 0 { self.scale.get() } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_faster_but_for_what_runs() {
        let minute = Duration::from_secs(60);
        let mut clock = Clock::new(Timestamp::from_millis(1000), NonZeroU32::new(60).unwrap());
        let (begun, then) = clock.since;
        assert_eq!(clock.at(begun + minute), then + 60 * minute);
        clock.run_begins();
        let (begun, then) = clock.since;
        assert_eq!(clock.at(begun + minute), then + minute);
        clock.run_ends();
        let (begun, then) = clock.since;
        assert_eq!(clock.at(begun + minute), then + 60 * minute);
    }
}
