//! The located nodes that a template's text is made of.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::error::{Place, TemplateError};

/// Where a node is written, cheap to clone.
#[derive(Clone)]
pub(super) struct At {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) path: Path,
}

/// A logical path, as its last step and a link to those before; empty for the template itself.
#[derive(Clone, Default)]
pub(super) struct Path(Option<Arc<Link>>);

struct Link {
    before: Path,
    step: Step,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Path {
    pub(super) const EMPTY: Self = Self(None);

    pub(super) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    fn step(&self, step: Step) -> Self {
        let before = self.clone();
        Self(Some(Arc::new(Link { before, step })))
    }

    fn steps(&self) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut path = self;
        while let Some(link) = &path.0 {
            steps.push(&link.step);
            path = &link.before;
        }
        steps.reverse();
        steps
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps().into_iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl At {
    /// For what is wrong with the template as a whole.
    pub(super) const TOP: Self = Self {
        line: 1,
        column: 1,
        path: Path::EMPTY,
    };

    /// Whether the place is in this section of the template.
    pub(super) fn is_below(&self, section: &str) -> bool {
        matches!(self.path.steps().first(), Some(Step::Key(key)) if key == section)
    }

    pub(super) fn place(&self) -> Place {
        Place {
            line: self.line,
            column: self.column,
            path: self.path.to_string(),
        }
    }
}

impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place())
    }
}

/// A part of the template.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where the value is written, or its key when the value begins on a later line than the key.
    pub(super) at: At,
    pub(super) data: Data,
}

/// The entries of a mapping, in the order of the text.
pub(super) type Map = IndexMap<String, Node>;

#[derive(Clone, Debug)]
pub(super) enum Data {
    /// `plain` is a scalar without quotes and without a tag, which YAML may read as other than text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Map),
}

impl Node {
    pub(super) fn as_map(&self) -> Result<&Map, TemplateError> {
        match &self.data {
            Data::Map(map) => Ok(map),
            Data::Scalar { .. } | Data::List(_) => Err(TemplateError::new(
                &self.at,
                format!("expected a mapping, found {}", self.shape()),
            )),
        }
    }

    pub(super) fn as_list(&self) -> Result<&[Node], TemplateError> {
        match &self.data {
            Data::List(list) => Ok(list),
            Data::Scalar { .. } | Data::Map(_) => Err(TemplateError::new(
                &self.at,
                format!("expected a list, found {}", self.shape()),
            )),
        }
    }

    /// The text of a literal string: a place where CloudFormation allows no function.
    pub(super) fn as_literal(&self) -> Result<&str, TemplateError> {
        match &self.data {
            Data::Scalar { text, .. } => Ok(text),
            Data::List(_) | Data::Map(_) => Err(TemplateError::new(
                &self.at,
                format!("expected a string, found {}", self.shape()),
            )),
        }
    }

    /// The one function of a map such as `{"Fn::Sub": …}`, as SAM recognises it.
    pub(super) fn as_function(&self) -> Option<(&str, &Node)> {
        match &self.data {
            Data::Map(map) if map.len() == 1 => {
                let (name, argument) = map.first()?;
                let function =
                    matches!(name.as_str(), "Ref" | "Condition") || name.starts_with("Fn::");
                function.then_some((name.as_str(), argument))
            }
            Data::Scalar { .. } | Data::List(_) | Data::Map(_) => None,
        }
    }

    /// The same as JSON in which every scalar is the text that is written, and nothing is null.
    pub(super) fn into_json(self) -> serde_json::Value {
        use serde_json::Value;
        match self.data {
            Data::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null") => {
                Value::Null
            }
            Data::Scalar { text, .. } => Value::String(text),
            Data::List(items) => items.into_iter().map(Self::into_json).collect(),
            Data::Map(map) => map
                .into_iter()
                .map(|(key, node)| (key, node.into_json()))
                .collect(),
        }
    }

    fn shape(&self) -> &'static str {
        match &self.data {
            Data::Scalar { text, plain: true } if text.is_empty() => "nothing",
            Data::Scalar { .. } => "a scalar",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }
}
