//! Metrics: data points added up by the minute, seen only once they have been delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use super::invocations::{Invocations, Other, Sum};
use super::minutes::Minutes;
use super::names::{Statistic, Unit};
use crate::kept::Collections;

/// How long after it was sent a data point can be seen.
///
/// Inferred: of Lambda's metrics AWS publishes no figure, observers report 10 to 50 seconds; of one's own it says that it
/// "can take up to two minutes" before the statistics of a new one can be read (user guide, "Publish custom metrics").
pub const DELIVERY_DELAY: Duration = Duration::from_secs(15);

/// The namespace of Lambda's own metrics.
const LAMBDA_NAMESPACE: &str = "AWS/Lambda";

/// What names a metric: data points that differ in any of these belong to different metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Metric {
    /// For example `AWS/Lambda`.
    pub namespace: String,
    /// For example `Errors`.
    pub metric_name: String,
    /// Dimension names and their values.
    pub dimensions: BTreeMap<String, String>,
}

/// One measurement, or several that the sender has added up already.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// The metric it belongs to.
    pub metric: Metric,
    /// When it was measured.
    pub timestamp: Timestamp,
    /// What was measured.
    pub statistics: StatisticSet,
    /// The unit of the values.
    pub unit: Unit,
}

/// Values added up, as `PutMetricData`'s `StatisticSet`. All four numbers are finite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatisticSet {
    /// How many values.
    pub sample_count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest of them.
    pub minimum: f64,
    /// The largest of them.
    pub maximum: f64,
}

impl StatisticSet {
    /// A single value.
    pub fn of(value: f64) -> Self {
        Self {
            sample_count: 1.0,
            sum: value,
            minimum: value,
            maximum: value,
        }
    }

    /// Adds the values of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.sample_count += other.sample_count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    /// The value of one statistic.
    pub fn get(&self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::SampleCount => self.sample_count,
            Statistic::Average => self.sum / self.sample_count,
            Statistic::Sum => self.sum,
            Statistic::Minimum => self.minimum,
            Statistic::Maximum => self.maximum,
        }
    }
}

/// A row of windows, one beside the other, over which a statistic is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Start of the oldest window, in seconds since the Unix epoch; negative where a window reaches
    /// back beyond the epoch, as it does when simulated time starts there.
    pub start: i64,
    /// Length of each window in seconds; not 0.
    pub period: u32,
    /// How many windows.
    pub count: usize,
}

/// An invocation of a Lambda function that has ended.
#[derive(Clone, Copy, Debug)]
pub struct LambdaInvocation<'a> {
    /// The function's name.
    pub function_name: &'a str,
    /// The function's name, qualified as it was called: `fn`, `fn:alias`, `fn:version`.
    pub resource: &'a str,
    /// The version that ran, where an alias was called.
    pub executed_version: Option<&'a str>,
    /// When it started.
    pub started: Timestamp,
    /// When it ended, which is not `duration` later where time is simulated.
    pub ended: Timestamp,
    /// How long it took, measured.
    pub duration: Duration,
    /// Whether it ended in a function error.
    pub error: bool,
}

/// Every metric's data points, added up by the minute: memory grows with minutes, not with data points.
#[derive(Clone, Debug)]
pub struct MetricStore {
    pub(super) delivery_delay: Duration,
    /// How much later the data points of single metrics can be seen.
    skews: BTreeMap<Metric, Duration>,
    minutes: Minutes<Vec<Part>>,
    invocations: Invocations,
}

/// What reached one minute of a metric in one unit and became visible at the same moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    visible_at: Timestamp,
    unit: Unit,
    statistics: StatisticSet,
}

impl MetricStore {
    /// An empty store whose data points can be seen `delivery_delay` after they were sent.
    pub fn new(delivery_delay: Duration) -> Self {
        Self {
            delivery_delay,
            skews: BTreeMap::new(),
            minutes: Minutes::default(),
            invocations: Invocations::default(),
        }
    }

    /// What must outlive the process.
    pub(super) fn collections(&mut self) -> Collections<'_> {
        let Self {
            delivery_delay: _,
            // Somebody who is still there has asked for them.
            skews: _,
            minutes,
            // Written to the minutes every 50 ms, and at the end.
            invocations: _,
        } = self;
        minutes.collections()
    }

    /// Has the data points of one metric that are sent from now on be seen `by` later than those of others; `ZERO` ends
    /// that. Metrics of one instant arrive one by one on AWS, in any order.
    pub fn skew(&mut self, metric: Metric, by: Duration) {
        self.write_invocations();
        if by.is_zero() {
            self.skews.remove(&metric);
        } else {
            self.skews.insert(metric, by);
        }
    }

    /// Adds a data point that a client sends at `received`.
    ///
    /// It becomes visible [`DELIVERY_DELAY`] (or the delay given to [`MetricStore::new`]) after that, whichever time it
    /// is stamped with.
    pub fn put(&mut self, datum: Datum, received: Timestamp) {
        // Rounded up to a second, so that memory does not grow with data points.
        let sent = received.as_millis().div_ceil(1000).saturating_mul(1000);
        self.deliver(datum, Timestamp::from_millis(sent), minute_of(received));
    }

    /// Adds a data point of a service's, which sends them when the minute is over in which something was measured or has
    /// ended, whichever is later: Lambda sends its metrics at one-minute intervals after the invocation ended, stamped
    /// with the time at which it started.
    fn put_of_service(&mut self, datum: Datum, ended: Timestamp) {
        let ended = minute_of(ended);
        let minute = minute_of(datum.timestamp).max(ended);
        let sent = minute.saturating_add(1).saturating_mul(60_000);
        self.deliver(datum, Timestamp::from_millis(sent), ended);
    }

    /// Adds a data point that was sent at `sent`, in the minute `now`.
    fn deliver(&mut self, datum: Datum, sent: Timestamp, now: u64) {
        let Datum {
            metric,
            timestamp,
            statistics,
            unit,
        } = datum;
        let skew = self.skews.get(&metric).copied().unwrap_or_default();
        let visible_at = sent + self.delivery_delay + skew;
        let Some(parts) = self.minutes.of(metric, minute_of(timestamp), now) else {
            return;
        };
        match parts
            .iter_mut()
            .find(|part| part.visible_at == visible_at && part.unit == unit)
        {
            Some(part) => part.statistics.merge(&statistics),
            None => parts.push(Part {
                visible_at,
                unit,
                statistics,
            }),
        }
    }

    /// Records an invocation as Lambda does: `Invocations`, `Errors` (0 or 1, for every invocation) and `Duration`,
    /// for the dimension sets `{}`, `{FunctionName}`, `{FunctionName, Resource}` and, for invocations of an alias only,
    /// `{FunctionName, Resource, ExecutedVersion}`.
    ///
    /// The data points carry the time at which the invocation started and are sent when it has ended. Source: Lambda
    /// developer guide, "Types of metrics for Lambda functions"; that `Errors` has a sample for every invocation was
    /// observed.
    ///
    /// They are added up first: [`MetricStore::write_invocations`] has them seen.
    pub fn record_invocation(&mut self, invocation: &LambdaInvocation<'_>) {
        if let Some(complete) = self.invocations.add(invocation) {
            self.write(&complete);
        }
    }

    /// Writes the metrics of all invocations that have been recorded.
    pub fn write_invocations(&mut self) {
        for sum in self.invocations.take() {
            self.write(&sum);
        }
        for other in self.invocations.take_others() {
            let of = (
                other.function_name.as_str(),
                other.resource.as_str(),
                other.executed_version.as_deref(),
            );
            let metric = (other.metric_name.as_str(), other.statistics, other.unit);
            self.put_lambda(of, &[metric], other.at, other.at);
        }
    }

    /// Records other metrics of Lambda's (`Throttles`, `AsyncEventAge`) at an instant, for the same dimension sets of a
    /// function, a resource and, where one was chosen, an executed version. They are added up as invocations are, so
    /// that no throttled call waits for the disk.
    pub fn record_lambda(
        &mut self,
        (function_name, resource, executed_version): (&str, &str, Option<&str>),
        metrics: &[(&str, f64, Unit)],
        at: Timestamp,
    ) {
        for &(metric_name, value, unit) in metrics {
            self.invocations.add_other(Other {
                function_name: function_name.to_owned(),
                resource: resource.to_owned(),
                executed_version: executed_version.map(str::to_owned),
                metric_name: metric_name.to_owned(),
                statistics: StatisticSet::of(value),
                unit,
                at,
            });
        }
    }

    fn write(&mut self, sum: &Sum) {
        let metrics = [
            ("Invocations", sum.invocations, Unit::COUNT),
            ("Errors", sum.errors, Unit::COUNT),
            ("Duration", sum.duration, Unit::MILLISECONDS),
        ];
        let of = (
            sum.function_name.as_str(),
            sum.resource.as_str(),
            sum.executed_version.as_deref(),
        );
        self.put_lambda(of, &metrics, sum.started, sum.ended);
    }

    fn put_lambda(
        &mut self,
        (function_name, resource, executed_version): (&str, &str, Option<&str>),
        metrics: &[(&str, StatisticSet, Unit)],
        timestamp: Timestamp,
        ended: Timestamp,
    ) {
        let mut dimensions = BTreeMap::new();
        let mut sets = vec![dimensions.clone()];
        let pairs = [
            ("FunctionName", Some(function_name)),
            ("Resource", Some(resource)),
            ("ExecutedVersion", executed_version),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                dimensions.insert(name.to_owned(), value.to_owned());
                sets.push(dimensions.clone());
            }
        }

        for dimensions in sets {
            for &(metric_name, statistics, unit) in metrics {
                let metric = Metric {
                    namespace: LAMBDA_NAMESPACE.to_owned(),
                    metric_name: metric_name.to_owned(),
                    dimensions: dimensions.clone(),
                };
                let datum = Datum {
                    metric,
                    timestamp,
                    statistics,
                    unit,
                };
                self.put_of_service(datum, ended);
            }
        }
    }

    /// The values of a metric in each window, oldest window first, as far as they are visible at `now`:
    /// `None` where there is nothing. With a `unit`, only data points in it count.
    ///
    /// A minute belongs to the window that its start falls into.
    pub fn collect(
        &self,
        metric: &Metric,
        unit: Option<Unit>,
        windows: Windows,
        now: Timestamp,
    ) -> Vec<Option<StatisticSet>> {
        let mut points: Vec<Option<StatisticSet>> = vec![None; windows.count];
        let period = i64::from(windows.period.max(1));
        // Minutes before the epoch do not exist, and a window's first whole minute is the next one.
        let first = u64::try_from(windows.start).unwrap_or(0).div_ceil(60);
        for (minute, parts) in self.minutes.from(metric, first) {
            let offset = i64::try_from(minute.saturating_mul(60))
                .unwrap_or(i64::MAX)
                .saturating_sub(windows.start);
            let slot = usize::try_from(offset / period)
                .ok()
                .and_then(|slot| points.get_mut(slot));
            let Some(slot) = slot else { break };
            for part in parts {
                if part.visible_at <= now && unit.is_none_or(|unit| unit == part.unit) {
                    match slot {
                        Some(statistics) => statistics.merge(&part.statistics),
                        None => *slot = Some(part.statistics),
                    }
                }
            }
        }
        points
    }

    /// The values of a metric in each period in which there are any, by the start of the period in seconds since the
    /// Unix epoch. Periods begin at `start`; those that begin at `end` or later are left out. Otherwise as
    /// [`collect`](Self::collect).
    pub(super) fn periods(
        &self,
        metric: &Metric,
        unit: Option<Unit>,
        (start, end): (u64, u64),
        period: u32,
        now: Timestamp,
    ) -> BTreeMap<u64, StatisticSet> {
        let period = u64::from(period.max(1));
        let mut periods = BTreeMap::new();
        for (minute, parts) in self.minutes.from(metric, start.div_ceil(60)) {
            let at = minute.saturating_mul(60);
            if at >= end {
                break;
            }
            for part in parts {
                if part.visible_at <= now && unit.is_none_or(|unit| unit == part.unit) {
                    periods
                        .entry(at - (at - start) % period)
                        .and_modify(|set: &mut StatisticSet| set.merge(&part.statistics))
                        .or_insert(part.statistics);
                }
            }
        }
        periods
    }

    /// The metrics that come after `after`, in order, each with the start of its newest minute.
    pub(super) fn metrics(
        &self,
        after: Option<&Metric>,
    ) -> impl Iterator<Item = (&Metric, Timestamp)> {
        self.minutes.metrics(after).map(|(metric, minute)| {
            let start = Timestamp::from_millis(minute.saturating_mul(60_000));
            (metric, start)
        })
    }

    /// The units in which a metric has been reported, in the order of their names.
    pub fn units(&self, metric: &Metric) -> Vec<Unit> {
        let minutes = self.minutes.from(metric, 0);
        let mut units: Vec<_> = minutes
            .flat_map(|(_, parts)| parts)
            .map(|part| part.unit)
            .collect();
        units.sort_unstable();
        units.dedup();
        units
    }
}

pub(super) fn minute_of(timestamp: Timestamp) -> u64 {
    timestamp.as_millis() / 60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(store: &mut MetricStore, minute: u64, received_minute: u64) {
        let metric = Metric {
            namespace: "N".to_owned(),
            metric_name: "m".to_owned(),
            dimensions: BTreeMap::new(),
        };
        let at = |minute: u64| Timestamp::from_millis(minute * 60_000 + 1);
        let datum = Datum {
            metric,
            timestamp: at(minute),
            statistics: StatisticSet::of(1.0),
            unit: Unit::NONE,
        };
        store.put(datum, at(received_minute));
    }

    #[test]
    fn memory_grows_with_minutes_and_not_with_data_points() {
        let mut store = MetricStore::new(DELIVERY_DELAY);
        for _ in 0..1000 {
            put(&mut store, 5, 5);
            put(&mut store, 5, 4);
            put(&mut store, 5, 9);
        }
        let metrics: Vec<_> = store.minutes.metrics(None).collect();
        let [(metric, 5)] = metrics.as_slice() else {
            panic!("{metrics:?}");
        };
        let held: Vec<_> = store.minutes.from(metric, 0).collect();
        let [(5, parts)] = held.as_slice() else {
            panic!("{held:?}");
        };
        assert_eq!(parts.len(), 3, "one for each time of delivery");
    }
}
