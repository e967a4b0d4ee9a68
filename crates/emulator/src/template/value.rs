//! Values after CloudFormation's functions have been applied, and what may be asked of them.

use std::str::FromStr;

use indexmap::IndexMap;

use super::error::TemplateError;
use super::node::At;

/// A value, with the place that it comes from.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) at: At,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Every scalar: numbers and booleans are text to CloudFormation, too.
    Text(String),
    List(Vec<Value>),
    Map(IndexMap<String, Value>),
    /// `AWS::NoValue`: as if it had not been written.
    NoValue,
    /// Only AWS can know it; the text says why. An error where the value is needed.
    Unresolved(String),
}

impl Value {
    /// The error for a value of another kind than `expected`.
    pub(super) fn wrong(&self, expected: &str) -> TemplateError {
        let found = match &self.kind {
            Kind::Unresolved(reason) => {
                return TemplateError::new(
                    &self.at,
                    format!("a value is needed here, and {reason}"),
                );
            }
            Kind::Text(text) => format!("{text:?}"),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
            Kind::NoValue => "AWS::NoValue".to_owned(),
        };
        TemplateError::new(&self.at, format!("expected {expected}, found {found}"))
    }

    pub(super) fn into_text(self) -> Result<String, TemplateError> {
        match self.kind {
            Kind::Text(text) => Ok(text),
            Kind::List(_) | Kind::Map(_) | Kind::NoValue | Kind::Unresolved(_) => {
                Err(self.wrong("a string"))
            }
        }
    }

    pub(super) fn into_list(self) -> Result<Vec<Value>, TemplateError> {
        match self.kind {
            Kind::List(list) => Ok(list),
            Kind::Text(_) | Kind::Map(_) | Kind::NoValue | Kind::Unresolved(_) => {
                Err(self.wrong("a list"))
            }
        }
    }

    pub(super) fn into_map(self) -> Result<IndexMap<String, Value>, TemplateError> {
        match self.kind {
            Kind::Map(map) => Ok(map),
            Kind::Text(_) | Kind::List(_) | Kind::NoValue | Kind::Unresolved(_) => {
                Err(self.wrong("a mapping"))
            }
        }
    }

    /// A number; `expected` names it with its range, for the error.
    pub(super) fn parse<T: FromStr>(
        &self,
        expected: &str,
        is_allowed: impl Fn(&T) -> bool,
    ) -> Result<T, TemplateError> {
        match &self.kind {
            Kind::Text(text) => text
                .parse()
                .ok()
                .filter(is_allowed)
                .ok_or_else(|| self.wrong(expected)),
            Kind::List(_) | Kind::Map(_) | Kind::NoValue | Kind::Unresolved(_) => {
                Err(self.wrong(expected))
            }
        }
    }
}
