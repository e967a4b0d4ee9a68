//! The traffic that CloudWatch has of a function or an alias.

use std::iter;

use anyhow::{Context as _, Result, bail};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use serde::Serialize;

use crate::aws::{self, CallError};
use crate::cli::Plan;
use crate::clock;
use crate::function_reference::{FunctionReference, is_version};

/// What CloudWatch has of the minutes of a function or an alias.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measured {
    pub(super) function: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alias: Option<String>,
    /// From the first that had a call to the last full one.
    pub(super) minutes: usize,
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) mean_calls_per_minute: f64,
    pub(super) median_calls_per_minute: f64,
}

impl Measured {
    /// Asks CloudWatch.
    ///
    /// # Errors
    /// It cannot be asked, or has no invocations.
    pub(super) async fn read(args: &Plan, reference: &FunctionReference) -> Result<Self> {
        let qualifier = reference.qualifier.as_deref();
        if let Some(version) = qualifier.filter(|qualifier| is_version(qualifier)) {
            bail!(
                "--function {}: a deployment shifts an alias, and {version} is a version: give the alias",
                reference.shown()
            );
        }
        let mut connection = args.connection.clone();
        if connection.region.is_none() {
            connection.region = reference.region().map(str::to_owned);
        }
        let config = aws::connect(&connection).await?;
        let minutes = Minutes::read(&Client::new(&config), reference, args.days).await?;
        minutes.summed(reference).with_context(|| {
            let days = match args.days {
                1 => "day".to_owned(),
                days => format!("{days} days"),
            };
            format!(
                "CloudWatch has no invocations of {} in the last {days} in {}: check the name, the alias and the Region, \
                 look further back with --days, or give --calls-per-minute",
                reference.shown(),
                aws::place(&config)
            )
        })
    }

    /// The function, or the alias.
    pub(super) fn name(&self) -> String {
        match &self.alias {
            Some(alias) => format!("{}:{alias}", self.function),
            None => self.function.clone(),
        }
    }
}

/// Counts by the minute, whose beginning is in Unix seconds. A minute without calls has none.
#[derive(Debug, Default)]
struct Minutes {
    calls: Vec<(i64, f64)>,
    errors: Vec<(i64, f64)>,
    /// The end of the last minute.
    end: i64,
}

impl Minutes {
    /// The full minutes of the last `days`.
    async fn read(client: &Client, reference: &FunctionReference, days: u32) -> Result<Self> {
        const ACTION: &str = "cloudwatch:GetMetricData";
        let now = i64::try_from(clock::now()?.as_millis() / 60_000 * 60)?;
        let begin = now.saturating_sub(i64::from(days) * 24 * 60 * 60);
        let mut found = Self {
            end: now,
            ..Self::default()
        };
        let mut token = None;
        loop {
            let call = client
                .get_metric_data()
                .metric_data_queries(query("calls", "Invocations", reference))
                .metric_data_queries(query("errors", "Errors", reference))
                .start_time(DateTime::from_secs(begin))
                .end_time(DateTime::from_secs(now))
                .set_next_token(token);
            let output = call.send().await;
            let output = output.map_err(|error| CallError::of(ACTION, error).told())?;
            for result in output.metric_data_results() {
                if let Some(status @ (StatusCode::Forbidden | StatusCode::InternalError)) =
                    result.status_code()
                {
                    let said = result.messages().iter().filter_map(|told| told.value());
                    let why: Vec<_> = iter::once(status.as_str()).chain(said).collect();
                    bail!("{ACTION} failed: {}", why.join(": "));
                }
                let times = result.timestamps().iter().map(DateTime::secs);
                let points = times.zip(result.values().iter().copied());
                match result.id() {
                    Some("calls") => found.calls.extend(points),
                    _ => found.errors.extend(points),
                }
            }
            token = output.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// `None` where there are no calls.
    fn summed(&self, reference: &FunctionReference) -> Option<Measured> {
        let with_calls = self.calls.iter().filter(|(_, calls)| *calls > 0.0);
        let first = with_calls.clone().map(|(begin, _)| *begin).min()?;
        let minutes = usize::try_from((self.end - first) / 60).ok()?.max(1);
        let mut counts: Vec<f64> = with_calls.map(|(_, calls)| *calls).collect();
        let calls: f64 = counts.iter().sum();
        let errors: f64 = self.errors.iter().map(|(_, errors)| *errors).sum();
        counts.resize(counts.len().max(minutes), 0.0);
        counts.sort_by(f64::total_cmp);
        Some(Measured {
            function: reference.name.clone(),
            alias: reference.qualifier.clone(),
            minutes,
            calls: whole(calls),
            errors: whole(errors.min(calls)),
            mean_calls_per_minute: calls / minutes as f64,
            median_calls_per_minute: counts.get(counts.len() / 2).copied()?,
        })
    }
}

/// A sum of counts.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is no u64 becomes the nearest one"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

fn query(id: &str, metric: &str, reference: &FunctionReference) -> MetricDataQuery {
    let dimension = |name, value: String| Dimension::builder().name(name).value(value).build();
    let of_alias = reference
        .qualifier
        .as_ref()
        .map(|alias| dimension("Resource", format!("{}:{alias}", reference.name)));
    let dimensions = iter::once(dimension("FunctionName", reference.name.clone()));
    let metric = Metric::builder()
        .namespace("AWS/Lambda")
        .metric_name(metric)
        .set_dimensions(Some(dimensions.chain(of_alias).collect()))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(60)
        .stat("Sum")
        .build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls and errors by minute of ten; minutes, calls, errors, mean and median.
    fn check(
        calls: &[(i64, f64)],
        errors: &[(i64, f64)],
        expected: Option<(usize, u64, u64, f64, f64)>,
    ) {
        let seconds = |points: &[(i64, f64)]| {
            let minutes = points.iter();
            minutes
                .map(|&(minute, count)| (minute * 60, count))
                .collect()
        };
        let minutes = Minutes {
            calls: seconds(calls),
            errors: seconds(errors),
            end: 600,
        };
        let reference = FunctionReference::parse("F:prod", None).unwrap();
        let found = minutes.summed(&reference).map(|found| {
            assert_eq!(found.name(), "F:prod");
            (
                found.minutes,
                found.calls,
                found.errors,
                found.mean_calls_per_minute,
                found.median_calls_per_minute,
            )
        });
        assert_eq!(found, expected, "{calls:?}");
    }

    #[test]
    fn minutes_count_from_the_first_call() {
        check(&[], &[], None);
        check(&[(3, 0.0)], &[], None);
        check(&[(9, 4.0)], &[(9, 1.0)], Some((1, 4, 1, 4.0, 4.0)));
        // In any order; minutes without calls count.
        check(
            &[(9, 2.0), (6, 8.0), (7, 6.0)],
            &[(7, 3.0)],
            Some((4, 16, 3, 4.0, 6.0)),
        );
        check(&[(0, 5.0)], &[(0, 0.0)], Some((10, 5, 0, 0.5, 0.0)));
        // What contradicts itself is no rate above 1.
        check(&[(9, 1.0)], &[(9, 2.0)], Some((1, 1, 1, 1.0, 1.0)));
    }
}
