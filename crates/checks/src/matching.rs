//! Matching an expectation against a value, finding every mismatch.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::Mismatch;
use crate::expectation::{JsonType, Node, ObjectNode, Word};
use crate::number;
use crate::path::Path;
use crate::response::{self, Body};
use crate::shown::{MASK, shown};

/// What an expectation is matched against: a value, nothing, or a `body` with its two faces, text and document.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'v> {
    Absent,
    Value(&'v Value),
    Body(&'v Body<'v>),
}

impl<'v> From<Option<&'v Value>> for Subject<'v> {
    fn from(value: Option<&'v Value>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

/// Walks an expectation (`'e`) along the values that it speaks of. Recursion is as deep as the expectation,
/// which `serde_json` bounded when it was read.
#[derive(Default)]
pub(crate) struct Matcher<'e> {
    pub(crate) path: Path<'e>,
    /// Whether only the verdict counts, as for an alternative of `$oneOf`.
    quiet: bool,
    mismatches: Vec<Mismatch>,
}

/// Whether a value below the top of an answer, or nothing there, is as expected.
pub(crate) fn holds(node: &Node, value: Option<&Value>) -> bool {
    let mut matcher = Matcher {
        quiet: true,
        ..Matcher::default()
    };
    // Anywhere but at the top, where `body` and `headers` have rules of their own.
    matcher.path.enter_element(0);
    matcher.check(node, Subject::from(value))
}

/// Whether a response has such a member, by the rules for `body` and `headers`.
pub(crate) fn response_holds(member: &(String, Node), response: &Value) -> bool {
    let node = Node::Object(ObjectNode {
        words: Vec::new(),
        members: vec![member.clone()],
    });
    let mut matcher = Matcher {
        quiet: true,
        ..Matcher::default()
    };
    matcher.check(&node, Subject::Value(response))
}

enum Expected<'e> {
    Node(&'e Node),
    Word(&'e Word),
    Len(usize),
}

enum Actual<'v> {
    Absent,
    Value(&'v Value),
    Len(usize),
}

impl<'e> Matcher<'e> {
    pub(crate) fn into_mismatches(self) -> Vec<Mismatch> {
        self.mismatches
    }

    /// Whether the subject is as expected; every mismatch is noted on the way.
    pub(crate) fn check(&mut self, node: &'e Node, subject: Subject<'_>) -> bool {
        let value = match subject {
            Subject::Absent if node.allows_absence() => return true,
            Subject::Absent => return self.note(Expected::Node(node), Actual::Absent),
            Subject::Value(value) => value,
            Subject::Body(body) => body.value(),
        };
        match node {
            Node::Scalar(Value::String(text)) => {
                let value = match subject {
                    Subject::Body(body) => body.raw,
                    Subject::Absent | Subject::Value(_) => value,
                };
                value == text || self.note(Expected::Node(node), Actual::Value(value))
            }
            Node::Scalar(scalar) => {
                same(scalar, value) || self.note(Expected::Node(node), Actual::Value(value))
            }
            Node::Array(nodes) => match value {
                Value::Array(items) => self.check_items(nodes, items),
                _ => self.note(Expected::Node(node), Actual::Value(value)),
            },
            Node::Object(object) => match value {
                Value::Object(members) => {
                    // Both are evaluated: every mismatch is reported.
                    self.check_words(&object.words, subject, value)
                        & self.check_members(object, members)
                }
                _ if object.needs_object() => self.note(Expected::Node(node), Actual::Value(value)),
                _ => self.check_words(&object.words, subject, value),
            },
        }
    }

    /// Whether the subject is as expected, without noting anything.
    fn would_match(&mut self, node: &'e Node, subject: Subject<'_>) -> bool {
        let quiet = std::mem::replace(&mut self.quiet, true);
        let met = self.check(node, subject);
        self.quiet = quiet;
        met
    }

    fn check_items(&mut self, nodes: &'e [Node], items: &[Value]) -> bool {
        let mut met = nodes.len() == items.len()
            || self.note(Expected::Len(nodes.len()), Actual::Len(items.len()));
        for (index, (node, item)) in nodes.iter().zip(items).enumerate() {
            self.path.enter_element(index);
            met &= self.check(node, Subject::Value(item));
            self.path.leave();
        }
        met
    }

    fn check_members(&mut self, object: &'e ObjectNode, members: &Map<String, Value>) -> bool {
        let is_response = self.path.is_root();
        let mut met = true;
        for (name, node) in &object.members {
            let value = members.get(name);
            self.path.enter_member(name);
            met &= match (name.as_str(), value) {
                ("body", Some(raw @ Value::String(text))) if is_response => {
                    let encoded = members.get("isBase64Encoded") == Some(&Value::Bool(true));
                    self.check_body(node, raw, text, encoded)
                }
                ("headers", _) if is_response => self.check_headers(node, members),
                _ => self.check(node, Subject::from(value)),
            };
            self.path.leave();
        }
        met
    }

    fn check_body(&mut self, node: &'e Node, raw: &Value, text: &str, encoded: bool) -> bool {
        match Body::read(raw, text, encoded) {
            Some(body) => self.check(node, Subject::Body(&body)),
            // API Gateway cannot decode it either. Only the raw string itself is still known.
            None if matches!(node, Node::Scalar(Value::String(_))) => {
                self.check(node, Subject::Value(raw))
            }
            None => self.note(Expected::Node(node), Actual::Value(raw)),
        }
    }

    /// Header names compare case-insensitively, in `headers` and `multiValueHeaders`; any value of a name may match.
    fn check_headers(&mut self, node: &'e Node, response: &Map<String, Value>) -> bool {
        let single = response.get("headers");
        let lists = response.get("multiValueHeaders").and_then(Value::as_object);
        let object = match node {
            Node::Object(object) if object.needs_object() => object,
            Node::Object(_) | Node::Array(_) | Node::Scalar(_) => {
                return self.check(node, Subject::from(single));
            }
        };
        let none = Value::Object(Map::new());
        let (headers, value) = match (single, lists) {
            (Some(value @ Value::Object(headers)), _) => (Some(headers), value),
            (Some(Value::Null) | None, Some(_)) => (None, &none),
            _ => return self.check(node, Subject::from(single)),
        };
        let mut met = self.check_words(&object.words, Subject::Value(value), value);
        for (name, node) in &object.members {
            self.path.enter_member(name);
            let wants_list = matches!(node, Node::Array(_));
            let found = response::header_values(headers, lists, name, wants_list);
            met &= found
                .iter()
                .any(|value| self.would_match(node, Subject::Value(value)))
                || self.check(node, Subject::from(found.first().copied()));
            self.path.leave();
        }
        met
    }

    fn check_words(&mut self, words: &'e [Word], subject: Subject<'_>, value: &Value) -> bool {
        let mut met = true;
        for word in words {
            met &= self.check_word(word, subject, value);
        }
        met
    }

    /// `value` is what `subject` holds.
    fn check_word(&mut self, word: &'e Word, subject: Subject<'_>, value: &Value) -> bool {
        let mut actual = Actual::Value(value);
        let met = match word {
            Word::Any => true,
            Word::Absent => false,
            Word::Type(types) => types.iter().any(|one| is_of(*one, value)),
            Word::Regex(regex) => {
                let text = match subject {
                    Subject::Body(body) => body.text(),
                    Subject::Absent | Subject::Value(_) => value,
                };
                actual = Actual::Value(text);
                text.as_str().is_some_and(|text| regex.is_match(text))
            }
            Word::Contains(node) => match (value, &**node) {
                (Value::String(text), Node::Scalar(Value::String(part))) => text.contains(part),
                (Value::Array(items), node) => self.contains(node, items),
                _ => false,
            },
            Word::OneOf(nodes) => nodes.iter().any(|node| self.would_match(node, subject)),
            Word::Compare(comparison, bound) => value
                .as_number()
                .is_some_and(|number| comparison.holds(number::compare(number, bound))),
            Word::Len(node) => match len(value) {
                Some(len) => {
                    actual = Actual::Len(len);
                    self.would_match(node, Subject::Value(&len.into()))
                }
                None => false,
            },
        };
        met || self.note(Expected::Word(word), actual)
    }

    fn contains(&mut self, node: &'e Node, items: &[Value]) -> bool {
        items.iter().enumerate().any(|(index, item)| {
            self.path.enter_element(index);
            let met = self.would_match(node, Subject::Value(item));
            self.path.leave();
            met
        })
    }

    /// Notes a mismatch, with nothing in it that would tell a credential. Returns `false`, the verdict.
    fn note(&mut self, expected: Expected<'e>, actual: Actual<'_>) -> bool {
        if self.quiet {
            return false;
        }
        let credential = self.path.is_credential();
        let conceal = |value: Cow<'_, Value>, reveals_nothing: bool| {
            if credential && !reveals_nothing {
                Value::from(MASK)
            } else {
                shown(&value)
            }
        };
        self.mismatches.push(Mismatch {
            path: self.path.shown(),
            expected: match expected {
                Expected::Node(node) => conceal(Cow::Owned(node.to_value()), node.is_about_shape()),
                Expected::Word(word) => conceal(Cow::Owned(word.to_value()), word.is_about_shape()),
                Expected::Len(len) => has_len(len),
            },
            actual: match actual {
                Actual::Absent => None,
                Actual::Value(value) => Some(conceal(Cow::Borrowed(value), false)),
                Actual::Len(len) => Some(has_len(len)),
            },
            compared_with: None,
        });
        false
    }
}

fn has_len(len: usize) -> Value {
    serde_json::json!({ "$len": len })
}

pub(crate) fn same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(expected), Value::Number(actual)) => {
            number::compare(expected, actual).is_eq()
        }
        _ => expected == actual,
    }
}

pub(crate) fn is_of(one: JsonType, value: &Value) -> bool {
    match one {
        JsonType::Null => value.is_null(),
        JsonType::Boolean => value.is_boolean(),
        JsonType::Number => value.is_number(),
        JsonType::Integer => value.as_number().is_some_and(number::is_whole),
        JsonType::String => value.is_string(),
        JsonType::Array => value.is_array(),
        JsonType::Object => value.is_object(),
    }
}

/// Characters of a string (Unicode scalar values), elements of an array, members of an object.
fn len(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
