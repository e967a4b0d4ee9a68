//! Answers in the form in which they are compared.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Cover, Fields, Findings, Shape};
use crate::expectation::Demand;
use crate::judge::error_of;
use crate::path::Path;
use crate::response::{self, Body};
use crate::{Answer, Expectation};

/// What is kept of an answer until the other answers to its event are there.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Said {
    failed: bool,
    payload: Arc<Vec<u8>>,
}

impl Said {
    /// What the answer said; where an `earlier` answer has the same payload, it is kept once.
    pub(crate) fn of<'s>(answer: Answer, earlier: impl IntoIterator<Item = &'s Self>) -> Self {
        let same = earlier
            .into_iter()
            .find(|earlier| *earlier.payload == answer.payload);
        Self {
            failed: answer.function_error.is_some(),
            payload: match same {
                Some(same) => Arc::clone(&same.payload),
                None => Arc::new(answer.payload),
            },
        }
    }
}

/// An answer that was read.
pub(super) enum Seen {
    /// Nothing, or white space.
    Nothing,
    /// A function error.
    Error(Value),
    /// A document, with its body decoded and its headers' names in lower case.
    Response(Value),
    /// Text that is no JSON, or nests too deeply to look at.
    Text(Value),
    /// Bytes that are no text, as text that tells them apart.
    Bytes(Value),
}

impl Seen {
    pub(super) fn of(said: &Said) -> Self {
        let payload = &said.payload;
        if said.failed {
            return Self::Error(error_of(payload));
        }
        if payload.trim_ascii().is_empty() {
            return Self::Nothing;
        }
        match (response::read(payload), str::from_utf8(payload)) {
            (Some(mut response), _) => {
                if let Value::Object(members) = &mut response {
                    decode_body(members);
                    join_headers(members);
                }
                Self::Response(response)
            }
            (None, Ok(text)) => Self::Text(text.into()),
            (None, Err(_)) => Self::Bytes(payload.escape_ascii().to_string().into()),
        }
    }

    fn value(&self) -> Option<&Value> {
        match self {
            Self::Nothing => None,
            Self::Error(value) | Self::Response(value) | Self::Text(value) | Self::Bytes(value) => {
                Some(value)
            }
        }
    }

    fn error(&self) -> Option<&Value> {
        match self {
            Self::Error(error) => Some(error),
            Self::Nothing | Self::Response(_) | Self::Text(_) | Self::Bytes(_) => None,
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A body that decodes to the same document is the same body, however it was written.
/// One that is not text keeps its base64, in which no byte is lost.
fn decode_body(response: &mut Map<String, Value>) {
    let encoded = response.get("isBase64Encoded") == Some(&Value::Bool(true));
    let Some(raw @ Value::String(text)) = response.get("body") else {
        return;
    };
    let decoded = Body::read(raw, text, encoded).and_then(Body::into_exact_value);
    if let Some(decoded) = decoded {
        response.insert("body".to_owned(), decoded);
    }
}

/// API Gateway merges `headers` and `multiValueHeaders`, and their names have no case.
fn join_headers(response: &mut Map<String, Value>) {
    let single = response.get("headers");
    let lists = response.get("multiValueHeaders").and_then(Value::as_object);
    let (single, lists) = match (single, lists) {
        (Some(Value::Object(single)), lists) => (Some(single), lists),
        (Some(Value::Null) | None, Some(lists)) => (None, Some(lists)),
        _ => return,
    };
    let mut values: Map<String, Value> = Map::new();
    for (name, value) in single.into_iter().chain(lists).flatten() {
        let several = match value {
            Value::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        let joined = values
            .entry(name.to_ascii_lowercase())
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(joined) = joined {
            joined.extend_from_slice(several);
        }
    }
    for value in values.values_mut() {
        if let Value::Array(several) = value
            && several.len() == 1
        {
            *value = several.remove(0);
        }
    }
    let has_lists = lists.is_some();
    response.insert("headers".to_owned(), Value::Object(values));
    if has_lists {
        response.shift_remove("multiValueHeaders");
    }
}

/// Compares whole answers, and field by field those that are of one kind.
pub(super) fn compare(
    target: &Seen,
    current: [&Seen; 2],
    expectation: Option<&Expectation>,
    findings: &mut Findings<'_>,
) {
    let demand = expectation.map_or(&Demand::Default, |expectation| &expectation.demand);
    let [one, other] = current;
    let mut path = Path::default();
    if !one.is_like(other) {
        findings.ignore(&path);
        return;
    }
    let concerns_error = one.error().or(target.error()).is_some();
    if concerns_error {
        path.enter_word("$error");
    }
    if concerns_error && !one.is_like(target) {
        // Any expectation of a response also says that there must be no error.
        let covered = !matches!(demand, Demand::Default);
        let [current, target] = [one, target].map(|seen| Shape::from(seen.error()));
        findings.differ(&path, covered, current, target);
        return;
    }
    let cover = match demand {
        Demand::Error(Some(node)) if concerns_error => Cover::from(Some(node)),
        Demand::Error(None) if concerns_error => Cover::Everything,
        Demand::Response(node) if !concerns_error => Cover::from(Some(node)),
        Demand::Default | Demand::Error(_) | Demand::Response(_) => Cover::Nothing,
    };
    if one.is_like(target) {
        let current = [one.value(), other.value()];
        let mut fields = Fields { path, findings };
        fields.compare(cover, target.value(), current);
    } else {
        let covered = cover.covers(one.value(), true) && cover.covers(target.value(), true);
        let [current, target] = [one, target].map(|seen| Shape::from(seen.value()));
        findings.differ(&path, covered, current, target);
    }
}
