//! The tree of an expectation, and how it is written as JSON.

use std::cmp::Ordering;

use regex::Regex;
use serde_json::{Map, Number, Value};

/// What is expected of one value.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// `null`, a boolean, a number or a string: exactly that.
    Scalar(Value),
    /// As many elements, each as expected.
    Array(Vec<Node>),
    /// A set of constraints.
    Object(ObjectNode),
}

/// Constraints on a value: those on itself, and those on its members.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectNode {
    /// The instructions, all of which must hold.
    pub(crate) words: Vec<Word>,
    /// The members, by their names without the escaping `$`.
    pub(crate) members: Vec<(String, Node)>,
}

/// An instruction with its argument.
#[derive(Debug, Clone)]
pub(crate) enum Word {
    Any,
    Absent,
    Type(Vec<JsonType>),
    Regex(Regex),
    Contains(Box<Node>),
    OneOf(Vec<Node>),
    Compare(Comparison, Number),
    Len(Box<Node>),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    Gt,
    Gte,
    Lt,
    Lte,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    Null,
    Boolean,
    Number,
    Integer,
    String,
    Array,
    Object,
}

impl Node {
    /// Whether a value that is not there can be as expected: only `$absent` says so, also as an alternative of `$oneOf`.
    pub(crate) fn allows_absence(&self) -> bool {
        match self {
            Self::Scalar(_) | Self::Array(_) => false,
            Self::Object(object) => {
                !object.needs_object() && object.words.iter().all(Word::allows_absence)
            }
        }
    }

    /// Whether it speaks of the value's presence, type and length only, and so reveals nothing of a credential.
    pub(crate) fn is_about_shape(&self) -> bool {
        match self {
            Self::Scalar(_) | Self::Array(_) => false,
            Self::Object(object) => {
                object.members.is_empty() && object.words.iter().all(Word::is_about_shape)
            }
        }
    }

    /// The node as the author wrote it, apart from the order of instructions and members.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Array(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(object) => {
                let words = object.words.iter().map(Word::to_entry);
                let members = object
                    .members
                    .iter()
                    .map(|(name, node)| (escaped(name), node.to_value()));
                words.chain(members).collect()
            }
        }
    }
}

impl ObjectNode {
    /// Whether only an object can match: instructions alone also fit other values, `{}` does not.
    pub(crate) fn needs_object(&self) -> bool {
        self.words.is_empty() || !self.members.is_empty()
    }
}

impl Word {
    fn allows_absence(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::OneOf(alternatives) => alternatives.iter().any(Node::allows_absence),
            Self::Any
            | Self::Type(_)
            | Self::Regex(_)
            | Self::Contains(_)
            | Self::Compare(..)
            | Self::Len(_) => false,
        }
    }

    /// See [`Node::is_about_shape`].
    pub(crate) fn is_about_shape(&self) -> bool {
        match self {
            Self::Any | Self::Absent | Self::Type(_) | Self::Len(_) => true,
            Self::Regex(_) | Self::Contains(_) | Self::OneOf(_) | Self::Compare(..) => false,
        }
    }

    /// The instruction as an object of its own.
    pub(crate) fn to_value(&self) -> Value {
        Value::Object(Map::from_iter([self.to_entry()]))
    }

    fn to_entry(&self) -> (String, Value) {
        let (word, argument) = match self {
            Self::Any => ("$any", true.into()),
            Self::Absent => ("$absent", true.into()),
            Self::Type(types) => match types.as_slice() {
                [one] => ("$type", one.name().into()),
                several => ("$type", several.iter().map(|one| one.name()).collect()),
            },
            Self::Regex(regex) => ("$regex", regex.as_str().into()),
            Self::Contains(node) => ("$contains", node.to_value()),
            Self::OneOf(nodes) => ("$oneOf", nodes.iter().map(Node::to_value).collect()),
            Self::Compare(comparison, number) => (comparison.word(), number.clone().into()),
            Self::Len(node) => ("$len", node.to_value()),
        };
        (word.to_owned(), argument)
    }
}

impl Comparison {
    pub(crate) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Gt => ordering.is_gt(),
            Self::Gte => ordering.is_ge(),
            Self::Lt => ordering.is_lt(),
            Self::Lte => ordering.is_le(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Gt => "$gt",
            Self::Gte => "$gte",
            Self::Lt => "$lt",
            Self::Lte => "$lte",
        }
    }
}

impl JsonType {
    pub(crate) const ALL: [Self; 7] = [
        Self::Null,
        Self::Boolean,
        Self::Number,
        Self::Integer,
        Self::String,
        Self::Array,
        Self::Object,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// A member's name as an expectation writes it.
pub(crate) fn escaped(name: &str) -> String {
    if name.starts_with('$') {
        format!("${name}")
    } else {
        name.to_owned()
    }
}
