//! Why a change is judged as it is, and what would keep the resource: for people.

use serde_json::Value;

use crate::class::{Class, LAMBDA_VERSION, public_identity};
use crate::context::Contexts;
use crate::fate::{self, Fate};
use crate::judge::{self, Effect, Verdict};
use crate::model::{DRIFTED_AWAY, Detail, RequiresRecreation, ResourceChange};
use crate::protection;

/// The properties that give resources their names, which CloudFormation cannot have twice.
const NAMES: [&str; 18] = [
    "BackupVaultName",
    "BucketName",
    "ClusterIdentifier",
    "ClusterName",
    "DBClusterIdentifier",
    "DBInstanceIdentifier",
    "DomainName",
    "FunctionName",
    "LogGroupName",
    "ManagedPolicyName",
    "QueueName",
    "ReplicationGroupId",
    "RepositoryName",
    "RoleName",
    "StateMachineName",
    "TableName",
    "TopicName",
    "UserName",
];

/// What is known of a change when reasons are given.
pub(crate) struct Judged<'a> {
    pub(crate) change: &'a ResourceChange,
    pub(crate) contexts: &'a Contexts<'a>,
    pub(crate) class: Class,
    pub(crate) effect: Effect,
    pub(crate) fate: Option<Fate>,
    pub(crate) is_settled: bool,
}

/// Why, the main reason first.
pub(crate) fn reasons(judged: &Judged<'_>) -> Vec<String> {
    let Judged {
        change,
        contexts,
        class,
        effect,
        fate,
        is_settled,
    } = judged;
    let mut reasons = Vec::new();
    let recreating = recreating(change);
    match effect {
        Effect::Replace => reasons.push(match recreating {
            Some(place) => format!("it is replaced, because {place} requires replacement"),
            None => "it is replaced".to_owned(),
        }),
        Effect::MayReplace => reasons.push(match recreating {
            Some(place) => {
                format!("it may be replaced, because of {place}; CloudFormation cannot tell")
            }
            None => "it may be replaced; CloudFormation cannot tell".to_owned(),
        }),
        Effect::Undetermined => {
            reasons.push("CloudFormation cannot tell what happens to it".to_owned());
        }
        Effect::Import => reasons.push("an existing resource joins the stack".to_owned()),
        Effect::Remove => reasons.push("it leaves the stack".to_owned()),
        Effect::Modify if *is_settled => {
            reasons.push("it is not replaced: what it refers to stays the same".to_owned())
        }
        Effect::Add | Effect::Modify | Effect::Sync => {}
    }
    if let Some(action) = &change.policy_action
        && fate.is_none()
    {
        let action = action.as_str();
        if fate::deletes(change.policy_action.as_ref()) {
            reasons.push(format!(
                "its PolicyAction {action} does not go with the rest, and may delete it"
            ));
        } else if judge::contradicts(*effect, change.policy_action.as_ref()) {
            reasons.push(format!(
                "its PolicyAction {action} does not go with the rest"
            ));
        }
    }
    reasons.extend(fate.map(|fate| of_fate(fate, *effect, change)));
    match (effect, class) {
        (Effect::Replace | Effect::MayReplace, _) => {
            of_replacement(change, contexts, &mut reasons);
        }
        (Effect::Remove, Class::Routine)
            if change.resource_type.as_deref() == Some(LAMBDA_VERSION)
                && *fate != Some(Fate::Retained) =>
        {
            reasons.push("an alias cannot go back to it afterwards".to_owned());
        }
        (Effect::Modify, Class::Stateful | Class::NestedStack) => {
            reasons.extend(protection::weakened(change, contexts));
        }
        _ => {}
    }
    if *class == Class::NestedStack && *effect == Effect::Modify && change.change_set_id.is_none() {
        reasons.push(
            "what changes in the nested stack is not known: create the change set with --include-nested-stacks"
                .to_owned(),
        );
    }
    if *class == Class::Custom
        && matches!(
            effect,
            Effect::Modify | Effect::MayReplace | Effect::Replace
        )
    {
        reasons.push("its own code decides whether it is replaced".to_owned());
    }
    if change.drift_status.as_deref() == Some(DRIFTED_AWAY) {
        reasons.push("it was deleted outside of the stack, and comes back empty".to_owned());
    }
    if matches!(fate, Some(Fate::Deleted | Fate::Unknown)) {
        reasons.extend(of_deletion(change, contexts));
    }
    reasons
}

/// What the service does about the deletion.
fn of_deletion(change: &ResourceChange, contexts: &Contexts<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    if protection::is_protected(contexts) {
        reasons.push(
            "its deletion protection will make the deletion fail, and leave it outside of the stack"
                .to_owned(),
        );
    }
    let properties = contexts.before("Properties");
    let empties_itself = properties
        .and_then(|properties| properties.get("EmptyOnDelete"))
        .and_then(Value::as_bool);
    match change.resource_type.as_deref() {
        Some("AWS::S3::Bucket") => reasons.push(NOT_EMPTY.to_owned()),
        Some("AWS::ECR::Repository") if empties_itself == Some(true) => {
            reasons.push("its images go with it, because of EmptyOnDelete".to_owned());
        }
        Some("AWS::ECR::Repository") => reasons.push(match properties {
            Some(_) => NOT_EMPTY.to_owned(),
            None => format!("{NOT_EMPTY}, unless EmptyOnDelete is set"),
        }),
        Some("AWS::KMS::Key" | "AWS::KMS::ReplicaKey") => reasons.push(
            "until its PendingWindowInDays are over (30, unless set) its deletion can be cancelled"
                .to_owned(),
        ),
        _ => {}
    }
    reasons
}

/// Of buckets and repositories, which are deleted only when nothing is in them.
const NOT_EMPTY: &str =
    "unless it is empty, its deletion fails, and leaves it outside of the stack";

fn of_fate(fate: Fate, effect: Effect, change: &ResourceChange) -> String {
    let replaced = effect != Effect::Remove;
    match fate {
        // A `Conditional` has no PolicyAction, and without property values its policy is not known either.
        Fate::Deleted if effect == Effect::MayReplace && change.after_context.is_none() => {
            "the old one would be deleted, as far as is known".to_owned()
        }
        Fate::Deleted if replaced => "the old one is deleted".to_owned(),
        Fate::Deleted => "it is deleted".to_owned(),
        Fate::Snapshot if replaced => {
            "the old one is deleted after a snapshot; restoring it is manual, and endpoints change"
                .to_owned()
        }
        Fate::Snapshot => "it is deleted after a snapshot".to_owned(),
        Fate::Retained if replaced => {
            "the new one is empty; the old one stays outside of the stack, and costs".to_owned()
        }
        Fate::Retained => "it stays, outside of the stack".to_owned(),
        Fate::Unknown => match &change.policy_action {
            Some(action) => format!(
                "what becomes of the old one is not known (PolicyAction {})",
                action.as_str()
            ),
            None => "what becomes of the old one is not known".to_owned(),
        },
    }
}

fn of_replacement(change: &ResourceChange, contexts: &Contexts<'_>, reasons: &mut Vec<String>) {
    let resource_type = change.resource_type.as_deref().unwrap_or_default();
    if let Some(identity) = public_identity(resource_type) {
        reasons.push(format!("it loses {identity}"));
    }
    if resource_type == "AWS::Lambda::Alias" {
        reasons.push("its traffic moves at once, without CodeDeploy".to_owned());
    }
    if let Some(name) = custom_name(contexts) {
        reasons.push(format!(
            "it keeps its {name}, and CloudFormation cannot replace a resource under the same name: the execution will fail"
        ));
    }
}

/// The property with a name of the team's own that stays.
fn custom_name(contexts: &Contexts<'_>) -> Option<&'static str> {
    let (Value::Object(before), Value::Object(after)) = (
        contexts.before("Properties")?,
        contexts.after("Properties")?,
    ) else {
        return None;
    };
    NAMES.into_iter().find(|name| {
        let named = before.get(*name).filter(|name| name.is_string());
        named.is_some() && named == after.get(*name)
    })
}

/// The first place that requires a replacement, or else may.
fn recreating(change: &ResourceChange) -> Option<&str> {
    let requires = |detail: &&Detail, wanted: &RequiresRecreation| {
        let target = detail.target.as_ref();
        target.and_then(|target| target.requires_recreation.as_ref()) == Some(wanted)
    };
    let find = |wanted| {
        change
            .details
            .iter()
            .find(|detail| requires(detail, wanted))
    };
    find(&RequiresRecreation::Always)
        .or_else(|| find(&RequiresRecreation::Conditionally))
        .and_then(|detail| detail.target.as_ref()?.place())
}

/// What keeps the resource, or lets the change pass, where it is blocked. Lines of templates and options are between
/// backticks, and options are words of a POSIX shell.
pub(crate) fn remedy(path: &str, judged: &Judged<'_>, verdict: Verdict) -> Option<String> {
    if verdict != Verdict::Blocked {
        return None;
    }
    let (keep, loss, but) = match judged.effect {
        Effect::Replace => (Some(KEEP_REPLACED), "replace", ""),
        Effect::MayReplace => (
            Some(KEEP_REPLACED),
            "replace",
            ", or `--conditional review` for all that may be replaced",
        ),
        Effect::Remove => (
            Some(
                "add `DeletionPolicy: Retain` to it and deploy that first (a removal goes by the deployed template)",
            ),
            "remove",
            "",
        ),
        Effect::Add | Effect::Import | Effect::Sync | Effect::Modify | Effect::Undetermined => {
            (None, "any", ", if it may be lost")
        }
    };
    let allow = match shlex::try_quote(path) {
        Ok(path) => format!("give `--allow {path}={loss}`{but}"),
        // What has a NUL in it is no word of a command line.
        Err(_) => "give `--allow-type` with its type, if all of that type may be lost".to_owned(),
    };
    Some(match keep {
        Some(keep) => format!("{keep}, or {allow}"),
        None => allow,
    })
}

const KEEP_REPLACED: &str =
    "add `UpdateReplacePolicy: Retain` to it (DeletionPolicy does not apply to replacements)";
