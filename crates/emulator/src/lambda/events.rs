//! Asynchronous invocation: events that are accepted at once, and tried until they succeed or are dropped.
//!
//! Source: Lambda developer guide, "Invoking a Lambda function asynchronously" and "How Lambda handles errors and retries
//! with asynchronous invocation".

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use deployment::{HOOK_RETRY_DELAYS, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Call, EventInvokeConfig, FunctionRef, Lambda};
use crate::ServiceError;
use crate::cloudwatch::Unit;
use crate::kept::{Collections, Kept};
use crate::panics::outcome_of;
use crate::shared::{Invoked, Shared, State};
use crate::timeline::{Answer, Happening};

/// The largest payload, in bytes (Lambda quotas: 1 MB since October 2025, 256 KB before).
pub(crate) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// How often an attempt that failed is made again where nothing else is configured.
const DEFAULT_RETRIES: u32 = 2;

/// How long an event is kept where nothing else is configured.
const DEFAULT_MAXIMUM_AGE: Duration = Duration::from_secs(6 * 60 * 60);

/// The waits between attempts that were throttled: the first one, doubled up to the last one.
const BACK_OFF: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5 * 60)];

/// How many events are tried at once; the others wait. Lambda has room for more.
const MAX_RUNNING: usize = 64;

/// An event that was accepted, until it has succeeded or is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueuedEvent {
    function_name: String,
    qualifier: Option<String>,
    payload: String,
    /// When it was accepted, in milliseconds since the epoch.
    received: u64,
    /// When the next attempt is due, as well.
    due: u64,
    /// Attempts that ended in a function error.
    failures: u32,
    /// Attempts that were throttled.
    throttles: u32,
    /// The rule that it comes from, where it is one that runs on a schedule.
    rule: Option<String>,
}

/// The events of all functions, by request id.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    events: Kept<String, QueuedEvent>,
    /// Those that wait, in the order in which they are tried: when that is, when they were accepted, their ids. It is
    /// made of the records when it is first asked for, so that after a restart it has those that were being tried, too.
    waiting: OnceCell<BTreeSet<(u64, u64, String)>>,
    /// How many are being tried.
    running: usize,
}

/// What becomes of an event after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// It has succeeded.
    Done,
    /// It is given up.
    Dropped,
    /// It is tried again after this time, because of a function error or because of throttling.
    Failed(Duration),
    Throttled(Duration),
}

/// How long an event is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    /// How often an attempt that failed is made again.
    retries: u32,
    /// How old it may become.
    age: Duration,
}

impl Limits {
    fn of(config: Option<&EventInvokeConfig>) -> Self {
        let retries = config.and_then(|config| config.maximum_retry_attempts);
        let age = config.and_then(|config| config.maximum_event_age_in_seconds);
        Self {
            retries: retries.unwrap_or(DEFAULT_RETRIES),
            age: age.map_or(DEFAULT_MAXIMUM_AGE, |seconds| {
                Duration::from_secs(seconds.into())
            }),
        }
    }
}

impl EventQueue {
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            events,
            waiting: _,
            running: _,
        } = self;
        vec![("lambda-events", events)]
    }

    /// When the next attempt is due; `None` while as many run as may.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        if self.running >= MAX_RUNNING {
            return None;
        }
        let (due, ..) = self.waiting().first()?;
        Some(Timestamp::from_millis(*due))
    }

    fn waiting(&self) -> &BTreeSet<(u64, u64, String)> {
        self.waiting.get_or_init(|| {
            let records = self.events.iter();
            records.map(|(id, event)| event.turn(id)).collect()
        })
    }

    /// The one that is to be tried next, where there is one and room for it; it counts as running from here on.
    fn take_due(&mut self, now: Timestamp) -> Option<(String, QueuedEvent)> {
        self.next_due().filter(|due| *due <= now)?;
        let (.., id) = self.waiting.get_mut()?.pop_first()?;
        let event = self.events.get(&id)?.clone();
        self.running += 1;
        Some((id, event))
    }

    /// Has an event wait for its next attempt.
    fn put(&mut self, id: String, event: QueuedEvent) {
        // Before the record is there: it would be in it twice otherwise.
        self.waiting();
        if let Some(waiting) = self.waiting.get_mut() {
            waiting.insert(event.turn(&id));
        }
        self.events.insert(id, event);
    }
}

impl QueuedEvent {
    fn target(&self) -> FunctionRef {
        FunctionRef {
            name: self.function_name.clone(),
            qualifier: self.qualifier.clone(),
        }
    }

    /// Its place among those that wait.
    fn turn(&self, id: &str) -> (u64, u64, String) {
        (self.due, self.received, id.to_owned())
    }

    fn age(&self, now: Timestamp) -> Duration {
        now.since(Timestamp::from_millis(self.received))
    }

    fn limits(&self, lambda: &Lambda) -> Limits {
        let qualifier = self.qualifier.as_deref();
        Limits::of(lambda.event_invoke_config(&self.function_name, qualifier))
    }

    /// What follows from the outcome of an attempt: whether the function failed, or why it was not invoked.
    fn after(&self, outcome: Result<bool, &ServiceError>, lambda: &Lambda) -> Next {
        match outcome {
            Ok(false) => Next::Done,
            Ok(true) => {
                let made = usize::try_from(self.failures).unwrap_or(usize::MAX);
                let delay = HOOK_RETRY_DELAYS.get(made);
                match delay.filter(|_| self.failures < self.limits(lambda).retries) {
                    Some(delay) => Next::Failed(*delay),
                    None => Next::Dropped,
                }
            }
            // "Lambda starts sending any new events to the configured dead-letter queue or the on-failure event
            // destination, without any retries."
            Err(_) if lambda.reserved_concurrency(&self.function_name) == Some(0) => Next::Dropped,
            Err(error) if error.status == 429 || error.status >= 500 => {
                let [first, longest] = BACK_OFF;
                let factor = 2_u32.checked_pow(self.throttles).unwrap_or(u32::MAX);
                Next::Throttled(first.saturating_mul(factor).min(longest))
            }
            // The function is gone.
            Err(_) => Next::Dropped,
        }
    }
}

/// Takes an event, and tries it for the first time; its request id.
///
/// # Errors
/// Those of `Invoke`, where there is nothing to invoke.
pub(crate) fn accept(
    shared: &Arc<Shared>,
    state: &mut State,
    target: &FunctionRef,
    payload: String,
) -> Result<String, ServiceError> {
    accept_from(shared, state, target, payload, None)
}

/// The same of an event that a rule sends on its schedule: each attempt is on the timeline, also one that is refused, and
/// holds up the time.
pub(crate) fn accept_scheduled(
    shared: &Arc<Shared>,
    state: &mut State,
    target: &FunctionRef,
    payload: String,
    rule: &str,
) {
    if let Err(error) = accept_from(shared, state, target, payload, Some(rule.to_owned())) {
        record_run(state, rule, &target.name, Err(error));
    }
}

fn accept_from(
    shared: &Arc<Shared>,
    state: &mut State,
    target: &FunctionRef,
    payload: String,
    rule: Option<String>,
) -> Result<String, ServiceError> {
    state.lambda.check_target(target)?;
    let arn = target.arn(&shared.account);
    let mut id = state.ids.request_id(&[&arn], payload.as_bytes());
    while state.events.events.contains_key(&id) {
        id = state.ids.request_id(&[&arn], payload.as_bytes());
    }
    let now = state.now.as_millis();
    let event = QueuedEvent {
        function_name: target.name.clone(),
        qualifier: target.qualifier.clone(),
        payload,
        received: now,
        due: now,
        failures: 0,
        throttles: 0,
        rule,
    };
    count(state, &event, "AsyncEventsReceived", 1.0, Unit::COUNT);
    state.events.put(id.clone(), event);
    pass_time(shared, state);
    Ok(id)
}

/// Tries the events whose time has come, and drops those that have become too old.
///
/// Where time stands still, an event of a rule is the last that begins: those after it wait until it has ended.
pub(crate) fn pass_time(shared: &Arc<Shared>, state: &mut State) {
    while let Some((id, event)) = state.events.take_due(state.now) {
        let age = event.age(state.now);
        if age > event.limits(&state.lambda).age {
            settle(state, &id, event, Next::Dropped);
            continue;
        }
        let milliseconds = age.as_secs_f64() * 1000.0;
        count(
            state,
            &event,
            "AsyncEventAge",
            milliseconds,
            Unit::MILLISECONDS,
        );
        let is_scheduled = event.rule.is_some();
        if let Some(clock) = state.clock.as_mut().filter(|_| is_scheduled) {
            clock.run_begins();
        }
        let worker = Arc::clone(shared);
        shared.in_background(async move { attempt(&worker, id, event).await });
        if is_scheduled && state.clock.is_none() {
            return;
        }
    }
}

async fn attempt(shared: &Arc<Shared>, id: String, event: QueuedEvent) {
    let call = Call {
        payload: event.payload.clone().into(),
        client_context: None,
    };
    let target = event.target();
    let invocation = shared.invoke_as(&target, call, Some(&id));
    settle_after(shared, invocation, &id, event).await;
}

/// Waits for the invocation of an attempt, and does what follows from it.
async fn settle_after(
    shared: &Arc<Shared>,
    invocation: impl Future<Output = Result<Invoked, ServiceError>>,
    id: &str,
    event: QueuedEvent,
) {
    let invoked = outcome_of(invocation).await;
    let mut state = shared.state();
    if let Some(clock) = state.clock.as_mut().filter(|_| event.rule.is_some()) {
        clock.run_ends();
    }
    let outcome = invoked.as_ref();
    let outcome = outcome.map(|invoked| invoked.completion.function_error);
    let next = event.after(outcome, &state.lambda);
    if let Some(rule) = &event.rule {
        record_run(&mut state, rule, &event.function_name, invoked);
    }
    settle(&mut state, id, event, next);
    // Others may have waited for its place.
    pass_time(shared, &mut state);
}

/// Puts what came of an attempt on the timeline, whether it ran or was refused.
fn record_run(
    state: &mut State,
    rule: &str,
    function: &str,
    attempt: Result<Invoked, ServiceError>,
) {
    let Answer {
        payload,
        function_error,
        log_tail,
    } = Answer::of(attempt);
    state.record(Happening::ScheduledRunEnded {
        rule: rule.to_owned(),
        function: function.to_owned(),
        payload,
        function_error,
        log_tail,
    });
}

/// Does what follows from an attempt, or from an event's age.
fn settle(state: &mut State, id: &str, mut event: QueuedEvent, next: Next) {
    let delay = match next {
        Next::Done => None,
        Next::Dropped => {
            count(state, &event, "AsyncEventsDropped", 1.0, Unit::COUNT);
            None
        }
        Next::Failed(delay) => {
            event.failures += 1;
            Some(delay)
        }
        Next::Throttled(delay) => {
            event.throttles += 1;
            Some(delay)
        }
    };
    match delay {
        Some(delay) => {
            event.due = (state.now + delay).as_millis();
            state.events.put(id.to_owned(), event);
        }
        None => {
            state.events.events.remove(id);
        }
    }
    state.events.running = state.events.running.saturating_sub(1);
}

/// Lambda's metrics of asynchronous invocation.
fn count(state: &mut State, event: &QueuedEvent, name: &str, value: f64, unit: Unit) {
    let now = state.now;
    state.cloudwatch.metrics_mut().record_lambda(
        (&event.function_name, &event.target().resource(None), None),
        &[(name, value, unit)],
        now,
    );
}

#[cfg(test)]
mod tests;
