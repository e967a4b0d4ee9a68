//! No answer tells of a change that is not on disk, where changes outlive the process.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use serde_json::json;

use super::{QUERY_ERROR, SMITHY_PROTOCOL, status};
use crate::ServiceError;
use crate::cloudwatch::cbor;
use crate::durable::journal::watched;
use crate::lambda;
use crate::shared::Shared;

/// Answers a request when what it has changed is written, and what it has seen of others' changes; at once where there
/// is nothing of either. `Invoke` tells of nothing that is kept, and waits for its own changes only.
pub(super) async fn written_first(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Some(writer) = shared.writer() else {
        return next.run(request).await;
    };
    let is_cbor = is_cbor(request.headers());
    // After a failed write the state in memory is ahead of the disk, and even reading it could mislead.
    if let Some(failure) = writer.failure() {
        return not_written(&failure, is_cbor);
    }
    let tells_of_others = !is_invoke(request.method(), request.uri().path());
    let (answer, last_change) = watched(next.run(request), tells_of_others).await;
    match last_change {
        None => answer,
        Some(number) => match writer.written(number).await {
            Ok(()) => answer,
            Err(failure) => not_written(&failure, is_cbor),
        },
    }
}

/// Whether a request is an `Invoke`, and not one of an operation whose path merely ends like its path.
fn is_invoke(method: &Method, path: &str) -> bool {
    let function = path
        .strip_prefix(lambda::FUNCTIONS)
        .and_then(|rest| rest.strip_prefix('/')?.strip_suffix("/invocations"));
    method == Method::POST
        && function.is_some_and(|function| !function.is_empty() && !function.contains('/'))
}

/// Whether an operation of CloudWatch Logs, which has a lock of its own, may change what is kept.
pub(super) fn may_write(operation: &str) -> bool {
    !["Describe", "Filter", "Get", "List"]
        .iter()
        .any(|reads| operation.starts_with(reads))
}

fn is_cbor(headers: &HeaderMap) -> bool {
    headers
        .get(SMITHY_PROTOCOL)
        .is_some_and(|protocol| protocol.as_bytes() == b"rpc-v2-cbor")
}

/// A `ServiceException`, which clients retry and whose text they show in the end.
fn not_written(failure: &str, is_cbor: bool) -> Response<Body> {
    let error = ServiceError::with_status(
        500,
        "ServiceException",
        format!(
            "the emulator cannot write its state ({failure}): whether the last changes are kept shows when it is \
             started again; it answers nothing else until then"
        ),
    );
    if is_cbor {
        let headers = [
            (header::CONTENT_TYPE, "application/cbor".to_owned()),
            (SMITHY_PROTOCOL, "rpc-v2-cbor".to_owned()),
            (QUERY_ERROR, cbor::query_error(&error)),
        ];
        return (status(&error), headers, cbor::encode_error(&error)).into_response();
    }
    let body = axum::Json(json!({
        "__type": error.code, "Type": "Service", "message": error.message, "Message": error.message,
    }));
    let kind = [("x-amzn-errortype", error.code.clone().into_owned())];
    (status(&error), kind, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_invoke_waits_for_its_own_changes_alone() {
        let function = "/2015-03-31/functions/f";
        let rows = [
            (Method::POST, format!("{function}/invocations"), true),
            (Method::POST, format!("{function}:live/invocations"), true),
            (Method::GET, format!("{function}/invocations"), false),
            (
                Method::DELETE,
                format!("{function}/aliases/invocations"),
                false,
            ),
            (
                Method::POST,
                format!("{function}/aliases/invocations"),
                false,
            ),
            (
                Method::POST,
                "/2015-03-31/functions/invocations".to_owned(),
                false,
            ),
            (
                Method::POST,
                "/2015-03-31/functions//invocations".to_owned(),
                false,
            ),
            (
                Method::GET,
                "/2018-10-31/layers/x/versions/invocations".to_owned(),
                false,
            ),
            (Method::POST, "/".to_owned(), false),
        ];
        for (method, path, expected) in rows {
            assert_eq!(is_invoke(&method, &path), expected, "{method} {path}");
        }
    }
}
