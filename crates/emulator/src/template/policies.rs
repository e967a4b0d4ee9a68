//! Policy documents of a template.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::error::{NoteKind, Notes, TemplateError};
use super::node::At;
use super::policy_templates::{self, PolicyTemplate};
use super::scope::Scope;
use super::sections::MANAGED_POLICY;
use super::value::{Kind, Value};
use crate::permissions::{PolicyDocument, managed_policy};

/// Reads a policy document; `subject` names it in notes.
///
/// What only AWS can know fails closed: it allows nothing, and denies whatever it might be.
pub(super) fn document(
    value: Value,
    subject: &str,
    notes: &mut Notes,
) -> Result<PolicyDocument, TemplateError> {
    let at = value.at.clone();
    let malformed = |message: String| TemplateError::new(&at, message);
    let mut map = value.into_map()?;
    let statements = match map.shift_remove("Statement") {
        Some(Value {
            kind: Kind::List(statements),
            ..
        }) => statements,
        Some(one) => vec![one],
        None => return Err(malformed("a policy document needs a Statement".to_owned())),
    };
    let mut document = Map::new();
    for (name, value) in &map {
        document.insert(name.clone(), json(value).unwrap_or_default());
    }
    let mut read = Vec::new();
    for value in statements {
        read.extend(statement(value, subject, notes)?);
    }
    document.insert("Statement".to_owned(), Json::Array(read));
    let policy = PolicyDocument::read(&Json::Object(document)).map_err(malformed)?;
    for condition in policy.unsupported() {
        let detail = format!(
            "Condition {condition} is not evaluated: an Allow with it allows nothing, a Deny denies"
        );
        notes.add(NoteKind::NotPlayed, &at, subject, detail);
    }
    Ok(policy)
}

/// A statement as JSON; `None` if it allows only what nobody here can know.
fn statement(
    value: Value,
    subject: &str,
    notes: &mut Notes,
) -> Result<Option<Json>, TemplateError> {
    let map = value.into_map()?;
    let denies = matches!(map.get("Effect").map(|effect| &effect.kind), Some(Kind::Text(effect)) if effect == "Deny");
    let is_relevant = is_relevant(&map);
    let mut statement = Map::new();
    let mut is_dropped = false;
    for (name, value) in &map {
        let reason = match json(value) {
            Ok(json) => {
                statement.insert(name.clone(), json);
                continue;
            }
            Err(reason) => reason,
        };
        let (instead, detail) = match (name.as_str(), denies) {
            ("Action" | "Resource" | "Principal", false) => {
                (Some(known(value)), "it allows nothing there")
            }
            ("Action" | "Resource" | "Principal", true) => {
                (Some(Json::from("*")), "it denies everything")
            }
            // Fewer exceptions deny more.
            ("NotAction" | "NotResource", true) => (Some(known(value)), "it denies that, too"),
            ("Condition", true) => (None, "it denies always"),
            (_, false) => {
                is_dropped = true;
                (None, "the statement allows nothing")
            }
            (_, true) => (None, "it is left out"),
        };
        statement.extend(instead.map(|json| (name.clone(), json)));
        if is_relevant {
            let detail = format!("{name}: {detail}, because {reason}");
            notes.add(NoteKind::NotPlayed, &value.at, subject, detail);
        }
    }
    Ok((!is_dropped).then_some(Json::Object(statement)))
}

fn is_relevant(statement: &IndexMap<String, Value>) -> bool {
    let Some(Ok(actions)) = statement.get("Action").map(json) else {
        return true;
    };
    let probe = serde_json::json!({
        "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" }
    });
    PolicyDocument::read(&probe).is_ok_and(|policy| policy.is_relevant())
}

/// The items of a list that are known.
fn known(value: &Value) -> Json {
    match &value.kind {
        Kind::List(items) => items.iter().filter_map(|item| json(item).ok()).collect(),
        Kind::Text(_) | Kind::Map(_) | Kind::NoValue | Kind::Unresolved(_) => Json::Array(vec![]),
    }
}

/// A value as JSON; why not, where only AWS can know a part of it.
fn json(value: &Value) -> Result<Json, String> {
    Ok(match &value.kind {
        Kind::Text(text) => Json::from(text.as_str()),
        Kind::List(items) => items.iter().map(json).collect::<Result<_, _>>()?,
        Kind::Map(members) => members
            .iter()
            .map(|(name, value)| Ok((name.clone(), json(value)?)))
            .collect::<Result<Map<_, _>, String>>()?
            .into(),
        Kind::NoValue => Json::Null,
        Kind::Unresolved(reason) => return Err(reason.clone()),
    })
}

/// SAM's `Policies`: names and ARNs of managed policies, documents, and policy templates, one or a list of them.
pub(super) fn sam(
    value: Value,
    subject: &str,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Vec<PolicyDocument>, TemplateError> {
    let entries = match value.kind {
        Kind::List(entries) => entries,
        kind => vec![Value { kind, ..value }],
    };
    let mut policies = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = entry.at.clone();
        match entry.kind {
            Kind::Map(map) if map.contains_key("Statement") => {
                let kind = Kind::Map(map);
                policies.push(document(Value { at, kind }, subject, notes)?);
            }
            Kind::Map(map) => {
                let mut members = map.into_iter();
                let template = match (members.next(), members.next()) {
                    (Some((name, parameters)), None) => {
                        policy_templates::find(&name).map(|found| (name, found, parameters))
                    }
                    _ => None,
                };
                let Some((name, template, parameters)) = template else {
                    // SAM's words.
                    let message =
                        format!("Policy at index {index} in the 'Policies' property is not valid");
                    return Err(TemplateError::new(&at, message));
                };
                let subject = format!("{subject}.{name}");
                policies.extend(from_template(
                    &template, parameters, &at, &subject, scope, notes,
                )?);
            }
            kind => policies.extend(managed(Value { at, kind }, subject, scope, notes)?),
        }
    }
    Ok(policies)
}

fn from_template(
    template: &PolicyTemplate,
    parameters: Value,
    at: &At,
    subject: &str,
    scope: &Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<PolicyDocument>, TemplateError> {
    let PolicyTemplate::Concerns {
        parameter,
        actions,
        resource,
    } = template
    else {
        notes.add(NoteKind::Irrelevant, at, subject, "");
        return Ok(None);
    };
    let mut resource = resource.map(|(service, before, after)| {
        move |name: &str| scope.arn(service, &format!("{before}{name}{after}"))
    });
    let mut name = String::new();
    if let Some(parameter) = parameter {
        let value = parameters.into_map()?.shift_remove(*parameter);
        let Some(value) = value else {
            // SAM's words.
            let message = format!(
                "The following required parameters of policy template are missing: {parameter}"
            );
            return Err(TemplateError::new(at, message));
        };
        if let Kind::Unresolved(reason) = &value.kind {
            let detail = format!("it allows nothing, because {reason}");
            notes.add(NoteKind::NotPlayed, at, subject, detail);
            return Ok(None);
        }
        name = value.into_text()?;
    }
    let resource = resource
        .as_mut()
        .map_or_else(|| "*".to_owned(), |arn| arn(&name));
    let document = policy_templates::document(actions, &resource);
    PolicyDocument::read(&document)
        .map(Some)
        .map_err(|message| TemplateError::new(at, message))
}

/// The managed policy of a name or an ARN; `None`, with a note, if it is not known here.
pub(super) fn managed(
    value: Value,
    subject: &str,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<PolicyDocument>, TemplateError> {
    let at = value.at.clone();
    let name = match value.kind {
        Kind::Unresolved(reason) => {
            let detail = format!("a managed policy allows nothing here, because {reason}");
            notes.add(NoteKind::NotPlayed, &at, subject, detail);
            return Ok(None);
        }
        kind => Value { kind, ..value }.into_text()?,
    };
    if let Some(policy) = managed_policy(&name) {
        return Ok(Some(policy));
    }
    if let Some((id, resource)) = scope.iam_resource(MANAGED_POLICY, &name)?
        && let Some(node) = resource.property("PolicyDocument")
    {
        let value = scope.eval(node)?;
        return document(value, &format!("{id}.PolicyDocument"), notes).map(Some);
    }
    let detail = format!("the managed policy {name} is not known here, and allows nothing");
    notes.add(NoteKind::NotPlayed, &at, subject, detail);
    Ok(None)
}
