//! What a hook speaks to, on one port of this machine: Lambda's Runtime API and the AWS APIs, with fixed answers.
//!
//! It runs on threads of its own and does next to nothing for a request, so that what is measured is the hook;
//! [`crate::client`] measures how much the world itself takes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use ciborium::Value as Cbor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::Result;

pub(crate) const FUNCTION: &str = "VersionedOrderAPI";
const ALIAS: &str = "prod";
const TARGET_VERSION: &str = "2";

/// What the world does.
pub(crate) struct Script {
    /// Whether the function that is measured gets an invocation; otherwise it waits for one for ever.
    pub(crate) invokes: bool,
    /// How long the function under test takes.
    pub(crate) answers_after: Duration,
    /// What the function under test answers.
    pub(crate) answer: Bytes,
}

/// What a hook did.
#[derive(Debug)]
pub(crate) enum Mark {
    /// `GET /invocation/next`, for the first time.
    AskedForWork,
    /// `PutLifecycleEventHookExecutionStatus`, with its `status`.
    Reported(String),
    /// The function's answer to its invocation is here, or its error.
    Answered,
}

/// What the function under test was asked to do.
#[derive(Debug, Default)]
struct Load {
    invocations: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Load {
    fn begin(&self) {
        self.invocations.fetch_add(1, Ordering::Relaxed);
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_in_flight.fetch_max(now, Ordering::Relaxed);
    }

    fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Shared {
    script: Script,
    load: Arc<Load>,
    marks: Sender<(Instant, Mark)>,
    asked: AtomicBool,
    waiting: Sender<Waiting>,
}

/// An invocation of the function under test that is to be answered.
struct Waiting {
    at: Instant,
    answer: oneshot::Sender<()>,
}

/// Lets each wait until its time; they come in the order of their times, because the function always takes as long.
///
/// The asynchronous runtime's timer counts in whole milliseconds and rounds up, and one is 2 % of an answer in 50 ms.
fn answer_in_time(waiting: &Receiver<Waiting>) {
    while let Ok(Waiting { at, answer }) = waiting.recv() {
        thread::sleep(at.saturating_duration_since(Instant::now()));
        // Nobody waits any more when the world has ended.
        let _ = answer.send(());
    }
}

/// A running world; it ends when it is dropped.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    load: Arc<Load>,
    marks: Receiver<(Instant, Mark)>,
    runtime: Option<Runtime>,
}

impl World {
    pub(crate) fn start(script: Script) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let (sender, marks) = channel();
        let (waiting, receiver) = channel();
        thread::spawn(move || answer_in_time(&receiver));
        let load = Arc::new(Load::default());
        let router = Router::new().fallback(answer).with_state(Arc::new(Shared {
            script,
            load: Arc::clone(&load),
            marks: sender,
            asked: AtomicBool::new(false),
            waiting,
        }));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            load,
            marks,
            runtime: Some(runtime),
        })
    }

    /// When work was asked for.
    ///
    /// # Errors
    ///
    /// It was not within a minute; so with all of these.
    pub(crate) fn asked_for_work(&self) -> Result<Instant> {
        let (at, _) = self.wait(|mark| matches!(mark, Mark::AskedForWork))?;
        Ok(at)
    }

    /// When CodeDeploy was told `Succeeded`, after each of the events was sent once and no more than `concurrency` of them
    /// at once; anything else is an error, because it would be measured for the same.
    pub(crate) fn told_succeeded(&self, events: usize, concurrency: usize) -> Result<Instant> {
        let at = match self.wait(|mark| matches!(mark, Mark::Reported(_)))? {
            (at, Mark::Reported(status)) if status == "Succeeded" => at,
            (_, mark) => return Err(format!("the run did not succeed: {mark:?}").into()),
        };
        let sent = self.load.invocations.load(Ordering::Relaxed);
        let most = self.load.most_in_flight.load(Ordering::Relaxed);
        if sent != events || most > concurrency {
            let problem = format!(
                "{sent} invocations of {events} events, {most} at once instead of {concurrency} at most"
            );
            return Err(problem.into());
        }
        Ok(at)
    }

    /// When the invocation was answered, and so had ended.
    pub(crate) fn answered(&self) -> Result<Instant> {
        let (at, _) = self.wait(|mark| matches!(mark, Mark::Answered))?;
        Ok(at)
    }

    fn wait(&self, wanted: impl Fn(&Mark) -> bool) -> Result<(Instant, Mark)> {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let left = patience.saturating_duration_since(Instant::now());
            let found = self.marks.recv_timeout(left);
            let (at, mark) = found.map_err(|_| "nothing happened for a minute")?;
            if wanted(&mark) {
                return Ok((at, mark));
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let arrived = Instant::now();
    let path = uri.path();
    let mark = |mark| drop(shared.marks.send((arrived, mark)));
    if path.ends_with("/invocations") {
        shared.load.begin();
        let (answer, answered) = oneshot::channel();
        let at = arrived + shared.script.answers_after;
        if shared.waiting.send(Waiting { at, answer }).is_ok() {
            // The thread ends after the last of its answers.
            let _ = answered.await;
        }
        shared.load.end();
        return reply(StatusCode::OK, Body::from(shared.script.answer.clone()));
    }
    if path.ends_with("/runtime/invocation/next") {
        if !shared.asked.swap(true, Ordering::Relaxed) {
            mark(Mark::AskedForWork);
            if shared.script.invokes {
                return invocation();
            }
        }
        return std::future::pending().await;
    }
    if path.contains("/runtime/") {
        mark(Mark::Answered);
        return reply(StatusCode::ACCEPTED, Body::empty());
    }
    if path.ends_with(&format!("/aliases/{ALIAS}")) {
        return document(&json!({ "Name": ALIAS, "FunctionVersion": TARGET_VERSION }));
    }
    if path.ends_with("/operation/GetMetricData") {
        return counts();
    }
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok()?.strip_prefix("CodeDeploy_20141006."));
    match operation {
        Some("GetDeployment") => document(&deployment()),
        Some("GetApplicationRevision") => document(&revision()),
        Some("ListDeploymentTargets") => {
            document(&json!({ "targetIds": [format!("{FUNCTION}:{ALIAS}")] }))
        }
        Some("GetDeploymentTarget") => document(&deployment_target()),
        Some("PutLifecycleEventHookExecutionStatus") => {
            let input: Value = serde_json::from_slice(&body).unwrap_or_default();
            let status = input["status"].as_str().unwrap_or_default();
            mark(Mark::Reported(status.to_owned()));
            document(&json!({ "lifecycleEventHookExecutionId": "execution" }))
        }
        // The registry of shared test events among them: there is none.
        _ => {
            let message = format!("{method} {path} is not here");
            let mut response = reply(
                StatusCode::NOT_FOUND,
                Body::from(json!({ "Message": message }).to_string()),
            );
            if let Ok(error) = "NotFoundException".parse() {
                response.headers_mut().insert("x-amzn-errortype", error);
            }
            response
        }
    }
}

fn reply(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-amz-executed-version", TARGET_VERSION),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

fn document(value: &Value) -> Response<Body> {
    reply(StatusCode::OK, Body::from(value.to_string()))
}

fn invocation() -> Response<Body> {
    let deadline = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |now| now.as_millis() + 900_000);
    let mut response = document(&json!({
        "DeploymentId": "d-BENCHMARK",
        "LifecycleEventHookExecutionId": "execution",
    }));
    for (name, value) in [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:CodeDeployHook_Measured".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ] {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn deployment() -> Value {
    json!({
        "deploymentInfo": {
            "applicationName": "stack-ServerlessDeploymentApplication",
            "deploymentGroupName": "stack-VersionedOrderAPIDeploymentGroup",
            "deploymentId": "d-BENCHMARK",
            "computePlatform": "Lambda",
            "status": "InProgress",
            "revision": { "revisionType": "String", "string": { "sha256": "9f86d081" } },
        }
    })
}

/// After a canary of five minutes.
fn deployment_target() -> Value {
    json!({ "deploymentTarget": { "deploymentTargetType": "LambdaTarget", "lambdaTarget": {
        "lifecycleEvents": [{
            "lifecycleEventName": "AllowTraffic", "status": "Succeeded",
            "startTime": SHIFT_START, "endTime": SHIFT_START + 5 * 60,
        }],
    } } })
}

/// Seconds since 1970.
const SHIFT_START: u32 = 1_767_225_600;

/// The nine series of that canary's calls, in Smithy RPC v2 CBOR.
fn counts() -> Response<Body> {
    let series = |number: u32| {
        let minutes = (0..5).map(|minute| f64::from(SHIFT_START + minute * 60));
        let times = minutes.map(|time| Cbor::Tag(1, Box::new(time.into())));
        let members = [
            ("Id", format!("q{number}").into()),
            ("StatusCode", "Complete".into()),
            ("Timestamps", times.collect::<Vec<_>>().into()),
            ("Values", vec![Cbor::from(20.0); 5].into()),
        ];
        map(members)
    };
    let results: Vec<Cbor> = (0..9).map(series).collect();
    let mut body = Vec::new();
    // Neither writing to a vector nor plain data can fail.
    drop(ciborium::into_writer(
        &map([("MetricDataResults", results.into())]),
        &mut body,
    ));
    let mut response = reply(StatusCode::OK, Body::from(body));
    for (name, value) in [
        ("content-type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
    ] {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn map<const N: usize>(members: [(&str, Cbor); N]) -> Cbor {
    let members = members.map(|(name, value)| (name.into(), value));
    Cbor::Map(members.into())
}

fn revision() -> Value {
    let app_spec = json!({
        "version": 0.0,
        "Resources": [{
            FUNCTION: {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Name": FUNCTION,
                    "Alias": ALIAS,
                    "CurrentVersion": "1",
                    "TargetVersion": TARGET_VERSION,
                },
            }
        }],
        "Hooks": [
            { "BeforeAllowTraffic": "CodeDeployHook_PreTraffic" },
            { "AfterAllowTraffic": "CodeDeployHook_PostTraffic" },
        ],
    });
    json!({
        "applicationName": "stack-ServerlessDeploymentApplication",
        "revision": {
            "revisionType": "String",
            "string": { "content": app_spec.to_string(), "sha256": "9f86d081" },
        },
        "revisionInfo": {},
    })
}
