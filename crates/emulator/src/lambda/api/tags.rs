//! Tags of functions.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::Request;
use crate::ServiceError;
use crate::lambda::FunctionRef;
use crate::lambda::validation::{Violations, invalid_parameter};

/// The pattern of what can have tags.
const RESOURCE: &str = r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    tags: Option<BTreeMap<String, String>>,
}

pub(super) fn tag(request: &Request) -> Result<Value, ServiceError> {
    let target = resource(request)?;
    let wanted: TagResource = request.body()?;
    let mut violations = Violations::default();
    violations.required(wanted.tags.as_ref(), "tags");
    violations.finish()?;
    let tags = wanted.tags.unwrap_or_default();
    if tags.is_empty() {
        return Err(invalid_parameter(
            "An error occurred and the request cannot be processed.",
        ));
    }
    check(&tags)?;
    let mut state = request.authorized_on(&target)?;
    state.lambda.tag_function(&target.name, tags)?;
    Ok(Value::Null)
}

pub(super) fn untag(request: &Request) -> Result<Value, ServiceError> {
    let target = resource(request)?;
    let keys: Vec<String> = request.queries("tagKeys").map(str::to_owned).collect();
    let mut violations = Violations::default();
    violations.required(keys.first(), "tagKeys");
    violations.finish()?;
    let mut state = request.authorized_on(&target)?;
    state.lambda.untag_function(&target.name, &keys)?;
    Ok(Value::Null)
}

pub(super) fn list(request: &Request) -> Result<Value, ServiceError> {
    let target = resource(request)?;
    let state = request.authorized_on(&target)?;
    Ok(json!({ "Tags": state.lambda.function(&target.name)?.tags }))
}

/// The function whose tags are meant.
fn resource(request: &Request) -> Result<FunctionRef, ServiceError> {
    let arn = request.path("resource");
    let function = arn
        .contains(":function:")
        .then(|| request.shared.account.function_name(arn));
    let valid = arn.starts_with("arn:aws")
        && function
            .as_ref()
            .is_some_and(|read| !matches!(read, Err(error) if error.code == "ValidationException"));
    let mut violations = Violations::default();
    violations.pattern(Some(arn), "resource", RESOURCE, |_| valid);
    violations.finish()?;
    let target = function.transpose()?.unwrap_or(FunctionRef {
        name: String::new(),
        qualifier: None,
    });
    if target.qualifier.is_some() {
        return Err(invalid_parameter(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ));
    }
    Ok(target)
}

/// Refuses keys and values that are too long.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), ServiceError> {
    let is_bad = |(key, value): &(&String, &String)| {
        !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256
    };
    let mut violations = Violations::default();
    if let Some((key, value)) = tags.iter().find(is_bad) {
        violations.add(
            format!("{{{key}={value}}}"),
            "tags",
            "Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have \
             length greater than or equal to 1] and values: [Member must have length less than or equal to 256]",
        );
    }
    violations.finish()
}
