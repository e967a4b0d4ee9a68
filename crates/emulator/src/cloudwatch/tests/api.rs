//! The operations on alarms: what they refuse and in which words, and what they answer.

use super::*;

fn check_alarm_refused(changes: Value, expected: &str) {
    check_refused(
        "PutMetricAlarm",
        &alarm(changes),
        &format!("ValidationError: {expected}"),
    );
}

#[test]
fn put_metric_alarm_refuses_in_the_words_of_aws() {
    let one = "1 validation error detected: Value";
    let day = "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600";
    let week = "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600";
    for (changes, expected) in [
        (json!({"AlarmName": null}), format!("{one} null at 'alarmName' failed to satisfy constraint: Member must not be null")),
        (json!({"AlarmName": ""}), format!("{one} '' at 'alarmName' failed to satisfy constraint: Member must have length greater than or equal to 1")),
        (json!({"Period": 0}), format!("{one} '0' at 'period' failed to satisfy constraint: Member must have value greater than or equal to 1")),
        (
            json!({"Period": -60, "EvaluationPeriods": -1}),
            "2 validation errors detected: Value '-60' at 'period' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '-1' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1".to_owned(),
        ),
        (json!({"Statistic": "p99"}), format!("{one} 'p99' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set: [SampleCount, Average, Sum, Minimum, Maximum]")),
        (json!({"TreatMissingData": "skip"}), format!("{one} 'skip' at 'treatMissingData' failed to satisfy constraint: Member must satisfy enum value set: [breaching, notBreaching, ignore, missing]")),
        (json!({"AlarmActions": ["", "", "", "", "", ""]}), format!("{one} at 'alarmActions' failed to satisfy constraint: Member must have length less than or equal to 5")),
        (json!({"Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]}), format!("{one} 'a' at 'dimensions.2.member.name' failed to satisfy constraint: Member must be unique")),
        (json!({"Dimensions": [{"Name": "a"}]}), format!("{one} null at 'dimensions.1.member.value' failed to satisfy constraint: Member must not be null")),
        (json!({"MetricName": null}), "MetricName must not be null".to_owned()),
        (json!({"Period": null}), "Period must not be null".to_owned()),
        (json!({"Threshold": null}), "Threshold must not be null".to_owned()),
        (json!({"Threshold": "NaN"}), "The value NaN for parameter Threshold is invalid.".to_owned()),
        (json!({"Period": 7}), "Period must be 10, 20, 30 or a multiple of 60".to_owned()),
        (json!({"Period": 90}), "Period must be 10, 20, 30 or a multiple of 60".to_owned()),
        (json!({"Period": 30}), "Only a period greater than 60s is supported for metrics in the \"AWS/\" namespaces".to_owned()),
        (json!({"DatapointsToAlarm": 2}), "DatapointsToAlarm must be less than or equal to EvaluationPeriods".to_owned()),
        (json!({"EvaluationPeriods": 1441}), day.to_owned()),
        (json!({"EvaluationPeriods": 2_147_483_647, "Period": 2_147_483_640}), week.to_owned()),
        (json!({"EvaluationPeriods": 169, "Period": 3600}), week.to_owned()),
        (json!({"Metrics": []}), "Metrics: metric math is not emulated".to_owned()),
        (json!({"EvaluationWindow": {"WallClockWindow": {}}}), "EvaluationWindow: only SlidingWindow is emulated".to_owned()),
    ] {
        check_alarm_refused(changes, &expected);
    }
    for (changes, what) in [
        (json!({"Period": "60"}), "Period must be an integer"),
        (json!({"Period": 60.5}), "Period must be an integer"),
        (json!({"Threshold": "high"}), "Threshold must be a number"),
        (
            json!({"ActionsEnabled": "yes"}),
            "ActionsEnabled must be a boolean",
        ),
        (
            json!({"Dimensions": {"a": "b"}}),
            "Dimensions must be a list",
        ),
        (
            json!({"Dimensions": ["a"]}),
            "a structure is expected where there is none",
        ),
    ] {
        check_refused(
            "PutMetricAlarm",
            &alarm(changes),
            &format!("SerializationException: {what}"),
        );
    }
}

#[test]
fn put_metric_alarm_takes_what_aws_takes() {
    for changes in [
        json!({"EvaluationPeriods": 1440}),
        json!({"EvaluationPeriods": 168, "Period": 3600}),
        json!({"EvaluationPeriods": 1, "Period": 86400}),
        json!({"Namespace": "Custom", "Period": 20}),
        json!({"Dimensions": null}),
        json!({"EvaluationPeriods": 5, "DatapointsToAlarm": 5}),
        json!({"EvaluationWindow": {"SlidingWindow": {}}}),
        json!({"Tags": [{"Key": "a", "Value": "b"}]}),
        json!({"Threshold": -1.5e-9}),
    ] {
        put_alarm(&mut cloudwatch(0), changes, after(0));
    }
}

#[test]
fn an_alarm_is_described_as_the_service_model_has_it() {
    let mut cloudwatch = cloudwatch(0);
    let changes = json!({"AlarmDescription": "d", "DatapointsToAlarm": 1, "OKActions": ["arn:o"], "TreatMissingData": "ignore", "Unit": "Count"});
    put_alarm(&mut cloudwatch, changes, after(0));
    let expected = json!({
        "AlarmName": "errors",
        "AlarmDescription": "d",
        "ActionsEnabled": true,
        "OKActions": ["arn:o"],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "Statistic": "Sum",
        "Dimensions": [{"Name": "FunctionName", "Value": "orders"}, {"Name": "Resource", "Value": "orders:prod"}],
        "Period": 60,
        "Unit": "Count",
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:errors",
        "AlarmConfigurationUpdatedTimestamp": 1_747_310_400.0,
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": 1_747_310_400.0,
        "StateTransitionedTimestamp": 1_747_310_400.0,
    });
    assert_eq!(described(&mut cloudwatch, after(0)), expected);
}

#[test]
fn describe_alarms_selects_and_pages() {
    let mut cloudwatch = cloudwatch(0);
    for name in ["b2", "a1", "b1", "a2", "c"] {
        let changes = json!({"AlarmName": name, "AlarmActions": [format!("arn:{name}")]});
        put_alarm(&mut cloudwatch, changes, after(0));
    }
    let set = json!({"AlarmName": "b1", "StateValue": "ALARM", "StateReason": "r"});
    cloudwatch
        .call("SetAlarmState", &set, after(0))
        .expect("SetAlarmState");
    let mut names = |input: Value| {
        let output = cloudwatch
            .call("DescribeAlarms", &input, after(0))
            .expect("DescribeAlarms");
        let alarms = output["MetricAlarms"].as_array().expect("a list").iter();
        let names: Vec<_> = alarms
            .map(|alarm| alarm["AlarmName"].as_str().expect("text").to_owned())
            .collect();
        (names.join(" "), output["NextToken"].clone())
    };
    for (input, expected) in [
        (json!({}), "a1 a2 b1 b2 c"),
        (json!({"AlarmNames": ["c", "nobody", "a1"]}), "a1 c"),
        (json!({"AlarmNamePrefix": "b"}), "b1 b2"),
        (json!({"StateValue": "ALARM"}), "b1"),
        (json!({"StateValue": "OK"}), ""),
        (json!({"ActionPrefix": "arn:a"}), "a1 a2"),
        (json!({"AlarmTypes": ["CompositeAlarm"]}), ""),
        (
            json!({"AlarmTypes": ["CompositeAlarm", "MetricAlarm"], "AlarmNamePrefix": "c"}),
            "c",
        ),
    ] {
        assert_eq!(
            names(input.clone()),
            (expected.to_owned(), Value::Null),
            "{input}"
        );
    }

    let (mut token, mut pages) = (Value::Null, Vec::new());
    loop {
        let (page, next) = names(json!({"MaxRecords": 2, "NextToken": token}));
        pages.push(page);
        if next.is_null() {
            break;
        }
        token = next;
    }
    assert_eq!(pages, ["a1 a2", "b1 b2", "c"]);

    check_refused(
        "DescribeAlarms",
        &json!({"NextToken": "?"}),
        "InvalidNextToken: The next token specified is invalid.",
    );
    check_refused(
        "DescribeAlarms",
        &json!({"MaxRecords": 0, "StateValue": "BAD"}),
        "ValidationError: 2 validation errors detected: Value 'BAD' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]; Value '0' at 'maxRecords' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
}

#[test]
fn deleting_passes_over_names_without_an_alarm() {
    let mut cloudwatch = cloudwatch(0);
    put_alarm(&mut cloudwatch, json!({}), after(0));
    cloudwatch
        .call(
            "DeleteAlarms",
            &json!({"AlarmNames": ["nobody", "errors"]}),
            after(0),
        )
        .expect("DeleteAlarms");
    assert_eq!(cloudwatch.alarm_state("errors"), None);
    assert_eq!(cloudwatch.next_due(), None);
    check_refused(
        "DeleteAlarms",
        &json!({}),
        "ValidationError: 1 validation error detected: Value null at 'alarmNames' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn history_holds_changes_of_state_newest_first() {
    let mut cloudwatch = cloudwatch(0);
    put_alarm(&mut cloudwatch, json!({}), after(0));
    for (second, state) in [(1, "ALARM"), (2, "ALARM"), (3, "OK")] {
        let set = json!({"AlarmName": "errors", "StateValue": state, "StateReason": format!("r{second}"), "StateReasonData": "{\"a\":1}"});
        cloudwatch
            .call("SetAlarmState", &set, after(second))
            .expect("SetAlarmState");
    }
    let mut history = |input: Value| {
        let output = cloudwatch
            .call("DescribeAlarmHistory", &input, after(3))
            .expect("DescribeAlarmHistory");
        output["AlarmHistoryItems"]
            .as_array()
            .expect("a list")
            .clone()
    };
    let items = history(json!({"AlarmName": "errors"}));
    assert_eq!(
        items
            .iter()
            .map(|item| &item["HistorySummary"])
            .collect::<Vec<_>>(),
        [
            "Alarm updated from ALARM to OK",
            "Alarm updated from INSUFFICIENT_DATA to ALARM"
        ]
    );
    assert_eq!(
        items[0]["HistoryData"],
        r#"{"version":"1.0","oldState":{"stateValue":"ALARM","stateReason":"r2"},"newState":{"stateValue":"OK","stateReason":"r3","stateReasonData":{"a":1}}}"#
    );
    for (input, expected) in [
        (
            json!({"ScanBy": "TimestampAscending", "MaxRecords": 1}),
            vec![1],
        ),
        (json!({"StartDate": after(2).epoch_seconds()}), vec![3]),
        (json!({"EndDate": after(2).epoch_seconds()}), vec![1]),
        (json!({"HistoryItemType": "Action"}), vec![]),
        (json!({"AlarmName": "nobody"}), vec![]),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|second| json!(after(second).epoch_seconds()))
            .collect();
        assert_eq!(
            history(input.clone())
                .iter()
                .map(|item| item["Timestamp"].clone())
                .collect::<Vec<_>>(),
            expected,
            "{input}"
        );
    }
}

#[test]
fn other_refusals() {
    let set = |state: &str| json!({"AlarmName": "nobody", "StateValue": state, "StateReason": "r"});
    check_refused(
        "SetAlarmState",
        &set("OK"),
        "ResourceNotFound: Alarm nobody does not exist.",
    );
    check_refused(
        "SetAlarmState",
        &set("FINE"),
        "ValidationError: 1 validation error detected: Value 'FINE' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
    );
    let mut invalid = set("OK");
    invalid["StateReasonData"] = "{".into();
    check_refused(
        "SetAlarmState",
        &invalid,
        "InvalidFormat: StateReasonData is not valid JSON.",
    );
    check_refused(
        "ListDashboards",
        &json!({}),
        "UnknownOperationException: The operation ListDashboards is not known here.",
    );
    assert_eq!(
        cloudwatch(0)
            .call("SetAlarmState", &set("OK"), after(0))
            .expect_err("no alarm")
            .status,
        404
    );
}
