//! A change set with those of the stacks nested in its stack.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ChangeSet, ResourceChange};
use crate::readiness::Readiness;
use crate::whole::{Flaw, flaw};

/// Why change sets cannot be judged. Never a pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// There is none.
    #[error("there is no change set to review")]
    None,
    /// One of them is not ready.
    #[error("the change set {set} cannot be reviewed: {reason}")]
    NotReady {
        /// Its ARN or name.
        set: String,
        /// Why, with the remedy.
        reason: String,
    },
    /// A change in one of them cannot be judged.
    #[error("the change set {set} cannot be reviewed: change {} {}", .flaw.number, .flaw.what)]
    Incomplete {
        /// Its ARN or name.
        set: String,
        /// The change.
        flaw: Flaw,
    },
    /// A nested stack has a change set that is not here.
    #[error(
        "the change set of the nested stack {path} is missing: give {id} as well, as `aws cloudformation \
         describe-change-set --change-set-name` prints it"
    )]
    NotSupplied {
        /// The nested stack's logical ID, with those around it.
        path: String,
        /// The ARN of its change set.
        id: String,
    },
    /// Two are not of one tree.
    #[error(
        "{0} is not nested in the other change sets: review the change sets of one stack at a time"
    )]
    Unrelated(String),
    /// Two have one ARN.
    #[error("{0} was given twice")]
    Twice(String),
    /// They are nested deeper than a person's stacks are.
    #[error("the change sets are nested more than {DEEPEST} levels deep, at {0}")]
    TooDeep(String),
    /// They are nested in a circle.
    #[error("the change sets are nested in a circle, around {0}")]
    Circle(String),
}

/// The deepest nesting that is reviewed.
const DEEPEST: usize = 50;

/// The longest path of a nested stack, in bytes: every path in it begins with it.
const LONGEST: usize = 1000;

/// How CloudFormation begins the reason of a change set that failed because one nested in it did.
const BY_NESTED: &str = "Nested change set ";

/// A change set in its place.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// The logical IDs of the stacks around it, each followed by `/`.
    pub(crate) prefix: String,
    pub(crate) depth: usize,
    pub(crate) set: &'a ChangeSet,
}

/// The sets in their places, the root first, each before those nested in it.
pub(crate) fn tree(sets: &[ChangeSet]) -> Result<Vec<Node<'_>>, ReviewError> {
    let mut by_id: BTreeMap<&str, &ChangeSet> = BTreeMap::new();
    for set in sets {
        if let Some(id) = set.id.as_deref()
            && by_id.insert(id, set).is_some()
        {
            return Err(ReviewError::Twice(id.to_owned()));
        }
    }
    check(sets)?;
    let nested: BTreeSet<&str> = sets.iter().flat_map(nested).map(|(_, id)| id).collect();
    let is_root = |set: &&ChangeSet| !set.id.as_deref().is_some_and(|id| nested.contains(id));
    let mut roots = sets.iter().filter(is_root);
    let root = match (roots.next(), sets.first()) {
        (Some(root), _) => root,
        (None, Some(first)) => return Err(ReviewError::Circle(name(first))),
        (None, None) => return Err(ReviewError::None),
    };
    if let Some(other) = roots.next() {
        return Err(ReviewError::Unrelated(name(other)));
    }

    let mut nodes = Vec::new();
    let mut seen = BTreeSet::new();
    // A stack of one's own, because nesting may be deep.
    let mut open = vec![Node {
        prefix: String::new(),
        depth: 0,
        set: root,
    }];
    while let Some(node) = open.pop() {
        if let Some(id) = node.set.id.as_deref()
            && !seen.insert(id)
        {
            return Err(ReviewError::Circle(id.to_owned()));
        }
        if node.depth > DEEPEST || node.prefix.len() > LONGEST {
            return Err(ReviewError::TooDeep(name(node.set)));
        }
        let mut children = Vec::new();
        for (change, id) in self::nested(node.set) {
            let logical_id = change.logical_id.as_deref().unwrap_or_default();
            let path = format!("{}{logical_id}", node.prefix);
            let Some(set) = by_id.get(id) else {
                return Err(ReviewError::NotSupplied {
                    path,
                    id: id.to_owned(),
                });
            };
            children.push(Node {
                prefix: format!("{path}/"),
                depth: node.depth + 1,
                set,
            });
        }
        open.extend(children.into_iter().rev());
        nodes.push(node);
    }
    // What only a circle beside the tree could have kept out.
    if let Some(other) = sets
        .iter()
        .find(|set| set.id.as_deref().is_some_and(|id| !seen.contains(id)))
    {
        return Err(ReviewError::Circle(name(other)));
    }
    Ok(nodes)
}

/// The nested stacks of a set that have a change set of their own, with its ARN.
fn nested(set: &ChangeSet) -> impl Iterator<Item = (&ResourceChange, &str)> {
    let resources = set
        .changes
        .iter()
        .filter_map(|change| change.resource.as_ref());
    resources.filter_map(|resource| Some((resource, resource.change_set_id.as_deref()?)))
}

/// All of them can be judged; where some cannot, the error is about one that is not only so because of another.
fn check(sets: &[ChangeSet]) -> Result<(), ReviewError> {
    if let Some((set, flaw)) = sets.iter().find_map(|set| Some((set, flaw(set)?))) {
        return Err(ReviewError::Incomplete {
            set: name(set),
            flaw,
        });
    }
    let reason = |set: &ChangeSet| match set.readiness() {
        Readiness::Ready | Readiness::NoChanges => None,
        Readiness::InProgress => Some("it is still being created".to_owned()),
        Readiness::NotReady(reason) => Some(reason),
    };
    let is_by_nested = |(set, _): &(&ChangeSet, String)| {
        let reason = set.status_reason.as_deref();
        reason.is_some_and(|reason| reason.starts_with(BY_NESTED))
    };
    let not_ready = sets.iter().filter_map(|set| Some((set, reason(set)?)));
    match not_ready.min_by_key(is_by_nested) {
        None => Ok(()),
        Some((set, reason)) => Err(ReviewError::NotReady {
            set: name(set),
            reason,
        }),
    }
}

/// What people call a set.
pub(crate) fn name(set: &ChangeSet) -> String {
    let name = set.id.as_ref().or(set.name.as_ref());
    name.cloned().unwrap_or_else(|| "without a name".to_owned())
}
