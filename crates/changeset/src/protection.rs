//! Changes that take protection away from a resource which stays: the next one could delete it.

use serde_json::Value;

use crate::model::{ResourceChange, Target};

/// The attributes that decide what becomes of a resource that leaves its stack.
const POLICIES: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];

/// How properties begin that keep a service from deleting a resource: `DeletionProtection` of RDS, DocumentDB, Neptune,
/// Cognito and others, `DeletionProtectionEnabled` of DynamoDB and CloudWatch Logs, `TerminationProtectionEnabled` of
/// CloudTrail.
const PROTECTIONS: [&str; 2] = ["DeletionProtection", "TerminationProtection"];

/// Why the resource is less protected after the change, for people; where the values are not known, that it may be.
pub(crate) fn weakened(change: &ResourceChange) -> Vec<String> {
    let mut reasons = Vec::new();
    for policy in POLICIES {
        let details = change
            .details
            .iter()
            .filter_map(|detail| detail.target.as_ref());
        let mut changing = details.filter(|target| target.attribute.as_deref() == Some(policy));
        let detail = changing.next();
        let is_in_scope = change.scope.iter().any(|scope| scope == policy);
        if detail.is_none() && !is_in_scope {
            continue;
        }
        let before = change.before(policy).or_else(|| detail.and_then(before));
        let after = change.after(policy).or_else(|| detail.and_then(after));
        match (before, after) {
            (Some(before), Some(after)) if strength(&after) < strength(&before) => {
                reasons.push(format!(
                    "its {policy} protects less than before: {} → {}",
                    shown(&before),
                    shown(&after)
                ));
            }
            (Some(_), Some(_)) => {}
            (None, _) | (_, None) => {
                reasons.push(format!(
                    "its {policy} changes, perhaps to one that protects less"
                ));
            }
        }
    }
    for name in protections(change) {
        let target = change
            .details
            .iter()
            .filter_map(|detail| detail.target.as_ref())
            .find(|target| last(target) == Some(name));
        let property = |context: Option<Value>| match context {
            Some(Value::Object(mut properties)) => {
                Some(properties.shift_remove(name).unwrap_or(Value::Null))
            }
            _ => None,
        };
        let was = property(change.before("Properties")).or_else(|| target.and_then(before));
        let is = property(change.after("Properties")).or_else(|| target.and_then(after));
        match (was.as_ref().map(is_on), is.as_ref().map(is_on)) {
            (Some(true), Some(false)) => reasons.push(format!("its {name} is switched off")),
            (Some(_), Some(_)) => {}
            _ => reasons.push(format!("its {name} changes, and may be switched off")),
        }
    }
    reasons
}

/// Whether the service itself keeps the resource from being deleted, as far as that is known.
pub(crate) fn is_protected(change: &ResourceChange) -> bool {
    let Some(Value::Object(properties)) = change.before("Properties") else {
        return false;
    };
    properties
        .iter()
        .any(|(name, value)| is_protection(name) && is_on(value))
}

/// The names of the protecting properties that the change is about.
fn protections(change: &ResourceChange) -> Vec<&str> {
    let targets = change
        .details
        .iter()
        .filter_map(|detail| detail.target.as_ref());
    let mut names: Vec<&str> = targets
        .filter_map(last)
        .filter(|name| is_protection(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn is_protection(name: &str) -> bool {
    PROTECTIONS
        .iter()
        .any(|protection| name.starts_with(protection))
}

/// The name of a target's property.
fn last(target: &Target) -> Option<&str> {
    let of_path = target
        .path
        .as_deref()
        .and_then(|path| path.rsplit('/').next());
    target.name.as_deref().or(of_path)
}

fn before(target: &Target) -> Option<Value> {
    target.before_value.clone().map(Value::String)
}

fn after(target: &Target) -> Option<Value> {
    target.after_value.clone().map(Value::String)
}

/// How much a policy protects.
fn strength(policy: &Value) -> u8 {
    match policy.as_str() {
        Some("Retain" | "RetainExceptOnCreate") => 2,
        Some("Snapshot") => 1,
        _ => 0,
    }
}

fn is_on(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::String(text) => ["true", "active", "enabled"]
            .iter()
            .any(|on| text.eq_ignore_ascii_case(on)),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn shown(policy: &Value) -> &str {
    policy.as_str().unwrap_or("none")
}
