//! `Invoke`.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::Qualifier;
use crate::ServiceError;
use crate::caller::Caller;
use crate::execution::MAX_PAYLOAD_BYTES;
use crate::lambda::events::{self, MAX_EVENT_BYTES};
use crate::lambda::validation::Violations;
use crate::server::rest_json_error;
use crate::shared::{Invoked, Shared};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");

/// One `Invoke` call, from a client or from the rehearsal itself.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The JSON payload.
    pub payload: Bytes,
    /// The client context as JSON text, already decoded from base64.
    pub client_context: Option<String>,
}

pub(super) async fn invoke(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(function): Path<String>,
    Query(Qualifier { qualifier }): Query<Qualifier>,
    request: Request,
) -> Response<Body> {
    // Taken apart here, because axum would copy the headers.
    let (Parts { headers, .. }, body) = request.into_parts();
    let answer = async {
        let payload = body.collect().await.map_err(|error| unreadable(&error))?;
        let payload = payload.to_bytes();
        let target = shared
            .account
            .function_ref(&function, qualifier.as_deref())?;
        let (invocation_type, log_type) = types(&headers)?;
        let call = Call {
            payload: checked_payload(payload, invocation_type.max_payload_bytes())?,
            client_context: client_context(&headers)?,
        };
        drop(shared.authorized(
            &caller,
            "lambda:InvokeFunction",
            &target.arn(&shared.account),
        )?);
        match invocation_type {
            InvocationType::RequestResponse => {}
            InvocationType::DryRun => {
                shared.state().lambda.check_target(&target)?;
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            InvocationType::Event => {
                let payload =
                    String::from_utf8(call.payload.into()).map_err(|error| unreadable(&error))?;
                let request_id = events::accept(&shared, &mut shared.state(), &target, payload)?;
                let headers = [("x-amzn-requestid", request_id)];
                return Ok((StatusCode::ACCEPTED, headers).into_response());
            }
        }
        // A client that leaves does not end the function.
        let worker = Arc::clone(&shared);
        let invoked = shared
            .to_its_end(async move { worker.invoke(&target, call).await })
            .await?;
        answer(invoked, log_type)
            .map_err(|error| ServiceError::with_status(500, "ServiceException", error.to_string()))
    };
    answer.await.unwrap_or_else(rest_json_error)
}

/// The answer to a call that a function has answered.
fn answer(
    invoked: Invoked,
    log_type: LogType,
) -> Result<Response<Body>, header::InvalidHeaderValue> {
    let Invoked {
        completion,
        request_id,
        executed_version,
        version: _,
    } = invoked;
    let mut response = Response::new(Body::from(completion.payload));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(REQUEST_ID, request_id.try_into()?);
    headers.insert(EXECUTED_VERSION, executed_version.try_into()?);
    if completion.function_error {
        headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    }
    if log_type == LogType::Tail {
        let log = STANDARD.encode(&completion.log_result);
        headers.insert(LOG_RESULT, log.try_into()?);
    }
    Ok(response)
}

/// How a function is invoked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

/// Whether the end of the log is in the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LogType {
    None,
    Tail,
}

/// What the headers ask for.
///
/// # Errors
/// `ValidationException` for other values than those of the service model.
fn types(headers: &HeaderMap) -> Result<(InvocationType, LogType), ServiceError> {
    let invocation_type = text(headers, "x-amz-invocation-type");
    let log_type = text(headers, "x-amz-log-type");
    let mut violations = Violations::default();
    violations.one_of(
        invocation_type,
        "invocationType",
        &["Event", "RequestResponse", "DryRun"],
    );
    violations.one_of(log_type, "logType", &["None", "Tail"]);
    violations.finish()?;
    let invocation_type = match invocation_type {
        Some("Event") => InvocationType::Event,
        Some("DryRun") => InvocationType::DryRun,
        _ => InvocationType::RequestResponse,
    };
    let log_type = match log_type {
        Some("Tail") => LogType::Tail,
        _ => LogType::None,
    };
    Ok((invocation_type, log_type))
}

impl InvocationType {
    fn max_payload_bytes(self) -> usize {
        match self {
            Self::RequestResponse | Self::DryRun => MAX_PAYLOAD_BYTES,
            Self::Event => MAX_EVENT_BYTES,
        }
    }
}

/// An absent payload is an empty object; one that is no JSON never reaches the function.
fn checked_payload(payload: Bytes, most: usize) -> Result<Bytes, ServiceError> {
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if payload.len() > most {
        return Err(ServiceError::with_status(
            413,
            "RequestTooLargeException",
            format!("Request must be smaller than {most} bytes for the InvokeFunction operation"),
        ));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => Err(unreadable(&error)),
    }
}

fn unreadable(error: &dyn std::error::Error) -> ServiceError {
    ServiceError::bad_request(
        "InvalidRequestContentException",
        format!("Could not parse request body into json: {error}"),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_are_those_of_the_service_model() {
        let rows = [
            (
                None,
                None,
                Ok((InvocationType::RequestResponse, LogType::None)),
            ),
            (
                Some("RequestResponse"),
                Some("None"),
                Ok((InvocationType::RequestResponse, LogType::None)),
            ),
            (
                Some("Event"),
                Some("Tail"),
                Ok((InvocationType::Event, LogType::Tail)),
            ),
            (
                Some("DryRun"),
                None,
                Ok((InvocationType::DryRun, LogType::None)),
            ),
            (
                Some("event"),
                None,
                Err(
                    "1 validation error detected: Value 'event' at 'invocationType' failed to satisfy constraint: \
                     Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
                ),
            ),
            (
                None,
                Some("Foo"),
                Err(
                    "1 validation error detected: Value 'Foo' at 'logType' failed to satisfy constraint: \
                     Member must satisfy enum value set: [None, Tail]",
                ),
            ),
        ];
        for (invocation_type, log_type, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("x-amz-invocation-type", invocation_type),
                ("x-amz-log-type", log_type),
            ] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            let read =
                types(&headers).map_err(|error| format!("{}: {}", error.code, error.message));
            let expected = expected.map_err(|text| format!("ValidationException: {text}"));
            assert_eq!(read, expected);
        }
    }
}
