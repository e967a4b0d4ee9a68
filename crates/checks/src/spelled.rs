//! JSON as it is spelled: numbers and strings that nobody touches are written as they were read.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use crate::path::names_credential;
use crate::raw::Members;
use crate::shown::MASK;

/// The deepest that arrays and objects are laid out and compared by what they hold; what is deeper stays the text that it is.
const DEPTH_LIMIT: usize = 127;

/// A JSON text, read.
///
/// Two are equal when they hold the same: white space, escapes and the order of members make no difference. Numbers are
/// the same when they are spelled alike: what a function is sent tells `1` from `1.0`, and `1e400` is no other number.
#[derive(Clone)]
pub struct Spelled(Node);

#[derive(Clone)]
enum Node {
    /// What has no parts, or is too deep: its text.
    Text(String),
    Array(Vec<Node>),
    /// Names as they are written, with their quotes; repeated ones stay.
    Object(Vec<(String, Node)>),
}

impl Spelled {
    /// Reads a JSON text of whatever depth.
    ///
    /// # Errors
    ///
    /// The text is not JSON; the message has line and column.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        Ok(Self(Node::of(serde_json::from_str(text)?, 0)?))
    }

    /// In one line, laid out as Python's `json.dumps` does, which is how SAM CLI writes: `{"a": [1, 2]}`.
    pub fn one_line(&self) -> String {
        let mut out = String::new();
        self.0.write(&mut out, None);
        out
    }

    /// Over several lines, two spaces for each level, without a line end after the last.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.0.write(&mut out, Some(0));
        out
    }

    /// The same with everything masked whose name looks like a credential's.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self(self.0.masked())
    }
}

impl PartialEq for Spelled {
    fn eq(&self, other: &Self) -> bool {
        self.0.holds_the_same(&other.0)
    }
}

/// Payloads must not reach logs.
impl fmt::Debug for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spelled").finish_non_exhaustive()
    }
}

impl Node {
    fn of(raw: &RawValue, depth: usize) -> Result<Self, serde_json::Error> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'[' | b'{') if depth >= DEPTH_LIMIT => Ok(Self::Text(text.to_owned())),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                let items = items.into_iter().map(|item| Self::of(item, depth + 1));
                Ok(Self::Array(items.collect::<Result<_, _>>()?))
            }
            Some(b'{') => {
                let members = Members::of(text)?.0.into_iter();
                let members = members
                    .map(|(name, value)| Ok((name.get().to_owned(), Self::of(value, depth + 1)?)));
                Ok(Self::Object(members.collect::<Result<_, _>>()?))
            }
            _ => Ok(Self::Text(text.to_owned())),
        }
    }

    /// `indent` is the level, and `None` asks for one line.
    fn write(&self, out: &mut String, indent: Option<usize>) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Array(items) => {
                let items = items.iter().map(|item| (None, item));
                write_all(out, ('[', ']'), items, indent);
            }
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (Some(name.as_str()), value));
                write_all(out, ('{', '}'), members, indent);
            }
        }
    }

    fn holds_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => decoded(one) == decoded(other),
            (Self::Array(one), Self::Array(other)) => {
                one.len() == other.len()
                    && one
                        .iter()
                        .zip(other)
                        .all(|(one, other)| one.holds_the_same(other))
            }
            (Self::Object(one), Self::Object(other)) => {
                let (one, other) = (sorted(one), sorted(other));
                one.len() == other.len()
                    && one
                        .iter()
                        .zip(&other)
                        .all(|((name, one), (other_name, other))| {
                            name == other_name && one.holds_the_same(other)
                        })
            }
            (Self::Text(_) | Self::Array(_) | Self::Object(_), _) => false,
        }
    }

    fn masked(&self) -> Self {
        match self {
            Self::Text(_) => self.clone(),
            Self::Array(items) => Self::Array(items.iter().map(Self::masked).collect()),
            Self::Object(members) => {
                let mask = |(name, value): &(String, Self)| {
                    let value = if names_credential(&decoded(name)) {
                        Self::Text(format!("\"{MASK}\""))
                    } else {
                        value.masked()
                    };
                    (name.clone(), value)
                };
                Self::Object(members.iter().map(mask).collect())
            }
        }
    }
}

fn write_all<'a>(
    out: &mut String,
    (open, close): (char, char),
    parts: impl ExactSizeIterator<Item = (Option<&'a str>, &'a Node)>,
    indent: Option<usize>,
) {
    let is_empty = parts.len() == 0;
    let break_line = |out: &mut String, level: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    };
    out.push(open);
    for (position, (name, part)) in parts.enumerate() {
        match indent {
            None if position > 0 => out.push_str(", "),
            None => {}
            Some(level) => {
                if position > 0 {
                    out.push(',');
                }
                break_line(out, level + 1);
            }
        }
        if let Some(name) = name {
            out.push_str(name);
            out.push_str(": ");
        }
        part.write(out, indent.map(|level| level + 1));
    }
    if let (Some(level), false) = (indent, is_empty) {
        break_line(out, level);
    }
    out.push(close);
}

/// A string without its quotes and escapes. What is no string, or no text (half of a surrogate pair), is as it is spelled.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.starts_with('"') {
        return Cow::Borrowed(text);
    }
    // The quote keeps the string "1" apart from the number 1.
    serde_json::from_str::<String>(text).map_or(Cow::Borrowed(text), |decoded| {
        Cow::Owned(format!("\"{decoded}"))
    })
}

/// By decoded name; members of one name stay in their order.
fn sorted(members: &[(String, Node)]) -> Vec<(Cow<'_, str>, &Node)> {
    let mut sorted: Vec<_> = members
        .iter()
        .map(|(name, value)| (decoded(name), value))
        .collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_layout_changes() {
        let rows = [
            ("null", "null", "null"),
            (" -1.50E+3\n", "-1.50E+3", "-1.50E+3"),
            ("[ ]", "[]", "[]"),
            ("{\n}", "{}", "{}"),
            (
                "[1e400,12345678901234567890.0]",
                "[1e400, 12345678901234567890.0]",
                "[\n  1e400,\n  12345678901234567890.0\n]",
            ),
            (
                r#"{"b":{"a":[ ],"a" : 1},"\u0061":"\ud800 \/"}"#,
                r#"{"b": {"a": [], "a": 1}, "\u0061": "\ud800 \/"}"#,
                "{\n  \"b\": {\n    \"a\": [],\n    \"a\": 1\n  },\n  \"\\u0061\": \"\\ud800 \\/\"\n}",
            ),
        ];
        for (text, one_line, pretty) in rows {
            let spelled = Spelled::parse(text).unwrap();
            assert_eq!(spelled.one_line(), one_line);
            assert_eq!(spelled.pretty(), pretty);
        }
    }

    #[test]
    fn what_is_too_deep_stays_as_it_is() {
        let deep = "[".repeat(40_000) + " 1 " + &"]".repeat(40_000);
        let spelled = Spelled::parse(&deep).unwrap();
        assert_eq!(spelled.one_line(), deep);
        assert!(spelled.pretty().len() < deep.len() + 100_000);
        assert!(spelled == Spelled::parse(&spelled.pretty()).unwrap());
    }

    #[test]
    fn values_are_compared_by_what_they_hold() {
        let rows = [
            ("1", "1", true),
            ("1", "1.0", false),
            ("1", "\"1\"", false),
            ("[1,2]", "[ 1, 2 ]", true),
            ("[1,2]", "[2,1]", false),
            ("[1]", "[1,1]", false),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"\u0061":1}"#, true),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, false),
            (r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#, false),
            (r#""\u00fc""#, r#""ü""#, true),
            (r#""\ud800""#, r#""\ud800""#, true),
            ("null", "{}", false),
            ("[]", "{}", false),
        ];
        for (one, other, expected) in rows {
            let same = Spelled::parse(one).unwrap() == Spelled::parse(other).unwrap();
            assert_eq!(same, expected, "{one} {other}");
        }
    }

    #[test]
    fn credentials_are_masked() {
        let text = r#"[{"token":{"a":1},"b":{"Passw\u006frd":"x","c":"token"}}]"#;
        assert_eq!(
            Spelled::parse(text).unwrap().masked().one_line(),
            r#"[{"token": "***", "b": {"Passw\u006frd": "***", "c": "token"}}]"#
        );
    }
}
