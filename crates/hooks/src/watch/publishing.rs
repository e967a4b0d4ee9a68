//! The metric that CodeDeploy's alarm looks at.

use super::answer::{WatchedAlias, WatchedShift};
use super::finding::NotKnown;
use crate::budget::Budget;
use crate::log_line::METRIC_NAMESPACE;
use crate::ports::{MetricDatum, PutMetricData};
use crate::reads::worth_retrying;
use crate::reason::reason;
use crate::retry::{Limits, retry};
use futures_util::future::join_all;
use std::time::Duration;

/// The name of the metric, in [`METRIC_NAMESPACE`], that the watch publishes of each alias: the logarithm of the evidence
/// against the new version, 0 where nothing shifts. Its dimensions are `function` and `alias`, and its unit is none.
pub const EVIDENCE_METRIC: &str = "CanaryEvidence";

/// `PutMetricData` takes so many ("PutMetricData", CloudWatch API Reference).
const DATA_PER_REQUEST: usize = 1_000;

const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What is published of one alias.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) alias: WatchedAlias,
    pub(super) evidence: f64,
}

impl Value {
    pub(super) fn of(shift: &WatchedShift) -> Self {
        Self {
            alias: shift.alias.clone(),
            evidence: shift.evidence,
        }
    }
}

/// Publishes the values of the minute that starts `at`, in as few calls as there can be: what could not be published.
///
/// A call of which it is not known what became of it is made again: the alarm takes the maximum of a minute's values,
/// and a value that arrives twice has the same.
pub(super) async fn publish(
    cloudwatch: &impl PutMetricData,
    budget: Budget,
    at: i64,
    values: Vec<Value>,
) -> Vec<NotKnown> {
    let limits = Limits {
        until: budget.report_by(),
        attempt: Some(LONGEST_ATTEMPT),
        wait: LONGEST_WAIT,
    };
    let requests = values.chunks(DATA_PER_REQUEST).map(|values| async move {
        let data: Vec<MetricDatum> = values.iter().map(|value| datum(value, at)).collect();
        let put = || cloudwatch.put_metric_data(METRIC_NAMESPACE, &data);
        let put = retry("cloudwatch:PutMetricData", limits, worth_retrying, put).await;
        let not_put = |reason: String| {
            let not_put = move |value: &Value| NotKnown::alias(&value.alias, reason.clone());
            values.iter().map(not_put).collect::<Vec<_>>()
        };
        put.err()
            .map_or_else(Vec::new, |error| not_put(reason(&error)))
    });
    join_all(requests).await.into_iter().flatten().collect()
}

fn datum(value: &Value, at: i64) -> MetricDatum {
    MetricDatum {
        metric_name: EVIDENCE_METRIC,
        dimensions: vec![
            ("function", value.alias.function.clone()),
            ("alias", value.alias.alias.clone()),
        ],
        timestamp: at,
        value: value.evidence,
    }
}
