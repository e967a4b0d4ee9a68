//! The shared registry's document: an OpenAPI schema whose examples are the test events of one function.
//!
//! The Lambda console and `sam remote test-event` keep them in the registry `lambda-testevent-schemas`,
//! schema `_<FunctionName>-schema`, at `components.examples.<name>.value`
//! (SAM CLI 1.170.0, `samcli/lib/shared_test_events/lambda_shared_test_event.py`).

mod edit;
mod merge;
mod outline;

pub use edit::{delete, put};
pub use merge::{Merged, Racing, merge, replay};

use outline::Outline;

/// The most that the content of a schema has: 100,000 characters, all events and expectations of a function together
/// (`Content`, EventBridge Schemas API Reference: `__stringMin1Max100000`). Smithy, in whose terms the service is modelled,
/// counts Unicode scalar values (its `length` trait), and botocore counts them, too.
pub const MAX_CONTENT: usize = 100_000;

/// Why the content of a schema holds no test events that can be read, or cannot be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// It is not JSON, or not of the shape that SAM and the console write.
    #[error("the shared test events are not an OpenAPI document: {0}")]
    Malformed(serde_json::Error),
    /// It has no `components`.
    #[error("the shared test events are not an OpenAPI document: `components` is missing")]
    NoComponents,
    /// Two examples have one name, so it is not clear which is meant.
    #[error("two of the shared test events have the name {0:?}; delete one in the Lambda console")]
    Repeated(String),
    /// What is to be shared is not JSON.
    #[error("the test event {name:?} is not JSON: {source}")]
    NotJson {
        /// The example's.
        name: String,
        /// Where, and why.
        source: serde_json::Error,
    },
    /// What stands around the examples was changed on both sides.
    #[error("what stands around the shared test events was changed twice at once")]
    Around,
}

/// The named examples of a schema's `Content`, in its order, each with the text of its `value` exactly as written.
///
/// `components` may lack `examples`, as it does in a fresh schema. An example without `value` is passed over, as SAM does.
/// `x-metadata` and whatever else there is has no influence. Names are arbitrary strings, and `X.expect` is the expectation of `X`.
///
/// # Errors
///
/// It is not such a document.
pub fn documents(content: &str) -> Result<Vec<(String, String)>, RegistryError> {
    let outline = Outline::of(content)?;
    let mut documents = Vec::new();
    for example in outline.examples {
        if let Some(value) = example.value {
            documents.push((example.name, value.get().to_owned()));
        }
    }
    Ok(documents)
}

/// Whether the content has no examples at all, also none without a `value`: then SAM deletes the schema.
///
/// # Errors
///
/// It is not such a document.
pub fn is_empty(content: &str) -> Result<bool, RegistryError> {
    Ok(Outline::of(content)?.examples.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: &[(&str, &str)]) {
        let documents = documents(content).unwrap();
        let documents: Vec<_> = documents
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(documents, expected);
    }

    fn check_error(content: &str, fragment: &str) {
        let error = documents(content).unwrap_err().to_string();
        assert!(error.contains(fragment), "{error}");
    }

    #[test]
    fn the_document_that_sam_writes_is_read() {
        check(
            r#"{"openapi": "3.0.0", "info": {"version": "1.0.0", "title": "Event"}, "paths": {},
                "components": {
                  "schemas": {"Event": {"type": "object", "required": ["action"]}},
                  "examples": {
                    "update": {"value": {"action":  "update"}, "x-metadata": {"invocationType": null}},
                    "create": {"value": { "b": 1.0, "a": 2 }, "x-metadata": {"invocationType": "Event"}},
                    "create.expect": {"value": {"statusCode": 200}, "summary": "ours"}}}}"#,
            &[
                ("update", r#"{"action":  "update"}"#),
                ("create", r#"{ "b": 1.0, "a": 2 }"#),
                ("create.expect", r#"{"statusCode": 200}"#),
            ],
        );
    }

    #[test]
    fn odd_documents_are_read_by_the_rules_of_sam() {
        check(r#"{"components":{}}"#, &[]);
        check(r#"{"components":{"examples":null}}"#, &[]);
        check(r#"{"components":{"examples":{}}}"#, &[]);
        check(r#"{"components":{"examples":{"a":{}}}}"#, &[]);
        check(
            r#"{"components":{"examples":{"a":{"value":null},"a b/c \u00fc":{"value":[1,2]}}}}"#,
            &[("a", "null"), ("a b/c ü", "[1,2]")],
        );
        check(
            r#"{"components":{"examples":{"a":{"value":1},"a":{"value":2}}}}"#,
            &[("a", "1"), ("a", "2")],
        );
        let bomb = "[".repeat(40_000) + &"]".repeat(40_000);
        check(
            &format!(r#"{{"x":{bomb},"components":{{"examples":{{"deep":{{"value":{bomb}}}}}}}}}"#),
            &[("deep", &bomb)],
        );
    }

    #[test]
    fn what_is_no_such_document_is_an_error() {
        check_error("", "EOF while parsing a value at line 1 column 0");
        check_error("[]", "not an OpenAPI document");
        check_error("{}", "`components` is missing");
        check_error(r#"{"components":null}"#, "`components` is missing");
        check_error(r#"{"components":3}"#, "`components`: invalid type: integer");
        check_error(r#"{"components":[{}]}"#, "expected an object");
        check_error(
            r#"{"components":{},"components":{}}"#,
            "`components` is there twice",
        );
        check_error(
            r#"{"components":{"examples":[]}}"#,
            "`examples`: invalid type: sequence, expected an object",
        );
        check_error(r#"{"components":{"examples":{"a":1}}}"#, "not an OpenAPI");
        check_error(
            r#"{"components":{"examples":{"a":{"value":1}}}"#,
            "EOF while parsing an object",
        );
    }
}
