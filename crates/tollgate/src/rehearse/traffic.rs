//! Users' requests during the shift: drawn from the test events, spread over each traffic step.

use std::collections::BTreeMap;
use std::time::Duration;

use emulator::{Call, Emulator, ServiceError, Timestamp};
use fastrand::Rng;

use crate::timeline::Counts;

/// Keeps the choice of requests apart from the emulator's draws, which have the same seed.
const OF_TRAFFIC: u64 = 0x7261_6666_6963;

/// What users send, and how much of it.
#[derive(Debug)]
pub(crate) struct Traffic<'a> {
    payloads: &'a [String],
    /// In each step.
    requests: u32,
    rng: Rng,
}

/// One traffic step while it lasts.
#[derive(Debug)]
pub(crate) struct Step {
    start: Timestamp,
    length: Duration,
    sent: u32,
    counts: BTreeMap<String, Counts>,
}

impl<'a> Traffic<'a> {
    pub(crate) fn new(payloads: &'a [String], requests: u32, seed: u64) -> Self {
        Self {
            payloads,
            requests,
            rng: Rng::with_seed(seed ^ OF_TRAFFIC),
        }
    }

    /// When the next request of `step` is due.
    pub(crate) fn next_at(&self, step: &Step) -> Option<Timestamp> {
        if self.payloads.is_empty() || step.sent >= self.requests {
            return None;
        }
        // In the middle of its share of the step, so that none falls on the instants at which the weights change.
        let position = step.length * (2 * step.sent + 1) / (2 * self.requests);
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
        let call = Call {
            payload: payload.clone().into(),
            client_context: None,
        };
        let invoked = emulator.invoke(function, Some(alias), call).await?;
        step.sent += 1;
        let counts = step.counts.entry(invoked.executed_version).or_default();
        counts.requests += 1;
        counts.errors += u32::from(invoked.completion.function_error);
        Ok(())
    }
}

impl Step {
    pub(crate) fn new(start: Timestamp, length: Duration) -> Self {
        Self {
            start,
            length,
            sent: 0,
            counts: BTreeMap::new(),
        }
    }

    /// How many requests were sent so far.
    pub(crate) fn sent(&self) -> u32 {
        self.sent
    }

    /// Requests and errors by version.
    pub(crate) fn counts(self) -> BTreeMap<String, Counts> {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_spread_over_their_step_and_never_fall_on_its_ends() {
        let payloads = ["{}".to_owned()];
        let start = Timestamp::from_millis(1_000);
        let due = |requests: u32, length: u64| {
            let traffic = Traffic::new(&payloads, requests, 1);
            let mut step = Step::new(start, Duration::from_millis(length));
            let mut due = Vec::new();
            while let Some(at) = traffic.next_at(&step) {
                due.push(at.as_millis() - start.as_millis());
                step.sent += 1;
            }
            due
        };
        assert_eq!(due(4, 400), [50, 150, 250, 350]);
        assert_eq!(
            due(3, 0),
            [0, 0, 0],
            "all at once where a step has no length"
        );
        assert!(due(0, 400).is_empty());
        assert!(
            Traffic::new(&[], 4, 1)
                .next_at(&Step::new(start, Duration::ZERO))
                .is_none(),
            "nothing to send"
        );
    }
}
