//! Errors as a sentence for people: the whole chain, outermost first.

use aws_smithy_runtime_api::client::endpoint::error::ResolveEndpointError;
use std::error::Error;

/// The longest reason, in bytes, before the mark that it was cut. Errors quote what they were given, which may be large,
/// and the reason is part of the report and of the function's error.
const LONGEST: usize = 4_000;

/// The error and everything that caused it, joined by colons.
pub(crate) fn reason(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&cause_text(error));
        cause = error.source();
    }
    let length = text.len();
    if length > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push_str(&format!("… ({length} bytes)"));
    }
    text
}

/// What a cause says of itself, without what was to be sent.
///
/// The AWS SDK quotes the whole request, with its payload and its headers, where the endpoint is no URL (`apply_endpoint` in
/// `aws-smithy-runtime` 1.16). Its words about the endpoint itself have no cause of their own, and quote nothing.
pub fn cause_text(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref::<ResolveEndpointError>() {
        Some(unusable) if unusable.source().is_some() => {
            "the configured endpoint cannot be used".to_owned()
        }
        Some(_) | None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Outer(String, #[source] io::Error);

    fn check(outer: &str, expected: &str) {
        let error = Outer(outer.to_owned(), io::Error::other("why"));
        assert_eq!(reason(&error), expected);
    }

    #[test]
    fn names_the_whole_chain_and_cuts_what_is_too_long() {
        check("what", "what: why");
        let just = "x".repeat(LONGEST - ": why".len());
        check(&just, &format!("{just}: why"));
        let kept = "x".repeat(LONGEST);
        check(&format!("{kept}y"), &format!("{kept}… (4006 bytes)"));
        // Never half a character.
        let kept = "x".repeat(LONGEST - 1);
        check(&format!("{kept}ü"), &format!("{kept}… (4006 bytes)"));
    }
}
