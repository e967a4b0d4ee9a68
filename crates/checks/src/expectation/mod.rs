//! Expectations: the part of the response that one cares about, as a tree that was checked when it was read.

mod node;
mod read;
mod text;

use serde_json::Number;

pub(crate) use node::{Comparison, JsonType, Node, ObjectNode, Word, escaped};
pub(crate) use read::is_top_word;
pub use text::parse_json;

/// What the answer to a test event must be; the language is described on the page of this crate.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub(crate) demand: Demand,
    /// The longest that the invocation may take, in milliseconds.
    pub(crate) max_duration_ms: Option<Number>,
    /// Whether the event may also go to the current version; `$compare: false` says that it must not.
    pub(crate) compare: bool,
}

/// What an expectation says of the answer itself.
#[derive(Debug, Clone)]
pub(crate) enum Demand {
    /// Nothing: the default applies, as if there were no expectation.
    Default,
    /// The response must match.
    Response(Node),
    /// A function error is required, and must match where there is a node.
    Error(Option<Node>),
}

impl Expectation {
    /// Reads the text of an `.expect.json` file, or of the registry's example `X.expect`.
    ///
    /// Whatever is misspelt or makes no sense is an error, because a check that is silently ignored is worse than none.
    pub fn parse(text: &str) -> Result<Self, ExpectationError> {
        if text.trim().is_empty() {
            return Err(ExpectationError::Empty);
        }
        if text.starts_with('\u{feff}') {
            return Err(ExpectationError::ByteOrderMark);
        }
        let document = parse_json(text).map_err(ExpectationError::NotJson)?;
        read::read(&document)
    }

    /// Whether the function must fail (`$error`).
    pub fn requires_error(&self) -> bool {
        matches!(self.demand, Demand::Error(_))
    }
}

/// Why a text is no expectation. The message says where, and what to write instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectationError {
    /// The text holds nothing.
    #[error(
        "it is empty; write the part of the response that matters, or remove it to require only a success"
    )]
    Empty,
    /// The text starts with U+FEFF, as some editors write it.
    #[error("it starts with a byte order mark; save it as UTF-8 without one")]
    ByteOrderMark,
    /// The JSON is broken, nests too deeply or repeats a key; the message has line and column.
    #[error("it is not JSON that can be used: {0}")]
    NotJson(serde_json::Error),
    /// The JSON is fine and breaks a rule of the language.
    #[error("{path}: {problem}")]
    Rule {
        /// Where in the expectation, such as `body.items[0].$regex`.
        path: String,
        /// What is wrong there, and the remedy.
        problem: String,
    },
}
