//! What reads the counts of shifts: nine series of each of fifty aliases in one request, over both protocols.

use std::collections::BTreeMap;

use super::super::cbor::{decode, encode};
use super::*;
use crate::testing::{BEGINNING, Wire};

const ALIASES: u64 = 50;

const MINUTES: u64 = 10;

/// The series of an alias: of which executed version, if of one, which metric, and which statistic.
const SERIES: [(Option<&str>, &str, &str); 9] = [
    (None, "Invocations", "Sum"),
    (None, "Errors", "Sum"),
    (None, "Errors", "SampleCount"),
    (Some("2"), "Invocations", "Sum"),
    (Some("2"), "Errors", "Sum"),
    (Some("2"), "Errors", "SampleCount"),
    (Some("1"), "Invocations", "Sum"),
    (Some("1"), "Errors", "Sum"),
    (Some("1"), "Errors", "SampleCount"),
];

/// How many invocations there are of a version of an alias in a minute, and how many of them fail.
fn counts(alias: u64, version: &str, minute: u64) -> (u64, u64) {
    match version {
        "1" => (3, u64::from(minute.is_multiple_of(7))),
        // In some minutes there are none.
        _ => ((alias + minute) % 3, u64::from((alias + minute) % 3 == 2)),
    }
}

fn record(cloudwatch: &mut CloudWatch) {
    for minute in 0..MINUTES {
        for alias in 0..ALIASES {
            for version in ["1", "2"] {
                let (invocations, errors) = counts(alias, version, minute);
                for number in 0..invocations {
                    let at = BEGINNING + Duration::from_secs(minute * 60 + number);
                    let resource = format!("f{alias}:prod");
                    cloudwatch
                        .metrics_mut()
                        .record_invocation(&LambdaInvocation {
                            function_name: &format!("f{alias}"),
                            resource: &resource,
                            executed_version: Some(version),
                            started: at,
                            ended: at,
                            duration: Duration::from_millis(1),
                            error: number < errors,
                        });
                }
            }
        }
    }
}

fn request(scan_by: &str) -> Value {
    let mut queries = Vec::new();
    for alias in 0..ALIASES {
        for (index, (version, metric_name, stat)) in SERIES.iter().enumerate() {
            let mut dimensions = vec![
                json!({"Name": "FunctionName", "Value": format!("f{alias}")}),
                json!({"Name": "Resource", "Value": format!("f{alias}:prod")}),
            ];
            let version =
                version.map(|version| json!({"Name": "ExecutedVersion", "Value": version}));
            dimensions.extend(version);
            let metric = json!({"Namespace": "AWS/Lambda", "MetricName": metric_name, "Dimensions": dimensions});
            queries.push(json!({
                "Id": format!("q{alias}_{index}"),
                "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat},
            }));
        }
    }
    let end = BEGINNING + Duration::from_secs(MINUTES * 60);
    json!({
        "MetricDataQueries": queries,
        "StartTime": BEGINNING.epoch_seconds(),
        "EndTime": end.epoch_seconds(),
        "ScanBy": scan_by,
        "MaxDatapoints": 1500,
    })
}

async fn answer(wire: &Wire, is_cbor: bool, request: &Value) -> Value {
    if !is_cbor {
        let reply = wire
            .json("GraniteServiceVersion20100801.GetMetricData", request)
            .await;
        assert_eq!(reply.status, 200);
        return reply.json();
    }
    let path = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    let headers = [
        "Smithy-Protocol: rpc-v2-cbor",
        "Content-Type: application/cbor",
    ];
    let reply = wire.send("POST", path, &headers, &encode(request)).await;
    assert_eq!(reply.status, 200);
    decode(&reply.body).expect("CBOR")
}

/// The values of all pages by id, each with its minute, and how many pages there are.
async fn read(
    wire: &Wire,
    is_cbor: bool,
    scan_by: &str,
) -> (BTreeMap<String, Vec<(u64, u64)>>, usize) {
    let mut request = request(scan_by);
    let mut values: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    let mut statuses: BTreeMap<String, String> = BTreeMap::new();
    let whole = |value: &Value| -> u64 {
        let number = value.as_f64().expect("a number");
        format!("{number:.0}").parse().expect("a whole number")
    };
    for page in 1.. {
        let output = answer(wire, is_cbor, &request).await;
        assert_eq!(output["Messages"], json!([]));
        for result in output["MetricDataResults"].as_array().expect("results") {
            let id = result["Id"].as_str().expect("an id").to_owned();
            let times = result["Timestamps"].as_array().expect("times");
            let found = result["Values"].as_array().expect("values");
            assert_eq!(times.len(), found.len(), "{id}");
            let minute = |at: &Value| (whole(at) - BEGINNING.as_millis() / 1000) / 60;
            let pairs = times
                .iter()
                .zip(found)
                .map(|(at, value)| (minute(at), whole(value)));
            values.entry(id.clone()).or_default().extend(pairs);
            let status = result["StatusCode"].as_str().expect("a status").to_owned();
            statuses.insert(id, status);
        }
        let token = &output["NextToken"];
        if token.is_null() {
            assert!(statuses.values().all(|status| status == "Complete"));
            return (values, page);
        }
        assert!(statuses.values().any(|status| status == "PartialData"));
        request["NextToken"] = token.clone();
    }
    unreachable!("it has returned")
}

#[tokio::test]
async fn the_counts_of_fifty_shifts_come_in_pages_of_one_request() {
    let wire = Wire::start().await;
    record(&mut wire.emulator.shared.state().cloudwatch);
    wire.emulator
        .advance_to(BEGINNING + Duration::from_secs(MINUTES * 60 + 15));
    let mut expected: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for alias in 0..ALIASES {
        for (index, (version, metric_name, stat)) in SERIES.iter().enumerate() {
            let id = format!("q{alias}_{index}");
            let rows = expected.entry(id).or_default();
            for minute in 0..MINUTES {
                let versions = version.map_or(vec!["1", "2"], |version| vec![version]);
                let all: Vec<_> = versions
                    .iter()
                    .map(|version| counts(alias, version, minute))
                    .collect();
                let invocations: u64 = all.iter().map(|(invocations, _)| invocations).sum();
                let errors = all.iter().map(|(_, errors)| errors).sum();
                let value = match (*metric_name, *stat) {
                    ("Errors", "Sum") => errors,
                    _ => invocations,
                };
                // Without invocations there is neither metric.
                if invocations > 0 {
                    rows.push((minute, value));
                }
            }
        }
    }
    for (is_cbor, scan_by) in [(false, "TimestampAscending"), (true, "TimestampDescending")] {
        let (mut values, pages) = read(&wire, is_cbor, scan_by).await;
        assert_eq!(pages, 3, "of almost 4,000 values");
        if scan_by == "TimestampDescending" {
            values.values_mut().for_each(|values| values.reverse());
        }
        assert!(values == expected, "CBOR: {is_cbor}, {scan_by}");
    }
}
