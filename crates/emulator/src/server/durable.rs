//! No answer tells of a change that is not on disk, where changes outlive the process.

use axum::body::Body;
use axum::http::Response;

use crate::ServiceError;
use crate::durable::journal::{Writer, watched};

/// The answer to a request when what it has changed is written by `writer`, and where it `tells_of_others` what it has
/// seen of others' changes; at once where there is nothing of either.
///
/// # Errors
/// `ServiceException` (500) where it cannot be written.
pub(super) async fn written_first(
    writer: Option<&Writer>,
    tells_of_others: bool,
    answer: impl Future<Output = Response<Body>>,
) -> Result<Response<Body>, ServiceError> {
    let Some(writer) = writer else {
        return Ok(answer.await);
    };
    // After a failed write the state in memory is ahead of the disk, and even reading it could mislead.
    if let Some(failure) = writer.failure() {
        return Err(not_written(&failure));
    }
    let (answer, last_change) = watched(answer, tells_of_others).await;
    if let Some(number) = last_change {
        let written = writer.written(number).await;
        written.map_err(|failure| not_written(&failure))?;
    }
    Ok(answer)
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
    use axum::http::Request;

    use super::super::shape::Protocol;
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
            let head = request.body(()).unwrap().into_parts().0;
            let answer = Protocol::of(&head).error(not_written("no space"), "");
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
}
