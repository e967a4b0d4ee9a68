//! The line of JSON that a run leaves in the hook's log: its report, its counts, and metrics made of them.

use checks::{Outcome, Report};
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A line of CloudWatch Logs may have 256 KB ("Events (event size)", CloudWatch Logs quotas, Amazon CloudWatch Logs User
/// Guide), in which the members take less than 2 KB.
const LONGEST_LINE: usize = 254 * 1024;

/// CloudWatch's namespace of the metrics that the hooks and the watch make.
pub const METRIC_NAMESPACE: &str = "Tollgate";

/// The members that the log has beside those of the report: how many events are `met`, `unmet` and `broken`, and the
/// `duration` of the run in milliseconds.
///
/// With a time of day they also carry `_aws`, by which CloudWatch makes metrics of them ("Specification: Embedded metric
/// format", Amazon CloudWatch User Guide). Its dimensions are members of the report; a function that was never found out
/// cannot be one.
pub(crate) fn members(
    report: &Report,
    duration: Duration,
    metrics_at: Option<SystemTime>,
) -> Map<String, Value> {
    let count = |is: fn(&Outcome) -> bool| {
        let of_that = report.events.iter().filter(|event| is(&event.outcome));
        Value::from(of_that.count())
    };
    let mut members = Map::from_iter([
        (
            "met".to_owned(),
            count(|outcome| matches!(outcome, Outcome::Met)),
        ),
        (
            "unmet".to_owned(),
            count(|outcome| matches!(outcome, Outcome::Unmet(_))),
        ),
        (
            "broken".to_owned(),
            count(|outcome| matches!(outcome, Outcome::Broken(_))),
        ),
        ("duration".to_owned(), milliseconds(duration).into()),
    ]);
    if let Some(now) = metrics_at {
        members.insert("_aws".to_owned(), embedded_metrics(report, now));
    }
    members
}

fn embedded_metrics(report: &Report, now: SystemTime) -> Value {
    let known = [
        ("function", report.function.is_some()),
        ("lifecycleEvent", report.lifecycle_event.is_some()),
    ];
    let dimensions: Vec<&str> = known
        .iter()
        .filter(|(_, is_known)| *is_known)
        .map(|(name, _)| *name)
        .collect();
    let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = |name| json!({"Name": name, "Unit": "Count"});
    json!({
        "Timestamp": milliseconds(since_1970),
        "CloudWatchMetrics": [{
            "Namespace": METRIC_NAMESPACE,
            "Dimensions": [dimensions],
            "Metrics": [
                count("met"),
                count("unmet"),
                count("broken"),
                {"Name": "duration", "Unit": "Milliseconds"},
            ],
        }],
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Gives the report to `log` as lines of JSON, with the members in the first of them.
///
/// One line takes them all, unless CloudWatch Logs would cut it.
pub(crate) fn write(
    report: &Report,
    members: &Map<String, Value>,
    mut log: impl FnMut(&str),
) -> Result<(), serde_json::Error> {
    for (index, part) in report.parts(LONGEST_LINE).iter().enumerate() {
        let line = serde_json::to_string(part)?;
        if index == 0 {
            log(&extended(line, members)?);
        } else {
            log(&line);
        }
    }
    Ok(())
}

/// A JSON object's text with further members at its end.
fn extended(mut object: String, members: &Map<String, Value>) -> Result<String, serde_json::Error> {
    let further = serde_json::to_string(members)?;
    if object.ends_with('}') {
        object.pop();
        object.push(',');
        object.push_str(further.trim_start_matches('{'));
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use checks::{CheckedEvent, Source};

    fn report(function: Option<&str>) -> Report {
        let outcomes = [
            Outcome::Met,
            Outcome::Broken("b".to_owned()),
            Outcome::Met,
            Outcome::Broken("c".to_owned()),
            Outcome::Broken("d".to_owned()),
            Outcome::Unmet(Vec::new()),
        ];
        let events = outcomes.map(|outcome| CheckedEvent::new("A", Source::Bundled, outcome));
        Report {
            lifecycle_event: Some("BeforeAllowTraffic".to_owned()),
            function: function.map(str::to_owned),
            ..Report::of(events.into())
        }
    }

    fn line(function: Option<&str>, metrics_at: Option<SystemTime>) -> Value {
        let report = report(function);
        let members = members(&report, Duration::from_micros(1_234_999), metrics_at);
        let mut lines = lines(&report, &members);
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    }

    fn lines(report: &Report, members: &Map<String, Value>) -> Vec<Value> {
        let mut lines = Vec::new();
        let log = |line: &str| {
            assert!(line.len() < 256 * 1024 - 26, "{}", line.len());
            lines.push(serde_json::from_str(line).unwrap());
        };
        write(report, members, log).unwrap();
        lines
    }

    #[test]
    fn a_line_is_the_report_with_its_counts_and_the_metrics_made_of_them() {
        let at = UNIX_EPOCH + Duration::from_millis(1_795_362_000_123);
        let mut found = line(Some("F"), Some(at));
        let metrics = found["_aws"].take();
        found.as_object_mut().unwrap().remove("_aws");
        let mut expected = serde_json::to_value(report(Some("F"))).unwrap();
        for (name, value) in [("met", 2), ("unmet", 1), ("broken", 3), ("duration", 1234)] {
            expected[name] = value.into();
        }
        assert_eq!(found, expected);
        // As in the example of the specification.
        let expected = json!({
            "Timestamp": 1_795_362_000_123_u64,
            "CloudWatchMetrics": [{
                "Namespace": "Tollgate",
                "Dimensions": [["function", "lifecycleEvent"]],
                "Metrics": [
                    {"Name": "met", "Unit": "Count"},
                    {"Name": "unmet", "Unit": "Count"},
                    {"Name": "broken", "Unit": "Count"},
                    {"Name": "duration", "Unit": "Milliseconds"},
                ],
            }],
        });
        assert_eq!(metrics, expected);
    }

    #[test]
    fn a_dimension_has_a_value_and_what_was_counted_before_is_no_metric() {
        let found = line(None, Some(UNIX_EPOCH));
        let metrics = &found["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], json!([["lifecycleEvent"]]));
        let found = line(Some("F"), None);
        assert_eq!((found.get("_aws"), &found["met"]), (None, &json!(2)));
    }

    #[test]
    fn what_is_too_long_for_a_line_is_logged_in_parts() {
        let events = (0..10_000)
            .map(|index| CheckedEvent::new(format!("{index}"), Source::Shared, Outcome::Met));
        let report = Report {
            deployment_id: Some("d-1".to_owned()),
            ..Report::of(events.collect())
        };
        let members = members(&report, Duration::ZERO, Some(UNIX_EPOCH));
        let lines = lines(&report, &members);
        assert!(lines.len() > 1);
        let names = |line: &Value| line["events"].as_array().unwrap().len();
        assert_eq!(lines.iter().map(names).sum::<usize>(), 10_000);
        for (index, line) in lines.iter().enumerate() {
            let is_first = index == 0;
            let numbers = (&line["part"], &line["parts"]);
            assert_eq!(numbers, (&json!(index + 1), &json!(lines.len())));
            assert_eq!(line["deploymentId"], "d-1");
            for member in ["verdict", "met", "_aws"] {
                assert_eq!(line.get(member).is_some(), is_first, "{member} {index}");
            }
        }
    }
}
