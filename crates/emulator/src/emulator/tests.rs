//! Requests over the wire whose answers no function has a part in.

mod code;

use std::collections::BTreeMap;
use std::path::Path;

mod stacks;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::cloudwatch::{Metric, Statistic, Windows};
use crate::durable::journal::watched;
use crate::template::{Context, Template};
use crate::testing::Wire;
use crate::{DataDir, Program, Timestamp};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      ReservedConcurrentExecutions: 0
";

fn beginning(store: CodeStore) -> Beginning {
    Beginning {
        account: Account::default(),
        seed: 1,
        now: Timestamp::from_millis(1_767_225_600_000),
        time_scale: None,
        port: 0,
        store,
        reaper: None,
    }
}

/// An emulator with the function `f`, none of whose invocations may run.
async fn emulator() -> Emulator {
    let store = CodeStore::create().unwrap();
    let emulator = Emulator::start(beginning(store)).await.unwrap();
    deploy(&emulator);
    emulator
}

/// The same whose state is kept in `directory`.
async fn resumed(directory: &Path) -> Emulator {
    let data_dir = DataDir::open(directory).unwrap();
    let store = data_dir.code_store().unwrap();
    Emulator::resume(beginning(store), data_dir).await.unwrap()
}

fn deploy(emulator: &Emulator) {
    deploy_template(emulator, TEMPLATE);
}

fn deploy_template(emulator: &Emulator, template: &str) {
    let context = Context {
        region: "us-east-1".to_owned(),
        account_id: "123456789012".to_owned(),
        ..Context::default()
    };
    let stack = Template::read(template).unwrap().resolve(&context).unwrap();
    let programs = BTreeMap::from([("F".to_owned(), Program::new("/bin/sh"))]);
    let code = Code {
        programs: &programs,
        template_directory: Path::new("."),
    };
    let versions = emulator.publish(&stack, &code).unwrap();
    emulator.apply(&stack, &versions).unwrap();
}

#[tokio::test]
async fn what_a_template_says_of_a_function_for_people_is_shown() {
    let template = format!(
        "{TEMPLATE}      AutoPublishAlias: live
      Description: what it does
      VersionDescription: what is new
      Tags: {{team: a, region: !ImportValue elsewhere}}
      Architectures: [arm64]
      Tracing: Active
      EphemeralStorage: {{Size: 1024}}
  Staging:
    Type: AWS::Lambda::Alias
    Properties: {{Name: staging, FunctionName: !Ref F, FunctionVersion: '1', Description: for tests}}
"
    );
    let store = CodeStore::create().unwrap();
    let emulator = Emulator::start(beginning(store)).await.unwrap();
    for _ in 0..2 {
        deploy_template(&emulator, &template);
        let state = emulator.shared.state();
        let tags = &state.lambda.function("f").unwrap().tags;
        let tags: Vec<(&str, &str)> = tags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(tags, [("lambda:createdBy", "SAM"), ("team", "a")]);
        let latest = &state.lambda.version("f", "$LATEST").unwrap().configuration;
        let shown = (
            latest.description.as_str(),
            latest.architecture.as_str(),
            latest.tracing_mode.as_str(),
            latest.ephemeral_storage,
        );
        assert_eq!(shown, ("what it does", "arm64", "Active", 1024));
        let version = state.lambda.version("f", "1").unwrap();
        assert_eq!(version.description.as_deref(), Some("what is new"));
        assert!(state.lambda.version("f", "2").is_err());
        let alias = state.lambda.alias("f", "staging").unwrap();
        assert_eq!(alias.description, "for tests");
    }
}

/// The answer to an `Invoke`, in lower case.
async fn invoke(emulator: &Emulator, function: &str, kind: &str, payload: &str) -> String {
    let address = emulator.endpoint().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = payload.len();
    let request = format!(
        "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         X-Amz-Invocation-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{payload}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_lowercase()
}

/// The sum of one of Lambda's metrics.
fn sum(emulator: &Emulator, name: &str, dimensions: &[(&str, &str)]) -> f64 {
    let metric = Metric {
        namespace: "AWS/Lambda".to_owned(),
        metric_name: name.to_owned(),
        dimensions: dimensions
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    };
    let mut state = emulator.shared.state();
    let (now, minute) = (state.now, 60);
    let windows = Windows {
        start: i64::try_from(now.as_millis() / 1000).unwrap_or_default(),
        period: minute,
        count: 1,
    };
    let later = now + Duration::from_secs(600);
    state.cloudwatch.metrics_mut().write_invocations();
    let points = state
        .cloudwatch
        .metrics_mut()
        .collect(&metric, None, windows, later);
    points
        .into_iter()
        .flatten()
        .map(|set| set.get(Statistic::Sum))
        .sum()
}

#[tokio::test]
async fn what_may_not_run_is_throttled_and_counted() {
    let emulator = emulator().await;
    for function in ["f", "f:$LATEST"] {
        let answer = invoke(&emulator, function, "RequestResponse", "{}").await;
        for expected in [
            "http/1.1 429 ",
            "x-amzn-errortype: toomanyrequestsexception\r\n",
            "retry-after: 1\r\n",
            r#""reason":"reservedfunctionconcurrentinvocationlimitexceeded""#,
            r#""message":"rate exceeded.""#,
        ] {
            assert!(answer.contains(expected), "{expected} in {answer}");
        }
    }
    let answer = invoke(&emulator, "f", "Event", "{}").await;
    assert!(answer.starts_with("http/1.1 202 "), "{answer}");
    assert!(answer.contains("x-amzn-requestid: "), "{answer}");
    emulator.settle().await;

    let function = ("FunctionName", "f");
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);
    let rows: [Row<'_>; 8] = [
        ("Throttles", &[], 3.0),
        ("Throttles", &[function], 3.0),
        ("Throttles", &[function, ("Resource", "f")], 2.0),
        ("Throttles", &[function, ("Resource", "f:$LATEST")], 1.0),
        ("Invocations", &[function], 0.0),
        ("AsyncEventsReceived", &[function], 1.0),
        // Without a retry, because nothing of the function may run.
        ("AsyncEventsDropped", &[function], 1.0),
        ("AsyncEventsDropped", &[], 1.0),
    ];
    for (name, dimensions, expected) in rows {
        let sum = sum(&emulator, name, dimensions);
        assert!(
            (sum - expected).abs() < 1e-9,
            "{name} {dimensions:?}: {sum}"
        );
    }
    assert_eq!(emulator.next_due(), None);
}

#[tokio::test]
async fn what_is_throttled_does_not_wait_for_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = resumed(directory.path()).await;
    deploy(&emulator);
    let target = emulator.shared.account.function_ref("f", None).unwrap();
    let (refused, written) = watched(emulator.shared.invoke(&target, Call::default()), false).await;
    assert_eq!(refused.unwrap_err().code, "TooManyRequestsException");
    assert_eq!(written, None);
    let throttled = sum(&emulator, "Throttles", &[("FunctionName", "f")]);
    assert!((throttled - 1.0).abs() < 1e-9, "{throttled}");
}

#[tokio::test]
async fn what_is_throttled_for_now_waits_longer_each_time() {
    let emulator = emulator().await;
    let reserve = |many| {
        let mut state = emulator.shared.state();
        assert!(state.lambda.reserve_concurrency("f", Some(many)).is_ok());
    };
    // Another invocation has the only place.
    reserve(1);
    let slot = {
        let state = emulator.shared.state();
        emulator.shared.concurrency().begin("f", &state.lambda)
    };
    let begun = emulator.now();
    invoke(&emulator, "f", "Event", "{}").await;
    emulator.settle().await;
    for seconds in [1, 3, 7, 15, 31, 63] {
        let due = begun + Duration::from_secs(seconds);
        assert_eq!(emulator.next_due(), Some(due));
        assert!(!emulator.advance_to(due), "something begins");
        emulator.settle().await;
    }
    // Six hours later it is too old.
    for _ in 0..100 {
        let Some(due) = emulator.next_due() else {
            break;
        };
        emulator.advance_to(due);
        emulator.settle().await;
    }
    assert_eq!(emulator.next_due(), None);
    let age = emulator.now().since(begun).as_secs();
    assert!((21_600..21_600 + 300).contains(&age), "{age}");
    drop(slot);
}

#[tokio::test]
async fn an_accepted_event_outlives_the_emulator() {
    let directory = tempfile::tempdir().unwrap();
    let due = {
        let emulator = resumed(directory.path()).await;
        deploy(&emulator);
        let slot = {
            let mut state = emulator.shared.state();
            assert!(state.lambda.reserve_concurrency("f", Some(1)).is_ok());
            emulator.shared.concurrency().begin("f", &state.lambda)
        };
        let answer = invoke(&emulator, "f", "Event", "{}").await;
        assert!(answer.starts_with("http/1.1 202 "), "{answer}");
        emulator.settle().await;
        drop(slot);
        emulator.next_due()
    };
    assert!(due.is_some());
    assert_eq!(resumed(directory.path()).await.next_due(), due);
}

#[tokio::test]
async fn requests_that_cannot_be_taken_are_refused() {
    let emulator = emulator().await;
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    let rows = [
        (
            "f",
            "Event",
            "{",
            "400 bad request",
            "invalidrequestcontentexception",
        ),
        (
            "f",
            "Event",
            &large,
            "413 ",
            "request must be smaller than 1048576 bytes",
        ),
        ("f", "RequestResponse", &large, "429 ", "rate exceeded."),
        ("none", "Event", "{}", "404 ", "resourcenotfoundexception"),
        ("f:7", "Event", "{}", "404 ", "resourcenotfoundexception"),
        ("f", "Sometimes", "{}", "400 ", "validationexception"),
    ];
    for (function, kind, payload, status, what) in rows {
        let answer = invoke(&emulator, function, kind, payload).await;
        assert!(
            answer.starts_with(&format!("http/1.1 {status}")) && answer.contains(what),
            "{function} {kind}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_part_that_panics_does_not_keep_the_others_from_their_work() {
    let emulator = emulator().await;
    let mut state = emulator.shared.state();
    let then = state.now;
    let later: Part = |_, state| state.now += Duration::from_secs(1);
    assert!(!do_all(
        [later, |_, _| panic!("on purpose"), later],
        &emulator.shared,
        &mut state
    ));
    assert_eq!(state.now, then + Duration::from_secs(2));
    assert!(do_all([later], &emulator.shared, &mut state));
}

#[tokio::test]
async fn an_alias_draws_once_per_invocation_and_nothing_else_does() {
    async fn weighted() -> Wire {
        let wire = Wire {
            emulator: emulator().await,
        };
        let function = "/2015-03-31/functions/f";
        for timeout in [5, 6] {
            let changed = json!({ "Timeout": timeout });
            let path = format!("{function}/configuration");
            assert_eq!(wire.rest("PUT", &path, &changed).await.status, 200);
            let path = format!("{function}/versions");
            assert_eq!(wire.rest("POST", &path, &json!({})).await.status, 201);
        }
        let weights = [("2".to_owned(), 0.5)];
        let mut state = wire.emulator.shared.state();
        state.create_alias("f", "a", "1", "", &weights).unwrap();
        drop(state);
        wire
    }
    let invoke = "/2015-03-31/functions/f:a/invocations";
    let form = "Content-Type: application/x-www-form-urlencoded";
    let caller = "Action=GetCallerIdentity&Version=2011-06-15";
    let rows = [
        (invoke, "X-Amz-Invocation-Type: DryRun", "", 204, 0),
        (invoke, "X-Amz-Invocation-Type: Event", "", 202, 1),
        (invoke, "X-Amz-Invocation-Type: RequestResponse", "", 429, 1),
        ("/", form, caller, 200, 0),
    ];
    for (path, header, body, status, draws) in rows {
        let [wire, control] = [weighted().await, weighted().await];
        let reply = wire.send("POST", path, &[header], body.as_bytes()).await;
        assert_eq!(reply.status, status, "{header}");
        wire.emulator.settle().await;
        for _ in 0..draws {
            control.emulator.shared.state().ids.draw();
        }
        let next = |wire: &Wire| wire.emulator.shared.state().ids.draw().to_bits();
        assert_eq!(next(&wire), next(&control), "{header}");
    }
}
