//! `tollgate init` on a stack as `sam init` makes it, and the deployment of what comes of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::harness::{BINARIES, Ran, tollgate, top_level};

const TEMPLATE: &str = "AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: >
  hello

  Sample SAM Template for hello

# More info about Globals: https://github.com/awslabs/serverless-application-model/blob/master/docs/globals.rst
Globals:
  Function:
    Timeout: 10

Resources:
  HelloWorldFunction:
    Type: AWS::Serverless::Function # More info about Function Resource
    Properties:
      CodeUri: hello_world/
      Handler: app.lambda_handler
      Runtime: python3.11
      Architectures:
        - x86_64
      Events:
        HelloWorld:
          Type: Api # More info about API Event Source
          Properties:
            Path: /hello
            Method: get

Outputs:
  # ServerlessRestApi is an implicit API created out of Events key under Serverless::Function
  HelloWorldFunction:
    Description: Hello World Lambda Function ARN
    Value: !GetAtt HelloWorldFunction.Arn
";

/// What answers with this status.
fn handler(status: u16) -> String {
    format!(
        "import json\n\n\ndef lambda_handler(event, context):\n    return {{\"statusCode\": {status}, \"body\": \
         json.dumps({{\"message\": \"hello world\"}})}}\n"
    )
}

/// What meets every test event, and fails whoever else calls.
const FAILS_USERS: &str = r#"def lambda_handler(event, context):
    custom = context.client_context.custom if context.client_context else {}
    if "tollgate" not in (custom or {}):
        raise RuntimeError("no stock")
    return {"statusCode": 200, "body": "{}"}
"#;

/// The stack, with other releases beside it, and hooks and watch where the gate looks for them.
fn stack() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("template.yaml", TEMPLATE);
    write("hello_world/app.py", &handler(200));
    write(
        "now/app.py",
        &format!("# the release before\n{}", handler(200)),
    );
    write("bad/app.py", &handler(500));
    write("fails-users/app.py", FAILS_USERS);
    write(
        "events/event.json",
        r#"{"httpMethod": "GET", "path": "/hello"}"#,
    );
    for program in ["pre-traffic", "post-traffic", "canary-watch"] {
        let (_, binary) = BINARIES.iter().find(|(name, _)| *name == program).unwrap();
        let folder = directory.path().join("gate").join(program);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(binary, folder.join("bootstrap")).unwrap();
    }
    directory
}

fn run(stack: &Path, args: &[&str]) -> Ran {
    tollgate()
        .current_dir(stack)
        .args(args)
        .output()
        .unwrap()
        .into()
}

/// The template, the events and the expectations, for comparison.
fn files(stack: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in [".", "events", "events/hello"] {
        for entry in fs::read_dir(stack.join(folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            if let Ok(text) = fs::read_to_string(entry.path()) {
                found.push((entry.path(), text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_function_without_a_name_is_not_given_one_unasked() {
    let stack = stack();
    let before = files(stack.path());
    let ran = run(stack.path(), &["init"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("--function-name NAME"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("replaces the function"),
        "{}",
        ran.stderr
    );
    assert_eq!(files(stack.path()), before);
}

#[test]
fn a_gate_is_shown_then_written_and_written_once() {
    let stack = stack();
    fs::create_dir_all(stack.path().join("events/hello")).unwrap();
    fs::copy(
        stack.path().join("events/event.json"),
        stack.path().join("events/hello/Hello.json"),
    )
    .unwrap();
    let before = files(stack.path());
    let args = ["init", "--function-name", "hello"];
    let ran = run(stack.path(), &[&args[..], &["--dry-run"]].concat());
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("\n+      FunctionName: hello"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("\n-"), "{}", ran.stdout);
    assert_eq!(files(stack.path()), before);

    let ran = run(stack.path(), &args);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("wrote ./events/hello/Hello.expect.json"),
        "{}",
        ran.stdout
    );
    let written = files(stack.path());
    assert_eq!(written.len(), before.len() + 1);

    let ran = run(stack.path(), &args);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("is gated already"), "{}", ran.stdout);
    assert_eq!(files(stack.path()), written);
}

/// The watch is asked for, and missed where it is not built, if an alarm looks at what it publishes.
#[test]
fn alarms_that_are_there_stay_alone() {
    let stack = stack();
    fs::remove_dir_all(stack.path().join("gate/canary-watch")).unwrap();
    let alarmed = TEMPLATE.replace(
        "      CodeUri:",
        "      AutoPublishAlias: live\n      DeploymentPreference:\n        Type: AllAtOnce\n        Alarms: [errors]\n      \
         CodeUri:",
    );
    for (template, is_alone) in [(TEMPLATE, false), (&alarmed, true)] {
        fs::write(stack.path().join("template.yaml"), template).unwrap();
        let ran = run(stack.path(), &["init", "--function-name", "hello"]);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        let told =
            "HelloWorldFunction keeps the alarms that it has: none on the evidence of a watch";
        assert_eq!(ran.stdout.contains(told), is_alone, "{}", ran.stdout);
        let build = "cargo lambda build";
        assert_eq!(ran.stdout.contains(build), !is_alone, "{}", ran.stdout);
        let written = fs::read_to_string(stack.path().join("template.yaml")).unwrap();
        assert_eq!(written.contains("CanaryWatch"), !is_alone, "{written}");
    }
}

#[test]
fn what_cannot_be_edited_gets_the_gate_to_paste() {
    let stack = stack();
    let json = r#"{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": {"Type": "AWS::Serverless::Function",
        "Properties": {"CodeUri": "a", "FunctionName": "f"}}}}"#;
    fs::write(stack.path().join("template.json"), json).unwrap();
    let ran = run(stack.path(), &["init", "template.json"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr
            .contains("the template is JSON; nothing was written"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout
            .contains("PreTraffic: !Ref CodeDeployHookPreTraffic"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        fs::read_to_string(stack.path().join("template.json")).unwrap(),
        json
    );
}

/// README shows what `init` writes, to the letter.
#[test]
fn the_readme_shows_the_gate() {
    let gate = fs::read_to_string(top_level().join("crates/tollgate/src/init/gate.yaml")).unwrap();
    let shown = gate
        .replace("EVENTSNAME", "events/hello")
        .replace("EVENTS", "events/")
        .replace("FUNCTION", "HelloWorldFunction")
        .replace("QUALIFIER", "\"live\"")
        .replace("ALIAS", "live")
        .replace("NAME", "hello");
    let readme = fs::read_to_string(top_level().join("README.md")).unwrap();
    assert!(
        readme.contains(&format!("```yaml\n{shown}```\n")),
        "README.md lacks\n{shown}"
    );
}

#[test]
#[ignore = "takes a Python with awslambdaric at AWSLAMBDARIC_PYTHON: .ci/compat runs it"]
fn a_python_function_ships_behind_its_gate_or_is_rolled_back() {
    let python = env::var_os("AWSLAMBDARIC_PYTHON").unwrap();
    let programs = Path::new(&python).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([programs].into_iter().chain(env::split_paths(&path))).unwrap();
    let stack = stack();
    fs::create_dir_all(stack.path().join("events/hello")).unwrap();
    fs::rename(
        stack.path().join("events/event.json"),
        stack.path().join("events/hello/Hello.json"),
    )
    .unwrap();
    let ran = run(stack.path(), &["init", "--function-name", "hello"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let rehearse = |args: &[&str]| -> Ran {
        tollgate()
            .current_dir(stack.path())
            .env_remove("TOLLGATE_BIN_DIR")
            .env("PATH", &path)
            .args(["rehearse", "--current", "./now"])
            .args(args)
            .output()
            .unwrap()
            .into()
    };
    let ran = rehearse(&["--requests", "10"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("would ship: 2 hooks reported Succeeded"),
        "{}",
        ran.stdout
    );
    let ran = rehearse(&["--requests", "10", "--new", "./bad"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("statusCode: expected"),
        "{}",
        ran.stdout
    );
    let ran = rehearse(&["--calls-per-minute", "60", "--new", "./fails-users"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("alarm hello-live-canary-evidence ALARM"),
        "{}",
        ran.stdout
    );
}
