//! One run of a hook: from CodeDeploy's payload to the verdict that CodeDeploy has received.
//!
//! **Invariant:** a payload with ids leads to one verdict for CodeDeploy or to an error for Lambda, and the verdict is
//! `Succeeded` only where [`Report::of`] says so.

#[cfg(test)]
mod tests;

use crate::alias::{self, AliasError};
use crate::budget::Budget;
use crate::config::{Config, ConfigError};
use crate::delivery::deliver;
use crate::discovery::{self, DiscoveryError};
use crate::invoke::Invoker;
use crate::lifecycle_event::LifecycleEvent;
use crate::payload::{self, PayloadError};
use crate::ports::{CallError, Ports};
use crate::reason::reason;
use crate::target::{Target, TargetError};
use crate::test_events::{self, TestEventsError};
use checks::{Report, Run, TestEvent, Verdict};
use futures_util::FutureExt;
use serde_json::Value;
use std::any::Any;
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::{sleep_until, timeout_at};

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
        source: CallError,
    },
}

/// Checks what the payload's deployment deploys, gives the report to `log`, and reports the verdict to CodeDeploy.
///
/// `lookup` reads a variable; `left` is the time until Lambda stops the function, where that is known.
///
/// # Errors
///
/// Only when CodeDeploy could not be told; anything else is a report with the verdict `Failed`.
pub(crate) async fn run(
    hook: LifecycleEvent,
    payload: Value,
    lookup: impl Fn(&str) -> Option<String>,
    left: Option<Duration>,
    ports: &impl Ports,
    log: impl FnOnce(&Report),
) -> Result<Report, GateError> {
    let budget = Budget::starting_now(left);
    let ids = payload::read(payload).map_err(GateError::Payload)?;
    let gate = Gate {
        hook,
        deployment_id: &ids.deployment_id,
        budget,
        ports,
        known: RefCell::default(),
    };
    let report = gate.report(lookup).await;
    log(&report);
    match deliver(ports, &ids, report.verdict, &budget).await {
        Ok(()) => Ok(report),
        Err(source) => Err(GateError::NotReported {
            deployment: ids.deployment_id,
            verdict: report.verdict,
            reason: report.reason,
            source,
        }),
    }
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
enum Blocked {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    #[error(transparent)]
    Alias(#[from] AliasError),
    #[error(transparent)]
    TestEvents(#[from] TestEventsError),
}

/// A run, and what is known of it when it stops, wherever that is.
struct Gate<'a, P> {
    hook: LifecycleEvent,
    deployment_id: &'a str,
    budget: Budget,
    ports: &'a P,
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    doing: Option<&'static str>,
    target: Option<Target>,
    notes: Vec<String>,
}

/// What to run.
struct Plan {
    config: Config,
    target: Target,
    version: String,
    events: Vec<TestEvent<String>>,
}

impl<P: Ports> Gate<'_, P> {
    /// The report, whatever happens.
    async fn report(self, lookup: impl Fn(&str) -> Option<String>) -> Report {
        let outcome = AssertUnwindSafe(self.check(lookup)).catch_unwind().await;
        let known = self.known.into_inner();
        let report = outcome.unwrap_or_else(|panic| {
            Report::failed(format!(
                "the hook panicked while {}: {}",
                known.doing.unwrap_or("starting"),
                panic_message(panic.as_ref())
            ))
        });
        let target = known.target;
        Report {
            lifecycle_event: Some(self.hook.to_string()),
            deployment_id: Some(self.deployment_id.to_owned()),
            alias: target.as_ref().and_then(|target| target.alias.clone()),
            current_version: target
                .as_ref()
                .and_then(|target| target.current_version.clone()),
            target_version: target
                .as_ref()
                .and_then(|target| target.target_version.clone()),
            function: target.map(|target| target.function),
            notes: known.notes,
            ..report
        }
    }

    async fn check(&self, lookup: impl Fn(&str) -> Option<String>) -> Report {
        let plan = match timeout_at(self.budget.cut_off(), self.prepare(lookup)).await {
            Ok(Ok(plan)) => plan,
            Ok(Err(blocked)) => return Report::failed(reason(&blocked)),
            Err(_elapsed) => {
                let doing = self.known.borrow().doing.unwrap_or("starting");
                return Report::failed(format!("out of time while {doing}; {}", self.time_kept()));
            }
        };
        self.doing("running the test events");
        let address = (plan.target.address.as_str(), plan.target.qualifier.as_str());
        let invoker = Invoker::new(self.ports, address, self.hook, self.budget.cut_off());
        let run = Run {
            concurrency: plan.config.concurrency,
            executed_version: Some(&plan.version),
            comparison: None,
        };
        let cut_off = async {
            sleep_until(self.budget.cut_off()).await;
            format!(
                "out of time before there was an answer; {}",
                self.time_kept()
            )
        };
        let read = |text: &String| Ok(text.clone());
        Report::of(checks::run(&plan.events, read, &invoker, run, cut_off).await)
    }

    /// Everything up to the first invocation.
    async fn prepare(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Plan, Blocked> {
        self.doing("reading the configuration");
        let mut config = Config::parse(lookup)?;
        self.note(&mut config.notes);

        self.doing("reading the deployment");
        let target = match &config.target {
            Some(arn) => Target::from_arn(self.hook, arn)?,
            None => discovery::discover(self.ports, self.hook, self.deployment_id).await?,
        };
        self.known.borrow_mut().target = Some(target.clone());

        let version = match self.hook {
            LifecycleEvent::BeforeAllowTraffic => target.qualifier.clone(),
            LifecycleEvent::AfterAllowTraffic => {
                self.doing("reading the alias");
                alias::settled(self.ports, &target).await?
            }
        };
        self.known.borrow_mut().target = Some(Target {
            target_version: Some(version.clone()),
            ..target.clone()
        });

        self.doing("reading the test events");
        let mut found = test_events::load(&config, &target.function, self.ports).await?;
        self.note(&mut found.notes);
        Ok(Plan {
            config,
            target,
            version,
            events: found.events,
        })
    }

    fn doing(&self, what: &'static str) {
        self.known.borrow_mut().doing = Some(what);
    }

    fn note(&self, notes: &mut Vec<String>) {
        self.known.borrow_mut().notes.append(notes);
    }

    fn time_kept(&self) -> String {
        format!(
            "the last {} ms of the hook's timeout are kept for reporting, so a longer timeout gives the checks more",
            self.budget.reserve().as_millis()
        )
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
