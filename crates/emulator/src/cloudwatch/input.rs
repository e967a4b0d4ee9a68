//! Reading an operation's input: members by name, and the errors that AWS answers with.
//!
//! A member of the wrong type is a `SerializationException`; values that the service model forbids are
//! collected and answered together as one `ValidationError`, in the words of AWS's shared framework.

use std::collections::BTreeMap;
use std::fmt::Display;

use deployment::Timestamp;
use serde_json::{Map, Value};

use crate::ServiceError;

/// The members of a structure. `null` is the same as an absent member.
#[derive(Clone, Copy)]
pub(super) struct Members<'a>(&'a Map<String, Value>);

impl<'a> Members<'a> {
    pub(super) fn of(value: &'a Value) -> Result<Self, ServiceError> {
        value
            .as_object()
            .map(Self)
            .ok_or_else(|| serialization("a structure is expected where there is none"))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, ServiceError> {
        self.typed(name, "a string", Value::as_str)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ServiceError> {
        self.typed(name, "a boolean", Value::as_bool)
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, ServiceError> {
        self.typed(name, "an integer", Value::as_i64)
    }

    /// A number, or one of the strings with which Smithy's JSON writes what JSON has no number for.
    pub(super) fn double(&self, name: &str) -> Result<Option<f64>, ServiceError> {
        self.typed(name, "a number", double)
    }

    pub(super) fn structure(&self, name: &str) -> Result<Option<Self>, ServiceError> {
        self.get(name).map(Self::of).transpose()
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<&'a [Value]>, ServiceError> {
        self.typed(name, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, ServiceError> {
        let items = self.list(name)?.unwrap_or_default();
        items
            .iter()
            .map(|item| {
                item.as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| mismatch(name, "a list of strings"))
            })
            .collect()
    }

    pub(super) fn doubles(&self, name: &str) -> Result<Option<Vec<f64>>, ServiceError> {
        let Some(items) = self.list(name)? else {
            return Ok(None);
        };
        items
            .iter()
            .map(|item| double(item).ok_or_else(|| mismatch(name, "a list of numbers")))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Seconds since the Unix epoch, from 1970 to the year 9999.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, ServiceError> {
        const YEAR_10000: f64 = 253_402_300_800.0;
        let Some(seconds) = self.double(name)? else {
            return Ok(None);
        };
        if !(0.0..YEAR_10000).contains(&seconds) {
            return Err(mismatch(name, "a time from 1970 on"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be within 0 and the year 10000"
        )]
        let millis = (seconds * 1000.0).round() as u64;
        Ok(Some(Timestamp::from_millis(millis)))
    }

    /// The member `Dimensions`, which `path` leads to.
    pub(super) fn dimensions(
        &self,
        path: &str,
        violations: &mut Violations,
    ) -> Result<BTreeMap<String, String>, ServiceError> {
        let items = self.list("Dimensions")?.unwrap_or_default();
        violations.length_at_most(items.len(), path, 30);
        let mut dimensions = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            let members = Self::of(item)?;
            let path = format!("{path}.{}.member", index + 1);
            let name =
                violations.required_text(members.text("Name")?, &format!("{path}.name"), 255);
            let value =
                violations.required_text(members.text("Value")?, &format!("{path}.value"), 1024);
            if dimensions
                .insert(name.to_owned(), value.to_owned())
                .is_some()
            {
                violations.0.push(format!("Value '{name}' at '{path}.name' failed to satisfy constraint: Member must be unique"));
            }
        }
        Ok(dimensions)
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ServiceError> {
        self.get(name)
            .map(|value| read(value).ok_or_else(|| mismatch(name, expected)))
            .transpose()
    }
}

/// What is wrong with the values of an input, in the order in which it was found.
#[derive(Default)]
pub(super) struct Violations(Vec<String>);

impl Violations {
    /// A required text of 1 to `longest` characters; empty, and a violation, where it is absent.
    pub(super) fn required_text<'a>(
        &mut self,
        value: Option<&'a str>,
        path: &str,
        longest: usize,
    ) -> &'a str {
        match value {
            Some("") => self.add(
                "",
                path,
                "Member must have length greater than or equal to 1",
            ),
            Some(_) => self.text(value, path, longest),
            None => self.present(false, path),
        }
        value.unwrap_or_default()
    }

    /// A required member.
    pub(super) fn present(&mut self, present: bool, path: &str) {
        if !present {
            self.0.push(format!(
                "Value null at '{path}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }

    /// A text of at most `longest` characters.
    pub(super) fn text(&mut self, value: Option<&str>, path: &str, longest: usize) {
        if let Some(value) = value.filter(|value| value.chars().count() > longest) {
            self.add(
                value,
                path,
                format_args!("Member must have length less than or equal to {longest}"),
            );
        }
    }

    /// A list's length.
    pub(super) fn length_at_most(&mut self, length: usize, path: &str, most: usize) {
        if length > most {
            self.0.push(format!("Value at '{path}' failed to satisfy constraint: Member must have length less than or equal to {most}"));
        }
    }

    pub(super) fn at_least(&mut self, value: i64, path: &str, least: i64) {
        if value < least {
            self.add(
                value,
                path,
                format_args!("Member must have value greater than or equal to {least}"),
            );
        }
    }

    pub(super) fn at_most(&mut self, value: i64, path: &str, most: i64) {
        if value > most {
            self.add(
                value,
                path,
                format_args!("Member must have value less than or equal to {most}"),
            );
        }
    }

    /// A value of an enumeration; a violation where the text names none of its `names`.
    pub(super) fn named<T>(
        &mut self,
        value: Option<&str>,
        path: &str,
        names: &[&str],
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = value?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.add(
                value,
                path,
                format_args!("Member must satisfy enum value set: [{}]", names.join(", ")),
            );
        }
        parsed
    }

    /// All of them as one error.
    pub(super) fn finish(self) -> Result<(), ServiceError> {
        match self.0.len() {
            0 => Ok(()),
            1 => Err(validation(format!(
                "1 validation error detected: {}",
                self.0.concat()
            ))),
            count => Err(validation(format!(
                "{count} validation errors detected: {}",
                self.0.join("; ")
            ))),
        }
    }

    fn add(&mut self, value: impl Display, path: &str, constraint: impl Display) {
        self.0.push(format!(
            "Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
        ));
    }
}

/// AWS's error for values that the operation does not take.
pub(super) fn validation(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("ValidationError", message)
}

/// AWS's error for an input that does not have the types of the service model.
pub(super) fn serialization(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("SerializationException", message)
}

fn mismatch(name: &str, expected: &str) -> ServiceError {
    serialization(format!("{name} must be {expected}"))
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
