//! `tollgate changeset`, from plan to deployment: what it says of gates, by the templates that it gets.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Ran, run, top_level};

const STACK: &str = "tests/stacks/deploys-a-gated-function";

fn of_stack(file: &str) -> String {
    fs::read_to_string(top_level().join(STACK).join(file)).unwrap()
}

/// The change set of the stack, reviewed with these options.
fn reviewed(options: &[&str]) -> Ran {
    let document = format!("{STACK}/changeset.json");
    run(["changeset", document.as_str()]
        .into_iter()
        .chain(options.iter().copied()))
}

/// The run ended like this, and said all of that.
#[track_caller]
fn said(ran: &Ran, status: i32, parts: &[&str]) {
    let text = format!("{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.status, status, "{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

/// `VersionedOrderAPI gated`, of each function.
fn gating(document: &Value) -> Vec<String> {
    let text = |deployment: &Value, member: &str| deployment[member].as_str().unwrap().to_owned();
    let deployments = document["deployments"].as_array().unwrap().iter();
    deployments
        .map(|deployment| {
            format!(
                "{} {}",
                text(deployment, "function"),
                text(deployment, "gating")
            )
        })
        .collect()
}

#[test]
fn a_template_says_what_shifts_as_it_was_written_and_as_it_was_processed() {
    let processed = format!("{STACK}/template.json");
    let rows: [(&[&str], &str); 3] = [
        (&[], "review.txt"),
        (&["--template", &processed], "deployments.txt"),
        (&["--template", "template.yaml"], "deployments.txt"),
    ];
    for (options, expected) in rows {
        let ran = reviewed(options);
        assert_eq!(
            ran.stdout,
            of_stack(expected),
            "{options:?}\n{}",
            ran.stderr
        );
        assert_eq!((ran.status, &*ran.stderr), (0, ""), "{options:?}");
    }
}

#[test]
fn machines_and_pull_requests_are_told_as_well() {
    let json = ["--format", "json"];
    let unknown = [
        "CodeDeployHookPreTraffic notGated",
        "VersionedOrderAPI unknown",
    ];
    assert_eq!(gating(&reviewed(&json).json()), unknown);
    let gated = [
        "CodeDeployHookPreTraffic notGated",
        "VersionedOrderAPI gated",
    ];
    let with_template = [&json[..], &["--template", "template.yaml"]].concat();
    assert_eq!(gating(&reviewed(&with_template).json()), gated);
    // No function changes: nothing is to be said, and the member is there.
    let tables = run([
        "changeset",
        "tests/stacks/adds-a-table/changeset.json",
        "--format",
        "json",
    ]);
    assert_eq!(tables.json()["deployments"], json!([]));

    let ran = reviewed(&["--format", "markdown", "--template", "template.yaml"]);
    said(
        &ran,
        0,
        &[
            "**Deployments**\n\n- `CodeDeployHookPreTraffic`: not gated\n",
            "- `VersionedOrderAPI`: gated\n  - alias `StagingAlias (staging)`: all its traffic moves at once",
            "    - before it gets traffic: CodeDeployHook&#95;PreTraffic\n",
        ],
    );
}

#[test]
fn a_template_that_is_none_is_not_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("template.yaml");
    let file = path.to_str().unwrap();
    let rows: [(Option<&[u8]>, &str); 5] = [
        (None, "cannot read "),
        (Some(b"\xff"), "it is not UTF-8 text"),
        (Some(b"Resources: [a"), "template.yaml:"),
        (
            Some(b"Changes: []"),
            "is no template, because it has no Resources",
        ),
        (
            Some(b"{Globals: {Function: 1}, Resources: {F: {Type: AWS::Serverless::Function}}}"),
            "template.yaml:1:",
        ),
    ];
    for (text, said) in rows {
        if let Some(text) = text {
            fs::write(Path::new(file), text).unwrap();
        }
        let ran = reviewed(&["--template", file]);
        self::said(&ran, 2, &[said]);
        assert_eq!(ran.stdout, "");
        let document = reviewed(&["--template", file, "--format", "json"]).json();
        assert!(
            document["error"].as_str().unwrap().contains(said),
            "{document}"
        );
    }
}

#[test]
fn what_a_template_says_steers_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("template.json");
    let hostile = "\u{1b}[2J\r\n::error::![x](http://x) <b>@you|`\u{202e}";
    let mut template: Value = serde_json::from_str(&of_stack("template.json")).unwrap();
    let resources = &mut template["Resources"];
    resources["VersionedOrderAPIAliasprod"]["Properties"]["Name"] = hostile.into();
    resources["VersionedOrderAPIDeploymentGroup"]["Properties"]["DeploymentConfigName"] =
        hostile.into();
    resources["CodeDeployHookPreTraffic"]["Properties"]["FunctionName"] = hostile.into();
    resources["AliasErrorsAlarm"]["Properties"]["AlarmName"] = hostile.into();
    fs::write(&path, template.to_string()).unwrap();
    let file = path.to_str().unwrap();
    for format in ["table", "markdown", "json"] {
        let ran = reviewed(&["--template", file, "--format", format]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let is_harmless = |character: char| {
            character == '\n' || !(character.is_control() || character == '\u{202e}')
        };
        assert!(ran.stdout.chars().all(is_harmless), "{}", ran.stdout);
        assert!(
            ran.stdout
                .lines()
                .all(|line| !line.trim_start().starts_with("::"))
        );
        if format == "markdown" {
            // Between backticks nothing means anything.
            let outside: String = ran.stdout.split('`').step_by(2).collect();
            for mark in ["![x]", "<b>", "@you", "http://"] {
                assert!(!outside.contains(mark), "{mark} in {outside}");
            }
        }
    }
}
