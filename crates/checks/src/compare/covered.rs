//! What an event's own expectation says of a field, so that comparing need not judge it a second time.

use serde_json::Value;

use crate::expectation::{Node, ObjectNode};

/// What an expectation says of one field and of what is below it.
#[derive(Clone, Copy)]
pub(super) enum Cover<'e> {
    /// Nothing.
    Nothing,
    /// A leaf of the expectation (a scalar, an instruction, an array) constrains the field, or one above it.
    Everything,
    /// Some of its members.
    Members(&'e ObjectNode),
    /// Some of the response's headers, in `headers` or in `multiValueHeaders`, which have become one.
    Headers(Option<&'e Node>, Option<&'e Node>),
}

impl<'e> From<Option<&'e Node>> for Cover<'e> {
    fn from(node: Option<&'e Node>) -> Self {
        match node {
            None => Self::Nothing,
            Some(Node::Object(object)) if object.words.is_empty() => Self::Members(object),
            Some(Node::Scalar(_) | Node::Array(_) | Node::Object(_)) => Self::Everything,
        }
    }
}

impl<'e> Cover<'e> {
    /// What is said of a member; `of_response` when it is one of the whole answer's, where headers have their own rules.
    pub(super) fn member(self, name: &str, of_response: bool) -> Self {
        match self {
            Self::Nothing | Self::Everything => self,
            Self::Members(object) if of_response && name == "headers" => {
                let find = |name: &str| find(object, |other| other == name);
                Self::Headers(find("headers"), find("multiValueHeaders"))
            }
            Self::Members(object) => find(object, |other| other == name).into(),
            Self::Headers(single, lists) => match (Self::from(single), Self::from(lists)) {
                (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
                (single, lists) => {
                    let mut nodes = [single, lists].into_iter().filter_map(|cover| match cover {
                        Self::Members(object) => {
                            find(object, |other| other.eq_ignore_ascii_case(name))
                        }
                        Self::Nothing | Self::Everything | Self::Headers(..) => None,
                    });
                    nodes.next().into()
                }
            },
        }
    }

    /// What is said of an element: an expectation that speaks of one is an array, and covers them all.
    pub(super) fn element(self) -> Self {
        match self {
            Self::Everything => Self::Everything,
            Self::Nothing | Self::Members(_) | Self::Headers(..) => Self::Nothing,
        }
    }

    /// Whether it says what the field itself is, if only that it is an object.
    pub(super) fn covers_itself(self) -> bool {
        match self {
            Self::Nothing | Self::Headers(None, None) => false,
            Self::Everything | Self::Members(_) | Self::Headers(..) => true,
        }
    }

    /// Whether it speaks of everything in the value that one side of a difference has at the field,
    /// which may be the whole response.
    pub(super) fn covers(self, value: Option<&Value>, is_response: bool) -> bool {
        match (self, value) {
            (Self::Members(_) | Self::Headers(..), Some(Value::Object(members))) => members
                .iter()
                .all(|(name, value)| self.member(name, is_response).covers(Some(value), false)),
            _ => self.covers_itself(),
        }
    }
}

fn find(object: &ObjectNode, is: impl Fn(&str) -> bool) -> Option<&Node> {
    let mut members = object.members.iter();
    members
        .find(|(name, _)| is(name))
        .map(|(_, expected)| expected)
}
