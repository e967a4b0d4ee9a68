//! What CloudWatch has counted of shifts, minute by minute.
//!
//! Of each shift nine series are read: `Invocations` (`Sum`) and `Errors` (`Sum` and `SampleCount`), of the alias and of
//! each of its two versions. The dimensions are those of "Viewing metrics for Lambda functions" (AWS Lambda Developer
//! Guide): `Resource` is `function:alias`, and `ExecutedVersion` the version behind it.

#[cfg(test)]
mod tests;

use crate::ports::{CallError, GetMetricData, MetricDataRequest, MetricDataResult, MetricStat};
use crate::time::{MINUTE, minute};
use evidence::Seen;
use futures_util::future::join_all;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Whose counts are read, and of which minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShiftQuery {
    pub(crate) function: String,
    pub(crate) alias: String,
    pub(crate) new_version: String,
    pub(crate) current_version: String,
    /// The start of the first minute, in seconds since 1970; a time within a minute stands for all of that minute.
    pub(crate) since: i64,
    /// The end of the last minute, likewise; a minute that has not ended is not read.
    pub(crate) until: i64,
}

/// Why the counts of a shift are not known.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CountsError {
    #[error(transparent)]
    Call(#[from] Arc<CallError>),
    #[error("cloudwatch:GetMetricData said: {0}")]
    Message(String),
    #[error("cloudwatch:GetMetricData goes on after {0} pages")]
    Endless(usize),
    #[error("cloudwatch:GetMetricData answered nothing about {0}")]
    Missing(Series),
    #[error("cloudwatch:GetMetricData has the status `{status}` for {series}{messages}")]
    Incomplete {
        series: Series,
        status: String,
        /// Empty, or after a colon.
        messages: String,
    },
    #[error("cloudwatch:GetMetricData contradicts itself about {series}: {what}")]
    Contradiction { series: Series, what: String },
}

/// One of the nine series, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Series(String);

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The minutes of a shift in their order, without gaps: when each starts, in seconds since 1970, and what was counted.
pub(crate) type Minutes = Vec<(i64, Seen)>;

/// Reads the counts of all shifts, in as few requests as CloudWatch allows; what is wrong with one does not spoil
/// another, unless the request failed as a whole.
pub(crate) async fn read(
    cloudwatch: &impl GetMetricData,
    shifts: &[ShiftQuery],
) -> Vec<Result<Minutes, CountsError>> {
    let requests = shifts.chunks(SHIFTS_PER_REQUEST.get());
    let answers = join_all(requests.map(|shifts| read_at_once(cloudwatch, shifts))).await;
    answers.into_iter().flatten().collect()
}

/// `GetMetricData` takes 500 queries ("GetMetricData", CloudWatch API Reference).
const SHIFTS_PER_REQUEST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(500 / SERIES_COUNT - 1);

const SERIES_COUNT: usize = ROWS * STATS.len();

/// The alias, its new version and its current one.
const ROWS: usize = 3;

/// Metric and statistic.
const STATS: [(&str, &str); 3] = [
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Errors", "SampleCount"),
];

/// A page has 100,800 data points where nothing less is asked for, and the longest deployment, two days, has 2,880
/// minutes: so there are 15 pages at most.
const PAGES_LIMIT: usize = 50;

async fn read_at_once(
    cloudwatch: &impl GetMetricData,
    shifts: &[ShiftQuery],
) -> Vec<Result<Minutes, CountsError>> {
    let spans = shifts.iter().map(ShiftQuery::span);
    let some = spans.filter(|(start, end)| start < end);
    let Some((start, end)) = some.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    else {
        return shifts.iter().map(|_| Ok(Minutes::new())).collect();
    };
    let request = MetricDataRequest {
        queries: shifts.iter().flat_map(ShiftQuery::series).collect(),
        start,
        end,
    };
    match pages(cloudwatch, &request).await {
        Err(error) => shifts.iter().map(|_| Err(error.clone())).collect(),
        Ok(results) => shifts
            .iter()
            .zip(results.chunks(SERIES_COUNT))
            .zip(request.queries.chunks(SERIES_COUNT))
            .map(|((shift, results), queries)| minutes(shift, results, queries))
            .collect(),
    }
}

/// What all pages together say of each query; nothing about one that no page has.
async fn pages(
    cloudwatch: &impl GetMetricData,
    request: &MetricDataRequest,
) -> Result<Vec<Option<MetricDataResult>>, CountsError> {
    let mut results: Vec<Option<MetricDataResult>> = vec![None; request.queries.len()];
    let mut token: Option<String> = None;
    for _ in 0..PAGES_LIMIT {
        let page = cloudwatch.get_metric_data(request, token.as_deref()).await;
        let page = page.map_err(Arc::new)?;
        // It tells that something was left out, and not of which query.
        if !page.messages.is_empty() {
            return Err(CountsError::Message(page.messages.join("; ")));
        }
        for part in page.results {
            let known = part.query.and_then(|query| results.get_mut(query));
            let Some(known) = known else { continue };
            match known {
                None => *known = Some(part),
                Some(known) => {
                    known.status_code = part.status_code;
                    known.messages.extend(part.messages);
                    known.timestamps.extend(part.timestamps);
                    known.values.extend(part.values);
                }
            }
        }
        match page.next_token {
            Some(next) => token = Some(next),
            None => return Ok(results),
        }
    }
    Err(CountsError::Endless(PAGES_LIMIT))
}

/// Puts the nine series of a shift side by side.
fn minutes(
    shift: &ShiftQuery,
    results: &[Option<MetricDataResult>],
    queries: &[MetricStat],
) -> Result<Minutes, CountsError> {
    let (start, end) = shift.span();
    let starts = (0..).map(|number| start + number * MINUTE);
    let starts = starts.take_while(|start| *start < end);
    let mut minutes: Minutes = starts.map(|start| (start, Seen::default())).collect();
    for (number, (result, query)) in results.iter().zip(queries).enumerate() {
        let series = || series_text(query);
        let Some(result) = result else {
            return Err(CountsError::Missing(series()));
        };
        check(result, &series)?;
        for (at, value) in result.timestamps.iter().zip(&result.values) {
            let contradiction = |what: &str| CountsError::Contradiction {
                series: series(),
                what: format!("{what} ({value} at {at} s)"),
            };
            // One request reads the minutes of several shifts.
            if *at < start || end <= *at {
                continue;
            }
            let index = usize::try_from((at - start) / MINUTE).ok();
            let minute = index.and_then(|index| minutes.get_mut(index));
            let minute = minute.filter(|(start, _)| start == at);
            let (_, seen) = minute.ok_or_else(|| contradiction("no minute starts then"))?;
            let count = count(*value).ok_or_else(|| contradiction("that is no count"))?;
            if cell(seen, number).replace(count).is_some() {
                return Err(contradiction("there are two values of one minute"));
            }
        }
    }
    Ok(minutes)
}

fn check(result: &MetricDataResult, series: &impl Fn() -> Series) -> Result<(), CountsError> {
    if result.status_code != "Complete" || !result.messages.is_empty() {
        let messages = result.messages.join("; ");
        let colon = if messages.is_empty() { "" } else { ": " };
        return Err(CountsError::Incomplete {
            series: series(),
            status: result.status_code.clone(),
            messages: format!("{colon}{messages}"),
        });
    }
    let (times, values) = (result.timestamps.len(), result.values.len());
    if times != values {
        return Err(CountsError::Contradiction {
            series: series(),
            what: format!("there are {times} timestamps and {values} values"),
        });
    }
    Ok(())
}

/// Where the value of a series belongs, by the order of [`ShiftQuery::series`].
fn cell(seen: &mut Seen, number: usize) -> &mut Option<u64> {
    let counts = match number / STATS.len() {
        0 => &mut seen.alias,
        1 => &mut seen.new,
        _ => &mut seen.current,
    };
    match number % STATS.len() {
        0 => &mut counts.invocations,
        1 => &mut counts.errors,
        _ => &mut counts.error_samples,
    }
}

/// Up to 2^53 a floating point number counts exactly.
const LARGEST_COUNT: f64 = 9_007_199_254_740_992.0;

fn count(value: f64) -> Option<u64> {
    let is_count = (0.0..=LARGEST_COUNT).contains(&value) && value.fract() == 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a whole number that both types have"
    )]
    is_count.then_some(value as u64)
}

impl ShiftQuery {
    /// The start of the first minute, and the end of the last.
    fn span(&self) -> (i64, i64) {
        (minute(self.since), minute(self.until))
    }

    fn series(&self) -> impl Iterator<Item = MetricStat> {
        let rows = [None, Some(&self.new_version), Some(&self.current_version)];
        rows.into_iter().flat_map(move |version| {
            let mut dimensions = vec![
                ("FunctionName", self.function.clone()),
                ("Resource", format!("{}:{}", self.function, self.alias)),
            ];
            dimensions.extend(version.map(|version| ("ExecutedVersion", version.clone())));
            STATS
                .into_iter()
                .map(move |(metric_name, stat)| MetricStat {
                    namespace: "AWS/Lambda",
                    metric_name,
                    dimensions: dimensions.clone(),
                    period: 60,
                    stat,
                })
        })
    }
}

fn series_text(query: &MetricStat) -> Series {
    let resource: Vec<&str> = query
        .dimensions
        .iter()
        .skip(1)
        .map(|(_, value)| value.as_str())
        .collect();
    Series(format!(
        "{} {} of {}",
        query.metric_name,
        query.stat,
        resource.join(", version ")
    ))
}
