//! When and by what the answers were given: what a value that is the same in all of them may still owe to that.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use super::pattern::{self, Written};
use crate::Answer;

/// How far from now a time may be to be taken for one of the call: also a local time that says no zone is within it.
const NEAR: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) struct Moment<'a> {
    now: SystemTime,
    /// `ExecutedVersion` of each answer.
    versions: Vec<Option<&'a str>>,
}

impl<'a> Moment<'a> {
    pub(super) fn new(now: SystemTime, answers: &'a [Answer]) -> Self {
        let versions = answers
            .iter()
            .map(|answer| answer.executed_version.as_deref());
        Self {
            now,
            versions: versions.collect(),
        }
    }

    /// Whether each text is the version that gave the answer. `name` is that of the member: a text such as `1` can be
    /// much else.
    pub(super) fn is_version(&self, name: &str, texts: &[&str]) -> bool {
        texts.len() == self.versions.len()
            && texts.iter().zip(&self.versions).all(|(text, version)| {
                *version == Some(*text) && (*text == "$LATEST" || names_version(name))
            })
    }

    /// Whether the text is a time of about now.
    pub(super) fn is_now(&self, text: &str) -> bool {
        let time = match pattern::written(text) {
            Some(Written::Iso(iso)) => OffsetDateTime::parse(&iso.rfc_3339(text), &Rfc3339),
            Some(Written::Http) => OffsetDateTime::parse(text, &Rfc2822),
            None => return text.parse().is_ok_and(|number| self.counts_now(number)),
        };
        time.is_ok_and(|time| self.is_near(time.into()))
    }

    /// Whether the number counts the seconds, or their thousandths, millionths or billionths, from 1970 to about now.
    pub(super) fn counts_now(&self, number: u64) -> bool {
        [
            Duration::from_secs(number),
            Duration::from_millis(number),
            Duration::from_micros(number),
            Duration::from_nanos(number),
        ]
        .into_iter()
        .filter_map(|since| SystemTime::UNIX_EPOCH.checked_add(since))
        .any(|time| self.is_near(time))
    }

    fn is_near(&self, time: SystemTime) -> bool {
        let distance = match self.now.duration_since(time) {
            Ok(past) => past,
            Err(future) => future.duration(),
        };
        distance <= NEAR
    }
}

/// Whether a member's name says that it is a version: `version`, `functionVersion`, `api_version`.
pub(super) fn names_version(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("version")
}
