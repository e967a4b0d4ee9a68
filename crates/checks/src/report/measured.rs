//! What was measured beside the answers: how long both versions took, and how a shift's calls ended.

use serde::{Deserialize, Serialize};

/// How long both versions took for the same event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Who has measured both.
    pub by: TimedBy,
    /// The version that is deployed.
    pub target: Took,
    /// The version that serves now: of its two answers, the one that came as early or late as the target's.
    pub current: Took,
}

/// Who has measured how long a function took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimedBy {
    /// Lambda, in the `REPORT` line of the function's log.
    Lambda,
    /// The client, with everything between it and the function; whether the function was cold is not known.
    Client,
}

/// How long one invocation took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Took {
    /// In milliseconds, without what came before the function was ready.
    pub ms: f64,
    /// Of a cold start, how long it took to be ready, in milliseconds (Lambda's `Init Duration` or `Restore Duration`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_ms: Option<f64>,
}

impl Timed {
    /// Whether one of them had to be started first, so that they cannot be compared.
    pub fn is_cold(&self) -> bool {
        self.target.init_ms.is_some() || self.current.init_ms.is_some()
    }
}

/// How the durations of both versions compare, over all events that are met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Durations {
    /// What it says, for people.
    pub summary: String,
    /// How many events were compared: those whose pair has no cold start in it.
    pub pairs: usize,
    /// How many were left out, because one of the two was cold.
    #[serde(default)]
    pub cold: usize,
    /// The shift in milliseconds, how much longer the target takes (Hodges–Lehmann); negative where it is faster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_ms: Option<f64>,
    /// The least shift that would count, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_ms: Option<f64>,
    /// How likely differences like these are where the target is not slower: Wilcoxon's signed-rank test, exact and
    /// one-sided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

/// What the calls of a shift say of the new version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// What it says, for people.
    pub summary: String,
    /// The first minute that is counted, in UTC, such as `2026-01-01T00:05:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The end of the last minute that is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The calls of the version that was deployed, through the alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Calls>,
    /// Those of the version that served before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Calls>,
    /// How likely so many errors of the new version are where it errs no more often: Fisher's exact test, one-sided,
    /// minute by minute, of all but the minute in which the shift began. None where no minute has calls of both versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The rate of errors, 0 to 1, that the new version is below with a confidence of 95 % (Clopper and Pearson).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
}

/// The invocations of a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// All of them.
    pub calls: u64,
    /// Those that ended in a function error.
    pub errors: u64,
}
