//! Where in the text of the document what stands, so that an edit can leave the rest of the text alone.

use std::ops::Range;

use serde::de::Error as _;
use serde_json::value::RawValue;

use super::RegistryError;
use crate::raw::{Members, range_in};

/// The places of a document that are of interest; each borrows from its text.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    /// The whole of it.
    pub(super) content: &'a str,
    pub(super) components: &'a RawValue,
    /// `components.examples`, `null` included; a fresh schema lacks it.
    pub(super) examples_object: Option<&'a RawValue>,
    /// In their order, repeated names included.
    pub(super) examples: Vec<Example<'a>>,
}

/// A named example.
#[derive(Debug)]
pub(super) struct Example<'a> {
    pub(super) name: String,
    /// The name as it is written, quotes included.
    pub(super) key: &'a RawValue,
    /// All of it.
    pub(super) object: &'a RawValue,
    /// Its `value`, `null` included.
    pub(super) value: Option<&'a RawValue>,
}

impl<'a> Outline<'a> {
    /// # Errors
    ///
    /// It is not such a document.
    pub(super) fn of(content: &'a str) -> Result<Self, RegistryError> {
        let document = Members::of(content).map_err(RegistryError::Malformed)?;
        let components = only(&document, "components")?
            .filter(|components| components.get() != "null")
            .ok_or(RegistryError::NoComponents)?;
        let examples_object = only(&members("components", components)?, "examples")?;
        let examples = match examples_object {
            Some(object) if object.get() != "null" => members("examples", object)?.0,
            _ => Vec::new(),
        };
        let examples = examples.into_iter().map(|(key, object)| {
            Ok(Example {
                name: decoded(key)?,
                key,
                object,
                value: only(&members(key.get(), object)?, "value")?,
            })
        });
        Ok(Self {
            content,
            components,
            examples_object,
            examples: examples.collect::<Result<_, RegistryError>>()?,
        })
    }

    /// The same, for who wants to change it: each name is there once.
    ///
    /// # Errors
    ///
    /// It is not such a document, or a name is there twice.
    pub(super) fn to_change(content: &'a str) -> Result<Self, RegistryError> {
        let outline = Self::of(content)?;
        let mut names: Vec<&str> = outline
            .examples
            .iter()
            .map(|example| example.name.as_str())
            .collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(RegistryError::Repeated(pair[0].to_owned())),
            None => Ok(outline),
        }
    }

    /// The example's place among the others.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.examples
            .iter()
            .position(|example| example.name == name)
    }

    /// Where in the content a part of it stands.
    pub(super) fn place(&self, part: &RawValue) -> Range<usize> {
        range_in(self.content, part)
    }

    /// The content with other text at a place.
    pub(super) fn with(&self, place: Range<usize>, text: &str) -> String {
        [
            &self.content[..place.start],
            text,
            &self.content[place.end..],
        ]
        .concat()
    }
}

/// The members of the object that is called `name`.
fn members<'a>(name: &str, object: &'a RawValue) -> Result<Members<'a>, RegistryError> {
    Members::of(object.get()).map_err(|error| {
        let name = name.trim_matches('"');
        RegistryError::Malformed(serde_json::Error::custom(format!("`{name}`: {error}")))
    })
}

/// The member of that name.
fn only<'a>(members: &Members<'a>, name: &str) -> Result<Option<&'a RawValue>, RegistryError> {
    let mut found = None;
    for (key, value) in &members.0 {
        if decoded(key)? == name && found.replace(*value).is_some() {
            let problem = format!("`{name}` is there twice");
            return Err(RegistryError::Malformed(serde_json::Error::custom(problem)));
        }
    }
    Ok(found)
}

fn decoded(key: &RawValue) -> Result<String, RegistryError> {
    serde_json::from_str(key.get()).map_err(RegistryError::Malformed)
}
