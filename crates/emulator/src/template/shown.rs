//! The properties of a function that Lambda's API shows, and that change nothing else here.

use std::collections::BTreeMap;

use super::error::TemplateError;
use super::fields::Fields;
use super::model::Shown;
use super::scope::Scope;
use super::value::{Kind, Value};

/// Reads them without counting them as read: a rehearsal notes each as one that changes nothing. What only AWS can
/// know is left out.
pub(super) fn read(fields: &Fields<'_>, scope: &mut Scope<'_>) -> Result<Shown, TemplateError> {
    let mut value = |name| fields.peek(scope, name);
    let text = |value: Option<Value>| value.map(Value::into_text).transpose();
    Ok(Shown {
        description: text(value("Description")?)?,
        version_description: text(value("VersionDescription")?)?,
        tags: value("Tags")?.map(tags).transpose()?.unwrap_or_default(),
        architecture: value("Architectures")?
            .map(architecture)
            .transpose()?
            .flatten(),
        tracing: value("Tracing")?.map(tracing).transpose()?.flatten(),
        ephemeral_storage: value("EphemeralStorage")?
            .map(ephemeral_storage)
            .transpose()?
            .flatten(),
    })
}

fn tags(value: Value) -> Result<BTreeMap<String, String>, TemplateError> {
    value
        .into_map()?
        .into_iter()
        .filter(|(_, value)| !matches!(value.kind, Kind::Unresolved(_) | Kind::NoValue))
        .map(|(key, value)| Ok((key, value.into_text()?)))
        .collect()
}

fn architecture(value: Value) -> Result<Option<String>, TemplateError> {
    let Some(first) = value.into_list()?.into_iter().next() else {
        return Ok(None);
    };
    one_of(first, "x86_64 or arm64", &["x86_64", "arm64"])
}

/// SAM's `Disabled` is for functions that want less than `Globals` says.
fn tracing(value: Value) -> Result<Option<String>, TemplateError> {
    let expected = "Active, PassThrough or Disabled";
    let mode = one_of(value, expected, &["Active", "PassThrough", "Disabled"])?;
    Ok(mode.filter(|mode| mode != "Disabled"))
}

/// `Size` in MB (Lambda API reference, EphemeralStorage).
fn ephemeral_storage(value: Value) -> Result<Option<u32>, TemplateError> {
    let Some(size) = value.into_map()?.shift_remove("Size") else {
        return Ok(None);
    };
    match size.kind {
        Kind::Unresolved(_) | Kind::NoValue => Ok(None),
        Kind::Text(_) | Kind::List(_) | Kind::Map(_) => size
            .parse("whole MB from 512 to 10240", |mb| {
                (512..=10240).contains(mb)
            })
            .map(Some),
    }
}

fn one_of(value: Value, expected: &str, known: &[&str]) -> Result<Option<String>, TemplateError> {
    match &value.kind {
        Kind::Text(text) if known.contains(&text.as_str()) => Ok(Some(text.clone())),
        Kind::Unresolved(_) | Kind::NoValue => Ok(None),
        Kind::Text(_) | Kind::List(_) | Kind::Map(_) => Err(value.wrong(expected)),
    }
}
