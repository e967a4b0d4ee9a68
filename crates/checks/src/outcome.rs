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

impl Outcome {
    /// The outcome with further mismatches, after its own.
    pub(crate) fn and(self, further: Vec<Mismatch>) -> Self {
        match self {
            Self::Met if !further.is_empty() => Self::Unmet(further),
            Self::Unmet(mut mismatches) => {
                mismatches.extend(further);
                Self::Unmet(mismatches)
            }
            Self::Met | Self::Broken(_) => self,
        }
    }
}

/// One place where an answer is not as expected.
///
/// Credentials are masked and long values are cut in both `expected` and `actual`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// The current version, when the expectation is what that version answered and not what the event expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<String>,
}

/// One field in which the target's answer is not as that of the current version, which gave the same one twice.
///
/// Credentials are masked and long values are cut, as in a [`Mismatch`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where, as in a [`Mismatch`].
    pub path: String,
    /// What the current version answered there; `None`, and no key in JSON, when there is nothing.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub current: Option<Value>,
    /// What the target answered there; `None`, and no key in JSON, when there is nothing.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub target: Option<Value>,
}

/// A key that is there holds a value, `null` too, which a plain `Option` would take for a missing key.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
