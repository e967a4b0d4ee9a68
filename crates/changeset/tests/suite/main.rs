//! What the crate promises, seen from outside.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in the helpers of an integration test"
)]

mod arbitrary;
mod conditional;
mod deployments;
mod documents;
mod exhaustive;
mod nested;
mod notes;
mod properties;
mod table;

use changeset::{ChangeSet, Finding, Policy, Review, Verdict, parse, review};
use serde_json::{Value, json};

/// A change set of the stack `orders` that is ready, with these `ResourceChange`s.
fn set_of(changes: &[Value]) -> Value {
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| json!({ "Type": "Resource", "ResourceChange": change }))
        .collect();
    json!({
        "ChangeSetId": "arn:aws:cloudformation:us-east-1:123456789012:changeSet/update/1",
        "ChangeSetName": "update", "StackName": "orders",
        "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": changes,
    })
}

fn parsed(document: &Value) -> ChangeSet {
    parse(document.to_string().as_bytes()).unwrap()
}

fn reviewed_by(policy: &Policy, changes: &[Value]) -> Review {
    review(&[parsed(&set_of(changes))], policy).unwrap()
}

fn reviewed(changes: &[Value]) -> Review {
    reviewed_by(&Policy::default(), changes)
}

/// What is found of a set with this one change.
fn found(change: &Value) -> Finding {
    let mut review = reviewed(std::slice::from_ref(change));
    assert_eq!(review.changes.len(), 1);
    assert_eq!(review.verdict, review.changes[0].verdict);
    review.changes.remove(0)
}

fn table(id: &str) -> Value {
    json!({ "LogicalResourceId": id, "ResourceType": "AWS::DynamoDB::Table" })
}

/// An object with the members of both.
fn with(mut value: Value, members: &Value) -> Value {
    let (Value::Object(value_members), Value::Object(members)) = (&mut value, members) else {
        panic!("both must be objects");
    };
    for (name, member) in members {
        value_members.insert(name.clone(), member.clone());
    }
    value
}

/// `S`, `R` or `B`.
fn letter(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Safe => "S",
        Verdict::Review => "R",
        Verdict::Blocked => "B",
    }
}
