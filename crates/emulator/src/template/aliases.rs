//! `AWS::Lambda::Alias`.

use super::error::{NoteKind, Notes, TemplateError};
use super::fields::Fields;
use super::model::Alias;
use super::names;
use super::node::At;
use super::scope::Scope;
use super::sections::Resource;
use super::value::{Kind, Value};

/// Reads an alias; `None`, with a note, if it is one of a function or of a version that a rehearsal
/// does not have.
pub(super) fn read(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<Alias>, TemplateError> {
    let mut fields = Fields::new(id, resource)?;
    let mut required = |name| {
        fields
            .value(scope, name)?
            .ok_or_else(|| fields.missing(name))
    };
    let (function, version, name) = (
        required("FunctionName")?,
        required("FunctionVersion")?,
        required("Name")?,
    );
    let mut not_played = |at: &At, reason: &str| {
        let subject = format!("{id} ({})", resource.kind);
        notes.add(NoteKind::NotPlayed, at, subject, reason);
        Ok(None)
    };
    if let Kind::Unresolved(reason) = &function.kind {
        return not_played(&function.at, reason);
    }
    if let Kind::Unresolved(reason) = &version.kind {
        return not_played(&version.at, reason);
    }
    let function_at = function.at.clone();
    let Some(function) = scope.function_id(&function.into_text()?)? else {
        return not_played(
            &function_at,
            "its function is not an AWS::Serverless::Function of this template",
        );
    };
    let name_at = name.at.clone();
    let name = name.into_text()?;
    names::check_alias(&name).map_err(|message| TemplateError::new(&name_at, message))?;
    let routing = fields
        .value(scope, "RoutingConfig")?
        .map(routing)
        .transpose()?
        .flatten();
    let description = fields.peek(scope, "Description")?;
    fields.note_others(notes, |name| name == "Description");
    Ok(Some(Alias {
        logical_id: id.to_owned(),
        name,
        function,
        function_version: version_of(version)?,
        description: description.map(Value::into_text).transpose()?,
        routing,
        place: fields.at().place(),
    }))
}

fn version_of(value: Value) -> Result<String, TemplateError> {
    let at = value.at.clone();
    let version = value.into_text()?;
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || version == "$LATEST" {
        return Ok(version);
    }
    Err(TemplateError::new(
        &at,
        format!("expected $LATEST or a version number, found {version:?}"),
    ))
}

/// `AdditionalVersionWeights`, which may hold one version besides the alias's own.
fn routing(value: Value) -> Result<Option<(String, f64)>, TemplateError> {
    let Some(weights) = value.into_map()?.shift_remove("AdditionalVersionWeights") else {
        return Ok(None);
    };
    let at = weights.at.clone();
    let mut weights = weights.into_list()?.into_iter();
    let Some(weight) = weights.next() else {
        return Ok(None);
    };
    if weights.next().is_some() {
        return Err(TemplateError::new(
            &at,
            "an alias has at most one additional version",
        ));
    }
    let mut map = weight.into_map()?;
    match (
        map.shift_remove("FunctionVersion"),
        map.shift_remove("FunctionWeight"),
    ) {
        (Some(version), Some(weight)) => {
            let weight = weight.parse("a share from 0.0 to 1.0", |weight| {
                (0.0..=1.0).contains(weight)
            })?;
            Ok(Some((version_of(version)?, weight)))
        }
        _ => Err(TemplateError::new(
            &at,
            "an additional version has FunctionVersion and FunctionWeight",
        )),
    }
}
