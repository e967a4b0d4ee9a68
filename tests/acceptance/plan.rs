//! `tollgate plan` as a process: what it shows, what it refuses, and what it reads from CloudWatch.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use emulator::{Call, Emulator, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::explain::variables;
use crate::harness::{Ran, run, tollgate};
use crate::relay::Relay;
use crate::stack::{Stack, emulator_at, program};

/// A plan of few runs.
fn plan(args: &[&str]) -> Ran {
    run(["plan", "--runs", "400"]
        .into_iter()
        .chain(args.iter().copied()))
}

/// The share of one kind of shifts that `side` has rolled back.
fn rolled_back(found: &Value, new_version: &str, error_rate: f64, side: &str) -> f64 {
    let shifts = found["shifts"].as_array().unwrap();
    let of = |shifts: &&Value| {
        shifts["newVersion"] == new_version && shifts["errorRate"].as_f64() == Some(error_rate)
    };
    shifts.iter().find(of).unwrap()[side]["rolledBack"]
        .as_f64()
        .unwrap()
}

#[test]
fn every_type_at_a_given_traffic() {
    let ran = plan(&["--calls-per-minute", "120", "--format", "json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let document = ran.json();
    assert_eq!(document["exitStatus"], 0);
    let traffic = &document["traffic"];
    assert_eq!(traffic.as_array().unwrap().len(), 1);
    let types = traffic[0]["deploymentTypes"].as_array().unwrap();
    assert_eq!(types.len(), 8);
    for found in types {
        let good = rolled_back(found, "good", 0.005, "watch");
        let outage = rolled_back(found, "outage", 0.005, "watch");
        let broken = rolled_back(found, "bad", 1.0, "watch");
        assert!(
            good < 0.06 && outage < 0.06 && broken > 0.95,
            "{found}: {good} {outage} {broken}"
        );
        assert!(
            rolled_back(found, "good", 0.005, "tripwire") > 0.5,
            "{found}"
        );
    }
    let recommended = &traffic[0]["recommendation"];
    assert_eq!(
        recommended["deploymentType"],
        "Linear10PercentEvery2Minutes"
    );
    assert_eq!(recommended["seesErrorRate"], 0.05);
}

#[test]
fn the_same_seed_says_the_same() {
    let args = ["--calls-per-minute", "30", "--format", "json"];
    let first = plan(&args);
    assert_eq!(first.stdout, plan(&args).stdout);
    assert_ne!(
        first.stdout,
        plan(&[&args[..], &["--seed", "2"]].concat()).stdout
    );
    // A type is the same in whatever company it is asked for.
    let alone = plan(
        &[
            &args[..],
            &[
                "--deployment-type",
                "CodeDeployDefault.LambdaCanary10Percent10Minutes",
            ],
        ]
        .concat(),
    );
    assert_eq!(
        alone.json()["traffic"][0]["deploymentTypes"][0],
        first.json()["traffic"][0]["deploymentTypes"][1]
    );
}

#[test]
fn a_table_and_a_chart() {
    let ran = plan(&[
        "--calls-per-minute",
        "600",
        "--error-rate",
        "1%",
        "--deployment-type",
        "Canary10Percent10Minutes,Canary25Percent15Minutes",
    ]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let mut rest = ran.stdout.as_str();
    for part in [
        "600 calls a minute, 1 % of them errors\n",
        "  good outage     1 %     2 %     5 %    20 %   100 %",
        "Canary10Percent10Minutes ",
        // No worse than the current version.
        "–",
        "  tripwire ",
        "Canary25Percent15Minutes ",
        "shifts rolled back\n",
        "good         ",
        "2 % errors   ",
        "100 % errors ████████████████████████   100 %",
        "→ Canary10Percent10Minutes\n",
        "seed 1",
    ] {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} is not in {rest}\nof {}", ran.stdout));
        rest = rest.get(at..).unwrap();
    }
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn it_says_when_nothing_can_be_seen() {
    let ran = plan(&[
        "--calls-per-minute",
        "6",
        "--deployment-type",
        "Canary10Percent5Minutes",
    ]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "→ none of these deployment types",
        "even a version of which every call fails",
        "more test events: 59 that all pass exclude 5 % errors",
    ] {
        assert!(text.contains(part), "{part:?} is not in {}", ran.stdout);
    }
    let ran = plan(&["--calls-per-minute", "6"]);
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "→ Linear10PercentEvery10Minutes",
        "shows a version with 5 % errors in 95 of 100 runs; this is the shortest that shows 20 % errors",
    ] {
        assert!(text.contains(part), "{part:?} is not in {}", ran.stdout);
    }
}

#[test]
fn without_traffic_it_shows_a_range_of_it() {
    let ran = run([
        "plan",
        "--runs",
        "1",
        "--deployment-type",
        "Canary10Percent5Minutes",
    ]);
    let headings: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split_once(" calls a minute,").map(|(calls, _)| calls))
        .collect();
    assert_eq!(headings, ["6", "30", "120", "600", "6,000"]);
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let rows: [(&[&str], &str); 19] = [
        (
            &["--calls-per-minute", "0"],
            "without calls nothing can be seen",
        ),
        (&["--calls-per-minute", "-5"], "expected more than 0"),
        (&["--calls-per-minute", "NaN"], "expected more than 0"),
        (&["--calls-per-minute", "inf"], "expected more than 0"),
        (&["--calls-per-minute", "1e99"], "at most 1e9"),
        (
            &["--calls-per-minute", "6,many"],
            "expected a number, for example 120",
        ),
        (&["--error-rate", "5"], "is 5% meant?"),
        (&["--error-rate", "-0.1"], "from 0 to 1"),
        (&["--error-rate", "NaN"], "from 0 to 1"),
        (&["--error-rate", "101%"], "from 0 to 1, or 0% to 100%"),
        (&["--error-rate", "100%"], "every call fails"),
        (
            &["--deployment-type", "Canary10Percent5Mins"],
            "did you mean Canary10Percent5Minutes?",
        ),
        (
            &["--deployment-type", "BlueGreen"],
            "there is no such deployment type;",
        ),
        (
            &["--deployment-type", "AllAtOnce"],
            "all traffic moves at once",
        ),
        (
            &["--deployment-type", "Canary150Percent5Minutes"],
            "the percentage must be from 1 to 99, but is 150",
        ),
        (&["--runs", "0"], "0 is not in 1..=1000000"),
        (&["--days", "16"], "16 is not in 1..=15"),
        (
            &["--function", "F", "--calls-per-minute", "6"],
            "cannot be used with",
        ),
        (&["--function", "F:7"], "7 is a version: give the alias"),
    ];
    for (args, expected) in rows {
        let ran = run(["plan"].into_iter().chain(args.iter().copied()));
        assert_eq!(ran.status, 2, "{args:?}: {}", ran.stdout);
        assert_eq!(ran.stdout, "", "{args:?}");
        assert!(
            ran.stderr.starts_with("error: "),
            "{args:?}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains(expected), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn it_ends_when_it_is_asked_to() {
    let child = tollgate()
        .args(["plan", "--runs", "1000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    // Before it listens, the signal ends it at once, by the system's own default.
    while !is_listening(pid) {
        std::thread::yield_now();
    }
    kill_process(pid, Signal::INT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(
        (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
        (2, "", "error: interrupted\n")
    );
}

/// Whether a process catches SIGINT (`man 5 proc_pid_status`).
fn is_listening(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let caught = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (Signal::INT.as_raw() - 1)) != 0
}

const MINUTE: Duration = Duration::from_secs(60);

/// An emulator at the machine's time, in which an alias had three calls in each of twenty minutes. Three of sixty have
/// failed.
async fn with_traffic() -> Emulator {
    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      AutoPublishAlias: live
";
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_millis(u64::try_from(now.as_millis()).unwrap());
    let begun = Timestamp::from_millis((now.as_millis() / 60_000 - 22) * 60_000);
    let emulator = emulator_at(begun).await;
    let programs = BTreeMap::from([("Mirror".to_owned(), program("mirror", &[]))]);
    Stack::new(TEMPLATE, Path::new("."), &[]).deploy(&emulator, &programs);
    for minute in 0..20 {
        emulator.advance_to(begun + MINUTE * minute);
        for call in 0..3 {
            let payload = if minute % 7 == 0 && call == 0 {
                r#"{"do":"fail"}"#
            } else {
                "{}"
            };
            let call = Call {
                payload: payload.into(),
                client_context: None,
            };
            emulator.invoke("mirror", Some("live"), call).await.unwrap();
        }
    }
    emulator.advance_to(now);
    emulator
}

fn plan_at(endpoint: &str, args: &[&str]) -> Ran {
    let mut command = tollgate();
    command
        .envs(variables(endpoint))
        .args(["plan", "--runs", "50"]);
    command.args(args).output().unwrap().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_is_read_from_cloudwatch() {
    let emulator = with_traffic().await;
    let endpoint = emulator.endpoint();
    let ran = plan_at(endpoint, &["--function", "mirror:live", "--format", "json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let traffic = &ran.json()["traffic"][0];
    assert_eq!(traffic["callsPerMinute"], 3.0);
    assert_eq!(traffic["errorRate"], 0.05);
    let measured = &traffic["measured"];
    assert_eq!(
        (&measured["function"], &measured["alias"]),
        (&"mirror".into(), &"live".into())
    );
    assert_eq!(
        (&measured["calls"], &measured["errors"]),
        (&60.into(), &3.into())
    );

    let ran = plan_at(
        endpoint,
        &[
            "--function",
            "mirror:live",
            "mirror",
            "--error-rate",
            "0.1%",
        ],
    );
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    for part in [
        "mirror:live: 3 calls a minute, 0.1 % of them errors\nfrom CloudWatch: the median of ",
        "; 3 of 60 calls failed\n",
        "mirror: 3 calls a minute, 0.1 % of them errors\n",
    ] {
        assert!(
            ran.stdout.contains(part),
            "{part:?} is not in {}",
            ran.stdout
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_that_cannot_be_read() {
    let emulator = with_traffic().await;
    let check = |endpoint: &str, function: &str, expected: &[&str]| {
        let ran = plan_at(endpoint, &["--function", function, "--format", "json"]);
        assert_eq!(ran.status, 2, "{}", ran.stdout);
        assert_eq!(ran.json()["exitStatus"], 2);
        let error = ran.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(ran.stderr, format!("error: {error}\n"));
        for part in expected {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
    };
    let no_data = "CloudWatch has no invocations of mirror:prod in the last day in us-east-1";
    check(
        emulator.endpoint(),
        "mirror:prod",
        &[no_data, "or give --calls-per-minute"],
    );
    check(
        emulator.endpoint(),
        "no function",
        &["--function no function: this is no function"],
    );
    let relay = Relay::to(emulator.endpoint(), &["cloudwatch:GetMetricData"]).await;
    check(
        &relay.endpoint,
        "mirror:live",
        &[
            "cloudwatch:GetMetricData failed: AccessDeniedException: User: ",
            "; allow cloudwatch:GetMetricData to your role or user",
        ],
    );
    check(
        "http://127.0.0.1:1",
        "mirror:live",
        &[
            "cloudwatch:GetMetricData failed: ",
            "; check the network, the Region and the endpoint",
        ],
    );
}
