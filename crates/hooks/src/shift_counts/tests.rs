//! Answers of CloudWatch as data.

use super::*;
use crate::ports::{CallErrorKind, MetricDataPage};
use crate::reason::reason;
use evidence::Counts;
use std::sync::Mutex;

/// A minute that starts at 00:01 on 1 January 2026.
const START: i64 = 1_767_225_660;

type Pages<'a> =
    dyn Fn(&MetricDataRequest, Option<&str>) -> Result<MetricDataPage, CallError> + Sync + 'a;

/// How many queries, of which time, and the token.
type Asked = (usize, i64, i64, Option<String>);

/// CloudWatch, and what it was asked.
struct Fake<'a> {
    answer: &'a Pages<'a>,
    asked: Mutex<Vec<Asked>>,
}

impl GetMetricData for Fake<'_> {
    async fn get_metric_data(
        &self,
        request: &MetricDataRequest,
        next_token: Option<&str>,
    ) -> Result<MetricDataPage, CallError> {
        let token = next_token.map(str::to_owned);
        let asked = (request.queries.len(), request.start, request.end, token);
        self.asked.lock().unwrap().push(asked);
        (self.answer)(request, next_token)
    }
}

fn shift(function: &str, minutes: i64) -> ShiftQuery {
    ShiftQuery {
        function: function.to_owned(),
        alias: "live".to_owned(),
        new_version: "3".to_owned(),
        current_version: "2".to_owned(),
        since: START + 17,
        until: START + minutes * MINUTE + 5,
    }
}

fn result(query: usize, points: &[(i64, f64)]) -> MetricDataResult {
    MetricDataResult {
        query: Some(query),
        status_code: "Complete".to_owned(),
        messages: Vec::new(),
        timestamps: points
            .iter()
            .map(|(minute, _)| START + minute * MINUTE)
            .collect(),
        values: points.iter().map(|(_, value)| *value).collect(),
    }
}

/// Of each query its number plus ten times the minute, in minutes 0 and 2.
fn numbered(request: &MetricDataRequest) -> MetricDataPage {
    let numbers = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let points = |query| [(0, numbers[query % 9]), (2, 20.0 + numbers[query % 9])];
    let queries = 0..request.queries.len();
    MetricDataPage {
        results: queries.map(|query| result(query, &points(query))).collect(),
        ..MetricDataPage::default()
    }
}

fn counts(first: u64) -> Counts {
    Counts {
        invocations: Some(first),
        errors: Some(first + 1),
        error_samples: Some(first + 2),
    }
}

fn seen(first: u64) -> Seen {
    Seen {
        alias: counts(first),
        new: counts(first + 3),
        current: counts(first + 6),
    }
}

async fn read_with(answer: &Pages<'_>, shifts: &[ShiftQuery]) -> Vec<Result<Minutes, CountsError>> {
    let asked = Mutex::default();
    read(&Fake { answer, asked }, shifts).await
}

#[tokio::test]
async fn every_series_has_its_place_and_a_gap_stays_one() {
    let found = read_with(&|request, _| Ok(numbered(request)), &[shift("F", 3)]).await;
    let minute = |number, seen| (START + number * MINUTE, seen);
    let expected = [
        minute(0, seen(0)),
        minute(1, Seen::default()),
        minute(2, seen(20)),
    ];
    assert_eq!(found[0].as_ref().unwrap(), &expected);
}

#[test]
fn series_are_named_as_lambda_names_them() {
    let shift = shift("F", 1);
    let text = |stat: MetricStat| {
        assert_eq!((stat.namespace, stat.period), ("AWS/Lambda", 60));
        let dimension = |(name, value): (&str, String)| format!("{name}={value}");
        let dimensions: Vec<String> = stat.dimensions.into_iter().map(dimension).collect();
        format!(
            "{} {} {}",
            stat.metric_name,
            stat.stat,
            dimensions.join(" ")
        )
    };
    let found: Vec<String> = shift.series().map(text).collect();
    let alias = "FunctionName=F Resource=F:live";
    let mut expected = Vec::new();
    for row in ["", " ExecutedVersion=3", " ExecutedVersion=2"] {
        for stat in ["Invocations Sum", "Errors Sum", "Errors SampleCount"] {
            expected.push(format!("{stat} {alias}{row}"));
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn as_few_requests_as_there_can_be_and_none_without_minutes() {
    async fn check(shifts: &[ShiftQuery], expected: &[(usize, i64, i64)]) {
        let fake = Fake {
            answer: &|request, _| Ok(numbered(request)),
            asked: Mutex::default(),
        };
        let found = read(&fake, shifts).await;
        assert_eq!(found.len(), shifts.len());
        for (found, shift) in found.into_iter().zip(shifts) {
            let minutes = found.unwrap();
            let (start, end) = shift.span();
            assert_eq!(minutes.len() as i64, (end - start) / MINUTE);
        }
        let asked = fake.asked.into_inner().unwrap().into_iter();
        let asked: Vec<_> = asked
            .map(|(count, start, end, _)| (count, start, end))
            .collect();
        assert_eq!(asked, expected);
    }
    check(&[], &[]).await;
    check(&[shift("F", 0)], &[]).await;
    let end = START + 3 * MINUTE;
    check(&[shift("F", 3)], &[(9, START, end)]).await;
    // The later one starts in the second minute of the first.
    let mut later = shift("G", 5);
    later.since += MINUTE;
    check(&[shift("F", 3), later], &[(18, START, START + 5 * MINUTE)]).await;
    let many: Vec<ShiftQuery> = (0..120).map(|_| shift("F", 3)).collect();
    let expected = [(495, START, end), (495, START, end), (90, START, end)];
    check(&many, &expected).await;
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let answer = |request: &MetricDataRequest, token: Option<&str>| {
        let mut page = numbered(request);
        let is_first = token.is_none();
        for result in &mut page.results {
            let kept = if is_first { 0..1 } else { 1..2 };
            result.timestamps = result.timestamps[kept.clone()].to_vec();
            result.values = result.values[kept].to_vec();
            if is_first {
                result.status_code = "PartialData".to_owned();
            }
        }
        page.next_token = is_first.then(|| "more".to_owned());
        Ok(page)
    };
    let fake = Fake {
        answer: &answer,
        asked: Mutex::default(),
    };
    let found = read(&fake, &[shift("F", 3)]).await.remove(0).unwrap();
    assert_eq!([found[0].1, found[2].1], [seen(0), seen(20)]);
    let tokens = fake.asked.into_inner().unwrap().into_iter();
    let tokens: Vec<_> = tokens.map(|(.., token)| token).collect();
    assert_eq!(tokens, [None, Some("more".to_owned())]);
}

/// What is wrong with the second of two shifts, and whether the first is read in spite of it.
async fn check_error(
    change: impl Fn(&mut MetricDataPage) + Sync,
    first_is_read: bool,
    expected: &str,
) {
    let answer = |request: &MetricDataRequest, _: Option<&str>| {
        let mut page = numbered(request);
        change(&mut page);
        Ok(page)
    };
    let found = read_with(&answer, &[shift("F", 3), shift("G", 3)]).await;
    assert_eq!(
        found[0].is_ok(),
        first_is_read,
        "{expected}: {:?}",
        found[0]
    );
    let text = reason(found[1].as_ref().unwrap_err());
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn what_is_not_complete_or_contradicts_itself_is_an_error() {
    for status in ["PartialData", "InternalError", "Forbidden", ""] {
        let expected = format!("`{status}` for Errors SampleCount of G:live, version 2: E: why");
        let change = |page: &mut MetricDataPage| {
            page.results[17].status_code = status.to_owned();
            page.results[17].messages.push("E: why".to_owned());
        };
        check_error(change, true, &expected).await;
    }
    let change = |page: &mut MetricDataPage| page.results[9].messages.push("E: why".to_owned());
    check_error(change, true, "Invocations Sum of G:live: E: why").await;
    let change = |page: &mut MetricDataPage| page.results.truncate(17);
    check_error(
        change,
        true,
        "nothing about Errors SampleCount of G:live, version 2",
    )
    .await;
    let change = |page: &mut MetricDataPage| page.results[9].query = None;
    check_error(change, true, "nothing about Invocations Sum of G:live").await;
    let change = |page: &mut MetricDataPage| page.messages.push("M: left out".to_owned());
    check_error(change, false, "said: M: left out").await;
    let change = |page: &mut MetricDataPage| page.next_token = Some("more".to_owned());
    check_error(change, false, "goes on after 50 pages").await;
    let change = |page: &mut MetricDataPage| page.results[9].values.truncate(1);
    check_error(change, true, "2 timestamps and 1 values").await;
    let change = |page: &mut MetricDataPage| page.results[9].timestamps[0] += 1;
    check_error(change, true, "no minute starts then").await;
    let change = |page: &mut MetricDataPage| page.results[9].timestamps[1] = START;
    check_error(change, true, "two values of one minute").await;
    for value in [-1.0, 0.5, f64::NAN, f64::INFINITY, 1e17] {
        let change = |page: &mut MetricDataPage| page.results[10].values[0] = value;
        check_error(change, true, "no count").await;
    }
}

#[tokio::test]
async fn a_failed_call_is_the_error_of_each_of_its_shifts() {
    let answer = |_: &MetricDataRequest, _: Option<&str>| {
        Err(CallError {
            action: "cloudwatch:GetMetricData",
            kind: CallErrorKind::AccessDenied,
            message: "no identity-based policy allows it".to_owned(),
        })
    };
    for found in read_with(&answer, &[shift("F", 3), shift("G", 3)]).await {
        let text = reason(&found.unwrap_err());
        assert!(
            text.contains("cloudwatch:GetMetricData failed: no identity"),
            "{text}"
        );
    }
}
