//! The properties of one resource: those that are read, and a note for each of the others.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::error::{NoteKind, Notes, TemplateError};
use super::node::{At, Map, Node};
use super::scope::Scope;
use super::sections::Resource;
use super::value::{Kind, Value};

/// The attributes beside `Properties` that are read with the resource. Of `Metadata`, which is
/// there for tools, only what `sam build` reads means anything here.
const READ_ATTRIBUTES: [&str; 2] = ["Condition", "Metadata"];

/// The attributes that make no difference to a rehearsal.
const IRRELEVANT_ATTRIBUTES: [&str; 3] = ["DependsOn", "DeletionPolicy", "UpdateReplacePolicy"];

#[derive(Debug)]
pub(super) struct Fields<'r> {
    id: &'r str,
    resource: &'r Resource,
    map: &'r Map,
    read: BTreeSet<&'static str>,
}

impl<'r> Fields<'r> {
    pub(super) fn new(id: &'r str, resource: &'r Resource) -> Result<Self, TemplateError> {
        Ok(Self {
            id,
            resource,
            map: resource.properties.as_map()?,
            read: BTreeSet::new(),
        })
    }

    pub(super) fn at(&self) -> &'r At {
        &self.resource.at
    }

    /// A property as it is written, if it is given.
    pub(super) fn node(&mut self, name: &'static str) -> Option<&'r Node> {
        self.read.insert(name);
        self.map.get(name)
    }

    /// Whether a property is given that is not read.
    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// A property with its functions applied; `None` if it is absent or `AWS::NoValue`.
    pub(super) fn value(
        &mut self,
        scope: &mut Scope<'_>,
        name: &'static str,
    ) -> Result<Option<Value>, TemplateError> {
        let value = self.node(name).map(|node| scope.eval(node)).transpose()?;
        Ok(value.filter(|value| !matches!(value.kind, Kind::NoValue)))
    }

    /// The same of a property that has a note all the same, as one that changes nothing; `None`, too, where only AWS
    /// can know it.
    pub(super) fn peek(
        &self,
        scope: &mut Scope<'_>,
        name: &str,
    ) -> Result<Option<Value>, TemplateError> {
        let value = self
            .map
            .get(name)
            .map(|node| scope.eval(node))
            .transpose()?;
        Ok(value.filter(|value| !matches!(value.kind, Kind::NoValue | Kind::Unresolved(_))))
    }

    pub(super) fn text(
        &mut self,
        scope: &mut Scope<'_>,
        name: &'static str,
    ) -> Result<Option<String>, TemplateError> {
        self.value(scope, name)?.map(Value::into_text).transpose()
    }

    pub(super) fn number<T: FromStr>(
        &mut self,
        scope: &mut Scope<'_>,
        name: &'static str,
        expected: &str,
        is_allowed: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, TemplateError> {
        self.value(scope, name)?
            .map(|value| value.parse(expected, is_allowed))
            .transpose()
    }

    /// The resource's physical name, which `property` gives; one that is made up has a note.
    pub(super) fn name(
        &mut self,
        scope: &mut Scope<'_>,
        property: &'static str,
        notes: &mut Notes,
    ) -> Result<String, TemplateError> {
        self.read.insert(property);
        let name = scope.name(self.id, self.resource)?;
        if name.is_stand_in {
            let detail = format!(
                "CloudFormation would generate a name, here it is {}",
                name.text
            );
            notes.add(
                NoteKind::Assumed,
                self.at(),
                format!("{}.{property}", self.id),
                detail,
            );
        }
        Ok(name.text)
    }

    /// For a property that must be given, in SAM's words.
    pub(super) fn missing(&self, name: &str) -> TemplateError {
        TemplateError::new(self.at(), format!("missing required property '{name}'"))
    }

    /// Notes every property that was not read, and the resource's other attributes.
    pub(super) fn note_others(&self, notes: &mut Notes, is_irrelevant: impl Fn(&str) -> bool) {
        let unread = self
            .map
            .iter()
            .filter(|(name, _)| !self.read.contains(name.as_str()));
        for (name, node) in unread {
            let kind = if is_irrelevant(name) {
                NoteKind::Irrelevant
            } else {
                NoteKind::NotPlayed
            };
            notes.add(kind, &node.at, self.subject(name, &node.at), "");
        }
        let attributes = self.resource.attributes.iter();
        for (name, node) in attributes.filter(|(name, _)| !READ_ATTRIBUTES.contains(&name.as_str()))
        {
            let is_irrelevant = IRRELEVANT_ATTRIBUTES.contains(&name.as_str());
            let kind = if is_irrelevant {
                NoteKind::Irrelevant
            } else {
                NoteKind::NotPlayed
            };
            notes.add(kind, &node.at, format!("{}.{name}", self.id), "");
        }
    }

    /// The property's name in a note: what comes from `Globals` is no single function's.
    pub(super) fn subject(&self, name: &str, at: &At) -> String {
        let owner = if at.is_below("Globals") {
            "Globals.Function"
        } else {
            self.id
        };
        format!("{owner}.{name}")
    }
}
