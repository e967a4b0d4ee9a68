//! The way in which an answer is no robust one.

use std::fmt;
use std::sync::LazyLock;

use serde_json::Value;

use crate::judge::error_of;
use crate::{Answer, Expectation, Outcome, judge, response};

/// The expectation of every edge case, as the text of an expectation file: no function error, no status of 500 or above, and any
/// other answer that is JSON, or none.
pub const ROBUSTNESS: &str = r#"{
  "$oneOf": [
    { "$absent": true },
    { "$type": ["null", "boolean", "number", "string", "array"] },
    {
      "statusCode": {
        "$oneOf": [
          { "$absent": true },
          { "$lt": 500 },
          { "$regex": "(?s)[^0-9]|^0*[0-4]?[0-9]{0,2}$" },
          { "$type": ["null", "boolean", "array", "object"] }
        ]
      }
    }
  ]
}
"#;

/// The way in which a function failed at an event. Two failures are equal when one defect is the likely cause of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// A function error with this `errorType`, and this `errorMessage` without what changes from event to event: what is
    /// quoted in it, and words with digits.
    FunctionError {
        /// Empty when there is none.
        error_type: String,
        /// Empty when there is none.
        message: String,
    },
    /// A `statusCode` of 500 or above, as JSON text.
    Status(String),
    /// An answer that is not JSON, which no expectation of a response can be met by.
    NotJson,
}

impl Failure {
    /// How an answer fails [`ROBUSTNESS`]; `None` when it does not.
    pub fn of(answer: &Answer) -> Option<Self> {
        static EXPECTATION: LazyLock<Option<Expectation>> =
            LazyLock::new(|| Expectation::parse(ROBUSTNESS).ok());
        if judge(EXPECTATION.as_ref(), answer) == Outcome::Met {
            return None;
        }
        if answer.function_error.is_some() {
            let error = error_of(&answer.payload);
            let member = |name: &str| match error.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            };
            return Some(Self::FunctionError {
                error_type: member("errorType"),
                message: shape(&member("errorMessage")),
            });
        }
        let status = response::read(&answer.payload)
            .and_then(|response| response.get("statusCode").map(Value::to_string));
        Some(status.map_or(Self::NotJson, Self::Status))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FunctionError {
                error_type,
                message,
            } => write!(f, "function error {error_type}: {message}"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::NotJson => f.write_str("an answer that is not JSON"),
        }
    }
}

/// The longest message that is told apart, in bytes.
const LONGEST: usize = 1024;

/// A message without what changes from event to event: what is between quotes of a kind becomes `…`, and a word with a
/// digit, such as a length or a request id, `#`.
fn shape(message: &str) -> String {
    let message = &message[..message.floor_char_boundary(LONGEST)];
    let mut shape = String::new();
    let mut rest = message;
    let mut last = ' ';
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        // An apostrophe (can't) follows a letter; what is quoted may hold quotes itself, so the last one of the kind ends it.
        let opens = matches!(next, '"' | '`') || next == '\'' && !last.is_alphanumeric();
        if opens && let Some(end) = after.rfind(next) {
            shape.extend([next, '…', next]);
            rest = &after[end + 1..];
            // Rust's own messages cut what they quote.
            rest = rest.strip_prefix("[...]").unwrap_or(rest);
            last = next;
            continue;
        }
        if is_word(next) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = &rest[..end];
            if word.contains(|c: char| c.is_ascii_digit()) {
                shape.push('#');
            } else {
                shape.push_str(word);
            }
            last = word.chars().next_back().unwrap_or(' ');
            rest = &rest[end..];
            continue;
        }
        shape.push(next);
        last = next;
        rest = after;
    }
    shape
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_defect_have_one_shape() {
        fn check(message: &str, expected: &str) {
            assert_eq!(shape(message), expected);
        }
        check("", "");
        check("the warehouse isn't there", "the warehouse isn't there");
        check(
            "end byte index 4 is not a char boundary; it is inside '€' (bytes 3..6) of `a`€`",
            "end byte index # is not a char boundary; it is inside '…' (bytes #..#) of `…`",
        );
        check("in `漢漢`[...]", "in `…`");
        check(
            "invalid literal for int() with base 10: 'it's 5'",
            "invalid literal for int() with base #: '…'",
        );
        check(
            "RequestId: 7ec7c0de-abcd-4fff-8abc-0123456789ab Error: Task timed out after 3.00 seconds",
            "RequestId: # Error: Task timed out after #.# seconds",
        );
        check("unclosed \"text 12", "unclosed \"text #");
        assert!(shape(&"é".repeat(LONGEST)).len() <= LONGEST);
    }
}
