//! The Lambda Runtime API (`2018-06-01`) of one execution environment.
//!
//! Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::{mpsc, oneshot, watch};

use super::faults::Fault;
use super::{Invocation, MAX_RESPONSE_BYTES};
use crate::logs::LogStream;

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE_MS: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const INVOKED_FUNCTION_ARN: HeaderName =
    HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("lambda-runtime-client-context");

/// A request waiting for the runtime, and where its answer goes.
pub(super) struct Job {
    pub(super) invocation: Invocation,
    pub(super) timeout: std::time::Duration,
    pub(super) answer: oneshot::Sender<Answer>,
    /// Told when the runtime has taken the request: the function's time runs from here.
    pub(super) taken: oneshot::Sender<Instant>,
}

/// What the runtime posted, or what it failed at.
pub(super) enum Answer {
    Response(Bytes),
    Error(Bytes),
    Fault(Fault),
}

/// What the Runtime API of one environment knows.
pub(super) struct RuntimeApi {
    jobs: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    /// Turns true with the first `/next`: the init phase is over.
    ready: watch::Sender<bool>,
    init_error: Mutex<Option<Bytes>>,
    log: Arc<LogStream>,
}

impl RuntimeApi {
    pub(super) fn new(
        jobs: mpsc::Receiver<Job>,
        ready: watch::Sender<bool>,
        log: Arc<LogStream>,
    ) -> Arc<Self> {
        Arc::new(Self {
            jobs: tokio::sync::Mutex::new(jobs),
            current: Mutex::default(),
            ready,
            init_error: Mutex::default(),
            log,
        })
    }

    /// The body that the runtime posted to `/init/error`, once.
    pub(super) fn take_init_error(&self) -> Option<Bytes> {
        self.init_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn take_current(&self, request_id: &str) -> Option<oneshot::Sender<Answer>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current
            .take_if(|(id, _)| id == request_id)
            .map(|(_, answer)| answer)
    }
}

pub(super) fn router(api: Arc<RuntimeApi>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{request_id}/response",
            post(response),
        )
        .route(
            "/2018-06-01/runtime/invocation/{request_id}/error",
            post(error),
        )
        .route("/2018-06-01/runtime/init/error", post(init_error))
        // Larger answers are read a little past the limit, so that the function learns why it failed.
        .layer(DefaultBodyLimit::max(2 * MAX_RESPONSE_BYTES))
        .with_state(api)
}

/// Held open until there is a request, as on Lambda: a runtime sets no timeout here.
async fn next(State(api): State<Arc<RuntimeApi>>) -> Response<Body> {
    api.ready.send_replace(true);
    let Some(job) = api.jobs.lock().await.recv().await else {
        // The environment is shutting down.
        return StatusCode::GONE.into_response();
    };
    let Job {
        invocation,
        timeout,
        answer,
        taken,
    } = job;
    let deadline = SystemTime::now() + timeout;
    let deadline_ms = deadline
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    *api.current.lock().unwrap_or_else(PoisonError::into_inner) =
        Some((invocation.request_id.clone(), answer));
    // Before the runtime has the request, and so before anything that the function writes about it.
    api.log.begin(invocation.at, &invocation.request_id);
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(REQUEST_ID, &invocation.request_id)
        .header(DEADLINE_MS, deadline_ms.to_string())
        .header(INVOKED_FUNCTION_ARN, &invocation.invoked_function_arn)
        .header(TRACE_ID, &invocation.trace_id);
    if let Some(context) = &invocation.client_context {
        response = response.header(CLIENT_CONTEXT, context);
    }
    match response.body(Body::from(invocation.payload)) {
        Ok(response) => {
            // The caller may have given up already; the function then runs for nobody, as on Lambda.
            let _ = taken.send(Instant::now());
            response
        }
        // A header value that HTTP cannot carry; the front has refused such requests before.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn response(
    State(api): State<Arc<RuntimeApi>>,
    Path(request_id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let Some(answer) = api.take_current(&request_id) else {
        return unknown_request_id();
    };
    let (answered, status) = match body {
        Ok(body) if body.len() <= MAX_RESPONSE_BYTES => {
            (Answer::Response(body), StatusCode::ACCEPTED)
        }
        Ok(_)
        | Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_))) => (
            Answer::Fault(Fault::ResponseTooLarge),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        // The connection broke off: how the process ends is the answer, so this one is dropped.
        Err(_) => return status_response(StatusCode::BAD_REQUEST),
    };
    // A caller that has given up is no concern of the runtime's.
    let _ = answer.send(answered);
    status_response(status)
}

async fn error(
    State(api): State<Arc<RuntimeApi>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let Some(answer) = api.take_current(&request_id) else {
        return unknown_request_id();
    };
    let _ = answer.send(Answer::Error(body));
    status_response(StatusCode::ACCEPTED)
}

async fn init_error(State(api): State<Arc<RuntimeApi>>, body: Bytes) -> Response<Body> {
    *api.init_error
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(body);
    status_response(StatusCode::ACCEPTED)
}

fn status_response(status: StatusCode) -> Response<Body> {
    (status, axum::Json(json!({ "status": "OK" }))).into_response()
}

fn unknown_request_id() -> Response<Body> {
    let body = json!({ "errorType": "InvalidRequestID", "errorMessage": "Invalid request ID" });
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}
