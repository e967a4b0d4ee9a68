//! `PutMetricData` and `GetMetricStatistics`.

use super::*;

fn check_data_refused(datum: Value, expected: &str) {
    check_refused(
        "PutMetricData",
        &json!({"Namespace": "N", "MetricData": [datum]}),
        expected,
    );
}

#[test]
fn metric_data_comes_back_as_statistics() {
    let mut cloudwatch = cloudwatch(15);
    let data = json!([
        {"MetricName": "m", "Value": 3, "Timestamp": after(60).epoch_seconds()},
        {"MetricName": "m", "Values": [1.0, 5.0], "Counts": [2, 1], "Timestamp": after(119).epoch_seconds()},
        {"MetricName": "m", "StatisticValues": {"SampleCount": 4, "Sum": 8, "Minimum": 0.5, "Maximum": 9}, "Timestamp": after(61).epoch_seconds()},
        {"MetricName": "m", "Value": 1, "Timestamp": after(180).epoch_seconds()},
        {"MetricName": "m", "Value": 70, "Unit": "Percent", "Timestamp": after(60).epoch_seconds()},
        {"MetricName": "m", "Values": [4], "Counts": [0], "Timestamp": after(120).epoch_seconds()},
        {"MetricName": "other", "Value": 3},
    ]);
    cloudwatch
        .call(
            "PutMetricData",
            &json!({"Namespace": "N", "MetricData": data}),
            after(119),
        )
        .expect("PutMetricData");
    let mut query = |now: u64, changes: Value| {
        let mut input = json!({
            "Namespace": "N", "MetricName": "m", "Period": 60, "Unit": "None",
            "Statistics": ["SampleCount", "Sum", "Minimum", "Maximum", "Average"],
            "StartTime": after(30).epoch_seconds(), "EndTime": after(240).epoch_seconds(),
        });
        for (name, value) in changes.as_object().expect("an object") {
            input[name] = value.clone();
        }
        cloudwatch
            .call("GetMetricStatistics", &input, after(now))
            .expect("GetMetricStatistics")["Datapoints"]
            .clone()
    };
    let first = json!({"Timestamp": after(60).epoch_seconds(), "SampleCount": 8.0, "Sum": 18.0, "Minimum": 0.5, "Maximum": 9.0, "Average": 2.25, "Unit": "None"});
    assert_eq!(query(133, json!({})), json!([]), "not delivered yet");
    let until = json!({"EndTime": after(180).epoch_seconds()});
    assert_eq!(query(134, until), json!([first]));
    assert_eq!(
        query(255, json!({"Statistics": ["Sum"]})),
        json!([
            {"Timestamp": after(60).epoch_seconds(), "Sum": 18.0, "Unit": "None"},
            {"Timestamp": after(180).epoch_seconds(), "Sum": 1.0, "Unit": "None"},
        ])
    );
    assert_eq!(
        query(
            255,
            json!({"Statistics": ["Sum"], "Period": 240, "Unit": null})
        ),
        json!([
            {"Timestamp": after(0).epoch_seconds(), "Sum": 19.0, "Unit": "None"},
            {"Timestamp": after(0).epoch_seconds(), "Sum": 70.0, "Unit": "Percent"},
        ])
    );
    assert_eq!(query(255, json!({"MetricName": "nothing"})), json!([]));
}

#[test]
fn put_metric_data_refuses() {
    let value = |value: Value| json!({"MetricName": "m", "Value": value});
    for (datum, expected) in [
        (
            value(json!("NaN")),
            "InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            value(json!("-Infinity")),
            "InvalidParameterValue: The value -∞ for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            value(json!("a lot")),
            "SerializationException: Value must be a number",
        ),
        (
            json!({"MetricName": "m"}),
            "InvalidParameterCombination: At least one of the parameters must be specified.",
        ),
        (
            json!({"Value": 1}),
            "MissingParameter: The parameter MetricData.member.1.MetricName is required.",
        ),
        (
            json!({"MetricName": "m", "Value": 1, "Values": [1]}),
            "InvalidParameterCombination: The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.",
        ),
        (
            json!({"MetricName": "m", "Values": [1, 2], "Counts": [1]}),
            "InvalidParameterValue: The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
        ),
        (
            json!({"MetricName": "m", "Values": [1], "Counts": [-1]}),
            "InvalidParameterValue: The value -1 for parameter MetricData.member.1.Counts.member.1 is invalid.",
        ),
        (
            json!({"MetricName": "m", "Values": vec![1; 151]}),
            "InvalidParameterValue: The collection MetricData.member.1.Values must not have a size greater than 150.",
        ),
        (
            json!({"MetricName": "m", "StatisticValues": {"SampleCount": 0, "Sum": 0, "Minimum": 0, "Maximum": 0}}),
            "InvalidParameterValue: The value 0 for parameter MetricData.member.1.StatisticValues.SampleCount is invalid.",
        ),
        (
            json!({"MetricName": "m", "StatisticValues": {"SampleCount": 1}}),
            "MissingParameter: The parameter MetricData.member.1.StatisticValues.Sum is required.",
        ),
        (
            json!({"MetricName": "m", "Value": 1, "Timestamp": 0}),
            "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
        ),
        (
            json!({"MetricName": "m", "Value": 1, "Timestamp": after(7201).epoch_seconds()}),
            "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future.",
        ),
        (
            json!({"MetricName": "m", "Value": 1, "Timestamp": -1e300}),
            "SerializationException: Timestamp must be a time from 1970 on",
        ),
        (
            json!({"MetricName": "m", "Value": 1, "Timestamp": "NaN"}),
            "SerializationException: Timestamp must be a time from 1970 on",
        ),
    ] {
        check_data_refused(datum, expected);
    }
    check_data_refused(
        value(json!(1e109)),
        &format!(
            "InvalidParameterValue: The value {} for parameter MetricData.member.1.Value is invalid.",
            1e109
        ),
    );
    let data = json!([value(json!(1))]);
    for (input, expected) in [
        (
            json!({"MetricData": data}),
            "MissingParameter: The parameter Namespace is required.",
        ),
        (
            json!({"Namespace": "N"}),
            "MissingParameter: The parameter MetricData is required.",
        ),
        (
            json!({"Namespace": "AWS/Lambda", "MetricData": data}),
            "InvalidParameterValue: The value AWS/ for parameter Namespace is invalid.",
        ),
        (
            json!({"Namespace": "N", "MetricData": vec![value(json!(1)); 1001]}),
            "InvalidParameterValue: The collection MetricData must not have a size greater than 1000.",
        ),
        (
            json!([]),
            "SerializationException: a structure is expected where there is none",
        ),
    ] {
        check_refused("PutMetricData", &input, expected);
    }
}

#[test]
fn get_metric_statistics_refuses() {
    let query = |changes: Value| {
        let mut input = json!({"Namespace": "N", "MetricName": "m", "Period": 60, "Statistics": ["Sum"], "StartTime": after(0).epoch_seconds(), "EndTime": after(60).epoch_seconds()});
        for (name, value) in changes.as_object().expect("an object") {
            input[name] = value.clone();
        }
        input
    };
    for (changes, expected) in [
        (
            json!({"EndTime": after(0).epoch_seconds()}),
            "InvalidParameterValue: The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            json!({"StartTime": 0, "EndTime": 96_480}),
            "InvalidParameterCombination: You have requested up to 1,608 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        ),
        (
            json!({"Statistics": null}),
            "InvalidParameterCombination: At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ),
        (
            json!({"StartTime": null}),
            "MissingParameter: The parameter StartTime is required.",
        ),
        (
            json!({"Period": -60}),
            "ValidationError: 1 validation error detected: Value '-60' at 'period' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            json!({"Period": 61}),
            "InvalidParameterValue: The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
        ),
        (
            json!({"Period": 9_223_372_036_854_775_807_i64}),
            "InvalidParameterValue: The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
        ),
    ] {
        check_refused("GetMetricStatistics", &query(changes), expected);
    }
}

#[test]
fn one_refused_datum_keeps_out_the_whole_request() {
    let mut cloudwatch = cloudwatch(0);
    let input = json!({"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1}, {"MetricName": "m", "Value": "NaN"}]});
    cloudwatch
        .call("PutMetricData", &input, after(0))
        .expect_err("NaN");
    let query = json!({"Namespace": "N", "MetricName": "m", "Period": 60, "Statistics": ["Sum"], "StartTime": after(0).epoch_seconds(), "EndTime": after(60).epoch_seconds()});
    assert_eq!(
        cloudwatch
            .call("GetMetricStatistics", &query, after(600))
            .expect("valid")["Datapoints"],
        json!([])
    );
}
