//! The one HTTP endpoint of all services: which service and operation a request is for, in which protocol.

mod at_once;
mod body;
mod connections;
mod durable;
mod front;
mod origin;
mod patient;
pub(crate) mod query;
mod shape;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use at_once::AtOnce;
pub(crate) use connections::{accept, serve};
pub(crate) use origin::check as check_origin;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::routing::post;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::cloudwatch::{self, cbor};
use crate::shared::Shared;
use crate::{ServiceError, codedeploy, lambda, logs, schemas};
use front::{Front, RequestId};

pub(crate) fn services(shared: Arc<Shared>) -> Front {
    let routes = Router::new()
        .merge(lambda::routes())
        .merge(schemas::routes())
        .route("/", post(one_path))
        .route(
            "/service/GraniteServiceVersion20100801/operation/{operation}",
            post(rpc_v2_cbor),
        )
        .fallback(unknown)
        .method_not_allowed_fallback(unknown);
    behind_front(routes.with_state(Arc::clone(&shared)), shared)
}

/// The services behind what every request passes.
fn behind_front(routes: Router, shared: Arc<Shared>) -> Front {
    // The front has limits of its own.
    Front::before(routes.layer(DefaultBodyLimit::disable()), shared)
}

/// AWS JSON 1.0 and 1.1, whose operation is in `X-Amz-Target`, and the Query protocol.
async fn one_path(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if query::is_query(&headers) {
        return query::answer(&shared, &caller, &request_id.text(), &body);
    }
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or((target, ""));
    let answer = parse_body::<Value>(&body).and_then(|input| match service {
        "CodeDeploy_20141006" => codedeploy::call(&shared, &caller, operation, &input),
        CLOUDWATCH => call_cloudwatch(&shared, &caller, operation, &input),
        "Logs_20140328" => {
            let answer = logs::call(&shared, &caller, operation, &input);
            if durable::may_write(operation) {
                shared.keep_logs();
            }
            answer
        }
        _ => Err(unknown_operation(&format!(
            "no service has the target {target:?}"
        ))),
    });
    let mut response = match answer {
        Ok(output) => axum::Json(output).into_response(),
        Err(error) if service == CLOUDWATCH => {
            let query_error = [(QUERY_ERROR, cbor::query_error(&error))];
            let body = json!({ "__type": cbor::shape(&error), "message": error.message });
            (status(&error), query_error, axum::Json(body)).into_response()
        }
        Err(error) => {
            let body = json!({ "__type": error.code, "message": error.message });
            (status(&error), axum::Json(body)).into_response()
        }
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, aws_json_version(&headers));
    response
}

/// The content type of an answer in AWS JSON: the request's, which says the protocol's version.
fn aws_json_version(request: &HeaderMap) -> HeaderValue {
    match request.get(header::CONTENT_TYPE) {
        Some(asked) if asked.as_bytes() == b"application/x-amz-json-1.0" => asked.clone(),
        _ => HeaderValue::from_static("application/x-amz-json-1.1"),
    }
}

/// Smithy RPC v2 CBOR, the protocol of CloudWatch that most current SDKs choose.
async fn rpc_v2_cbor(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(operation): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let answer =
        cbor::decode(&body).and_then(|input| call_cloudwatch(&shared, &caller, &operation, &input));
    let headers = [
        (header::CONTENT_TYPE, "application/cbor"),
        (SMITHY_PROTOCOL, "rpc-v2-cbor"),
    ];
    match answer {
        Ok(output) => (headers, cbor::encode(&output)).into_response(),
        Err(error) => {
            let query_error = [(QUERY_ERROR, cbor::query_error(&error))];
            (
                status(&error),
                headers,
                query_error,
                cbor::encode_error(&error),
            )
                .into_response()
        }
    }
}

fn call_cloudwatch(
    shared: &Shared,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let action = format!("cloudwatch:{operation}");
    let mut state = shared.state();
    let namespace = cloudwatch::put_namespace(operation, input);
    for resource in cloudwatch::resources(&shared.account, operation, input) {
        state.authorize_metrics(caller, &action, &resource, namespace)?;
    }
    state.call_cloudwatch(operation, input)
}

/// CloudWatch's name in its targets and paths.
const CLOUDWATCH: &str = "GraniteServiceVersion20100801";
const SMITHY_PROTOCOL: header::HeaderName = header::HeaderName::from_static("smithy-protocol");
/// The error's code in CloudWatch's older Query protocol, which SDKs go by.
const QUERY_ERROR: header::HeaderName = header::HeaderName::from_static("x-amzn-query-error");

async fn unknown(method: Method, uri: Uri) -> Response<Body> {
    rest_json_error(unknown_operation(&format!(
        "the emulator does not serve {method} {}",
        uri.path()
    )))
}

fn unknown_operation(message: &str) -> ServiceError {
    ServiceError::with_status(404, "UnknownOperationException", message)
}

/// A request body as the type an operation takes; an empty body is an empty object.
pub(crate) fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| ServiceError::bad_request("SerializationException", error.to_string()))
}

/// An error of a REST-JSON service.
pub(crate) fn rest_json_error(error: ServiceError) -> Response<Body> {
    let kind = if error.status < 500 {
        "User"
    } else {
        "Service"
    };
    let (status, code) = (status(&error), error.code);
    let member = message_member(&code);
    match error.reason {
        Some(reason) => (
            status,
            [
                ("x-amzn-errortype", code.into_owned()),
                ("retry-after", "1".to_owned()),
            ],
            axum::Json(json!({ "Reason": reason, "Type": kind, member: error.message })),
        )
            .into_response(),
        None => (
            status,
            [("x-amzn-errortype", code.into_owned())],
            axum::Json(json!({ "Type": kind, member: error.message })),
        )
            .into_response(),
    }
}

/// The member with the message, which Lambda's service model spells in two ways.
fn message_member(code: &str) -> &'static str {
    match code {
        "ResourceNotFoundException"
        | "ServiceException"
        | "ResourceInUseException"
        | "InvalidRuntimeException"
        | "InvalidZipFileException"
        | "CodeVerificationFailedException"
        // Not in the model, and written by AWS's front.
        | "AccessDeniedException" => "Message",
        _ => "message",
    }
}

fn status(error: &ServiceError) -> StatusCode {
    StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
