//! From the deployment to a report, whatever happens in between.

use super::{Invocation, panic_message};
use crate::alias::{self, AliasError};
use crate::budget::Budget;
use crate::canary::{self, Demand, Stated, Unseen};
use crate::config::{Config, ConfigError, Policy};
use crate::discovery::{self, Discovered, DiscoveryError, Hook};
use crate::durations::{self, Times, Versions};
use crate::invoke::Invoker;
use crate::lifecycle_event::LifecycleEvent;
use crate::memory::Memory;
use crate::ports::Ports;
use crate::reads::Reads;
use crate::reason::reason;
use crate::remembered::Decided;
use crate::reproduce::Reproduction;
use crate::spare::Spare;
use crate::target::{Target, TargetError};
use crate::test_events::{self, Document, TestEventsError};
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use checks::{CheckedEvent, Comparison, Outcome, Report, Run, TestEvent};
use futures_util::FutureExt;
use futures_util::future::join;
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// An alias that has not settled after so long is not about to.
const LONGEST_PATIENCE: Duration = Duration::from_secs(5);

const NOT_COMPARED: &str = "GATE_COMPARE is `report`, and nothing was compared: with GATE_TARGET the current version is not known";

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
    #[error(
        "{0} is `fail`, and nothing can be compared: with GATE_TARGET the current version is not known"
    )]
    NothingToCompareWith(&'static str),
}

/// A run, and what is known of it when it stops, wherever that is.
pub(super) struct Checking<'a, P> {
    hook: Hook<'a>,
    deployment_id: &'a str,
    function_arn: &'a str,
    budget: Budget,
    ports: &'a P,
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    doing: Option<&'static str>,
    /// The lifecycle event that is served, where it has been found out.
    lifecycle_event: Option<LifecycleEvent>,
    target: Option<Target>,
    notes: Vec<String>,
}

/// What to run.
struct Plan {
    config: Config,
    memory: Memory,
    lifecycle_event: LifecycleEvent,
    target: Target,
    version: String,
    comparison: Option<WithCurrent>,
    events: Vec<TestEvent<Document>>,
}

/// A comparison with the current version.
struct WithCurrent {
    version: String,
    fails: bool,
}

impl<'a, P: Ports> Checking<'a, P> {
    pub(super) fn new(
        hook: Hook<'a>,
        ids: &'a CodeDeployLifecycleEvent,
        invocation: &Invocation<'a>,
        budget: Budget,
        ports: &'a P,
    ) -> Self {
        Self {
            hook,
            deployment_id: &ids.deployment_id,
            function_arn: invocation.function_arn,
            budget,
            ports,
            known: RefCell::default(),
        }
    }

    /// The report and its verdict, whatever happens.
    pub(super) async fn decide(self, lookup: impl Fn(&str) -> Option<String>) -> Decided {
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
        let lifecycle_event = known.lifecycle_event.unwrap_or(self.hook.lifecycle_event);
        let report = Report {
            lifecycle_event: Some(lifecycle_event.to_string()),
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
        };
        Decided {
            report,
            lifecycle_event: known.lifecycle_event,
        }
    }

    async fn check(&self, lookup: impl Fn(&str) -> Option<String>) -> Report {
        if self.budget.work().is_zero() {
            let left = self.budget.reserve().as_millis();
            return Report::failed(format!(
                "out of time before anything was checked: Lambda stops the hook in less than {left} ms"
            ));
        }
        let plan = match timeout_at(self.budget.cut_off(), self.prepare(lookup)).await {
            Ok(Ok(plan)) => plan,
            Ok(Err(blocked)) => return Report::failed(reason(&blocked)),
            Err(_elapsed) => {
                let doing = self.known.borrow().doing.unwrap_or("starting");
                return Report::failed(format!("out of time while {doing}; {}", self.time_kept()));
            }
        };
        self.doing("running the test events");
        let (report, stated) = join(self.run(&plan), self.canary(&plan)).await;
        let Some(Stated { canary, fails }) = stated else {
            return report;
        };
        let report = match fails {
            Some(why) => report.failing(&why),
            None => report,
        };
        Report {
            canary: Some(canary),
            ..report
        }
    }

    /// What users met of the target while traffic shifted, where that is asked for.
    ///
    /// It is read beside the test events, in half of their time at most, and whatever becomes of it, they are run.
    async fn canary(&self, plan: &Plan) -> Option<Stated> {
        let is_over = plan.lifecycle_event == LifecycleEvent::AfterAllowTraffic;
        if !is_over || plan.config.canary == Policy::Off {
            return None;
        }
        let until = self.budget.half_time();
        let time = until.saturating_duration_since(Instant::now());
        let reads = Reads {
            ports: self.ports,
            budget: Budget::until(until),
        };
        let current = plan.target.current_version.as_deref();
        let versions = canary::Versions {
            function: &plan.target.function,
            alias: &plan.target.qualifier,
            current: current.unwrap_or_default(),
            target: &plan.version,
        };
        let seen = match current {
            None => Err(Unseen::GivenTarget),
            Some(_) => {
                let read = canary::read(&reads, self.deployment_id, versions);
                match timeout_at(until, AssertUnwindSafe(read).catch_unwind()).await {
                    Ok(Ok(seen)) => seen,
                    Ok(Err(panic)) => Err(Unseen::Panic(panic_message(panic.as_ref()).to_owned())),
                    Err(_elapsed) => Err(Unseen::Late(time.as_millis())),
                }
            }
        };
        let demand = Demand {
            policy: plan.config.canary,
            required_bound: plan.config.required_bound,
        };
        Some(canary::state(seen, versions, demand))
    }

    async fn run(&self, plan: &Plan) -> Report {
        let times = plan
            .comparison
            .as_ref()
            .filter(|_| plan.config.compare_duration != Policy::Off)
            .map(|current| (Times::default(), current));
        let mut events = self
            .run_events(plan, times.as_ref().map(|(times, _)| times))
            .await;
        let Some((times, current)) = times else {
            return Report::of(events);
        };
        let seed = seed(self.deployment_id);
        for event in &mut events {
            event.timed = times.of(event, seed);
        }
        let versions = Versions {
            current: &current.version,
            target: &plan.version,
        };
        let (durations, is_slower) =
            durations::judge(&events, versions, plan.config.duration_limit);
        let report = Report::of(events);
        let report = match plan.config.compare_duration {
            Policy::Fail if is_slower => report.failing(&durations.summary),
            Policy::Fail | Policy::Report | Policy::Off => report,
        };
        Report {
            durations: Some(durations),
            ..report
        }
    }

    async fn run_events(&self, plan: &Plan, times: Option<&Times>) -> Vec<CheckedEvent> {
        let target = &plan.target;
        // How the function under test can tell a probe from a user's request.
        let client_context =
            serde_json::json!({"custom": {"tollgate": plan.lifecycle_event.as_str()}}).to_string();
        let current = plan.comparison.as_ref().map(|current| &*current.version);
        let invoker = Invoker {
            lambda: self.ports,
            function: &target.address,
            target: &target.qualifier,
            current,
            memory: plan.memory,
            until: self.budget.cut_off(),
            current_until: self.budget.half_time(),
            client_context: &client_context,
            times,
        };
        let run = Run {
            concurrency: plan.config.concurrency,
            executed_version: Some(&plan.version),
            comparison: plan.comparison.as_ref().map(|current| Comparison {
                current_version: &current.version,
                seed: seed(self.deployment_id),
                fails: current.fails,
            }),
        };
        let cut_off = async {
            sleep_until(self.budget.cut_off()).await;
            format!(
                "out of time before there was an answer; {}",
                self.time_kept()
            )
        };
        let spare = Spare::keep();
        let read = |document: &Document| spare.lend(|| document.read());
        let mut events = checks::run(&plan.events, read, &invoker, run, cut_off).await;
        let address = (target.address.as_str(), target.qualifier.as_str());
        let reproduction = Reproduction::new(
            &target.function,
            address,
            self.function_arn,
            &client_context,
        );
        for event in &mut events {
            if !matches!(event.outcome, Outcome::Met) {
                event.reproduce = Some(reproduction.command(event.source, &event.name));
            }
        }
        events
    }

    /// Everything up to the first invocation.
    async fn prepare(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Plan, Blocked> {
        self.doing("reading the configuration");
        let memory = Memory::of(&lookup);
        let config = Config::parse(lookup)?;

        self.doing("reading the deployment");
        let reads = Reads {
            ports: self.ports,
            budget: self.budget,
        };
        let Discovered {
            target,
            lifecycle_event,
            mut notes,
        } = match &config.target {
            Some(arn) => Discovered {
                target: Target::from_arn(self.hook.lifecycle_event, arn)?,
                lifecycle_event: self.hook.lifecycle_event,
                notes: Vec::new(),
            },
            None => discovery::discover(&reads, self.hook, self.deployment_id).await?,
        };
        self.note(&mut notes);
        self.known.borrow_mut().lifecycle_event = Some(lifecycle_event);
        self.known.borrow_mut().target = Some(target.clone());

        let version = match lifecycle_event {
            LifecycleEvent::BeforeAllowTraffic => target.qualifier.clone(),
            LifecycleEvent::AfterAllowTraffic => {
                self.doing("reading the alias");
                let patience = LONGEST_PATIENCE.min(self.budget.work() / 5);
                alias::settled(&reads, &target, patience).await?
            }
        };
        self.known.borrow_mut().target = Some(Target {
            target_version: Some(version.clone()),
            ..target.clone()
        });

        let comparison = match (config.compare, target.current_version.clone()) {
            (Policy::Off, _) => None,
            (Policy::Report, Some(version)) => Some(WithCurrent {
                version,
                fails: false,
            }),
            (Policy::Fail, Some(version)) => Some(WithCurrent {
                version,
                fails: true,
            }),
            (Policy::Report, None) if config.compare_duration == Policy::Fail => {
                return Err(Blocked::NothingToCompareWith("GATE_COMPARE_DURATION"));
            }
            (Policy::Report, None) => {
                self.note(&mut vec![NOT_COMPARED.to_owned()]);
                None
            }
            (Policy::Fail, None) => return Err(Blocked::NothingToCompareWith("GATE_COMPARE")),
        };

        self.doing("reading the test events");
        let mut found = test_events::load(&config, &target.function, &reads).await?;
        self.note(&mut found.notes);
        Ok(Plan {
            config,
            memory,
            lifecycle_event,
            target,
            version,
            comparison,
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

/// The same deployment draws the same orders, however often it is checked: 64-bit FNV-1a.
fn seed(deployment_id: &str) -> u64 {
    deployment_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
