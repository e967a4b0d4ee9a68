//! An alarm on a metric of one's own, as `CanaryEvidence` is: one value a minute, stamped with the minute before, the
//! largest of them against a threshold.

use super::super::{Metric, StateValue};
use super::*;

/// ln 20.
const THRESHOLD: f64 = 2.995732273553991;

const TREATMENTS: [&str; 4] = ["missing", "ignore", "breaching", "notBreaching"];

/// The last minute in which the alarm is looked at.
const LAST: u64 = 20;

fn put_evidence_alarm(cloudwatch: &mut CloudWatch, periods: usize, treatment: &str) {
    let changes = json!({
        "Namespace": "Tollgate",
        "MetricName": "CanaryEvidence",
        "Dimensions": [{"Name": "function", "Value": "orders"}, {"Name": "alias", "Value": "prod"}],
        "Statistic": "Maximum",
        "Threshold": THRESHOLD,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": 1,
        "TreatMissingData": treatment,
    });
    put_alarm(cloudwatch, changes, after(0));
}

/// Publishes a value of `minute` at `now`.
fn publish(cloudwatch: &mut CloudWatch, value: f64, minute: u64, now: Timestamp) {
    let datum = json!({
        "MetricName": "CanaryEvidence",
        "Dimensions": [{"Name": "alias", "Value": "prod"}, {"Name": "function", "Value": "orders"}],
        "Timestamp": after(minute * 60).epoch_seconds(),
        "Unit": "None",
        "Value": value,
    });
    let input = json!({"Namespace": "Tollgate", "MetricData": [datum]});
    cloudwatch
        .call("PutMetricData", &input, now)
        .expect("PutMetricData");
}

/// The minutes at which the alarm changes its state, and to what; `values` are those of the minutes from the first on:
/// `0` and `X` are published in the second after the minute, `L` is an `X` that is published two minutes later than
/// that, `-` is nothing. Nothing is delayed on its way.
fn changes(values: &str, periods: usize, treatment: &str) -> Vec<(u64, &'static str)> {
    let mut cloudwatch = cloudwatch(0);
    put_evidence_alarm(&mut cloudwatch, periods, treatment);
    let mut sent = Vec::new();
    for (minute, value) in (0..).zip(values.split_whitespace()) {
        let (value, late) = match value {
            "0" => (0.0, 0),
            "X" => (THRESHOLD, 0),
            "L" => (THRESHOLD, 2),
            _ => continue,
        };
        sent.push(((minute + 1 + late) * 60 + 1, minute, value));
    }
    sent.sort_by_key(|(at, ..)| *at);
    let mut sent = sent.into_iter().peekable();
    let mut changes = Vec::new();
    assert!(
        own_second() > 1,
        "what is published at once is seen at once"
    );
    while let Some(due) = cloudwatch.next_due().filter(|due| *due <= after(LAST * 60)) {
        while let Some((at, minute, value)) = sent.next_if(|(at, ..)| after(*at) <= due) {
            publish(&mut cloudwatch, value, minute, after(at));
        }
        for change in cloudwatch.advance(due) {
            let minute = (change.at.as_millis() - after(0).as_millis()) / 60_000;
            changes.push((minute, change.to.as_str()));
        }
    }
    changes
}

/// Compares the changes with what they are to be for 1, 2 and 3 evaluation periods, each with all treatments of missing
/// data.
fn check(values: &str, expected: [[&[(u64, &str)]; 4]; 3]) {
    for (periods, expected) in (1..).zip(expected) {
        for (treatment, expected) in TREATMENTS.into_iter().zip(expected) {
            let place = format!("{values}: 1 of {periods}, {treatment}");
            assert_eq!(changes(values, periods, treatment), expected, "{place}");
        }
    }
}

const GONE: &str = "INSUFFICIENT_DATA";

#[test]
fn evidence_raises_the_alarm_in_the_next_minute_and_zeros_lower_it() {
    // As many zeros as there are evaluation periods. Until there are as many values, missing ones are made up for.
    let back: [&[(u64, &str)]; 3] = [
        &[(1, "OK"), (6, "ALARM"), (8, "OK")],
        &[(1, "OK"), (6, "ALARM"), (9, "OK")],
        &[(1, "OK"), (6, "ALARM"), (10, "OK")],
    ];
    check(
        "0 0 0 0 0 X X 0 0 0 0 0 0 0 0 0 0 0 0 0",
        [
            [
                back[0],
                back[0],
                &[(0, "ALARM"), (1, "OK"), (6, "ALARM"), (8, "OK")],
                &[(0, "OK"), (6, "ALARM"), (8, "OK")],
            ],
            [
                back[1],
                back[1],
                &[(0, "ALARM"), (2, "OK"), (6, "ALARM"), (9, "OK")],
                &[(0, "OK"), (6, "ALARM"), (9, "OK")],
            ],
            [
                back[2],
                back[2],
                &[(0, "ALARM"), (3, "OK"), (6, "ALARM"), (10, "OK")],
                &[(0, "OK"), (6, "ALARM"), (10, "OK")],
            ],
        ],
    );
    // The first value that there is counts at once, because one is enough.
    let back: [&[(u64, &str)]; 3] = [
        &[(1, "ALARM"), (2, "OK")],
        &[(1, "ALARM"), (3, "OK")],
        &[(1, "ALARM"), (4, "OK")],
    ];
    check(
        "X 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
        [
            [
                back[0],
                back[0],
                &[(0, "ALARM"), (2, "OK")],
                &[(0, "OK"), (1, "ALARM"), (2, "OK")],
            ],
            [
                back[1],
                back[1],
                &[(0, "ALARM"), (3, "OK")],
                &[(0, "OK"), (1, "ALARM"), (3, "OK")],
            ],
            [
                back[2],
                back[2],
                &[(0, "ALARM"), (4, "OK")],
                &[(0, "OK"), (1, "ALARM"), (4, "OK")],
            ],
        ],
    );
}

#[test]
fn silence_is_what_the_alarm_is_told_that_it_is() {
    // The last value is used again for as long as it is among the minutes that are retrieved: 3, 4 and 5 of them.
    check(
        "0 0 0 0 0 X",
        [
            [
                &[(1, "OK"), (6, "ALARM"), (9, GONE)],
                &[(1, "OK"), (6, "ALARM")],
                &[(0, "ALARM"), (1, "OK"), (6, "ALARM")],
                &[(0, "OK"), (6, "ALARM"), (9, "OK")],
            ],
            [
                &[(1, "OK"), (6, "ALARM"), (10, GONE)],
                &[(1, "OK"), (6, "ALARM")],
                &[(0, "ALARM"), (2, "OK"), (6, "ALARM")],
                &[(0, "OK"), (6, "ALARM"), (10, "OK")],
            ],
            [
                &[(1, "OK"), (6, "ALARM"), (11, GONE)],
                &[(1, "OK"), (6, "ALARM")],
                &[(0, "ALARM"), (3, "OK"), (6, "ALARM")],
                &[(0, "OK"), (6, "ALARM"), (11, "OK")],
            ],
        ],
    );
    check(
        "0 0 0",
        [
            [
                &[(1, "OK"), (6, GONE)],
                &[(1, "OK")],
                &[(0, "ALARM"), (1, "OK"), (6, "ALARM")],
                &[(0, "OK")],
            ],
            [
                &[(1, "OK"), (7, GONE)],
                &[(1, "OK")],
                &[(0, "ALARM"), (2, "OK"), (6, "ALARM")],
                &[(0, "OK")],
            ],
            [
                &[(1, "OK"), (8, GONE)],
                &[(1, "OK")],
                &[(0, "ALARM"), (3, "OK"), (6, "ALARM")],
                &[(0, "OK")],
            ],
        ],
    );
    check("", [[&[], &[], &[(0, "ALARM")], &[(0, "OK")]]; 3]);
}

#[test]
fn a_late_value_counts_where_no_newer_ones_fill_the_periods() {
    let never: [&[(u64, &str)]; 3] = [
        &[(1, "OK")],
        &[(0, "ALARM"), (1, "OK")],
        &[(0, "ALARM"), (2, "OK")],
    ];
    let third: &[(u64, &str)] = &[(1, "OK"), (8, "ALARM"), (9, "OK")];
    check(
        "0 0 0 0 0 L 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
        [
            [never[0], never[0], never[1], &[(0, "OK")]],
            [never[0], never[0], never[2], &[(0, "OK")]],
            [
                third,
                third,
                &[(0, "ALARM"), (3, "OK"), (8, "ALARM"), (9, "OK")],
                &[(0, "OK"), (8, "ALARM"), (9, "OK")],
            ],
        ],
    );
    check(
        "0 0 0 0 0 L",
        [
            [
                &[(1, "OK"), (8, "ALARM"), (9, GONE)],
                &[(1, "OK"), (8, "ALARM")],
                &[(0, "ALARM"), (1, "OK"), (8, "ALARM")],
                &[(0, "OK"), (8, "ALARM"), (9, "OK")],
            ],
            [
                &[(1, "OK"), (8, "ALARM"), (10, GONE)],
                &[(1, "OK"), (8, "ALARM")],
                &[(0, "ALARM"), (2, "OK"), (8, "ALARM")],
                &[(0, "OK"), (8, "ALARM"), (10, "OK")],
            ],
            [
                &[(1, "OK"), (8, "ALARM"), (11, GONE)],
                &[(1, "OK"), (8, "ALARM")],
                &[(0, "ALARM"), (3, "OK"), (8, "ALARM")],
                &[(0, "OK"), (8, "ALARM"), (11, "OK")],
            ],
        ],
    );
}

#[test]
fn the_largest_value_of_a_minute_counts_and_the_threshold_is_exact() {
    for (values, state) in [
        (&[THRESHOLD][..], StateValue::Alarm),
        (&[THRESHOLD.next_down()], StateValue::Ok),
        (&[0.0, THRESHOLD, 0.0], StateValue::Alarm),
        (&[-20.0, 0.0], StateValue::Ok),
        (&[700.0], StateValue::Alarm),
    ] {
        let mut cloudwatch = cloudwatch(0);
        put_evidence_alarm(&mut cloudwatch, 1, "missing");
        for value in values {
            publish(&mut cloudwatch, *value, 1, after(121));
        }
        cloudwatch.advance(after(179));
        assert_eq!(cloudwatch.alarm_state("errors"), Some(state), "{values:?}");
    }
}

#[test]
fn a_value_is_seen_fifteen_seconds_after_it_was_sent() {
    // Sent at these seconds, and the first evaluation that sees it: all of them in the third minute or after.
    for sent in [120, 121, 140, 150, 175, 179] {
        let mut cloudwatch = cloudwatch(15);
        put_evidence_alarm(&mut cloudwatch, 2, "missing");
        publish(&mut cloudwatch, THRESHOLD, 1, after(sent));
        let expected = (0..)
            .map(|minute| minute * 60 + own_second())
            .find(|tick| *tick >= sent + 15);
        let mut changes = Vec::new();
        for second in 0..600 {
            changes.extend(cloudwatch.advance(after(second)));
        }
        let fired = changes.iter().find(|change| change.to == StateValue::Alarm);
        assert_eq!(fired.map(|change| change.at), expected.map(after), "{sent}");
    }
}

/// The minutes of two of Lambda's metrics that can be seen after so many seconds.
fn seen(cloudwatch: &mut CloudWatch, now: u64) -> [Vec<u64>; 2] {
    ["Invocations", "Errors"].map(|name| {
        let input = json!({
            "Namespace": "AWS/Lambda", "MetricName": name, "Period": 60, "Statistics": ["Sum"],
            "Dimensions": [{"Name": "FunctionName", "Value": "orders"}],
            "StartTime": after(0).epoch_seconds(), "EndTime": after(1200).epoch_seconds(),
        });
        let output = cloudwatch
            .call("GetMetricStatistics", &input, after(now))
            .expect("GetMetricStatistics");
        let points = output["Datapoints"].as_array().expect("a list");
        let minutes = points.iter().map(|point| {
            let at = point["Timestamp"].as_f64().expect("seconds");
            let minute = (at - after(0).epoch_seconds()) / 60.0;
            format!("{minute:.0}").parse().expect("a minute")
        });
        minutes.collect()
    })
}

#[test]
fn a_single_metric_can_be_late_and_out_of_order() {
    let mut cloudwatch = cloudwatch(15);
    let errors = Metric {
        namespace: "AWS/Lambda".to_owned(),
        metric_name: "Errors".to_owned(),
        dimensions: [("FunctionName".to_owned(), "orders".to_owned())].into(),
    };
    // Of the second minute alone the errors are late, so that those of the third come first.
    for (minute, skew) in [(0, 0), (1, 100), (2, 0)] {
        cloudwatch
            .metrics_mut()
            .skew(errors.clone(), Duration::from_secs(skew));
        invoke(&mut cloudwatch, after(minute * 60), Duration::ZERO, true);
    }
    cloudwatch
        .metrics_mut()
        .skew(errors, Duration::from_secs(9));
    for (now, expected) in [
        (74, [vec![], vec![]]),
        (75, [vec![0], vec![0]]),
        (135, [vec![0, 1], vec![0]]),
        (195, [vec![0, 1, 2], vec![0, 2]]),
        (234, [vec![0, 1, 2], vec![0, 2]]),
        (235, [vec![0, 1, 2], vec![0, 1, 2]]),
    ] {
        assert_eq!(seen(&mut cloudwatch, now), expected, "{now}");
    }
}
