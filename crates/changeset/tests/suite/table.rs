//! The decision table of reference/change-sets.md §2, row by row.

use serde_json::{Value, json};

use crate::{found, letter, with};

/// Action, Replacement, PolicyAction (`-` is absent) → the verdicts on a stateful type, a routine type, a custom
/// resource and any other: `S`afe, `R`eview, `B`locked.
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("Add", "-", "-", "SSSS"),
    ("Add", "True", "-", "SSSS"),
    ("Import", "-", "-", "RRRR"),
    ("SyncWithActual", "-", "-", "SSSS"),
    ("Modify", "False", "-", "SSSS"),
    ("Modify", "True", "ReplaceAndDelete", "BSRR"),
    ("Modify", "True", "Delete", "BSRR"),
    ("Modify", "True", "-", "BSRR"),
    ("Modify", "True", "ReplaceAndSnapshot", "RSRR"),
    ("Modify", "True", "ReplaceAndRetain", "RSRR"),
    ("Modify", "True", "Retain", "BRRR"),
    ("Modify", "Conditional", "-", "BSRR"),
    ("Modify", "Conditional", "ReplaceAndRetain", "RSRR"),
    ("Modify", "-", "-", "BSRR"),
    ("Modify", "Perhaps", "-", "BRRR"),
    ("Modify", "True", "ReplaceAndForget", "BRRR"),
    ("Modify", "False", "ReplaceAndDelete", "BRRR"),
    ("Modify", "False", "Forget", "BRRR"),
    ("Modify", "False", "ReplaceAndRetain", "RRRR"),
    ("Modify", "False", "Retain", "RRRR"),
    ("Remove", "-", "Delete", "BSRR"),
    ("Remove", "True", "Delete", "BSRR"),
    ("Remove", "-", "Snapshot", "RSRR"),
    ("Remove", "-", "Retain", "RSSS"),
    ("Remove", "-", "-", "BSRR"),
    ("Remove", "-", "Forget", "BRRR"),
    ("Remove", "-", "ReplaceAndRetain", "BRRR"),
    ("Dynamic", "-", "-", "BRRR"),
    ("Explode", "-", "-", "BRRR"),
    ("-", "-", "-", "BRRR"),
];

const TYPES: [&str; 4] = [
    "AWS::DynamoDB::Table",
    "AWS::ApiGateway::Deployment",
    "Custom::Thing",
    "AWS::SNS::Topic",
];

#[test]
fn every_row_of_the_table() {
    for (action, replacement, policy_action, expected) in ROWS {
        let verdicts: String = TYPES
            .iter()
            .map(|resource_type| {
                let mut change = json!({ "LogicalResourceId": "X", "ResourceType": resource_type });
                for (member, value) in [
                    ("Action", action),
                    ("Replacement", replacement),
                    ("PolicyAction", policy_action),
                ] {
                    if *value != "-" {
                        change = with(change, &json!({ member: value }));
                    }
                }
                letter(found(&change).verdict)
            })
            .collect();
        assert_eq!(
            verdicts, *expected,
            "{action} {replacement} {policy_action}"
        );
    }
}

fn context(members: &Value) -> String {
    members.to_string()
}

#[test]
fn without_a_policy_action_the_context_decides_and_then_the_default() {
    let db = "AWS::RDS::DBInstance";
    let rows = [
        (
            "AWS::DynamoDB::Table",
            "Remove",
            json!({ "DeletionPolicy": "Retain" }),
            "R",
        ),
        (
            "AWS::DynamoDB::Table",
            "Remove",
            json!({ "DeletionPolicy": "RetainExceptOnCreate" }),
            "R",
        ),
        (
            "AWS::DynamoDB::Table",
            "Remove",
            json!({ "DeletionPolicy": "Delete" }),
            "B",
        ),
        (
            "AWS::DynamoDB::Table",
            "Remove",
            json!({ "DeletionPolicy": "Frozen" }),
            "B",
        ),
        (
            "AWS::DynamoDB::Table",
            "Remove",
            json!({ "DeletionPolicy": ["Retain"] }),
            "B",
        ),
        ("AWS::DynamoDB::Table", "Remove", json!({}), "B"),
        // Only the policy of the deployed template counts.
        (
            "AWS::DynamoDB::Table",
            "Remove",
            json!({ "UpdateReplacePolicy": "Retain" }),
            "B",
        ),
        (
            "AWS::DynamoDB::Table",
            "Replace",
            json!({ "UpdateReplacePolicy": "Retain" }),
            "R",
        ),
        (
            "AWS::DynamoDB::Table",
            "Replace",
            json!({ "UpdateReplacePolicy": "Snapshot" }),
            "R",
        ),
        (
            "AWS::DynamoDB::Table",
            "Replace",
            json!({ "DeletionPolicy": "Retain" }),
            "B",
        ),
        ("AWS::RDS::DBCluster", "Remove", json!({}), "R"),
        ("AWS::RDS::DBCluster", "Replace", json!({}), "B"),
        ("AWS::Neptune::DBCluster", "Remove", json!({}), "B"),
        (
            db,
            "Remove",
            json!({ "Properties": { "Engine": "mysql" } }),
            "R",
        ),
        (
            db,
            "Remove",
            json!({ "Properties": { "DBClusterIdentifier": "c" } }),
            "B",
        ),
        (
            db,
            "Remove",
            json!({ "DeletionPolicy": "Delete", "Properties": { "Engine": "mysql" } }),
            "B",
        ),
        (db, "Remove", json!({}), "B"),
        (
            db,
            "Replace",
            json!({ "Properties": { "Engine": "mysql" } }),
            "B",
        ),
    ];
    for (resource_type, how, members, expected) in rows {
        let change = json!({ "LogicalResourceId": "X", "ResourceType": resource_type });
        let change = if how == "Remove" {
            with(
                change,
                &json!({ "Action": "Remove", "BeforeContext": context(&members) }),
            )
        } else {
            with(
                change,
                &json!({ "Action": "Modify", "Replacement": "True", "AfterContext": context(&members) }),
            )
        };
        let verdict = found(&change).verdict;
        assert_eq!(letter(verdict), expected, "{resource_type} {how} {members}");
    }
}

#[test]
fn a_context_that_cannot_be_read_protects_nothing() {
    for context in ["", "{", r#"{"DeletionPolicy":"Retain""#, "null", "[]"] {
        let change = json!({
            "Action": "Remove", "LogicalResourceId": "X", "ResourceType": "AWS::DynamoDB::Table",
            "BeforeContext": context,
        });
        assert_eq!(letter(found(&change).verdict), "B", "{context}");
    }
    // A database is snapshot by default, but who knows whether it has a policy?
    for resource_type in ["AWS::RDS::DBCluster", "AWS::RDS::DBInstance"] {
        let change =
            json!({ "Action": "Remove", "LogicalResourceId": "X", "ResourceType": resource_type });
        assert_eq!(letter(found(&change).verdict), "B", "{resource_type}");
    }
}

#[test]
fn without_a_replacement_the_details_decide() {
    let detail = |recreation: &str, evaluation: &str| json!({ "Target": { "Attribute": "Properties", "RequiresRecreation": recreation }, "Evaluation": evaluation });
    let rows = [
        (vec![detail("Never", "Static")], "S"),
        (
            vec![detail("Never", "Static"), detail("Always", "Static")],
            "B",
        ),
        (vec![detail("Always", "Dynamic")], "B"),
        (vec![detail("Conditionally", "Static")], "B"),
        (vec![detail("Seldom", "Static")], "B"),
        (vec![json!({ "Target": { "Attribute": "Tags" } })], "S"),
        (
            vec![json!({ "Target": { "Attribute": "Properties" } })],
            "B",
        ),
        (vec![json!({})], "B"),
        (vec![], "B"),
    ];
    for (details, expected) in rows {
        let change = json!({
            "Action": "Modify", "LogicalResourceId": "X", "ResourceType": "AWS::DynamoDB::Table", "Details": details,
        });
        assert_eq!(letter(found(&change).verdict), expected, "{change}");
    }
}
