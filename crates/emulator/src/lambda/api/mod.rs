//! Lambda's REST API (`2015-03-31`), as far as the semantics page lists it.

mod aliases;
mod invoke;
mod versions;

pub use invoke::Call;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;

use crate::ServiceError;
use crate::server::rest_json_error;
use crate::shared::Shared;

const FUNCTION: &str = "/2015-03-31/functions/{function}";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(&format!("{FUNCTION}/invocations"), post(invoke::invoke))
        .route(
            &format!("{FUNCTION}/configuration"),
            get(versions::get_function_configuration),
        )
        .route(
            &format!("{FUNCTION}/versions"),
            post(versions::publish_version),
        )
        .route(&format!("{FUNCTION}/aliases"), post(aliases::create_alias))
        .route(
            &format!("{FUNCTION}/aliases/{{alias}}"),
            get(aliases::get_alias).put(aliases::update_alias),
        )
}

#[derive(Deserialize)]
struct Qualifier {
    #[serde(rename = "Qualifier")]
    qualifier: Option<String>,
}

fn respond(status: StatusCode, answer: Result<Value, ServiceError>) -> Response<Body> {
    match answer {
        Ok(body) => (status, axum::Json(body)).into_response(),
        Err(error) => rest_json_error(error),
    }
}
