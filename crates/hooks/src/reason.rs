//! Errors as a sentence for people: the whole chain, outermost first.

use std::error::Error;

/// The error and everything that caused it, joined by colons.
pub(crate) fn reason(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
