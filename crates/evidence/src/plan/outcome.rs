//! How many shifts went.

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
    /// The sum of [`Run::calls_in_time`].
    calls_in_time: f64,
}

/// When shifts were stopped, in seconds since their begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    seconds: Vec<u32>,
}

impl Outcome {
    /// Counts one more.
    pub fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.watch.seconds.extend(run.watch);
        self.tripwire.seconds.extend(run.tripwire());
        self.calls_in_time += run.calls_in_time;
    }

    /// Counts others, too.
    pub fn merge(&mut self, others: &Self) {
        self.runs += others.runs;
        self.watch.seconds.extend(&others.watch.seconds);
        self.tripwire.seconds.extend(&others.tripwire.seconds);
        self.calls_in_time += others.calls_in_time;
    }

    /// The mean of [`Run::calls_in_time`]; 0 without runs.
    pub fn calls_in_time(&self) -> f64 {
        self.calls_in_time / f64::from(self.runs.max(1))
    }
}

impl Stops {
    /// How many were stopped.
    pub fn count(&self) -> usize {
        self.seconds.len()
    }

    /// The median time, in seconds; `None` where none was stopped.
    pub fn median(&self) -> Option<u32> {
        let mut sorted = self.seconds.clone();
        let middle = sorted.len() / 2;
        (middle < sorted.len()).then(|| *sorted.select_nth_unstable(middle).1)
    }
}
