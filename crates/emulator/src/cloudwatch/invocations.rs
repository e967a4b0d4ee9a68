//! Invocations, added up until their metrics are written: each counts in a dozen metrics, which takes longer than the
//! rest of the call.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use deployment::Timestamp;

use super::metrics::{LambdaInvocation, StatisticSet, minute_of};
use super::names::Unit;

/// Invocations that are not in their minutes yet, by `Resource` and the version that ran (empty without an alias).
#[derive(Clone, Debug, Default)]
pub(super) struct Invocations {
    sums: HashMap<String, HashMap<String, Sum>>,
    others: BTreeMap<OtherKey, Other>,
}

/// `Resource`, the version that ran, the metric and the minute.
type OtherKey = (String, Option<String>, String, u64);

/// Another metric of a minute than those that every invocation has.
#[derive(Clone, Debug)]
pub(super) struct Other {
    pub(super) function_name: String,
    pub(super) resource: String,
    pub(super) executed_version: Option<String>,
    pub(super) metric_name: String,
    pub(super) statistics: StatisticSet,
    pub(super) unit: Unit,
    pub(super) at: Timestamp,
}

/// Invocations that began in the same minute and ended in the same minute.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) function_name: String,
    pub(super) resource: String,
    pub(super) executed_version: Option<String>,
    pub(super) started: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) invocations: StatisticSet,
    pub(super) errors: StatisticSet,
    /// In milliseconds.
    pub(super) duration: StatisticSet,
}

impl Invocations {
    /// Adds an invocation; what it cannot be added to, because that is of another minute, is returned.
    pub(super) fn add(&mut self, invocation: &LambdaInvocation<'_>) -> Option<Sum> {
        let LambdaInvocation {
            function_name,
            resource,
            executed_version,
            started,
            ended,
            duration,
            error,
        } = *invocation;
        let invocations = StatisticSet::of(1.0);
        let errors = StatisticSet::of(if error { 1.0 } else { 0.0 });
        let duration = StatisticSet::of(milliseconds(duration));
        let version = executed_version.unwrap_or_default();
        let known = self.sums.get_mut(resource);
        if let Some(sum) = known.and_then(|of| of.get_mut(version))
            && minute_of(sum.started) == minute_of(started)
            && minute_of(sum.ended) == minute_of(ended)
        {
            sum.invocations.merge(&invocations);
            sum.errors.merge(&errors);
            sum.duration.merge(&duration);
            return None;
        }
        let sum = Sum {
            function_name: function_name.to_owned(),
            resource: resource.to_owned(),
            executed_version: executed_version.map(str::to_owned),
            started,
            ended,
            invocations,
            errors,
            duration,
        };
        let of_resource = self.sums.entry(resource.to_owned()).or_default();
        of_resource.insert(version.to_owned(), sum)
    }

    /// Adds a value of another metric.
    pub(super) fn add_other(&mut self, other: Other) {
        let key = (
            other.resource.clone(),
            other.executed_version.clone(),
            other.metric_name.clone(),
            minute_of(other.at),
        );
        match self.others.get_mut(&key) {
            Some(known) => known.statistics.merge(&other.statistics),
            None => drop(self.others.insert(key, other)),
        }
    }

    /// The other metrics that are not in their minutes yet.
    pub(super) fn take_others(&mut self) -> impl Iterator<Item = Other> + use<> {
        std::mem::take(&mut self.others).into_values()
    }

    /// Everything that is not in its minute yet, in the order of resources and versions.
    pub(super) fn take(&mut self) -> Vec<Sum> {
        let sums = std::mem::take(&mut self.sums).into_values();
        let mut sums: Vec<Sum> = sums.flat_map(HashMap::into_values).collect();
        sums.sort_by(|one, other| {
            let key = |sum: &Sum| (sum.resource.clone(), sum.executed_version.clone());
            key(one).cmp(&key(other))
        });
        sums
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
