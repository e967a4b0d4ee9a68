//! What requests hold, and what the service model says about it.

use axum::http::Uri;
use serde::Deserialize;
use serde_json::Value;

use super::{SchemaType, Tags, bad_request};
use crate::ServiceError;
use crate::page::position;

/// The longest schema document, and the longest sample event, in characters (service model).
const MAX_CONTENT: usize = 100_000;

/// The most sample events (service model).
const MAX_EVENTS: usize = 10;

/// The longest description, in characters (service model).
const MAX_DESCRIPTION: usize = 256;

/// The most entries of one page, and what it is where nothing is asked for. Inferred.
const MAX_LIMIT: usize = 100;

/// The bodies of `CreateRegistry` and `UpdateRegistry`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RegistryInput {
    pub(super) description: Option<String>,
    #[serde(rename = "tags", default)]
    pub(super) tags: Tags,
}

/// The bodies of `CreateSchema` and `UpdateSchema`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SchemaInput {
    pub(super) content: Option<String>,
    pub(super) description: Option<String>,
    #[serde(rename = "tags", default)]
    pub(super) tags: Tags,
    #[serde(rename = "Type")]
    schema_type: Option<String>,
    pub(super) client_token_id: Option<String>,
}

/// The body of `GetDiscoveredSchema`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DiscoverInput {
    events: Option<Vec<String>>,
    #[serde(rename = "Type")]
    schema_type: Option<String>,
}

/// The body of `TagResource`.
#[derive(Debug, Deserialize)]
pub(super) struct TagsInput {
    pub(super) tags: Option<Tags>,
}

impl SchemaInput {
    /// The language, where one is named.
    ///
    /// # Errors
    /// `BadRequestException` when there is no such language, or the document is none of it.
    pub(super) fn schema_type(&self) -> Result<Option<SchemaType>, ServiceError> {
        let schema_type = self.schema_type.as_deref().map(schema_type).transpose()?;
        description(self.description.as_deref())?;
        if let Some(content) = &self.content {
            document(content, schema_type)?;
        }
        Ok(schema_type)
    }
}

impl DiscoverInput {
    /// The events and the language in which they are to be described.
    ///
    /// # Errors
    /// `BadRequestException` for what the service model forbids, and for an event that is not JSON.
    pub(super) fn read(self) -> Result<(Vec<Value>, SchemaType), ServiceError> {
        let name = self.schema_type.as_deref().ok_or_else(|| missing("Type"))?;
        let texts = self.events.ok_or_else(|| missing("Events"))?;
        if !(1..=MAX_EVENTS).contains(&texts.len()) {
            return Err(bad_request(format!(
                "Events must contain between 1 and {MAX_EVENTS} events."
            )));
        }
        let event = |text: &String| {
            length(text, "Event", 1, MAX_CONTENT)?;
            serde_json::from_str(text)
                .map_err(|error| bad_request(format!("Event is not valid JSON: {error}.")))
        };
        let events = texts.iter().map(event).collect::<Result<_, _>>()?;
        Ok((events, schema_type(name)?))
    }
}

/// A name of a registry (at most 64 characters) or of a schema (385), of letters, digits and `.-_@`. Source:
/// CloudFormation's `AWS::EventSchemas::Registry` and `AWS::EventSchemas::Schema`.
pub(super) fn check_names(registry: &str, schema: Option<&str>) -> Result<(), ServiceError> {
    let valid = |name: &str, longest: usize, others: &str| {
        (1..=longest).contains(&name.len())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || others.contains(letter))
    };
    if !valid(registry, 64, ".-_") {
        return Err(bad_request(format!(
            "Registry name {registry:?} is not valid."
        )));
    }
    match schema.filter(|name| !valid(name, 385, ".-_@")) {
        Some(name) => Err(bad_request(format!("Schema name {name:?} is not valid."))),
        None => Ok(()),
    }
}

pub(super) fn description(description: Option<&str>) -> Result<(), ServiceError> {
    length(
        description.unwrap_or_default(),
        "Description",
        0,
        MAX_DESCRIPTION,
    )
}

pub(super) fn missing(name: &str) -> ServiceError {
    bad_request(format!("{name} is required."))
}

fn schema_type(name: &str) -> Result<SchemaType, ServiceError> {
    let types = [SchemaType::OpenApi3, SchemaType::JsonSchemaDraft4];
    types
        .into_iter()
        .find(|known| known.as_str() == name)
        .ok_or_else(|| bad_request(format!("Schema type {name:?} is not supported.")))
}

/// Inferred: how closely AWS looks at a document is not known.
fn document(content: &str, schema_type: Option<SchemaType>) -> Result<(), ServiceError> {
    length(content, "Content", 1, MAX_CONTENT)?;
    let document: Value = serde_json::from_str(content)
        .map_err(|error| bad_request(format!("Content is not valid JSON: {error}.")))?;
    let version = document.get("openapi").and_then(Value::as_str);
    let is_open_api = version.is_some_and(|version| version.starts_with("3."));
    if schema_type == Some(SchemaType::OpenApi3) && !is_open_api {
        return Err(bad_request("Content is not a valid OpenApi3 document."));
    }
    Ok(())
}

fn length(text: &str, name: &str, least: usize, most: usize) -> Result<(), ServiceError> {
    if (least..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(bad_request(format!(
        "{name} must have between {least} and {most} characters."
    )))
}

/// The query string of a request.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().find(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// How many entries are wanted, and after which key.
    ///
    /// # Errors
    /// `BadRequestException` for a limit of less than 1 and for a token that is none.
    pub(super) fn page(&self) -> Result<(usize, Option<String>), ServiceError> {
        let limit = match self.get("limit") {
            None => MAX_LIMIT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| *limit > 0)
                .map(|limit: usize| limit.min(MAX_LIMIT))
                .ok_or_else(|| bad_request(format!("Limit {text:?} is not valid.")))?,
        };
        let after = self
            .get("nextToken")
            .map(|token| {
                position(token).ok_or_else(|| bad_request("The specified NextToken is invalid."))
            })
            .transpose()?;
        Ok((limit, after))
    }
}
