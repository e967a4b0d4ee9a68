//! What a proposal changes, for the person who reviews it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::expectation::Demand;
use crate::path::Path;
use crate::shown::{MASK, shown};

/// One place of a proposed expectation.
///
/// Credentials are masked and long values are cut in both `was` and `is`, as in a [`Mismatch`](crate::Mismatch).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where, as in a [`Mismatch`](crate::Mismatch).
    pub path: String,
    /// What was expected there; `None`, and no key in JSON, where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Value>,
    /// What is expected there now; `None`, and no key in JSON, where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// Why.
    pub why: Why,
}

/// Why a place of an expectation is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Why {
    /// All answers say the same there, and another thing than the expectation did.
    AnsweredOtherwise,
    /// The answers differ from one to the next.
    AnswersDiffer,
    /// They do not differ yet: a time of now, a version, an ARN.
    WillDiffer,
    /// Only some answers have it.
    SometimesThere,
    /// No answer has it.
    NoLongerThere,
    /// Nothing was expected there.
    New,
    /// Its name is that of a credential, which is never written down.
    Credential,
    /// It is longer or deeper than anyone reviews.
    TooLarge,
    /// It is not text in the encoding that the response says it has.
    NotDecodable,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnsweredOtherwise => "answered otherwise",
            Self::AnswersDiffer => "answers differ",
            Self::WillDiffer => "it will differ",
            Self::SometimesThere => "only in some answers",
            Self::NoLongerThere => "no longer there",
            Self::New => "new",
            Self::Credential => "looks like a credential",
            Self::TooLarge => "too large to review",
            Self::NotDecodable => "not the text that the response says it is",
        })
    }
}

/// The changes that were found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) changes: Vec<Change>,
}

impl Findings {
    pub(super) fn note(
        &mut self,
        path: &Path<'_>,
        was: Option<&Value>,
        is: Option<&Value>,
        why: Why,
    ) {
        let was = was.map(|was| concealed(path, was));
        // What is new at such a path says no more than that it is there.
        let is = is.map(shown);
        let path = path.shown();
        self.changes.push(Change { path, was, is, why });
    }

    /// Notes that `was` became `is`, of which everything after `mark` was noted on the way.
    pub(super) fn note_replaced(
        &mut self,
        mark: usize,
        path: &Path<'_>,
        was: &Value,
        is: Option<&Value>,
        why: Why,
    ) {
        let shown_path = path.shown();
        match self.changes.get_mut(mark) {
            Some(first) if first.path == shown_path => first.was = Some(concealed(path, was)),
            _ => {
                self.note(path, Some(was), is, why);
                self.changes[mark..].rotate_right(1);
            }
        }
    }

    /// Notes that everything that was demanded, if anything was, became `is`. Nothing is noted of a file that is new.
    pub(super) fn replaced_all(&mut self, demand: &Demand, was: Option<&Value>, is: &Value) {
        let Some(was) = was else {
            return;
        };
        let (was, why) = match demand {
            Demand::Default => (None, Why::New),
            Demand::Error(_) | Demand::Response(_) => (Some(was), Why::AnsweredOtherwise),
        };
        self.note(&Path::default(), was, Some(is), why);
    }
}

/// What the author expected may be a credential's value, unless it speaks only of presence, type or length.
fn concealed(path: &Path<'_>, was: &Value) -> Value {
    const ABOUT_SHAPE: [&str; 4] = ["$any", "$absent", "$type", "$len"];
    let reveals_nothing = was.as_object().is_some_and(|words| {
        words
            .keys()
            .all(|word| ABOUT_SHAPE.contains(&word.as_str()))
    });
    if path.is_credential() && !reveals_nothing {
        MASK.into()
    } else {
        shown(was)
    }
}
