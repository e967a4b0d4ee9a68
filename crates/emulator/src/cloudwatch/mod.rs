//! CloudWatch: metrics, and alarms that watch them, as a plain struct without clock, sockets or chance.
//!
//! Map of the code:
//! - [`MetricStore`]: data points by the minute, delivery delay, what Lambda reports of an invocation;
//! - `alarm`: an alarm's definition and what `PutMetricAlarm` refuses;
//! - `evaluation`: data points to state, the missing-data rules;
//! - `reason`: the texts that explain a change of state;
//! - `operations`, `alarm_settings`, `datapoints`, `metric_data`, `metric_list`: the API; `input` reads what it is given;
//! - [`cbor`]: bodies of the protocol that SDKs speak with it.
//!
//! # Semantics
//!
//! Sources are the CloudWatch user guide ("Alarm evaluation", "Configuring how CloudWatch alarms treat
//! missing data"), the API reference, and alarms captured on AWS. *Inferred* is marked.
//!
//! - An alarm is evaluated every minute (periods below a minute: every ten seconds; more than a day
//!   together: every hour) at a second of its own, first within that time after its creation. Inferred:
//!   the second is constant per alarm; which one it is follows from its name here.
//! - Windows slide: the newest one ends at the last full minute, whatever the period.
//! - More data points than evaluation periods are retrieved; how many more is inferred
//!   (`N + max(⌊N/3⌋, 2)`). Data points from before the alarm's creation count.
//! - A data point can be seen 15 seconds after it was sent: what `PutMetricData` sends, at once; what Lambda
//!   measures, at the end of the minute in which the invocation ended. Inferred (AWS says that a new metric of
//!   one's own can be read within two minutes, and nothing of Lambda's), and settable for all
//!   ([`CloudWatch::with_delivery_delay`]) and for single metrics ([`MetricStore::skew`]).
//! - Values are kept by the minute: an alarm or a query with a shorter period sees a minute's values at
//!   the minute's start, as with AWS's standard-resolution metrics. `StorageResolution` 1 is taken and
//!   changes nothing.
//! - `SetAlarmState` lasts until the next evaluation. Changing an alarm keeps its state.
//!
//! Not emulated: metric math (`Metrics`), anomaly detection, percentiles, PromQL and composite alarms,
//! wall-clock windows and warm-up are refused with a `ValidationError`; alarm actions are kept and never
//! run; alarm history holds changes of state only, and is forgotten with its alarm.

mod alarm;
mod alarm_settings;
pub mod cbor;
mod datapoints;
mod evaluation;
mod input;
mod invocations;
mod metric_data;
mod metric_list;
mod metrics;
mod minutes;
mod names;
mod operations;
mod reason;
mod resources;
#[cfg(test)]
mod tests;

use std::time::Duration;

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use self::alarm::AlarmDefinition;
use self::alarm_settings::Tags;
use self::evaluation::evaluate;
use self::reason::Evaluated;
use crate::hash::{OFFSET, fnv1a};
use crate::kept::{Collections, Kept};

pub use self::metrics::{
    DELIVERY_DELAY, Datum, LambdaInvocation, Metric, MetricStore, StatisticSet, Windows,
};
pub(crate) use self::resources::{put_namespace, resources};

pub use self::names::{ComparisonOperator, StateValue, Statistic, TreatMissingData, Unit};

/// How many changes of state an alarm's history holds. AWS keeps 30 days.
const HISTORY_LIMIT: u64 = 1000;

/// An alarm's change from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmTransition {
    /// The alarm's name.
    pub name: String,
    /// The state it had.
    pub from: StateValue,
    /// The state it has now.
    pub to: StateValue,
    /// When it changed.
    pub at: Timestamp,
    /// Why, as `StateReason` gives it.
    pub reason: String,
}

/// CloudWatch of one account in one region.
///
/// Time only moves as it is told: the driver calls [`advance`](Self::advance) when
/// [`next_due`](Self::next_due) has come, and every other method with times that never go back.
#[derive(Clone, Debug)]
pub struct CloudWatch {
    region: String,
    account: String,
    metrics: MetricStore,
    alarms: Kept<String, Alarm>,
    /// The alarms' changes of state, by alarm and number.
    history: Kept<(String, u64), StateChange>,
    /// Changes that [`advance`](Self::advance) has not returned yet.
    changes: Vec<AlarmTransition>,
}

/// An alarm with its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Alarm {
    definition: AlarmDefinition,
    configuration_updated: Timestamp,
    state: StateValue,
    reason: String,
    /// JSON text.
    reason_data: Option<String>,
    state_updated: Timestamp,
    state_transitioned: Timestamp,
    next_evaluation: Timestamp,
    tags: Tags,
    /// How many changes of state it has had; those in the history are the last ones.
    transitions: u64,
}

/// An entry of an alarm's history.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct StateChange {
    at: Timestamp,
    summary: String,
    /// JSON text.
    data: String,
}

impl CloudWatch {
    /// An account without metrics and alarms. `region` and `account` appear in ARNs.
    pub fn new(region: impl Into<String>, account: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            account: account.into(),
            metrics: MetricStore::new(DELIVERY_DELAY),
            alarms: Kept::default(),
            history: Kept::default(),
            changes: Vec::new(),
        }
    }

    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            region: _,
            account: _,
            metrics,
            alarms,
            history,
            changes: _,
        } = self;
        let mut collections = metrics.collections();
        collections.push(("cloudwatch-alarms", alarms));
        collections.push(("cloudwatch-history", history));
        collections
    }

    /// The same with another delivery delay than [`DELIVERY_DELAY`], for metrics that arrive from now on.
    #[must_use]
    pub fn with_delivery_delay(mut self, delay: Duration) -> Self {
        self.metrics.delivery_delay = delay;
        self
    }

    /// The metrics, to record invocations in.
    pub fn metrics_mut(&mut self) -> &mut MetricStore {
        &mut self.metrics
    }

    /// When the next alarm is due to be evaluated; `None` without alarms.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.alarms
            .values()
            .map(|alarm| alarm.next_evaluation)
            .min()
    }

    /// Evaluates every alarm as often as it has become due until `now`, and returns what has changed since
    /// the last call, by `SetAlarmState` too, in the order of time.
    ///
    /// Each evaluation sees exactly what was visible at its own time, however late this is called.
    pub fn advance(&mut self, now: Timestamp) -> Vec<AlarmTransition> {
        self.evaluate_due(now);
        std::mem::take(&mut self.changes)
    }

    /// An alarm's state; `None` when there is no such alarm.
    pub fn alarm_state(&self, name: &str) -> Option<StateValue> {
        self.alarms.get(name).map(|alarm| alarm.state)
    }

    fn evaluate_due(&mut self, now: Timestamp) {
        self.metrics.write_invocations();
        let known = self.changes.len();
        let is_due = |(_, alarm): &(&String, &Alarm)| alarm.next_evaluation <= now;
        let due = self.alarms.iter().filter(is_due);
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        for name in due {
            let Some(alarm) = self.alarms.get_mut(&name) else {
                continue;
            };
            while alarm.next_evaluation <= now {
                let at = alarm.next_evaluation;
                if let Some((transition, entry)) = alarm.evaluate(&self.metrics, at) {
                    self.changes.push(transition);
                    remember(&mut self.history, &name, alarm.transitions, entry);
                }
                alarm.next_evaluation = next_evaluation(&alarm.definition, at);
            }
        }
        // Alarms were brought up to date one by one.
        if let Some(new) = self.changes.get_mut(known..) {
            new.sort_by_key(|change| change.at);
        }
    }
}

impl Alarm {
    fn new(definition: AlarmDefinition, now: Timestamp) -> Self {
        Self {
            next_evaluation: next_evaluation(&definition, now),
            definition,
            configuration_updated: now,
            state: StateValue::InsufficientData,
            tags: Tags::new(),
            reason: reason::INITIAL.to_owned(),
            reason_data: None,
            state_updated: now,
            state_transitioned: now,
            transitions: 0,
        }
    }

    /// Replaces the definition and keeps the state until the next evaluation.
    fn update(&mut self, definition: AlarmDefinition, now: Timestamp) {
        self.next_evaluation = next_evaluation(&definition, now);
        self.definition = definition;
        self.configuration_updated = now;
    }

    fn evaluate(
        &mut self,
        metrics: &MetricStore,
        at: Timestamp,
    ) -> Option<(AlarmTransition, StateChange)> {
        let criteria = self.definition.criteria();
        let count = criteria.evaluation_range();
        let cadence = self.definition.cadence();
        let seconds = at.as_millis() / 1000;
        let end = i64::try_from(seconds - seconds % cadence).unwrap_or(i64::MAX);
        let period = self.definition.period;
        let length = i64::try_from(count)
            .unwrap_or(i64::MAX)
            .saturating_mul(i64::from(period));
        let windows = Windows {
            start: end.saturating_sub(length),
            period,
            count,
        };
        let mut points =
            metrics.collect(&self.definition.metric, self.definition.unit, windows, at);
        points.reverse();

        let statistic = self.definition.statistic;
        let values: Vec<_> = points
            .iter()
            .map(|point| point.map(|point| point.get(statistic)))
            .collect();
        let evaluation = evaluate(&values, &criteria);
        let state = evaluation.state.filter(|state| *state != self.state)?;
        let evaluated = Evaluated {
            definition: &self.definition,
            evaluation: &evaluation,
            points: &points,
            end,
            state,
        };
        let query_date = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let (reason, data) = (evaluated.reason(), evaluated.reason_data(query_date));
        self.set_state(state, reason, Some(data), at)
    }

    /// Sets the state, its reason and its time; what is returned, and belongs into the history, is a change only.
    fn set_state(
        &mut self,
        to: StateValue,
        reason: String,
        reason_data: Option<String>,
        at: Timestamp,
    ) -> Option<(AlarmTransition, StateChange)> {
        let (from, old_reason) = (self.state, std::mem::replace(&mut self.reason, reason));
        self.state = to;
        self.reason_data = reason_data;
        self.state_updated = at;
        if from == to {
            return None;
        }
        self.state_transitioned = at;
        self.transitions += 1;
        let entry = StateChange {
            at,
            summary: format!("Alarm updated from {} to {}", from.as_str(), to.as_str()),
            data: reason::history_data(
                (from, &old_reason),
                (to, &self.reason),
                self.reason_data.as_deref(),
            ),
        };
        let name = self.definition.alarm_name.clone();
        let transition = AlarmTransition {
            name,
            from,
            to,
            at,
            reason: self.reason.clone(),
        };
        Some((transition, entry))
    }
}

/// Puts the `number`th change of an alarm into the history, and takes out the one that is too many.
fn remember(
    history: &mut Kept<(String, u64), StateChange>,
    alarm: &str,
    number: u64,
    entry: StateChange,
) {
    history.insert((alarm.to_owned(), number), entry);
    if let Some(oldest) = number.checked_sub(HISTORY_LIMIT) {
        history.remove(&(alarm.to_owned(), oldest));
    }
}

/// The first time after `now` that falls on the alarm's own second.
fn next_evaluation(definition: &AlarmDefinition, now: Timestamp) -> Timestamp {
    let cadence = definition.cadence();
    let seconds = now.as_millis() / 1000;
    let candidate =
        seconds - seconds % cadence + fnv1a(OFFSET, definition.alarm_name.as_bytes()) % cadence;
    let due = if candidate > seconds {
        candidate
    } else {
        candidate + cadence
    };
    Timestamp::from_millis(due.saturating_mul(1000))
}
