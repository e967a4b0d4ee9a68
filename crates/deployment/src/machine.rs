//! The state machine.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::action::{Action, AlarmState, CallError, Input};
use crate::alias::{AliasRouting, check_alias, check_alias_for_rollback, check_spec};
use crate::error::ErrorInformation;
use crate::hook::HookRun;
use crate::id::{DeploymentId, HookExecutionId};
use crate::lifecycle::{Lifecycle, LifecycleEventName};
use crate::rollback::RollbackInfo;
use crate::spec::{AutoRollbackEvent, DeploymentSpec};
use crate::status::DeploymentStatus;
use crate::time::Timestamp;
use crate::weight::{TrafficStep, Weight};

/// From the start of a deployment to its first lifecycle event (measured: PreTraffic is invoked about 2 s after the start; a rollback takes about 2 s).
pub const START_DELAY: Duration = Duration::from_secs(2);
/// How often alarms are polled (inferred from stops 11 to 29 s after an alarm).
pub const ALARM_POLL_PERIOD: Duration = Duration::from_secs(10);

/// One CodeDeploy deployment on the Lambda platform.
///
/// Drive it by delivering [`Input::TimePassed`] at [`next_due`](Self::next_due), doing every [`Action`] that comes back, and delivering what came of it.
/// `now` must never go back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deployment {
    pub(crate) id: DeploymentId,
    pub(crate) spec: DeploymentSpec,
    pub(crate) status: DeploymentStatus,
    pub(crate) error: Option<ErrorInformation>,
    pub(crate) created: Timestamp,
    pub(crate) started: Option<Timestamp>,
    pub(crate) completed: Option<Timestamp>,
    pub(crate) updated: Timestamp,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) weight: Weight,
    pub(crate) rollback_info: Option<RollbackInfo>,
    /// [`Action::StartRollback`] was returned and has not been done.
    pub(crate) rollback_due: bool,
    pub(crate) phase: Phase,
    pub(crate) in_flight: Option<Call>,
    /// `StopDeployment` was called while the alias was being written, and whether it asked for a rollback.
    pub(crate) stop_pending: Option<bool>,
    /// The execution ids that hooks have received, and may report with.
    pub(crate) handed_out: Vec<HookExecutionId>,
    next_poll: Option<Timestamp>,
}

/// What happens next, and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Phase {
    Created,
    Validating,
    Preparing {
        until: Timestamp,
    },
    Hook(HookRun),
    Shifting {
        since: Timestamp,
        steps: VecDeque<TrafficStep>,
    },
    Ended,
}

/// The one call whose answer is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Call {
    PollAlarms,
    ReadAlias,
    UpdateAlias(Weight),
}

impl Deployment {
    /// A deployment that `CreateDeployment` has accepted at `now`; it begins at the first [`Input::TimePassed`].
    pub fn new(spec: DeploymentSpec, id: DeploymentId, now: Timestamp) -> Self {
        Self {
            id,
            spec,
            status: DeploymentStatus::Created,
            error: None,
            created: now,
            started: None,
            completed: None,
            updated: now,
            lifecycle: Lifecycle::pending(),
            weight: Weight::ZERO,
            rollback_info: None,
            rollback_due: false,
            phase: Phase::Created,
            in_flight: None,
            stop_pending: None,
            handed_out: Vec::new(),
            next_poll: None,
        }
    }

    /// When [`Input::TimePassed`] must be delivered next; later is allowed.
    ///
    /// `None` after the end, and while the answer to a call for alarms or alias is awaited.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.in_flight.is_some() {
            return None;
        }
        self.phase_due().into_iter().chain(self.next_poll).min()
    }

    /// The invocation of a hook whose end has not been heard of and whose report would still be in time, as
    /// [`Action::InvokeHook`]: a driver that begins again with a deployment that was kept repeats it.
    ///
    /// Lambda, too, "might invoke a function more than once" for one asynchronous invocation (developer guide).
    pub fn running_hook(&self, now: Timestamp) -> Option<Action> {
        match &self.phase {
            Phase::Hook(run) if !run.expired(now) => run.running(),
            Phase::Created
            | Phase::Validating
            | Phase::Preparing { .. }
            | Phase::Hook(_)
            | Phase::Shifting { .. }
            | Phase::Ended => None,
        }
    }

    /// Takes an input at the time `now`, and returns what is to be done, in order.
    ///
    /// A late [`Input::TimePassed`] makes up for what was due since, in order, one call at a time;
    /// polls that were missed become one, made before anything else.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Action> {
        let mut actions = match (input, self.in_flight) {
            (Input::AlarmsPolled(result), Some(Call::PollAlarms)) => {
                self.in_flight = None;
                self.alarms_polled(result, now)
            }
            (Input::AliasRead(result), Some(Call::ReadAlias)) => {
                self.in_flight = None;
                self.alias_read(result, now)
            }
            (Input::AliasUpdated(result), Some(Call::UpdateAlias(weight))) => {
                self.in_flight = None;
                self.alias_updated(result, weight, now)
            }
            (
                Input::HookInvoked {
                    execution_id,
                    result: Err(error),
                },
                _,
            ) => self.hook_refused(&execution_id, &error, now),
            (
                Input::HookEnded {
                    execution_id,
                    attempt,
                    outcome,
                },
                _,
            ) => {
                if let Phase::Hook(run) = &mut self.phase
                    && run.execution_id == execution_id
                {
                    run.ended(attempt, outcome, now);
                }
                Vec::new()
            }
            (
                Input::TimePassed
                | Input::HookInvoked { result: Ok(()), .. }
                | Input::AlarmsPolled(_)
                | Input::AliasRead(_)
                | Input::AliasUpdated(_),
                _,
            ) => Vec::new(),
        };
        actions.extend(self.advance(now));
        actions
    }

    /// Does everything that is due, until a call must be awaited.
    pub(crate) fn advance(&mut self, now: Timestamp) -> Vec<Action> {
        let mut actions = Vec::new();
        while self.next_due().is_some_and(|due| due <= now) {
            actions.extend(self.step(now));
        }
        actions
    }

    /// Ends the current lifecycle event well, and enters the next one.
    pub(crate) fn complete(&mut self, event: LifecycleEventName, now: Timestamp) {
        self.lifecycle.succeed(event, now);
        self.updated = now;
        match event {
            LifecycleEventName::BeforeAllowTraffic => {
                self.enter(LifecycleEventName::AllowTraffic, now)
            }
            LifecycleEventName::AllowTraffic => {
                self.enter(LifecycleEventName::AfterAllowTraffic, now)
            }
            LifecycleEventName::AfterAllowTraffic => self.finish(DeploymentStatus::Succeeded, now),
        }
    }

    /// Ends the deployment as `Failed`.
    pub(crate) fn fail(&mut self, error: ErrorInformation, now: Timestamp) -> Vec<Action> {
        let rollback = self
            .spec
            .auto_rollback
            .contains(&AutoRollbackEvent::DeploymentFailure);
        self.end_early(DeploymentStatus::Failed, error, rollback, now)
    }

    /// Ends the deployment as `Stopped` on request.
    pub(crate) fn stop_now(&mut self, rollback: bool, now: Timestamp) -> Vec<Action> {
        self.end_early(
            DeploymentStatus::Stopped,
            ErrorInformation::manual_stop(),
            rollback,
            now,
        )
    }

    fn phase_due(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Created => Some(self.created),
            Phase::Validating => self.started,
            Phase::Preparing { until } => Some(*until),
            Phase::Hook(run) => run.next_due(),
            Phase::Shifting { since, steps } => steps.front().map(|step| *since + step.at),
            Phase::Ended => None,
        }
    }

    /// Does the one thing that is due first; alarms come before all else.
    fn step(&mut self, now: Timestamp) -> Vec<Action> {
        if self.next_poll.is_some_and(|due| due <= now) {
            let names = self.spec.alarms.clone();
            return vec![self.call(Call::PollAlarms, Action::PollAlarms { names })];
        }
        match &mut self.phase {
            Phase::Created => {
                self.begin(now);
                Vec::new()
            }
            Phase::Validating => match self.checked_spec() {
                Ok(()) => vec![self.call(Call::ReadAlias, Action::ReadAlias)],
                Err(error) => self.fail(error, now),
            },
            Phase::Preparing { .. } => {
                self.enter(LifecycleEventName::BeforeAllowTraffic, now);
                Vec::new()
            }
            Phase::Hook(run) if run.expired(now) => {
                self.fail(ErrorInformation::hook_timeout(), now)
            }
            Phase::Hook(run) => {
                let action = run.invoke(now);
                if !self.handed_out.contains(&run.execution_id) {
                    self.handed_out.push(run.execution_id.clone());
                }
                vec![action]
            }
            Phase::Shifting { steps, .. } => match steps.pop_front() {
                Some(step) => {
                    let update = AliasRouting::at(&self.spec, step.weight);
                    vec![self.call(Call::UpdateAlias(step.weight), Action::UpdateAlias(update))]
                }
                None => Vec::new(),
            },
            Phase::Ended => Vec::new(),
        }
    }

    fn begin(&mut self, now: Timestamp) {
        self.status = DeploymentStatus::InProgress;
        self.started = Some(now);
        self.updated = now;
        self.next_poll = (!self.spec.alarms.is_empty()).then_some(now);
        self.phase = Phase::Validating;
    }

    /// A rollback repeats what the failed deployment was made of, so there is nothing to check.
    fn checked_spec(&self) -> Result<(), ErrorInformation> {
        if self.is_rollback() {
            Ok(())
        } else {
            check_spec(&self.spec)
        }
    }

    fn call(&mut self, call: Call, action: Action) -> Action {
        self.in_flight = Some(call);
        action
    }

    fn alarms_polled(
        &mut self,
        result: Result<BTreeMap<String, AlarmState>, CallError>,
        now: Timestamp,
    ) -> Vec<Action> {
        self.next_poll = self.next_poll.map(|due| poll_after(due, now));
        let states = match result {
            Ok(states) => states,
            Err(error) => return self.poll_failed(&error, now),
        };
        let in_alarm = |name: &&str| states.get(*name) == Some(&AlarmState::Alarm);
        let names = || self.spec.alarms.iter().map(String::as_str);
        let active: Vec<&str> = names().filter(in_alarm).collect();
        if !active.is_empty() {
            return self.stop_on_alarm(ErrorInformation::alarm_active(&active), now);
        }
        if names().any(|name| !states.contains_key(name)) {
            return self.poll_failed(&CallError::NotFound, now);
        }
        Vec::new()
    }

    fn poll_failed(&mut self, error: &CallError, now: Timestamp) -> Vec<Action> {
        if self.spec.ignore_poll_alarm_failure {
            return Vec::new();
        }
        self.stop_on_alarm(
            ErrorInformation::alarm_call(error, &self.spec.service_role_arn),
            now,
        )
    }

    fn stop_on_alarm(&mut self, error: ErrorInformation, now: Timestamp) -> Vec<Action> {
        let rollback = self
            .spec
            .auto_rollback
            .contains(&AutoRollbackEvent::DeploymentStopOnAlarm);
        self.end_early(DeploymentStatus::Stopped, error, rollback, now)
    }

    fn alias_read(
        &mut self,
        result: Result<AliasRouting, CallError>,
        now: Timestamp,
    ) -> Vec<Action> {
        let checked = match result {
            Ok(alias) if self.is_rollback() => check_alias_for_rollback(&self.spec, &alias),
            Ok(alias) => check_alias(&self.spec, &alias),
            Err(error) => Err(ErrorInformation::alias_call(
                &error,
                &self.spec.service_role_arn,
            )),
        };
        match checked {
            Ok(()) => {
                let started = self.started.unwrap_or(now);
                self.phase = Phase::Preparing {
                    until: started + START_DELAY,
                };
                Vec::new()
            }
            Err(error) => self.fail(error, now),
        }
    }

    fn alias_updated(
        &mut self,
        result: Result<(), CallError>,
        weight: Weight,
        now: Timestamp,
    ) -> Vec<Action> {
        if result.is_ok() {
            self.weight = weight;
            self.updated = now;
        }
        if let Some(rollback) = self.stop_pending.take() {
            return self.stop_now(rollback, now);
        }
        match result {
            Ok(()) if weight == Weight::FULL => {
                self.complete(LifecycleEventName::AllowTraffic, now);
                Vec::new()
            }
            Ok(()) => Vec::new(),
            Err(error) => {
                let error = ErrorInformation::alias_call(&error, &self.spec.service_role_arn);
                self.fail(error, now)
            }
        }
    }

    fn hook_refused(
        &mut self,
        execution_id: &HookExecutionId,
        error: &CallError,
        now: Timestamp,
    ) -> Vec<Action> {
        if let Phase::Hook(run) = &self.phase
            && run.execution_id == *execution_id
            && run.in_first_attempt()
        {
            let error =
                ErrorInformation::hook_call(error, &self.spec.service_role_arn, &run.function);
            return self.fail(error, now);
        }
        Vec::new()
    }

    fn enter(&mut self, event: LifecycleEventName, now: Timestamp) {
        self.lifecycle.start(event, now);
        self.updated = now;
        if event == LifecycleEventName::AllowTraffic {
            let steps = self.spec.config.schedule().into();
            self.phase = Phase::Shifting { since: now, steps };
        } else if let Some(function) = self.spec.hook(event) {
            let execution_id = HookExecutionId::of(&self.id, event);
            self.phase = Phase::Hook(HookRun::new(event, execution_id, function, now));
        } else {
            self.complete(event, now);
        }
    }

    fn end_early(
        &mut self,
        status: DeploymentStatus,
        error: ErrorInformation,
        rollback: bool,
        now: Timestamp,
    ) -> Vec<Action> {
        self.lifecycle.fail(now);
        self.error = Some(error);
        self.finish(status, now);
        let can_roll_back = !self.is_rollback() && self.spec.appspec_fault.is_none();
        self.rollback_due = rollback && can_roll_back;
        if self.rollback_due {
            vec![Action::StartRollback]
        } else {
            Vec::new()
        }
    }

    fn finish(&mut self, status: DeploymentStatus, now: Timestamp) {
        self.status = status;
        self.completed = Some(now);
        self.updated = now;
        self.phase = Phase::Ended;
        self.in_flight = None;
        self.next_poll = None;
    }
}

/// The first poll after `now` in the period of the poll that was due at `due`.
///
/// It counts from the answer, not from the call: answers slower than the period must not keep all else waiting.
fn poll_after(due: Timestamp, now: Timestamp) -> Timestamp {
    let period = ALARM_POLL_PERIOD.as_millis();
    let since_last = now.since(due).as_millis() % period;
    now + Duration::from_millis(u64::try_from(period - since_last).unwrap_or_default())
}
