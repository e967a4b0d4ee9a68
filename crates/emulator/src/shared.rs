//! The state of all services, and the one way to invoke a function.

mod background;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deployment::Timestamp;
use fastrand::Rng;
use serde_json::Value;
use tokio::sync::watch;

use crate::ServiceError;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::cloudwatch::{CloudWatch, LambdaInvocation, Unit};
use crate::codedeploy::CodeDeploy;
use crate::durable::journal::{Journal, Writer};
use crate::durable::{DataDir, DataDirError, StateGuard};
use crate::emulator::Beginning;
use crate::execution::{CodeStore, Completion, IdleLimits, Invocation, Pool};
use crate::identity::Identities;
use crate::kept::{Collections, Kept};
use crate::lambda::events::EventQueue;
use crate::lambda::{
    Account, Alias, AliasUpdate, Call, Concurrency, FunctionConfiguration, FunctionRef, Lambda,
    Routed, Slot, Version,
};
use crate::logs::Logs;
use crate::permissions::{Permissions, Principal};
use crate::schedules::Schedules;
use crate::schemas::Schemas;
use crate::timeline::{Happening, TimelineEntry};

/// Lambda keeps idle environments for some minutes, and says neither how many nor which number of them. A person's
/// machine has room for as many processes as the work of the last minutes needs.
const IDLE_LIMITS: IdleLimits = IdleLimits {
    time: Duration::from_secs(5 * 60),
    count: 128,
};

/// What the HTTP front, the deployment driver and the running functions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) account: Account,
    endpoint: String,
    /// What nobody outside knows: what the emulator has given away can be told from what is made up. Where time
    /// stands still it follows from the seed, as everything does.
    pub(crate) secret: u128,
    /// Where the functions' code is kept.
    pub(crate) code: CodeStore,
    state: Mutex<State>,
    /// Writes what changes, where that outlives the process.
    pub(crate) writer: Option<Writer>,
    /// Whether simulated time may be ahead of the machine's, so that it must be written though nothing happens.
    pub(crate) keeps_time: bool,
    pool: Pool,
    concurrency: Concurrency,
    pub(crate) logs: Arc<Logs>,
    /// Invocations that have not ended, of hooks and of clients over the wire.
    in_flight: watch::Sender<usize>,
}

/// The services' state; every change happens under one lock, at one simulated instant.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) now: Timestamp,
    /// `None` where time stands still until it is moved.
    pub(crate) clock: Option<Clock>,
    pub(crate) ids: Identities,
    pub(crate) permissions: Permissions,
    pub(crate) lambda: Lambda,
    pub(crate) events: EventQueue,
    pub(crate) schedules: Schedules,
    pub(crate) codedeploy: CodeDeploy,
    pub(crate) cloudwatch: CloudWatch,
    pub(crate) schemas: Schemas,
    /// The version at which a template was last deployed, by the function's name.
    pub(crate) deployed: Kept<String, String>,
    pub(crate) timeline: Vec<TimelineEntry>,
    /// Where changes are handed over that outlive the process.
    pub(crate) journal: Option<Journal>,
}

/// An answered `Invoke`.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// The version that ran, after alias routing.
    pub executed_version: String,
    /// The request id that the function saw.
    pub request_id: String,
    /// What it answered.
    pub completion: Completion,
    /// The version that ran.
    pub(crate) version: Arc<Version>,
}

impl Shared {
    /// # Errors
    /// When `data_dir` cannot be read, or not be written.
    pub(crate) fn new(
        beginning: Beginning,
        endpoint: String,
        data_dir: Option<DataDir>,
    ) -> Result<Arc<Self>, DataDirError> {
        let Beginning {
            account,
            seed,
            now,
            time_scale,
            store,
            reaper,
            port: _,
        } = beginning;
        let starts = data_dir.as_ref().map_or(0, DataDir::starts);
        let reached = data_dir.as_ref().map_or(now, DataDir::now);
        let keeps_time = reached > now || time_scale.is_some_and(|scale| scale.get() > 1);
        let now = now.max(reached);
        let mut state = State {
            now,
            clock: time_scale.map(|scale| Clock::new(now, scale)),
            ids: if time_scale.is_some() {
                Identities::after(seed, starts).with_random_requests()
            } else {
                Identities::after(seed, starts)
            },
            permissions: Permissions::new(account.clone(), seed),
            lambda: Lambda::new(account.clone()),
            events: EventQueue::default(),
            schedules: Schedules::default(),
            codedeploy: CodeDeploy::default(),
            cloudwatch: CloudWatch::new(account.region.clone(), account.account_id.clone()),
            schemas: Schemas::default(),
            deployed: Kept::default(),
            timeline: Vec::new(),
            journal: None,
        };
        let logs = Arc::<Logs>::default();
        let mut writer = None;
        if let Some(mut data_dir) = data_dir {
            data_dir.load(state.collections())?;
            data_dir.load(logs.records().collections())?;
            state.codedeploy.loaded();
            data_dir.note_start(now)?;
            let (journal, begun) = data_dir.write()?;
            (state.journal, writer) = (Some(journal), Some(begun));
        }
        Ok(Arc::new(Self {
            account,
            endpoint,
            secret: match time_scale {
                Some(_) => fastrand::u128(..),
                None => Rng::with_seed(seed).u128(..),
            },
            code: store,
            state: Mutex::new(state),
            writer,
            keeps_time,
            // Where time stands still, what is warm does not depend on how long anything took.
            pool: Pool::new(time_scale.map(|_| IDLE_LIMITS), reaper),
            concurrency: Concurrency::default(),
            logs,
            in_flight: watch::Sender::new(0),
        }))
    }

    /// Where clients find it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The services' state, for their own work; what a client asks for goes through [`Shared::authorized`].
    pub(crate) fn state(&self) -> StateGuard<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clock) = &state.clock {
            state.now = state.now.max(clock.now());
        }
        StateGuard::new(state)
    }

    /// The services' state for a call of `caller`, who must be allowed `action` (for example
    /// `lambda:InvokeFunction`) on `resource`, an ARN or `*`.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub(crate) fn authorized(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
    ) -> Result<StateGuard<'_>, ServiceError> {
        let state = self.state();
        state.authorize(caller, action, resource)?;
        Ok(state)
    }

    /// Invokes a function synchronously.
    ///
    /// # Errors
    /// The modelled errors of `Invoke`; a function that fails is no error but a completion that says so.
    pub(crate) async fn invoke(
        &self,
        target: &FunctionRef,
        call: Call,
    ) -> Result<Invoked, ServiceError> {
        self.invoke_as(target, call, None).await
    }

    /// The same under a request id that there is already: all attempts of an asynchronous invocation have one.
    ///
    /// # Errors
    /// As [`Shared::invoke`].
    pub(crate) async fn invoke_as(
        &self,
        target: &FunctionRef,
        call: Call,
        request_id: Option<&str>,
    ) -> Result<Invoked, ServiceError> {
        let (routed, invocation, started, _slot) = {
            let mut state = self.state();
            let routed = state.route(target)?;
            let slot = self.begin(&mut state, target, &routed)?;
            let version = &routed.version;
            let asked = self
                .account
                .function_arn(&target.name, target.qualifier.as_deref());
            let request_id = match request_id {
                Some(request_id) => request_id.to_owned(),
                None => state
                    .ids
                    .request_id(&[&asked, "/", &version.version], &call.payload),
            };
            let invocation = Invocation {
                trace_id: state.ids.trace_id(&request_id),
                request_id,
                payload: call.payload,
                invoked_function_arn: asked,
                client_context: call.client_context,
                at: state.now,
            };
            (routed, invocation, state.now, slot)
        };
        let request_id = invocation.request_id.clone();
        let Routed { version, alias } = routed;
        let launch = || {
            let access_key_id = self.state().permissions.access_key_id(&version);
            version.launch(&self.account, &self.endpoint, &access_key_id, &self.logs)
        };
        let completion = self
            .pool
            .invoke(
                &version.pool_key(),
                version.configuration.timeout,
                launch,
                invocation,
            )
            .await;
        let resource = target.resource(alias.as_deref());
        let mut state = self.state();
        let ended = state.now;
        state
            .cloudwatch
            .metrics_mut()
            .record_invocation(&LambdaInvocation {
                function_name: &target.name,
                resource: &resource,
                executed_version: alias.is_some().then_some(version.version.as_str()),
                started,
                ended,
                duration: completion.duration,
                error: completion.function_error,
            });
        Ok(Invoked {
            executed_version: version.version.clone(),
            request_id,
            completion,
            version,
        })
    }

    /// Whether somebody holds the state.
    #[cfg(test)]
    pub(crate) fn is_held(&self) -> bool {
        self.state.try_lock().is_err()
    }

    #[cfg(test)]
    pub(crate) fn concurrency(&self) -> &Concurrency {
        &self.concurrency
    }

    /// Begins an invocation; where as many run as may, it is throttled, and counted as that.
    fn begin(
        &self,
        state: &mut State,
        target: &FunctionRef,
        routed: &Routed,
    ) -> Result<Slot, ServiceError> {
        let begun = self.concurrency.begin(&target.name, &state.lambda);
        if begun.is_err() {
            let now = state.now;
            let alias = routed.alias.as_deref();
            let executed = alias.map(|_| routed.version.version.as_str());
            state.cloudwatch.metrics_mut().record_lambda(
                (&target.name, &target.resource(alias), executed),
                &[("Throttles", 1.0, Unit::COUNT)],
                now,
            );
        }
        begun
    }

    /// Starts an execution environment of a function, so that the next invocation finds it.
    ///
    /// # Errors
    /// As [`Shared::invoke`]; `Ok(Err)` is the completion of an invocation that needs an environment when none comes
    /// up.
    pub(crate) async fn start(
        &self,
        target: &FunctionRef,
    ) -> Result<Result<(), Completion>, ServiceError> {
        let (version, access_key_id, now) = {
            let mut state = self.state();
            let version = state.route(target)?.version;
            let key = state.permissions.access_key_id(&version);
            (version, key, state.now)
        };
        let (key, launch) = (
            version.pool_key(),
            version.launch(&self.account, &self.endpoint, &access_key_id, &self.logs),
        );
        let started = self.pool.start(&key, &launch, now).await;
        Ok(started.map_err(|completion| completion.with_texts(|text| version.as_on_lambda(text))))
    }

    /// Ends the execution environments of a function, or of one of its versions: the idle ones, and those at work when
    /// their call ends.
    pub(crate) fn forget_environments(&self, function: &str, version: Option<&str>) {
        self.pool.forget(&match version {
            Some(version) => format!("{function}:{version}:"),
            None => format!("{function}:"),
        });
    }

    /// Ends the execution environments that have been idle for too long.
    pub(crate) fn end_idle_environments(&self) {
        self.pool.end_idle();
    }

    pub(crate) fn shut_down(&self) {
        self.pool.close();
    }
}

impl State {
    /// Who `caller` is.
    ///
    /// # Errors
    /// `UnrecognizedClientException` for the access key of a function that is gone.
    pub(crate) fn principal(&self, caller: &Caller) -> Result<Principal, ServiceError> {
        self.permissions.principal(&self.lambda, caller)
    }

    /// Every collection that outlives the process: what loads them and what saves them go by this list.
    ///
    /// The services are taken apart completely, here and in theirs, so that nobody adds to them without deciding
    /// whether it is kept.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            now: _,
            clock: _,
            ids: _,
            permissions,
            lambda,
            events,
            schedules,
            codedeploy,
            cloudwatch,
            schemas,
            deployed,
            timeline: _,
            journal: _,
        } = self;
        let mut collections = lambda.collections();
        collections.extend(events.collections());
        collections.extend(schedules.collections());
        collections.extend(codedeploy.collections());
        collections.extend(cloudwatch.collections());
        collections.extend(schemas.collections());
        collections.extend(permissions.collections());
        collections.push(("deployed-versions", deployed));
        collections
    }

    /// Whether `caller` may do `action` on `resource`.
    ///
    /// # Errors
    /// `AccessDeniedException`; those of [`State::principal`].
    pub(crate) fn authorize(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
    ) -> Result<(), ServiceError> {
        self.check(&self.principal(caller)?, action, resource)
    }

    /// Whether `caller` may do `action` on `resource` with metrics of `namespace`, if it puts any.
    ///
    /// # Errors
    /// As [`State::authorize`].
    pub(crate) fn authorize_metrics(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        namespace: Option<&str>,
    ) -> Result<(), ServiceError> {
        let principal = self.principal(caller)?;
        self.permissions
            .check(&principal, action, resource, namespace, || None)
    }

    /// Whether `principal` may do `action` on `resource`.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub(crate) fn check(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
    ) -> Result<(), ServiceError> {
        let attached = || self.lambda.attached_to(resource);
        self.permissions
            .check(principal, action, resource, None, attached)
    }

    /// How long, on the machine's clock, it is until something is due; without end where nothing is.
    pub(crate) fn until_next_due(&self) -> Duration {
        match (self.next_due(), &self.clock) {
            (Some(due), Some(clock)) => clock.until(due),
            (Some(_) | None, _) => Duration::MAX,
        }
    }

    /// When something is due next: a step of a deployment, the evaluation of an alarm, an asynchronous invocation,
    /// or a function's schedule.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.codedeploy
            .next_due()
            .into_iter()
            .chain(self.cloudwatch.next_due())
            .chain(self.events.next_due())
            .chain(self.schedules.next_due())
            .min()
    }

    pub(crate) fn record(&mut self, happening: Happening) {
        self.timeline.push(TimelineEntry {
            at: self.now,
            happening,
        });
    }

    pub(crate) fn route(&mut self, target: &FunctionRef) -> Result<Routed, ServiceError> {
        self.lambda.route(target, &mut self.ids)
    }

    pub(crate) fn put_function(&mut self, name: &str, configuration: FunctionConfiguration) {
        self.lambda
            .put_function(name, configuration, self.now, &mut self.ids);
    }

    pub(crate) fn publish_version(
        &mut self,
        name: &str,
        description: Option<String>,
    ) -> Result<Arc<Version>, ServiceError> {
        self.lambda
            .publish_version(name, description, &mut self.ids)
    }

    pub(crate) fn create_alias(
        &mut self,
        function: &str,
        name: &str,
        function_version: &str,
        description: &str,
        weights: &[(String, f64)],
    ) -> Result<Alias, ServiceError> {
        let alias = self.lambda.create_alias(
            function,
            name,
            function_version,
            description,
            weights,
            &mut self.ids,
        )?;
        self.record_alias(function, &alias);
        Ok(alias)
    }

    pub(crate) fn update_alias(
        &mut self,
        function: &str,
        name: &str,
        update: &AliasUpdate,
    ) -> Result<Alias, ServiceError> {
        let alias = self
            .lambda
            .update_alias(function, name, update, &mut self.ids)?;
        self.record_alias(function, &alias);
        Ok(alias)
    }

    fn record_alias(&mut self, function: &str, alias: &Alias) {
        self.record(Happening::AliasUpdated {
            function: function.to_owned(),
            alias: alias.name.clone(),
            function_version: alias.function_version.clone(),
            additional_version_weight: alias.additional_version_weight.clone(),
        });
    }

    /// Evaluates the alarms that are due, and records what has changed.
    pub(crate) fn evaluate_alarms(&mut self) {
        for transition in self.cloudwatch.advance(self.now) {
            self.timeline.push(TimelineEntry {
                at: transition.at,
                happening: Happening::AlarmState {
                    name: transition.name,
                    state: transition.to.as_str().to_owned(),
                    reason: transition.reason,
                },
            });
        }
    }

    pub(crate) fn call_cloudwatch(
        &mut self,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        self.cloudwatch.call(operation, input, self.now)
    }
}
