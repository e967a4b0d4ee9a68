//! `tollgate test` without `--function`: the template's functions, started here.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::api::Folder;
use crate::harness::{BINARIES, Copy, NO_CERTIFICATES, Ran, tollgate};
use crate::serve::Stubborn;

fn test(copy: &Copy, args: &[&str]) -> Ran {
    let mut command = tollgate();
    command.current_dir(copy.path("")).arg("test").args(args);
    command.envs(NO_CERTIFICATES);
    command.output().unwrap().into()
}

#[test]
fn the_template_s_functions_are_tested() {
    let copy = Copy::new();
    let hooks = ["CodeDeployHook_PreTraffic", "CodeDeployHook_PostTraffic"];
    for hook in hooks {
        let folder = copy.path("events").join(hook);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("LifecycleEvent.json"), "{}").unwrap();
    }
    let ran = test(&copy, &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    for part in [
        "VersionedOrderAPI:prod, version 1  events/VersionedOrderAPI\n",
        "✓ CreateOrderMissingCustomer",
        "3 of 3 events met\n",
    ] {
        assert!(
            ran.stdout.contains(part),
            "{part:?} is not in {}",
            ran.stdout
        );
    }
    for hook in hooks {
        let part = format!("not tested: {hook} is a hook of template.yaml");
        assert!(
            ran.stderr.contains(&part),
            "{part:?} is not in {}",
            ran.stderr
        );
    }

    let (_, lost) = BINARIES
        .iter()
        .find(|(name, _)| *name == "lost-validation")
        .unwrap();
    let binary = format!("VersionedOrderAPI={lost}");
    let ran = test(&copy, &["--binary", &binary, "--format", "json"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.json()["functions"][0]["reason"], "1 of 3 events unmet");
    let ran = test(&copy, &["--binary", &binary, "--only", "CreateOrderValid"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

const TWO_FUNCTIONS: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  First:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: order-api } }
    Properties: { FunctionName: first, Runtime: provided.al2023, Handler: bootstrap, CodeUri: . }
  Second:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: mirror } }
    Properties: { FunctionName: second, Runtime: provided.al2023, Handler: bootstrap, CodeUri: ., AutoPublishAlias: live }
  Third:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: third, Runtime: java21, Handler: a.B, CodeUri: . }
";

fn two_functions() -> Folder {
    let folder = Folder::new();
    folder.file("template.yaml", TWO_FUNCTIONS);
    folder.file(
        "events/first/Get.json",
        r#"{"action": "get", "orderId": "A-1"}"#,
    );
    folder.file("events/second/Ask.json", r#"{"question": "who"}"#);
    folder.file(
        "events/second/Ask.expect.json",
        r#"{"payload": {"question": "who"}, "functionVersion": "1", "custom": {"tollgate": "test"}}"#,
    );
    folder
}

#[test]
fn each_function_with_events_is_one_of_several() {
    let folder = two_functions();
    folder.file("events/first.old/Get.json", "{}");
    fs::create_dir(folder.path("events/third")).unwrap();
    let ran = folder.test(&["--format", "json"], &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let document = ran.json();
    let told: Vec<_> = document["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|function| {
            (
                function["target"].as_str().unwrap(),
                function["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("first, $LATEST", "1 of 1 events met"),
            ("second:live, version 1", "1 of 1 events met")
        ]
    );
    for part in [
        "not tested: events/first.old is named after no function of template.yaml\n",
        "not tested: events/third holds no *.json\n",
    ] {
        assert!(
            ran.stderr.contains(part),
            "{part:?} is not in {}",
            ran.stderr
        );
    }
    let ran = folder.test(&["--only", "Ask"], &[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stdout.contains("first"), "{}", ran.stdout);
}

#[test]
fn a_function_that_cannot_be_run_here_hides_nothing_of_the_others() {
    let folder = two_functions();
    folder.file("events/third/A.json", "{}");
    let junit = "report.xml";
    for args in [&[][..], &["--repeat", "2"], &["--generated"]] {
        let ran = folder.test(
            &[&["--format", "json", "--junit", junit], args].concat(),
            &[],
        );
        assert_eq!(ran.status, 2, "{args:?}: {}{}", ran.stdout, ran.stderr);
        let document = ran.json();
        let outcome = |number: usize| {
            let event = &document["functions"][number]["events"][0];
            event["outcome"].as_str().unwrap().to_owned()
        };
        assert_eq!([0, 1, 2].map(outcome), ["met", "met", "broken"], "{args:?}");
        let reason = document["functions"][2]["events"][0]["reason"].as_str();
        let expected = "template.yaml:12:3: Resources.Third: no executable";
        assert!(
            reason.unwrap().starts_with(expected),
            "{args:?}: {reason:?}"
        );
        let report = fs::read_to_string(folder.path(junit)).unwrap();
        assert_eq!(report.matches("<error ").count(), 1, "{args:?}: {report}");
    }
    // What is unmet would roll back, whatever could not be checked.
    folder.file("events/second/Ask.expect.json", r#"{"payload": 1}"#);
    folder.file("no-program", "");
    for (binary, reason) in [
        (
            "gone/bootstrap",
            "cannot read the function's code gone/bootstrap: No such file",
        ),
        ("no-program", "no-program is not an executable file"),
    ] {
        let ran = folder.test(&["--binary", &format!("third={binary}")], &[]);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        for part in [
            "✓ Get",
            "✗ Ask",
            "broken: the code of Third cannot be used; build it, or give --binary Third=PATH: ",
            reason,
        ] {
            assert!(ran.stdout.contains(part), "{part:?}: {}", ran.stdout);
        }
    }
    let ran = folder.test(&["--accept"], &[]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    for part in ["written   Get", "left out  A: template.yaml:12:3"] {
        assert!(ran.stdout.contains(part), "{part:?}: {}", ran.stdout);
    }
}

#[test]
fn what_cannot_be_tested_is_said() {
    type Spoil = fn(&Folder);
    let rows: [(Spoil, &[&str], &str); 6] = [
        (
            |folder| fs::remove_file(folder.path("template.yaml")).unwrap(),
            &[],
            "error: cannot read the template template.yaml",
        ),
        (
            |folder| fs::remove_dir_all(folder.path("events")).unwrap(),
            &[],
            "error: cannot list the folder of test events events: No such file",
        ),
        (
            |folder| {
                fs::remove_dir_all(folder.path("events/first")).unwrap();
                fs::remove_dir_all(folder.path("events/second")).unwrap();
            },
            &[],
            "no function of template.yaml has test events, and nothing checked is not a pass: it has first, second, third; add \
             events/<FunctionName>/<EventName>.json",
        ),
        (
            |folder| folder.file("events/third/A.json", "{}"),
            &["--only", "A"],
            "error: template.yaml:12:3: Resources.Third: no executable",
        ),
        (
            |_| (),
            &["--only", "Nope"],
            "--only Nope: first or second has no such test event; there is Get, Ask",
        ),
        (
            |_| (),
            &["--region", "eu-west-1"],
            "--region says where the function of --function is",
        ),
    ];
    for (spoil, args, expected) in rows {
        let folder = two_functions();
        spoil(&folder);
        let ran = folder.test(args, &[]);
        assert_eq!(
            (ran.status, &*ran.stdout),
            (2, ""),
            "{args:?}: {}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains(expected),
            "{expected:?} is not in {}",
            ran.stderr
        );
    }
}

#[test]
fn nothing_is_left_whatever_ends_it() {
    for signal in [Signal::INT, Signal::KILL] {
        let stack = Stubborn::new();
        let folder = stack.directory.path().join("events/stubborn");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("A.json"), "{}").unwrap();
        let watch = stack.watch();
        let child = tollgate()
            .current_dir(stack.directory.path())
            .args(["test", "--format", "json", "--junit", "report.xml"])
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        watch.started("tollgate test");
        let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
        watch.ended(&format!("{signal:?}"));
        let output = child.wait_with_output().unwrap();
        let report = stack.directory.path().join("report.xml");
        let report = fs::read_to_string(report).unwrap();
        if signal == Signal::INT {
            let ran = Ran::from(output);
            assert_eq!(ran.status, 2);
            let expected = json!({ "exitStatus": 2, "error": "interrupted", "functions": [] });
            assert_eq!(ran.json(), expected);
            assert!(
                report.contains(r#"<error message="interrupted""#),
                "{report}"
            );
        } else {
            assert!(
                report.contains("the run did not come to its end"),
                "{report}"
            );
        }
    }
}
