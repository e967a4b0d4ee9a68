//! What becomes of the old resource.

use serde_json::Value;

use crate::context::Contexts;
use crate::model::{PolicyAction, ResourceChange};

/// What becomes of the resource that is there before the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is deleted.
    Deleted,
    /// It is deleted after a snapshot.
    Snapshot,
    /// It stays, outside of the stack.
    Retained,
    /// That cannot be told; a judgement takes it for deleted.
    Unknown,
}

/// How a resource leaves the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    Removed,
    Replaced,
}

/// What becomes of a resource that leaves its stack: `PolicyAction` says it; where it is absent, as in documents from
/// before 2024 and of a `Conditional`, the policy that the change's context shows; else the default of the type.
pub(crate) fn of_leaving(
    change: &ResourceChange,
    contexts: &Contexts<'_>,
    leaving: Leaving,
) -> Fate {
    if let Some(action) = &change.policy_action {
        return by_policy_action(action, leaving);
    }
    let policy = match leaving {
        // Which is that of the template that is deployed now.
        Leaving::Removed => contexts.before("DeletionPolicy"),
        Leaving::Replaced => contexts.after("UpdateReplacePolicy"),
    };
    of_policy(policy.unwrap_or(&Value::Null), change, contexts, leaving)
}

/// What becomes of a resource under such a policy, `null` where it has none.
pub(crate) fn of_policy(
    policy: &Value,
    change: &ResourceChange,
    contexts: &Contexts<'_>,
    leaving: Leaving,
) -> Fate {
    match policy {
        Value::String(policy) => match policy.as_str() {
            "Delete" => Fate::Deleted,
            // It was not created by this very operation.
            "Retain" | "RetainExceptOnCreate" => Fate::Retained,
            "Snapshot" => Fate::Snapshot,
            _ => Fate::Unknown,
        },
        Value::Null => default(change, contexts, leaving),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Fate::Unknown,
    }
}

fn by_policy_action(action: &PolicyAction, leaving: Leaving) -> Fate {
    match (action, leaving) {
        (PolicyAction::Delete | PolicyAction::ReplaceAndDelete, _) => Fate::Deleted,
        (PolicyAction::Retain, Leaving::Removed)
        | (PolicyAction::ReplaceAndRetain, Leaving::Replaced) => Fate::Retained,
        (PolicyAction::Snapshot, Leaving::Removed)
        | (PolicyAction::ReplaceAndSnapshot, Leaving::Replaced) => Fate::Snapshot,
        // What contradicts itself is not understood.
        (
            PolicyAction::Retain
            | PolicyAction::Snapshot
            | PolicyAction::ReplaceAndRetain
            | PolicyAction::ReplaceAndSnapshot
            | PolicyAction::Other(_),
            _,
        ) => Fate::Unknown,
    }
}

/// What CloudFormation does without a policy: it deletes; but removed databases of RDS, and no others, it snapshots
/// ("DeletionPolicy attribute" and "UpdateReplacePolicy attribute", AWS CloudFormation User Guide).
fn default(change: &ResourceChange, contexts: &Contexts<'_>, leaving: Leaving) -> Fate {
    if leaving == Leaving::Replaced {
        return Fate::Deleted;
    }
    match change.resource_type.as_deref() {
        // Without its context nobody knows that it has no policy.
        Some("AWS::RDS::DBCluster") => match contexts.before("Properties") {
            Some(_) => Fate::Snapshot,
            None => Fate::Unknown,
        },
        Some("AWS::RDS::DBInstance") => match contexts.before("Properties") {
            Some(Value::Object(properties)) if properties.contains_key("DBClusterIdentifier") => {
                Fate::Deleted
            }
            Some(Value::Object(_)) => Fate::Snapshot,
            _ => Fate::Unknown,
        },
        _ => Fate::Deleted,
    }
}

/// Whether a `PolicyAction` speaks of a deletion, or of what is not known, whatever else the change says.
pub(crate) fn deletes(action: Option<&PolicyAction>) -> bool {
    match action {
        Some(PolicyAction::Delete | PolicyAction::ReplaceAndDelete | PolicyAction::Other(_)) => {
            true
        }
        Some(
            PolicyAction::Retain
            | PolicyAction::Snapshot
            | PolicyAction::ReplaceAndRetain
            | PolicyAction::ReplaceAndSnapshot,
        )
        | None => false,
    }
}
