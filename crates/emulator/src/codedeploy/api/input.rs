//! What clients send: members of the right type, and names in the right form.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ServiceError;

/// Names have at most 100 characters (service model).
const MAX_NAME: usize = 100;

/// A page of a list; the service model names no number, and AWS's pages have as many.
pub(super) const PAGE: usize = 100;

/// The members that are structures, and those that are lists of them; serde would take a list for a structure.
const STRUCTURES: [&str; 11] = [
    "alarmConfiguration",
    "appSpecContent",
    "autoRollbackConfiguration",
    "createTimeRange",
    "deploymentStyle",
    "overrideAlarmConfiguration",
    "revision",
    "string",
    "timeBasedCanary",
    "timeBasedLinear",
    "trafficRoutingConfig",
];
const LISTS_OF_STRUCTURES: [&str; 5] = [
    "Tags",
    "alarms",
    "revisions",
    "tags",
    "triggerConfigurations",
];

/// The input of an operation, or a part of it. Members that CodeDeploy does not know are ignored, null is as good as
/// absent, and what has the wrong type is refused, as by all services of this protocol.
pub(super) fn read<T: DeserializeOwned>(input: &Value) -> Result<T, ServiceError> {
    if !input.is_object() {
        return Err(wrong_type("the input must be an object"));
    }
    serde_json::from_value(checked(input)?).map_err(|error| wrong_type(&error.to_string()))
}

fn wrong_type(message: &str) -> ServiceError {
    ServiceError::bad_request("SerializationException", message)
}

/// The same without nulls, and with objects where structures are due.
fn checked(value: &Value) -> Result<Value, ServiceError> {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let members = members.map(|(name, value)| {
                if STRUCTURES.contains(&name.as_str()) && !value.is_object() {
                    return Err(wrong_type(&format!("{name} must be an object")));
                }
                let mut items = value.as_array().into_iter().flatten();
                if LISTS_OF_STRUCTURES.contains(&name.as_str())
                    && items.any(|item| !item.is_object())
                {
                    return Err(wrong_type(&format!("{name} must be a list of objects")));
                }
                Ok((name.clone(), checked(value)?))
            });
            Ok(Value::Object(members.collect::<Result<Map<_, _>, _>>()?))
        }
        Value::Array(items) => items.iter().map(checked).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
    }
}

/// A modelled error.
pub(super) fn refused(exception: &'static str, message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request(exception, message)
}

/// `applicationName`.
pub(super) fn application_name(name: Option<String>) -> Result<String, ServiceError> {
    name_of(
        name,
        (
            "ApplicationNameRequiredException",
            "Application name must be specified",
        ),
        (
            "InvalidApplicationNameException",
            "The application name was specified in an invalid format",
        ),
    )
}

/// `deploymentGroupName`.
pub(super) fn group_name(name: Option<String>) -> Result<String, ServiceError> {
    name_of(
        name,
        (
            "DeploymentGroupNameRequiredException",
            "Deployment Group name must be specified",
        ),
        (
            "InvalidDeploymentGroupNameException",
            "The deployment group name was specified in an invalid format",
        ),
    )
}

/// `deploymentConfigName`.
pub(super) fn config_name(name: Option<String>) -> Result<String, ServiceError> {
    name_of(
        name,
        (
            "DeploymentConfigNameRequiredException",
            "Deployment configuration name must be specified",
        ),
        (
            "InvalidDeploymentConfigNameException",
            "The deployment configuration name was specified in an invalid format",
        ),
    )
}

/// A name that must be there, 1 to 100 of `[A-Za-z0-9+=,.@_-]` (service model).
fn name_of(
    name: Option<String>,
    (required, missing): (&'static str, &str),
    (invalid, malformed): (&'static str, &str),
) -> Result<String, ServiceError> {
    let name = name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| refused(required, missing))?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if name.len() <= MAX_NAME && name.chars().all(allowed) {
        Ok(name)
    } else {
        Err(refused(invalid, format!("{malformed}: {name}")))
    }
}

/// The names of a batch, of which there must be one to `max`.
pub(super) fn batch<T>(
    items: Option<Vec<T>>,
    required: &'static str,
    max: usize,
) -> Result<Vec<T>, ServiceError> {
    let items = items
        .filter(|items| !items.is_empty())
        .ok_or_else(|| refused(required, "At least one name or ID must be specified"))?;
    if items.len() > max {
        return Err(refused(
            "BatchLimitExceededException",
            format!(
                "The maximum number of names or IDs allowed for this request ({max}) was exceeded"
            ),
        ));
    }
    Ok(items)
}

/// Where a page begins.
pub(super) fn position(token: Option<&str>) -> Result<Option<String>, ServiceError> {
    let decode = |token| {
        crate::page::position(token).ok_or_else(|| {
            refused(
                "InvalidNextTokenException",
                "The next token was specified in an invalid format",
            )
        })
    };
    token.map(decode).transpose()
}

/// One tag as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Tag {
    key: String,
    value: String,
}

/// Tags, at most 50 on a resource (user guide, "Tagging"), added to `present`.
pub(super) fn add_tags(
    mut present: BTreeMap<String, String>,
    tags: Vec<Tag>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let invalid = |message: String| refused("InvalidTagsToAddException", message);
    for Tag { key, value } in tags {
        let (key_length, value_length) = (key.chars().count(), value.chars().count());
        if !(1..=128).contains(&key_length) || value_length > 256 {
            return Err(invalid(format!(
                "A tag key has 1 to 128 characters, and a value at most 256: {key}"
            )));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(format!("Tag keys must not begin with aws: {key}")));
        }
        present.insert(key, value);
    }
    if present.len() > 50 {
        return Err(invalid("A resource has at most 50 tags".to_owned()));
    }
    Ok(present)
}

/// `description`, at most 256 characters (user guide, "Limits").
pub(super) fn description(description: Option<String>) -> Result<Option<String>, ServiceError> {
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > 256)
    {
        return Err(refused(
            "DescriptionTooLongException",
            "The description is too long, at most 256 characters are allowed",
        ));
    }
    Ok(description)
}

/// Adds a member unless there is nothing in it.
pub(super) fn insert<T: Into<Value>>(members: &mut Value, name: &str, value: Option<T>) {
    if let (Some(members), Some(value)) = (members.as_object_mut(), value) {
        members.insert(name.to_owned(), value.into());
    }
}
