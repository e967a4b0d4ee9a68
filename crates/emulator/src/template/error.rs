//! Places in a template, and what is said about them: errors and notes.

use std::collections::HashSet;
use std::fmt;

use super::node::At;

/// A place in the template's text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The line, from 1; the first for what is wrong with the template as a whole.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The logical path, for example `Resources.OrdersApi.Properties.Timeout`; empty for the
    /// template as a whole, and where the text could not be read far enough to know it.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)?;
        if self.path.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.path)
        }
    }
}

/// Why a template cannot be rehearsed.
///
/// Displays as `line:column: path: message; remedy`, so that a caller gets the usual
/// `file:line:column: …` by writing the file's name and a colon before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}{}", remedy_suffix(.remedy.as_deref()))]
pub struct TemplateError {
    /// Where: the value at fault, or its key when the value is a block below it.
    pub place: Place,
    /// What is wrong. Where AWS has words for it, those.
    pub message: String,
    /// What to do about it, where that is known.
    pub remedy: Option<String>,
}

fn remedy_suffix(remedy: Option<&str>) -> String {
    remedy
        .map(|remedy| format!("; {remedy}"))
        .unwrap_or_default()
}

impl TemplateError {
    pub(super) fn new(at: &At, message: impl Into<String>) -> Self {
        Self {
            place: at.place(),
            message: message.into(),
            remedy: None,
        }
    }

    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }
}

/// Everything that is wrong with a template, in the order of its resources; never empty.
///
/// Displays one error a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateErrors(pub Vec<TemplateError>);

impl fmt::Display for TemplateErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateErrors {}

impl From<TemplateError> for TemplateErrors {
    fn from(error: TemplateError) -> Self {
        Self(vec![error])
    }
}

/// Something in the template that a rehearsal does not do as AWS would.
///
/// Whatever is read neither into the [`Stack`](super::Stack) nor reported as an error has a note.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// What kind of difference it is.
    pub kind: NoteKind,
    /// What it is about, for example `OrdersApi (AWS::Serverless::HttpApi)`,
    /// `VersionedOrderAPI.VpcConfig` or `VersionedOrderAPI.Environment.API_URL`.
    pub subject: String,
    /// Why, where the kind does not say it all; otherwise empty.
    pub detail: String,
    /// Where it is written.
    pub place: Place,
}

/// The kinds of [`Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// A resource, a property or a part of one that changes what AWS does, and that is not played.
    NotPlayed,
    /// A resource or property that makes no difference to a rehearsal, for example a description.
    Irrelevant,
    /// A resource that does not exist, because its condition is false.
    NotCreated,
    /// An environment variable that is left out, because only AWS can know its value.
    Unresolved,
    /// A value that AWS would generate and that the rehearsal makes up, or one that YAML reads as
    /// something other than what is written (`1.10` is 1.1).
    Assumed,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}",
            self.place.line, self.place.column, self.subject
        )?;
        if self.detail.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.detail)
        }
    }
}

/// The notes of a reading, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<Note>);

impl Notes {
    pub(super) fn add(
        &mut self,
        kind: NoteKind,
        at: &At,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) {
        let note = Note {
            kind,
            subject: subject.into(),
            detail: detail.into(),
            place: at.place(),
        };
        self.0.push(note);
    }

    /// Each note once: what is written in `Globals` is met with every function.
    pub(super) fn into_distinct(self) -> Vec<Note> {
        let mut seen = HashSet::new();
        self.0
            .into_iter()
            .filter(|note| seen.insert(note.clone()))
            .collect()
    }
}
