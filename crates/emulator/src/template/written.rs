//! A template as its text has it: nothing merged, nothing resolved, everything with its line.

use super::error::{Place, TemplateError};
use super::loader;
use super::node::{Data, Node};

/// A template's text as a tree.
#[derive(Debug)]
pub struct Document(pub(super) Node);

impl Document {
    /// Reads YAML, of which JSON is a subset. Aliases and `<<` become what they stand for.
    ///
    /// # Errors
    /// YAML's own, or a key that is given twice.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        loader::load(text).map(Self)
    }

    /// The whole.
    pub fn top(&self) -> Written<'_> {
        Written(&self.0)
    }

    /// The whole as JSON in which every scalar is the text that is written; short forms of functions are long ones.
    pub fn into_json(self) -> serde_json::Value {
        self.0.into_json()
    }
}

/// A part of a [`Document`].
#[derive(Clone, Copy, Debug)]
pub struct Written<'d>(&'d Node);

impl<'d> Written<'d> {
    /// Where the value is written, or its key when the value begins on a later line than the key.
    pub fn place(self) -> Place {
        self.0.at.place()
    }

    /// The value of a key; `None` if there is none, or this is no mapping.
    pub fn get(self, key: &str) -> Option<Self> {
        match &self.0.data {
            Data::Map(map) => map.get(key).map(Self),
            Data::Scalar { .. } | Data::List(_) => None,
        }
    }

    /// What lies below these keys.
    pub fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |part, key| part.get(key))
    }

    /// The entries of a mapping, in the order of the text; none of anything else.
    pub fn entries(self) -> impl Iterator<Item = (&'d str, Self)> {
        let map = match &self.0.data {
            Data::Map(map) => Some(map),
            Data::Scalar { .. } | Data::List(_) => None,
        };
        map.into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), Self(value)))
    }

    /// The items of a list; `None` of anything else.
    pub fn items(self) -> Option<Vec<Self>> {
        match &self.0.data {
            Data::List(items) => Some(items.iter().map(Self).collect()),
            Data::Scalar { .. } | Data::Map(_) => None,
        }
    }

    /// The text of a scalar; `None` of anything else.
    pub fn as_text(self) -> Option<&'d str> {
        match &self.0.data {
            Data::Scalar { text, .. } => Some(text),
            Data::List(_) | Data::Map(_) => None,
        }
    }
}
