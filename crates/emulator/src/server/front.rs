//! What every request passes before it reaches a service, and every answer on its way back.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;

use super::durable::written_first;
use super::shape::{Protocol, text};
use super::{body, origin};
use crate::identity::numbered_uuid;
use crate::shared::Shared;
use crate::{ServiceError, lambda};

/// How long a text of axum's about a request may be.
const MAX_REJECTION_BYTES: usize = 4096;

/// The services, and what all requests pass before them. It is no layer of the router's: each of those is copied for
/// every request, and puts another box around its answer.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    passing: Arc<Passing>,
    shared: Arc<Shared>,
    /// Every operation but `Invoke`, which is called a thousand times as often, and pays for no routing.
    routes: TowerToHyperService<Router>,
}

/// What all requests share.
#[derive(Debug)]
struct Passing {
    /// Counts requests, from which their ids follow.
    requests: AtomicU64,
    /// The room for large bodies.
    room: Semaphore,
}

/// A request's number, from which its id follows; the services find it among the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestId(u64);

impl RequestId {
    /// The id. Made where it is needed: what invokes a function answers with that of the invocation.
    pub(super) fn text(self) -> String {
        numbered_uuid(self.0)
    }
}

impl Front {
    pub(super) fn before(routes: Router, shared: Arc<Shared>) -> Self {
        Self {
            shared,
            passing: Arc::new(Passing {
                requests: AtomicU64::new(0),
                room: body::room(),
            }),
            routes: TowerToHyperService::new(routes),
        }
    }

    /// Checks where the request comes from, reads its body, and sees to it that the answer is one of AWS's: shaped
    /// like the protocol's, with a request id, even where a service panics.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let Passing { requests, room } = &*self.passing;
        let request_id = RequestId(requests.fetch_add(1, Ordering::Relaxed));
        let (mut head, body) = request.into_parts();
        let protocol = Protocol::of(&head);
        let read = match origin::check(&head) {
            Ok(()) => body::read(&mut head, body, room).await,
            Err(error) => Err(error),
        };
        let mut response = match read {
            // Its room is free again when the answer is there.
            Ok(held) => {
                let served = self.serve(head, held.bytes, protocol, request_id);
                // A panic must not take the connection with it. The state's lock recovers from one: see `Shared::state`.
                match AssertUnwindSafe(served).catch_unwind().await {
                    Ok(Ok(response)) => response,
                    Ok(Err(error)) => protocol.error(error, &request_id.text()),
                    Err(_) => protocol.error(internal_failure(), &request_id.text()),
                }
            }
            Err(error) => {
                let mut response = protocol.error(error, &request_id.text());
                // What has not been read of the request is not read any more.
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            }
        };
        let headers = response.headers_mut();
        if !headers.contains_key("x-amzn-requestid")
            && let Ok(id) = HeaderValue::from_str(&request_id.text())
        {
            headers.insert("x-amzn-requestid", id);
        }
        response
    }

    /// Has the request's service answer it. `Invoke` tells of nothing that is kept, and waits for its own changes only.
    async fn serve(
        &self,
        mut head: Parts,
        body: Bytes,
        protocol: Protocol,
        request_id: RequestId,
    ) -> Result<Response<Body>, ServiceError> {
        let writer = self.shared.writer();
        if let Some(function) = lambda::invoked(&head.method, head.uri.path()) {
            let answer = lambda::invoke(&self.shared, &head, function, body);
            return written_first(writer, false, answer).await;
        }
        let answer = async {
            head.extensions.insert(request_id);
            let Ok(response) = self
                .routes
                .call(Request::from_parts(head, Body::from(body)))
                .await;
            shaped(response, protocol, request_id).await
        };
        written_first(writer, true, answer).await
    }
}

/// An answer of axum's own, which is plain text about what could not be read, in the shape of the protocol.
async fn shaped(
    response: Response<Body>,
    protocol: Protocol,
    request_id: RequestId,
) -> Response<Body> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || !text(response.headers(), "content-type").starts_with("text/plain") {
        return response;
    }
    let message = to_bytes(response.into_body(), MAX_REJECTION_BYTES)
        .await
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .unwrap_or_default();
    let code = match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "UnsupportedMediaTypeException",
        StatusCode::PAYLOAD_TOO_LARGE => "RequestEntityTooLargeException",
        _ if status.is_server_error() => "InternalFailure",
        _ => "SerializationException",
    };
    protocol.error(
        ServiceError::with_status(status.as_u16(), code, message),
        &request_id.text(),
    )
}

fn internal_failure() -> ServiceError {
    ServiceError::with_status(
        500,
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
    )
}
