//! Errors that no service's operation has made, in the protocol of the call.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use axum::response::IntoResponse;
use serde_json::json;

use super::{QUERY_ERROR, SMITHY_PROTOCOL, rest_json_error, status};
use crate::ServiceError;
use crate::cloudwatch::cbor;

/// In which of AWS's protocols a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// AWS JSON 1.0 and 1.1: the operation is in a header.
    AwsJson,
    /// Smithy RPC v2 CBOR.
    Cbor,
    /// The Query protocol: a form, answered in XML.
    Query,
    /// REST-JSON, and whatever cannot be told.
    RestJson,
}

impl Protocol {
    /// As far as the head of a request shows it.
    pub(super) fn of(head: &Parts) -> Self {
        let content_type = text(&head.headers, "content-type").as_bytes();
        let begins_with = |start: &[u8]| {
            let same_length = content_type.get(..start.len());
            same_length.is_some_and(|own| own.eq_ignore_ascii_case(start))
        };
        if head.headers.contains_key(SMITHY_PROTOCOL) || head.uri.path().starts_with("/service/") {
            Self::Cbor
        } else if head.headers.contains_key("x-amz-target")
            || begins_with(b"application/x-amz-json")
        {
            Self::AwsJson
        } else if head.uri.path() == "/" && begins_with(b"application/x-www-form-urlencoded") {
            Self::Query
        } else if head.uri.path() == "/" {
            Self::AwsJson
        } else {
            Self::RestJson
        }
    }

    /// The error as a client of the protocol reads it.
    pub(super) fn error(self, error: ServiceError, request_id: &str) -> Response<Body> {
        match self {
            Self::RestJson => rest_json_error(error),
            Self::AwsJson => {
                let body = json!({ "__type": error.code, "message": error.message });
                (status(&error), axum::Json(body)).into_response()
            }
            Self::Cbor => {
                let headers = [
                    (header::CONTENT_TYPE, "application/cbor"),
                    (SMITHY_PROTOCOL, "rpc-v2-cbor"),
                ];
                let query_error = [(QUERY_ERROR, cbor::query_error(&error))];
                let body = cbor::encode_error(&error);
                (status(&error), headers, query_error, body).into_response()
            }
            Self::Query => {
                let kind = if error.status < 500 {
                    "Sender"
                } else {
                    "Receiver"
                };
                let body = format!(
                    "<ErrorResponse><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error>\
                     <RequestId>{request_id}</RequestId></ErrorResponse>",
                    escaped(&error.code),
                    escaped(&error.message)
                );
                (status(&error), [(header::CONTENT_TYPE, "text/xml")], body).into_response()
            }
        }
    }
}

/// A header as text; nothing where it is absent or no text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .map(HeaderValue::to_str)
        .and_then(Result::ok)
        .unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
