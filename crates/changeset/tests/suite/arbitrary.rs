//! Arbitrary changes, within and beside what CloudFormation says.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Few names, so that changes refer to each other.
pub(crate) fn logical_id() -> impl Strategy<Value = String> {
    select(vec!["A", "B", "C", "D", "E"]).prop_map(str::to_owned)
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    option::of(select(words).prop_map(str::to_owned))
}

fn detail() -> impl Strategy<Value = Value> {
    (
        word(&["Never", "Conditionally", "Always", "Odd"]),
        word(&["Static", "Dynamic"]),
        word(&[
            "ResourceReference",
            "ResourceAttribute",
            "ParameterReference",
            "DirectModification",
            "Automatic",
        ]),
        option::of((
            logical_id(),
            select(vec!["", ".Arn", ".Outputs.X", ".Name"]),
        )),
        word(&["/Properties/A", "/Properties/DeletionProtectionEnabled"]),
        option::of(select(vec!["true", "false", "x"])),
    )
        .prop_map(|(recreation, evaluation, source, entity, path, value)| {
            json!({
                "Target": {
                    "Attribute": "Properties", "RequiresRecreation": recreation, "Path": path,
                    "BeforeValue": value, "AfterValue": "x",
                },
                "Evaluation": evaluation, "ChangeSource": source,
                "CausingEntity": entity.map(|(id, attribute)| format!("{id}{attribute}")),
            })
        })
}

/// A `ResourceChange`.
pub(crate) fn change() -> impl Strategy<Value = Value> {
    (
        word(&[
            "Add",
            "Modify",
            "Modify",
            "Modify",
            "Remove",
            "Import",
            "Dynamic",
            "SyncWithActual",
            "Odd",
        ]),
        logical_id(),
        select(vec![
            "AWS::DynamoDB::Table",
            "AWS::RDS::DBInstance",
            "AWS::SNS::Topic",
            "AWS::Lambda::Version",
            "AWS::S3::Bucket",
            "Custom::S3AutoDeleteObjects",
            "AWS::CloudFormation::Stack",
        ]),
        word(&["True", "False", "Conditional", "Conditional", "Odd"]),
        word(&[
            "Delete",
            "Retain",
            "Snapshot",
            "ReplaceAndDelete",
            "ReplaceAndRetain",
            "ReplaceAndSnapshot",
            "Odd",
        ]),
        prop::collection::vec(detail(), 0..4),
        word(&["Retain", "Delete", "Snapshot"]),
        word(&["IN_SYNC", "DELETED"]),
    )
        .prop_map(
            |(action, id, resource_type, replacement, policy_action, details, policy, drift)| {
                let context = policy.map(|policy| {
                    json!({ "DeletionPolicy": policy, "UpdateReplacePolicy": policy }).to_string()
                });
                json!({
                    "Action": action, "LogicalResourceId": id, "ResourceType": resource_type,
                    "Replacement": replacement, "PolicyAction": policy_action, "Details": details,
                    "BeforeContext": context, "AfterContext": context, "ResourceDriftStatus": drift,
                })
            },
        )
}
