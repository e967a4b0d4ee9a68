//! The bare front: `Invoke` and the Runtime API, and nothing else. It is what any server of functions takes at least.
//!
//! Like Lambda it starts a process for each call that finds none idle. It has no timeouts, versions, logs or metrics.

use std::collections::HashMap;
use std::convert::Infallible;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

use crate::Result;

struct Front {
    program: String,
    /// By the function's name.
    idle: Mutex<HashMap<String, Vec<Instance>>>,
}

struct Instance {
    jobs: mpsc::Sender<Job>,
    _process: Child,
}

struct Job {
    payload: Bytes,
    answer: oneshot::Sender<Bytes>,
}

/// The Runtime API of one process.
struct RuntimeApi {
    jobs: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    current: Mutex<Option<oneshot::Sender<Bytes>>>,
}

/// Serves functions that all are `program`, and has `ready` know the address.
pub(crate) async fn serve(program: String, ready: impl FnOnce(String)) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    ready(listener.local_addr()?.to_string());
    let front = Arc::new(Front {
        program,
        idle: Mutex::default(),
    });
    accept(listener, move |request| invoke(Arc::clone(&front), request)).await
}

/// Answers every request to `listener` with `answer`.
async fn accept<F, A>(listener: TcpListener, answer: F) -> Result<()>
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Result<Response<Full<Bytes>>>> + Send + 'static,
{
    loop {
        let (connection, _) = listener.accept().await?;
        connection.set_nodelay(true)?;
        let answer = answer.clone();
        let service = service_fn(move |request| {
            let answer = answer(request);
            async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|error| failed(&*error))) }
        });
        // A connection that breaks off is its client's concern, which counts it as an error.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

fn failed(error: &dyn std::error::Error) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(error.to_string()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

async fn invoke(front: Arc<Front>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let function = request.uri().path().split('/').nth(3).unwrap_or_default();
    let function = function.to_owned();
    let payload = request.into_body().collect().await?.to_bytes();
    let idle = || front.idle.lock().unwrap_or_else(PoisonError::into_inner);
    let found = idle().get_mut(&function).and_then(Vec::pop);
    let instance = match found {
        Some(instance) => instance,
        None => Instance::start(&front.program).await?,
    };
    let (answer, answered) = oneshot::channel();
    instance.jobs.send(Job { payload, answer }).await?;
    let answer = answered.await?;
    idle().entry(function).or_default().push(instance);
    Ok(Response::new(Full::new(answer)))
}

impl Instance {
    async fn start(program: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let process = Command::new(program)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "order-api")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "benchmark")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "benchmark")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (jobs, receiver) = mpsc::channel(1);
        let api = Arc::new(RuntimeApi {
            jobs: tokio::sync::Mutex::new(receiver),
            current: Mutex::default(),
        });
        tokio::spawn(accept(listener, move |request| {
            runtime_api(Arc::clone(&api), request)
        }));
        Ok(Self {
            jobs,
            _process: process,
        })
    }
}

async fn runtime_api(
    api: Arc<RuntimeApi>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>> {
    let current = || api.current.lock().unwrap_or_else(PoisonError::into_inner);
    if request.method() == Method::GET {
        let job = api.jobs.lock().await.recv().await.ok_or("it is over")?;
        *current() = Some(job.answer);
        let response = Response::builder()
            .header("content-type", "application/json")
            .header(
                "lambda-runtime-aws-request-id",
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            )
            .header("lambda-runtime-deadline-ms", "4102444800000")
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:order-api",
            )
            .header(
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            );
        return Ok(response.body(Full::new(job.payload))?);
    }
    let answer = request.into_body().collect().await?.to_bytes();
    let asked = current().take().ok_or("nothing was asked")?;
    // A client that has left is none of the function's concern.
    let _ = asked.send(answer);
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}
