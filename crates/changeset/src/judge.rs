//! The decision table: from what CloudFormation says of one change to a verdict.

use crate::class::Class;
use crate::fate::{self, Fate, Leaving};
use crate::model::{Action, PolicyAction, Replacement};

/// What is to be done about a change, or a change set: the worst of its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing is lost.
    Safe,
    /// A person should have seen it.
    Review,
    /// Data or identity would be lost, or that cannot be told.
    Blocked,
}

/// What happens to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// It is new.
    Add,
    /// It exists and joins the stack.
    Import,
    /// The template takes over what drifted.
    Sync,
    /// It changes, and stays the same resource.
    Modify,
    /// It may be replaced: CloudFormation cannot tell.
    MayReplace,
    /// It is replaced.
    Replace,
    /// It leaves the stack.
    Remove,
    /// CloudFormation cannot tell, or says what is not known here.
    Undetermined,
}

/// How a `Conditional` with an unknown fate is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conditional {
    /// As a replacement.
    #[default]
    Block,
    /// As something to be reviewed.
    Review,
}

/// The effect of a change; `replacement` is as CloudFormation says or as its details do, and `is_settled` that a
/// `Conditional` cannot be one.
pub(crate) fn effect(
    action: Option<&Action>,
    replacement: &Replacement,
    is_settled: bool,
) -> Effect {
    match action {
        // `Replacement` of an `Add` is noise: AWS says `True` of some.
        Some(Action::Add) => Effect::Add,
        Some(Action::Import) => Effect::Import,
        Some(Action::SyncWithActual) => Effect::Sync,
        Some(Action::Remove) => Effect::Remove,
        Some(Action::Dynamic | Action::Other(_)) | None => Effect::Undetermined,
        Some(Action::Modify) => match replacement {
            Replacement::False => Effect::Modify,
            Replacement::True => Effect::Replace,
            Replacement::Conditional if is_settled => Effect::Modify,
            Replacement::Conditional => Effect::MayReplace,
            Replacement::Other(_) => Effect::Undetermined,
        },
    }
}

/// How the old resource leaves its stack, where it does.
pub(crate) fn leaving(effect: Effect) -> Option<Leaving> {
    match effect {
        Effect::Remove => Some(Leaving::Removed),
        Effect::Replace | Effect::MayReplace => Some(Leaving::Replaced),
        Effect::Add | Effect::Import | Effect::Sync | Effect::Modify | Effect::Undetermined => None,
    }
}

/// The verdict on one change. `fate` is that of the old resource, where it leaves.
pub(crate) fn judge(
    effect: Effect,
    fate: Option<Fate>,
    policy_action: Option<&PolicyAction>,
    class: Class,
    conditional: Conditional,
) -> Verdict {
    let verdict = match class {
        Class::Stateful | Class::NestedStack => of_stateful(effect, fate, conditional),
        Class::Routine => of_routine(effect, fate),
        Class::Custom | Class::Other => of_other(effect, fate),
    };
    if leaving(effect).is_some() {
        return verdict;
    }
    // Whatever else it says: what says that something is deleted is not safe, and a resource that stays has no policy.
    let by_policy = match class {
        Class::Stateful | Class::NestedStack if fate::deletes(policy_action) => Verdict::Blocked,
        _ if fate::deletes(policy_action) => Verdict::Review,
        _ if contradicts(effect, policy_action) => Verdict::Review,
        _ => Verdict::Safe,
    };
    verdict.max(by_policy)
}

/// `PolicyAction` says what becomes of a resource that leaves, and this one does not by all else that is said.
pub(crate) fn contradicts(effect: Effect, policy_action: Option<&PolicyAction>) -> bool {
    effect == Effect::Modify && policy_action.is_some()
}

fn of_stateful(effect: Effect, fate: Option<Fate>, conditional: Conditional) -> Verdict {
    match (effect, fate) {
        (Effect::Add | Effect::Sync | Effect::Modify, _) => Verdict::Safe,
        (Effect::Import, _)
        | (
            Effect::Replace | Effect::MayReplace | Effect::Remove,
            Some(Fate::Snapshot | Fate::Retained),
        ) => Verdict::Review,
        (Effect::MayReplace, Some(Fate::Deleted | Fate::Unknown) | None)
            if conditional == Conditional::Review =>
        {
            Verdict::Review
        }
        (Effect::Replace | Effect::MayReplace | Effect::Remove, _) | (Effect::Undetermined, _) => {
            Verdict::Blocked
        }
    }
}

fn of_routine(effect: Effect, fate: Option<Fate>) -> Verdict {
    match (effect, fate) {
        (Effect::Import | Effect::Undetermined, _) | (_, Some(Fate::Unknown)) => Verdict::Review,
        (
            Effect::Add
            | Effect::Sync
            | Effect::Modify
            | Effect::MayReplace
            | Effect::Replace
            | Effect::Remove,
            _,
        ) => Verdict::Safe,
    }
}

fn of_other(effect: Effect, fate: Option<Fate>) -> Verdict {
    match (effect, fate) {
        (Effect::Add | Effect::Sync | Effect::Modify, _)
        | (Effect::Remove, Some(Fate::Retained)) => Verdict::Safe,
        _ => Verdict::Review,
    }
}
