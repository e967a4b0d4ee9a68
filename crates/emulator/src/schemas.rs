//! EventBridge Schemas, as far as a hook reads shared test events: `DescribeSchema`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use crate::ServiceError;
use crate::caller::Caller;
use crate::lambda::Account;
use crate::server::rest_json_error;
use crate::shared::Shared;

/// The registries of the account: schema documents by registry and schema name.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    schemas: BTreeMap<(String, String), Schema>,
}

#[derive(Debug)]
struct Schema {
    content: String,
    version: u32,
}

impl Schemas {
    /// Creates the schema, or gives it a new version; the registry needs no creating.
    pub(crate) fn put(&mut self, registry: &str, name: &str, content: String) {
        let schema = self
            .schemas
            .entry((registry.to_owned(), name.to_owned()))
            .or_insert(Schema {
                content: String::new(),
                version: 0,
            });
        schema.content = content;
        schema.version += 1;
    }

    fn schema(&self, registry: &str, name: &str) -> Result<&Schema, ServiceError> {
        self.schemas
            .get(&(registry.to_owned(), name.to_owned()))
            .ok_or_else(|| {
                let message = if self.schemas.keys().any(|(known, _)| known == registry) {
                    format!("Schema with name {name} does not exist.")
                } else {
                    format!("Registry with name {registry} does not exist.")
                };
                ServiceError::with_status(404, "NotFoundException", message)
            })
    }
}

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route(
        "/v1/registries/name/{registry}/schemas/name/{schema}",
        get(describe_schema),
    )
}

async fn describe_schema(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((registry, name)): Path<(String, String)>,
) -> Response<Body> {
    let Account { region, account_id } = &shared.account;
    let arn = format!("arn:aws:schemas:{region}:{account_id}:schema/{registry}/{name}");
    let state = match shared.authorized(&caller, "schemas:DescribeSchema", &arn) {
        Ok(state) => state,
        Err(error) => return rest_json_error(error),
    };
    match state.schemas.schema(&registry, &name) {
        Ok(schema) => axum::Json(json!({
            "SchemaArn": arn,
            "SchemaName": name,
            "SchemaVersion": schema.version.to_string(),
            "Type": "OpenApi3",
            "Content": schema.content,
        }))
        .into_response(),
        Err(error) => rest_json_error(error),
    }
}
