//! What functions write, as it is read back.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use emulator::{Call, Invoked};
use serde_json::json;

use super::world::World;

const GROUP: &str = "/aws/lambda/mirror";

impl World {
    async fn write(&self, payload: serde_json::Value) -> Invoked {
        let call = Call {
            payload: payload.to_string().into(),
            client_context: None,
        };
        let invoked = self.emulator.invoke("mirror", Some("1"), call).await;
        invoked.unwrap()
    }

    /// The messages of a group that match.
    async fn messages(&self, group: &str, pattern: &str) -> Vec<String> {
        let found = self
            .cloudwatch_logs()
            .filter_log_events()
            .log_group_name(group)
            .filter_pattern(pattern)
            .send()
            .await
            .unwrap();
        let message = |event: &FilteredLogEvent| event.message().unwrap().to_owned();
        found.events().iter().map(message).collect()
    }
}

/// Replaces what is measured.
fn without_durations(line: &str) -> String {
    let part = |part: &str| {
        let (name, value) = part.split_once(": ").unwrap_or((part, ""));
        let measured = name.ends_with("Duration") && value != "1000.00 ms";
        if measured {
            format!("{name}: N ms")
        } else {
            part.to_owned()
        }
    };
    let parts: Vec<String> = line.split('\t').map(part).collect();
    parts.join("\t")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_function_writes_stands_between_lambdas_own_lines() {
    let world = World::with(&[("Timeout", "1")]).await;
    world.deploy("one");
    let rows: &[(serde_json::Value, &[&str])] = &[
        (
            json!({ "write": "one line\n\nand half of another" }),
            &[
                "START RequestId: R Version: 1",
                "one line",
                "",
                "and half of another",
                "END RequestId: R",
                "REPORT RequestId: R\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 256 MB\tMax Memory Used: 256 MB\t\
                 Init Duration: N ms\t",
            ],
        ),
        (
            // Whoever refuses, goes on: that is an answer like any other.
            json!({ "do": "fail", "write": "{\"no\":1}\n" }),
            &[
                "START RequestId: R Version: 1",
                "{\"no\":1}",
                "END RequestId: R",
                "REPORT RequestId: R\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 256 MB\tMax Memory Used: 256 MB\t",
            ],
        ),
        (
            json!({ "do": "exit", "write": "last words" }),
            &[
                "START RequestId: R Version: 1",
                "last words",
                "END RequestId: R",
                "REPORT RequestId: R\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 256 MB\tMax Memory Used: 256 MB\t\
                 Status: error\tError Type: Runtime.ExitError",
                "RequestId: R Error: Runtime exited with error: signal: aborted",
                "Runtime.ExitError",
            ],
        ),
        (
            json!({ "do": "sleep" }),
            &[
                "START RequestId: R Version: 1",
                "END RequestId: R",
                // A process of its own again, whose init phase is billed, too.
                "REPORT RequestId: R\tDuration: 1000.00 ms\tBilled Duration: N ms\tMemory Size: 256 MB\t\
                 Max Memory Used: 256 MB\tInit Duration: N ms\tStatus: timeout",
                "2026-01-01T00:03:00.000Z R Task timed out after 1.00 seconds",
            ],
        ),
    ];
    let mut seen = 0;
    for (position, (payload, expected)) in rows.iter().enumerate() {
        let Invoked {
            request_id,
            completion,
            ..
        } = world.write(payload.clone()).await;
        let as_expected = |line: &str| without_durations(&line.replace(&request_id, "R"));
        let lines: Vec<String> = world
            .messages(GROUP, "")
            .await
            .iter()
            .skip(seen)
            .map(|line| as_expected(line))
            .collect();
        assert_eq!(lines, *expected, "{position}");
        let tail: Vec<String> = completion.log_result.lines().map(as_expected).collect();
        assert_eq!(tail, *expected, "{position}, LogType Tail");
        seen += lines.len();
        let now = world.emulator.now();
        world.emulator.advance_to(now + Duration::from_secs(60));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lambdas_own_lines_are_json_where_the_function_says_so() {
    let world = World::with(&[
        ("Timeout", "1"),
        ("LogFormat", "JSON"),
        ("LogGroup", "/else/where"),
    ])
    .await;
    world.deploy("one");
    let configuration = world
        .lambda()
        .get_function_configuration()
        .function_name("mirror")
        .send()
        .await
        .unwrap();
    let logging = configuration.logging_config().unwrap();
    assert_eq!(
        (
            logging.log_format().unwrap().as_str(),
            logging.log_group().unwrap()
        ),
        ("JSON", "/else/where")
    );
    let Invoked {
        request_id,
        completion,
        ..
    } = world
        .write(json!({ "do": "sleep", "write": "mine\n" }))
        .await;
    let lines = world.messages("/else/where", "").await;
    let start = format!(
        r#"{{"time":"2026-01-01T00:00:00.000Z","type":"platform.start","record":{{"requestId":"{request_id}","version":"1"}}}}"#
    );
    assert_eq!(lines[..2], [start, "mine".to_owned()]);
    let tail: Vec<&str> = completion.log_result.lines().collect();
    assert_eq!(tail, lines, "LogType Tail");
    let kinds = [
        r#"{ $.type = "platform.runtimeDone" }"#,
        r#"{ $.type = "platform.report" }"#,
    ];
    for kind in kinds {
        let found = world.messages("/else/where", kind).await;
        assert_eq!(found.len(), 1, "{kind}");
        let record: serde_json::Value = serde_json::from_str(&found[0]).unwrap();
        assert_eq!(record["record"]["status"], "timeout", "{kind}");
        assert_eq!(record["record"]["requestId"], *request_id, "{kind}");
        let metrics = &record["record"]["metrics"];
        let is_report = record["type"] == "platform.report";
        assert_eq!(metrics["initDurationMs"].is_f64(), is_report, "{record}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_events_are_found_by_time_and_pattern_page_by_page() {
    let world = World::new().await;
    world.deploy("one");
    let begun = world.emulator.now();
    for minute in 0..5_u32 {
        world
            .emulator
            .advance_to(begun + Duration::from_secs(60) * minute);
        world
            .write(json!({ "write": format!("minute {minute}\n") }))
            .await;
    }
    let millis = |minute: u32| {
        let at = begun + Duration::from_secs(60) * minute;
        i64::try_from(at.as_millis()).unwrap()
    };
    let logs = world.cloudwatch_logs();
    let filter = || {
        logs.filter_log_events()
            .log_group_name(GROUP)
            .start_time(millis(1))
            .end_time(millis(3))
            .filter_pattern("\"minute \"")
    };
    let (mut seen, mut token) = (Vec::new(), None);
    for page in 0.. {
        let answer = filter()
            .limit(1)
            .set_next_token(token)
            .send()
            .await
            .unwrap();
        for event in answer.events() {
            assert_eq!(event.timestamp(), Some(millis(page + 1)));
            let stream = event.log_stream_name().unwrap();
            let (date, hex) = stream.split_once("/[1]").unwrap();
            assert_eq!((date, hex.len()), ("2026/01/01", 32), "{stream}");
            seen.push(event.message().unwrap().to_owned());
        }
        token = answer.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["minute 1", "minute 2", "minute 3"]);

    let error = filter()
        .log_group_name("/aws/lambda/nobody")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    for (pattern, token, limit) in [
        ("[a, b]", None, 10),
        ("minute", Some("%"), 10),
        ("minute", None, 10_001),
    ] {
        let error = filter()
            .filter_pattern(pattern)
            .set_next_token(token.map(str::to_owned))
            .limit(limit)
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            error.code(),
            Some("InvalidParameterException"),
            "{pattern} {token:?} {limit}"
        );
    }
    let error = logs.describe_destinations().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnknownOperationException"));
}
