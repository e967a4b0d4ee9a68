//! EventBridge Schemas: registries, schemas and their versions, in which shared test events live.

mod api;
mod discover;
mod input;
#[cfg(test)]
mod tests;

pub(crate) use api::routes;

use std::collections::BTreeMap;

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ServiceError;
use crate::kept::{Collections, Kept};

/// Names and descriptions by key.
type Tags = BTreeMap<String, String>;

/// The registries of the account and what is in them.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    /// By name.
    registries: Kept<String, Registry>,
    /// By registry and name.
    schemas: Kept<(String, String), Schema>,
    /// By registry, schema and number.
    versions: Kept<(String, String, u32), SchemaVersion>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Registry {
    description: Option<String>,
    tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Schema {
    description: Option<String>,
    tags: Tags,
    last_modified: Timestamp,
    /// The number of the newest version that there has been; numbers are not used again.
    last_version: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SchemaVersion {
    content: String,
    schema_type: SchemaType,
    created: Timestamp,
    /// Which request made it, so that a repeated one is answered alike.
    client_token_id: Option<String>,
}

/// The language of a schema document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum SchemaType {
    OpenApi3,
    #[serde(rename = "JSONSchemaDraft4")]
    JsonSchemaDraft4,
}

impl SchemaType {
    fn as_str(self) -> &'static str {
        match self {
            Self::OpenApi3 => "OpenApi3",
            Self::JsonSchemaDraft4 => "JSONSchemaDraft4",
        }
    }
}

/// What `UpdateSchema` changes; what is not given stays.
#[derive(Debug, Default)]
struct SchemaUpdate {
    content: Option<String>,
    description: Option<String>,
    schema_type: Option<SchemaType>,
    client_token_id: Option<String>,
}

impl Schemas {
    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            registries,
            schemas,
            versions,
        } = self;
        vec![
            ("schemas-registries", registries),
            ("schemas-schemas", schemas),
            ("schemas-versions", versions),
        ]
    }

    /// Puts an OpenApi3 document, as a new version where it differs from the newest; makes the registry and the
    /// schema where they are missing.
    pub(crate) fn put(&mut self, registry: &str, name: &str, content: String, now: Timestamp) {
        if !self.registries.contains_key(registry) {
            self.registries
                .insert(registry.to_owned(), Registry::default());
        }
        let unchanged = self
            .version(registry, name, None)
            .is_ok_and(|(_, version)| version.content == content);
        if !unchanged {
            self.add_version(registry, name, content, SchemaType::OpenApi3, None, now);
        }
    }

    fn registry(&self, name: &str) -> Result<&Registry, ServiceError> {
        self.registries.get(name).ok_or_else(|| no_registry(name))
    }

    fn create_registry(&mut self, name: &str, registry: Registry) -> Result<(), ServiceError> {
        if self.registries.contains_key(name) {
            return Err(conflict(format!(
                "Registry with name {name} already exists."
            )));
        }
        self.registries.insert(name.to_owned(), registry);
        Ok(())
    }

    fn update_registry(
        &mut self,
        name: &str,
        description: Option<String>,
    ) -> Result<&Registry, ServiceError> {
        let registry = self
            .registries
            .get_mut(name)
            .ok_or_else(|| no_registry(name))?;
        if description.is_some() {
            registry.description = description;
        }
        Ok(registry)
    }

    fn delete_registry(&mut self, name: &str) -> Result<(), ServiceError> {
        self.registry(name)?;
        if self.in_registry(name).next().is_some() {
            return Err(bad_request(format!(
                "Registry with name {name} cannot be deleted because it contains schemas."
            )));
        }
        self.registries.remove(name);
        Ok(())
    }

    /// The schemas of a registry, by name.
    fn in_registry(&self, registry: &str) -> impl Iterator<Item = (&String, &Schema)> {
        self.schemas
            .range((registry.to_owned(), String::new())..)
            .take_while(move |((known, _), _)| known == registry)
            .map(|((_, name), schema)| (name, schema))
    }

    fn schema(&self, registry: &str, name: &str) -> Result<&Schema, ServiceError> {
        self.registry(registry)?;
        self.schemas
            .get(&key(registry, name))
            .ok_or_else(|| no_schema(name))
    }

    /// The versions that a schema has, oldest first.
    fn versions(
        &self,
        registry: &str,
        name: &str,
    ) -> impl DoubleEndedIterator<Item = (u32, &SchemaVersion)> {
        let of = |number| (registry.to_owned(), name.to_owned(), number);
        self.versions
            .range(of(0)..=of(u32::MAX))
            .map(|((_, _, number), version)| (*number, version))
    }

    /// The version with that number, or the newest.
    fn version(
        &self,
        registry: &str,
        name: &str,
        number: Option<&str>,
    ) -> Result<(u32, &SchemaVersion), ServiceError> {
        self.schema(registry, name)?;
        match number {
            None => self
                .versions(registry, name)
                .next_back()
                .ok_or_else(|| no_schema(name)),
            Some(number) => number
                .parse()
                .ok()
                .and_then(|asked: u32| {
                    let key = (registry.to_owned(), name.to_owned(), asked);
                    Some((asked, self.versions.get(&key)?))
                })
                .ok_or_else(|| no_version(name, number)),
        }
    }

    fn create_schema(
        &mut self,
        (registry, name): (&str, &str),
        (content, schema_type): (String, SchemaType),
        description: Option<String>,
        tags: Tags,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        self.registry(registry)?;
        if self.schemas.contains_key(&key(registry, name)) {
            return Err(conflict(format!("Schema with name {name} already exists.")));
        }
        self.add_version(registry, name, content, schema_type, None, now);
        if let Some(schema) = self.schemas.get_mut(&key(registry, name)) {
            (schema.description, schema.tags) = (description, tags);
        }
        Ok(())
    }

    /// Gives the schema a new version where there is a new document.
    fn update_schema(
        &mut self,
        registry: &str,
        name: &str,
        update: SchemaUpdate,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let SchemaUpdate {
            content,
            description,
            schema_type,
            client_token_id,
        } = update;
        let (_, newest) = self.version(registry, name, None)?;
        if client_token_id.is_some() && client_token_id == newest.client_token_id {
            return Ok(());
        }
        let schema_type = schema_type.unwrap_or(newest.schema_type);
        match content {
            Some(content) if content == newest.content && schema_type == newest.schema_type => {
                return Err(conflict("No change since the previous schema version."));
            }
            Some(content) => {
                self.add_version(registry, name, content, schema_type, client_token_id, now);
            }
            None => {}
        }
        if let (Some(description), Some(schema)) =
            (description, self.schemas.get_mut(&key(registry, name)))
        {
            schema.description = Some(description);
            schema.last_modified = now;
        }
        Ok(())
    }

    fn add_version(
        &mut self,
        registry: &str,
        name: &str,
        content: String,
        schema_type: SchemaType,
        client_token_id: Option<String>,
        now: Timestamp,
    ) {
        let known = self.schemas.get(&key(registry, name)).cloned();
        let mut schema = known.unwrap_or(Schema {
            description: None,
            tags: Tags::new(),
            last_modified: now,
            last_version: 0,
        });
        schema.last_version += 1;
        schema.last_modified = now;
        self.versions.insert(
            (registry.to_owned(), name.to_owned(), schema.last_version),
            SchemaVersion {
                content,
                schema_type,
                created: now,
                client_token_id,
            },
        );
        self.schemas.insert(key(registry, name), schema);
    }

    fn delete_schema(&mut self, registry: &str, name: &str) -> Result<(), ServiceError> {
        self.schema(registry, name)?;
        let numbers: Vec<u32> = self
            .versions(registry, name)
            .map(|(number, _)| number)
            .collect();
        for number in numbers {
            self.versions
                .remove(&(registry.to_owned(), name.to_owned(), number));
        }
        self.schemas.remove(&key(registry, name));
        Ok(())
    }

    /// Deletes a version, and the schema with its last one.
    fn delete_schema_version(
        &mut self,
        registry: &str,
        name: &str,
        number: &str,
    ) -> Result<(), ServiceError> {
        let (number, _) = self.version(registry, name, Some(number))?;
        self.versions
            .remove(&(registry.to_owned(), name.to_owned(), number));
        if self.versions(registry, name).next().is_none() {
            self.schemas.remove(&key(registry, name));
        }
        Ok(())
    }

    /// The tags of a registry or a schema, to read.
    fn tags(&self, resource: &Resource<'_>) -> Result<&Tags, ServiceError> {
        match *resource {
            Resource::Registry(name) => Ok(&self.registry(name)?.tags),
            Resource::Schema(registry, name) => Ok(&self.schema(registry, name)?.tags),
        }
    }

    /// The tags of a registry or a schema, to change.
    fn tags_mut(&mut self, resource: &Resource<'_>) -> Result<&mut Tags, ServiceError> {
        match *resource {
            Resource::Registry(name) => self
                .registries
                .get_mut(name)
                .map(|registry| &mut registry.tags)
                .ok_or_else(|| no_registry(name)),
            Resource::Schema(registry, name) => {
                self.registry(registry)?;
                self.schemas
                    .get_mut(&key(registry, name))
                    .map(|schema| &mut schema.tags)
                    .ok_or_else(|| no_schema(name))
            }
        }
    }
}

/// What can be tagged here.
#[derive(Clone, Copy, Debug)]
enum Resource<'a> {
    Registry(&'a str),
    /// Its registry and its name.
    Schema(&'a str, &'a str),
}

fn key(registry: &str, name: &str) -> (String, String) {
    (registry.to_owned(), name.to_owned())
}

fn no_registry(name: &str) -> ServiceError {
    not_found(format!("Registry with name {name} does not exist."))
}

fn no_schema(name: &str) -> ServiceError {
    not_found(format!("Schema with name {name} does not exist."))
}

fn no_version(name: &str, number: &str) -> ServiceError {
    not_found(format!(
        "Schema with name {name} and version {number} does not exist."
    ))
}

fn not_found(message: String) -> ServiceError {
    ServiceError::with_status(404, "NotFoundException", message)
}

fn conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::with_status(409, "ConflictException", message)
}

fn bad_request(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("BadRequestException", message)
}
