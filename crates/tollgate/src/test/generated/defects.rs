//! A defect: edge cases that fail in one way, and the smallest event that does.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use checks::edge_cases::{EdgeCase, Failure, ROBUSTNESS, Shrink, shown};
use checks::{
    Answer, CheckedEvent, Expectation, Invoke, Mismatch, Outcome, Side, Source, Spelled, judge,
};
use serde_json::json;

use super::recorder::Failed;
use crate::events::{Keeping, keep};
use crate::progress;

/// The most events that are tried to find the smallest one of a defect.
const MOST_ATTEMPTS: usize = 300;

/// The most defects whose smallest event is looked for: who has so many begins with the first.
const MOST_SHRUNK: usize = 20;

/// When the last such event is tried, of all defects together: a failure that is a timeout costs the timeout each time.
const MOST_TIME: Duration = Duration::from_mins(5);

pub(super) struct Defect<'o> {
    /// The event whose edge case failed first.
    pub(super) event: &'o str,
    /// All events with edge cases that fail so.
    events: BTreeSet<&'o str>,
    pub(super) failure: Failure,
    /// How many edge cases, of all events, fail so.
    count: usize,
    /// The first edge case; the smallest event gets its name, too.
    case: &'o EdgeCase<'o>,
    failed: Failed,
    /// The smallest event, where one was looked for.
    smallest: Option<String>,
    is_minimal: bool,
    attempts: usize,
}

impl<'o> Defect<'o> {
    pub(super) fn new(event: &'o str, case: &'o EdgeCase<'o>, failed: Failed) -> Self {
        Self {
            event,
            events: BTreeSet::from([event]),
            failure: failed.failure.clone(),
            count: 1,
            case,
            failed,
            smallest: None,
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

    /// Finds the smallest event that fails so, one call after the other, while there is time.
    ///
    /// A call without an answer ends the search: what is found until then stays.
    async fn shrink(
        &mut self,
        target: &impl Invoke,
        is_time_left: impl Fn() -> bool,
        tried: &Cell<usize>,
    ) -> Result<()> {
        let mut shrink = Shrink::of(&self.case.payload(), MOST_ATTEMPTS)?;
        while is_time_left()
            && let Some(candidate) = shrink.candidate()
        {
            tried.set(shrink.attempts());
            let name = &self.case.name;
            let Ok(answer) = target.invoke(Side::Target, name, &candidate).await else {
                break;
            };
            let failed = Failed::of(&answer).filter(|failed| failed.failure == self.failure);
            shrink.answered(failed.is_some());
            if let Some(failed) = failed {
                self.failed = failed;
            }
        }
        self.smallest = Some(shrink.smallest());
        self.is_minimal = shrink.is_minimal();
        self.attempts = shrink.attempts();
        Ok(())
    }

    fn smallest(&self) -> Cow<'_, str> {
        match &self.smallest {
            Some(smallest) => smallest.into(),
            None => self.case.payload().into(),
        }
    }

    /// What the report lists of it.
    pub(super) fn entry(&self, source: Source) -> CheckedEvent {
        CheckedEvent {
            duration: Some(self.failed.duration),
            ..CheckedEvent::new(
                &self.case.name,
                source,
                Outcome::Unmet(self.failed.mismatches.clone()),
            )
        }
    }

    /// The event with credentials masked, how sure it is that it is the smallest, and what else fails so.
    pub(super) fn notes(&self) -> Vec<String> {
        let name = &self.case.name;
        let event = shown(&self.smallest());
        let smallest = if self.is_minimal {
            "the smallest event"
        } else {
            "an event"
        };
        let searched = match (self.is_minimal, self.attempts) {
            (true, attempts) => format!(", {attempts} were tried for the smallest"),
            (false, 0) => format!(
                "; not shrunk: {MOST_SHRUNK} defects are at most, within {} minutes",
                MOST_TIME.as_secs() / 60
            ),
            (false, attempts) => format!(
                ", {attempts} were tried for the smallest; a smaller one may be found with more calls"
            ),
        };
        vec![
            format!("{name}: {smallest} that fails so: {event}"),
            format!("{name}: {} so{searched}", self.failing()),
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
        let event = Spelled::parse(&self.smallest())?;
        let became = match keep(folder, &self.case.name, &event)? {
            Keeping::Kept => format!("kept in {}", folder.display()),
            Keeping::OtherExpectation => format!(
                "kept in {}, with the expectation that it has there, which is another",
                folder.display()
            ),
            Keeping::OtherEvent => format!(
                "not kept, because {} has another event of that name",
                folder.display()
            ),
        };
        Ok(format!("{}: {became}", self.case.name))
    }
}

/// Finds the smallest events of the first defects, each in its share of the time; what one leaves of it is for the others.
pub(super) async fn shrink(
    found: &mut [Defect<'_>],
    target: &impl Invoke,
    err: &mut impl Write,
) -> Result<()> {
    let end = Instant::now() + MOST_TIME;
    let count = found.len().min(MOST_SHRUNK);
    for (index, defect) in found.iter_mut().take(count).enumerate() {
        let begun = Instant::now();
        let share = share(end.saturating_duration_since(begun), count - index);
        let attempts = Cell::new(0);
        let text = || {
            format!(
                "defect {} of {count}: {} events tried for the smallest …",
                index + 1,
                attempts.get()
            )
        };
        let work = defect.shrink(target, || begun.elapsed() < share, &attempts);
        progress::during(err, text, work).await??;
    }
    Ok(())
}

/// What the first of so many defects gets of the time that is left.
fn share(left: Duration, defects: usize) -> Duration {
    left / u32::try_from(defects).unwrap_or(u32::MAX).max(1)
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
    use checks::edge_cases::{EventSchema, Original};

    use super::*;

    /// Fails at whatever it is sent.
    struct Failing;

    impl Invoke for Failing {
        async fn invoke(&self, _: Side, _: &str, _: &str) -> Result<Answer, String> {
            Ok(failure())
        }
    }

    fn failure() -> Answer {
        Answer {
            payload: br#"{"statusCode":500}"#.to_vec(),
            function_error: None,
            executed_version: None,
            duration: Duration::ZERO,
        }
    }

    #[tokio::test]
    async fn the_search_ends_when_the_time_is_up() {
        let event = r#"{"a":{"b":"text","c":[1,2,3,4]}}"#;
        let original = Original::parse(event, EventSchema::default()).unwrap();
        let mut cases = original.edge_cases("E");
        let case = cases.find(|case| case.name == "E.a-c-0-zero").unwrap();
        for (checks, attempts, expected) in [
            (0, 0, r#"{"a":{"b":"text","c":[0,2,3,4]}}"#),
            (1, 1, "{}"),
            (usize::MAX, 1, "{}"),
        ] {
            let mut defect = Defect::new("E", &case, Failed::of(&failure()).unwrap());
            let asked = Cell::new(0);
            let is_time_left = || asked.replace(asked.get() + 1) < checks;
            let tried = Cell::new(0);
            defect.shrink(&Failing, is_time_left, &tried).await.unwrap();
            assert_eq!(defect.smallest(), expected, "{checks}");
            assert_eq!(tried.get(), attempts);
            assert_eq!(defect.is_minimal, checks == usize::MAX);
            let is_shrunk = !defect.notes()[1].contains("not shrunk");
            assert_eq!(is_shrunk, checks > 0);
        }
    }

    #[test]
    fn the_time_is_shared() {
        for (left, defects, expected) in [(300, 1, 300), (300, 20, 15), (299, 1, 299), (0, 3, 0)] {
            let share = share(Duration::from_secs(left), defects);
            assert_eq!(share, Duration::from_secs(expected), "{left} s, {defects}");
        }
    }
}
