//! `tollgate changeset`, by what it prints and by its exit status.

// Names that are Markdown, commands or endless, and documents that are.
mod hostile;
mod options;
// Documents that are no change set, no longer the plan, or not the whole of it.
mod refused;
mod stacks;

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{Ran, tollgate};

/// What `describe-change-set` prints of a change set that is ready, with these `ResourceChange`s.
fn set_of(changes: &[Value]) -> Value {
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| json!({ "Type": "Resource", "ResourceChange": change }))
        .collect();
    json!({
        "ChangeSetId": "arn:aws:cloudformation:us-east-1:123456789012:changeSet/update/1",
        "ChangeSetName": "update", "StackName": "orders", "NextToken": null,
        "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": changes,
    })
}

fn change(id: &str, resource_type: &str, action: &str) -> Value {
    json!({ "LogicalResourceId": id, "ResourceType": resource_type, "Action": action })
}

/// An object with the members of both.
fn with(mut value: Value, members: &Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        value[name] = member.clone();
    }
    value
}

fn removed(id: &str) -> Value {
    with(
        change(id, "AWS::DynamoDB::Table", "Remove"),
        &json!({ "PolicyAction": "Delete" }),
    )
}

/// Reviews the document, which comes by standard input.
fn review(document: &[u8], args: &[&str]) -> Ran {
    let mut child = tollgate()
        .args(["changeset", "-"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let document = document.to_owned();
    // What it prints may be more than fits into a pipe before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&document));
    let ran = child.wait_with_output().unwrap().into();
    // It may have seen enough.
    drop(writer.join().unwrap());
    ran
}
