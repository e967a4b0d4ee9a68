//! `GetMetricData` and `ListMetrics`.

use super::*;

/// Three minutes of `m` (1, 2 and 4) and one of `m` with a dimension (10), all delivered.
fn measured() -> CloudWatch {
    let mut cloudwatch = cloudwatch(0);
    let data = [(0, 1, json!([])), (60, 2, json!([])), (120, 4, json!([])), (60, 10, json!([{"Name": "d", "Value": "v"}]))]
        .map(|(at, value, dimensions)| json!({"MetricName": "m", "Value": value, "Timestamp": after(at).epoch_seconds(), "Dimensions": dimensions}));
    cloudwatch
        .call(
            "PutMetricData",
            &json!({"Namespace": "N", "MetricData": data}),
            after(120),
        )
        .expect("PutMetricData");
    cloudwatch
}

fn query(id: &str, changes: Value) -> Value {
    let mut stat =
        json!({"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"});
    for (name, value) in changes.as_object().expect("changes are an object") {
        stat[name] = value.clone();
    }
    json!({"Id": id, "MetricStat": stat})
}

fn with_dimension(id: &str) -> Value {
    let metric =
        json!({"Namespace": "N", "MetricName": "m", "Dimensions": [{"Name": "d", "Value": "v"}]});
    query(id, json!({ "Metric": metric }))
}

/// The input of `GetMetricData` for the four minutes from 12:00 on.
fn request(queries: Value, changes: Value) -> Value {
    let mut input = json!({"MetricDataQueries": queries, "StartTime": after(0).epoch_seconds(), "EndTime": after(240).epoch_seconds()});
    for (name, value) in changes.as_object().expect("changes are an object") {
        input[name] = value.clone();
    }
    input
}

#[test]
fn metric_data_come_by_query() {
    let mut cloudwatch = measured();
    for (input, expected) in [
        (
            request(json!([query("a", json!({}))]), json!({})),
            json!([["a", "m", [120, 60, 0], [4.0, 2.0, 1.0]]]),
        ),
        (
            request(
                json!([query("a", json!({"Period": 120, "Stat": "Maximum"}))]),
                json!({"ScanBy": "TimestampAscending"}),
            ),
            json!([["a", "m", [0, 120], [2.0, 4.0]]]),
        ),
        (
            request(
                json!([query("a", json!({}))]),
                json!({"StartTime": after(59).epoch_seconds(), "EndTime": after(120).epoch_seconds()}),
            ),
            json!([["a", "m", [60, 0], [2.0, 1.0]]]),
        ),
        (
            request(
                json!([query("a", json!({"Unit": "Percent"})), with_dimension("b")]),
                json!({}),
            ),
            json!([["a", "m", [], []], ["b", "m", [60], [10.0]]]),
        ),
        (
            request(
                json!([
                    {"Id": "a", "ReturnData": false, "MetricStat": query("a", json!({}))["MetricStat"]},
                    {"Id": "b", "Label": "mine", "MetricStat": with_dimension("b")["MetricStat"]},
                ]),
                json!({}),
            ),
            json!([["b", "mine", [60], [10.0]]]),
        ),
    ] {
        let output = cloudwatch
            .call("GetMetricData", &input, after(240))
            .expect("GetMetricData");
        assert_eq!(rows(&output), expected, "{input}");
        assert_eq!(output["Messages"], json!([]));
        assert!(output.get("NextToken").is_none(), "{input}");
    }
}

/// Results as id, label, seconds after the beginning and values; all of them complete.
fn rows(output: &Value) -> Value {
    let results = output["MetricDataResults"].as_array().expect("results");
    let rows = results.iter().map(|result| {
        assert_eq!(result["StatusCode"], "Complete", "{result}");
        let times = result["Timestamps"].as_array().expect("times");
        let seconds: Vec<i64> = times
            .iter()
            .map(|at| {
                let seconds = at.as_f64().expect("seconds") - after(0).epoch_seconds();
                format!("{seconds:.0}").parse().expect("an integer")
            })
            .collect();
        json!([result["Id"], result["Label"], seconds, result["Values"]])
    });
    rows.collect()
}

#[test]
fn metric_data_come_in_pages_of_what_was_there_at_first() {
    let mut cloudwatch = measured();
    let queries = json!([query("a", json!({})), with_dimension("b")]);
    let mut token = Value::Null;
    for (now, values, status) in [
        (
            240,
            json!([[4.0, 2.0], []]),
            json!(["PartialData", "PartialData"]),
        ),
        (310, json!([[1.0], [10.0]]), json!(["Complete", "Complete"])),
    ] {
        let input = request(
            queries.clone(),
            json!({"MaxDatapoints": 2, "NextToken": token}),
        );
        let output = cloudwatch
            .call("GetMetricData", &input, after(now))
            .expect("a page");
        let column = |name: &str| -> Value {
            let results = output["MetricDataResults"].as_array().expect("results");
            results.iter().map(|result| result[name].clone()).collect()
        };
        assert_eq!((column("Values"), column("StatusCode")), (values, status));
        token = output["NextToken"].clone();
        // What comes in between is not shown.
        let late =
            json!({"MetricName": "m", "Value": 100, "Timestamp": after(180).epoch_seconds()});
        cloudwatch
            .call(
                "PutMetricData",
                &json!({"Namespace": "N", "MetricData": [late]}),
                after(now + 1),
            )
            .expect("PutMetricData");
    }
    assert_eq!(token, Value::Null);
}

#[test]
fn get_metric_data_refuses() {
    let one = |query: Value| request(json!([query]), json!({}));
    let many: Vec<Value> = (0..501)
        .map(|number| query(&format!("q{number}"), json!({})))
        .collect();
    for (input, expected) in [
        (
            json!({}),
            "ValidationError: 3 validation errors detected: Value null at 'metricDataQueries' failed to satisfy constraint: Member must not be null; Value null at 'startTime' failed to satisfy constraint: Member must not be null; Value null at 'endTime' failed to satisfy constraint: Member must not be null",
        ),
        (
            one(json!({"Id": "e", "Expression": "a + b"})),
            "ValidationError: MetricDataQueries.member.1.Expression: metric math is not emulated",
        ),
        (
            one(json!({"Id": "a"})),
            "ValidationError: Either MetricDataQueries.member.1.MetricStat or MetricDataQueries.member.1.Expression must be specified.",
        ),
        (
            one(query("A", json!({}))),
            "ValidationError: The value A for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
        ),
        (
            request(
                json!([query("a", json!({})), query("a", json!({}))]),
                json!({}),
            ),
            "ValidationError: The values for parameter id in MetricDataQueries are not unique.",
        ),
        (
            one(query("a", json!({"Stat": "p99"}))),
            "ValidationError: MetricDataQueries.member.1.MetricStat.Stat: \"p99\" is not emulated",
        ),
        (
            one(query("a", json!({"Period": 0}))),
            "ValidationError: The parameter MetricDataQueries.member.1.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
        ),
        (
            request(
                json!([query("a", json!({}))]),
                json!({"EndTime": after(0).epoch_seconds()}),
            ),
            "ValidationError: The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            request(
                json!([query("a", json!({}))]),
                json!({"MaxDatapoints": 100_801}),
            ),
            "ValidationError: The parameter MaxDatapoints must be between 1 and 100800.",
        ),
        (
            request(json!([query("a", json!({}))]), json!({"NextToken": "?"})),
            "InvalidNextToken: The next token specified is invalid.",
        ),
        (
            request(json!(many), json!({})),
            "ValidationError: The collection MetricDataQueries must not have a size greater than 500.",
        ),
    ] {
        check_refused("GetMetricData", &input, expected);
    }
    let mut labelled = query("a", json!({}));
    labelled["Label"] = "${MAX}".into();
    check_refused(
        "GetMetricData",
        &one(labelled),
        "ValidationError: MetricDataQueries.member.1.Label: dynamic labels are not emulated",
    );
}

#[test]
fn metrics_are_listed_by_what_they_are_called() {
    let mut cloudwatch = measured();
    invoke(&mut cloudwatch, after(0), Duration::ZERO, false);
    let mut count = |input: Value, now: u64| {
        let output = cloudwatch
            .call("ListMetrics", &input, after(now))
            .expect("ListMetrics");
        output["Metrics"].as_array().expect("metrics").len()
    };
    let hour = 3600;
    for (input, now, expected) in [
        (json!({}), 240, 14),
        (json!({"Namespace": "N"}), 240, 2),
        (json!({"MetricName": "Errors"}), 240, 4),
        (json!({"Dimensions": [{"Name": "d"}]}), 240, 1),
        (
            json!({"Dimensions": [{"Name": "FunctionName", "Value": "orders"}, {"Name": "Resource"}]}),
            240,
            6,
        ),
        (
            json!({"Dimensions": [{"Name": "FunctionName", "Value": "other"}]}),
            240,
            0,
        ),
        (json!({"RecentlyActive": "PT3H"}), 240, 14),
        (
            json!({"RecentlyActive": "PT3H", "Namespace": "N"}),
            3 * hour + 120,
            1,
        ),
        (json!({"RecentlyActive": "PT3H"}), 4 * hour, 0),
        (json!({}), 14 * 24 * hour + 240, 0),
    ] {
        assert_eq!(count(input.clone(), now), expected, "{input} at {now}");
    }
    let refused = "ValidationError: 1 validation error detected: Value 'PT1H' at 'recentlyActive' failed to satisfy constraint: Member must satisfy enum value set: [PT3H]";
    check_refused("ListMetrics", &json!({"RecentlyActive": "PT1H"}), refused);
    check_refused(
        "ListMetrics",
        &json!({"NextToken": "?"}),
        "InvalidParameterValue: The value for parameter NextToken is invalid.",
    );
}

#[test]
fn metrics_are_listed_in_pages_of_five_hundred() {
    let mut cloudwatch = cloudwatch(0);
    for from in [0, 500, 1000] {
        let data: Vec<Value> = (from..from + 500)
            .map(|number| json!({"MetricName": format!("m{number:04}"), "Value": 1}))
            .collect();
        cloudwatch
            .call(
                "PutMetricData",
                &json!({"Namespace": "N", "MetricData": data}),
                after(0),
            )
            .expect("PutMetricData");
    }
    let mut token = Value::Null;
    let mut names = Vec::new();
    for has_next in [true, true, false] {
        let output = cloudwatch
            .call("ListMetrics", &json!({"NextToken": token}), after(60))
            .expect("a page");
        let metrics = output["Metrics"].as_array().expect("metrics");
        names.extend(metrics.iter().map(|metric| metric["MetricName"].clone()));
        token = output["NextToken"].clone();
        assert_eq!(token.is_string(), has_next);
    }
    let all: Vec<Value> = (0..1500)
        .map(|number| json!(format!("m{number:04}")))
        .collect();
    assert_eq!(names, all);
}
