//! The traffic that CloudWatch has of a function or an alias.

use std::collections::BTreeMap;
use std::iter;

use anyhow::{Context as _, Result, bail};
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataOutput;
use aws_sdk_cloudwatch::types::{
    Dimension, MessageData, Metric, MetricDataQuery, MetricStat, StatusCode,
};
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

const ACTION: &str = "cloudwatch:GetMetricData";

/// The metrics that are asked for, by the ids of their queries.
const CALLS: (&str, &str) = ("calls", "Invocations");
const ERRORS: (&str, &str) = ("errors", "Errors");

/// A page has 100,800 data points where nothing less is asked for, and CloudWatch keeps the minutes of 15 days, which are
/// 21,600 of each metric: so there is one, and more only where CloudWatch takes its time.
const PAGES_LIMIT: usize = 50;

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
        let end = i64::try_from(clock::now()?.as_millis() / 60_000 * 60)?;
        let begin = end.saturating_sub(i64::from(days) * 24 * 60 * 60);
        let page = async |token| {
            let call = client
                .get_metric_data()
                .metric_data_queries(query(CALLS, reference))
                .metric_data_queries(query(ERRORS, reference))
                .start_time(DateTime::from_secs(begin))
                .end_time(DateTime::from_secs(end))
                .set_next_token(token);
            let output = call.send().await;
            output.map_err(|error| CallError::of(ACTION, error).told())
        };
        Self::of_pages(page, end).await
    }

    /// What the pages have until `end`, each of which the token of the one before it leads to.
    ///
    /// # Errors
    /// Something may be missing: less traffic than there is would be planned with.
    async fn of_pages(
        mut page: impl AsyncFnMut(Option<String>) -> Result<GetMetricDataOutput>,
        end: i64,
    ) -> Result<Self> {
        let mut found = Self {
            end,
            ..Self::default()
        };
        let mut token = None;
        let mut states = BTreeMap::new();
        for _ in 0..PAGES_LIMIT {
            let output = page(token).await?;
            // They tell that something was left out, and not of which query.
            whole(None, output.messages())?;
            for result in output.metric_data_results() {
                let status = result.status_code();
                // More of that is to come.
                let is_known =
                    matches!(status, Some(StatusCode::Complete | StatusCode::PartialData));
                whole(status.filter(|_| !is_known), result.messages())?;
                let times = result.timestamps().iter().map(DateTime::secs);
                let points = times.zip(result.values().iter().copied());
                let id = result.id().unwrap_or_default();
                if id == CALLS.0 {
                    found.calls.extend(points);
                } else if id == ERRORS.0 {
                    found.errors.extend(points);
                }
                states.insert(id.to_owned(), status.cloned());
            }
            token = output.next_token.filter(|token| !token.is_empty());
            if token.is_some() {
                continue;
            }
            for (id, metric) in [CALLS, ERRORS] {
                match states.get(id) {
                    Some(Some(StatusCode::Complete)) => {}
                    Some(Some(status)) => whole(Some(status), &[])?,
                    Some(None) | None => {
                        bail!("{ACTION} does not say whether all of {metric} is there")
                    }
                }
            }
            return Ok(found);
        }
        bail!("{ACTION} has still not ended after {PAGES_LIMIT} pages: ask for fewer --days");
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
            calls: rounded(calls),
            errors: rounded(errors.min(calls)),
            mean_calls_per_minute: calls / minutes as f64,
            median_calls_per_minute: counts.get(counts.len() / 2).copied()?,
        })
    }
}

/// A sum of counts, as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is no u64 becomes the nearest one"
)]
fn rounded(count: f64) -> u64 {
    count.round() as u64
}

/// Whether nothing is missing, by a status that is not the one wanted and by what CloudWatch says beside the data.
fn whole(status: Option<&StatusCode>, messages: &[MessageData]) -> Result<()> {
    let parts = |message: &MessageData| {
        let parts = [message.code(), message.value()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    };
    let status = status.map(|status| status.as_str().to_owned());
    let why: Vec<String> = status
        .into_iter()
        .chain(messages.iter().map(parts))
        .collect();
    if why.is_empty() {
        return Ok(());
    }
    bail!(
        "{ACTION} does not give everything ({}): try again, or give --calls-per-minute",
        why.join("; ")
    )
}

fn query((id, metric): (&str, &str), reference: &FunctionReference) -> MetricDataQuery {
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
    use aws_sdk_cloudwatch::types::MetricDataResult;

    use super::*;

    /// A result whose every value is 2, of the minutes 1, 2, …
    fn result(id: &str, minutes: i64, status: &str, message: Option<&str>) -> MetricDataResult {
        let minutes = 1..=minutes;
        let times = minutes
            .clone()
            .map(|minute| DateTime::from_secs(minute * 60));
        MetricDataResult::builder()
            .id(id)
            .set_timestamps(Some(times.collect()))
            .set_values(Some(minutes.map(|_| 2.0).collect()))
            .status_code(status.into())
            .set_messages(message.map(|text| vec![said(text)]))
            .build()
    }

    fn said(text: &str) -> MessageData {
        MessageData::builder().code("Code").value(text).build()
    }

    /// A page of calls and errors, with the token of the next.
    fn page(results: [MetricDataResult; 2], next: Option<&str>) -> GetMetricDataOutput {
        GetMetricDataOutput::builder()
            .set_metric_data_results(Some(results.into()))
            .set_next_token(next.map(str::to_owned))
            .build()
    }

    /// Pages, the last of them again and again, and how many minutes with calls and with errors they have, or the error.
    async fn check_pages(
        pages: Vec<GetMetricDataOutput>,
        expected: std::result::Result<(usize, usize), &str>,
    ) {
        let mut asked = 0;
        let next = async |token: Option<String>| {
            let page = pages.get(asked).or(pages.last()).unwrap();
            let before = asked.checked_sub(1).and_then(|index| pages.get(index));
            if let Some(before) = before {
                assert_eq!(token, before.next_token);
            }
            asked += 1;
            Ok(page.clone())
        };
        let found = Minutes::of_pages(next, 600).await;
        match (found, expected) {
            (Ok(found), expected) => {
                let lengths = (found.calls.len(), found.errors.len());
                assert_eq!(Ok(lengths), expected, "{pages:?}");
            }
            (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{error}"),
            (Err(error), Ok(_)) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn less_than_everything_is_no_traffic_to_plan_with() {
        let calls = |status, message| result("calls", 3, status, message);
        let errors = |status, message| result("errors", 1, status, message);
        let complete = || errors("Complete", None);
        let whole = |next| page([calls("Complete", None), complete()], next);
        check_pages(vec![whole(None)], Ok((3, 1))).await;
        check_pages(vec![whole(Some(""))], Ok((3, 1))).await;
        let begun = || {
            let results = [calls("PartialData", None), errors("PartialData", None)];
            page(results, Some("t"))
        };
        check_pages(vec![begun(), whole(None)], Ok((6, 2))).await;
        for status in ["PartialData", "InternalError", "Forbidden", "Other"] {
            let pages = vec![page([calls(status, None), complete()], None)];
            check_pages(pages, Err(status)).await;
            let pages = vec![page([calls("Complete", None), errors(status, None)], None)];
            check_pages(pages, Err(status)).await;
        }
        // What it says of a result, or of the whole request.
        let pages = vec![page([calls("Complete", Some("it is")), complete()], None)];
        check_pages(
            pages,
            Err("does not give everything (Code: it is): try again"),
        )
        .await;
        let pages = vec![page([calls("Forbidden", Some("it is")), complete()], None)];
        check_pages(pages, Err("(Forbidden; Code: it is)")).await;
        let mut told = whole(None);
        told.messages = Some(vec![said("too many")]);
        check_pages(vec![told], Err("(Code: too many)")).await;
        // One metric is missing.
        let pages = vec![page(
            [calls("Complete", None), calls("Complete", None)],
            None,
        )];
        check_pages(pages, Err("whether all of Errors is there")).await;
        let pages = vec![page([complete(), complete()], None)];
        check_pages(pages, Err("whether all of Invocations is there")).await;
        // There is always another page.
        check_pages(vec![begun()], Err("has still not ended after 50 pages")).await;
    }

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
