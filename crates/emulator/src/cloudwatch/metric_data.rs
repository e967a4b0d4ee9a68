//! `GetMetricData`: the values of several metrics, in pages.
//!
//! Metric math, Metrics Insights and dynamic labels are refused. Inferred: periods are counted from `StartTime`,
//! rounded down to the minute; pages are cut after `MaxDatapoints` values of all queries in their order; a result
//! that goes on has the status `PartialData`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployment::Timestamp;
use serde_json::{Value, json};

use super::datapoints::is_period;
use super::input::{Members, Violations, validation};
use super::names::{Statistic, Unit};
use super::{Metric, MetricStore};
use crate::ServiceError;

/// The most queries of a request (API reference).
const QUERIES_LIMIT: usize = 500;

/// The most values of a page, and how many it has where nothing is asked for (API reference).
const DATAPOINTS_LIMIT: usize = 100_800;

/// A query whose data are wanted.
struct Query<'a> {
    id: &'a str,
    metric: Metric,
    label: Option<&'a str>,
    statistic: Statistic,
    unit: Option<Unit>,
    /// In seconds.
    period: u32,
}

/// Where a page begins, and which data it may show: those of the first page.
#[derive(Clone, Copy)]
struct Position {
    skipped: usize,
    now: Timestamp,
}

pub(super) fn get_metric_data(
    store: &MetricStore,
    account: &str,
    input: &Value,
    now: Timestamp,
) -> Result<Value, ServiceError> {
    let members = Members::of(input)?;
    let mut violations = Violations::default();
    violations.present(members.has("MetricDataQueries"), "metricDataQueries");
    let (start, end) = (members.time("StartTime")?, members.time("EndTime")?);
    violations.present(start.is_some(), "startTime");
    violations.present(end.is_some(), "endTime");
    let orders = ["TimestampDescending", "TimestampAscending"];
    let scan_by = members.text("ScanBy")?;
    violations.named(scan_by, "scanBy", &orders, |name| {
        orders.contains(&name).then_some(())
    });
    let most = members.integer("MaxDatapoints")?;
    let items = members.list("MetricDataQueries")?.unwrap_or_default();
    let queries = queries(items, account, &mut violations)?;
    violations.finish()?;
    let (start, end) = (start.unwrap_or_default(), end.unwrap_or_default());
    if start >= end {
        return Err(validation(
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    let most = most.map_or(Some(DATAPOINTS_LIMIT), |most| usize::try_from(most).ok());
    let most = most
        .filter(|most| (1..=DATAPOINTS_LIMIT).contains(most))
        .ok_or_else(|| {
            validation(format!(
                "The parameter MaxDatapoints must be between 1 and {DATAPOINTS_LIMIT}."
            ))
        })?;
    let Position { skipped, now } = match members.text("NextToken")? {
        None => Position { skipped: 0, now },
        Some(token) => position(token)?,
    };

    let seconds = (
        start.as_millis() / 60_000 * 60,
        end.as_millis().div_ceil(1000),
    );
    let page_end = skipped.saturating_add(most);
    let mut met = 0;
    let mut results = Vec::with_capacity(queries.len());
    for query in &queries {
        let periods = store.periods(&query.metric, query.unit, seconds, query.period, now);
        let mut points: Vec<(f64, f64)> = periods
            .iter()
            .map(|(at, set)| {
                let at = Timestamp::from_millis(at.saturating_mul(1000)).epoch_seconds();
                (at, set.get(query.statistic))
            })
            .collect();
        if scan_by != Some("TimestampAscending") {
            points.reverse();
        }
        let before = met;
        met += points.len();
        let (timestamps, values): (Vec<f64>, Vec<f64>) = points
            .into_iter()
            .skip(skipped.saturating_sub(before))
            .take(page_end.saturating_sub(before.max(skipped)))
            .unzip();
        results.push(json!({
            "Id": query.id,
            "Label": query.label.unwrap_or(&query.metric.metric_name),
            "Timestamps": timestamps,
            "Values": values,
            "StatusCode": if met > page_end { "PartialData" } else { "Complete" },
        }));
    }
    let mut output = json!({"MetricDataResults": results, "Messages": []});
    if met > page_end {
        let token = format!("{page_end}/{}", now.as_millis());
        output["NextToken"] = URL_SAFE_NO_PAD.encode(token).into();
    }
    Ok(output)
}

fn position(token: &str) -> Result<Position, ServiceError> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (skipped, now) = text.split_once('/')?;
        Some(Position {
            skipped: skipped.parse().ok()?,
            now: Timestamp::from_millis(now.parse().ok()?),
        })
    };
    read().ok_or_else(|| {
        ServiceError::bad_request("InvalidNextToken", "The next token specified is invalid.")
    })
}

/// Reads `MetricDataQueries`; those whose data are not wanted are looked at and left out.
fn queries<'a>(
    items: &'a [Value],
    account: &str,
    violations: &mut Violations,
) -> Result<Vec<Query<'a>>, ServiceError> {
    if items.len() > QUERIES_LIMIT {
        return Err(validation(format!(
            "The collection MetricDataQueries must not have a size greater than {QUERIES_LIMIT}."
        )));
    }
    let mut ids = Vec::with_capacity(items.len());
    let mut queries = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let members = Members::of(item)?;
        let number = index + 1;
        let path = format!("metricDataQueries.{number}.member");
        let id = violations.required_text(members.text("Id")?, &format!("{path}.id"), 255);
        if !id.is_empty() && !is_id(id) {
            return Err(validation(format!(
                "The value {id} for parameter MetricDataQueries.member.{number}.Id is not matching the expected \
                 pattern ^[a-z][a-zA-Z0-9_]*$."
            )));
        }
        if ids.contains(&id) {
            return Err(validation(
                "The values for parameter id in MetricDataQueries are not unique.",
            ));
        }
        ids.push(id);
        let query = query(
            members,
            id,
            account,
            &format!("MetricDataQueries.member.{number}"),
            violations,
        )?;
        if members.boolean("ReturnData")?.unwrap_or(true) {
            queries.push(query);
        }
    }
    Ok(queries)
}

fn query<'a>(
    members: Members<'a>,
    id: &'a str,
    account: &str,
    name: &str,
    violations: &mut Violations,
) -> Result<Query<'a>, ServiceError> {
    if members.has("Expression") {
        return Err(validation(format!(
            "{name}.Expression: metric math is not emulated"
        )));
    }
    if members.text("AccountId")?.is_some_and(|id| id != account) {
        return Err(validation(format!(
            "{name}.AccountId: there is no other account here"
        )));
    }
    let label = members.text("Label")?;
    if label.is_some_and(|label| label.contains("${")) {
        return Err(validation(format!(
            "{name}.Label: dynamic labels are not emulated"
        )));
    }
    let Some(stat) = members.structure("MetricStat")? else {
        return Err(validation(format!(
            "Either {name}.MetricStat or {name}.Expression must be specified."
        )));
    };
    let path = format!("{name}.MetricStat");
    let Some(metric) = stat.structure("Metric")? else {
        return Err(validation(format!(
            "The parameter {path}.Metric is required."
        )));
    };
    let mut text = |member: &str| {
        let value = metric.text(member)?;
        let path = format!("{path}.Metric.{member}");
        Ok::<_, ServiceError>(violations.required_text(value, &path, 255).to_owned())
    };
    let (namespace, metric_name) = (text("Namespace")?, text("MetricName")?);
    let dimensions = metric.dimensions(&format!("{path}.Metric.Dimensions"), violations)?;
    let unit = violations.named(
        stat.text("Unit")?,
        &format!("{path}.Unit"),
        Unit::NAMES,
        Unit::parse,
    );
    let statistic = violations.required_text(stat.text("Stat")?, &format!("{path}.Stat"), 255);
    let statistic = Statistic::parse(statistic)
        .ok_or_else(|| validation(format!("{path}.Stat: {statistic:?} is not emulated")))?;
    let period = stat.integer("Period")?.and_then(is_period).ok_or_else(|| {
        validation(format!(
            "The parameter {path}.Period must be 1, 5, 10, 20, 30 or a multiple of 60."
        ))
    })?;
    Ok(Query {
        id,
        metric: Metric {
            namespace,
            metric_name,
            dimensions,
        },
        label,
        statistic,
        unit,
        period,
    })
}

/// Letters, digits and underscores, first a lower-case letter (API reference).
fn is_id(id: &str) -> bool {
    id.starts_with(|letter: char| letter.is_ascii_lowercase())
        && id
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
