//! Which maybe-replacements cannot be one: a value that comes from a resource which keeps its physical ID does not change.
//!
//! CloudFormation says `Conditional` wherever a property that requires recreation refers to a resource that changes at all.
//! Such a change is settled when every detail that could recreate the resource is `Dynamic`, and is `Ref` or `.Arn` of a
//! resource that is not in the set, or is modified and not replaced, or is settled itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, ChangeSource, Detail, Evaluation, Replacement, RequiresRecreation, ResourceChange,
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
    let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        let id = change.logical_id.as_deref().unwrap_or_default();
        by_id.entry(id).or_default().push(index);
    }
    let mut keeps: Vec<bool> = Vec::with_capacity(changes.len());
    // What each change still waits for, and who waits for it.
    let mut waits: Vec<Option<usize>> = Vec::with_capacity(changes.len());
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    for (index, change) in changes.iter().enumerate() {
        let is_modify = change.action == Some(Action::Modify);
        let replacement = replacement(change);
        keeps.push(is_modify && replacement == Replacement::False);
        let causes = (is_modify && replacement == Replacement::Conditional)
            .then(|| causes(change))
            .flatten();
        let Some(causes) = causes else {
            waits.push(None);
            continue;
        };
        let mut count = 0;
        for cause in causes
            .into_iter()
            .filter_map(|cause| by_id.get(cause))
            .flatten()
        {
            count += 1;
            waiting[*cause].push(index);
        }
        waits.push(Some(count));
    }
    let mut settled = vec![false; changes.len()];
    let mut done: Vec<usize> = (0..changes.len())
        .filter(|index| keeps[*index] || waits[*index] == Some(0))
        .collect();
    while let Some(index) = done.pop() {
        if waits[index].is_some() {
            settled[index] = true;
        }
        for waiter in std::mem::take(&mut waiting[index]) {
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

/// The resources on whose physical IDs it depends whether the change recreates its resource; `None` where it depends on
/// anything else, or nothing is known.
fn causes(change: &ResourceChange) -> Option<Vec<&str>> {
    if change.details.is_empty() {
        return None;
    }
    let recreating = || {
        let details = change.details.iter();
        details.filter(|detail| !never_recreates(detail) && !is_same_before_and_after(detail))
    };
    let referring: BTreeSet<&str> = recreating()
        .filter(|detail| refers(detail))
        .filter_map(place)
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
            && place(detail).is_some_and(|place| referring.contains(place));
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

fn place(detail: &Detail) -> Option<&str> {
    detail.target.as_ref()?.place()
}

/// The logical ID whose `Ref` or ARN the value is.
fn physical_id_of(detail: &Detail) -> Option<&str> {
    let entity = detail.causing_entity.as_deref()?;
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
                && target.attribute.as_deref().is_some_and(|attribute| attribute != "Properties")
        })
}

/// Both values are known, and are one.
fn is_same_before_and_after(detail: &Detail) -> bool {
    let Some(target) = &detail.target else {
        return false;
    };
    match (&target.before_value, &target.after_value) {
        // A value that was cut, or that is not known yet, is not compared.
        (Some(before), Some(after)) => {
            before == after && !before.contains("{{changeSet:") && before.len() < CUT
        }
        _ => false,
    }
}

/// From this length on, a value may have been cut, in bytes.
const CUT: usize = 1000;
