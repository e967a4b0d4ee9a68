//! Alarms over simulated time: cadence, windows, delivery.

use super::super::StateValue;
use super::*;

/// Runs alarms until `end` as a driver does, and returns the changes as (seconds, state).
fn run(cloudwatch: &mut CloudWatch, end: u64) -> Vec<(u64, &'static str)> {
    let mut changes = Vec::new();
    while let Some(due) = cloudwatch.next_due().filter(|due| *due <= after(end)) {
        changes.extend(cloudwatch.advance(due));
        assert!(cloudwatch.next_due() > Some(due), "time must move on");
    }
    changes
        .iter()
        .map(|change| {
            (
                (change.at.as_millis() - after(0).as_millis()) / 1000,
                change.to.as_str(),
            )
        })
        .collect()
}

#[test]
fn an_alarm_is_evaluated_at_its_own_second_first_within_its_cadence() {
    for (changes, namespace, cadence) in [
        (json!({}), "AWS/Lambda", 60),
        (json!({"Period": 600}), "AWS/Lambda", 60),
        (json!({"Period": 10}), "Custom", 10),
        (
            json!({"Period": 3600, "EvaluationPeriods": 24}),
            "AWS/Lambda",
            60,
        ),
        (
            json!({"Period": 3600, "EvaluationPeriods": 25}),
            "AWS/Lambda",
            3600,
        ),
    ] {
        for created in [0, 1, 17, 59, 3599] {
            let mut changes = changes.clone();
            changes["Namespace"] = namespace.into();
            let mut cloudwatch = cloudwatch(15);
            put_alarm(&mut cloudwatch, changes.clone(), after(created));
            let first = cloudwatch.next_due().expect("an alarm is due");
            assert!(
                first > after(created) && first <= after(created + cadence),
                "{changes}"
            );
            cloudwatch.advance(first);
            assert_eq!(
                cloudwatch.next_due(),
                Some(first + Duration::from_secs(cadence)),
                "{changes}"
            );
        }
    }
}

#[test]
fn alarms_do_not_all_share_one_second() {
    let mut seconds: Vec<_> = (0..50)
        .map(|number| {
            let definition =
                AlarmDefinition::parse(&alarm(json!({"AlarmName": format!("alarm-{number}")})));
            next_evaluation(&definition.expect("the alarm is valid"), after(0)).as_millis() / 1000
                % 60
        })
        .collect();
    seconds.sort_unstable();
    seconds.dedup();
    assert!(seconds.len() > 20, "{seconds:?}");
}

#[test]
fn windows_slide_minute_by_minute() {
    // One error in minute 10 among invocations in every minute.
    for (period, first_minute_in_alarm, first_minute_back) in
        [(60, 11, 12), (300, 11, 16), (600, 11, 21)]
    {
        let mut cloudwatch = cloudwatch(0);
        put_alarm(
            &mut cloudwatch,
            json!({"Period": period, "TreatMissingData": "notBreaching"}),
            after(0),
        );
        for minute in 0..40 {
            invoke(
                &mut cloudwatch,
                after(minute * 60 + 20),
                Duration::from_millis(5),
                minute == 10,
            );
        }
        let changes: Vec<_> = run(&mut cloudwatch, 2400)
            .into_iter()
            .map(|(seconds, state)| (seconds / 60, state))
            .collect();
        assert_eq!(
            changes[1..],
            [(first_minute_in_alarm, "ALARM"), (first_minute_back, "OK")],
            "{period}"
        );
    }
}

#[test]
fn windows_are_not_aligned_to_the_clock() {
    // The user guide's example: at 12:15 data points of 12:00, 12:05 and 12:10, at 12:16 one minute later.
    for (minute, expected) in [
        (15, ["12:10", "12:05", "12:00"]),
        (16, ["12:11", "12:06", "12:01"]),
    ] {
        let mut cloudwatch = cloudwatch(0);
        let created = after(minute * 60 + own_second() - 1);
        let changes =
            json!({"Period": 300, "EvaluationPeriods": 3, "TreatMissingData": "breaching"});
        put_alarm(&mut cloudwatch, changes, created);
        let data =
            described(&mut cloudwatch, created + Duration::from_secs(1))["StateReasonData"].clone();
        let data: Value = serde_json::from_str(data.as_str().expect("text")).expect("JSON");
        let times: Vec<_> = data["evaluatedDatapoints"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|point| &point["timestamp"])
            .collect();
        let expected = expected.map(|time| format!("2025-05-15T{time}:00.000+0000"));
        assert_eq!(times, expected.iter().collect::<Vec<_>>());
    }
}

#[test]
fn without_filling_the_last_real_datapoint_is_used_again() {
    // Rule 3: with one evaluation period the range is three periods, so an alarm that has seen nothing
    // since its error stays in ALARM for three minutes in spite of notBreaching.
    let mut cloudwatch = cloudwatch(0);
    put_alarm(
        &mut cloudwatch,
        json!({"TreatMissingData": "notBreaching"}),
        after(0),
    );
    invoke(&mut cloudwatch, after(620), Duration::ZERO, true);
    let second = own_second();
    assert_eq!(
        run(&mut cloudwatch, 1200),
        [
            (if second == 0 { 60 } else { second }, "OK"),
            (11 * 60 + second, "ALARM"),
            (14 * 60 + second, "OK"),
        ]
    );
}

#[test]
fn datapoints_are_seen_only_when_they_have_been_delivered() {
    for delay in [0, 15, 45, 90, 200] {
        // The function starts in minute 10 and ends `lasting` later: its minute is over then.
        for lasting in [0, 30, 200] {
            let mut cloudwatch = cloudwatch(delay);
            put_alarm(
                &mut cloudwatch,
                json!({"EvaluationPeriods": 10, "DatapointsToAlarm": 1}),
                after(0),
            );
            invoke(
                &mut cloudwatch,
                after(620),
                Duration::from_secs(lasting),
                true,
            );
            let visible = (620 + lasting) / 60 * 60 + 60 + delay;
            let expected = (0..)
                .map(|minute| minute * 60 + own_second())
                .find(|tick| *tick >= visible);
            let alarmed = run(&mut cloudwatch, 2400)
                .into_iter()
                .find(|(_, state)| *state == "ALARM");
            assert_eq!(
                alarmed.map(|(seconds, _)| seconds),
                expected,
                "delay {delay}, lasting {lasting}"
            );
        }
    }
}

#[test]
fn how_late_advance_is_called_makes_no_difference() {
    let prepared = || {
        let mut cloudwatch = cloudwatch(15);
        for name in ["a", "b", "c"] {
            put_alarm(
                &mut cloudwatch,
                json!({"AlarmName": name, "TreatMissingData": "notBreaching"}),
                after(0),
            );
        }
        for minute in 0..60 {
            invoke(
                &mut cloudwatch,
                after(minute * 60 + 20),
                Duration::from_millis(5),
                minute % 7 == 0,
            );
        }
        cloudwatch
    };
    let at_once = prepared().advance(after(3600));
    let mut stepwise = prepared();
    let steps: Vec<_> = (0..=3600)
        .flat_map(|second| stepwise.advance(after(second)))
        .collect();
    assert!(at_once.len() > 30, "{}", at_once.len());
    assert_eq!(at_once, steps);
}

#[test]
fn five_thousand_minutes() {
    let mut cloudwatch = cloudwatch(15);
    for name in ["a", "b", "c", "d"] {
        let changes =
            json!({"AlarmName": name, "EvaluationPeriods": 2, "TreatMissingData": "notBreaching"});
        put_alarm(&mut cloudwatch, changes, after(0));
    }
    for minute in 0..5000 {
        invoke(
            &mut cloudwatch,
            after(minute * 60),
            Duration::from_millis(5),
            minute % 100 < 2,
        );
    }
    // To OK at the start, then 50 times to ALARM and back.
    let changes = run(&mut cloudwatch, 5000 * 60);
    assert_eq!(changes.len(), 4 * 101, "{changes:?}");
}

#[test]
fn the_state_until_and_after_an_evaluation() {
    let mut cloudwatch = cloudwatch(15);
    put_alarm(&mut cloudwatch, json!({}), after(0));
    assert_eq!(
        described(&mut cloudwatch, after(0))["StateReason"],
        "Unchecked: Initial alarm creation"
    );
    assert_eq!(
        cloudwatch.alarm_state("errors"),
        Some(StateValue::InsufficientData)
    );
    assert_eq!(cloudwatch.alarm_state("nobody"), None);

    let first = cloudwatch.next_due().expect("due");
    let set = json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "testing", "StateReasonData": "{}"});
    cloudwatch
        .call("SetAlarmState", &set, first)
        .expect("SetAlarmState");
    assert_eq!(cloudwatch.alarm_state("errors"), Some(StateValue::Alarm));
    assert_eq!(cloudwatch.alarm_state("nobody"), None);
    let changes = cloudwatch.advance(first);
    assert_eq!(
        changes
            .iter()
            .map(|change| (change.to.as_str(), change.reason.as_str()))
            .collect::<Vec<_>>(),
        [("ALARM", "testing")]
    );

    // A changed definition keeps the state, and only the next evaluation overrides what was set.
    put_alarm(
        &mut cloudwatch,
        json!({"Threshold": 5}),
        first + Duration::from_secs(59),
    );
    let alarm = described(&mut cloudwatch, first + Duration::from_secs(59));
    assert_eq!(
        (
            &alarm["StateValue"],
            &alarm["StateReason"],
            &alarm["Threshold"]
        ),
        (&json!("ALARM"), &json!("testing"), &json!(5.0))
    );
    let changes = cloudwatch.advance(first + Duration::from_secs(60));
    assert_eq!(
        changes
            .iter()
            .map(|change| (change.from.as_str(), change.to.as_str()))
            .collect::<Vec<_>>(),
        [("ALARM", "INSUFFICIENT_DATA")]
    );
}

#[test]
fn statistics_units_and_dimensions_select_what_is_evaluated() {
    for (changes, state) in [
        (
            json!({"MetricName": "Invocations", "Threshold": 2}),
            "ALARM",
        ),
        (json!({"MetricName": "Invocations", "Threshold": 3}), "OK"),
        (
            json!({"MetricName": "Errors", "Statistic": "SampleCount", "Threshold": 2}),
            "ALARM",
        ),
        (
            json!({"MetricName": "Errors", "Statistic": "Average", "Threshold": 0.33}),
            "ALARM",
        ),
        (
            json!({"MetricName": "Errors", "Statistic": "Average", "Threshold": 0.34}),
            "OK",
        ),
        (
            json!({"MetricName": "Duration", "Statistic": "Maximum", "Threshold": 299.9}),
            "ALARM",
        ),
        (
            json!({"MetricName": "Duration", "Statistic": "Minimum", "Threshold": 100}),
            "OK",
        ),
        (
            json!({"MetricName": "Duration", "Unit": "Seconds"}),
            "INSUFFICIENT_DATA",
        ),
        (json!({"Dimensions": []}), "ALARM"),
        (
            json!({"Dimensions": [{"Name": "FunctionName", "Value": "orders"}]}),
            "ALARM",
        ),
        (
            json!({"Dimensions": [{"Name": "ExecutedVersion", "Value": "7"}, {"Name": "FunctionName", "Value": "orders"}, {"Name": "Resource", "Value": "orders:prod"}]}),
            "ALARM",
        ),
        (
            json!({"Dimensions": [{"Name": "ExecutedVersion", "Value": "8"}, {"Name": "FunctionName", "Value": "orders"}, {"Name": "Resource", "Value": "orders:prod"}]}),
            "INSUFFICIENT_DATA",
        ),
        (
            json!({"Dimensions": [{"Name": "ExecutedVersion", "Value": "7"}]}),
            "INSUFFICIENT_DATA",
        ),
        (
            json!({"Dimensions": [{"Name": "Resource", "Value": "orders:prod"}]}),
            "INSUFFICIENT_DATA",
        ),
    ] {
        let mut cloudwatch = cloudwatch(0);
        for (second, error) in [(1, false), (2, true), (3, false)] {
            invoke(
                &mut cloudwatch,
                after(second),
                Duration::from_millis(second * 100),
                error,
            );
        }
        put_alarm(&mut cloudwatch, changes.clone(), after(60));
        assert_eq!(
            described(&mut cloudwatch, after(119))["StateValue"],
            state,
            "{changes}"
        );
    }
}

#[test]
fn periods_below_a_minute_see_a_minute_at_its_start() {
    // The minute that starts at 600 is seen from 660 on, until the range of three periods is past it.
    for (period, expected) in [
        (30, &[(660, "ALARM"), (700, "INSUFFICIENT_DATA")][..]),
        (20, &[(660, "ALARM"), (670, "INSUFFICIENT_DATA")]),
        (10, &[]),
    ] {
        let mut cloudwatch = cloudwatch(0);
        let changes =
            json!({"Namespace": "N", "MetricName": "m", "Dimensions": [], "Period": period});
        put_alarm(&mut cloudwatch, changes, after(0));
        let data =
            json!([{"MetricName": "m", "Value": 5, "Timestamp": after(650).epoch_seconds()}]);
        let input = json!({"Namespace": "N", "MetricData": data});
        cloudwatch
            .call("PutMetricData", &input, after(650))
            .expect("PutMetricData");
        let changes = run(&mut cloudwatch, 2400).into_iter();
        let changes: Vec<_> = changes
            .map(|(seconds, state)| (seconds / 10 * 10, state))
            .collect();
        assert_eq!(changes, expected, "{period}");
    }
}
