//! What an event's own expectation says of a field, so that comparing need not judge it a second time.

use serde_json::Value;

use crate::expectation::{Node, ObjectNode, Word};

/// What an expectation says of one field and of what is below it.
///
/// Expectations match as subsets, so that what they do not name has not been judged. Where it is not plain that the
/// expectation has judged something, it is not covered, and a difference in it counts.
#[derive(Clone, Copy)]
pub(super) enum Cover<'e> {
    /// Nothing.
    Nothing,
    /// All of it: it is a certain scalar, which a body that is compared decoded can be as text, or is not there at all.
    Everything,
    /// What the field itself is, and some of its members. Instructions look at the field and name nothing below it.
    Members(&'e ObjectNode),
    /// How many elements it has, and something of each.
    Elements(&'e [Node]),
    /// Some of the response's headers, in `headers` or in `multiValueHeaders`, which have become one.
    Headers(Option<&'e Node>, Option<&'e Node>),
}

impl<'e> From<Option<&'e Node>> for Cover<'e> {
    fn from(node: Option<&'e Node>) -> Self {
        match node {
            None => Self::Nothing,
            Some(Node::Scalar(_)) => Self::Everything,
            Some(Node::Array(nodes)) => Self::Elements(nodes),
            Some(Node::Object(object)) if matches!(object.words[..], [Word::Absent]) => {
                Self::Everything
            }
            Some(Node::Object(object)) => Self::Members(object),
        }
    }
}

impl<'e> Cover<'e> {
    /// What is said of a member; `of_response` when it is one of the whole answer's, where headers have their own rules.
    pub(super) fn member(self, name: &str, of_response: bool) -> Self {
        match self {
            Self::Everything => Self::Everything,
            Self::Nothing | Self::Elements(_) => Self::Nothing,
            Self::Members(object) if of_response && name == "headers" => {
                let find = |name: &str| find(object, |other| other == name);
                Self::Headers(find("headers"), find("multiValueHeaders"))
            }
            Self::Members(object) => find(object, |other| other == name).into(),
            Self::Headers(single, lists) => {
                let mut nodes = [single, lists].into_iter().filter_map(|node| match node {
                    Some(Node::Object(object)) => {
                        find(object, |other| other.eq_ignore_ascii_case(name))
                    }
                    Some(Node::Scalar(_) | Node::Array(_)) | None => None,
                });
                nodes.next().into()
            }
        }
    }

    /// What is said of an element. Which one `$contains` has found is not known, so that it speaks of none.
    pub(super) fn element(self, index: usize) -> Self {
        match self {
            Self::Everything => Self::Everything,
            Self::Elements(nodes) => nodes.get(index).into(),
            Self::Nothing | Self::Members(_) | Self::Headers(..) => Self::Nothing,
        }
    }

    /// Whether it says how many elements an array has. Of those that only one side has, nothing else is compared.
    pub(super) fn covers_length(self) -> bool {
        match self {
            Self::Everything | Self::Elements(_) => true,
            Self::Members(object) => object.words.iter().any(|word| matches!(word, Word::Len(_))),
            Self::Nothing | Self::Headers(..) => false,
        }
    }

    /// Whether it speaks of everything in the value that one side of a difference has at the field,
    /// which may be the whole response.
    pub(super) fn covers(self, value: Option<&Value>, is_response: bool) -> bool {
        match (self, value) {
            (Self::Nothing | Self::Headers(None, None), _) => false,
            (Self::Everything, _) => true,
            (_, Some(Value::Object(members))) => members
                .iter()
                .all(|(name, value)| self.member(name, is_response).covers(Some(value), false)),
            (_, Some(Value::Array(items))) => items
                .iter()
                .enumerate()
                .all(|(index, item)| self.element(index).covers(Some(item), false)),
            // What the field itself is has been judged, and there is nothing below it.
            (Self::Members(_) | Self::Elements(_) | Self::Headers(..), _) => true,
        }
    }
}

fn find(object: &ObjectNode, is: impl Fn(&str) -> bool) -> Option<&Node> {
    let mut members = object.members.iter();
    members
        .find(|(name, _)| is(name))
        .map(|(_, expected)| expected)
}
