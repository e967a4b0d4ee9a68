//! The shape in which a function answers API Gateway: a `body` that is text, headers whose names have no case.
//!
//! Source: API Gateway developer guide, "Lambda proxy integrations", output format:
//! `statusCode`, `headers`, `multiValueHeaders`, `body` as a string, `isBase64Encoded`.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// What stands between the prelude and the body in the answer of a streaming function.
///
/// Source: `lambda_runtime` 1.5.0, `src/requests.rs`: a `MetadataPrelude` (`statusCode`, `headers`, `cookies`) as JSON,
/// eight NUL bytes and the body, with the content type `application/vnd.awslambda.http-integration-response`.
const PRELUDE_END: [u8; 8] = [0; 8];

/// The JSON of a streaming function's prelude, and the body that follows it. JSON holds no NUL byte, so the first one
/// that is there ends the prelude.
pub(crate) fn split_prelude(payload: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = payload.iter().position(|byte| *byte == 0)?;
    let (prelude, rest) = payload.split_at(end);
    let body = rest.strip_prefix(&PRELUDE_END)?;
    let is_object = prelude.trim_ascii_start().starts_with(b"{");
    is_object.then_some((prelude, body))
}

/// The response that a payload holds; `None` when it is not JSON, not UTF-8, or nested too deeply to look at.
///
/// The prelude and the body of a streaming function are read as the response that they stand for. Its body is encoded
/// in base64 when it is no text.
pub(crate) fn read(payload: &[u8]) -> Option<Value> {
    let Some((prelude, body)) = split_prelude(payload) else {
        return serde_json::from_slice(payload).ok();
    };
    let mut response: Map<String, Value> = serde_json::from_slice(prelude).ok()?;
    response.shift_remove("isBase64Encoded");
    let body = match str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => {
            response.insert("isBase64Encoded".to_owned(), true.into());
            STANDARD.encode(body).into()
        }
    };
    response.insert("body".to_owned(), body);
    Some(Value::Object(response))
}

/// A `body` that is a string.
pub(crate) struct Body<'v> {
    /// The string itself.
    pub(crate) raw: &'v Value,
    /// The text after base64, where the response says that it is encoded.
    decoded: Option<Value>,
    /// Whether the decoded text stands for bytes that are no text.
    lossy: bool,
    /// The document that the text holds, if it holds one.
    document: Option<Value>,
}

impl<'v> Body<'v> {
    /// `text` is what the string `raw` holds; `None` when it should be base64 and is not.
    pub(crate) fn read(raw: &'v Value, text: &str, encoded: bool) -> Option<Self> {
        if !encoded {
            return Some(Self {
                raw,
                decoded: None,
                lossy: false,
                document: serde_json::from_str(text).ok(),
            });
        }
        let bytes = STANDARD.decode(text).ok()?;
        let decoded = String::from_utf8_lossy(&bytes);
        Some(Self {
            raw,
            document: serde_json::from_slice(&bytes).ok(),
            lossy: matches!(decoded, Cow::Owned(_)),
            decoded: Some(decoded.into()),
        })
    }

    /// The document, or the text where there is none; `None` for bytes that no text stands for exactly.
    pub(crate) fn into_exact_value(self) -> Option<Value> {
        if self.lossy {
            return None;
        }
        self.document
            .or(self.decoded)
            .or_else(|| Some(self.raw.clone()))
    }

    pub(crate) fn text(&self) -> &Value {
        self.decoded.as_ref().unwrap_or(self.raw)
    }

    /// The document, or the text where there is none.
    pub(crate) fn value(&self) -> &Value {
        self.document.as_ref().unwrap_or_else(|| self.text())
    }
}

/// The values of the header `name` of a response. See [`header_values`].
pub(crate) fn header_values_of<'v>(
    response: &'v Map<String, Value>,
    name: &str,
    wants_list: bool,
) -> Vec<&'v Value> {
    let members = |place: &str| response.get(place).and_then(Value::as_object);
    header_values(
        members("headers"),
        members("multiValueHeaders"),
        name,
        wants_list,
    )
}

/// The values of the header `name`, those of `headers` first. Of `multiValueHeaders` they are
/// the elements of its lists, or the lists themselves for an expectation that is a list.
pub(crate) fn header_values<'v>(
    headers: Option<&'v Map<String, Value>>,
    lists: Option<&'v Map<String, Value>>,
    name: &str,
    wants_list: bool,
) -> Vec<&'v Value> {
    let named = |members: Option<&'v Map<String, Value>>| {
        members
            .into_iter()
            .flatten()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let listed = named(lists).flat_map(|value| match value {
        Value::Array(items) if !wants_list => items.as_slice(),
        other => std::slice::from_ref(other),
    });
    named(headers).chain(listed).collect()
}
