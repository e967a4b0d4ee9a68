//! What every request passes before it reaches a service, and every answer on its way back.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;

use super::shape::{Protocol, text};
use super::{body, origin};
use crate::ServiceError;
use crate::identity::numbered_uuid;

/// How long a text of axum's about a request may be.
const MAX_REJECTION_BYTES: usize = 4096;

/// The services, and what all requests pass before them. It is no layer of the router's: each of those is copied for
/// every request, and puts another box around its answer.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    shared: Arc<Passing>,
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
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestId(u64);

impl RequestId {
    /// The id. Made where it is needed: what invokes a function answers with that of the invocation.
    pub(super) fn text(self) -> String {
        numbered_uuid(self.0)
    }
}

impl Front {
    pub(super) fn before(routes: Router) -> Self {
        Self {
            shared: Arc::new(Passing {
                requests: AtomicU64::new(0),
                room: body::room(),
            }),
            routes: TowerToHyperService::new(routes),
        }
    }

    /// Checks where the request comes from, reads its body, and sees to it that the answer is one of AWS's: shaped
    /// like the protocol's, with a request id, even where a service panics.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let Passing { requests, room } = &*self.shared;
        let request_id = RequestId(requests.fetch_add(1, Ordering::Relaxed));
        let (mut head, body) = request.into_parts();
        let protocol = Protocol::of(&head);
        let read = match origin::check(&head) {
            Ok(()) => body::read(&mut head, body, room).await,
            Err(error) => Err(error),
        };
        let mut response = match read {
            Ok(held) => {
                head.extensions.insert(request_id);
                // Its room is free again when the answer is there.
                let request = Request::from_parts(head, Body::from(held.bytes));
                // A panic must not take the connection with it. The state's lock recovers from one: see `Shared::state`.
                match AssertUnwindSafe(self.routes.call(request))
                    .catch_unwind()
                    .await
                {
                    Ok(Ok(response)) => shaped(response, protocol, request_id).await,
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
