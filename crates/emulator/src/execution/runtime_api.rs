//! The Lambda Runtime API (`2018-06-01`) of one execution environment.
//!
//! Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::faults::Fault;
use super::{Invocation, MAX_RESPONSE_BYTES};
use crate::logs::LogStream;
use crate::server::{AtOnce, accept, check_origin};

/// Larger answers are read a little past the limit, so that the function learns why it failed.
const MAX_BODY_BYTES: usize = 2 * MAX_RESPONSE_BYTES;

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE_MS: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const INVOKED_FUNCTION_ARN: HeaderName =
    HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("lambda-runtime-client-context");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request waiting for the runtime, and where its answer goes.
pub(super) struct Job {
    pub(super) invocation: Arc<Invocation>,
    pub(super) timeout: Duration,
    pub(super) answer: oneshot::Sender<Answer>,
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
    state: Mutex<State>,
    log: Arc<LogStream>,
}

struct State {
    /// Told at the first `/next`: the init phase is over.
    ready: Option<oneshot::Sender<()>>,
    current: Option<(Arc<Invocation>, oneshot::Sender<Answer>)>,
    /// When the runtime took the last request: the function's time runs from here.
    taken: Option<Instant>,
    init_error: Option<Bytes>,
}

impl RuntimeApi {
    pub(super) fn new(
        jobs: mpsc::Receiver<Job>,
        ready: oneshot::Sender<()>,
        log: Arc<LogStream>,
    ) -> Arc<Self> {
        Arc::new(Self {
            jobs: tokio::sync::Mutex::new(jobs),
            state: Mutex::new(State {
                ready: Some(ready),
                current: None,
                taken: None,
                init_error: None,
            }),
            log,
        })
    }

    /// Answers the runtime for as long as it is polled; connections that there are by then last as long as the
    /// process that has them.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            let connection = accept(&listener).await;
            let api = Arc::clone(&self);
            let service = service_fn(move |request| {
                let api = Arc::clone(&api);
                async move { Ok::<_, Infallible>(api.answer(request).await) }
            });
            // A connection that breaks off is the process's concern: how it goes on, or ends, is the answer.
            let served = http1::Builder::new().serve_connection(TokioIo::new(connection), service);
            tokio::spawn(AtOnce::new(served));
        }
    }

    /// The body that the runtime posted to `/init/error`, once.
    pub(super) fn take_init_error(&self) -> Option<Bytes> {
        self.state().init_error.take()
    }

    /// When the runtime has taken the request that was sent last, once.
    pub(super) fn take_taken(&self) -> Option<Instant> {
        self.state().taken.take()
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        // A page in a browser could take the function's requests away from it.
        if let Err(error) = check_origin(&head) {
            return empty(StatusCode::from_u16(error.status).unwrap_or(StatusCode::FORBIDDEN));
        }
        let path = head.uri.path();
        let Some(resource) = path.strip_prefix("/2018-06-01/runtime/") else {
            return empty(StatusCode::NOT_FOUND);
        };
        let invocation = resource.strip_prefix("invocation/").unwrap_or_default();
        match (head.method, invocation.split_once('/')) {
            (Method::GET, None) if invocation == "next" => self.next().await,
            (Method::POST, Some((request_id, "response"))) => self.response(request_id, body).await,
            (Method::POST, Some((request_id, "error"))) => self.error(request_id, body).await,
            (Method::POST, None) if resource == "init/error" => self.init_error(body).await,
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    /// Held open until there is a request, as on Lambda: a runtime sets no timeout here.
    async fn next(&self) -> Response<Full<Bytes>> {
        if let Some(ready) = self.state().ready.take() {
            // Whoever started the environment may have given up.
            let _ = ready.send(());
        }
        let Some(job) = self.jobs.lock().await.recv().await else {
            // The environment is shutting down.
            return empty(StatusCode::GONE);
        };
        let Job {
            invocation,
            timeout,
            answer,
        } = job;
        let Ok(response) = request_of(&invocation, timeout) else {
            // A header value that HTTP cannot carry; the front has refused such requests before.
            return empty(StatusCode::INTERNAL_SERVER_ERROR);
        };
        // Before the runtime has the request, and so before anything that the function writes about it.
        self.log.begin(invocation.at, &invocation.request_id);
        let mut state = self.state();
        state.current = Some((invocation, answer));
        state.taken = Some(Instant::now());
        response
    }

    async fn response(&self, request_id: &str, body: Incoming) -> Response<Full<Bytes>> {
        let Some(answer) = self.take_current(request_id) else {
            return unknown_request_id();
        };
        let (answered, status) = match read(body).await {
            Ok(body) if body.len() <= MAX_RESPONSE_BYTES => {
                (Answer::Response(body), StatusCode::ACCEPTED)
            }
            Ok(_) | Err(Unreadable::TooLarge) => (
                Answer::Fault(Fault::ResponseTooLarge),
                StatusCode::PAYLOAD_TOO_LARGE,
            ),
            // The connection broke off: how the process ends is the answer, so this one is dropped.
            Err(Unreadable::BrokenOff) => return status_response(StatusCode::BAD_REQUEST),
        };
        // A caller that has given up is no concern of the runtime's.
        let _ = answer.send(answered);
        status_response(status)
    }

    async fn error(&self, request_id: &str, body: Incoming) -> Response<Full<Bytes>> {
        let body = match read(body).await {
            Ok(body) => body,
            Err(unreadable) => return empty(unreadable.status()),
        };
        let Some(answer) = self.take_current(request_id) else {
            return unknown_request_id();
        };
        let _ = answer.send(Answer::Error(body));
        status_response(StatusCode::ACCEPTED)
    }

    async fn init_error(&self, body: Incoming) -> Response<Full<Bytes>> {
        match read(body).await {
            Ok(body) => {
                self.state().init_error = Some(body);
                status_response(StatusCode::ACCEPTED)
            }
            Err(unreadable) => empty(unreadable.status()),
        }
    }

    fn take_current(&self, request_id: &str) -> Option<oneshot::Sender<Answer>> {
        self.state()
            .current
            .take_if(|(invocation, _)| invocation.request_id == request_id)
            .map(|(_, answer)| answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the runtime gets for `invocation`.
fn request_of(
    invocation: &Invocation,
    timeout: Duration,
) -> Result<Response<Full<Bytes>>, header::InvalidHeaderValue> {
    let deadline = SystemTime::now() + timeout;
    let deadline_ms = deadline.duration_since(UNIX_EPOCH).map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    });
    let mut response = Response::new(Full::new(invocation.payload.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(REQUEST_ID, HeaderValue::from_str(&invocation.request_id)?);
    headers.insert(DEADLINE_MS, deadline_ms.into());
    headers.insert(
        INVOKED_FUNCTION_ARN,
        HeaderValue::from_str(&invocation.invoked_function_arn)?,
    );
    headers.insert(TRACE_ID, HeaderValue::from_str(&invocation.trace_id)?);
    if let Some(context) = &invocation.client_context {
        headers.insert(CLIENT_CONTEXT, HeaderValue::from_str(context)?);
    }
    Ok(response)
}

/// Why a body could not be read.
enum Unreadable {
    TooLarge,
    BrokenOff,
}

impl Unreadable {
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenOff => StatusCode::BAD_REQUEST,
        }
    }
}

async fn read(body: Incoming) -> Result<Bytes, Unreadable> {
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unreadable::TooLarge),
        Err(_) => Err(Unreadable::BrokenOff),
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn json(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

fn status_response(status: StatusCode) -> Response<Full<Bytes>> {
    json(status, r#"{"status":"OK"}"#)
}

fn unknown_request_id() -> Response<Full<Bytes>> {
    json(
        StatusCode::BAD_REQUEST,
        r#"{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}"#,
    )
}
