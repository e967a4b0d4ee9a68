//! The module's tests: `alarms` in simulated time, those on `custom` metrics and their `reasons`, `api` and `data` the operations,
//! `wire` the CBOR bodies.

mod alarms;
mod api;
mod custom;
mod data;
mod queries;
mod reasons;
mod settings;
mod shifts;
mod wire;

use std::time::Duration;

use deployment::Timestamp;
use serde_json::{Value, json};

use super::alarm::AlarmDefinition;
use super::{CloudWatch, LambdaInvocation, next_evaluation};

/// 2025-05-15T12:00:00Z plus so many seconds.
fn after(seconds: u64) -> Timestamp {
    Timestamp::from_millis((1_747_310_400 + seconds) * 1000)
}

fn cloudwatch(delay: u64) -> CloudWatch {
    CloudWatch::new("eu-central-1", "123456789012").with_delivery_delay(Duration::from_secs(delay))
}

/// The input of `PutMetricAlarm`: the alarm that the SAM documentation shows, with `changes` laid over
/// it; `null` takes a member away.
fn alarm(changes: Value) -> Value {
    let mut input = json!({
        "AlarmName": "errors",
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "Statistic": "Sum",
        "Dimensions": [
            {"Name": "FunctionName", "Value": "orders"},
            {"Name": "Resource", "Value": "orders:prod"},
        ],
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
    });
    for (name, value) in changes.as_object().expect("changes are an object") {
        input[name] = value.clone();
    }
    input
}

fn put_alarm(cloudwatch: &mut CloudWatch, changes: Value, now: Timestamp) {
    cloudwatch
        .call("PutMetricAlarm", &alarm(changes), now)
        .expect("the alarm is valid");
}

/// An invocation of `orders:prod` that ran as version 7.
fn invoke(cloudwatch: &mut CloudWatch, at: Timestamp, duration: Duration, error: bool) {
    cloudwatch
        .metrics_mut()
        .record_invocation(&LambdaInvocation {
            function_name: "orders",
            resource: "orders:prod",
            executed_version: Some("7"),
            started: at,
            ended: at + duration,
            duration,
            error,
        });
}

fn described(cloudwatch: &mut CloudWatch, now: Timestamp) -> Value {
    let output = cloudwatch
        .call("DescribeAlarms", &json!({"AlarmNames": ["errors"]}), now)
        .expect("DescribeAlarms");
    output["MetricAlarms"][0].clone()
}

/// Calls `operation` and expects the error `code: message`.
fn check_refused(operation: &str, input: &Value, expected: &str) {
    let error = cloudwatch(0)
        .call(operation, input, after(0))
        .expect_err(expected);
    assert_eq!(error.to_string(), expected, "{operation} {input}");
}

/// The second of the minute at which the alarm `errors` is evaluated.
fn own_second() -> u64 {
    let definition = AlarmDefinition::parse(&alarm(json!({}))).expect("the alarm is valid");
    (next_evaluation(&definition, after(0)).as_millis() - after(0).as_millis()) / 1000 % 60
}
