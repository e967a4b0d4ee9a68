//! Lambda's REST API (`2015-03-31`), as far as the semantics page lists it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::alias::AliasUpdate;
use super::{Account, Alias, FunctionRef, Version};
use crate::ServiceError;
use crate::execution::MAX_PAYLOAD_BYTES;
use crate::server::{parse_body, rest_json_error};
use crate::shared::Shared;

const FUNCTION: &str = "/2015-03-31/functions/{function}";

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(&format!("{FUNCTION}/invocations"), post(invoke))
        .route(
            &format!("{FUNCTION}/configuration"),
            get(get_function_configuration),
        )
        .route(&format!("{FUNCTION}/versions"), post(publish_version))
        .route(&format!("{FUNCTION}/aliases"), post(create_alias))
        .route(
            &format!("{FUNCTION}/aliases/{{alias}}"),
            get(get_alias).put(update_alias),
        )
}

/// One `Invoke` call, from a client or from the rehearsal itself.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The JSON payload.
    pub payload: Bytes,
    /// The client context as JSON text, already decoded from base64.
    pub client_context: Option<String>,
}

#[derive(Deserialize)]
struct Qualifier {
    #[serde(rename = "Qualifier")]
    qualifier: Option<String>,
}

async fn invoke(
    State(shared): State<Arc<Shared>>,
    Path(function): Path<String>,
    Query(Qualifier { qualifier }): Query<Qualifier>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response<Body> {
    let answer = async {
        let target = shared
            .account
            .function_ref(&function, qualifier.as_deref())?;
        let call = Call {
            payload: checked_payload(payload)?,
            client_context: client_context(&headers)?,
        };
        match text(&headers, "x-amz-invocation-type").unwrap_or("RequestResponse") {
            "RequestResponse" => {}
            "DryRun" => {
                shared.state().route(&target)?;
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            other => {
                return Err(ServiceError::bad_request(
                    "InvalidParameterValueException",
                    format!(
                        "the emulator does not serve invocation type {other}: use RequestResponse or DryRun"
                    ),
                ));
            }
        }
        // In the background, because a client that leaves does not end the function.
        let (answer, answered) = oneshot::channel();
        let worker = Arc::clone(&shared);
        shared.in_background(async move {
            // Nobody waits where the client has left.
            let _ = answer.send(worker.invoke(&target, call).await);
        });
        let invoked = answered.await.map_err(|error| {
            ServiceError::with_status(500, "ServiceException", error.to_string())
        })??;
        let mut response = Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-amzn-requestid", &invoked.request_id)
            .header("x-amz-executed-version", &invoked.executed_version);
        if invoked.completion.function_error {
            response = response.header("x-amz-function-error", "Unhandled");
        }
        if text(&headers, "x-amz-log-type") == Some("Tail") {
            response = response.header(
                "x-amz-log-result",
                STANDARD.encode(&invoked.completion.log_tail),
            );
        }
        response
            .body(Body::from(invoked.completion.payload))
            .map_err(|error| ServiceError::with_status(500, "ServiceException", error.to_string()))
    };
    answer.await.unwrap_or_else(rest_json_error)
}

/// An absent payload is an empty object; one that is no JSON never reaches the function.
fn checked_payload(payload: Bytes) -> Result<Bytes, ServiceError> {
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(ServiceError::with_status(
            413,
            "RequestTooLargeException",
            format!(
                "Request must be smaller than {MAX_PAYLOAD_BYTES} bytes for the InvokeFunction operation"
            ),
        ));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => Err(ServiceError::bad_request(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        )),
    }
}

fn client_context(headers: &HeaderMap) -> Result<Option<String>, ServiceError> {
    let Some(encoded) = headers.get("x-amz-client-context") else {
        return Ok(None);
    };
    let context = STANDARD
        .decode(encoded.as_bytes())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    context
        // It travels to the function as a header value.
        .filter(|context| HeaderValue::from_str(context).is_ok())
        .filter(|context| serde_json::from_str::<serde_json::Map<String, Value>>(context).is_ok())
        .map(Some)
        .ok_or_else(|| {
            ServiceError::bad_request(
                "InvalidRequestContentException",
                "Client context must be a valid Base64-encoded JSON object",
            )
        })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn get_function_configuration(
    State(shared): State<Arc<Shared>>,
    Path(function): Path<String>,
    Query(Qualifier { qualifier }): Query<Qualifier>,
) -> Response<Body> {
    let answer = || {
        let target = shared
            .account
            .function_ref(&function, qualifier.as_deref())?;
        let state = shared.state();
        let name = target.qualifier.as_deref().unwrap_or("$LATEST");
        let version = match state.lambda.alias(&target.name, name) {
            Ok(alias) => alias.function_version.clone(),
            Err(_) => name.to_owned(),
        };
        let version = state.lambda.version(&target.name, &version)?;
        Ok(function_configuration(&shared.account, version, &target))
    };
    respond(StatusCode::OK, answer())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishVersion {
    code_sha256: Option<String>,
    revision_id: Option<String>,
}

async fn publish_version(
    State(shared): State<Arc<Shared>>,
    Path(function): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let wanted: PublishVersion = parse_body(&body)?;
        let mut state = shared.state();
        let latest = state.lambda.version(&target.name, "$LATEST")?;
        if wanted
            .code_sha256
            .is_some_and(|sha| sha != latest.configuration.code.code_sha256)
        {
            return Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                format!(
                    "CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST. Please try again with the CodeSHA256 in $LATEST.",
                    latest.configuration.code.code_sha256
                ),
            ));
        }
        if wanted
            .revision_id
            .is_some_and(|revision| revision != latest.revision_id)
        {
            return Err(super::stale_revision_id());
        }
        let version = state.publish_version(&target.name)?;
        let named = FunctionRef {
            qualifier: Some(version.version.clone()),
            name: target.name,
        };
        Ok(function_configuration(&shared.account, &version, &named))
    };
    respond(StatusCode::CREATED, answer())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateAlias {
    name: String,
    function_version: String,
    routing_config: Option<RoutingConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateAlias {
    function_version: Option<String>,
    routing_config: Option<RoutingConfig>,
    revision_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoutingConfig {
    #[serde(default)]
    additional_version_weights: Option<indexmap::IndexMap<String, f64>>,
}

impl RoutingConfig {
    fn weights(self) -> Vec<(String, f64)> {
        self.additional_version_weights
            .unwrap_or_default()
            .into_iter()
            .collect()
    }
}

async fn create_alias(
    State(shared): State<Arc<Shared>>,
    Path(function): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let wanted: CreateAlias = parse_body(&body)?;
        let weights = wanted
            .routing_config
            .map(RoutingConfig::weights)
            .unwrap_or_default();
        let alias = shared.state().create_alias(
            &target.name,
            &wanted.name,
            &wanted.function_version,
            &weights,
        )?;
        Ok(alias_configuration(&shared.account, &target.name, &alias))
    };
    respond(StatusCode::CREATED, answer())
}

async fn update_alias(
    State(shared): State<Arc<Shared>>,
    Path((function, alias)): Path<(String, String)>,
    body: Bytes,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let wanted: UpdateAlias = parse_body(&body)?;
        let update = AliasUpdate {
            function_version: wanted.function_version,
            additional_version_weights: wanted.routing_config.map(RoutingConfig::weights),
            revision_id: wanted.revision_id,
        };
        let alias = shared.state().update_alias(&target.name, &alias, &update)?;
        Ok(alias_configuration(&shared.account, &target.name, &alias))
    };
    respond(StatusCode::OK, answer())
}

async fn get_alias(
    State(shared): State<Arc<Shared>>,
    Path((function, alias)): Path<(String, String)>,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let state = shared.state();
        let alias = state.lambda.alias(&target.name, &alias)?;
        Ok(alias_configuration(&shared.account, &target.name, alias))
    };
    respond(StatusCode::OK, answer())
}

fn function_configuration(account: &Account, version: &Version, named: &FunctionRef) -> Value {
    let configuration = &version.configuration;
    json!({
        "FunctionName": version.function_name,
        "FunctionArn": account.function_arn(&named.name, named.qualifier.as_deref()),
        "Version": version.version,
        "Runtime": configuration.runtime,
        "Handler": configuration.handler,
        "Timeout": configuration.timeout.as_secs(),
        "MemorySize": configuration.memory_size,
        "Environment": { "Variables": configuration.environment },
        "CodeSha256": configuration.code.code_sha256,
        "CodeSize": configuration.code.code_size,
        "RevisionId": version.revision_id,
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "LoggingConfig": {
            "LogFormat": configuration.log_format.as_str(),
            "LogGroup": configuration.log_group,
        },
    })
}

fn alias_configuration(account: &Account, function: &str, alias: &Alias) -> Value {
    let mut configuration = json!({
        "AliasArn": account.function_arn(function, Some(&alias.name)),
        "Name": alias.name,
        "FunctionVersion": alias.function_version,
        "Description": "",
        "RevisionId": alias.revision_id,
    });
    // Left out when there are no weights, as GetAlias does.
    if let (Some((version, weight)), Some(members)) = (
        &alias.additional_version_weight,
        configuration.as_object_mut(),
    ) {
        members.insert(
            "RoutingConfig".to_owned(),
            json!({ "AdditionalVersionWeights": { version: weight } }),
        );
    }
    configuration
}

fn respond(status: StatusCode, answer: Result<Value, ServiceError>) -> Response<Body> {
    match answer {
        Ok(body) => (status, axum::Json(body)).into_response(),
        Err(error) => rest_json_error(error),
    }
}
