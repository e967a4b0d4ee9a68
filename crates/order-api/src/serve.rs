//! The loop that takes invocations from Lambda's Runtime API.

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing_subscriber::filter::LevelFilter;

/// Runs `handler` for every invocation, until Lambda stops the process.
///
/// It needs the environment variables that Lambda sets for every function, `AWS_LAMBDA_RUNTIME_API` among them;
/// `lambda_runtime` panics with the name of one that is missing.
/// A panic in `handler` becomes a function error, and the loop goes on.
///
/// Log lines are JSON objects with `timestamp`, `level` and `message`, as Lambda's log-level filter wants them.
/// `AWS_LAMBDA_LOG_LEVEL` sets the level, `INFO` when it is unset or unknown.
/// Payloads are never logged, unless that level is `TRACE`, at which `lambda_runtime` itself prints them.
///
/// # Errors
///
/// When the Runtime API cannot be reached or breaks its protocol. Lambda then starts a new execution environment.
// One invocation at a time is all that an execution environment gets, so a second thread would only cost start-up time.
#[tokio::main(flavor = "current_thread")]
pub async fn serve<F, Fut>(handler: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(LambdaEvent<Value>) -> Fut,
    Fut: Future<Output = Result<Value, Diagnostic>>,
{
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .init();
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event| async move {
        let answer = handler(event).await?;
        tracing::info!(status_code = answer["statusCode"].as_u64(), "answered");
        Ok::<_, Diagnostic>(answer)
    }))
    .await
}
