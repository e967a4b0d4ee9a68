//! One run of the watch: from EventBridge's scheduled event to the metric that CodeDeploy's alarm looks at.
//!
//! **Invariant:** a value is published only of what is known. 0 says that nothing shifts, and an alias of which that is
//! not known has no value in that minute; the run then ends in an error that names it, after the others were published.

mod aliases;
mod answer;
mod config;
mod finding;
mod groups;
mod judging;
mod log;
mod publishing;
mod scheduled;
#[cfg(test)]
mod tests;

use crate::budget::Budget;
use crate::ports::{
    GetAlias, GetDeployment, GetDeploymentTarget, GetMetricData, ListDeploymentGroups,
    ListDeploymentTargets, ListDeployments, PutMetricData,
};
use crate::reads::Reads;
use crate::time;
pub use answer::{CountedMinute, CountedVersion, WatchAnswer, WatchedAlias, WatchedShift};
use config::{Config, ConfigError};
pub use config::{WATCH_ALIASES, WATCH_APPLICATION};
use finding::{Finding, NotKnown};
pub(crate) use groups::KnownAliases;
pub use publishing::EVIDENCE_METRIC;
use publishing::Value;
use scheduled::EventError;
use std::time::Duration;

/// The calls that the watch makes.
pub(crate) trait Ports:
    ListDeploymentGroups
    + ListDeployments
    + GetDeployment
    + ListDeploymentTargets
    + GetDeploymentTarget
    + GetAlias
    + GetMetricData
    + PutMetricData
    + Sync
{
}

impl<T> Ports for T where
    T: ListDeploymentGroups
        + ListDeployments
        + GetDeployment
        + ListDeploymentTargets
        + GetDeploymentTarget
        + GetAlias
        + GetMetricData
        + PutMetricData
        + Sync
{
}

/// Why a run was no success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("no evidence was published of {}", listed(.0))]
    NotPublished(Vec<NotKnown>),
}

/// What Lambda gives with one invocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invocation<'a> {
    /// JSON.
    pub(crate) payload: &'a str,
    /// The time until Lambda stops the function, where that is known.
    pub(crate) left: Option<Duration>,
}

/// Publishes the evidence against the new version of every alias that shifts, and 0 of every other, and gives `log` the
/// lines by which it can be computed again.
///
/// `lookup` reads a variable; `known` is what this execution environment has found out before.
///
/// # Errors
///
/// The event or a variable is unusable, so nothing was published; or something was not published, which is named, after
/// everything else was.
pub(crate) async fn run(
    known: &KnownAliases,
    invocation: Invocation<'_>,
    lookup: impl Fn(&str) -> Option<String>,
    ports: &impl Ports,
    mut log: impl FnMut(&str),
) -> Result<WatchAnswer, WatchError> {
    let budget = Budget::starting_now(invocation.left);
    let now = scheduled::time(invocation.payload)?;
    let config = Config::parse(lookup)?;
    let reads = Reads { ports, budget };
    let until = time::minute(now);

    let mut not_known = Vec::new();
    let mut idle = Vec::new();
    let mut shifting = Vec::new();
    for finding in finding::find(&reads, &config, known).await {
        match finding {
            Finding::Idle(alias) => idle.push(alias),
            Finding::Shifting(shift) => shifting.push(shift),
            Finding::NotKnown(what) => not_known.push(what),
        }
    }
    let mut shifts = Vec::new();
    for judged in judging::judge(&reads, shifting, until).await {
        match judged {
            Ok(shift) => {
                log::write(&shift, &mut log);
                shifts.push(shift);
            }
            Err(what) => not_known.push(what),
        }
    }

    let nothing = idle.iter().map(|alias| Value {
        alias: alias.clone(),
        evidence: 0.0,
    });
    let values = shifts.iter().map(Value::of).chain(nothing).collect();
    // The timestamp is that of the last minute that is over, and so the last that is counted.
    let at = until - time::MINUTE;
    not_known.extend(publishing::publish(ports, budget, at, values).await);
    for what in &not_known {
        log::error(what);
    }
    if not_known.is_empty() {
        let time = time::text(now);
        Ok(WatchAnswer { time, shifts, idle })
    } else {
        Err(WatchError::NotPublished(not_known))
    }
}

fn listed(not_known: &[NotKnown]) -> String {
    let texts: Vec<String> = not_known.iter().map(NotKnown::to_string).collect();
    texts.join("; ")
}
