//! What is allowed, what a person is told, and what asks for a look beside the table.

use changeset::{Allow, Conditional, Policy, Review, Verdict};
use serde_json::{Value, json};

use crate::{found, letter, reviewed, reviewed_by, table, with};

fn replaced(id: &str) -> Value {
    with(
        table(id),
        &json!({ "Action": "Modify", "Replacement": "True", "PolicyAction": "ReplaceAndDelete" }),
    )
}

fn removed(id: &str) -> Value {
    with(
        table(id),
        &json!({ "Action": "Remove", "PolicyAction": "Delete" }),
    )
}

fn allowing(texts: &[&str], types: &[&str]) -> Policy {
    Policy {
        allow: texts.iter().map(|text| text.parse().unwrap()).collect(),
        allow_types: types.iter().map(|text| (*text).to_owned()).collect(),
        ..Policy::default()
    }
}

fn allowed(review: &Review) -> Vec<Option<&str>> {
    let findings = review.changes.iter();
    findings
        .map(|finding| finding.allowed_by.as_deref())
        .collect()
}

#[test]
fn what_is_allowed_passes_and_what_allows_nothing_is_told() {
    let changes = [replaced("A"), removed("B")];
    type Row = (
        &'static [&'static str],
        &'static [&'static str],
        [Option<&'static str>; 2],
        &'static [&'static str],
    );
    let rows: [Row; 7] = [
        (&[], &[], [None, None], &[]),
        (&["A=replace"], &[], [Some("--allow A=replace"), None], &[]),
        (
            &["A=remove"],
            &[],
            [None, None],
            &["--allow A=remove allows nothing that is blocked here"],
        ),
        (
            &["A=any", "B=remove"],
            &[],
            [Some("--allow A=any"), Some("--allow B=remove")],
            &[],
        ),
        (
            &["a=any"],
            &[],
            [None, None],
            &["--allow a=any allows nothing that is blocked here"],
        ),
        (
            &[],
            &["AWS::DynamoDB::Table"],
            [
                Some("--allow-type AWS::DynamoDB::Table"),
                Some("--allow-type AWS::DynamoDB::Table"),
            ],
            &[],
        ),
        (
            &[],
            &["AWS::SNS::Topic"],
            [None, None],
            &["--allow-type AWS::SNS::Topic allows nothing that is blocked here"],
        ),
    ];
    for (texts, types, expected, warnings) in rows {
        let review = reviewed_by(&allowing(texts, types), &changes);
        assert_eq!(allowed(&review), expected, "{texts:?}");
        assert_eq!(review.warnings, warnings, "{texts:?}");
        let passes = expected.iter().all(Option::is_some);
        assert_eq!(review.verdict == Verdict::Safe, passes, "{texts:?}");
    }
    for text in ["", "A", "=any", "A=", "A=Replace", "A=replace=any "] {
        assert!(text.parse::<Allow>().is_err(), "{text}");
    }
}

#[test]
fn teams_say_what_holds_data_and_how_a_conditional_is_taken() {
    let topic = json!({
        "LogicalResourceId": "X", "ResourceType": "AWS::SNS::Topic", "Action": "Remove", "PolicyAction": "Delete",
    });
    let types = |types: &[&str]| types.iter().map(|text| (*text).to_owned()).collect();
    let stateful = Policy {
        stateful: types(&["AWS::SNS::Topic"]),
        ..Policy::default()
    };
    assert_eq!(
        reviewed_by(&stateful, std::slice::from_ref(&topic)).verdict,
        Verdict::Blocked
    );
    let not_stateful = Policy {
        not_stateful: types(&["AWS::DynamoDB::Table"]),
        ..Policy::default()
    };
    assert_eq!(
        reviewed_by(&not_stateful, &[removed("T")]).verdict,
        Verdict::Review
    );
    let both = Policy {
        stateful: types(&["AWS::DynamoDB::Table"]),
        ..not_stateful
    };
    assert_eq!(
        reviewed_by(&both, &[removed("T")]).verdict,
        Verdict::Blocked
    );

    let lenient = Policy {
        conditional: Conditional::Review,
        ..Policy::default()
    };
    let maybe = with(
        table("T"),
        &json!({ "Action": "Modify", "Replacement": "Conditional" }),
    );
    assert_eq!(reviewed_by(&lenient, &[maybe]).verdict, Verdict::Review);
    assert_eq!(
        reviewed_by(&lenient, &[replaced("T")]).verdict,
        Verdict::Blocked
    );
}

#[test]
fn a_resource_that_loses_its_protection_is_looked_at() {
    let contexts = |before: Value, after: Value| json!({ "BeforeContext": before.to_string(), "AfterContext": after.to_string() });
    let policy = |before: &str, after: &str| {
        with(
            contexts(
                json!({ "DeletionPolicy": before }),
                json!({ "DeletionPolicy": after }),
            ),
            &json!({ "Scope": ["DeletionPolicy"] }),
        )
    };
    let switch = |before: Value, after: Value| {
        json!({ "Details": [{ "Target": {
            "Attribute": "Properties", "Name": "DeletionProtectionEnabled", "RequiresRecreation": "Never",
            "BeforeValue": before, "AfterValue": after,
        }}]})
    };
    let replicas =
        |on: bool| json!({ "Properties": { "Replicas": [{ "DeletionProtectionEnabled": on }] } });
    let in_replica = |members: Value, path: &str| {
        with(
            members,
            &json!({ "Details": [{ "Target": {
                "Attribute": "Properties", "Name": "Replicas", "Path": path, "RequiresRecreation": "Never",
            }}]}),
        )
    };
    let rows = [
        (json!({}), "S"),
        (policy("Retain", "Delete"), "R"),
        (policy("Retain", "Snapshot"), "R"),
        (policy("Delete", "Retain"), "S"),
        (policy("Retain", "RetainExceptOnCreate"), "S"),
        (json!({ "Scope": ["UpdateReplacePolicy"] }), "R"),
        (switch(json!("true"), json!("false")), "R"),
        (switch(json!("false"), json!("true")), "S"),
        (switch(json!("ACTIVE"), json!("INACTIVE")), "R"),
        (switch(Value::Null, Value::Null), "R"),
        // Of a global table: in each of its replicas, by its place.
        (
            in_replica(
                json!({}),
                "/Properties/Replicas/0/DeletionProtectionEnabled",
            ),
            "R",
        ),
        (
            in_replica(
                contexts(replicas(true), replicas(false)),
                "/Properties/Replicas/0/DeletionProtectionEnabled",
            ),
            "R",
        ),
        (
            in_replica(
                contexts(replicas(true), replicas(true)),
                "/Properties/Replicas/0/DeletionProtectionEnabled",
            ),
            "S",
        ),
        // The contexts alone.
        (
            contexts(json!({ "DeletionPolicy": "Retain" }), json!({})),
            "R",
        ),
    ];
    for (members, expected) in rows {
        let change = with(
            table("T"),
            &json!({ "Action": "Modify", "Replacement": "False" }),
        );
        let finding = found(&with(change, &members));
        assert_eq!(letter(finding.verdict), expected, "{members}");
        assert_eq!(finding.reasons.is_empty(), expected == "S", "{members}");
    }
    // Without a policy, databases of RDS are snapshot: so a policy that deletes takes something away, and one that
    // says what holds anyway does not.
    for (policy, expected) in [("Delete", "R"), ("Snapshot", "S"), ("Retain", "S")] {
        let change = json!({
            "LogicalResourceId": "D", "ResourceType": "AWS::RDS::DBCluster", "Action": "Modify", "Replacement": "False",
        });
        let of_cluster = with(
            change,
            &contexts(json!({}), json!({ "DeletionPolicy": policy })),
        );
        assert_eq!(letter(found(&of_cluster).verdict), expected, "{policy}");
    }
}

/// The reasons for a change of this type.
fn reasons(resource_type: &str, members: &Value) -> String {
    let change = json!({ "LogicalResourceId": "X", "ResourceType": resource_type });
    found(&with(change, members)).reasons.join("; ")
}

#[test]
fn reasons_say_what_else_is_lost() {
    let replaced =
        json!({ "Action": "Modify", "Replacement": "True", "PolicyAction": "ReplaceAndDelete" });
    let removed = json!({ "Action": "Remove", "PolicyAction": "Delete" });
    let named = json!({ "Properties": { "TableName": "orders" } }).to_string();
    let protected = json!({ "Properties": { "DeletionProtectionEnabled": true } }).to_string();
    let rows = [
        ("AWS::IAM::Role", replaced.clone(), "its ARN and unique ID"),
        (
            "AWS::ElasticLoadBalancing::LoadBalancer",
            replaced.clone(),
            "it loses its domain name",
        ),
        ("AWS::EC2::EIP", replaced.clone(), "it loses its address"),
        (
            "AWS::S3::Bucket",
            removed.clone(),
            "unless it is empty, its deletion fails",
        ),
        (
            "AWS::ECR::Repository",
            removed.clone(),
            "unless EmptyOnDelete is set",
        ),
        (
            "AWS::ECR::Repository",
            with(
                removed.clone(),
                &json!({ "BeforeContext": r#"{"Properties":{"EmptyOnDelete":true}}"# }),
            ),
            "its images go with it",
        ),
        ("AWS::KMS::ReplicaKey", removed.clone(), "can be cancelled"),
        (
            "AWS::SNS::Topic",
            json!({ "Action": "Add", "ResourceDriftStatus": "DELETED" }),
            "comes back empty",
        ),
        (
            "AWS::ApiGatewayV2::Api",
            replaced.clone(),
            "it loses its URL",
        ),
        ("AWS::Lambda::Alias", replaced.clone(), "without CodeDeploy"),
        (
            "AWS::Lambda::Version",
            removed.clone(),
            "an alias cannot go back to it",
        ),
        ("AWS::KMS::Key", removed.clone(), "can be cancelled"),
        ("Custom::X", replaced.clone(), "its own code decides"),
        (
            "AWS::DynamoDB::Table",
            json!({ "Action": "Modify", "Replacement": "False", "ResourceDriftStatus": "DELETED" }),
            "comes back empty",
        ),
        (
            "AWS::DynamoDB::Table",
            with(
                replaced,
                &json!({ "BeforeContext": named, "AfterContext": named }),
            ),
            "keeps its TableName",
        ),
        (
            "AWS::DynamoDB::Table",
            with(removed, &json!({ "BeforeContext": protected })),
            "make the deletion fail",
        ),
    ];
    for (resource_type, members, expected) in rows {
        let reasons = reasons(resource_type, &members);
        assert!(reasons.contains(expected), "{resource_type}: {reasons}");
    }
}

#[test]
fn versions_of_functions_come_and_go_and_can_be_gone_back_to() {
    let version = |action: &str, policy: Option<&str>| json!({ "LogicalResourceId": "V", "ResourceType": "AWS::Lambda::Version", "Action": action, "PolicyAction": policy });
    for (change, expected, is_routine) in [
        (version("Add", None), "S", true),
        (version("Remove", Some("Retain")), "S", true),
        (version("Remove", Some("Delete")), "R", false),
    ] {
        let finding = found(&change);
        assert_eq!(
            (letter(finding.verdict), finding.is_routine),
            (expected, is_routine),
            "{change}"
        );
    }
    let again = json!({
        "LogicalResourceId": "P", "ResourceType": "AWS::IAM::Policy", "Action": "Modify", "Replacement": "False",
        "Details": [{ "Target": { "RequiresRecreation": "Never" }, "Evaluation": "Dynamic", "CausingEntity": "T.Arn" }],
    });
    assert!(found(&again).is_routine);
}

#[test]
fn changes_are_seen_together() {
    let context = json!({ "Properties": { "KeySchema": [1], "A": 1 } }).to_string();
    let turned = json!({ "Properties": { "A": 1, "KeySchema": [1] } }).to_string();
    let review = reviewed(&[
        with(removed("Old"), &json!({ "BeforeContext": context })),
        with(
            table("New"),
            &json!({ "Action": "Add", "AfterContext": turned }),
        ),
    ]);
    let hint = review.changes[0].reasons.last().unwrap();
    assert!(
        hint.starts_with("New is added with the same properties"),
        "{hint}"
    );

    let bucket = json!({
        "LogicalResourceId": "B", "ResourceType": "AWS::S3::Bucket", "Action": "Remove", "PolicyAction": "Delete",
    });
    let empties = json!({
        "LogicalResourceId": "E", "ResourceType": "Custom::S3AutoDeleteObjects", "Action": "Remove", "PolicyAction": "Delete",
    });
    let review = reviewed(&[bucket, empties]);
    assert!(
        review.changes[0]
            .reasons
            .last()
            .unwrap()
            .contains("may empty the bucket")
    );
}

#[test]
fn a_blocked_row_says_what_to_do() {
    let maybe = |id: &str| {
        with(
            table(id),
            &json!({ "Action": "Modify", "Replacement": "Conditional" }),
        )
    };
    let undetermined = |id: &str| with(table(id), &json!({ "Action": "Dynamic" }));
    let replace = "add `UpdateReplacePolicy: Retain` to it (DeletionPolicy does not apply to replacements), or give";
    let remove = "add `DeletionPolicy: Retain` to it and deploy that first (a removal goes by the deployed template), or give";
    let rows = [
        (
            replaced("Orders"),
            format!("{replace} `--allow Orders=replace`"),
        ),
        (
            maybe("Orders"),
            format!(
                "{replace} `--allow Orders=replace`, or `--conditional review` for all that may be replaced"
            ),
        ),
        (
            removed("Orders"),
            format!("{remove} `--allow Orders=remove`"),
        ),
        (
            undetermined("T"),
            "give `--allow T=any`, if it may be lost".to_owned(),
        ),
        // What a shell would read anything in is quoted.
        (
            removed("$(reboot); x"),
            format!("{remove} `--allow '$(reboot); x'=remove`"),
        ),
        (
            removed("it's"),
            format!("{remove} `--allow \"it's\"=remove`"),
        ),
        (
            undetermined("nul\0"),
            "give `--allow-type` with its type, if all of that type may be lost".to_owned(),
        ),
    ];
    for (change, expected) in rows {
        assert_eq!(found(&change).remedy.unwrap(), expected, "{change}");
    }
}
