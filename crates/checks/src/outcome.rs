//! Met, unmet or broken.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What became of a test event.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The answer is as expected.
    Met,
    /// It is not, in every place that is listed (at least one).
    Unmet(Vec<Mismatch>),
    /// The check could not be made, for this reason.
    Broken(String),
}

/// One place where an answer is not as expected.
///
/// Credentials are masked and long values are cut in both `expected` and `actual`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Where: `statusCode`, `body.items[0].productId`, `headers["content-type"]`, `$error`; the whole answer is `$`.
    pub path: String,
    /// That part of the expectation, or of the default.
    pub expected: Value,
    /// What is there; `None`, and no key in JSON, when there is nothing.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub actual: Option<Value>,
}

/// A key that is there holds a value, `null` too, which a plain `Option` would take for a missing key.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
