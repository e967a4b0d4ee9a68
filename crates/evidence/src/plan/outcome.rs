//! How many shifts went.

use std::collections::BTreeMap;

use super::Run;

/// How many shifts went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// How many there were.
    pub runs: u32,
    /// Those that the watch has stopped.
    pub watch: Stops,
    /// Those that the tripwires would have.
    pub tripwire: Stops,
    /// The sum of [`Run::calls_in_time`] in millionths: whole numbers, whose sum depends on no order.
    calls_in_time: u128,
}

/// When shifts were stopped, in seconds since their begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    /// How many at which second: memory grows with a shift's length, not with the runs.
    at: BTreeMap<u32, u32>,
}

impl Outcome {
    /// Counts one more.
    pub fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.watch.add(run.watch.map(|second| (second, 1)));
        self.tripwire.add(run.tripwire().map(|second| (second, 1)));
        self.calls_in_time += millionths(run.calls_in_time);
    }

    /// Counts others, too; in whatever order.
    pub fn merge(&mut self, others: &Self) {
        self.runs += others.runs;
        self.watch.add(others.watch.counts());
        self.tripwire.add(others.tripwire.counts());
        self.calls_in_time += others.calls_in_time;
    }

    /// The mean of [`Run::calls_in_time`]; 0 without runs.
    pub fn calls_in_time(&self) -> f64 {
        self.calls_in_time as f64 / 1e6 / f64::from(self.runs.max(1))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "at most a billion calls in each of a shift's minutes"
)]
fn millionths(calls: f64) -> u128 {
    (calls * 1e6).round() as u128
}

impl Stops {
    fn add(&mut self, counts: impl IntoIterator<Item = (u32, u32)>) {
        for (second, count) in counts {
            *self.at.entry(second).or_default() += count;
        }
    }

    fn counts(&self) -> impl Iterator<Item = (u32, u32)> {
        self.at.iter().map(|(&second, &count)| (second, count))
    }

    /// How many were stopped.
    pub fn count(&self) -> u32 {
        self.at.values().sum()
    }

    /// The median time, in seconds, the later of two; `None` where none was stopped.
    pub fn median(&self) -> Option<u32> {
        let middle = self.count() / 2;
        let mut before = 0;
        let mut counts = self.counts();
        counts.find_map(|(second, count)| {
            before += count;
            (before > middle).then_some(second)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: &[u32], expected: Option<u32>) {
        let mut stops = Stops::default();
        stops.add(seconds.iter().map(|&second| (second, 1)));
        assert_eq!(
            (stops.count() as usize, stops.median()),
            (seconds.len(), expected)
        );
    }

    #[test]
    fn medians() {
        check(&[], None);
        check(&[7], Some(7));
        check(&[9, 7], Some(9));
        check(&[9, 1, 1, 1, 9], Some(1));
        check(&[0, 0, 5, 5, 5], Some(5));
    }
}
