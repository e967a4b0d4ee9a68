//! The bodies of several responses, decoded as they are for matching.

use serde_json::{Map, Value};

use crate::response::Body;

pub(super) struct Bodies<'v>(Vec<Face<'v>>);

enum Face<'v> {
    Absent,
    /// A body that is no string.
    Value(&'v Value),
    Text(Body<'v>),
    /// A string that is not the base64 that it is flagged as.
    Undecodable(&'v Value),
}

impl<'v> Bodies<'v> {
    pub(super) fn read(responses: &[&'v Map<String, Value>]) -> Self {
        let face = |response: &&'v Map<String, Value>| match response.get("body") {
            None => Face::Absent,
            Some(raw @ Value::String(text)) => {
                let encoded = response.get("isBase64Encoded") == Some(&Value::Bool(true));
                Body::read(raw, text, encoded).map_or(Face::Undecodable(raw), Face::Text)
            }
            Some(value) => Face::Value(value),
        };
        Self(responses.iter().map(face).collect())
    }

    /// What an expectation that is no string is matched against; `None` when one of them cannot be decoded.
    pub(super) fn values(&self) -> Option<Vec<Option<&Value>>> {
        self.0.iter().map(Face::value).collect()
    }

    /// What a pattern is searched for in, where every body is a string and the document in it, if any, is one too.
    pub(super) fn texts(&self) -> Option<Vec<&str>> {
        self.0.iter().map(Face::text).collect()
    }

    /// The string that every body is.
    pub(super) fn same_raw(&self) -> Option<&str> {
        let mut raw = self.0.iter().map(|face| match face {
            Face::Text(body) => body.raw.as_str(),
            Face::Undecodable(raw) => raw.as_str(),
            Face::Absent | Face::Value(_) => None,
        });
        let first = raw.next()??;
        raw.all(|other| other == Some(first)).then_some(first)
    }
}

impl Face<'_> {
    fn value(&self) -> Option<Option<&Value>> {
        match self {
            Self::Absent => Some(None),
            Self::Value(value) => Some(Some(value)),
            Self::Text(body) => Some(Some(body.value())),
            Self::Undecodable(_) => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(body) if body.value().is_string() => body.text().as_str(),
            Self::Text(_) | Self::Absent | Self::Value(_) | Self::Undecodable(_) => None,
        }
    }
}
