//! The emulator as its owner holds it.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deployment::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::ServiceError;
use crate::cloudwatch::Metric;
use crate::codedeploy;
use crate::durable::{DataDir, DataDirError};
use crate::execution::CodeStore;
use crate::lambda::{Account, Alias, AliasUpdate, Call, FunctionRef, events};
use crate::panics::survived;
use crate::reaper::Reaper;
use crate::schedules;
use crate::server::{serve, services};
use crate::shared::{Invoked, Shared, State};
use crate::stack::{self, AliasChange, Code, StackError};
use crate::template::Stack;
use crate::timeline::TimelineEntry;

/// The registry in which Lambda's shared test events live.
const TEST_EVENT_REGISTRY: &str = "lambda-testevent-schemas";

/// Lambda, CodeDeploy, CloudWatch (Logs, too) and EventBridge Schemas of one account and Region, on a loopback port.
///
/// Time is simulated: it stands still until [`Emulator::advance_to`] moves it, or runs by itself at a pace of its
/// own. Functions run in real time.
/// Dropping the emulator closes the port and ends the functions' processes, those at work when their call ends or
/// the runtime is shut down.
#[derive(Debug)]
pub struct Emulator {
    pub(crate) shared: Arc<Shared>,
    endpoint: String,
    server: JoinHandle<()>,
    /// Does what is due, where time runs by itself.
    driver: Option<JoinHandle<()>>,
}

/// How an emulator begins.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Whose account and Region it plays.
    pub account: Account,
    /// The seed of every identifier and every random choice.
    pub seed: u64,
    /// The simulated time.
    pub now: Timestamp,
    /// How many times as fast as the machine's clock simulated time runs, except while a hook runs or a function on
    /// a schedule: then it is as fast. `None`: it stands still until [`Emulator::advance_to`] moves it.
    pub time_scale: Option<NonZeroU32>,
    /// The port of 127.0.0.1; 0 is a free one.
    pub port: u16,
    /// Where the functions' code is kept.
    pub store: CodeStore,
    /// What ends the functions' processes when this one is killed; without it they may outlive it.
    pub reaper: Option<Reaper>,
}

/// An emulator that does not begin again with the state that was kept.
#[derive(Debug, thiserror::Error)]
pub enum NotResumed {
    /// The port cannot be bound.
    #[error("cannot listen on port {port}")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The state cannot be read or written.
    #[error(transparent)]
    State(#[from] DataDirError),
}

/// A function whose program does not come up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the program of {function} does not start: {reason}")]
pub struct NotStarted {
    /// The function's name.
    pub function: String,
    /// The error object that an invocation would get.
    pub reason: String,
    /// The last lines that the program wrote.
    pub output: String,
}

/// A deployment as a person asks about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentState {
    /// `Created`, `InProgress`, `Succeeded`, `Failed` or `Stopped`.
    pub status: &'static str,
    /// `errorInformation`: code and message.
    pub error: Option<(&'static str, String)>,
}

impl Emulator {
    /// Starts serving on 127.0.0.1.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(beginning: Beginning) -> io::Result<Self> {
        Self::begin(beginning, None)
            .await
            .map_err(|not_resumed| match not_resumed {
                NotResumed::Port { source, .. } => source,
                NotResumed::State(error) => io::Error::other(error),
            })
    }

    /// Starts serving on 127.0.0.1 with the state that `data_dir` keeps, and keeps there what becomes of it.
    ///
    /// The simulated time is `beginning`'s or that which was reached, whichever is later: what has become due since
    /// is done first. Whatever a client of the emulator has had an answer for is on disk.
    ///
    /// # Errors
    /// [`NotResumed`].
    pub async fn resume(beginning: Beginning, data_dir: DataDir) -> Result<Self, NotResumed> {
        Self::begin(beginning, Some(data_dir)).await
    }

    async fn begin(beginning: Beginning, data_dir: Option<DataDir>) -> Result<Self, NotResumed> {
        let port = beginning.port;
        let no_port = |source| NotResumed::Port { port, source };
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(no_port)?;
        let address = listener.local_addr().map_err(no_port)?;
        let endpoint = format!("http://{address}");
        let runs = beginning.time_scale.is_some();
        let shared = Shared::new(beginning, endpoint.clone(), data_dir)?;
        codedeploy::repeat_lost_hooks(&shared, &mut shared.state());
        let server = tokio::spawn(serve(listener, services(Arc::clone(&shared))));
        let driver = runs.then(|| tokio::spawn(let_time_pass(Arc::clone(&shared))));
        Ok(Self {
            shared,
            endpoint,
            server,
            driver,
        })
    }

    /// Where clients find it, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        self.shared.state().now
    }

    /// When something is due next: a step of a deployment, the evaluation of an alarm, an asynchronous invocation,
    /// or a function's schedule.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.shared.state().next_due()
    }

    /// Moves the simulated time to `time`, letting happen on the way whatever is due, in order.
    ///
    /// It stops early, and answers `false`, when a hook or an asynchronous invocation begins, that of a schedule too,
    /// because nothing may be due before it has had its say: call [`Emulator::settle`] and go on.
    pub fn advance_to(&self, time: Timestamp) -> bool {
        let mut state = self.shared.state();
        while let Some(due) = state.next_due().filter(|due| *due <= time) {
            state.now = state.now.max(due);
            for part in PARTS {
                part(&self.shared, &mut state);
                // What else is due at this instant still is when that has ended: side by side, which of them is first
                // would be chance.
                if self.shared.is_busy() {
                    return false;
                }
            }
        }
        state.now = state.now.max(time);
        true
    }

    /// Waits, in real time, until no hook, asynchronous invocation or call of a client is running.
    pub async fn settle(&self) {
        self.shared.settle().await;
    }

    /// Invokes a function synchronously, as a client of Lambda does.
    ///
    /// # Errors
    /// The modelled errors of `Invoke`. A function that fails is no error: the completion says so.
    pub async fn invoke(
        &self,
        function: &str,
        qualifier: Option<&str>,
        call: Call,
    ) -> Result<Invoked, ServiceError> {
        let target = FunctionRef {
            name: function.to_owned(),
            qualifier: qualifier.map(str::to_owned),
        };
        self.shared.invoke(&target, call).await
    }

    /// Starts an execution environment of a function version, so that the next invocation finds it.
    ///
    /// # Errors
    /// [`NotStarted`] says what came instead of a first request to the Runtime API.
    pub async fn start_environment(&self, function: &str, version: &str) -> Result<(), NotStarted> {
        let target = FunctionRef {
            name: function.to_owned(),
            qualifier: Some(version.to_owned()),
        };
        let failed = |reason: String, output: String| NotStarted {
            function: function.to_owned(),
            reason,
            output,
        };
        match self.shared.start(&target).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(completion)) => {
                let error = String::from_utf8_lossy(&completion.payload).into_owned();
                Err(failed(error, completion.log_tail))
            }
            Err(error) => Err(failed(error.to_string(), String::new())),
        }
    }

    /// Creates or updates the stack's functions and publishes versions of those with `AutoPublishAlias`: the
    /// version of each, by logical id. One whose alias is there and whose code and configuration were deployed last stays
    /// as it is, at the version that it got then.
    ///
    /// # Errors
    /// When code is unusable.
    pub fn publish(
        &self,
        stack: &Stack,
        code: &Code<'_>,
    ) -> Result<BTreeMap<String, String>, StackError> {
        let now = self.now();
        for name in &stack.log_groups {
            self.shared.logs.create_group(name, now);
        }
        stack::publish(&mut self.shared.state(), &self.shared.code, stack, code)
    }

    /// Puts the stack's alarms, aliases and schedules, those of functions without code left out; gated aliases begin their deployment when time next passes.
    ///
    /// # Errors
    /// When a service refuses what the template asks for.
    pub fn apply(
        &self,
        stack: &Stack,
        versions: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, AliasChange>, StackError> {
        stack::apply(&mut self.shared.state(), stack, versions)
    }

    /// The id of a deployment of this stack, or of a rollback, that has not ended: meanwhile CloudFormation would update
    /// nothing of the stack.
    pub fn active_deployment(&self, stack: &Stack) -> Option<String> {
        stack::active_deployment(&self.shared.state(), stack)
    }

    /// Whether there is a function of this name.
    pub fn has_function(&self, name: &str) -> bool {
        self.shared.state().lambda.function(name).is_ok()
    }

    /// A deployment's state; `None` where there is none of that id.
    pub fn deployment(&self, id: &str) -> Option<DeploymentState> {
        let state = self.shared.state();
        let deployment = state.codedeploy.deployment(id)?;
        Some(DeploymentState {
            status: deployment.status().as_str(),
            error: deployment
                .error_information()
                .map(|error| (error.code.as_str(), error.message.clone())),
        })
    }

    /// Whether a deployment is running, a rollback included.
    pub fn is_deploying(&self) -> bool {
        self.shared.state().codedeploy.is_active()
    }

    /// An alias.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn alias(&self, function: &str, name: &str) -> Result<Alias, ServiceError> {
        self.shared.state().lambda.alias(function, name).cloned()
    }

    /// Gives an alias a second version with a share of its traffic, 0 to 1, as `UpdateAlias` does.
    ///
    /// # Errors
    /// Lambda's, for example when the version does not exist.
    pub fn set_alias_weight(
        &self,
        function: &str,
        alias: &str,
        version: &str,
        weight: f64,
    ) -> Result<(), ServiceError> {
        let update = AliasUpdate {
            additional_version_weights: Some(vec![(version.to_owned(), weight)]),
            ..AliasUpdate::default()
        };
        self.shared
            .state()
            .update_alias(function, alias, &update)
            .map(drop)
    }

    /// Sets an alarm's state until its next evaluation, as `SetAlarmState` does.
    ///
    /// # Errors
    /// `ResourceNotFound` where there is no such alarm.
    pub fn set_alarm_state(
        &self,
        name: &str,
        state: &str,
        reason: &str,
    ) -> Result<(), ServiceError> {
        let input = json!({ "AlarmName": name, "StateValue": state, "StateReason": reason });
        let mut services = self.shared.state();
        services.call_cloudwatch("SetAlarmState", &input)?;
        services.evaluate_alarms();
        Ok(())
    }

    /// Has the data points of one metric that are sent from now on be seen `by` later than those of others; `ZERO` ends
    /// that. On AWS the metrics of an instant arrive one by one, in any order.
    pub fn skew_metric(&self, metric: Metric, by: Duration) {
        self.shared
            .state()
            .cloudwatch
            .metrics_mut()
            .skew(metric, by);
    }

    /// Puts the document of a function's shared test events into the registry, replacing what is there.
    pub fn put_shared_test_events(&self, function: &str, document: String) {
        let mut state = self.shared.state();
        let now = state.now;
        let schema = format!("_{function}-schema");
        state
            .schemas
            .put(TEST_EVENT_REGISTRY, &schema, document, now);
    }

    /// What happened since the last call.
    pub fn take_timeline(&self) -> Vec<TimelineEntry> {
        std::mem::take(&mut self.shared.state().timeline)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
        if let Some(driver) = &self.driver {
            driver.abort();
        }
        self.shared.shut_down();
        self.shared.close_database();
    }
}

/// How late, on the machine's clock, something may be done that a request has made due in the meantime.
const LATEST: Duration = Duration::from_millis(50);

/// How long nothing is done after a panic, which comes again as long as its cause is there.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// How long the lines that functions write may stay in memory where they outlive the process.
const LOGS_LATEST: Duration = Duration::from_secs(1);

/// Does whatever is due as simulated time passes.
async fn let_time_pass(shared: Arc<Shared>) {
    let mut logs_kept = Instant::now();
    while !shared.has_failed() {
        shared.end_idle_environments();
        if logs_kept.elapsed() >= LOGS_LATEST {
            shared.keep_logs();
            logs_kept = Instant::now();
        }
        let wait = {
            let mut state = shared.state();
            state.cloudwatch.metrics_mut().write_invocations();
            let due = state.next_due();
            if due.is_some_and(|due| due <= state.now) && !do_all(PARTS, &shared, &mut state) {
                AFTER_PANIC
            } else {
                state.until_next_due().min(LATEST)
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Something that happens as time passes, in this order.
type Part = fn(&Arc<Shared>, &mut State);

const PARTS: [Part; 4] = [
    |_, state| state.evaluate_alarms(),
    codedeploy::pass_time,
    events::pass_time,
    schedules::pass_time,
];

/// Does all parts, whichever of them panics; whether none did.
fn do_all<const N: usize>(parts: [Part; N], shared: &Arc<Shared>, state: &mut State) -> bool {
    parts
        .map(|part| survived(|| part(shared, state)))
        .into_iter()
        .all(|survived| survived)
}

#[cfg(test)]
mod tests;
