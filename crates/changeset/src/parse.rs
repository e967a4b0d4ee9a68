//! Reading a change set from the JSON of the API, of the AWS CLI, or of the console's export.

use crate::model::{Change, ChangeSet};

/// Why a document is no change set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// It is not JSON, nests too deeply, or has a member of another type than the service model's.
    #[error("it is not a change set as `aws cloudformation describe-change-set` prints it: {0}")]
    Malformed(serde_json::Error),
    /// It is JSON of something else.
    #[error(
        "it is not a change set: it has no `Changes`; give what `aws cloudformation describe-change-set` prints"
    )]
    NoChanges,
    /// A change of a kind that nobody knows how to judge.
    #[error("change {number} is not of a resource, or lacks its `{member}`")]
    Incomplete {
        /// The change's place, from 1.
        number: usize,
        /// What it lacks.
        member: &'static str,
    },
}

/// Reads a change set: an object, as the API and the AWS CLI give it (`null` is absent), or the array of changes that
/// CloudFormation's console exports, whose members are in camelCase and which says nothing of the set itself.
///
/// Members that are not known are passed over, and so are values of enumerations: judging, not reading, takes them for
/// the worst.
///
/// # Errors
///
/// [`ParseError`]; a change without what it takes to judge it is one, because passing over it could hide a deletion.
pub fn parse(document: &[u8]) -> Result<ChangeSet, ParseError> {
    let is_array = document
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| *byte == b'[');
    let set = if is_array {
        ChangeSet {
            changes: serde_json::from_slice::<Vec<Change>>(document)
                .map_err(ParseError::Malformed)?,
            ..ChangeSet::default()
        }
    } else {
        let set: ChangeSet = serde_json::from_slice(document).map_err(ParseError::Malformed)?;
        if set.changes.is_empty() && set.status.is_none() {
            return Err(ParseError::NoChanges);
        }
        set
    };
    check(&set)?;
    Ok(set)
}

fn check(set: &ChangeSet) -> Result<(), ParseError> {
    for (index, change) in set.changes.iter().enumerate() {
        let lacks = |member| {
            Err(ParseError::Incomplete {
                number: index + 1,
                member,
            })
        };
        let Some(resource) = &change.resource else {
            return lacks("ResourceChange");
        };
        if resource.logical_id.is_none() {
            return lacks("LogicalResourceId");
        }
        if resource.resource_type.is_none() {
            return lacks("ResourceType");
        }
    }
    Ok(())
}
