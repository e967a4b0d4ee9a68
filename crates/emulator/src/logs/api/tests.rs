//! The API over the wire.

use serde_json::{Value, json};

use crate::testing::{BEGINNING, Wire};

const GROUP: &str = "/aws/lambda/f";

/// Milliseconds since the Unix epoch, so many after the beginning.
fn at(millis: i64) -> i64 {
    i64::try_from(BEGINNING.as_millis()).unwrap() + millis
}

/// Calls an operation on the group unless `input` names another.
async fn call(wire: &Wire, operation: &str, input: Value) -> (u16, Value) {
    let mut with_group = json!({ "logGroupName": GROUP });
    for (name, value) in input.as_object().expect("an object") {
        with_group[name] = value.clone();
    }
    if with_group["logGroupName"].is_null() {
        with_group.as_object_mut().unwrap().remove("logGroupName");
    }
    let target = format!("Logs_20140328.{operation}");
    let reply = wire.json(&target, &with_group).await;
    (reply.status, reply.json())
}

async fn done(wire: &Wire, operation: &str, input: Value) -> Value {
    let (status, output) = call(wire, operation, input.clone()).await;
    assert_eq!(status, 200, "{operation} {input}: {output}");
    output
}

async fn refused(wire: &Wire, operation: &str, input: Value, code: &str, message: &str) {
    let expected = json!({ "__type": code, "message": message });
    let answer = call(wire, operation, input.clone()).await;
    assert_eq!(answer, (400, expected), "{operation} {input}");
}

/// A group with the streams `a` and `b`.
async fn started() -> Wire {
    let wire = Wire::start().await;
    done(&wire, "CreateLogGroup", json!({ "tags": { "team": "a" } })).await;
    for name in ["b", "a"] {
        done(&wire, "CreateLogStream", json!({ "logStreamName": name })).await;
    }
    wire
}

async fn put(wire: &Wire, stream: &str, events: &[(i64, &str)]) -> Value {
    let events: Vec<Value> = events
        .iter()
        .map(|(millis, message)| json!({ "timestamp": at(*millis), "message": message }))
        .collect();
    let input = json!({ "logStreamName": stream, "logEvents": events });
    done(wire, "PutLogEvents", input).await
}

fn messages(output: &Value) -> Vec<&str> {
    let events = output["events"].as_array().expect("events");
    let messages = events.iter().map(|event| event["message"].as_str());
    messages
        .map(|message| message.expect("a message"))
        .collect()
}

#[tokio::test]
async fn groups_are_described_and_deleted() {
    let wire = started().await;
    put(&wire, "a", &[(0, "four")]).await;
    let arn = format!("arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}");
    let mut group = json!({
        "logGroupName": GROUP, "creationTime": at(0), "metricFilterCount": 0, "arn": format!("{arn}:*"),
        "storedBytes": 30, "logGroupClass": "STANDARD", "logGroupArn": arn,
    });
    let described = |group: &Value| json!({ "logGroups": [group] });
    assert_eq!(
        done(&wire, "DescribeLogGroups", json!({})).await,
        described(&group)
    );
    done(&wire, "PutRetentionPolicy", json!({ "retentionInDays": 7 })).await;
    group["retentionInDays"] = 7.into();
    assert_eq!(
        done(&wire, "DescribeLogGroups", json!({})).await,
        described(&group)
    );
    done(&wire, "DeleteRetentionPolicy", json!({})).await;
    group
        .as_object_mut()
        .unwrap()
        .shift_remove("retentionInDays");
    for (input, is_met) in [
        (json!({ "logGroupNamePrefix": "/aws/" }), true),
        (json!({ "logGroupNamePrefix": "aws" }), false),
        (json!({ "logGroupNamePattern": "lambda" }), true),
        (json!({ "logGroupNamePattern": "Lambda" }), false),
        (json!({ "logGroupIdentifiers": [arn] }), true),
        (json!({ "logGroupIdentifiers": ["other"] }), false),
        (json!({ "logGroupClass": "INFREQUENT_ACCESS" }), false),
    ] {
        let output = done(&wire, "DescribeLogGroups", input.clone()).await;
        let expected = if is_met {
            described(&group)
        } else {
            json!({ "logGroups": [] })
        };
        assert_eq!(output, expected, "{input}");
    }

    done(&wire, "DeleteLogGroup", json!({})).await;
    let output = done(&wire, "DescribeLogGroups", json!({})).await;
    assert_eq!(output, json!({ "logGroups": [] }));
    // Nothing of it is left for another of its name.
    done(&wire, "CreateLogGroup", json!({})).await;
    let streams = done(&wire, "DescribeLogStreams", json!({})).await;
    assert_eq!(streams, json!({ "logStreams": [] }));
    let events = done(&wire, "FilterLogEvents", json!({})).await;
    assert_eq!(messages(&events), [""; 0]);
}

#[tokio::test]
async fn groups_have_tags_by_either_name() {
    let wire = started().await;
    let text = "aws: prefixed tag key names are not allowed for external use.";
    let reserved = json!({ "tags": { "aws:x": "1" } });
    refused(
        &wire,
        "TagLogGroup",
        reserved,
        "InvalidParameterException",
        text,
    )
    .await;
    let arn = format!("arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}");
    for (operation, input, expected) in [
        (
            "TagResource",
            json!({ "resourceArn": arn, "tags": { "cost": "1" } }),
            json!({ "team": "a", "cost": "1" }),
        ),
        (
            "UntagResource",
            json!({ "resourceArn": arn, "tagKeys": ["team"] }),
            json!({ "cost": "1" }),
        ),
        (
            "TagLogGroup",
            json!({ "tags": { "cost": "2" } }),
            json!({ "cost": "2" }),
        ),
        ("UntagLogGroup", json!({ "tags": ["cost"] }), json!({})),
    ] {
        done(&wire, operation, input).await;
        let expected = json!({ "tags": expected });
        for (operation, input) in [
            ("ListTagsForResource", json!({ "resourceArn": arn })),
            ("ListTagsLogGroup", json!({})),
        ] {
            assert_eq!(done(&wire, operation, input).await, expected);
        }
    }
}

#[tokio::test]
async fn streams_are_ordered_by_name_or_by_their_last_event() {
    let wire = started().await;
    done(&wire, "CreateLogStream", json!({ "logStreamName": "c" })).await;
    put(&wire, "b", &[(-5, "x"), (20, "y")]).await;
    put(&wire, "a", &[(10, "z")]).await;
    let output = done(
        &wire,
        "DescribeLogStreams",
        json!({ "logStreamNamePrefix": "b" }),
    )
    .await;
    assert_eq!(
        output["logStreams"][0],
        json!({
            "logStreamName": "b", "creationTime": at(0), "storedBytes": 0,
            "arn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:log-stream:b",
            "firstEventTimestamp": at(-5), "lastEventTimestamp": at(20), "lastIngestionTime": at(0),
        })
    );
    for (input, expected) in [
        (json!({}), vec!["a b", "c"]),
        (json!({ "descending": true }), vec!["c b", "a"]),
        (json!({ "orderBy": "LastEventTime" }), vec!["c a", "b"]),
        (
            json!({ "orderBy": "LastEventTime", "descending": true }),
            vec!["b a", "c"],
        ),
        (json!({ "logStreamNamePrefix": "none" }), vec![""]),
    ] {
        let mut pages = Vec::new();
        let mut input = input;
        input["limit"] = 2.into();
        loop {
            let output = done(&wire, "DescribeLogStreams", input.clone()).await;
            let streams = output["logStreams"].as_array().unwrap();
            let names = streams
                .iter()
                .map(|stream| stream["logStreamName"].as_str().unwrap());
            pages.push(names.collect::<Vec<_>>().join(" "));
            let Some(token) = output.get("nextToken") else {
                break;
            };
            input["nextToken"] = token.clone();
        }
        assert_eq!(pages, expected, "{input}");
    }
    done(&wire, "DeleteLogStream", json!({ "logStreamName": "b" })).await;
    let left = done(&wire, "FilterLogEvents", json!({})).await;
    assert_eq!(messages(&left), ["z"]);
    let groups = done(&wire, "DescribeLogGroups", json!({})).await;
    assert_eq!(groups["logGroups"][0]["storedBytes"], 27);
}

/// Tokens lead both ways, and come back at the ends, until there is more.
#[tokio::test]
async fn a_stream_is_read_both_ways() {
    let wire = started().await;
    put(
        &wire,
        "a",
        &[(1, "1"), (2, "2"), (2, "3"), (4, "4"), (5, "5")],
    )
    .await;
    put(&wire, "b", &[(3, "other")]).await;
    let get = async |changes: Value| {
        let mut input = json!({ "logStreamName": "a", "limit": 2 });
        for (name, value) in changes.as_object().unwrap() {
            input[name] = value.clone();
        }
        done(&wire, "GetLogEvents", input).await
    };
    let (forward, backward) = ("nextForwardToken", "nextBackwardToken");
    let mut page = get(json!({ "startFromHead": true })).await;
    assert_eq!(messages(&page), ["1", "2"]);
    for (direction, expected) in [
        (forward, vec!["3", "4"]),
        (forward, vec!["5"]),
        (forward, vec![]),
        (backward, vec!["4", "5"]),
        (backward, vec!["2", "3"]),
        (backward, vec!["1"]),
        (backward, vec![]),
        (forward, vec!["1", "2"]),
    ] {
        let token = page[direction].clone();
        page = get(json!({ "nextToken": token, "startFromHead": direction == forward })).await;
        assert_eq!(messages(&page), expected, "{direction} from {token}");
        if expected.is_empty() {
            assert_eq!(page[direction], token, "the same token at the end");
        }
    }
    page = get(json!({})).await;
    assert_eq!(
        messages(&page),
        ["4", "5"],
        "the newest without a direction"
    );
    put(&wire, "a", &[(6, "6")]).await;
    let token = page[forward].clone();
    page = get(json!({ "nextToken": token })).await;
    assert_eq!(messages(&page), ["6"]);

    let within = json!({ "startTime": at(2), "endTime": at(4), "limit": 9 });
    assert_eq!(messages(&get(within).await), ["2", "3"]);
    let empty = done(&wire, "CreateLogStream", json!({ "logStreamName": "new" })).await;
    assert_eq!(empty, json!({}));
    page = get(json!({ "logStreamName": "new" })).await;
    put(&wire, "new", &[(0, "first")]).await;
    let token = page[forward].clone();
    page = get(json!({ "logStreamName": "new", "nextToken": token })).await;
    assert_eq!(messages(&page), ["first"]);
}

#[tokio::test]
async fn events_are_filtered_by_stream_and_read_from_either_end() {
    let wire = started().await;
    done(&wire, "CreateLogStream", json!({ "logStreamName": "ab" })).await;
    put(&wire, "a", &[(1, "1"), (3, "3")]).await;
    put(&wire, "b", &[(2, "2")]).await;
    put(&wire, "ab", &[(4, "4")]).await;
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:*";
    for (input, expected) in [
        (json!({}), vec!["1", "2", "3", "4"]),
        (
            json!({ "logGroupName": null, "logGroupIdentifier": arn, "interleaved": true }),
            vec!["1", "2", "3", "4"],
        ),
        (
            json!({ "logGroupName": null, "logGroupIdentifier": GROUP }),
            vec!["1", "2", "3", "4"],
        ),
        (json!({ "logStreamNamePrefix": "a" }), vec!["1", "3", "4"]),
        (json!({ "logStreamNames": ["b", "ab"] }), vec!["2", "4"]),
        (
            json!({ "startTime": at(2), "endTime": at(3) }),
            vec!["2", "3"],
        ),
        (
            json!({ "startFromHead": false, "startTime": at(2) }),
            vec!["4", "3", "2"],
        ),
    ] {
        for limit in [1, 2, 9] {
            let mut input = input.clone();
            input["limit"] = limit.into();
            let mut found = Vec::new();
            loop {
                let output = done(&wire, "FilterLogEvents", input.clone()).await;
                found.extend(messages(&output).into_iter().map(str::to_owned));
                let Some(token) = output.get("nextToken") else {
                    break;
                };
                input["nextToken"] = token.clone();
            }
            assert_eq!(found, expected, "{input}");
        }
    }
}

#[tokio::test]
async fn events_that_are_too_old_or_too_new_are_left_out() {
    let wire = started().await;
    const HOUR: i64 = 3_600_000;
    let old = -14 * 24 * HOUR;
    let output = put(&wire, "a", &[(old - 2, "a"), (old - 1, "b"), (old, "c")]).await;
    let info = json!({ "tooOldLogEventEndIndex": 2 });
    assert_eq!(output["rejectedLogEventsInfo"], info);
    let output = put(&wire, "a", &[(2 * HOUR, "d"), (2 * HOUR + 1, "e")]).await;
    let info = json!({ "tooNewLogEventStartIndex": 1 });
    assert_eq!(output["rejectedLogEventsInfo"], info);
    assert!(put(&wire, "a", &[(0, "f")]).await["rejectedLogEventsInfo"].is_null());
    let output = done(&wire, "FilterLogEvents", json!({})).await;
    assert_eq!(messages(&output), ["c", "f", "d"]);
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let wire = started().await;
    let (invalid, not_found, exists) = (
        "InvalidParameterException",
        "ResourceNotFoundException",
        "ResourceAlreadyExistsException",
    );
    let no_group = "The specified log group does not exist.";
    let no_stream = "The specified log stream does not exist.";
    let violation = |value: &str, path: &str, constraint: &str| {
        format!(
            "1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {constraint}"
        )
    };
    let other = |name: &str| json!({ "logGroupName": name });
    let batch = |events: Value| json!({ "logStreamName": "a", "logEvents": events });
    let event = |at: i64, message: &str| json!({ "timestamp": at, "message": message });
    for (operation, input, code, message) in [
        ("CreateLogGroup", json!({}), exists, "The specified log group already exists".to_owned()),
        ("CreateLogGroup", other("a b"), invalid, violation("'a b'", "logGroupName", "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+")),
        ("CreateLogGroup", json!({ "logGroupName": null }), invalid, violation("null", "logGroupName", "Member must not be null")),
        ("CreateLogGroup", json!({ "logGroupName": "k", "kmsKeyId": "k" }), invalid, "the emulator does not serve kmsKeyId".to_owned()),
        ("CreateLogStream", json!({ "logStreamName": "a" }), exists, "The specified log stream already exists".to_owned()),
        ("CreateLogStream", json!({ "logStreamName": "a:b" }), invalid, violation("'a:b'", "logStreamName", "Member must satisfy regular expression pattern: [^:*]*")),
        ("CreateLogStream", json!({ "logStreamName": "a", "logGroupName": "none" }), not_found, no_group.to_owned()),
        ("DeleteLogGroup", other("none"), not_found, no_group.to_owned()),
        ("DeleteLogStream", json!({ "logStreamName": "none" }), not_found, no_stream.to_owned()),
        ("DescribeLogStreams", other("none"), not_found, no_group.to_owned()),
        ("DescribeLogStreams", json!({ "limit": 51 }), invalid, violation("'51'", "limit", "Member must have value less than or equal to 50")),
        ("DescribeLogStreams", json!({ "nextToken": "?" }), invalid, "The specified nextToken is invalid.".to_owned()),
        ("DescribeLogStreams", json!({ "orderBy": "LastEventTime", "logStreamNamePrefix": "a" }), invalid, "Cannot order by LastEventTime with a logStreamNamePrefix.".to_owned()),
        ("DescribeLogGroups", json!({ "limit": 0 }), invalid, violation("'0'", "limit", "Member must have value greater than or equal to 1")),
        ("GetLogEvents", json!({ "logStreamName": "none" }), not_found, no_stream.to_owned()),
        ("GetLogEvents", json!({ "logStreamName": "a", "nextToken": "f/1" }), invalid, "The specified nextToken is invalid.".to_owned()),
        ("GetLogEvents", json!({ "logStreamName": "a", "logGroupIdentifier": "x" }), invalid, "LogGroup name and LogGroup ARN are mutually exclusive parameters.".to_owned()),
        ("FilterLogEvents", other("none"), not_found, no_group.to_owned()),
        ("FilterLogEvents", json!({ "logStreamNames": ["a"], "logStreamNamePrefix": "a" }), invalid, "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.".to_owned()),
        ("FilterLogEvents", json!({ "startFromHead": false }), invalid, "startFromHead can be false only when startTime is on or after 2024-01-01T00:00:00Z.".to_owned()),
        ("PutLogEvents", json!({ "logStreamName": "none", "logEvents": [event(at(0), "x")] }), not_found, no_stream.to_owned()),
        ("PutLogEvents", batch(json!([event(2, "x"), event(1, "x")])), invalid, "Log events in a single PutLogEvents request must be in chronological order.".to_owned()),
        ("PutLogEvents", batch(json!([event(0, "x"), event(86_400_001, "x")])), invalid, "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.".to_owned()),
        ("PutLogEvents", batch(json!([event(0, &"x".repeat(1 << 20))])), invalid, "Upload too large: 1048602 bytes exceeds limit of 1048576".to_owned()),
        ("PutLogEvents", batch(json!([event(0, "x"), event(0, "")])), invalid, violation("''", "logEvents.2.member.message", "Member must have length greater than or equal to 1")),
        ("PutRetentionPolicy", json!({}), invalid, violation("null", "retentionInDays", "Member must not be null")),
        ("ListTagsForResource", json!({ "resourceArn": "arn:aws:logs:us-east-1:123456789012:destination:x" }), not_found, no_group.to_owned()),
        ("StartQuery", json!({}), "UnknownOperationException", "the emulator does not serve CloudWatch Logs' \"StartQuery\"".to_owned()),
    ] {
        refused(&wire, operation, input, code, &message).await;
    }
    let (status, answer) = call(&wire, "PutRetentionPolicy", json!({ "retentionInDays": 2 })).await;
    let message = answer["message"].as_str().unwrap_or_default();
    assert_eq!(status, 400);
    assert!(message.starts_with("1 validation error detected: Value '2' at 'retentionInDays'"));
}
