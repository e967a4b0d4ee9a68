//! Operations of schemas and their versions.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode, Uri};
use deployment::Timestamp;
use serde_json::{Value, json};

use super::super::input::{Parameters, SchemaInput, check_names, missing};
use super::super::{Schema, SchemaUpdate, SchemaVersion, Schemas};
use super::{answer, parse, registry_arn, schema_arn, with};
use crate::ServiceError;
use crate::calendar::iso;
use crate::caller::Caller;
use crate::page::page;
use crate::shared::Shared;

pub(super) async fn create_schema(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name)): Path<(String, String)>,
    body: Bytes,
) -> Response<Body> {
    answer(StatusCode::CREATED, || {
        let input: SchemaInput = parse(&body)?;
        check_names(&registry, Some(&name))?;
        let schema_type = input.schema_type()?.ok_or_else(|| missing("Type"))?;
        let content = input.content.ok_or_else(|| missing("Content"))?;
        let arn = schema_arn(&shared.account, &registry, &name);
        let mut state = shared.authorized(&caller, "schemas:CreateSchema", &arn)?;
        let now = state.now;
        state.schemas.create_schema(
            (&registry, &name),
            (content, schema_type),
            input.description,
            input.tags,
            now,
        )?;
        describe_one_schema(&state.schemas, &arn, (&registry, &name), None)
    })
}

pub(super) async fn update_schema(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name)): Path<(String, String)>,
    body: Bytes,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let input: SchemaInput = parse(&body)?;
        let schema_type = input.schema_type()?;
        let arn = schema_arn(&shared.account, &registry, &name);
        let mut state = shared.authorized(&caller, "schemas:UpdateSchema", &arn)?;
        let now = state.now;
        let update = SchemaUpdate {
            content: input.content,
            description: input.description,
            schema_type,
            client_token_id: input.client_token_id,
        };
        state.schemas.update_schema(&registry, &name, update, now)?;
        describe_one_schema(&state.schemas, &arn, (&registry, &name), None)
    })
}

pub(super) async fn describe_schema(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name)): Path<(String, String)>,
    uri: Uri,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let parameters = Parameters::of(&uri);
        let number = parameters.get("schemaVersion");
        let arn = schema_arn(&shared.account, &registry, &name);
        let state = shared.authorized(&caller, "schemas:DescribeSchema", &arn)?;
        let (_, version) = state.schemas.version(&registry, &name, number)?;
        let content = version.content.clone();
        let schema = describe_one_schema(&state.schemas, &arn, (&registry, &name), number)?;
        Ok(with(schema, "Content", Some(content)))
    })
}

pub(super) async fn delete_schema(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name)): Path<(String, String)>,
) -> Response<Body> {
    answer(StatusCode::NO_CONTENT, || {
        let arn = schema_arn(&shared.account, &registry, &name);
        let mut state = shared.authorized(&caller, "schemas:DeleteSchema", &arn)?;
        state.schemas.delete_schema(&registry, &name)?;
        Ok(Value::Null)
    })
}

pub(super) async fn delete_schema_version(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name, version)): Path<(String, String, String)>,
) -> Response<Body> {
    answer(StatusCode::NO_CONTENT, || {
        let arn = schema_arn(&shared.account, &registry, &name);
        let mut state = shared.authorized(&caller, "schemas:DeleteSchemaVersion", &arn)?;
        state
            .schemas
            .delete_schema_version(&registry, &name, &version)?;
        Ok(Value::Null)
    })
}

pub(super) async fn list_schemas(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(registry): Path<String>,
    uri: Uri,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let parameters = Parameters::of(&uri);
        let (limit, after) = parameters.page()?;
        let prefix = parameters.get("schemaNamePrefix").unwrap_or_default();
        let arn = registry_arn(&shared.account, &registry);
        let state = shared.authorized(&caller, "schemas:ListSchemas", &arn)?;
        state.schemas.registry(&registry)?;
        let schemas = state
            .schemas
            .in_registry(&registry)
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(name, schema)| {
                let summary = json!({
                    "LastModified": time(schema.last_modified),
                    "SchemaArn": schema_arn(&shared.account, &registry, name),
                    "SchemaName": name,
                    "tags": schema.tags,
                    "VersionCount": state.schemas.versions(&registry, name).count(),
                });
                (name, summary)
            });
        let (schemas, next) = page(schemas, after.as_deref(), limit);
        Ok(with(json!({ "Schemas": schemas }), "NextToken", next))
    })
}

/// Newest first.
pub(super) async fn list_schema_versions(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name)): Path<(String, String)>,
    uri: Uri,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let (limit, after) = Parameters::of(&uri).page()?;
        let arn = schema_arn(&shared.account, &registry, &name);
        let state = shared.authorized(&caller, "schemas:ListSchemaVersions", &arn)?;
        state.schemas.schema(&registry, &name)?;
        let versions = state
            .schemas
            .versions(&registry, &name)
            .rev()
            .map(|(number, version)| {
                let summary = json!({
                    "SchemaArn": arn,
                    "SchemaName": name,
                    "SchemaVersion": number.to_string(),
                    "Type": version.schema_type,
                });
                // Keys that ascend as versions descend.
                (format!("{:010}", u32::MAX - number), summary)
            });
        let (versions, next) = page(versions, after.as_deref(), limit);
        Ok(with(
            json!({ "SchemaVersions": versions }),
            "NextToken",
            next,
        ))
    })
}

/// Schemas whose name or newest document holds one of the keywords; case does not count. Inferred.
pub(super) async fn search_schemas(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(registry): Path<String>,
    uri: Uri,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let parameters = Parameters::of(&uri);
        let (limit, after) = parameters.page()?;
        let keywords = parameters
            .get("keywords")
            .ok_or_else(|| missing("Keywords"))?;
        let keywords: Vec<String> = keywords.split_whitespace().map(str::to_lowercase).collect();
        let arn = registry_arn(&shared.account, &registry);
        let state = shared.authorized(&caller, "schemas:SearchSchemas", &arn)?;
        state.schemas.registry(&registry)?;
        let is_met = |text: &str| {
            let text = text.to_lowercase();
            keywords.iter().any(|keyword| text.contains(keyword))
        };
        let found = state
            .schemas
            .in_registry(&registry)
            .filter(|(name, _)| {
                let newest = state.schemas.versions(&registry, name).next_back();
                is_met(name) || newest.is_some_and(|(_, version)| is_met(&version.content))
            })
            .map(|(name, _)| {
                let versions: Vec<Value> = state
                    .schemas
                    .versions(&registry, name)
                    .rev()
                    .map(|(number, version)| {
                        json!({
                            "CreatedDate": time(version.created),
                            "SchemaVersion": number.to_string(),
                            "Type": version.schema_type,
                        })
                    })
                    .collect();
                let summary = json!({
                    "RegistryName": registry,
                    "SchemaArn": schema_arn(&shared.account, &registry, name),
                    "SchemaName": name,
                    "SchemaVersions": versions,
                });
                (name, summary)
            });
        let (schemas, next) = page(found, after.as_deref(), limit);
        Ok(with(json!({ "Schemas": schemas }), "NextToken", next))
    })
}

/// AWS exports its own schemas and discovered ones only, of which there are none here (observed by eventcatalog,
/// issue 270).
pub(super) async fn export_schema(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name)): Path<(String, String)>,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let arn = schema_arn(&shared.account, &registry, &name);
        let state = shared.authorized(&caller, "schemas:ExportSchema", &arn)?;
        state.schemas.schema(&registry, &name)?;
        Err(ServiceError::with_status(
            403,
            "ForbiddenException",
            "You cannot export non discovered or non aws managed schemas.",
        ))
    })
}

/// A schema and one of its versions, without the document.
fn describe_one_schema(
    schemas: &Schemas,
    arn: &str,
    (registry, name): (&str, &str),
    number: Option<&str>,
) -> Result<Value, ServiceError> {
    let Schema {
        description,
        tags,
        last_modified,
        ..
    } = schemas.schema(registry, name)?;
    let (number, version) = schemas.version(registry, name, number)?;
    let SchemaVersion {
        schema_type,
        created,
        ..
    } = version;
    let output = json!({
        "LastModified": time(*last_modified),
        "SchemaArn": arn,
        "SchemaName": name,
        "SchemaVersion": number.to_string(),
        "tags": tags,
        "Type": schema_type,
        "VersionCreatedDate": time(*created),
    });
    Ok(with(output, "Description", description.clone()))
}

/// A point in time in ISO 8601, as the service model has it.
fn time(at: Timestamp) -> String {
    format!(
        "{}Z",
        iso(i64::try_from(at.as_millis()).unwrap_or(i64::MAX))
    )
}
