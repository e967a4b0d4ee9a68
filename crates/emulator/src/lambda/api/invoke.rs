//! `Invoke`.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::FUNCTIONS;
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

/// The function that a request invokes, as its path has it, where it is an `Invoke` and not one of an operation whose
/// path merely ends like its path.
pub(crate) fn invoked<'a>(method: &Method, path: &'a str) -> Option<&'a str> {
    let function = path
        .strip_prefix(FUNCTIONS)
        .and_then(|rest| rest.strip_prefix('/')?.strip_suffix("/invocations"))?;
    (method == Method::POST && !function.is_empty() && !function.contains('/')).then_some(function)
}

/// Answers an `Invoke` of what [`invoked`] has found.
pub(crate) async fn invoke(
    shared: &Arc<Shared>,
    head: &Parts,
    function: &str,
    payload: Bytes,
) -> Response<Body> {
    let headers = &head.headers;
    let answer = async {
        let function = percent_decode_str(function)
            .decode_utf8()
            .map_err(|error| {
                ServiceError::bad_request("InvalidRequestContentException", error.to_string())
            })?;
        let qualifier = qualifier(head.uri.query().unwrap_or_default())?;
        let target = shared
            .account
            .function_ref(&function, qualifier.as_deref())?;
        let (invocation_type, log_type) = types(headers)?;
        let call = Call {
            payload: checked_payload(payload, invocation_type.max_payload_bytes())?,
            client_context: client_context(headers)?,
        };
        drop(shared.authorized(
            &Caller::of(headers),
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
                let request_id = events::accept(shared, &mut shared.state(), &target, payload)?;
                let headers = [("x-amzn-requestid", request_id)];
                return Ok((StatusCode::ACCEPTED, headers).into_response());
            }
        }
        // A client that leaves does not end the function.
        let worker = Arc::clone(shared);
        let invoked = shared
            .to_its_end(async move { worker.invoke(&target, call).await })
            .await?;
        answer(invoked, log_type)
            .map_err(|error| ServiceError::with_status(500, "ServiceException", error.to_string()))
    };
    answer.await.unwrap_or_else(rest_json_error)
}

/// The parameter `Qualifier` of a query.
///
/// # Errors
/// `SerializationException` where there is more than one.
fn qualifier(query: &str) -> Result<Option<Cow<'_, str>>, ServiceError> {
    let mut found = form_urlencoded::parse(query.as_bytes())
        .filter_map(|(name, value)| (name == "Qualifier").then_some(value));
    match (found.next(), found.next()) {
        (qualifier, None) => Ok(qualifier),
        (_, Some(_)) => Err(ServiceError::bad_request(
            "SerializationException",
            "the query has more than one Qualifier",
        )),
    }
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
    fn only_the_path_of_invoke_invokes() {
        let function = "/2015-03-31/functions/f";
        let rows = [
            (Method::POST, format!("{function}/invocations"), Some("f")),
            (
                Method::POST,
                format!("{function}:live/invocations"),
                Some("f:live"),
            ),
            (
                Method::POST,
                format!("{function}%3Alive/invocations"),
                Some("f%3Alive"),
            ),
            (Method::GET, format!("{function}/invocations"), None),
            (Method::POST, format!("{function}/invocations/"), None),
            (
                Method::DELETE,
                format!("{function}/aliases/invocations"),
                None,
            ),
            (
                Method::POST,
                format!("{function}/aliases/invocations"),
                None,
            ),
            (
                Method::POST,
                "/2015-03-31/functions/invocations".to_owned(),
                None,
            ),
            (
                Method::POST,
                "/2015-03-31/functions//invocations".to_owned(),
                None,
            ),
            (
                Method::GET,
                "/2018-10-31/layers/x/versions/invocations".to_owned(),
                None,
            ),
            (Method::POST, "/".to_owned(), None),
        ];
        for (method, path, expected) in rows {
            assert_eq!(invoked(&method, &path), expected, "{method} {path}");
        }
    }

    #[test]
    fn the_qualifier_is_that_of_the_query() {
        let rows = [
            ("", Ok(None)),
            ("Qualifier=prod", Ok(Some("prod"))),
            ("a=b&Qualifier=%24LATEST", Ok(Some("$LATEST"))),
            ("qualifier=prod", Ok(None)),
            ("Qualifier=1&Qualifier=1", Err("SerializationException")),
        ];
        for (query, expected) in rows {
            let found = qualifier(query).map_err(|error| error.code);
            let found = found.as_ref().map(Option::as_deref).map_err(|code| &**code);
            assert_eq!(found, expected, "{query}");
        }
    }

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
