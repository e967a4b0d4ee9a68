//! The Lambda functions around the gate and the watch.

use crate::aws::Aws;
use crate::budget::time_left;
use crate::delivery::deliver;
use crate::gate::{self, Environment, GateError, Invocation};
use crate::lifecycle_event::LifecycleEvent;
use crate::log_level::log_level;
use crate::log_line;
use crate::reason::reason;
use crate::remembered::Remembered;
use crate::watch::{self, KnownAliases, WatchAnswer, WatchError};
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use checks::Report;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::{RawValue, to_raw_value};
use std::env;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

/// A function may answer with 6 MB ("Lambda quotas", AWS Lambda Developer Guide).
const LARGEST_ANSWER: usize = 6_000_000;

/// Serves a hook's invocations until Lambda stops the execution environment.
///
/// The report of each run goes to standard output as a line of JSON; warnings go there as JSON lines of their own, more
/// of them with `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG`.
///
/// # Errors
///
/// Lambda's Runtime API cannot be reached.
///
/// # Panics
///
/// Outside Lambda, when `AWS_LAMBDA_FUNCTION_NAME` and the other variables that Lambda sets are missing.
#[tokio::main(flavor = "current_thread")]
pub async fn serve(lifecycle_event: LifecycleEvent) -> Result<(), lambda_runtime::Error> {
    start_logging();
    let environment = Environment {
        lifecycle_event,
        function_name: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        remembered: Remembered::default(),
    };
    // The payload stays text: one that cannot be understood is for the gate to name.
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        // Between two invocations Lambda freezes the environment. Connections that were kept may have died meanwhile,
        // which shows only when a test event has been sent on one, so each invocation has its own.
        let aws = Aws::from_environment();
        let received = SystemTime::now();
        let invocation = Invocation {
            payload: event.payload.get(),
            function_arn: &event.context.invoked_function_arn,
            left: time_left(event.context.deadline(), received),
            received,
        };
        let decided = gate::run(&environment, invocation, variable, &aws, overdue, log).await?;
        answer(&decided.report)
    }))
    .await
}

/// Serves the watch's invocations until Lambda stops the execution environment.
///
/// For each shift a line of JSON goes to standard output, and one for what was not published; more of them with
/// `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG`.
///
/// # Errors
///
/// Lambda's Runtime API cannot be reached.
///
/// # Panics
///
/// Outside Lambda, when `AWS_LAMBDA_FUNCTION_NAME` and the other variables that Lambda sets are missing.
#[tokio::main(flavor = "current_thread")]
pub async fn serve_watch() -> Result<(), lambda_runtime::Error> {
    start_logging();
    let known = KnownAliases::default();
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        // Between two invocations Lambda freezes the environment, and connections that were kept may die meanwhile.
        let aws = Aws::from_environment();
        let invocation = watch::Invocation {
            payload: event.payload.get(),
            left: time_left(event.context.deadline(), SystemTime::now()),
        };
        let answer = watch::run(&known, invocation, variable, &aws, log).await?;
        answered(answer)
    }))
    .await
}

/// The answer; without the minutes of its shifts, which the log has, where it would otherwise be too large.
fn answered(mut answer: WatchAnswer) -> Result<Box<RawValue>, Diagnostic> {
    let text = |answer: &WatchAnswer| to_raw_value(answer).map_err(|error| not_written(&error));
    let whole = text(&answer)?;
    if whole.get().len() <= LARGEST_ANSWER {
        return Ok(whole);
    }
    for shift in &mut answer.shifts {
        shift.minutes.clear();
    }
    text(&answer)
}

impl From<WatchError> for Diagnostic {
    fn from(error: WatchError) -> Self {
        let error_type = match error {
            WatchError::Event(_) => "InvalidPayload",
            WatchError::Config(_) => "InvalidConfiguration",
            WatchError::NotPublished(_) => "EvidenceNotPublished",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: reason(&error),
        }
    }
}

fn start_logging() {
    tracing_subscriber::fmt()
        .json()
        .with_writer(io::stdout)
        .with_max_level(log_level(variable))
        // A line that cannot be written is not worth a panic of the line that says so.
        .log_internal_errors(false)
        .init();
}

/// Tells CodeDeploy `Failed` in place of a hook that is too busy, with clients and a runtime of its own.
///
/// A hook that comes to a verdict after all finds that CodeDeploy has one already, and takes it over.
fn overdue(ids: CodeDeployLifecycleEvent, ran: Duration, within: Duration) {
    let mut report = Report {
        deployment_id: Some(ids.deployment_id.clone()),
        ..Report::failed(
            "out of time while an answer was being judged; a simpler `$regex`, shorter answers, more memory (and so more of a processor) or a longer timeout would help",
        )
    };
    let told = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| {
            let until = tokio::time::Instant::now() + within;
            runtime.block_on(deliver(
                &Aws::from_environment(),
                &ids,
                report.verdict,
                until,
            ))
        });
    tracing::warn!(?told, "the hook is too busy to report in time");
    if !matches!(told, Ok(Ok(_))) {
        let note = "CodeDeploy could not be told; a warning in this log says why";
        report.notes.push(note.to_owned());
    }
    let members = log_line::members(&report, ran, None);
    // The delivery is what counts.
    drop(log_line::write(&report, &members, log));
}

/// A variable that is not Unicode is not one that the gate could accept; what is wrong with it shows in the error.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Written as it is, not as a field of a log record, so that CloudWatch Logs Insights finds its members at the top.
///
/// An output that is closed or full changes nothing: the verdict has been delivered.
fn log(line: &str) {
    drop(writeln!(io::stdout().lock(), "{line}"));
}

/// The report, or the first part of one that is too large: an answer that Lambda refuses would be a function error, after
/// which Lambda delivers the event again. The whole report is in the log.
fn answer(report: &Report) -> Result<Box<RawValue>, Diagnostic> {
    let parts = report.parts(LARGEST_ANSWER);
    to_raw_value(&parts.first()).map_err(|error| not_written(&error))
}

fn not_written(error: &serde_json::Error) -> Diagnostic {
    Diagnostic {
        error_type: "ReportNotWritten".to_owned(),
        error_message: error.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use checks::{CheckedEvent, Outcome, Source};

    #[test]
    fn an_answer_is_the_report_and_never_more_than_lambda_takes() {
        let report = |events: usize| {
            let reason = Outcome::Broken("x".repeat(1_000));
            let event = CheckedEvent::new("A", Source::Bundled, reason);
            Report::of(vec![event; events])
        };
        let small = report(2);
        let whole = serde_json::to_string(&small).unwrap();
        assert_eq!(answer(&small).unwrap().get(), whole);
        let large = answer(&report(10_000)).unwrap();
        assert!(large.get().len() <= LARGEST_ANSWER);
        let start =
            r#"{"verdict":"Failed","reason":"10000 of 10000 events broken","part":1,"parts":2,"#;
        assert!(large.get().starts_with(start), "{}", &large.get()[..100]);
    }
}
