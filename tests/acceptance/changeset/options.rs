//! Every option, by the exit status and by what it changes in the text.

use serde_json::{Value, json};

use super::{change, removed, review, set_of, with};

/// A table that may be replaced, one that is removed, a topic that is removed, and what comes with every deployment.
fn document() -> Value {
    let detail = json!({
        "Target": {
            "Attribute": "Properties", "Path": "/Properties/KeySchema", "RequiresRecreation": "Conditionally",
            "BeforeValue": "hunter2", "AfterValue": "hunter3",
        },
        "Evaluation": "Static", "ChangeSource": "DirectModification",
    });
    set_of(&[
        change("FnVersion2", "AWS::Lambda::Version", "Add"),
        with(
            change("Topic", "AWS::SNS::Topic", "Remove"),
            &json!({ "PolicyAction": "Delete" }),
        ),
        with(
            change("Orders", "AWS::DynamoDB::Table", "Modify"),
            &json!({ "Replacement": "Conditional", "Details": [detail] }),
        ),
        removed("Config"),
    ])
}

/// The exit status, and parts that the text has (or, after `no `, has not).
fn check(args: &[&str], status: i32, parts: &[&str]) {
    let ran = review(document().to_string().as_bytes(), args);
    assert_eq!(ran.status, status, "{args:?}: {}{}", ran.stdout, ran.stderr);
    for part in parts {
        let (part, expected) = match part.strip_prefix("no ") {
            Some(part) => (part, false),
            None => (*part, true),
        };
        assert_eq!(
            ran.stdout.contains(part),
            expected,
            "{args:?}: {part:?} in {}",
            ran.stdout
        );
    }
}

#[test]
fn what_may_be_lost_is_said_for_each_resource_or_type() {
    let blocked = "blocked: 2 blocked, 1 to review, 1 safe (1 of them routine)";
    check(&[], 1, &[blocked, "✓ 1 routine: 1 AWS::Lambda::Version"]);
    check(
        &["--allow", "Orders=replace", "--allow", "Config=remove"],
        0,
        &[
            "review: 0 blocked, 1 to review, 1 safe (1 of them routine), 2 allowed",
            "~ Orders",
            "allowed by --allow Orders=replace",
            "allowed by --allow Config=remove",
            "no warning",
            "no DeletionPolicy: Retain",
        ],
    );
    check(
        &["--allow", "Orders=any", "--allow", "Config=any"],
        0,
        &["2 allowed"],
    );
    // One that is used and one that is not: it does not let what is left pass.
    check(
        &["--allow", "Orders=replace", "--allow", "Config=replace"],
        1,
        &[
            "blocked: 1 blocked",
            "warning: --allow Config=replace allows nothing that is blocked here",
        ],
    );
    check(
        &["--allow", "orders=any"],
        1,
        &[blocked, "warning: --allow orders=any allows nothing"],
    );
    check(
        &["--allow-type", "AWS::DynamoDB::Table"],
        0,
        &["allowed by --allow-type AWS::DynamoDB::Table", "2 allowed"],
    );
    check(
        &["--allow-type", "AWS::S3::Bucket"],
        1,
        &[
            blocked,
            "warning: --allow-type AWS::S3::Bucket allows nothing",
        ],
    );
}

#[test]
fn what_holds_data_is_for_the_team_to_say() {
    check(
        &["--stateful", "AWS::SNS::Topic"],
        1,
        &["✗ Topic", "3 blocked, 0 to review"],
    );
    check(
        &["--not-stateful", "AWS::DynamoDB::Table"],
        0,
        &["review: 0 blocked, 3 to review"],
    );
}

#[test]
fn what_cannot_be_told_and_what_is_to_be_reviewed_may_fail_or_not() {
    check(
        &["--conditional", "review", "--allow", "Config=remove"],
        0,
        &["! Orders", "review: 0 blocked, 2 to review"],
    );
    check(&["--conditional", "block"], 1, &["✗ Orders"]);
    check(
        &[
            "--allow-type",
            "AWS::DynamoDB::Table",
            "--fail-on",
            "review",
        ],
        1,
        &["review: 0 blocked, 1 to review"],
    );
    check(&["--fail-on", "blocked"], 1, &[]);
}

#[test]
fn a_type_that_is_none_is_refused() {
    for option in ["--stateful", "--not-stateful", "--allow-type"] {
        for text in ["", "AWS::SSM::*", "Table", "AWS::", "AWS::S3:: Bucket"] {
            let ran = review(document().to_string().as_bytes(), &[option, text]);
            assert_eq!(ran.status, 2, "{option} {text:?}");
            assert!(ran.stderr.contains(option), "{}", ran.stderr);
        }
    }
}

#[test]
fn values_are_shown_on_request_only() {
    let document = document().to_string();
    for format in ["table", "json", "markdown"] {
        for (args, expected) in [(&[][..], false), (&["--show-values"][..], true)] {
            let ran = review(document.as_bytes(), &[args, &["--format", format]].concat());
            assert_eq!(ran.status, 1);
            for value in ["hunter2", "hunter3"] {
                assert_eq!(ran.stdout.contains(value), expected, "{}", ran.stdout);
            }
            assert!(ran.stdout.contains("KeySchema"), "{}", ran.stdout);
        }
    }
}

#[test]
fn every_format_says_the_same() {
    let document = document().to_string();
    let args = ["--allow", "Config=remove", "--allow", "Gone=any"];
    for format in ["json", "markdown"] {
        let ran = review(
            document.as_bytes(),
            &[&args[..], &["--format", format]].concat(),
        );
        assert_eq!(ran.status, 1, "{}", ran.stdout);
        for part in [
            "changeSet/update/1",
            "--allow Config=remove",
            "--allow Gone=any allows nothing",
            "Orders",
            "--allow Orders=replace",
        ] {
            assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
        }
    }
    let json = review(document.as_bytes(), &["--format", "json"]).json();
    let verdicts: Vec<&str> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["safe", "review", "blocked", "blocked"]);
}
