//! Comparing the answers of two versions: what differs between them, and what differs between any two answers.
//!
//! The current version is asked twice. A field in which its two answers differ is noise (a time, an identifier) and says
//! nothing of the versions; a field that differs between target and current and is no noise is a difference.

mod covered;
mod field;
mod seen;

use serde_json::{Value, json};

use crate::path::Path;
use crate::shown::{MASK, shown};
use crate::{Comparison, Difference, Expectation, LeftOut, Mismatch};
use covered::Cover;
use field::Fields;
pub(crate) use seen::Said;
use seen::Seen;

/// The most differences, mismatches by comparing and ignored paths that one event lists, each; the rest is counted.
const LISTED: usize = 100;

/// What came of comparing one event's answers.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) differences: Vec<Difference>,
    pub(crate) mismatches: Vec<Mismatch>,
    pub(crate) ignored: Vec<String>,
    pub(crate) not_compared: Option<String>,
    pub(crate) left_out: LeftOut,
}

impl Compared {
    /// The answers could not be compared, or must not be, for this reason.
    pub(crate) fn not_made(reason: String) -> Self {
        Self {
            not_compared: Some(reason),
            ..Self::default()
        }
    }
}

/// Compares what the target said with what the current version said, twice.
///
/// Where comparing fails the gate, a difference in a field about which `expectation` says nothing is a mismatch.
pub(crate) fn compare(
    target: &Said,
    current: &[Said; 2],
    expectation: Option<&Expectation>,
    comparison: Comparison<'_>,
) -> Compared {
    let [one, other] = current;
    if one == other && one == target {
        return Compared::default();
    }
    // Most answers are the same bytes, and are read once.
    let first = Seen::of(one);
    let second = (other != one).then(|| Seen::of(other));
    let latest = (target != one).then(|| Seen::of(target));
    let mut findings = Findings {
        failed_by: comparison.fails.then_some(comparison.current_version),
        compared: Compared::default(),
    };
    seen::compare(
        latest.as_ref().unwrap_or(&first),
        [&first, second.as_ref().unwrap_or(&first)],
        expectation,
        &mut findings,
    );
    findings.compared
}

/// Takes down what is found, with nothing in it that would tell a credential, and no more than reports can bear.
struct Findings<'a> {
    /// The current version, where differences fail the gate.
    failed_by: Option<&'a str>,
    compared: Compared,
}

/// One side of a difference.
#[derive(Clone, Copy)]
enum Shape<'v> {
    Absent,
    Value(&'v Value),
    /// An array, of which only the length counts.
    Len(usize),
}

impl<'v> From<Option<&'v Value>> for Shape<'v> {
    fn from(value: Option<&'v Value>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

impl Shape<'_> {
    fn shown(self, path: &Path<'_>) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Value(_) if path.is_credential() => Some(MASK.into()),
            Self::Value(value) => Some(shown(value)),
            Self::Len(len) => Some(json!({ "$len": len })),
        }
    }
}

impl Findings<'_> {
    fn ignore(&mut self, path: &Path<'_>) {
        if self.compared.ignored.len() < LISTED {
            self.compared.ignored.push(path.shown());
        } else {
            self.compared.left_out.ignored += 1;
        }
    }

    /// `covered`: the event's own expectation speaks of this field.
    fn differ(&mut self, path: &Path<'_>, covered: bool, current: Shape<'_>, target: Shape<'_>) {
        let Compared {
            differences,
            mismatches,
            left_out,
            ..
        } = &mut self.compared;
        match self.failed_by.filter(|_| !covered) {
            Some(_) if mismatches.len() >= LISTED => left_out.mismatches += 1,
            Some(version) => mismatches.push(Mismatch {
                path: path.shown(),
                expected: current
                    .shown(path)
                    .unwrap_or_else(|| json!({"$absent": true})),
                actual: target.shown(path),
                compared_with: Some(version.to_owned()),
            }),
            None if differences.len() >= LISTED => left_out.differences += 1,
            None => differences.push(Difference {
                path: path.shown(),
                current: current.shown(path),
                target: target.shown(path),
            }),
        }
    }
}
