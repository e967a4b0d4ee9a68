//! Users' requests during the shift: drawn from the test events, spread over each traffic step.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use emulator::{Call, Emulator, ServiceError, Timestamp};
use fastrand::Rng;

use crate::moment::Moment;
use crate::timeline::{Counts, MinuteCounts};

/// Keeps the choice of requests apart from the emulator's draws, which have the same seed.
const OF_TRAFFIC: u64 = 0x7261_6666_6963;

const MINUTE: Duration = Duration::from_secs(60);

/// When an outage lasts, from the first traffic step on.
const OUTAGE: Range<Duration> = Duration::from_secs(5 * 60)..Duration::from_secs(10 * 60);

/// What users' calls carry during an outage: a function cannot know otherwise what simulated time it is.
const CONTEXT_IN_AN_OUTAGE: &str = r#"{"custom":{"rehearsal":"outage"}}"#;

/// How much users send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Volume {
    /// So many requests in each traffic step, however long it takes.
    PerStep(u32),
    /// So many requests a minute, and none in a step that takes no time.
    PerMinute(u32),
}

/// What users send, and how much of it.
#[derive(Debug)]
pub(crate) struct Traffic<'a> {
    payloads: &'a [String],
    volume: Volume,
    rng: Rng,
    /// When there is an outage of what all versions depend on.
    outage: Outage,
}

#[derive(Debug)]
enum Outage {
    Never,
    /// It waits for the first step.
    Planned,
    During(Range<Timestamp>),
}

/// One traffic step while it lasts.
#[derive(Debug)]
pub(crate) struct Step {
    start: Timestamp,
    length: Duration,
    sent: u32,
    /// By the minute since 1970, and by version.
    counts: BTreeMap<u64, BTreeMap<String, Counts>>,
}

impl<'a> Traffic<'a> {
    pub(crate) fn new(payloads: &'a [String], volume: Volume, seed: u64) -> Self {
        Self {
            payloads,
            volume,
            rng: Rng::with_seed(seed ^ OF_TRAFFIC),
            outage: Outage::Never,
        }
    }

    /// The same with an outage, some minutes after the first step has begun.
    pub(crate) fn with_outage(self) -> Self {
        Self {
            outage: Outage::Planned,
            ..self
        }
    }

    /// Begins a traffic step.
    pub(crate) fn begin(&mut self, start: Timestamp, length: Duration) -> Step {
        if matches!(self.outage, Outage::Planned) {
            self.outage = Outage::During(start + OUTAGE.start..start + OUTAGE.end);
        }
        Step {
            start,
            length,
            sent: 0,
            counts: BTreeMap::new(),
        }
    }

    /// Whether what is sent at `time` meets an outage.
    pub(crate) fn meets_outage(&self, time: Timestamp) -> bool {
        matches!(&self.outage, Outage::During(during) if during.contains(&time))
    }

    /// When the next request of `step` is due.
    pub(crate) fn next_at(&self, step: &Step) -> Option<Timestamp> {
        if self.payloads.is_empty() {
            return None;
        }
        // In the middle of its share of the time, so that none falls on the instants at which the weights change.
        let middle = 2 * step.sent + 1;
        let position = match self.volume {
            Volume::PerStep(requests) if step.sent < requests => {
                step.length * middle / (2 * requests)
            }
            Volume::PerMinute(requests) if requests > 0 => {
                let position = MINUTE * middle / (2 * requests);
                (position < step.length).then_some(position)?
            }
            Volume::PerStep(_) | Volume::PerMinute(_) => return None,
        };
        Some(step.start + position)
    }

    /// Sends one request through the alias.
    pub(crate) async fn send(
        &mut self,
        step: &mut Step,
        emulator: &Emulator,
        function: &str,
        alias: &str,
    ) -> Result<(), ServiceError> {
        let Some(payload) = self
            .payloads
            .get(self.rng.usize(..self.payloads.len().max(1)))
        else {
            return Ok(());
        };
        let now = emulator.now();
        let call = Call {
            payload: payload.clone().into(),
            client_context: self
                .meets_outage(now)
                .then(|| CONTEXT_IN_AN_OUTAGE.to_owned()),
        };
        let invoked = emulator.invoke(function, Some(alias), call).await?;
        step.sent += 1;
        let minute = step.counts.entry(now.as_millis() / 60_000).or_default();
        let counts = minute.entry(invoked.executed_version).or_default();
        counts.requests += 1;
        counts.errors += u32::from(invoked.completion.function_error);
        Ok(())
    }
}

impl Step {
    /// How many requests were sent so far.
    pub(crate) fn sent(&self) -> u32 {
        self.sent
    }

    /// Requests and errors, minute by minute.
    pub(crate) fn minutes(self) -> Vec<MinuteCounts> {
        let minutes = self.counts.into_iter();
        minutes
            .map(|(minute, versions)| MinuteCounts {
                at: Moment(i64::try_from(minute * 60_000).unwrap_or(i64::MAX)),
                versions,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000);

    /// The milliseconds from the beginning of a step at which requests are due.
    fn due(volume: Volume, length: u64) -> Vec<u64> {
        let payloads = ["{}".to_owned()];
        let mut traffic = Traffic::new(&payloads, volume, 1);
        let mut step = traffic.begin(START, Duration::from_millis(length));
        let mut due = Vec::new();
        while let Some(at) = traffic.next_at(&step) {
            due.push(at.as_millis() - START.as_millis());
            step.sent += 1;
        }
        due
    }

    #[test]
    fn requests_are_spread_over_their_step_and_never_fall_on_its_ends() {
        for (volume, length, expected) in [
            (Volume::PerStep(4), 400, &[50, 150, 250, 350][..]),
            // All at once where a step has no length.
            (Volume::PerStep(3), 0, &[0, 0, 0]),
            (Volume::PerStep(0), 400, &[]),
            (Volume::PerMinute(2), 60_000, &[15_000, 45_000]),
            (Volume::PerMinute(2), 90_000, &[15_000, 45_000, 75_000]),
            (Volume::PerMinute(2), 75_000, &[15_000, 45_000]),
            (Volume::PerMinute(2), 0, &[]),
            (Volume::PerMinute(0), 60_000, &[]),
        ] {
            assert_eq!(due(volume, length), expected, "{volume:?} in {length} ms");
        }
        let per_minute = due(Volume::PerMinute(120), 30 * 60_000);
        assert_eq!(per_minute.len(), 3600);
        let nothing = Traffic::new(&[], Volume::PerStep(4), 1).begin(START, Duration::ZERO);
        let none = Traffic::new(&[], Volume::PerStep(4), 1).next_at(&nothing);
        assert!(none.is_none(), "nothing to send");
    }

    #[test]
    fn an_outage_begins_some_minutes_after_the_first_step() {
        let minutes = |minutes: u64| START + Duration::from_secs(minutes * 60);
        let mut with = Traffic::new(&[], Volume::PerMinute(1), 1).with_outage();
        let mut without = Traffic::new(&[], Volume::PerMinute(1), 1);
        assert!(!with.meets_outage(minutes(5)), "the shift has not begun");
        for step in [0, 3] {
            with.begin(minutes(step), MINUTE);
            without.begin(minutes(step), MINUTE);
            for (at, expected) in [(4, false), (5, true), (9, true), (10, false)] {
                assert_eq!(with.meets_outage(minutes(at)), expected, "minute {at}");
                assert!(!without.meets_outage(minutes(at)));
            }
        }
    }
}
