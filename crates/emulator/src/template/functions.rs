//! `AWS::Serverless::Function` and `AWS::Serverless::LayerVersion`.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use super::error::{NoteKind, Notes, TemplateError};
use super::fields::Fields;
use super::model::{BuildMethod, EventInvoke, Function, Layer, LogFormat, LoggingConfig};
use super::names;
use super::node::{At, Data, Node};
use super::preference;
use super::roles::{self, Roles};
use super::scalar::plain_text;
use super::scope::Scope;
use super::sections::Resource;
use super::shown;
use super::value::{Kind, Value};

/// The properties that change nothing that a rehearsal shows; some of them are read all the same, because Lambda's
/// API shows them ([`shown::read`]).
const IRRELEVANT: [&str; 17] = [
    // Whatever they are deployed on: the binaries that are played run on this machine.
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeSigningConfigArn",
    "Description",
    "KmsKeyArn",
    // This, Policies and RolePath: beside a Role, which makes SAM ignore them.
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "RolePath",
    "RuntimeManagementConfig",
    "SourceKMSKeyArn",
    "Tags",
    "Tracing",
    "VersionDeletionPolicy",
    "VersionDescription",
];

pub(super) fn read(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    roles: &mut Roles,
    notes: &mut Notes,
) -> Result<Function, TemplateError> {
    let mut fields = Fields::new(id, resource)?;
    let name = fields.name(scope, "FunctionName", notes)?;
    let timeout = fields.number(scope, "Timeout", "whole seconds from 1 to 900", |s| {
        (1..=900).contains(s)
    })?;
    // Lambda API reference, CreateFunction.
    let memory_size = fields.number(scope, "MemorySize", "whole MB from 128 to 32768", |mb| {
        (128..=32768).contains(mb)
    })?;
    let reserved_concurrent_executions = fields.number(
        scope,
        "ReservedConcurrentExecutions",
        "a whole number",
        |_| true,
    )?;
    let logging_config = logging_config(&mut fields, scope, notes)?;
    let environment = environment(&mut fields, scope, notes)?;
    let code_uri = code_uri(&mut fields, scope, notes)?;
    let layers = layers(&mut fields, scope, notes)?;
    let auto_publish_alias = match fields.value(scope, "AutoPublishAlias")? {
        Some(value) => {
            let at = value.at.clone();
            let alias = value.into_text()?;
            names::check_alias(&alias).map_err(|message| TemplateError::new(&at, message))?;
            Some(alias)
        }
        None => None,
    };
    let deployment_preference = match fields.value(scope, "DeploymentPreference")? {
        Some(value) => preference::read(id, value, auto_publish_alias.is_some(), scope, notes)?,
        None => None,
    };
    let role = roles::of_function(id, resource, &mut fields, scope, roles, notes)?;
    let function = Function {
        logical_id: id.to_owned(),
        name,
        runtime: fields.text(scope, "Runtime")?,
        handler: fields.text(scope, "Handler")?,
        timeout: Duration::from_secs(timeout.unwrap_or(3)),
        memory_size: memory_size.unwrap_or(128),
        reserved_concurrent_executions,
        logging_config,
        event_invoke: event_invoke(&mut fields, scope, notes)?,
        shown: shown::read(&fields, scope)?,
        environment,
        code_uri,
        build: build(id, resource, scope, notes)?,
        layers,
        auto_publish_alias,
        role,
        deployment_preference,
        place: fields.at().place(),
    };
    // Read when the function is known.
    fields.node("Events");
    fields.note_others(notes, |name| IRRELEVANT.contains(&name));
    Ok(function)
}

/// Destinations are not played.
fn event_invoke(
    fields: &mut Fields<'_>,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<EventInvoke, TemplateError> {
    let Some(value) = fields.value(scope, "EventInvokeConfig")? else {
        return Ok(EventInvoke::default());
    };
    let mut map = value.into_map()?;
    let mut number = |name: &str, expected: &str, range: RangeInclusive<u32>| {
        let value = map.shift_remove(name);
        let value = value.filter(|value| !matches!(value.kind, Kind::NoValue));
        let parse = |value: Value| value.parse(expected, |number| range.contains(number));
        value.map(parse).transpose()
    };
    let config = EventInvoke {
        maximum_retry_attempts: number("MaximumRetryAttempts", "a number from 0 to 2", 0..=2)?,
        maximum_event_age_in_seconds: number(
            "MaximumEventAgeInSeconds",
            "whole seconds from 60 to 21600",
            60..=21_600,
        )?,
    };
    for (name, value) in map {
        let subject = fields.subject(&format!("EventInvokeConfig.{name}"), &value.at);
        notes.add(NoteKind::NotPlayed, &value.at, subject, "");
    }
    Ok(config)
}

/// Log levels change nothing here: a function that reads them finds them in its environment.
fn logging_config(
    fields: &mut Fields<'_>,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<LoggingConfig, TemplateError> {
    let mut config = LoggingConfig::default();
    let Some(value) = fields.value(scope, "LoggingConfig")? else {
        return Ok(config);
    };
    let mut map = value.into_map()?;
    if let Some(group) = map.shift_remove("LogGroup") {
        match &group.kind {
            Kind::NoValue => {}
            Kind::Unresolved(reason) => notes.add(
                NoteKind::Unresolved,
                &group.at,
                fields.subject("LoggingConfig.LogGroup", &group.at),
                format!("the default is taken, because {reason}"),
            ),
            Kind::Text(_) | Kind::List(_) | Kind::Map(_) => {
                config.log_group = Some(group.into_text()?);
            }
        }
    }
    if let Some(format) = map.shift_remove("LogFormat")
        && !matches!(format.kind, Kind::NoValue)
    {
        config.log_format = match &format.kind {
            Kind::Text(text) if text == LogFormat::Json.as_str() => LogFormat::Json,
            Kind::Text(text) if text == LogFormat::Text.as_str() => LogFormat::Text,
            _ => return Err(format.wrong("Text or JSON")),
        };
    }
    for (name, value) in map {
        let subject = fields.subject(&format!("LoggingConfig.{name}"), &value.at);
        notes.add(NoteKind::Irrelevant, &value.at, subject, "");
    }
    Ok(config)
}

fn environment(
    fields: &mut Fields<'_>,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<IndexMap<String, String>, TemplateError> {
    let mut environment = IndexMap::new();
    let Some(value) = fields.value(scope, "Environment")? else {
        return Ok(environment);
    };
    let mut map = value.into_map()?;
    let variables = map.shift_remove("Variables");
    for (name, value) in map {
        let subject = fields.subject(&format!("Environment.{name}"), &value.at);
        notes.add(NoteKind::NotPlayed, &value.at, subject, "");
    }
    let written = fields
        .node("Environment")
        .and_then(|node| node.as_map().ok()?.get("Variables")?.as_map().ok());
    for (name, value) in variables.map_or_else(|| Ok(IndexMap::new()), Value::into_map)? {
        let subject = || fields.subject(&format!("Environment.{name}"), &value.at);
        if let Kind::Unresolved(reason) = &value.kind {
            notes.add(
                NoteKind::Unresolved,
                &value.at,
                subject(),
                format!("left out, because {reason}"),
            );
            continue;
        }
        if let Some(text) = written
            .and_then(|written| written.get(&name))
            .and_then(reread)
        {
            notes.add(NoteKind::Assumed, &value.at, subject(), text);
        }
        environment.insert(name, value.into_text()?);
    }
    Ok(environment)
}

/// What to say of a scalar that YAML reads as something other than what is written.
fn reread(node: &Node) -> Option<String> {
    match &node.data {
        Data::Scalar { text, plain: true } => plain_text(text)
            .filter(|read| read != text)
            .map(|read| format!("YAML 1.1 reads {text} as {read}, quote it to keep it as it is")),
        Data::Scalar { .. } | Data::List(_) | Data::Map(_) => None,
    }
}

/// The local path of the function's code, if that is where its code is.
fn code_uri(
    fields: &mut Fields<'_>,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<PathBuf>, TemplateError> {
    if let Some(package) = fields.value(scope, "PackageType")? {
        let at = package.at.clone();
        if package.into_text()? == "Image" {
            notes.add(
                NoteKind::NotPlayed,
                &at,
                fields.subject("PackageType", &at),
                "a container image",
            );
            return Ok(None);
        }
    }
    match fields.value(scope, "CodeUri")? {
        Some(value) => Ok(local_path(
            value,
            |at| fields.subject("CodeUri", at),
            notes,
        )?),
        None if fields.has("InlineCode") => Ok(None),
        None => {
            // SAM's words; the property is the one that a rehearsal can play.
            Err(TemplateError::new(
                fields.at(),
                "either 'InlineCode' or 'CodeUri' must be set",
            ))
        }
    }
}

/// A path, unless the value is a place in S3: `s3://…`, or a mapping with a bucket and a key.
fn local_path(
    value: Value,
    subject: impl Fn(&At) -> String,
    notes: &mut Notes,
) -> Result<Option<PathBuf>, TemplateError> {
    let at = value.at.clone();
    let is_remote = match &value.kind {
        Kind::Text(text) => ["s3://", "https://", "http://"]
            .iter()
            .any(|scheme| text.starts_with(scheme)),
        Kind::Map(_) => true,
        Kind::List(_) | Kind::NoValue | Kind::Unresolved(_) => false,
    };
    if is_remote {
        notes.add(
            NoteKind::NotPlayed,
            &at,
            subject(&at),
            "it is not in a local folder",
        );
        return Ok(None);
    }
    Ok(Some(PathBuf::from(value.into_text()?)))
}

fn layers(
    fields: &mut Fields<'_>,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Vec<String>, TemplateError> {
    let mut layers = Vec::new();
    let Some(value) = fields.value(scope, "Layers")? else {
        return Ok(layers);
    };
    for layer in value.into_list()? {
        let found = match &layer.kind {
            Kind::Text(arn) => scope.layer_id(arn)?,
            Kind::Unresolved(_) => None,
            Kind::List(_) | Kind::Map(_) | Kind::NoValue => {
                return Err(layer.wrong("a layer's ARN"));
            }
        };
        match found {
            Some(id) => layers.push(id),
            None => {
                let detail =
                    "a layer that is not an AWS::Serverless::LayerVersion of this template";
                notes.add(
                    NoteKind::NotPlayed,
                    &layer.at,
                    fields.subject("Layers", &layer.at),
                    detail,
                );
            }
        }
    }
    Ok(layers)
}

fn build(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<BuildMethod>, TemplateError> {
    let Some(metadata) = resource.attributes.get("Metadata") else {
        return Ok(None);
    };
    let metadata = metadata.as_map()?;
    let Some(method) = metadata.get("BuildMethod") else {
        return Ok(None);
    };
    let method = scope.eval(method)?.into_text()?;
    let mut binary = None;
    if let Some(properties) = metadata.get("BuildProperties") {
        for (name, node) in properties.as_map()? {
            if name == "Binary" {
                binary = Some(scope.eval(node)?.into_text()?);
            } else {
                notes.add(
                    NoteKind::NotPlayed,
                    &node.at,
                    format!("{id}.BuildProperties.{name}"),
                    "",
                );
            }
        }
    }
    Ok(Some(BuildMethod { method, binary }))
}

/// Reads an `AWS::Serverless::LayerVersion`; `None`, with a note, if its content is not local.
pub(super) fn read_layer(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<Layer>, TemplateError> {
    let mut fields = Fields::new(id, resource)?;
    fields.node("LayerName");
    scope.name(id, resource)?;
    let content = fields
        .value(scope, "ContentUri")?
        .ok_or_else(|| fields.missing("ContentUri"))?;
    let content_uri = local_path(content, |_| format!("{id}.ContentUri"), notes)?;
    fields.note_others(notes, |_| true);
    let place = fields.at().place();
    Ok(content_uri.map(|content_uri| Layer {
        logical_id: id.to_owned(),
        content_uri,
        place,
    }))
}
