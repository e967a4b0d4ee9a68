//! Actions on and off, tags, and alarms by their metric.

use super::*;

#[test]
fn actions_are_turned_off_and_on() {
    let mut cloudwatch = cloudwatch(0);
    put_alarm(&mut cloudwatch, json!({}), after(0));
    for (operation, expected) in [("DisableAlarmActions", false), ("EnableAlarmActions", true)] {
        let input = json!({"AlarmNames": ["nobody", "errors"]});
        cloudwatch
            .call(operation, &input, after(1))
            .expect(operation);
        assert_eq!(
            described(&mut cloudwatch, after(1))["ActionsEnabled"],
            expected
        );
        check_refused(
            operation,
            &json!({}),
            "ValidationError: 1 validation error detected: Value null at 'alarmNames' failed to satisfy constraint: Member must not be null",
        );
    }
}

#[test]
fn alarms_are_found_by_their_metric() {
    let mut cloudwatch = cloudwatch(0);
    put_alarm(&mut cloudwatch, json!({}), after(0));
    put_alarm(
        &mut cloudwatch,
        json!({"AlarmName": "other", "Dimensions": [], "Period": 300, "Unit": "Count"}),
        after(0),
    );
    let both = alarm(json!({}))["Dimensions"].clone();
    for (changes, expected) in [
        (json!({}), json!(["other"])),
        (json!({"Dimensions": both}), json!(["errors"])),
        (json!({"Dimensions": [both[0]]}), json!([])),
        (
            json!({"Period": 300, "Unit": "Count", "Statistic": "Sum"}),
            json!(["other"]),
        ),
        (json!({"Period": 60}), json!([])),
        (json!({"Statistic": "Average"}), json!([])),
        (json!({"ExtendedStatistic": "p99"}), json!([])),
        (json!({"MetricName": "Duration"}), json!([])),
    ] {
        let mut input = json!({"MetricName": "Errors", "Namespace": "AWS/Lambda"});
        for (name, value) in changes.as_object().expect("an object") {
            input[name] = value.clone();
        }
        let output = cloudwatch
            .call("DescribeAlarmsForMetric", &input, after(0))
            .expect("DescribeAlarmsForMetric");
        let alarms = output["MetricAlarms"].as_array().expect("alarms");
        let names: Value = alarms
            .iter()
            .map(|alarm| alarm["AlarmName"].clone())
            .collect();
        assert_eq!(names, expected, "{input}");
    }
}

#[test]
fn alarms_have_tags() {
    let mut cloudwatch = cloudwatch(0);
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    put_alarm(&mut cloudwatch, json!({"Tags": [tag("a", "1")]}), after(0));
    put_alarm(&mut cloudwatch, json!({"Tags": [tag("no", "")]}), after(0));
    let arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:errors";
    for (operation, changes, expected) in [
        (
            "TagResource",
            json!({"Tags": [tag("b", ""), tag("a", "2")]}),
            json!([tag("a", "2"), tag("b", "")]),
        ),
        (
            "UntagResource",
            json!({"TagKeys": ["a", "none"]}),
            json!([tag("b", "")]),
        ),
    ] {
        let mut input = changes;
        input["ResourceARN"] = arn.into();
        cloudwatch
            .call(operation, &input, after(0))
            .expect(operation);
        let output = cloudwatch
            .call(
                "ListTagsForResource",
                &json!({ "ResourceARN": arn }),
                after(0),
            )
            .expect("ListTagsForResource");
        assert_eq!(output, json!({ "Tags": expected }), "{operation}");
    }
    let too_many: Vec<Value> = (0..50).map(|number| tag(&number.to_string(), "")).collect();
    let error = cloudwatch
        .call(
            "TagResource",
            &json!({"ResourceARN": arn, "Tags": too_many}),
            after(0),
        )
        .expect_err("51 tags");
    assert_eq!(
        error.to_string(),
        "ValidationError: A resource can have at most 50 tags."
    );
    let nobody = json!({"ResourceARN": arn.replace("errors", "nobody")});
    check_refused(
        "ListTagsForResource",
        &nobody,
        "ResourceNotFoundException: Resource arn:aws:cloudwatch:eu-central-1:123456789012:alarm:nobody does not exist.",
    );
}
