//! What an alarm says of its changes of state.

use super::*;

/// Minutes 12:00, 12:01, … with so many errors each (`-`: no invocation), and what an alarm says of them.
fn check_reason(changes: Value, minutes: &str, state: &str, reason: &str) {
    let mut cloudwatch = cloudwatch(0);
    let points: Vec<_> = minutes.split_whitespace().collect();
    for (minute, errors) in points.iter().enumerate() {
        for _ in 0..errors.parse().unwrap_or(0) {
            invoke(
                &mut cloudwatch,
                after(minute as u64 * 60),
                Duration::ZERO,
                true,
            );
        }
        if *errors == "0" {
            invoke(
                &mut cloudwatch,
                after(minute as u64 * 60),
                Duration::ZERO,
                false,
            );
        }
    }
    let tick = points.len() as u64 * 60 + own_second();
    put_alarm(&mut cloudwatch, changes, after(tick - 1));
    let alarm = described(&mut cloudwatch, after(tick));
    assert_eq!(
        (alarm["StateReason"].as_str(), alarm["StateValue"].as_str()),
        (Some(reason), Some(state)),
        "{minutes}"
    );
}

#[test]
fn reasons_read_as_captured_on_aws() {
    let three = json!({"EvaluationPeriods": 3});
    let breaching = json!({"EvaluationPeriods": 3, "TreatMissingData": "breaching"});
    let two_of_three =
        json!({"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "TreatMissingData": "breaching"});
    check_reason(
        json!({}),
        "1",
        "ALARM",
        "Threshold Crossed: 1 datapoint [1.0 (15/05/25 12:00:00)] was greater than the threshold (0.0).",
    );
    check_reason(
        json!({}),
        "0",
        "OK",
        "Threshold Crossed: 1 datapoint [0.0 (15/05/25 12:00:00)] was not greater than the threshold (0.0).",
    );
    check_reason(
        json!({"DatapointsToAlarm": 1}),
        "2",
        "ALARM",
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (15/05/25 12:00:00)] was greater than the threshold (0.0) (minimum 1 datapoint for OK -> ALARM transition).",
    );
    check_reason(
        json!({"DatapointsToAlarm": 1, "Threshold": 2e10, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}),
        "2",
        "OK",
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (15/05/25 12:00:00)] was not greater than or equal to the threshold (2.0E10) (minimum 1 datapoint for ALARM -> OK transition).",
    );
    check_reason(
        three.clone(),
        "1 3 2",
        "ALARM",
        "Threshold Crossed: 3 datapoints [2.0 (15/05/25 12:02:00), 3.0 (15/05/25 12:01:00), 1.0 (15/05/25 12:00:00)] were greater than the threshold (0.0).",
    );
    check_reason(
        three.clone(),
        "1 3 0",
        "OK",
        "Threshold Crossed: 1 datapoint [0.0 (15/05/25 12:02:00)] was not greater than the threshold (0.0).",
    );
    check_reason(
        json!({"EvaluationPeriods": 5}),
        "1 1 1 1 2",
        "ALARM",
        "Threshold Crossed: 5 datapoints were greater than the threshold (0.0). The most recent datapoints which crossed the threshold: [2.0 (15/05/25 12:04:00), 1.0 (15/05/25 12:03:00), 1.0 (15/05/25 12:02:00), 1.0 (15/05/25 12:01:00), 1.0 (15/05/25 12:00:00)].",
    );
    check_reason(
        json!({"EvaluationPeriods": 3, "DatapointsToAlarm": 3}),
        "0 0 0",
        "OK",
        "Threshold Crossed: 3 out of the last 3 datapoints [0.0 (15/05/25 12:02:00), 0.0 (15/05/25 12:01:00), 0.0 (15/05/25 12:00:00)] were not greater than the threshold (0.0) (minimum 1 datapoint for ALARM -> OK transition).",
    );
    check_reason(
        json!({"EvaluationPeriods": 6}),
        "1 1 1 1 1 2",
        "ALARM",
        "Threshold Crossed: 6 datapoints were greater than the threshold (0.0). The most recent datapoints which crossed the threshold: [2.0 (15/05/25 12:05:00), 1.0 (15/05/25 12:04:00), 1.0 (15/05/25 12:03:00), 1.0 (15/05/25 12:02:00), 1.0 (15/05/25 12:01:00)].",
    );
    check_reason(
        breaching.clone(),
        "- - -",
        "ALARM",
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].",
    );
    check_reason(
        json!({"TreatMissingData": "notBreaching"}),
        "-",
        "OK",
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
    );
    check_reason(
        breaching,
        "- - 0",
        "OK",
        "Threshold Crossed: 1 datapoint [0.0 (15/05/25 12:02:00)] was not greater than the threshold (0.0) and 2 missing datapoints were treated as [Breaching].",
    );
    check_reason(
        two_of_three.clone(),
        "- - 0",
        "ALARM",
        "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching] (minimum 2 datapoints for OK -> ALARM transition).",
    );
    check_reason(
        two_of_three,
        "0 - 0",
        "OK",
        "Threshold Crossed: 2 out of the last 3 datapoints [0.0 (15/05/25 12:02:00), 0.0 (15/05/25 12:00:00)] were not greater than the threshold (0.0) and 1 missing datapoint was treated as [Breaching] (minimum 2 datapoints for ALARM -> OK transition).",
    );
    check_reason(
        three,
        "- - 4",
        "OK",
        "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Missing].",
    );
}

#[test]
fn no_data_is_insufficient_and_says_of_how_many() {
    for (periods, expected) in [
        (1, "Insufficient Data: 1 datapoint was unknown."),
        (5, "Insufficient Data: 5 datapoints were unknown."),
    ] {
        let mut cloudwatch = cloudwatch(0);
        put_alarm(
            &mut cloudwatch,
            json!({"EvaluationPeriods": periods}),
            after(0),
        );
        let set = json!({"AlarmName": "errors", "StateValue": "OK", "StateReason": ""});
        cloudwatch
            .call("SetAlarmState", &set, after(0))
            .expect("SetAlarmState");
        assert_eq!(
            described(&mut cloudwatch, after(60))["StateReason"],
            expected
        );
    }
}

/// Minute 12:00 without and 12:01 with two errors, and what an alarm's `StateReasonData` ends with.
fn check_reason_data(changes: Value, expected: &str) {
    let mut cloudwatch = cloudwatch(0);
    invoke(&mut cloudwatch, after(5), Duration::ZERO, false);
    invoke(&mut cloudwatch, after(60), Duration::ZERO, true);
    invoke(&mut cloudwatch, after(61), Duration::ZERO, true);
    let tick = 120 + own_second();
    put_alarm(&mut cloudwatch, changes, after(tick - 1));
    let start = format!(
        r#"{{"version":"1.0","queryDate":"2025-05-15T12:02:{:02}.000+0000","#,
        own_second()
    );
    let alarm = described(&mut cloudwatch, after(tick));
    let data = alarm["StateReasonData"]
        .as_str()
        .and_then(|data| data.strip_prefix(&start));
    assert_eq!(data, Some(expected));
}

#[test]
fn reason_data_is_that_of_captures() {
    check_reason_data(
        json!({"EvaluationPeriods": 2, "DatapointsToAlarm": 1, "Unit": "Count"}),
        r#""startDate":"2025-05-15T12:00:00.000+0000","unit":"Count","statistic":"Sum","period":60,"recentDatapoints":[0.0,2.0],"threshold":0.0,"evaluatedDatapoints":[{"timestamp":"2025-05-15T12:01:00.000+0000","sampleCount":2.0,"value":2.0}]}"#,
    );
    // Two data points are fine, one is what it takes.
    check_reason_data(
        json!({"EvaluationPeriods": 2, "Threshold": 10.5}),
        r#""startDate":"2025-05-15T12:00:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[0.0,2.0],"threshold":10.5,"evaluatedDatapoints":[{"timestamp":"2025-05-15T12:01:00.000+0000","sampleCount":2.0,"value":2.0}]}"#,
    );
    check_reason_data(
        json!({"EvaluationPeriods": 2, "MetricName": "Throttles", "TreatMissingData": "breaching"}),
        r#""statistic":"Sum","period":60,"recentDatapoints":[],"threshold":0.0,"evaluatedDatapoints":[{"timestamp":"2025-05-15T12:01:00.000+0000"},{"timestamp":"2025-05-15T12:00:00.000+0000"}]}"#,
    );
}

#[test]
fn reason_data_stays_within_the_model_however_long_the_alarm_looks_back() {
    let mut cloudwatch = cloudwatch(0);
    for minute in 0..1500 {
        invoke(&mut cloudwatch, after(minute * 60), Duration::ZERO, true);
    }
    put_alarm(
        &mut cloudwatch,
        json!({"EvaluationPeriods": 1440}),
        after(1500 * 60),
    );
    let alarm = described(&mut cloudwatch, after(1501 * 60));
    assert_eq!(alarm["StateValue"], "ALARM");
    let data = alarm["StateReasonData"].as_str().expect("text");
    assert!((3000..=4000).contains(&data.len()), "{}", data.len());
    assert!(alarm["StateReason"].as_str().expect("text").len() <= 1023);
}
