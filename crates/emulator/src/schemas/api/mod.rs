//! The REST API of EventBridge Schemas (`2019-12-02`), as far as the semantics page lists it.

mod documents;
mod registries;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::bad_request;
use super::discover::discovered_schema;
use super::input::DiscoverInput;
use crate::ServiceError;
use crate::caller::Caller;
use crate::lambda::Account;
use crate::shared::Shared;

const REGISTRY: &str = "/v1/registries/name/{registry}";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    let schemas = format!("{REGISTRY}/schemas");
    let schema = format!("{schemas}/name/{{schema}}");
    Router::new()
        .route("/v1/registries", get(registries::list_registries))
        .route(
            REGISTRY,
            get(registries::describe_registry)
                .post(registries::create_registry)
                .put(registries::update_registry)
                .delete(registries::delete_registry),
        )
        .route(&schemas, get(documents::list_schemas))
        .route(&format!("{schemas}/search"), get(documents::search_schemas))
        .route(
            &schema,
            get(documents::describe_schema)
                .post(documents::create_schema)
                .put(documents::update_schema)
                .delete(documents::delete_schema),
        )
        .route(
            &format!("{schema}/versions"),
            get(documents::list_schema_versions),
        )
        .route(
            &format!("{schema}/version/{{version}}"),
            delete(documents::delete_schema_version),
        )
        .route(&format!("{schema}/export"), get(documents::export_schema))
        .route("/v1/discover", post(get_discovered_schema))
        .route(
            "/tags/{*arn}",
            get(registries::list_tags_for_resource)
                .post(registries::tag_resource)
                .delete(registries::untag_resource),
        )
}

async fn get_discovered_schema(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let input: DiscoverInput = parse(&body)?;
        drop(shared.authorized(&caller, "schemas:GetDiscoveredSchema", "*")?);
        let (events, schema_type) = input.read()?;
        Ok(json!({ "Content": discovered_schema(&events, schema_type) }))
    })
}

fn registry_arn(Account { region, account_id }: &Account, name: &str) -> String {
    format!("arn:aws:schemas:{region}:{account_id}:registry/{name}")
}

fn schema_arn(Account { region, account_id }: &Account, registry: &str, name: &str) -> String {
    format!("arn:aws:schemas:{region}:{account_id}:schema/{registry}/{name}")
}

/// `output` with a member more, where there is one.
fn with(mut output: Value, name: &str, value: Option<String>) -> Value {
    if let Some(value) = value {
        output[name] = value.into();
    }
    output
}

/// A body that is no JSON, or has members of the wrong type, is a `BadRequestException`.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    crate::server::parse_body(body).map_err(|error| bad_request(error.message))
}

/// An answer in the service's form: errors have a `Code`, which is their name without `Exception`, and a `Message`.
fn answer(
    status: StatusCode,
    work: impl FnOnce() -> Result<Value, ServiceError>,
) -> Response<Body> {
    match work() {
        Ok(Value::Null) => status.into_response(),
        Ok(output) => (status, axum::Json(output)).into_response(),
        Err(error) => {
            let code = error.code.strip_suffix("Exception").unwrap_or(&error.code);
            let body = axum::Json(json!({ "Code": code, "Message": error.message }));
            let status =
                StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let kind = [("x-amzn-errortype", error.code.into_owned())];
            (status, kind, body).into_response()
        }
    }
}
