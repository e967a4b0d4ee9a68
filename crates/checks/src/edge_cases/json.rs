//! JSON as it is spelled: what is not changed keeps its numbers, its escapes and the order of its members.

use std::fmt::{self, Write};
use std::ops::Range;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::raw::Members;

/// How deep values are looked into; below, a value is taken as a whole. Each level costs a pass over its text.
const DEEPEST: usize = 64;

/// A JSON value.
#[derive(Debug, Clone)]
pub(super) enum Json {
    /// A literal or a number as it is spelled; and what cannot be looked into: a string that stands for no text (`"\ud800"`), what
    /// nests too deeply.
    Raw(Box<str>),
    /// A string.
    Text(Box<str>),
    /// A string that holds an object or an array as JSON text, as the `body` of an API Gateway request does.
    Held { text: Box<str>, document: Box<Json> },
    /// Its elements.
    Array(Vec<Json>),
    /// Its members in their order; a repeated name stays repeated.
    Object(Vec<(Box<str>, Json)>),
}

/// A change to the value at some place.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    /// This JSON text in its stead.
    Replace(String),
    /// The same array or object without these of its elements or members.
    Without(Range<usize>),
    /// The same object with this member, whose value is JSON text, after its own.
    With { name: String, value: String },
    /// Its child in its stead.
    Child(usize),
    /// The same string without these of its characters.
    Shorten(Range<usize>),
}

/// What changes where: the indices of the children on the way down. The document in a string is its child 0.
pub(super) type Change<'c> = (&'c [usize], &'c Edit);

impl Json {
    /// Reads JSON text of any depth.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let raw: &RawValue = serde_json::from_str(text)?;
        Ok(Self::read(raw.get(), 0))
    }

    fn read(raw: &str, depth: usize) -> Self {
        let is_within = depth < DEEPEST;
        let read = match raw.as_bytes().first() {
            Some(b'[') if is_within => {
                serde_json::from_str::<Vec<&RawValue>>(raw)
                    .ok()
                    .map(|items| {
                        let items = items.iter().map(|item| Self::read(item.get(), depth + 1));
                        Self::Array(items.collect())
                    })
            }
            Some(b'{') if is_within => Self::object(raw, depth),
            Some(b'"') => serde_json::from_str::<String>(raw)
                .ok()
                .map(|text| Self::text(text, depth)),
            _ => None,
        };
        read.unwrap_or_else(|| Self::Raw(raw.into()))
    }

    /// `None` where a name stands for no text.
    fn object(raw: &str, depth: usize) -> Option<Self> {
        let members = Members::of(raw).ok()?.0.into_iter();
        let members = members.map(|(name, value)| {
            let name: String = serde_json::from_str(name.get()).ok()?;
            Some((name.into(), Self::read(value.get(), depth + 1)))
        });
        members.collect::<Option<_>>().map(Self::Object)
    }

    fn text(text: String, depth: usize) -> Self {
        let held = Some(text.trim_start())
            .filter(|start| depth < DEEPEST && start.starts_with(['{', '[']))
            .and_then(|_| serde_json::from_str::<&RawValue>(&text).ok())
            .map(|raw| Self::read(raw.get(), depth + 1));
        match held {
            Some(document @ (Self::Array(_) | Self::Object(_))) => Self::Held {
                text: text.into(),
                document: Box::new(document),
            },
            _ => Self::Text(text.into()),
        }
    }

    /// The child at an index: an element, the value of a member, the document in a string.
    pub(super) fn child(&self, index: usize) -> Option<&Self> {
        match self {
            Self::Array(items) => items.get(index),
            Self::Object(members) => members.get(index).map(|(_, value)| value),
            Self::Held { document, .. } => (index == 0).then_some(document),
            Self::Raw(_) | Self::Text(_) => None,
        }
    }

    /// How many children there are.
    pub(super) fn children(&self) -> usize {
        match self {
            Self::Array(items) => items.len(),
            Self::Object(members) => members.len(),
            Self::Held { .. } => 1,
            Self::Raw(_) | Self::Text(_) => 0,
        }
    }

    /// The value at a place.
    pub(super) fn at(&self, path: &[usize]) -> Option<&Self> {
        path.iter().try_fold(self, |node, index| node.child(*index))
    }

    /// The value as JSON text without white space, changed where there is a change.
    pub(super) fn compact(&self, change: Option<Change<'_>>) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out, change);
        out
    }

    /// The same where the documents in strings have no white space.
    pub(super) fn canonical(&self) -> Self {
        match self {
            Self::Raw(_) | Self::Text(_) => self.clone(),
            Self::Held { document, .. } => {
                let document = document.canonical();
                Self::Held {
                    text: document.compact(None).into(),
                    document: Box::new(document),
                }
            }
            Self::Array(items) => Self::Array(items.iter().map(Self::canonical).collect()),
            Self::Object(members) => {
                let members = members.iter();
                Self::Object(
                    members
                        .map(|(name, value)| (name.clone(), value.canonical()))
                        .collect(),
                )
            }
        }
    }

    /// Writes [`compact`](Self::compact).
    pub(super) fn write(&self, out: &mut impl Write, change: Option<Change<'_>>) -> fmt::Result {
        let (own, within) = match change {
            Some(([], edit)) => (Some(edit), None),
            Some(([first, rest @ ..], edit)) => (None, Some((*first, (rest, edit)))),
            None => (None, None),
        };
        match own {
            Some(Edit::Replace(text)) => return out.write_str(text),
            Some(Edit::Child(index)) => {
                return match self.child(*index) {
                    Some(child) => child.write(out, None),
                    None => self.write(out, None),
                };
            }
            Some(Edit::Shorten(range)) => {
                if let Self::Text(text) | Self::Held { text, .. } = self {
                    return write_text(out, &shortened(text, range));
                }
            }
            Some(Edit::Without(_) | Edit::With { .. }) | None => {}
        }
        let stays =
            |index: &usize| !matches!(own, Some(Edit::Without(range)) if range.contains(index));
        let change_of =
            |index: usize| within.and_then(|(at, change)| (at == index).then_some(change));
        match self {
            Self::Raw(raw) => out.write_str(raw),
            Self::Text(text) => write_text(out, text),
            Self::Held { text, document } => match change_of(0) {
                None => write_text(out, text),
                Some(change) => write_text(out, &document.compact(Some(change))),
            },
            Self::Array(items) => {
                let mut list = List::begin(out, '[')?;
                for (index, item) in items.iter().enumerate().filter(|(index, _)| stays(index)) {
                    list.next(out)?;
                    item.write(out, change_of(index))?;
                }
                out.write_char(']')
            }
            Self::Object(members) => {
                let mut list = List::begin(out, '{')?;
                for (index, (name, value)) in
                    members.iter().enumerate().filter(|(index, _)| stays(index))
                {
                    list.next(out)?;
                    write_name(out, name)?;
                    value.write(out, change_of(index))?;
                }
                if let Some(Edit::With { name, value }) = own {
                    list.next(out)?;
                    write_name(out, name)?;
                    out.write_str(value)?;
                }
                out.write_char('}')
            }
        }
    }
}

/// The text without these of its characters.
fn shortened(text: &str, without: &Range<usize>) -> String {
    let mut bounds = text.char_indices().map(|(at, _)| at);
    let begin = bounds.nth(without.start).unwrap_or(text.len());
    let end = match without.len() {
        0 => begin,
        length => bounds.nth(length - 1).unwrap_or(text.len()),
    };
    [&text[..begin], &text[end..]].concat()
}

fn write_text(out: &mut impl Write, text: &str) -> fmt::Result {
    write!(out, "{}", Value::from(text))
}

fn write_name(out: &mut impl Write, name: &str) -> fmt::Result {
    write_text(out, name)?;
    out.write_char(':')
}

/// The commas of an array or object.
struct List {
    is_empty: bool,
}

impl List {
    fn begin(out: &mut impl Write, bracket: char) -> Result<Self, fmt::Error> {
        out.write_char(bracket)?;
        Ok(Self { is_empty: true })
    }

    fn next(&mut self, out: &mut impl Write) -> fmt::Result {
        if std::mem::replace(&mut self.is_empty, false) {
            return Ok(());
        }
        out.write_char(',')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &[usize], edit: Edit, expected: &str) {
        let json = Json::parse(text).unwrap();
        assert_eq!(json.compact(Some((path, &edit))), expected, "{text}");
    }

    fn replace(text: &str) -> Edit {
        Edit::Replace(text.to_owned())
    }

    #[test]
    fn what_is_not_changed_stays_as_it_is_spelled() {
        for text in [
            r#"{"b":1.50,"a":-0,"b":1e400,"c":[18446744073709551616,"\ud800"]}"#,
            r#"{"\ud800":[ 1, 2 ]}"#,
            r#"{"body":" { \"n\" : 1.0 } "}"#,
            &("[".repeat(5000) + &"]".repeat(5000)),
        ] {
            assert_eq!(Json::parse(text).unwrap().compact(None), text);
        }
        assert_eq!(
            Json::parse(" { \"a\" : [ ] } ").unwrap().compact(None),
            r#"{"a":[]}"#
        );
        for text in ["", "{", "[1,]", "1 2", "{\"a\":}"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_change_is_made_in_one_place() {
        let event = r#"{"a":1,"b":[{"c":2.0},3],"d":{}}"#;
        check(event, &[], replace("null"), "null");
        check(
            event,
            &[1, 0, 0],
            replace("\"x\""),
            r#"{"a":1,"b":[{"c":"x"},3],"d":{}}"#,
        );
        check(
            event,
            &[],
            Edit::Without(0..1),
            r#"{"b":[{"c":2.0},3],"d":{}}"#,
        );
        check(event, &[], Edit::Without(1..3), r#"{"a":1}"#);
        check(event, &[1], Edit::Without(0..2), r#"{"a":1,"b":[],"d":{}}"#);
        check(
            event,
            &[1],
            Edit::Child(0),
            r#"{"a":1,"b":{"c":2.0},"d":{}}"#,
        );
        let with = Edit::With {
            name: "\"".to_owned(),
            value: "0".to_owned(),
        };
        check(
            event,
            &[2],
            with,
            r#"{"a":1,"b":[{"c":2.0},3],"d":{"\"":0}}"#,
        );
    }

    #[test]
    fn a_string_is_shortened_by_characters() {
        let event = r#"{"a":"é漢x","body":"[1]"}"#;
        for (range, expected) in [
            (0..3, ""),
            (0..1, "漢x"),
            (1..2, "éx"),
            (1..3, "é"),
            (2..9, "é漢"),
            (1..1, "é漢x"),
            (5..9, "é漢x"),
        ] {
            let expected = format!(r#"{{"a":"{expected}","body":"[1]"}}"#);
            check(event, &[0], Edit::Shorten(range), &expected);
        }
        check(
            event,
            &[1],
            Edit::Shorten(0..1),
            r#"{"a":"é漢x","body":"1]"}"#,
        );
    }

    #[test]
    fn a_document_in_a_string_is_changed_within_it() {
        let event = r#"{"body":"{\"a\": [1, \"{\\\"b\\\":2}\"]}"}"#;
        check(
            event,
            &[0, 0, 0, 0],
            replace("5"),
            r#"{"body":"{\"a\":[5,\"{\\\"b\\\":2}\"]}"}"#,
        );
        check(
            event,
            &[0, 0, 0, 1, 0],
            Edit::Without(0..1),
            r#"{"body":"{\"a\":[1,\"{}\"]}"}"#,
        );
        check(event, &[0], replace("\"\""), r#"{"body":""}"#);
    }
}
