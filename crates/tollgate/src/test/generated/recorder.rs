//! A target whose failures are remembered by the event that they came of.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use checks::edge_cases::Failure;
use checks::{Answer, Invoke, Mismatch, Side};

use super::defects::mismatches;

/// How a function failed at an event.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) mismatches: Vec<Mismatch>,
    pub(super) duration: Duration,
}

impl Failed {
    /// `None` when the answer is robust.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let failure = Failure::of(answer)?;
        Some(Self {
            mismatches: mismatches(&failure, answer),
            failure,
            duration: answer.duration,
        })
    }
}

pub(super) struct Recorder<'t, T> {
    target: &'t T,
    failures: Mutex<BTreeMap<String, Failed>>,
}

impl<'t, T: Invoke> Recorder<'t, T> {
    pub(super) fn new(target: &'t T) -> Self {
        Self {
            target,
            failures: Mutex::default(),
        }
    }

    /// How the function failed at that event, if it did.
    pub(super) fn failure(&self, event_name: &str) -> Option<Failed> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(event_name).cloned()
    }
}

impl<T: Invoke + Sync> Invoke for Recorder<'_, T> {
    async fn invoke(&self, side: Side, event_name: &str, payload: &str) -> Result<Answer, String> {
        let answer = self.target.invoke(side, event_name, payload).await?;
        if let Some(failed) = Failed::of(&answer) {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            failures.insert(event_name.to_owned(), failed);
        }
        Ok(answer)
    }
}
