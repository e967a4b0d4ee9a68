//! What a run says, to whoever reads its answer or its log.

use crate::shift_counts::Minutes;
use crate::time;
use evidence::{Counts, Minute, Seen};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The watch's answer, of a run that has published everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchAnswer {
    /// The scheduled event's, RFC 3339.
    pub time: String,
    /// What shifts, with the evidence that was computed, and published.
    pub shifts: Vec<WatchedShift>,
    /// What does not, of which 0 was published.
    pub idle: Vec<WatchedAlias>,
}

/// An alias of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedAlias {
    /// Its name.
    pub function: String,
    /// The alias' name.
    pub alias: String,
}

impl fmt::Display for WatchedAlias {
    /// `VersionedOrderAPI:prod`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.function, self.alias)
    }
}

/// A shift with all that its evidence is computed of. The log has the same, as a line of JSON, also where publishing it
/// failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedShift {
    /// The function and its alias.
    #[serde(flatten)]
    pub alias: WatchedAlias,
    /// CodeDeploy's; `None` where the alias alone says that it shifts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// The version that traffic leaves.
    pub current_version: String,
    /// The version that it goes to.
    pub new_version: String,
    /// The start of the first minute that is counted, RFC 3339.
    pub since: String,
    /// The end of the last one.
    pub until: String,
    /// The evidence against the new version, a natural logarithm; from `evidence::THRESHOLD` on it is enough.
    pub evidence: f64,
    /// Every minute from `since` to `until`; none in an answer that would otherwise be too large for Lambda.
    pub minutes: Vec<CountedMinute>,
}

/// A minute of a shift, as far as CloudWatch had it when the watch looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountedMinute {
    /// When it began, RFC 3339.
    pub at: String,
    /// The part of the minute in which traffic shifted, 0 to 1: less than 1 in the minute in which the shift began, and 0
    /// there where the second is not known. Left out where it is 1.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub part: f64,
    /// Both versions through the alias.
    pub alias: CountedVersion,
    /// The new version.
    pub new: CountedVersion,
    /// The current version.
    pub current: CountedVersion,
}

/// What CloudWatch has counted of one minute; a member is left out where there is no data point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountedVersion {
    /// `Invocations`, `Sum`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocations: Option<u64>,
    /// `Errors`, `Sum`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<u64>,
    /// `Errors`, `SampleCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_samples: Option<u64>,
}

impl CountedMinute {
    /// All minutes of a shift, of the first of which a part belongs to it.
    pub(super) fn all(minutes: &Minutes, part_of_first: f64) -> Vec<Self> {
        let parts = std::iter::once(part_of_first).chain(std::iter::repeat(whole()));
        let counted = |((at, seen), part): (&(i64, Seen), f64)| Self {
            at: time::text(*at),
            part,
            alias: seen.alias.into(),
            new: seen.new.into(),
            current: seen.current.into(),
        };
        minutes.iter().zip(parts).map(counted).collect()
    }

    /// What `evidence` computes with.
    pub fn read(&self) -> Minute {
        let seen = Seen {
            alias: self.alias.into(),
            new: self.new.into(),
            current: self.current.into(),
        };
        Minute::seen(&seen).in_part(self.part)
    }
}

fn whole() -> f64 {
    1.0
}

fn is_whole(part: &f64) -> bool {
    *part >= whole()
}

impl From<Counts> for CountedVersion {
    fn from(counts: Counts) -> Self {
        Self {
            invocations: counts.invocations,
            errors: counts.errors,
            error_samples: counts.error_samples,
        }
    }
}

impl From<CountedVersion> for Counts {
    fn from(counted: CountedVersion) -> Self {
        Self {
            invocations: counted.invocations,
            errors: counted.errors,
            error_samples: counted.error_samples,
        }
    }
}
