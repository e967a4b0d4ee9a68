//! Reading a change set from the JSON of the API, of the AWS CLI, or of the console's export.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::{Change, ChangeSet, Status};
use crate::whole::{Flaw, flaw};

/// Why a document is no change set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// There is nothing in it: what should have written it has failed.
    #[error("it is empty")]
    Empty,
    /// It is UTF-16, as PowerShell writes what is redirected.
    #[error(
        "it is UTF-16, and JSON is UTF-8: write it with `| Out-File -Encoding utf8` instead of `>`"
    )]
    Utf16,
    /// It is no JSON at all, perhaps another output format of the AWS CLI.
    #[error(
        "it is not JSON: give what `aws cloudformation describe-change-set --output json` prints"
    )]
    NotJson,
    /// It is what a change set is made of.
    #[error(
        "it is a template, not a change set: `tollgate changeset create` makes one of it and reviews that"
    )]
    Template,
    /// It is cut, nests too deeply, or has a member of another type than the service model's.
    #[error("it is not a change set as `aws cloudformation describe-change-set` prints it: {0}")]
    Malformed(serde_json::Error),
    /// It is JSON of something else, also a summary of a change set.
    #[error(
        "it is not a change set: it has no `Changes`; give what `aws cloudformation describe-change-set` prints"
    )]
    NoChanges,
    /// A change that cannot be judged.
    #[error("change {} {}", .0.number, .0.what)]
    Incomplete(Flaw),
}

/// Reads a change set: an object, as the API and the AWS CLI give it (`null` is absent), or the array of changes that
/// CloudFormation's console exports, whose members are in camelCase and which says nothing of the set itself.
///
/// Members that are not known are passed over, and so are values of enumerations: judging, not reading, takes them for
/// the worst.
///
/// # Errors
///
/// [`ParseError`]; a change without what it takes to judge it is one, because passing over it could hide a deletion. So is
/// a set that was created and does not list its changes, be it an empty list.
pub fn parse(document: &[u8]) -> Result<ChangeSet, ParseError> {
    if document.starts_with(&[0xff, 0xfe]) || document.starts_with(&[0xfe, 0xff]) {
        return Err(ParseError::Utf16);
    }
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let set = match document.trim_ascii_start().first() {
        None => return Err(ParseError::Empty),
        Some(b'[') => export(document)?,
        Some(b'{') => description(document)?,
        Some(_) if is_yaml_template(document) => return Err(ParseError::Template),
        Some(_) => return Err(ParseError::NotJson),
    };
    match flaw(&set) {
        Some(flaw) => Err(ParseError::Incomplete(flaw)),
        None => Ok(set),
    }
}

fn export(document: &[u8]) -> Result<ChangeSet, ParseError> {
    let changes: Vec<Change> = serde_json::from_slice(document).map_err(ParseError::Malformed)?;
    if changes.is_empty() {
        return Err(ParseError::NoChanges);
    }
    Ok(ChangeSet {
        changes,
        ..ChangeSet::default()
    })
}

/// What is told apart where there are no changes.
#[derive(Deserialize)]
struct Members {
    #[serde(alias = "changes", rename = "Changes")]
    changes: Option<Vec<IgnoredAny>>,
    #[serde(rename = "Resources")]
    resources: Option<IgnoredAny>,
}

fn description(document: &[u8]) -> Result<ChangeSet, ParseError> {
    let set: ChangeSet = serde_json::from_slice(document).map_err(ParseError::Malformed)?;
    if set.changes.is_empty() {
        let members: Members = serde_json::from_slice(document).map_err(ParseError::Malformed)?;
        let is_created = matches!(set.status, None | Some(Status::CreateComplete));
        if members.resources.is_some() && set.status.is_none() {
            return Err(ParseError::Template);
        }
        // What never was created lists nothing: its status says so.
        if (members.changes.is_none() && is_created) || set.status.is_none() {
            return Err(ParseError::NoChanges);
        }
    }
    Ok(set)
}

fn is_yaml_template(document: &[u8]) -> bool {
    let mut lines = document.split(|byte| *byte == b'\n');
    lines.any(|line| line.starts_with(b"Resources:"))
}
