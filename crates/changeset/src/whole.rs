//! Whether every change of a set says what it takes to judge it.

use crate::model::{Change, ChangeSet};

/// A change that cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The change's place, from 1.
    pub number: usize,
    /// What is wrong with it, as the end of a sentence.
    pub what: &'static str,
}

/// The longest logical ID, in bytes ("CloudFormation quotas", AWS CloudFormation User Guide: resource name, 255
/// characters).
const LONGEST: usize = 255;

/// The first change of the set that cannot be judged.
pub(crate) fn flaw(set: &ChangeSet) -> Option<Flaw> {
    set.changes.iter().enumerate().find_map(|(index, change)| {
        Some(Flaw {
            number: index + 1,
            what: wrong(change)?,
        })
    })
}

fn wrong(change: &Change) -> Option<&'static str> {
    let Some(resource) = &change.resource else {
        return Some("is not of a resource: it lacks its `ResourceChange`");
    };
    if change
        .kind
        .as_deref()
        .is_some_and(|kind| kind != "Resource")
    {
        return Some("is of a `Type` that is not `Resource`");
    }
    let id = resource.logical_id.as_deref().unwrap_or_default();
    if id.is_empty() {
        return Some("lacks its `LogicalResourceId`");
    }
    // By a `/` it could pass for a resource of a nested stack. (All else that templates do not allow is only shown.)
    if id.len() > LONGEST || id.contains('/') {
        return Some(
            "has a `LogicalResourceId` that no template can have: longer than 255 characters, or with a `/`",
        );
    }
    if resource
        .resource_type
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        return Some("lacks its `ResourceType`");
    }
    None
}
