//! Reads SAM and CloudFormation templates: text in, data out.
//!
//! [`Template::read`] parses and checks the text, [`Template::resolve`] applies parameters,
//! conditions, `Globals` and CloudFormation's functions and gives the [`Stack`] that a rehearsal
//! plays. Nothing here opens a file: paths in the result are relative to the template's folder.
//!
//! A template is read as `sam deploy` would read it: YAML 1.1 or JSON, short and long forms of the
//! functions, and SAM's merging of `Globals`. What CloudFormation would refuse is an error, in its
//! words where it has some. What AWS would do and a rehearsal does not is a [`Note`]. Values that
//! exist only in AWS, such as the id of an API, are errors where a rehearsal needs them and notes
//! where it can go on without them.

mod alarms;
mod aliases;
mod error;
mod fields;
mod functions;
mod generated;
mod intrinsics;
mod loader;
mod model;
mod names;
mod node;
mod parameters;
mod policies;
mod policy_templates;
mod preference;
mod processed;
mod roles;
mod scalar;
mod schedules;
mod scope;
mod sections;
mod shown;
#[cfg(test)]
mod tests;
mod value;
mod written;

use std::collections::BTreeMap;

pub use error::{Note, NoteKind, Place, TemplateError, TemplateErrors};
pub use generated::APPLICATION;
pub use model::{
    AlarmRef, AlarmRule, Alias, BuildMethod, DeploymentPreference, EventInvoke, Function, HookRef,
    Layer, LogFormat, LoggingConfig, MetricAlarm, MetricRule, Schedule, ScheduleKind, Shown, Stack,
};
pub use preference::{DEPLOYMENT_TYPES, suggest};
pub use written::{Document, Written};

pub(crate) use generated::deployment_group;

pub use crate::lambda::FunctionPermission;
pub use crate::permissions::{PolicyDocument, Role};

use error::Notes;
use node::{At, Node};
use roles::Roles;
use scope::Scope;
use sections::{
    ALARM, ALIAS, FUNCTION, LAYER, LOG_GROUP, MANAGED_POLICY, ROLE, Resource, Sections,
};
use value::Kind;

/// A YAML document, of which JSON is a subset, as JSON in which every scalar is text, and nothing is null.
///
/// # Errors
/// YAML's own, or a key that is given twice.
pub(crate) fn document(text: &str) -> Result<serde_json::Value, TemplateError> {
    loader::load(text).map(Node::into_json)
}

/// A template that was read, and not yet resolved.
#[derive(Debug)]
pub struct Template {
    sections: Sections,
}

/// What a template does not say about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Values for the template's parameters; those that are not here have their `Default`.
    pub parameters: BTreeMap<String, String>,
    /// `AWS::Region`, for example `eu-central-1`.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account_id: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// The version that this deployment publishes of each function, by logical id: what
    /// `!Ref Function.Version` and `!GetAtt Function.Version.Version` mean. Both are
    /// unknown, and that is no error by itself, for functions that are not here.
    pub versions: BTreeMap<String, String>,
}

impl Template {
    /// Reads a template's text, YAML or JSON.
    ///
    /// # Errors
    /// The first fault of the text, or of the shape of its sections. A template without any
    /// `AWS::Serverless::Function` cannot be rehearsed and is an error too.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        Ok(Self {
            sections: sections::read(loader::load(text)?)?,
        })
    }

    /// Resolves everything that a rehearsal needs.
    ///
    /// # Errors
    /// The first fault of every resource, and parameters in `context` that the template lacks.
    pub fn resolve(&self, context: &Context) -> Result<Stack, TemplateErrors> {
        let sections = &self.sections;
        self.check_parameters(context)?;
        let mut stack = Stack {
            functions: Vec::new(),
            aliases: Vec::new(),
            alarms: Vec::new(),
            layers: Vec::new(),
            schedules: Vec::new(),
            log_groups: Vec::new(),
            roles: Vec::new(),
            permissions: Vec::new(),
            notes: Vec::new(),
        };
        let mut notes = Notes::default();
        let mut roles = Roles::default();
        let mut errors: Vec<TemplateError> = Vec::new();
        let mut scope = Scope::new(sections, context);
        sections.note(&mut notes);
        for (id, resource) in &sections.resources {
            match resolve_resource(id, resource, &mut scope, &mut stack, &mut roles, &mut notes) {
                Ok(()) => {}
                // One fault may stop several resources, and is worth saying once.
                Err(error) if errors.contains(&error) => {}
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            stack.roles = roles.finish(&scope);
            stack.notes = notes.into_distinct();
            Ok(stack)
        } else {
            Err(TemplateErrors(errors))
        }
    }

    fn check_parameters(&self, context: &Context) -> Result<(), TemplateError> {
        let mut names = context.parameters.keys();
        match names.find(|name| !self.sections.parameters.contains_key(*name)) {
            // CloudFormation's words.
            Some(name) => {
                let message = format!("Parameters: [{name}] do not exist in the template");
                Err(TemplateError::new(&At::TOP, message))
            }
            None => Ok(()),
        }
    }
}

/// The resource types that change nothing that a rehearsal shows: nobody calls as a user or a group, and logs go
/// elsewhere. `AWS::IAM::` stands for all types of the service that are not read.
const IRRELEVANT: [&str; 2] = ["AWS::IAM::", "AWS::Logs::"];

fn resolve_resource(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    stack: &mut Stack,
    roles: &mut Roles,
    notes: &mut Notes,
) -> Result<(), TemplateError> {
    let kind = resource.kind.as_str();
    if !scope.is_created(id)? {
        notes.add(
            NoteKind::NotCreated,
            &resource.at,
            format!("{id} ({kind})"),
            "its condition is false",
        );
        return Ok(());
    }
    match kind {
        FUNCTION => {
            let function = functions::read(id, resource, scope, roles, notes)?;
            if let Some(other) = stack
                .functions
                .iter()
                .find(|other| other.name == function.name)
            {
                let message = format!(
                    "{} and {id} have the same name, {}",
                    other.logical_id, function.name
                );
                return Err(TemplateError::new(&resource.at, message));
            }
            if let Some(events) = resource.property("Events") {
                let scheduled = schedules::read(&function, events, scope, notes)?;
                stack.schedules.extend(scheduled.schedules);
                stack.permissions.extend(scheduled.permissions);
            }
            stack.functions.push(function);
        }
        ALIAS => stack
            .aliases
            .extend(aliases::read(id, resource, scope, notes)?),
        ALARM => stack.alarms.push(alarms::read(id, resource, scope, notes)?),
        LAYER => stack
            .layers
            .extend(functions::read_layer(id, resource, scope, notes)?),
        ROLE => roles::read(id, resource, scope, roles, notes)?,
        MANAGED_POLICY | "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => {
            roles::read_attached(id, resource, scope, roles, notes)?;
        }
        "AWS::Lambda::Permission" => stack
            .permissions
            .extend(roles::read_permission(id, resource, scope, notes)?),
        LOG_GROUP => {
            // Its name says where functions log; nothing else of it shows in a rehearsal.
            notes.add(
                NoteKind::Irrelevant,
                &resource.at,
                format!("{id} ({kind})"),
                "",
            );
            if let Kind::Text(name) = scope.log_group_name(id, resource)? {
                stack.log_groups.push(name);
            }
        }
        _ => {
            let is_irrelevant = IRRELEVANT
                .iter()
                .any(|irrelevant| kind.starts_with(irrelevant));
            let note = if is_irrelevant {
                NoteKind::Irrelevant
            } else {
                NoteKind::NotPlayed
            };
            notes.add(note, &resource.at, format!("{id} ({kind})"), "");
        }
    }
    Ok(())
}
