//! Which aliases are watched, and what each of them is doing now.

use super::answer::WatchedAlias;
use super::config::Config;
use super::groups::KnownAliases;
use super::{Ports, aliases, groups};
use crate::reads::Reads;
use crate::time::MINUTE;
use futures_util::stream::{self, StreamExt as _};
use std::collections::BTreeMap;
use std::fmt;

/// Deployment groups, or aliases, that are asked about at the same time.
pub(super) const AT_ONCE: usize = 16;

/// What is known of an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// Its new version gets a part of the traffic, or all of it while the deployment still runs.
    Shifting(Shift),
    /// Nothing shifts, or everything goes back at once.
    Idle(WatchedAlias),
    /// Nothing may be published.
    NotKnown(NotKnown),
}

/// A shift from one version to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) alias: WatchedAlias,
    /// CodeDeploy's.
    pub(super) deployment_id: Option<String>,
    pub(super) current_version: String,
    pub(super) new_version: String,
    pub(super) since: Since,
}

/// When a shift began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// In seconds since 1970.
    At(i64),
    /// With the first thing that CloudWatch has of the new version.
    FirstData,
}

impl Since {
    /// How much of its first minute belongs to the shift, 0 to 1; 0 where that is not known.
    pub(super) fn part_of_first_minute(self) -> f64 {
        match self {
            Self::At(start) => {
                let left = MINUTE - start.rem_euclid(MINUTE);
                left as f64 / MINUTE as f64
            }
            Self::FirstData => 0.0,
        }
    }
}

/// What could not be found out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotKnown {
    /// An alias, as far as that is known, or what would have led to it.
    pub(super) what: Subject,
    pub(super) reason: String,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Alias(WatchedAlias),
    /// A deployment group or an application, for people.
    Other(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(alias) => alias.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for NotKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.reason)
    }
}

impl NotKnown {
    pub(super) fn alias(alias: &WatchedAlias, reason: impl Into<String>) -> Self {
        Self {
            what: Subject::Alias(alias.clone()),
            reason: reason.into(),
        }
    }
}

/// What every watched alias is doing. An alias that belongs to a deployment group is not asked itself: CodeDeploy knows
/// when the shift began, and that it is not over before the deployment is.
pub(super) async fn find(
    ports: &Reads<'_, impl Ports>,
    config: &Config,
    known: &KnownAliases,
) -> Vec<Finding> {
    let mut findings = match &config.application {
        Some(application) => by_alias(groups::find(ports, application, known).await),
        None => Vec::new(),
    };
    let is_found = |alias: &&WatchedAlias| {
        let is_it = |finding: &Finding| finding.alias() == Some(*alias);
        !findings.iter().any(is_it)
    };
    let others: Vec<&WatchedAlias> = config.aliases.iter().filter(is_found).collect();
    // Which alias belongs to a group that cannot be read is not known.
    let hidden = findings.iter().find_map(|finding| match finding {
        Finding::NotKnown(NotKnown {
            what: Subject::Other(what),
            ..
        }) => Some(what.clone()),
        _ => None,
    });
    let asked = stream::iter(others).map(|alias| aliases::find(ports, alias));
    let asked: Vec<Finding> = asked.buffered(AT_ONCE).collect().await;
    findings.extend(asked.into_iter().map(|finding| match (finding, &hidden) {
        (Finding::Idle(alias), Some(what)) => {
            let reason = format!("it may be shifting for all that is known of {what}");
            Finding::NotKnown(NotKnown::alias(&alias, reason))
        }
        (finding, _) => finding,
    }));
    findings
}

/// One finding for each alias, whatever groups it is in.
fn by_alias(findings: Vec<Finding>) -> Vec<Finding> {
    let mut of_alias: BTreeMap<WatchedAlias, Finding> = BTreeMap::new();
    let mut others = Vec::new();
    for finding in findings {
        let Some(alias) = finding.alias().cloned() else {
            others.push(finding);
            continue;
        };
        let joined = match of_alias.remove(&alias) {
            None => finding,
            Some(before) => joined(&alias, before, finding),
        };
        of_alias.insert(alias, joined);
    }
    of_alias.into_values().chain(others).collect()
}

fn joined(alias: &WatchedAlias, one: Finding, other: Finding) -> Finding {
    use Finding::{Idle, NotKnown as Unknown, Shifting};
    match (one, other) {
        (Unknown(why), _) | (_, Unknown(why)) => Unknown(why),
        (Idle(_), other) => other,
        (one, Idle(_)) => one,
        (Shifting(one), Shifting(other)) => {
            let id = |shift: Shift| shift.deployment_id.unwrap_or_default();
            let reason = format!("deployments {} and {} both shift it", id(one), id(other));
            Unknown(NotKnown::alias(alias, reason))
        }
    }
}

impl Finding {
    fn alias(&self) -> Option<&WatchedAlias> {
        match self {
            Self::Shifting(shift) => Some(&shift.alias),
            Self::Idle(alias) => Some(alias),
            Self::NotKnown(NotKnown { what, .. }) => match what {
                Subject::Alias(alias) => Some(alias),
                Subject::Other(_) => None,
            },
        }
    }
}
