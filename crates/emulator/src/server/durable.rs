//! No answer tells of a change that is not on disk, where changes outlive the process.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response};
use axum::middleware::Next;

use super::front::RequestId;
use super::shape::Protocol;
use crate::ServiceError;
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
    let (request, asked) = Asked::of(request);
    // After a failed write the state in memory is ahead of the disk, and even reading it could mislead.
    if let Some(failure) = writer.failure() {
        return asked.refused(&failure);
    }
    let tells_of_others = !is_invoke(request.method(), request.uri().path());
    let (answer, last_change) = watched(next.run(request), tells_of_others).await;
    match last_change {
        None => answer,
        Some(number) => match writer.written(number).await {
            Ok(()) => answer,
            Err(failure) => asked.refused(&failure),
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

/// How a request is to be answered.
struct Asked {
    protocol: Protocol,
    request_id: RequestId,
}

impl Asked {
    fn of(request: Request) -> (Request, Self) {
        let (head, body) = request.into_parts();
        let id = head.extensions.get::<RequestId>();
        let asked = Self {
            protocol: Protocol::of(&head),
            request_id: id.copied().unwrap_or_default(),
        };
        (Request::from_parts(head, body), asked)
    }

    fn refused(&self, failure: &str) -> Response<Body> {
        self.protocol
            .error(not_written(failure), &self.request_id.text())
    }
}

/// Whether an operation of CloudWatch Logs, which has a lock of its own, may change what is kept.
pub(super) fn may_write(operation: &str) -> bool {
    !["Describe", "Filter", "Get", "List"]
        .iter()
        .any(|reads| operation.starts_with(reads))
}

/// A `ServiceException`, which clients retry and whose text they show in the end.
fn not_written(failure: &str) -> ServiceError {
    ServiceError::with_status(
        500,
        "ServiceException",
        format!(
            "the emulator cannot write its state ({failure}): whether the last changes are kept shows when it is \
             started again; it answers nothing else until then"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_learns_that_nothing_is_written() {
        let rows = [
            (
                "application/x-www-form-urlencoded",
                "/",
                "<Code>ServiceException</Code>",
            ),
            (
                "application/x-amz-json-1.1",
                "/",
                r#""__type":"ServiceException""#,
            ),
            ("application/json", "/2015-03-31/functions", r#""Message":"#),
        ];
        for (content_type, path, expected) in rows {
            let request = Request::post(path).header("content-type", content_type);
            let asked = Asked::of(request.body(Body::empty()).unwrap()).1;
            let answer = asked.refused("no space");
            assert_eq!(answer.status(), 500);
            let body = axum::body::to_bytes(answer.into_body(), 4096);
            let body = futures_util::FutureExt::now_or_never(body)
                .unwrap()
                .unwrap();
            let body = String::from_utf8(body.into()).unwrap();
            assert!(
                body.contains(expected) && body.contains("no space"),
                "{body}"
            );
        }
    }

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
