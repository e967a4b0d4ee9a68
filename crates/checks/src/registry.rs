//! The shared registry's document: an OpenAPI schema whose examples are the test events of one function.
//!
//! The Lambda console and `sam remote test-event` keep them in the registry `lambda-testevent-schemas`,
//! schema `_<FunctionName>-schema`, at `components.examples.<name>.value`
//! (SAM CLI 1.170.0, `samcli/lib/shared_test_events/lambda_shared_test_event.py`).

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Why the content of a schema holds no test events that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// It is not JSON, or not of the shape that SAM and the console write.
    #[error("the shared test events are not an OpenAPI document: {0}")]
    Malformed(serde_json::Error),
    /// It has no `components`.
    #[error("the shared test events are not an OpenAPI document: `components` is missing")]
    NoComponents,
}

/// The named examples of a schema's `Content`, in its order, each with the text of its `value` exactly as written.
///
/// `components` may lack `examples`, as it does in a fresh schema. An example without `value` is passed over, as SAM does.
/// `x-metadata` and whatever else there is has no influence. Names are arbitrary strings, and `X.expect` is the expectation of `X`.
pub fn documents(content: &str) -> Result<Vec<(String, String)>, RegistryError> {
    let document: Document = serde_json::from_str(content).map_err(RegistryError::Malformed)?;
    let components = document.components.ok_or(RegistryError::NoComponents)?;
    let examples = components.examples.unwrap_or_default();
    Ok(examples
        .0
        .into_iter()
        .filter_map(|(name, example)| Some((name, example.value?.get().to_owned())))
        .collect())
}

#[derive(Deserialize)]
struct Document {
    components: Option<Components>,
}

#[derive(Deserialize)]
struct Components {
    examples: Option<Examples>,
}

#[derive(Deserialize)]
struct Example {
    /// `null` is a payload like any other, which a plain `Option` would take for a missing one.
    #[serde(default, deserialize_with = "present")]
    value: Option<Box<RawValue>>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// A list, unlike a map, keeps the order, and a repeated name for [`pair`](crate::pair) to complain of.
#[derive(Default)]
struct Examples(Vec<(String, Example)>);

impl<'de> Deserialize<'de> for Examples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Examples;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of named examples")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Examples, A::Error> {
                let mut examples = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    examples.push(entry);
                }
                Ok(Examples(examples))
            }
        }
        deserializer.deserialize_map(Entries)
    }
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
        check_error(r#"{"components":3}"#, "expected struct Components");
        check_error(
            r#"{"components":{"examples":[]}}"#,
            "expected an object of named examples",
        );
        check_error(r#"{"components":{"examples":{"a":1}}}"#, "not an OpenAPI");
        check_error(
            r#"{"components":{"examples":{"a":{"value":1}}}"#,
            "EOF while parsing an object",
        );
    }
}
