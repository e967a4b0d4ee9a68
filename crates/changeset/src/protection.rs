//! Changes that take protection away from a resource which stays: the next one could delete it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::context::Contexts;
use crate::fate::{self, Fate, Leaving};
use crate::model::{ResourceChange, Target};

/// The attributes that decide what becomes of a resource that leaves its stack.
const POLICIES: [(&str, Leaving); 2] = [
    ("DeletionPolicy", Leaving::Removed),
    ("UpdateReplacePolicy", Leaving::Replaced),
];

/// How properties begin that keep a service from deleting a resource: `DeletionProtection` of RDS, DocumentDB, Neptune,
/// Cognito and others, `DeletionProtectionEnabled` of DynamoDB (of a global table: in each of its `Replicas`) and
/// CloudWatch Logs, `TerminationProtectionEnabled` of CloudTrail.
const PROTECTIONS: [&str; 2] = ["DeletionProtection", "TerminationProtection"];

/// Why the resource is less protected after the change, for people; where the values are not known, that it may be.
pub(crate) fn weakened(change: &ResourceChange, contexts: &Contexts<'_>) -> Vec<String> {
    let policies = POLICIES
        .into_iter()
        .filter_map(|(policy, leaving)| of_policy(change, contexts, policy, leaving));
    let mut reasons: Vec<String> = policies.collect();
    let mut seen = BTreeSet::new();
    for target in targets(change) {
        let Some(name) = protection(target) else {
            continue;
        };
        let value = |context: Option<&Value>, said: Option<&str>| match context {
            Some(properties) => Some(is_on(at(properties, target).unwrap_or(&Value::Null))),
            None => said.map(is_on_text),
        };
        let was = value(
            contexts.before("Properties"),
            target.before_value.as_deref(),
        );
        let is = value(contexts.after("Properties"), target.after_value.as_deref());
        let reason = match (was, is) {
            (Some(true), Some(false)) => format!("its {name} is switched off"),
            (Some(_), Some(_)) => continue,
            (None, _) | (_, None) => format!("its {name} changes, and may be switched off"),
        };
        if seen.insert((name, was, is)) {
            reasons.push(reason);
        }
    }
    reasons
}

/// Whether the service itself keeps the resource from being deleted, as far as that is known.
pub(crate) fn is_protected(contexts: &Contexts<'_>) -> bool {
    let Some(Value::Object(properties)) = contexts.before("Properties") else {
        return false;
    };
    properties
        .iter()
        .any(|(name, value)| is_protection(name) && is_on(value))
}

fn of_policy(
    change: &ResourceChange,
    contexts: &Contexts<'_>,
    policy: &str,
    leaving: Leaving,
) -> Option<String> {
    let detail = targets(change).find(|target| target.attribute.as_deref() == Some(policy));
    let value = |context: Option<&Value>, said: Option<&String>| {
        context
            .cloned()
            .or_else(|| said.cloned().map(Value::String))
    };
    let before = value(
        contexts.before(policy),
        detail.and_then(|target| target.before_value.as_ref()),
    );
    let after = value(
        contexts.after(policy),
        detail.and_then(|target| target.after_value.as_ref()),
    );
    let strength = |policy: &Value| strength(fate::of_policy(policy, change, contexts, leaving));
    match (before, after) {
        (Some(before), Some(after)) => (strength(&after) < strength(&before)).then(|| {
            format!(
                "its {policy} protects less than before: {} → {}",
                shown(&before),
                shown(&after)
            )
        }),
        (None, _) | (_, None) => {
            let is_changed =
                detail.is_some() || change.scope.iter().any(|attribute| attribute == policy);
            is_changed.then(|| format!("its {policy} changes, perhaps to one that protects less"))
        }
    }
}

fn targets(change: &ResourceChange) -> impl Iterator<Item = &Target> {
    let details = change.details.iter();
    details.filter_map(|detail| detail.target.as_ref())
}

/// The name of the protecting property that the change is about.
fn protection(target: &Target) -> Option<&str> {
    let of_path = target
        .path
        .as_deref()
        .and_then(|path| path.rsplit('/').next());
    [of_path, target.name.as_deref()]
        .into_iter()
        .flatten()
        .find(|name| is_protection(name))
}

fn is_protection(name: &str) -> bool {
    PROTECTIONS
        .iter()
        .any(|protection| name.starts_with(protection))
}

/// The target's value among the resource's properties.
fn at<'a>(properties: &'a Value, target: &Target) -> Option<&'a Value> {
    let path = target.path.as_deref();
    match path.and_then(|path| path.strip_prefix("/Properties")) {
        Some(path) => properties.pointer(path),
        None => properties.get(target.name.as_deref()?),
    }
}

/// How much a policy protects by what it does.
fn strength(fate: Fate) -> u8 {
    match fate {
        Fate::Retained => 2,
        Fate::Snapshot => 1,
        Fate::Deleted | Fate::Unknown => 0,
    }
}

fn is_on(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::String(text) => is_on_text(text),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn is_on_text(text: &str) -> bool {
    ["true", "active", "enabled"]
        .iter()
        .any(|on| text.eq_ignore_ascii_case(on))
}

fn shown(policy: &Value) -> &str {
    policy.as_str().unwrap_or("none")
}
