//! Lambda's Runtime API (`2018-06-01`) for one process of a hook, and Lambda's clock.
//!
//! Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use super::wire::{self, Server};

/// A process that has not asked for its first invocation by then never will.
const INIT: Duration = Duration::from_secs(30);

/// An invocation of the hook.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    /// Lambda repeats it when it delivers an asynchronous invocation again.
    pub(super) request_id: String,
    pub(super) function_arn: String,
    pub(super) payload: String,
    pub(super) timeout: Duration,
}

/// How an invocation ended.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    Response(Bytes),
    Error(Bytes),
    /// Neither by the deadline.
    OutOfTime,
    /// The process never asked for it.
    NotTaken,
}

/// An invocation that is over.
#[derive(Clone, Debug)]
pub(super) struct Delivered {
    pub(super) ended: Ended,
    /// What the header said, as milliseconds since the epoch.
    pub(super) deadline: u128,
}

#[derive(Debug)]
enum Happening {
    Taken { deadline: u128 },
    Response(String, Bytes),
    Error(String, Bytes),
}

struct Api {
    deliveries: Mutex<mpsc::Receiver<Delivery>>,
    happenings: mpsc::UnboundedSender<Happening>,
}

/// The Runtime API of one process.
pub(super) struct RuntimeApi {
    pub(super) server: Server,
    deliveries: mpsc::Sender<Delivery>,
    happenings: mpsc::UnboundedReceiver<Happening>,
}

impl RuntimeApi {
    pub(super) async fn start() -> Self {
        let (deliveries, receiver) = mpsc::channel(1);
        let (sender, happenings) = mpsc::unbounded_channel();
        let api = Api {
            deliveries: Mutex::new(receiver),
            happenings: sender,
        };
        let invocation = "/2018-06-01/runtime/invocation";
        let router = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(response))
            .route(&format!("{invocation}/{{id}}/error"), post(error))
            .with_state(Arc::new(api));
        Self {
            server: wire::serve(router).await,
            deliveries,
            happenings,
        }
    }

    /// Invokes the process, and waits for its answer until the deadline.
    pub(super) async fn deliver(&mut self, delivery: Delivery) -> Delivered {
        let request_id = delivery.request_id.clone();
        let lost = || Delivered {
            ended: Ended::NotTaken,
            deadline: 0,
        };
        if self.deliveries.send(delivery).await.is_err() {
            return lost();
        }
        let Ok(Some(Happening::Taken { deadline })) = timeout(INIT, self.happenings.recv()).await
        else {
            return lost();
        };
        let left = u64::try_from(deadline.saturating_sub(now())).unwrap_or_default();
        let ended = match timeout(Duration::from_millis(left), self.happenings.recv()).await {
            Ok(Some(Happening::Response(id, body))) if id == request_id => Ended::Response(body),
            Ok(Some(Happening::Error(id, body))) if id == request_id => Ended::Error(body),
            _ => Ended::OutOfTime,
        };
        Delivered { ended, deadline }
    }
}

/// Milliseconds since the epoch, as in the header.
pub(super) fn now() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_millis()
}

async fn next(State(api): State<Arc<Api>>) -> Response<Body> {
    let Some(delivery) = api.deliveries.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = now() + delivery.timeout.as_millis();
    // Nobody waits where the row is over.
    let _ = api.happenings.send(Happening::Taken { deadline });
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", delivery.request_id)
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header("lambda-runtime-invoked-function-arn", delivery.function_arn)
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        )
        .body(Body::from(delivery.payload))
        .unwrap()
}

async fn response(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    accepted(&api, Happening::Response(id, body))
}

async fn error(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    accepted(&api, Happening::Error(id, body))
}

fn accepted(api: &Api, happening: Happening) -> Response<Body> {
    let _ = api.happenings.send(happening);
    (StatusCode::ACCEPTED, axum::Json(json!({ "status": "OK" }))).into_response()
}
