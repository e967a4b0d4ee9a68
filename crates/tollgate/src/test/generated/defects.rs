//! A defect: edge cases that fail in one way, and the smallest event that does.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use checks::edge_cases::{EdgeCase, Failure, ROBUSTNESS, Shrink, shown};
use checks::{
    Answer, CheckedEvent, Expectation, Invoke, Mismatch, Outcome, Side, Source, Spelled, judge,
};
use serde_json::json;

use super::recorder::Failed;
use crate::events::keep;

/// The most events that are tried to find the smallest one of a defect.
const MOST_ATTEMPTS: usize = 300;

/// How long that may take, by what the first failure took: one that is a timeout costs the timeout each time.
const MOST_TIME: Duration = Duration::from_secs(60);

/// The least that are tried all the same.
const LEAST_ATTEMPTS: usize = 10;

pub(super) struct Defect<'o> {
    /// The event whose edge case failed first.
    pub(super) event: &'o str,
    /// All events with edge cases that fail so.
    events: BTreeSet<&'o str>,
    pub(super) failure: Failure,
    /// How many edge cases, of all events, fail so.
    count: usize,
    /// The name of the first edge case, which the smallest event gets, too.
    name: String,
    failed: Failed,
    smallest: String,
    is_minimal: bool,
    attempts: usize,
}

impl<'o> Defect<'o> {
    pub(super) fn new(event: &'o str, case: &EdgeCase<'_>, failed: Failed) -> Self {
        Self {
            event,
            events: BTreeSet::from([event]),
            failure: failed.failure.clone(),
            count: 1,
            name: case.name.clone(),
            failed,
            smallest: case.payload(),
            is_minimal: false,
            attempts: 0,
        }
    }

    /// A further edge case, of this event, fails so.
    pub(super) fn add(&mut self, event: &'o str) {
        self.events.insert(event);
        self.count += 1;
    }

    /// Whether edge cases of the event fail so.
    pub(super) fn is_of(&self, event: &str) -> bool {
        self.events.contains(event)
    }

    /// Finds the smallest event that fails so, one call after the other.
    ///
    /// A call without an answer ends the search: what is found until then stays.
    pub(super) async fn shrink(&mut self, target: &impl Invoke, tried: &Cell<usize>) -> Result<()> {
        let mut shrink = Shrink::of(&self.smallest, most_attempts(self.failed.duration))?;
        while let Some(candidate) = shrink.candidate() {
            tried.set(shrink.attempts());
            let Ok(answer) = target.invoke(Side::Target, &self.name, &candidate).await else {
                break;
            };
            let failed = Failed::of(&answer).filter(|failed| failed.failure == self.failure);
            shrink.answered(failed.is_some());
            if let Some(failed) = failed {
                self.failed = failed;
            }
        }
        self.smallest = shrink.smallest();
        self.is_minimal = shrink.is_minimal();
        self.attempts = shrink.attempts();
        Ok(())
    }

    /// What the report lists of it.
    pub(super) fn entry(&self, source: Source) -> CheckedEvent {
        CheckedEvent {
            duration: Some(self.failed.duration),
            ..CheckedEvent::new(
                &self.name,
                source,
                Outcome::Unmet(self.failed.mismatches.clone()),
            )
        }
    }

    /// The event with credentials masked, how sure it is that it is the smallest, and what else fails so.
    pub(super) fn notes(&self) -> Vec<String> {
        let event = shown(&self.smallest);
        let smallest = if self.is_minimal {
            "the smallest event"
        } else {
            "an event"
        };
        let bounded = if self.is_minimal {
            ""
        } else {
            "; a smaller one may be found with more calls"
        };
        vec![
            format!("{}: {smallest} that fails so: {event}", self.name),
            format!(
                "{}: {} so, {} were tried for the smallest{bounded}",
                self.name,
                self.failing(),
                self.attempts,
            ),
        ]
    }

    fn failing(&self) -> String {
        let of = match self.events.len() {
            1 => String::new(),
            _ => {
                let events: Vec<&str> = self.events.iter().copied().collect();
                format!(" of {}", events.join(", "))
            }
        };
        match self.count {
            1 => "1 edge case fails".to_owned(),
            count => format!("{count} edge cases{of} fail"),
        }
    }

    /// Writes the event and its expectation, and says where.
    pub(super) fn keep(&self, folder: &Path) -> Result<String> {
        let event = Spelled::parse(&self.smallest)?;
        Ok(if keep(folder, &self.name, &event)? {
            format!("{}: kept in {}", self.name, folder.display())
        } else {
            format!(
                "{}: not kept, because {} has another event of that name",
                self.name,
                folder.display()
            )
        })
    }
}

fn most_attempts(one: Duration) -> usize {
    let fit = MOST_TIME.as_millis() / one.as_millis().max(1);
    usize::try_from(fit)
        .unwrap_or(MOST_ATTEMPTS)
        .clamp(LEAST_ATTEMPTS, MOST_ATTEMPTS)
}

/// What of the answer is not as it should be: of a status only the status, not the whole response.
pub(super) fn mismatches(failure: &Failure, answer: &Answer) -> Vec<Mismatch> {
    if let Failure::Status(status) = failure {
        return vec![Mismatch {
            path: "statusCode".to_owned(),
            expected: json!({ "$lt": 500 }),
            actual: serde_json::from_str(status).ok(),
            compared_with: None,
        }];
    }
    let expectation = Expectation::parse(ROBUSTNESS).ok();
    match judge(expectation.as_ref(), answer) {
        Outcome::Unmet(mismatches) => mismatches,
        Outcome::Met | Outcome::Broken(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_tried_less_often() {
        for (millis, expected) in [
            (0, MOST_ATTEMPTS),
            (2, MOST_ATTEMPTS),
            (200, MOST_ATTEMPTS),
            (3_000, 20),
            (29_000, LEAST_ATTEMPTS),
            (900_000, LEAST_ATTEMPTS),
        ] {
            assert_eq!(
                most_attempts(Duration::from_millis(millis)),
                expected,
                "{millis} ms"
            );
        }
    }
}
