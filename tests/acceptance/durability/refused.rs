use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::served::Served;
use crate::harness::{Ran, TOLLGATE, tollgate};

const PUT_ALARM: &str = "GraniteServiceVersion20100801.PutMetricAlarm";
const DESCRIBE_ALARMS: &str = "GraniteServiceVersion20100801.DescribeAlarms";

fn refused(directory: &Path, expected: &str) {
    let mut command = tollgate();
    command.args(["serve", "--port", "0", "--data-dir"]);
    let ran: Ran = command.arg(directory).output().unwrap().into();
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

fn alarm(number: usize) -> Value {
    json!({
        "AlarmName": format!("alarm-{number:05}"), "AlarmDescription": "x".repeat(1024), "Namespace": "N",
        "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
    })
}

#[test]
fn directories_that_cannot_be_used() {
    let temporary = TempDir::new().unwrap();
    let file = temporary.path().join("file");
    fs::write(&file, "").unwrap();
    refused(&file, "name a directory that can be written");
    refused(&file.join("below"), "name a directory that can be written");
    let text = temporary.path().join("text");
    fs::create_dir(&text).unwrap();
    fs::write(text.join("state.redb"), "no database").unwrap();
    refused(&text, "move it away to begin without state");
    let served = Served::start(&temporary.path().join("new/below"), 1);
    refused(
        &temporary.path().join("new/below"),
        "another process serves from",
    );
    served.kill();
}

#[test]
fn after_a_failed_write_nothing_is_acknowledged() {
    let directory = TempDir::new().unwrap();
    // No file may grow beyond 3 MB, and who tries is told so.
    let mut command = Command::new("sh");
    let limited = r#"trap '' XFSZ; ulimit -f 6000; exec "$@""#;
    command.args(["-c", limited, "sh", TOLLGATE]);
    let served = Served::start_by(command, directory.path(), 1);
    let mut acknowledged = 0;
    let failure = loop {
        assert!(acknowledged < 4000, "it never failed");
        match served
            .endpoint
            .json(PUT_ALARM, &alarm(acknowledged))
            .unwrap()
        {
            (200, _) => acknowledged += 1,
            (status, answer) => break (status, answer),
        }
    };
    assert_eq!(failure.0, 500, "{failure:?}");
    assert_eq!(failure.1["__type"], "ServiceException");
    let message = failure.1["message"].as_str().unwrap();
    assert!(
        message.starts_with("the emulator cannot write its state ("),
        "{message}"
    );
    for target in [PUT_ALARM, DESCRIBE_ALARMS] {
        let (status, answer) = served
            .endpoint
            .json(target, &alarm(acknowledged + 1))
            .unwrap();
        assert_eq!(status, 500, "{target}: {answer}");
    }
    // It reaches its service by a way of its own.
    let invoke = "POST /2015-03-31/functions/f/invocations";
    let (status, answer) = served.endpoint.rest(invoke, &json!({})).unwrap();
    assert_eq!(status, 500, "{answer}");
    assert_eq!(answer["__type"], "ServiceException");
    served.kill();

    let served = Served::start(directory.path(), 1);
    let mut found = 0;
    let mut page = json!({ "MaxRecords": 100 });
    loop {
        let answer = served.endpoint.ask(DESCRIBE_ALARMS, &page);
        found += answer["MetricAlarms"].as_array().unwrap().len();
        match answer.get("NextToken") {
            Some(token) => page["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert!(
        (acknowledged..=acknowledged + 1).contains(&found),
        "{found} of {acknowledged}"
    );
    served.kill();
}
