//! The report of a run: the verdict, its reason, and what became of every event.

mod measured;
mod parts;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Difference, Mismatch, Outcome, Source};
pub use measured::{Calls, Canary, Durations, Timed, TimedBy, Took};
pub use parts::Part;

/// What a hook tells CodeDeploy: the two statuses that `PutLifecycleEventHookExecutionStatus` accepts of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Every event is met.
    Succeeded,
    /// Some event is not, or nothing was checked.
    Failed,
}

/// A test event with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "EventEntry", try_from = "EventEntry")]
pub struct CheckedEvent {
    /// The name of the test event.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// Met, unmet or broken.
    pub outcome: Outcome,
    /// How long the invocation took, where there was an answer. Reports round it down to milliseconds.
    pub duration: Option<Duration>,
    /// How long both versions took, where the answers were compared.
    pub timed: Option<Timed>,
    /// Where the target's answer differs from the current version's and the event's own expectation does not decide.
    pub differences: Vec<Difference>,
    /// The paths at which the current version's own two answers differ, and which were not compared.
    pub ignored: Vec<String>,
    /// Why the answer was not compared with the current version's, for people, where it should have been.
    pub not_compared: Option<String>,
    /// A command that invokes the target with this event, for an outcome that a person will look into.
    pub reproduce: Option<String>,
    /// What was found and is not listed, because reports are bounded.
    pub left_out: LeftOut,
}

impl CheckedEvent {
    /// An event with its outcome, and nothing else known of it.
    pub fn new(name: impl Into<String>, source: Source, outcome: Outcome) -> Self {
        Self {
            name: name.into(),
            source,
            outcome,
            duration: None,
            timed: None,
            differences: Vec::new(),
            ignored: Vec::new(),
            not_compared: None,
            reproduce: None,
            left_out: LeftOut::default(),
        }
    }
}

/// How many findings of an event are not listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Of [`Outcome::Unmet`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mismatches: usize,
    /// Of [`CheckedEvent::differences`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub differences: usize,
    /// Of [`CheckedEvent::ignored`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ignored: usize,
}

impl LeftOut {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The outcome of a run as JSON: the answer of a hook and its log line.
///
/// What is not known is left out of the JSON. Fill the context in where it is:
/// `Report { function: Some(name), ..Report::of(events) }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What CodeDeploy is told.
    pub verdict: Verdict,
    /// Why, for people.
    pub reason: String,
    /// The lifecycle event that the hook serves, such as `BeforeAllowTraffic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_event: Option<String>,
    /// CodeDeploy's deployment, `d-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// The name of the function under test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The alias that is being deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The version that the alias points at before the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_version: Option<String>,
    /// The version that is being deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_version: Option<String>,
    /// How long the target takes, against the current version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub durations: Option<Durations>,
    /// What the calls of the shift say of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// What else to know, such as the names of shared events that a bundled one replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Every event, in the order in which the events were given.
    #[serde(default)]
    pub events: Vec<CheckedEvent>,
}

impl Report {
    /// The report on checked events: `Succeeded` if there are any and all are met.
    pub fn of(events: Vec<CheckedEvent>) -> Self {
        let count =
            |is: fn(&Outcome) -> bool| events.iter().filter(|event| is(&event.outcome)).count();
        let unmet = count(|outcome| matches!(outcome, Outcome::Unmet(_)));
        let broken = count(|outcome| matches!(outcome, Outcome::Broken(_)));
        let (verdict, reason) = verdict(events.len(), unmet, broken);
        Self {
            events,
            ..Self::new(verdict, reason)
        }
    }

    /// The report of a run that failed for `reason` before any event could be checked.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Failed, reason.into())
    }

    /// The same report, failed for one more `reason`, which stands behind what it failed for already.
    pub fn failing(mut self, reason: &str) -> Self {
        self.verdict = Verdict::Failed;
        self.reason.push_str("; ");
        self.reason.push_str(reason);
        self
    }

    fn new(verdict: Verdict, reason: String) -> Self {
        Self {
            verdict,
            reason,
            lifecycle_event: None,
            deployment_id: None,
            function: None,
            alias: None,
            current_version: None,
            target_version: None,
            durations: None,
            canary: None,
            notes: Vec::new(),
            events: Vec::new(),
        }
    }
}

/// `unmet` and `broken` of `events`; the rest are met.
fn verdict(events: usize, unmet: usize, broken: usize) -> (Verdict, String) {
    match (events, unmet, broken) {
        (0, _, _) => (
            Verdict::Failed,
            "no test events were found, so nothing was checked".to_owned(),
        ),
        (_, 0, 0) => (
            Verdict::Succeeded,
            format!("{events} of {events} events met"),
        ),
        (_, _, 0) => (Verdict::Failed, format!("{unmet} of {events} events unmet")),
        (_, 0, _) => (
            Verdict::Failed,
            format!("{broken} of {events} events broken"),
        ),
        (_, _, _) => (
            Verdict::Failed,
            format!("{unmet} of {events} events unmet, {broken} broken"),
        ),
    }
}

/// [`CheckedEvent`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventEntry {
    name: String,
    source: Source,
    outcome: OutcomeName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timed: Option<Timed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mismatches: Vec<Mismatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    #[serde(default, skip_serializing_if = "LeftOut::is_nothing")]
    left_out: LeftOut,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_compared: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reproduce: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OutcomeName {
    Met,
    Unmet,
    Broken,
}

impl From<CheckedEvent> for EventEntry {
    fn from(event: CheckedEvent) -> Self {
        let (outcome, mismatches, reason) = match event.outcome {
            Outcome::Met => (OutcomeName::Met, Vec::new(), None),
            Outcome::Unmet(mismatches) => (OutcomeName::Unmet, mismatches, None),
            Outcome::Broken(reason) => (OutcomeName::Broken, Vec::new(), Some(reason)),
        };
        Self {
            name: event.name,
            source: event.source,
            outcome,
            duration_ms: event
                .duration
                .map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
            timed: event.timed,
            mismatches,
            reason,
            differences: event.differences,
            ignored: event.ignored,
            left_out: event.left_out,
            not_compared: event.not_compared,
            reproduce: event.reproduce,
        }
    }
}

impl TryFrom<EventEntry> for CheckedEvent {
    type Error = &'static str;

    fn try_from(entry: EventEntry) -> Result<Self, Self::Error> {
        Ok(Self {
            outcome: match (entry.outcome, entry.reason) {
                (OutcomeName::Met, _) => Outcome::Met,
                (OutcomeName::Unmet, _) if entry.mismatches.is_empty() => {
                    return Err("an unmet event has no `mismatches`");
                }
                (OutcomeName::Unmet, _) => Outcome::Unmet(entry.mismatches),
                (OutcomeName::Broken, Some(reason)) => Outcome::Broken(reason),
                (OutcomeName::Broken, None) => return Err("a broken event has no `reason`"),
            },
            name: entry.name,
            source: entry.source,
            duration: entry.duration_ms.map(Duration::from_millis),
            timed: entry.timed,
            differences: entry.differences,
            ignored: entry.ignored,
            not_compared: entry.not_compared,
            reproduce: entry.reproduce,
            left_out: entry.left_out,
        })
    }
}
