//! The line of JSON that a run leaves in the hook's log: its report, its counts, and metrics made of them.

use checks::{Outcome, Report};
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// CloudWatch's namespace of the metrics.
const NAMESPACE: &str = "Tollgate";

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
            "Namespace": NAMESPACE,
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

/// The report as lines of JSON, with the members in the first of them.
pub(crate) fn lines(
    report: &Report,
    members: &Map<String, Value>,
) -> Result<Vec<String>, serde_json::Error> {
    Ok(vec![extended(serde_json::to_string(report)?, members)?])
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
        let lines = lines(&report, &members).unwrap();
        assert_eq!(lines.len(), 1);
        serde_json::from_str(&lines[0]).unwrap()
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
}
