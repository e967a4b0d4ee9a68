//! One run of a hook: from CodeDeploy's payload to the verdict that CodeDeploy has received.
//!
//! **Invariant:** a payload with ids leads to one verdict for CodeDeploy or to an error for Lambda, and the verdict is
//! `Succeeded` only where [`Report::of`] says so.

mod checking;
#[cfg(test)]
mod tests;

use crate::budget::Budget;
use crate::delivery::{Delivery, deliver};
use crate::discovery::Hook;
use crate::lifecycle_event::LifecycleEvent;
use crate::log_line;
use crate::payload::{self, PayloadError};
use crate::ports::{CallError, Ports};
use crate::reads::Reads;
use crate::reason::reason;
use crate::remembered::{Decided, Remembered};
use crate::settle;
use crate::watchdog::Watchdog;
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use checking::Checking;
use checks::{Report, Verdict};
use futures_util::FutureExt;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use tracing::Instrument;

const DELIVERED_AGAIN: &str =
    "Lambda has delivered this hook execution again; its test events were not run again";

/// What CodeDeploy could not be told, so that Lambda must deliver the event again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    #[error("nothing can be reported to CodeDeploy")]
    Payload(#[source] PayloadError),
    #[error("CodeDeploy could not be told that deployment {deployment} {verdict:?} ({reason})")]
    NotReported {
        deployment: String,
        verdict: Verdict,
        reason: String,
        source: NotDelivered,
    },
}

/// Why CodeDeploy may not know the verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDelivered {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the hook panicked while reporting: {0}")]
    Panic(String),
}

/// One of the hook's execution environments, which serves one invocation after the other.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The binary's own.
    pub(crate) lifecycle_event: LifecycleEvent,
    /// Its function's name, as Lambda gives it in `AWS_LAMBDA_FUNCTION_NAME`.
    pub(crate) function_name: String,
    /// What it has decided.
    pub(crate) remembered: Remembered,
}

/// What Lambda gives with one invocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invocation<'a> {
    /// JSON.
    pub(crate) payload: &'a str,
    /// The ARN under which the hook was invoked, or some other text where there is none.
    pub(crate) function_arn: &'a str,
    /// The time until Lambda stops the function, where that is known.
    pub(crate) left: Option<Duration>,
    /// When it began, by the clock on the wall.
    pub(crate) received: SystemTime,
}

/// Checks what the payload's deployment deploys, reports the verdict to CodeDeploy, and then gives the lines of its log
/// to `log`. A hook execution that was decided before is not checked again.
///
/// `lookup` reads a variable. `overdue` is called on another thread where no verdict was come to in time, with how long
/// the run has taken and the time that is left for it to tell CodeDeploy `Failed`.
///
/// # Errors
///
/// Only when CodeDeploy could not be told; anything else is a report with the verdict `Failed`.
pub(crate) async fn run(
    environment: &Environment,
    invocation: Invocation<'_>,
    lookup: impl Fn(&str) -> Option<String>,
    ports: &impl Ports,
    overdue: impl FnOnce(CodeDeployLifecycleEvent, Duration, Duration) + Send + 'static,
    log: impl FnMut(&str),
) -> Result<Arc<Decided>, GateError> {
    let budget = Budget::starting_now(invocation.left);
    let ids = payload::read(invocation.payload).map_err(GateError::Payload)?;
    // An error's level, so that warnings say which deployment they are about whatever the level is.
    let span = tracing::error_span!("hook", deploymentId = ids.deployment_id);
    let run = async {
        let (decided, is_new) = match environment.remembered.get(&ids) {
            Some(decided) => (decided, false),
            None => {
                let hook = Hook {
                    lifecycle_event: environment.lifecycle_event,
                    function_name: &environment.function_name,
                };
                let watched = ids.clone();
                let watchdog = Watchdog::start(budget.overdue(), move || {
                    overdue(watched, budget.overdue(), budget.reserve() / 2);
                });
                let checking = Checking::new(hook, &ids, &invocation, budget, ports);
                let decided = Arc::new(checking.decide(lookup).await);
                drop(watchdog);
                environment.remembered.put(&ids, &decided);
                (decided, true)
            }
        };
        let ran = budget.elapsed();
        let report_by = budget.report_by();
        let delivered = delivered(ports, &ids, decided.report.verdict, report_by).await;
        let decided = match &delivered {
            Ok(Delivery::AlreadyCompleted) => settle(ports, &ids, decided, report_by).await,
            Ok(Delivery::Accepted) | Err(_) => decided,
        };
        environment.remembered.put(&ids, &decided);
        let report = &decided.report;

        let mut notes = Vec::new();
        if !is_new {
            notes.push(DELIVERED_AGAIN.to_owned());
        }
        if let Err(error) = &delivered {
            notes.push(format!("CodeDeploy could not be told: {}", reason(error)));
        }
        // Metrics count what was checked, which a further delivery was not.
        let metrics_at = is_new.then(|| invocation.received + ran);
        write(report, notes, ran, metrics_at, log);
        match delivered {
            Err(source) => Err(GateError::NotReported {
                deployment: ids.deployment_id.clone(),
                verdict: report.verdict,
                reason: report.reason.clone(),
                source,
            }),
            Ok(_) => Ok(decided),
        }
    };
    run.instrument(span).await
}

/// Reports the verdict; a panic is one more way in which that can fail.
async fn delivered(
    ports: &impl Ports,
    ids: &CodeDeployLifecycleEvent,
    verdict: Verdict,
    until: Instant,
) -> Result<Delivery, NotDelivered> {
    let delivery = AssertUnwindSafe(deliver(ports, ids, verdict, until));
    match delivery.catch_unwind().await {
        Ok(delivered) => delivered.map_err(NotDelivered::Call),
        Err(panic) => Err(NotDelivered::Panic(
            panic_message(panic.as_ref()).to_owned(),
        )),
    }
}

/// Takes over the verdict that CodeDeploy already has, as far as it can be read in time.
async fn settle(
    ports: &impl Ports,
    ids: &CodeDeployLifecycleEvent,
    decided: Arc<Decided>,
    until: Instant,
) -> Arc<Decided> {
    let reads = Reads {
        ports,
        budget: Budget::until(until),
    };
    let standing = settle::standing(&reads, &ids.deployment_id, decided.lifecycle_event);
    let standing = AssertUnwindSafe(standing).catch_unwind().await;
    let standing = standing.unwrap_or_else(|panic| {
        Err(format!(
            "the hook panicked: {}",
            panic_message(panic.as_ref())
        ))
    });
    match settle::settled(&decided.report, &standing) {
        None => decided,
        Some(report) => Arc::new(Decided {
            report,
            lifecycle_event: decided.lifecycle_event,
        }),
    }
}

/// Writes the log of a run. Whatever becomes of it, CodeDeploy has been told, or Lambda is told that it has not.
fn write(
    report: &Report,
    notes: Vec<String>,
    ran: Duration,
    metrics_at: Option<SystemTime>,
    log: impl FnMut(&str),
) {
    let written = catch_unwind(AssertUnwindSafe(|| {
        let members = log_line::members(report, ran, metrics_at);
        let written = if notes.is_empty() {
            log_line::write(report, &members, log)
        } else {
            let mut report = report.clone();
            report.notes.extend(notes);
            log_line::write(&report, &members, log)
        };
        if let Err(error) = written {
            tracing::error!(%error, "the report cannot be written as JSON");
        }
    }));
    // The panic hook has said what there is to say.
    drop(written);
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
