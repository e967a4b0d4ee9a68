//! The Lambda function around the gate.

use crate::aws::Aws;
use crate::gate::{self, GateError};
use crate::lifecycle_event::LifecycleEvent;
use crate::reason::reason;
use checks::Report;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use std::env;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};
use tracing_subscriber::EnvFilter;

/// Serves a hook's invocations until Lambda stops the execution environment.
///
/// One line of JSON per run, the report, goes to standard output; warnings go there as JSON lines of their own, more
/// of them with `RUST_LOG`.
///
/// # Errors
///
/// Lambda's Runtime API cannot be reached.
///
/// # Panics
///
/// Outside Lambda, when `AWS_LAMBDA_FUNCTION_NAME` and the other variables that Lambda sets are missing.
#[tokio::main(flavor = "current_thread")]
pub async fn serve(hook: LifecycleEvent) -> Result<(), lambda_runtime::Error> {
    tracing_subscriber::fmt()
        .json()
        .with_writer(io::stdout)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .init();
    let aws = Aws::connect().await;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let left = time_left(&event.context);
        gate::run(hook, event.payload, variable, left, &aws, log).await
    }))
    .await
}

/// A variable that is not Unicode is not one that the gate could accept; what is wrong with it shows in the error.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// `None` where the deadline is not one: cargo-lambda's emulator gives every invocation a deadline in the past.
fn time_left(context: &Context) -> Option<Duration> {
    context.deadline().duration_since(SystemTime::now()).ok()
}

/// Written as it is, not as a field of a log record, so that CloudWatch Logs Insights finds its members at the top.
fn log(report: &Report) {
    match serde_json::to_string(report) {
        // The verdict must reach CodeDeploy, whatever becomes of standard output.
        Ok(line) => drop(writeln!(io::stdout().lock(), "{line}")),
        Err(error) => tracing::error!(%error, "the report cannot be written as JSON"),
    }
}

impl From<GateError> for Diagnostic {
    fn from(error: GateError) -> Self {
        let error_type = match error {
            GateError::Payload(_) => "InvalidPayload",
            GateError::NotReported { .. } => "VerdictNotReported",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: reason(&error),
        }
    }
}
