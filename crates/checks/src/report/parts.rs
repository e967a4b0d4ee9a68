//! A report in parts, for logs that take lines of a limited length.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::{Canary, CheckedEvent, Durations, LeftOut, Report, Verdict};
use crate::Outcome;
use crate::shown::cut;

/// The least that a part may have to take, in bytes: an event with one mismatch, and room for what comes around it.
const LEAST: usize = 16 << 10;

/// A part of a report, to be written as one line of JSON.
///
/// The first part holds what the report says besides its events, and the JSON of a report that is whole is that of the
/// report. The others hold `deploymentId` and `lifecycleEvent`, to be found by. When there are several,
/// each has its number in `part`, from 1, and how many there are in `parts`.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifecycle_event: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_version: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_version: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    durations: Option<&'a Durations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<&'a Canary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<usize>,
    events: Vec<Cow<'a, CheckedEvent>>,
}

impl Report {
    /// Splits the report into parts of at most `max_bytes` of JSON each, but not into less than 16 KiB.
    ///
    /// Every event is in one of them, in the order of the events. An event that is too large for a part of its own keeps as
    /// many of its findings as fit, and [`LeftOut`] counts the others.
    pub fn parts(&self, max_bytes: usize) -> Vec<Part<'_>> {
        let max_bytes = max_bytes.max(LEAST);
        let whole = Part {
            events: self.events.iter().map(Cow::Borrowed).collect(),
            ..Part::first(self)
        };
        if size(&whole) <= max_bytes {
            return vec![whole];
        }
        // The longest numbers hold a place for those that are known in the end.
        let unnumbered = |part: Part<'_>| size(&part.numbered(usize::MAX, usize::MAX));
        let next = Part::next(self).within(max_bytes / 8);
        let room = max_bytes.saturating_sub(unnumbered(next.clone()));
        let mut part = Part::first(self).within(max_bytes / 2);
        let mut left = max_bytes.saturating_sub(unnumbered(part.clone()));
        let mut parts = Vec::new();
        for event in &self.events {
            let mut event = Cow::Borrowed(event);
            let mut takes = size(&event) + COMMA;
            if takes > room {
                event = Cow::Owned(shortened(&event, room - COMMA));
                takes = size(&event) + COMMA;
            }
            if takes > left {
                parts.push(std::mem::replace(&mut part, next.clone()));
                left = room;
            }
            part.events.push(event);
            left = left.saturating_sub(takes);
        }
        parts.push(part);
        let count = parts.len();
        parts
            .into_iter()
            .enumerate()
            .map(|(index, part)| part.numbered(index + 1, count))
            .collect()
    }
}

/// What separates the elements of an array, in bytes.
const COMMA: usize = 1;

impl<'a> Part<'a> {
    /// All but the events.
    fn first(report: &'a Report) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        Self {
            verdict: Some(report.verdict),
            reason: Some(Cow::Borrowed(&report.reason)),
            function: text(&report.function),
            alias: text(&report.alias),
            current_version: text(&report.current_version),
            target_version: text(&report.target_version),
            durations: report.durations.as_ref(),
            canary: report.canary.as_ref(),
            notes: report.notes.iter().map(|note| note.into()).collect(),
            ..Self::next(report)
        }
    }

    /// What says to which report a part belongs.
    fn next(report: &'a Report) -> Self {
        Self {
            lifecycle_event: report.lifecycle_event.as_deref().map(Cow::Borrowed),
            deployment_id: report.deployment_id.as_deref().map(Cow::Borrowed),
            ..Self::default()
        }
    }

    fn numbered(self, part: usize, parts: usize) -> Self {
        Self {
            part: Some(part),
            parts: Some(parts),
            ..self
        }
    }

    /// The part, without events, in at most `room` bytes: texts and notes that no report should have are cut.
    fn within(mut self, room: usize) -> Self {
        if size(&self) <= room {
            return self;
        }
        let notes = std::mem::take(&mut self.notes);
        if size(&self) > room / 2 {
            // Seven texts at most, of which a byte takes at most six when it is escaped.
            let limit = room / 128;
            let texts = [
                &mut self.reason,
                &mut self.lifecycle_event,
                &mut self.deployment_id,
                &mut self.function,
                &mut self.alias,
                &mut self.current_version,
                &mut self.target_version,
            ];
            for text in texts.into_iter().flatten() {
                *text = bounded(text, limit).into();
            }
        }
        let said = format!("{} notes are too long for a log line", usize::MAX);
        let mut left = room.saturating_sub(size(&self) + size(&said) + size("notes") + 5);
        let count = notes.len();
        for note in notes {
            let takes = size(&note) + COMMA;
            if takes > left {
                break;
            }
            left -= takes;
            self.notes.push(note);
        }
        let left_out = count - self.notes.len();
        if left_out > 0 {
            let said = format!("{left_out} notes are too long for a log line");
            self.notes.push(said.into());
        }
        self
    }
}

/// The event in at most `room` bytes, with the first of its findings.
fn shortened(event: &CheckedEvent, room: usize) -> CheckedEvent {
    // Four texts, of which a byte takes at most six when it is escaped.
    let limit = room / 64;
    let mismatches = match &event.outcome {
        Outcome::Unmet(mismatches) => mismatches.as_slice(),
        Outcome::Met | Outcome::Broken(_) => &[],
    };
    let without_findings = CheckedEvent {
        duration: event.duration,
        timed: event.timed.clone(),
        not_compared: event
            .not_compared
            .as_deref()
            .map(|text| bounded(text, limit)),
        // Half a command is none.
        reproduce: event.reproduce.clone().filter(|text| text.len() <= limit),
        left_out: LeftOut {
            mismatches: event.left_out.mismatches + mismatches.len(),
            differences: event.left_out.differences + event.differences.len(),
            ignored: event.left_out.ignored + event.ignored.len(),
        },
        ..CheckedEvent::new(
            bounded(&event.name, limit),
            event.source,
            match &event.outcome {
                Outcome::Met => Outcome::Met,
                Outcome::Unmet(_) => Outcome::Unmet(Vec::new()),
                Outcome::Broken(reason) => Outcome::Broken(bounded(reason, limit)),
            },
        )
    };
    let keys = size(&["mismatches", "differences", "ignored"]) + 3 * size(&[""]);
    let mut left = room.saturating_sub(size(&without_findings) + keys);
    // One mismatch always fits: `shown` has bounded it, and an unmet event must have one.
    let (first, others) = mismatches.split_at(mismatches.len().min(1));
    left = left.saturating_sub(size(first));
    let mismatches = [first, those_that_fit(others, &mut left)].concat();
    let differences = those_that_fit(&event.differences, &mut left).to_vec();
    let ignored = those_that_fit(&event.ignored, &mut left).to_vec();
    let left_out = without_findings.left_out;
    CheckedEvent {
        left_out: LeftOut {
            mismatches: left_out.mismatches - mismatches.len(),
            differences: left_out.differences - differences.len(),
            ignored: left_out.ignored - ignored.len(),
        },
        outcome: match without_findings.outcome {
            Outcome::Unmet(_) => Outcome::Unmet(mismatches),
            other @ (Outcome::Met | Outcome::Broken(_)) => other,
        },
        differences,
        ignored,
        ..without_findings
    }
}

fn those_that_fit<'a, T: Serialize>(findings: &'a [T], left: &mut usize) -> &'a [T] {
    let fitting = findings.iter().take_while(|finding| {
        let takes = size(finding) + COMMA;
        let fits = takes <= *left;
        if fits {
            *left -= takes;
        }
        fits
    });
    &findings[..fitting.count()]
}

/// The start of a text that is too long, in about `limit` bytes.
fn bounded(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        text.to_owned()
    } else {
        cut(text, limit.saturating_sub(32), text.len())
    }
}

/// How long a value is as JSON, in bytes.
fn size(value: &(impl Serialize + ?Sized)) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What cannot be written has no length; of a report, all can.
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}
