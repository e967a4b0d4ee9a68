//! What cannot be judged: exit status 2, one message, and never a pass.

use std::fs;

use serde_json::{Value, json};

use super::{change, removed, review, set_of, with};
use crate::harness::{Ran, run};

/// Nothing is found, for people and for machines, and it says why.
fn check(ran: &Ran, part: &str) {
    assert_eq!(ran.status, 2, "{part}: {}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "", "{part}");
    assert!(
        ran.stderr.starts_with("error: ") && ran.stderr.contains(part),
        "{part:?} is not in {}",
        ran.stderr
    );
}

#[test]
fn what_is_not_the_plan_or_not_the_whole_of_it() {
    let topic = change("Topic", "AWS::SNS::Topic", "Add");
    let nested = with(
        change("Storage", "AWS::CloudFormation::Stack", "Modify"),
        &json!({ "Replacement": "False", "ChangeSetId": "arn:nested" }),
    );
    let plan = |members: Value| with(set_of(std::slice::from_ref(&topic)), &members);
    let rows = [
        (plan(json!({ "NextToken": "more" })), "a next page"),
        (
            plan(json!({ "ExecutionStatus": "OBSOLETE" })),
            "it is OBSOLETE",
        ),
        (
            plan(json!({ "ExecutionStatus": "EXECUTE_IN_PROGRESS" })),
            "EXECUTE_IN_PROGRESS: it is no longer the plan",
        ),
        (
            plan(json!({ "ExecutionStatus": "EXECUTE_COMPLETE" })),
            "EXECUTE_COMPLETE: it is no longer the plan",
        ),
        (
            plan(json!({ "ExecutionStatus": "EXECUTE_FAILED" })),
            "EXECUTE_FAILED: it is no longer the plan",
        ),
        (
            plan(json!({ "ExecutionStatus": "UNAVAILABLE" })),
            "ExecutionStatus UNAVAILABLE",
        ),
        (
            plan(
                json!({ "Status": "FAILED", "StatusReason": "Transform AWS::Serverless-2016-10-31 failed" }),
            ),
            "it is FAILED: Transform AWS::Serverless-2016-10-31 failed",
        ),
        (
            plan(json!({ "Status": "CREATE_IN_PROGRESS" })),
            "still being created",
        ),
        (
            plan(json!({ "Status": "DELETE_COMPLETE" })),
            "DELETE_COMPLETE",
        ),
        (plan(json!({ "Status": "THAWED" })), "THAWED"),
        (
            plan(
                json!({ "StatusReason": "[WARN] --include-property-values option can return incomplete ChangeSet data because: x" }),
            ),
            "describe it without --include-property-values",
        ),
        (
            set_of(&[nested]),
            "the change set of the nested stack Storage is missing: give arn:nested as well",
        ),
    ];
    for (document, part) in rows {
        let document = document.to_string();
        check(&review(document.as_bytes(), &[]), part);
        check(
            &review(document.as_bytes(), &["--format", "markdown"]),
            part,
        );
        let machines = review(document.as_bytes(), &["--format", "json"]);
        assert_eq!(machines.status, 2);
        let found = machines.json();
        assert_eq!(found["exitStatus"], 2);
        assert!(found["error"].as_str().unwrap().contains(part), "{found}");
        assert_eq!(found.get("verdict"), None);
    }
}

#[test]
fn nothing_to_change_is_a_pass() {
    let nothing = json!({
        "Status": "FAILED", "ExecutionStatus": "UNAVAILABLE", "Changes": [],
        "StatusReason": "The submitted information didn't contain changes. Submit different information to create a change set.",
    });
    for document in [nothing, set_of(&[])] {
        let ran = review(document.to_string().as_bytes(), &["--fail-on", "review"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("no resource changes"), "{}", ran.stdout);
    }
}

#[test]
fn files_that_are_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let utf16: Vec<u8> = "\u{feff}{}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let rows: [(&str, &[u8], &str); 8] = [
        ("empty.json", b"", "it is empty"),
        ("utf16.json", &utf16, "it is UTF-16"),
        ("cut.json", b"{\"Changes\": [", "EOF while parsing"),
        (
            "text.json",
            b"Stack orders does not exist\n",
            "it is not JSON",
        ),
        (
            "yaml.yaml",
            b"Changes:\n- Type: Resource\n",
            "describe-change-set --output json",
        ),
        (
            "template.json",
            br#"{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#,
            "it is a template, not a change set: `tollgate changeset create`",
        ),
        ("stacks.json", br#"{"Stacks": []}"#, "it has no `Changes`"),
        (
            "summary.json",
            br#"{"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}"#,
            "it has no `Changes`",
        ),
    ];
    for (name, document, part) in rows {
        let path = folder.path().join(name);
        fs::write(&path, document).unwrap();
        let path = path.to_str().unwrap();
        let ran = run(["changeset", path]);
        check(&ran, part);
        check(&ran, path);
        let ran = review(document, &[]);
        check(&ran, part);
        check(&ran, "error: standard input: ");
    }
    let endless = folder.path().join("endless.json");
    let file = fs::File::create(&endless).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    check(
        &run(["changeset", endless.to_str().unwrap()]),
        "it is larger than 64 MiB",
    );
    check(&run(["changeset", "template.yaml"]), "it is a template");
    check(
        &run(["changeset", "no-such.json"]),
        "cannot read no-such.json: No such file",
    );
    check(
        &run(["changeset", "tests"]),
        "cannot read tests: Is a directory",
    );
    check(&run(["changeset", "-", "-"]), "can be read once only");
    let no_source = run(["changeset"]);
    assert_eq!((no_source.status, &*no_source.stdout), (2, ""));
    let no_allow = run(["changeset", "-", "--allow", "Orders"]);
    assert_eq!((no_allow.status, &*no_allow.stdout), (2, ""));
}

#[test]
fn nested_change_sets_are_given_beside_their_roots() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, document: &Value| {
        let path = folder.path().join(name);
        fs::write(&path, document.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let stack = |id: &str, of: &str| {
        with(
            change(id, "AWS::CloudFormation::Stack", "Modify"),
            &json!({ "Replacement": "False", "ChangeSetId": of }),
        )
    };
    let nested = |id: &str, changes: &[Value]| {
        with(
            set_of(changes),
            &json!({
                "ChangeSetId": id, "ExecutionStatus": "UNAVAILABLE",
                "StatusReason": "Only executable from the root change set.",
            }),
        )
    };
    let root = file("root.json", &set_of(&[stack("Storage", "arn:storage")]));
    let storage = file("storage.json", &nested("arn:storage", &[removed("Orders")]));
    let other = file("other.json", &nested("arn:other", &[]));
    let circle = file(
        "circle.json",
        &nested("arn:storage", &[stack("Storage", "arn:storage")]),
    );

    for files in [[&root, &storage], [&storage, &root]] {
        let ran = run(["changeset", files[0], files[1]]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains("✗ Storage/Orders"), "{}", ran.stdout);
        let remedy = "or give `--allow Storage/Orders=remove`";
        assert!(ran.stdout.contains(remedy), "{}", ran.stdout);
    }
    let allow = ["--allow", "Storage/Orders=remove"];
    let allowed = run(["changeset", &root, &storage, allow[0], allow[1]]);
    assert_eq!(allowed.status, 0, "{}", allowed.stdout);
    // Without its root: what it changes is judged, and a person is told.
    let alone = run(["changeset", &other]);
    assert_eq!(alone.status, 0, "{}", alone.stderr);

    check(&run(["changeset", &root]), "give arn:storage as well");
    check(
        &run(["changeset", &root, &storage, &other]),
        "arn:other is not nested",
    );
    check(
        &run(["changeset", &root, &storage, &storage]),
        "was given twice",
    );
    check(&run(["changeset", &root, &circle]), "in a circle");
}

#[test]
fn the_export_of_the_console_is_reviewed_with_a_warning() {
    let export = json!([{ "type": "Resource", "hookInvocationCount": null, "resourceChange": {
        "action": "Modify", "logicalResourceId": "Orders", "resourceType": "AWS::DynamoDB::Table",
        "replacement": "True", "policyAction": "ReplaceAndDelete", "scope": ["Properties"], "details": null,
    }}]);
    let ran = review(export.to_string().as_bytes(), &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("✗ Orders"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("warning: an export of changes does not say"),
        "{}",
        ran.stdout
    );
}
