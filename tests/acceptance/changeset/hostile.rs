//! Documents that were made to do harm: nothing steers a terminal or GitHub's runner, and time and memory have bounds.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{change, removed, review, set_of, with};

/// More than a document of this size may take in a build that is not optimized, on a machine that does other things, and
/// far less than what grows with its square.
const PATIENCE: Duration = Duration::from_secs(60);

const FORMATS: [&str; 3] = ["table", "json", "markdown"];

/// What would be a command to a terminal, or to GitHub's runner.
fn assert_harmless(text: &str, what: &str) {
    let steers = |one: char| {
        (one.is_control() && one != '\n')
            || matches!(one, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(
        text.chars().find(|one| steers(*one)),
        None,
        "{what}: {text}"
    );
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("::"), "{what}: {line}");
    }
}

#[test]
fn words_of_others_steer_nothing() {
    let texts = [
        "\u{1b}[2J\u{1b}]0;pwned\u{7}",
        "\u{9b}31m\u{8}\u{7f}",
        "a\r\nb\nsafe: 0 blocked",
        "\u{202e}elbaT\u{2066}\u{200f}\u{2028}",
        "::add-mask::blocked",
        "\n::stop-commands::x\n",
        "$(touch pwned); `touch pwned`",
    ];
    for text in texts {
        let detail = json!({
            "Target": {
                "Attribute": text, "Path": text, "RequiresRecreation": "Always", "BeforeValue": text, "AfterValue": text,
            },
            "Evaluation": "Static", "ChangeSource": text, "CausingEntity": text,
        });
        let hostile = |kind: &str, action: &str| {
            with(
                change(&format!("{text}{kind}"), &format!("{text}X"), action),
                &json!({ "PolicyAction": text, "Details": [detail], "PhysicalResourceId": text }),
            )
        };
        let document = with(
            set_of(&[
                hostile("1", "Remove"),
                hostile("2", "Modify"),
                hostile("3", text),
                with(removed(text), &json!({ "Details": [detail] })),
            ]),
            &json!({ "StackName": text, "ChangeSetId": text, "ChangeSetName": text }),
        );
        let failed = with(
            document.clone(),
            &json!({ "Status": "FAILED", "StatusReason": text }),
        );
        let allow = format!("{text}=remove");
        let useless = format!("{text}Y=any");
        for format in FORMATS {
            let args = ["--format", format, "--show-values", "--allow", &useless];
            let ran = review(document.to_string().as_bytes(), &args);
            assert_eq!(ran.status, 1, "{}", ran.stderr);
            assert_harmless(&ran.stdout, format);
            let ran = review(failed.to_string().as_bytes(), &args);
            assert_eq!(ran.status, 2);
            assert_harmless(&ran.stdout, format);
            assert_harmless(&ran.stderr, format);
            // Machines have it as it was.
            if format == "json" {
                let json = review(document.to_string().as_bytes(), &args).json();
                assert_eq!(json["stack"], text);
            }
            let args = ["--format", format, "--allow", &allow];
            let ran = review(document.to_string().as_bytes(), &args);
            assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
            assert_harmless(&ran.stdout, format);
        }
    }
}

#[test]
fn depth_ends_in_a_message() {
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let head =
        r#""LogicalResourceId": "T", "ResourceType": "AWS::DynamoDB::Table", "Action": "Remove""#;
    for bomb in [&deep, &objects] {
        for document in [
            bomb.clone(),
            format!(r#"{{"Changes": {bomb}}}"#),
            format!(r#"{{"Changes": [{{"ResourceChange": {{{head}, "Details": {bomb}}}}}]}}"#),
            format!(
                r#"{{"Changes": [{{"ResourceChange": {{{head}, "BeforeContext": {bomb}}}}}]}}"#
            ),
        ] {
            let ran = review(document.as_bytes(), &[]);
            assert_eq!(ran.status, 2, "{}", ran.stdout);
            assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        }
        // What nobody looks at is passed over, at any depth.
        let beside = format!(r#"{{"Status": "CREATE_COMPLETE", "Other": {bomb}, "Changes": []}}"#);
        assert_eq!(review(beside.as_bytes(), &[]).status, 0);
        // In a context, where JSON is within a string, it protects nothing.
        let context = format!(r#"{{"DeletionPolicy": "Retain", "Properties": {bomb}}}"#);
        let bombed = json!({
            "LogicalResourceId": "T", "ResourceType": "AWS::DynamoDB::Table", "Action": "Remove",
            "BeforeContext": context, "AfterContext": context,
        });
        let ran = review(set_of(&[bombed]).to_string().as_bytes(), &[]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
    }
}

#[test]
fn a_name_that_is_said_twice_is_not_chosen_from() {
    for document in [
        r#"{"Status": "CREATE_COMPLETE", "Changes": [], "Changes": [{"ResourceChange": null}]}"#,
        r#"{"Status": "CREATE_COMPLETE", "status": "FAILED", "Changes": []}"#,
        r#"[{"resourceChange": {"logicalResourceId": "T", "resourceType": "X", "action": "Remove", "Action": "Add"}}]"#,
    ] {
        let ran = review(document.as_bytes(), &[]);
        assert_eq!(ran.status, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains("duplicate field"), "{}", ran.stderr);
    }
}

/// Reviews the document in these formats; the standard output of the last.
fn within_bounds(document: &Value, formats: &[&str], status: i32) -> String {
    let document = document.to_string();
    let mut last = String::new();
    for format in formats {
        let started = Instant::now();
        let ran = review(document.as_bytes(), &["--format", format]);
        assert_eq!(ran.status, status, "{}", ran.stderr);
        assert!(
            started.elapsed() < PATIENCE,
            "{format}: {:?}",
            started.elapsed()
        );
        last = ran.stdout;
    }
    last
}

#[test]
fn ten_megabytes_are_reviewed() {
    // One text of that length, and many changes.
    let long = with(
        removed("T"),
        &json!({ "ResourceType": "ü".repeat(5 << 20) }),
    );
    within_bounds(&set_of(&[long]), &FORMATS, 0);
    let many: Vec<Value> = (0..60_000)
        .map(|number| removed(&format!("T{number}")))
        .collect();
    let comment = within_bounds(&set_of(&many), &FORMATS, 1);
    assert!(comment.chars().count() < 65_536);
    assert!(comment.contains("60000 blocked"), "{comment:.200}");
    assert!(comment.contains("lines are left out"), "{comment:.200}");
}

#[test]
fn what_refers_to_each_other_takes_no_more_time_than_its_length() {
    let conditional = |id: String, causes: &[String]| {
        let details: Vec<Value> = causes
            .iter()
            .map(|cause| {
                json!({
                    "Target": { "Attribute": "Properties", "Path": "/Properties/P", "RequiresRecreation": "Always" },
                    "Evaluation": "Dynamic", "ChangeSource": "ResourceReference", "CausingEntity": cause,
                })
            })
            .collect();
        with(
            change(&id, "AWS::DynamoDB::Table", "Modify"),
            &json!({ "Replacement": "Conditional", "Details": details }),
        )
    };
    let name = |number: usize| format!("T{number}");
    // A chain that ends well, and one that ends where it begins.
    let chain = |length: usize, last: &str| {
        let mut changes: Vec<Value> = (0..length)
            .map(|number| conditional(name(number), &[name(number + 1)]))
            .collect();
        changes.push(conditional(name(length), &[last.to_owned()]));
        set_of(&changes)
    };
    within_bounds(&chain(20_000, "Elsewhere"), &["table"], 0);
    within_bounds(&chain(20_000, "T0"), &["table"], 1);
    // Many of one name, for which many wait.
    let mut same: Vec<Value> = (0..10_000)
        .map(|_| conditional("Same".to_owned(), &["Same".to_owned()]))
        .collect();
    same.extend((0..10_000).map(|number| conditional(name(number), &["Same".to_owned()])));
    within_bounds(&set_of(&same), &["table"], 1);
    // One with many details, each of another protection.
    let details: Vec<Value> = (0..20_000)
        .map(|number| json!({ "Target": { "Attribute": "Properties", "Name": format!("DeletionProtection{number}") } }))
        .collect();
    let protected = with(
        change("T", "AWS::DynamoDB::Table", "Modify"),
        &json!({ "Replacement": "False", "Details": details }),
    );
    within_bounds(&set_of(&[protected]), &["table"], 0);
}
