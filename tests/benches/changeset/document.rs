//! A change set of any size, in the proportions of a large deployment.

use serde_json::{Value, json};

/// The text of a change set with so many changes.
pub(crate) fn of(changes: usize) -> String {
    let changes: Vec<Value> = (0..changes)
        .map(|number| json!({ "Type": "Resource", "ResourceChange": change(number) }))
        .collect();
    let document = json!({
        "ChangeSetId": "arn:aws:cloudformation:us-east-1:123456789012:changeSet/update/1",
        "ChangeSetName": "update", "StackName": "large",
        "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": changes,
    });
    document.to_string()
}

/// Of ten changes: three modified functions with their versions, new and old, and four tables, of which one is removed, one
/// replaced, one perhaps replaced with the table after it, and one has its values beside it.
fn change(number: usize) -> Value {
    let id = |kind: &str, number: usize| format!("{kind}{number:06}");
    match number % 10 {
        0..=2 => json!({
            "Action": "Modify", "LogicalResourceId": id("Function", number), "ResourceType": "AWS::Lambda::Function",
            "PhysicalResourceId": id("large-function-", number), "Replacement": "False", "Scope": ["Properties"],
            "Details": [detail("/Properties/Code/S3Key", "Never", "DirectModification", None)],
        }),
        3 | 4 => json!({
            "Action": "Add", "LogicalResourceId": id("FunctionVersion", number), "ResourceType": "AWS::Lambda::Version",
        }),
        5 => json!({
            "Action": "Remove", "LogicalResourceId": id("FunctionVersion", number), "ResourceType": "AWS::Lambda::Version",
            "PhysicalResourceId": id("version-", number), "PolicyAction": "Retain",
        }),
        6 => json!({
            "Action": "Remove", "LogicalResourceId": id("Table", number), "ResourceType": "AWS::DynamoDB::Table",
            "PhysicalResourceId": id("large-table-", number), "PolicyAction": "Delete",
        }),
        7 => json!({
            "Action": "Modify", "LogicalResourceId": id("Table", number), "ResourceType": "AWS::DynamoDB::Table",
            "PhysicalResourceId": id("large-table-", number), "Replacement": "True", "PolicyAction": "ReplaceAndDelete",
            "Scope": ["Properties"],
            "Details": [detail("/Properties/TableName", "Always", "ParameterReference", Some("Stage".to_owned()))],
        }),
        8 => json!({
            "Action": "Modify", "LogicalResourceId": id("Table", number), "ResourceType": "AWS::DynamoDB::Table",
            "PhysicalResourceId": id("large-table-", number), "Replacement": "Conditional", "Scope": ["Properties"],
            "Details": [
                detail("/Properties/SSESpecification", "Conditionally", "ResourceReference", Some(id("Table", number + 1))),
            ],
        }),
        _ => {
            let context = |on: bool| {
                let properties = json!({ "TableName": id("large-table-", number), "DeletionProtectionEnabled": on });
                json!({ "Properties": properties, "DeletionPolicy": "Retain" }).to_string()
            };
            json!({
                "Action": "Modify", "LogicalResourceId": id("Table", number), "ResourceType": "AWS::DynamoDB::Table",
                "PhysicalResourceId": id("large-table-", number), "Replacement": "False", "Scope": ["Properties"],
                "BeforeContext": context(true), "AfterContext": context(false),
                "Details": [detail("/Properties/DeletionProtectionEnabled", "Never", "DirectModification", None)],
            })
        }
    }
}

fn detail(path: &str, recreation: &str, source: &str, entity: Option<String>) -> Value {
    json!({
        "Target": {
            "Attribute": "Properties", "Name": path.rsplit('/').next(), "Path": path, "RequiresRecreation": recreation,
            "AttributeChangeType": "Modify",
        },
        "Evaluation": if entity.is_some() { "Dynamic" } else { "Static" }, "ChangeSource": source, "CausingEntity": entity,
    })
}
