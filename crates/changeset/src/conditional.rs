//! Which maybe-replacements cannot be one: a value that comes from a resource which keeps its physical ID does not change.
//!
//! CloudFormation says `Conditional` wherever a property that requires recreation refers to a resource that changes at all.
//! Such a change is settled when every detail that could recreate the resource is `Dynamic`, and is `Ref` or `.Arn` of a
//! resource that is not in the set, or is modified and not replaced, or is settled itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::class;
use crate::model::{
    Action, ChangeSource, DRIFTED_AWAY, Detail, Evaluation, Replacement, RequiresRecreation,
    ResourceChange,
};

/// Whether the change is a replacement: as CloudFormation says, or as its details do where it says nothing.
pub(crate) fn replacement(change: &ResourceChange) -> Replacement {
    if let Some(said) = &change.replacement {
        return said.clone();
    }
    if change.details.is_empty() {
        return Replacement::Conditional;
    }
    let recreates = |detail: &&Detail| !never_recreates(detail);
    let for_certain = |detail: &Detail| {
        let target = detail.target.as_ref();
        target.and_then(|target| target.requires_recreation.as_ref())
            == Some(&RequiresRecreation::Always)
            && detail.evaluation == Some(Evaluation::Static)
    };
    if change.details.iter().any(for_certain) {
        Replacement::True
    } else if change.details.iter().find(recreates).is_some() {
        Replacement::Conditional
    } else {
        Replacement::False
    }
}

/// For each change of a set, whether it is a `Conditional` that is settled: no replacement.
///
/// Takes time in proportion to the set's details. Resources that wait for each other in a circle, which a template cannot
/// have, are not settled.
pub(crate) fn settled(changes: &[&ResourceChange]) -> Vec<bool> {
    let mut resources: BTreeMap<&str, Resource> = BTreeMap::new();
    for change in changes {
        resources.entry(id(change)).or_default().unsettled += 1;
    }
    // What each change still waits for.
    let mut waits: Vec<Option<usize>> = Vec::with_capacity(changes.len());
    let mut done = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let count = awaited(change).map(|causes| {
            let mut count = 0;
            for cause in causes {
                if let Some(resource) = resources.get_mut(cause) {
                    resource.waiting.push(index);
                    count += 1;
                }
            }
            count
        });
        if keeps(change) || count == Some(0) {
            done.push(index);
        }
        waits.push(count);
    }
    let mut settled = vec![false; changes.len()];
    while let Some(index) = done.pop() {
        settled[index] = waits[index].is_some();
        let Some(resource) = resources.get_mut(id(changes[index])) else {
            continue;
        };
        resource.unsettled -= 1;
        if resource.unsettled > 0 {
            continue;
        }
        for waiter in std::mem::take(&mut resource.waiting) {
            if let Some(count) = &mut waits[waiter] {
                *count -= 1;
                if *count == 0 {
                    done.push(waiter);
                }
            }
        }
    }
    settled
}

/// A logical ID of the set.
#[derive(Default)]
struct Resource {
    /// How many of its changes may still give it another physical ID.
    unsettled: usize,
    /// The changes that wait for it.
    waiting: Vec<usize>,
}

fn id(change: &ResourceChange) -> &str {
    change.logical_id.as_deref().unwrap_or_default()
}

/// The resource stays the one that it is, by all that CloudFormation says of it.
fn keeps(change: &ResourceChange) -> bool {
    change.action == Some(Action::Modify)
        && replacement(change) == Replacement::False
        && says_nothing_of_leaving(change)
        && !is_custom(change)
}

/// The physical ID of a custom resource is what its own code answers when the change is executed, and so is its `Arn`.
fn is_custom(change: &ResourceChange) -> bool {
    change
        .resource_type
        .as_deref()
        .is_some_and(class::is_custom)
}

/// What a `Conditional` waits for; `None` where it cannot be settled.
fn awaited(change: &ResourceChange) -> Option<Vec<&str>> {
    let is_conditional = change.action == Some(Action::Modify)
        && replacement(change) == Replacement::Conditional
        && says_nothing_of_leaving(change)
        && !is_custom(change);
    is_conditional.then(|| causes(change)).flatten()
}

/// `PolicyAction` is there only where a resource leaves, and what has drifted away gets a new physical ID.
fn says_nothing_of_leaving(change: &ResourceChange) -> bool {
    change.policy_action.is_none() && change.drift_status.as_deref() != Some(DRIFTED_AWAY)
}

/// The resources on whose physical IDs it depends whether the change recreates its resource; `None` where it depends on
/// anything else, or nothing is known.
fn causes(change: &ResourceChange) -> Option<Vec<&str>> {
    // Where no detail could recreate the resource, CloudFormation knows something that it does not say.
    if change.details.iter().all(never_recreates) {
        return None;
    }
    let recreating = || {
        let details = change.details.iter();
        details.filter(|detail| !never_recreates(detail) && !is_same_before_and_after(detail))
    };
    if recreating().any(is_known_to_change) {
        return None;
    }
    let referring: BTreeSet<&str> = recreating()
        .filter(|detail| refers(detail))
        .filter_map(property)
        .collect();
    let mut causes = Vec::new();
    for detail in recreating() {
        if detail.evaluation != Some(Evaluation::Dynamic) {
            return None;
        }
        if refers(detail) {
            causes.push(physical_id_of(detail)?);
            continue;
        }
        // The twin of a reference: the template's text of the property is what refers.
        let is_twin = detail.change_source == Some(ChangeSource::DirectModification)
            && property(detail).is_some_and(|property| referring.contains(property));
        if !is_twin {
            return None;
        }
    }
    Some(causes)
}

fn refers(detail: &Detail) -> bool {
    matches!(
        detail.change_source,
        Some(ChangeSource::ResourceReference | ChangeSource::ResourceAttribute)
    )
}

/// Which property it is about, where that is said.
fn property(detail: &Detail) -> Option<&str> {
    let target = detail.target.as_ref()?;
    target.path.as_deref().or(target.name.as_deref())
}

/// The logical ID whose `Ref` or ARN the value is.
fn physical_id_of(detail: &Detail) -> Option<&str> {
    let entity = detail
        .causing_entity
        .as_deref()
        .filter(|entity| !entity.is_empty())?;
    match (detail.change_source.as_ref()?, entity.split_once('.')) {
        (ChangeSource::ResourceReference, None) => Some(entity),
        // Outputs of nested stacks are attributes, too, and are not `Arn`.
        (ChangeSource::ResourceAttribute, Some((id, "Arn"))) => Some(id),
        _ => None,
    }
}

fn never_recreates(detail: &Detail) -> bool {
    let target = detail.target.as_ref();
    target.and_then(|target| target.requires_recreation.as_ref()) == Some(&RequiresRecreation::Never)
        // Only properties can require recreation.
        || target.is_some_and(|target| {
            target.requires_recreation.is_none()
                && target.attribute.as_deref().is_some_and(|attribute| OTHERS.contains(&attribute))
        })
}

/// What of a resource can change beside its properties (`ResourceTargetDefinition`, CloudFormation API Reference).
const OTHERS: [&str; 6] = [
    "CreationPolicy",
    "DeletionPolicy",
    "Metadata",
    "Tags",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// Both values are known, and are one.
fn is_same_before_and_after(detail: &Detail) -> bool {
    let Some(target) = &detail.target else {
        return false;
    };
    match (&target.before_value, &target.after_value) {
        // What was cut or masked, or stands for a value that is not known yet (`{{changeSet:KNOWN_AFTER_APPLY}}`,
        // `{{resolve:ssm:…}}`), is not compared.
        (Some(before), Some(after)) => {
            before == after
                && !before.contains(MASK)
                && !before.contains("{{")
                && before.len() < CUT
        }
        _ => false,
    }
}

/// Both values are known, as far as CloudFormation knows them, and are not one: whatever the value refers to, the template's
/// text makes another of it.
fn is_known_to_change(detail: &Detail) -> bool {
    let Some(target) = &detail.target else {
        return false;
    };
    match (&target.before_value, &target.after_value) {
        (Some(before), Some(after)) => before != after && after != KNOWN_AFTER_APPLY,
        _ => false,
    }
}

/// What CloudFormation gives for a value that it does not know yet.
const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What a value has where something in it is hidden.
const MASK: &str = "***";

/// From this length on, a value may have been cut, in bytes.
const CUT: usize = 1000;
