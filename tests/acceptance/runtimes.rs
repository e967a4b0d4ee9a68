//! Functions whose code is no program: their runtime interface client runs it, where it is installed.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Ran, tollgate, write_script};
use crate::serve::Serving;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders
      Runtime: python3.11
      Handler: app.handler
      CodeUri: code
      Timeout: 30
      Layers: [!Ref Shared]
      Environment: { Variables: { STAGE: test } }
      AutoPublishAlias: live
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: layer }
";

const HANDLER: &str = r#"
import os
import helper, shared

def handler(event, context):
    print("working")
    if "fail" in event:
        raise ValueError(event["fail"])
    return {
        "helper": helper.NAME, "shared": shared.NAME, "event": event, "stage": os.environ["STAGE"],
        "version": context.function_version, "id": context.aws_request_id,
        "handler": os.environ["_HANDLER"], "root": os.environ["LAMBDA_TASK_ROOT"] == os.getcwd(),
        "runtime": os.environ["AWS_EXECUTION_ENV"],
    }
"#;

/// A stack of one function in Python.
fn stack() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("template.yaml", TEMPLATE),
        ("code/app.py", HANDLER),
        ("code/helper.py", "NAME = 'beside the handler'\n"),
        ("layer/python/shared.py", "NAME = 'of the layer'\n"),
    ] {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// What is served where Python is found in `path`.
fn serving(stack: &TempDir, path: &OsString) -> Serving {
    let args = ["--template", "template.yaml"];
    Serving::start_with(&[("PATH", path)], stack.path(), &args)
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {answer}"))
}

#[test]
fn without_its_client_an_invocation_says_what_to_install() {
    let stack = stack();
    let programs = tempfile::tempdir().unwrap();
    write_script(&programs.path().join("python3"), "#!/bin/sh\nexit 1\n");
    let serving = serving(&stack, &programs.path().into());
    let answer = serving.invoke("orders", "live", &json!({}));
    assert!(
        answer.contains("x-amz-function-error: Unhandled"),
        "{answer}"
    );
    let error = body(&answer);
    assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("`pip install awslambdaric`"), "{message}");
}

#[test]
fn without_its_client_its_test_events_are_not_decided() {
    let stack = stack();
    fs::create_dir_all(stack.path().join("events/orders")).unwrap();
    fs::write(stack.path().join("events/orders/A.json"), "{}").unwrap();
    let programs = tempfile::tempdir().unwrap();
    write_script(&programs.path().join("python3"), "#!/bin/sh\nexit 1\n");
    let mut command = tollgate();
    command
        .current_dir(stack.path())
        .env("PATH", programs.path());
    let ran: Ran = command.arg("test").output().unwrap().into();
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    for part in [
        "error: Orders cannot be run on this machine: no python3 ",
        "`pip install awslambdaric`",
        "with that first on its PATH\n",
    ] {
        assert!(ran.stderr.contains(part), "{part:?}: {}", ran.stderr);
    }
}

#[test]
#[ignore = "takes a Python with awslambdaric at AWSLAMBDARIC_PYTHON: .ci/compat runs it"]
fn a_python_function_runs_in_its_runtime_interface_client() {
    let python = env::var_os("AWSLAMBDARIC_PYTHON").unwrap();
    let directory = Path::new(&python).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([directory].into_iter().chain(env::split_paths(&path))).unwrap();
    let stack = stack();
    let serving = serving(&stack, &path);

    let mut first = body(&serving.invoke("orders", "live", &json!({ "order": 1 })));
    let id = first.as_object_mut().unwrap().remove("id").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36);
    let expected = json!({
        "helper": "beside the handler", "shared": "of the layer", "event": { "order": 1 }, "stage": "test",
        "version": "1", "handler": "app.handler", "root": true, "runtime": "AWS_Lambda_python3.11",
    });
    assert_eq!(first, expected);

    let answer = serving.invoke("orders", "live", &json!({ "fail": "as asked" }));
    assert!(
        answer.contains("x-amz-function-error: Unhandled"),
        "{answer}"
    );
    let error = body(&answer);
    assert_eq!(
        (&error["errorType"], &error["errorMessage"]),
        (&json!("ValueError"), &json!("as asked"))
    );
    // It goes on after that, and on `$LATEST`, too.
    let again = body(&serving.invoke("orders", "$LATEST", &json!({})));
    assert_eq!(again["version"], "$LATEST");
}
