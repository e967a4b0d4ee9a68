//! `PutMetricData` and `GetMetricStatistics`.

use std::collections::BTreeMap;
use std::time::Duration;

use deployment::Timestamp;
use serde_json::{Value, json};

use super::input::{Members, Violations, validation};
use super::names::{Statistic, Unit};
use super::{Datum, Metric, MetricStore, StatisticSet, Windows};
use crate::ServiceError;

/// The most data points that `GetMetricStatistics` returns.
const DATAPOINTS_LIMIT: u64 = 1440;

/// The largest magnitude of a value: 2^360 (`PutMetricData`).
const VALUE_LIMIT: f64 = 2.348_542_582_773_833_3e108;

/// How far back a data point may lie, and how far ahead (`PutMetricData`).
const OLDEST: Duration = Duration::from_secs(14 * 24 * 3600);
const AHEAD: Duration = Duration::from_secs(2 * 3600);

/// `PutMetricData`: all data points of the request, or none when one of them is refused.
pub(super) fn put_metric_data(
    store: &mut MetricStore,
    input: &Value,
    now: Timestamp,
) -> Result<Value, ServiceError> {
    let members = Members::of(input)?;
    if members.has("EntityMetricData") {
        return Err(invalid_value("EntityMetricData is not emulated"));
    }
    let namespace = required(members.text("Namespace")?, "Namespace")?;
    if namespace.starts_with("AWS/") {
        return Err(invalid_value(
            "The value AWS/ for parameter Namespace is invalid.",
        ));
    }
    if namespace.starts_with(':') || namespace.chars().count() > 255 {
        return Err(invalid("Namespace", namespace));
    }
    let items = members
        .list("MetricData")?
        .filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| missing("MetricData"))?;
    at_most(items.len(), 1000, "MetricData")?;

    let mut data = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        data.extend(datum(
            namespace,
            item,
            &format!("MetricData.member.{}", index + 1),
            now,
        )?);
    }
    for datum in data {
        store.put(datum, now);
    }
    Ok(json!({}))
}

/// Reads one `MetricDatum`; `None` where it counts no value at all.
fn datum(
    namespace: &str,
    item: &Value,
    path: &str,
    now: Timestamp,
) -> Result<Option<Datum>, ServiceError> {
    let members = Members::of(item)?;
    let metric_name = required(members.text("MetricName")?, &format!("{path}.MetricName"))?;
    if metric_name.chars().count() > 255 {
        return Err(invalid(&format!("{path}.MetricName"), metric_name));
    }
    let mut violations = Violations::default();
    let dimensions = members.dimensions(&format!("{path}.Dimensions"), &mut violations)?;
    let unit = violations.named(
        members.text("Unit")?,
        &format!("{path}.Unit"),
        Unit::NAMES,
        Unit::parse,
    );
    violations.finish()?;
    members.integer("StorageResolution")?;
    let timestamp = members.time("Timestamp")?.unwrap_or(now);
    if now.since(timestamp) > OLDEST {
        return Err(invalid_value(format!(
            "The parameter {path}.Timestamp must specify a time within the past two weeks."
        )));
    }
    if timestamp.since(now) > AHEAD {
        return Err(invalid_value(format!(
            "The parameter {path}.Timestamp must specify a time no more than two hours in the future."
        )));
    }
    let metric = Metric {
        namespace: namespace.to_owned(),
        metric_name: metric_name.to_owned(),
        dimensions,
    };
    let unit = unit.unwrap_or(Unit::NONE);
    Ok(statistics(members, path)?.map(|statistics| Datum {
        metric,
        timestamp,
        statistics,
        unit,
    }))
}

/// The values of a `MetricDatum`, in whichever of the three forms they are given.
fn statistics(members: Members<'_>, path: &str) -> Result<Option<StatisticSet>, ServiceError> {
    let given = ["Value", "Values", "StatisticValues"]
        .into_iter()
        .filter(|name| members.has(name))
        .collect::<Vec<_>>();
    match given.as_slice() {
        [] => Err(combination(
            "At least one of the parameters must be specified.",
        )),
        [first, second, ..] => Err(combination(format!(
            "The parameters {path}.{first} and {path}.{second} are mutually exclusive and you have specified both."
        ))),
        ["Value"] => number(members, "Value", path).map(|value| Some(StatisticSet::of(value))),
        ["Values"] => values(members, path),
        _ => {
            let set = members
                .structure("StatisticValues")?
                .ok_or_else(|| missing(path))?;
            let path = format!("{path}.StatisticValues");
            let set = StatisticSet {
                sample_count: number(set, "SampleCount", &path)?,
                sum: number(set, "Sum", &path)?,
                minimum: number(set, "Minimum", &path)?,
                maximum: number(set, "Maximum", &path)?,
            };
            if set.sample_count <= 0.0 {
                return Err(invalid(
                    &format!("{path}.SampleCount"),
                    &rendered(set.sample_count),
                ));
            }
            Ok(Some(set))
        }
    }
}

/// `Values`, each as often as `Counts` says.
fn values(members: Members<'_>, path: &str) -> Result<Option<StatisticSet>, ServiceError> {
    let values = members.doubles("Values")?.unwrap_or_default();
    let counts = members
        .doubles("Counts")?
        .unwrap_or_else(|| vec![1.0; values.len()]);
    at_most(values.len(), 150, &format!("{path}.Values"))?;
    if values.len() != counts.len() {
        return Err(invalid_value(format!(
            "The parameters {path}.Values and {path}.Counts must be of the same size."
        )));
    }
    let mut total: Option<StatisticSet> = None;
    for (index, (value, count)) in values.into_iter().zip(counts).enumerate() {
        checked(value, &format!("{path}.Values.member.{}", index + 1))?;
        let count_path = format!("{path}.Counts.member.{}", index + 1);
        if checked(count, &count_path)? < 0.0 {
            return Err(invalid(&count_path, &rendered(count)));
        }
        if count > 0.0 {
            let set = StatisticSet {
                sample_count: count,
                sum: value * count,
                minimum: value,
                maximum: value,
            };
            match &mut total {
                Some(total) => total.merge(&set),
                None => total = Some(set),
            }
        }
    }
    Ok(total)
}

/// `GetMetricStatistics`, of data points visible at `now`, oldest first.
///
/// Inferred: periods are counted from `StartTime`, rounded down to the minute.
pub(super) fn get_metric_statistics(
    store: &MetricStore,
    input: &Value,
    now: Timestamp,
) -> Result<Value, ServiceError> {
    let members = Members::of(input)?;
    let namespace = required(members.text("Namespace")?, "Namespace")?;
    let metric_name = required(members.text("MetricName")?, "MetricName")?;
    let start = members
        .time("StartTime")?
        .ok_or_else(|| missing("StartTime"))?;
    let end = members.time("EndTime")?.ok_or_else(|| missing("EndTime"))?;
    let period = members
        .integer("Period")?
        .ok_or_else(|| missing("Period"))?;
    let mut violations = Violations::default();
    let dimensions = members.dimensions("dimensions", &mut violations)?;
    let unit = violations.named(members.text("Unit")?, "unit", Unit::NAMES, Unit::parse);
    violations.at_least(period, "period", 1);
    let mut statistics = Vec::new();
    for (index, name) in members.texts("Statistics")?.iter().enumerate() {
        let path = format!("statistics.{}.member", index + 1);
        statistics.extend(violations.named(Some(name), &path, Statistic::NAMES, Statistic::parse));
    }
    violations.finish()?;
    if members.has("ExtendedStatistics") {
        return Err(validation(
            "ExtendedStatistics: percentile statistics are not emulated",
        ));
    }
    if statistics.is_empty() {
        return Err(combination(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ));
    }
    if start >= end {
        return Err(invalid_value(
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    let period = is_period(period).ok_or_else(|| {
        invalid_value("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    })?;

    let first = start.as_millis() / 60_000 * 60;
    let count = end
        .as_millis()
        .div_ceil(1000)
        .saturating_sub(first)
        .div_ceil(u64::from(period));
    if count > DATAPOINTS_LIMIT {
        return Err(combination(format!(
            "You have requested up to {} datapoints, which exceeds the limit of 1,440. You may reduce the \
             datapoints requested by increasing Period, or decreasing the time range.",
            thousands(count)
        )));
    }
    let count = usize::try_from(count).unwrap_or_default();
    let windows = Windows {
        start: i64::try_from(first).unwrap_or(i64::MAX),
        period,
        count,
    };

    let metric = Metric {
        namespace: namespace.to_owned(),
        metric_name: metric_name.to_owned(),
        dimensions,
    };
    let mut datapoints = BTreeMap::new();
    for unit in store
        .units(&metric)
        .into_iter()
        .filter(|known| unit.is_none_or(|unit| unit == *known))
    {
        for (index, set) in store
            .collect(&metric, Some(unit), windows, now)
            .into_iter()
            .enumerate()
        {
            let Some(set) = set else { continue };
            let seconds = first + u64::from(period) * u64::try_from(index).unwrap_or_default();
            let mut datapoint =
                json!({"Timestamp": Timestamp::from_millis(seconds * 1000).epoch_seconds()});
            for statistic in &statistics {
                datapoint[statistic.as_str()] = json!(set.get(*statistic));
            }
            datapoint["Unit"] = json!(unit.as_str());
            datapoints.insert((seconds, unit), datapoint);
        }
    }
    Ok(json!({"Label": metric_name, "Datapoints": datapoints.into_values().collect::<Vec<_>>()}))
}

/// A period of data points in seconds; `None` where it is none that CloudWatch has.
pub(super) fn is_period(seconds: i64) -> Option<u32> {
    u32::try_from(seconds).ok().filter(|period| {
        matches!(period, 1 | 5 | 10 | 20 | 30) || (*period > 0 && period.is_multiple_of(60))
    })
}

fn number(members: Members<'_>, name: &str, path: &str) -> Result<f64, ServiceError> {
    let path = format!("{path}.{name}");
    checked(members.double(name)?.ok_or_else(|| missing(&path))?, &path)
}

fn checked(value: f64, path: &str) -> Result<f64, ServiceError> {
    // Written so that NaN, which compares with nothing, is refused too.
    if value.abs() <= VALUE_LIMIT {
        Ok(value)
    } else {
        Err(invalid(path, &rendered(value)))
    }
}

fn rendered(value: f64) -> String {
    if value.is_infinite() {
        if value > 0.0 {
            "∞".to_owned()
        } else {
            "-∞".to_owned()
        }
    } else {
        value.to_string()
    }
}

/// A count with commas, as AWS writes it.
fn thousands(count: u64) -> String {
    if count < 1000 {
        count.to_string()
    } else {
        format!("{},{:03}", thousands(count / 1000), count % 1000)
    }
}

fn at_most(length: usize, most: usize, name: &str) -> Result<(), ServiceError> {
    if length <= most {
        return Ok(());
    }
    Err(invalid_value(format!(
        "The collection {name} must not have a size greater than {most}."
    )))
}

fn required<'a>(value: Option<&'a str>, name: &str) -> Result<&'a str, ServiceError> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| missing(name))
}

fn missing(name: &str) -> ServiceError {
    ServiceError::bad_request(
        "MissingParameter",
        format!("The parameter {name} is required."),
    )
}

fn invalid(name: &str, value: &str) -> ServiceError {
    invalid_value(format!(
        "The value {value} for parameter {name} is invalid."
    ))
}

fn invalid_value(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValue", message)
}

fn combination(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterCombination", message)
}
