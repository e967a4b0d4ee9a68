//! Revisions of applications.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::CodeDeploy;
use super::super::records::{Revision, RevisionKey, RevisionType};
use super::applications::find as find_application;
use super::input::{PAGE, application_name, batch, description, insert, position, read, refused};
use crate::ServiceError;
use crate::page::page;
use crate::shared::State;

/// At most 25 in one call (service model, BatchGetApplicationRevisionsInput).
const MAX_BATCH: usize = 25;

/// `RevisionLocation`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevisionLocation {
    revision_type: Option<String>,
    string: Option<RawString>,
    app_spec_content: Option<RawString>,
    s3_location: Option<Value>,
    git_hub_location: Option<Value>,
}

/// `RawString` and `AppSpecContent`, which have the same members.
#[derive(Clone, Debug, Deserialize)]
struct RawString {
    content: Option<String>,
    sha256: Option<String>,
}

/// A revision that a client names: its key and, where it is given, its text.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) key: RevisionKey,
    pub(super) content: Option<String>,
}

impl RevisionLocation {
    /// What is located. The hash, where it is given, must be that of the content.
    ///
    /// # Errors
    /// `RevisionRequiredException` for an empty location (its text: aws-cli#4256), else `InvalidRevisionException`.
    pub(super) fn given(self) -> Result<Given, ServiceError> {
        let invalid = |message: &str| refused("InvalidRevisionException", message);
        let is_empty = self.revision_type.is_none()
            && self.string.is_none()
            && self.app_spec_content.is_none()
            && self.s3_location.is_none()
            && self.git_hub_location.is_none();
        if is_empty {
            return Err(required());
        }
        let (revision_type, raw) = match self.revision_type.as_deref() {
            Some("String") => (RevisionType::String, self.string),
            Some("AppSpecContent") => (RevisionType::AppSpecContent, self.app_spec_content),
            Some(kind @ ("S3" | "GitHub")) => return Err(elsewhere(kind)),
            Some(other) => return Err(invalid(&format!("{other:?} is no type of revision"))),
            None if self.s3_location.is_some() => return Err(elsewhere("S3")),
            None if self.git_hub_location.is_some() => return Err(elsewhere("GitHub")),
            None => match (self.string, self.app_spec_content) {
                (Some(raw), None) => (RevisionType::String, Some(raw)),
                (None, raw) => (RevisionType::AppSpecContent, raw),
                (Some(_), Some(_)) => {
                    return Err(invalid("A revision has one location"));
                }
            },
        };
        let raw = raw.ok_or_else(|| invalid("The revision has no content of its type"))?;
        match (raw.content, raw.sha256) {
            (None, None) => Err(invalid("The revision has neither content nor sha256")),
            (None, Some(sha256)) => Ok(Given {
                key: RevisionKey {
                    revision_type,
                    sha256: sha256.to_ascii_lowercase(),
                },
                content: None,
            }),
            (Some(content), sha256) => {
                let key = RevisionKey::of(revision_type, &content);
                if sha256.is_some_and(|sha256| !sha256.eq_ignore_ascii_case(&key.sha256)) {
                    return Err(invalid("The sha256 is not that of the content"));
                }
                Ok(Given {
                    key,
                    content: Some(content),
                })
            }
        }
    }
}

fn required() -> ServiceError {
    refused(
        "RevisionRequiredException",
        "RevisionLocation must be specified",
    )
}

fn elsewhere(kind: &str) -> ServiceError {
    refused(
        "InvalidRevisionException",
        format!(
            "The emulator does not read revisions from {kind}: give the AppSpec itself, as revisionType AppSpecContent \
             or String"
        ),
    )
}

fn does_not_exist() -> ServiceError {
    refused(
        "RevisionDoesNotExistException",
        "The named revision does not exist with the user or Amazon Web Services account.",
    )
}

/// The text of a revision that a client gives or that the application knows.
pub(super) fn content(
    codedeploy: &CodeDeploy,
    application_id: &str,
    given: Given,
) -> Result<String, ServiceError> {
    match given.content {
        Some(content) => Ok(content),
        None => {
            find(codedeploy, application_id, &given.key).map(|revision| revision.content.clone())
        }
    }
}

/// The revision of this key.
pub(super) fn find<'a>(
    codedeploy: &'a CodeDeploy,
    application_id: &str,
    key: &RevisionKey,
) -> Result<&'a Revision, ServiceError> {
    let key = (application_id.to_owned(), key.clone());
    codedeploy
        .records
        .revisions
        .get(&key)
        .ok_or_else(does_not_exist)
}

/// A `RevisionLocation`; the content is in it only where it is asked for.
pub(super) fn location(key: &RevisionKey, content: Option<&str>) -> Value {
    let raw = json!({ "content": content, "sha256": key.sha256 });
    match key.revision_type {
        RevisionType::String => json!({ "revisionType": "String", "string": raw }),
        RevisionType::AppSpecContent => {
            json!({ "revisionType": "AppSpecContent", "appSpecContent": raw })
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneRevision {
    application_name: Option<String>,
    revision: Option<RevisionLocation>,
    description: Option<String>,
}

pub(super) fn get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: OneRevision = read(input)?;
    let name = application_name(input.application_name)?;
    let codedeploy = &state.codedeploy;
    let id = &find_application(codedeploy, &name)?.id;
    let key = input.revision.ok_or_else(required)?.given()?.key;
    let revision = find(codedeploy, id, &key)?;
    Ok(json!({
        "applicationName": name,
        "revision": location(&key, Some(&revision.content)),
        "revisionInfo": info(codedeploy, id, &key, revision),
    }))
}

pub(super) fn register(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let input: OneRevision = read(input)?;
    let name = application_name(input.application_name)?;
    let (now, codedeploy) = (state.now, &mut state.codedeploy);
    let id = find_application(codedeploy, &name)?.id.clone();
    let given = input.revision.ok_or_else(required)?.given()?;
    let description = description(input.description)?;
    let Some(content) = given.content else {
        return Err(refused(
            "InvalidRevisionException",
            "The revision has no content",
        ));
    };
    let revision = codedeploy.register_revision(&id, &given.key, &content, now);
    if let (Some(revision), Some(description)) = (revision, description) {
        revision.description = Some(description);
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGetApplicationRevisions {
    application_name: Option<String>,
    revisions: Option<Vec<RevisionLocation>>,
}

/// Revisions that are not there are counted in `errorMessage`, because the service model has no exception for them.
pub(super) fn batch_get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: BatchGetApplicationRevisions = read(input)?;
    let name = application_name(input.application_name)?;
    let codedeploy = &state.codedeploy;
    let id = &find_application(codedeploy, &name)?.id;
    let locations = batch(input.revisions, "RevisionRequiredException", MAX_BATCH)?;
    let (mut revisions, mut missing) = (Vec::new(), 0_usize);
    for location_given in locations {
        let key = location_given.given()?.key;
        match find(codedeploy, id, &key) {
            Ok(revision) => revisions.push(json!({
                "revisionLocation": location(&key, Some(&revision.content)),
                "genericRevisionInfo": info(codedeploy, id, &key, revision),
            })),
            Err(_) => missing += 1,
        }
    }
    let mut answer = json!({ "applicationName": name, "revisions": revisions });
    if missing > 0 {
        let message = format!("{missing} of the revisions do not exist");
        insert(&mut answer, "errorMessage", Some(message));
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListApplicationRevisions {
    application_name: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    s3_bucket: Option<String>,
    s3_key_prefix: Option<String>,
    deployed: Option<String>,
    next_token: Option<String>,
}

pub(super) fn list(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: ListApplicationRevisions = read(input)?;
    let name = application_name(input.application_name)?;
    let codedeploy = &state.codedeploy;
    let id = &find_application(codedeploy, &name)?.id;
    let time: fn(&Revision) -> u64 = match input.sort_by.as_deref() {
        None => |_| 0,
        Some("registerTime") => |revision| revision.registered.as_millis(),
        Some("firstUsedTime") => |revision| revision.first_used.map_or(0, |time| time.as_millis()),
        Some("lastUsedTime") => |revision| revision.last_used.map_or(0, |time| time.as_millis()),
        Some(other) => {
            return Err(refused(
                "InvalidSortByException",
                format!("{other:?} is no column to sort by"),
            ));
        }
    };
    let descending = match input.sort_order.as_deref() {
        None | Some("ascending") => false,
        Some("descending") => true,
        Some(other) => {
            return Err(refused(
                "InvalidSortOrderException",
                format!("{other:?} is no sort order"),
            ));
        }
    };
    let deployed = match input.deployed.as_deref() {
        None | Some("ignore") => None,
        Some("include") => Some(true),
        Some("exclude") => Some(false),
        Some(other) => {
            return Err(refused(
                "InvalidDeployedStateFilterException",
                format!("{other:?} is no filter of the deployed state"),
            ));
        }
    };
    if input.s3_key_prefix.is_some() && input.s3_bucket.is_none() {
        return Err(refused(
            "BucketNameFilterRequiredException",
            "A bucket name is required, but was not provided.",
        ));
    }
    let after = position(input.next_token.as_deref())?;
    // No revision here is in a bucket.
    let anywhere = input.s3_bucket.is_none();
    let is_target = |key: &RevisionKey| targets(codedeploy, id, key).next().is_some();
    let revisions = codedeploy
        .revisions_of(id)
        .filter(|(key, _)| anywhere && deployed.is_none_or(|deployed| is_target(key) == deployed));
    let mut sorted: Vec<(String, Value)> = revisions
        .map(|(key, revision)| {
            let time = time(revision);
            let time = if descending { u64::MAX - time } else { time };
            let order = format!("{time:020} {:?} {}", key.revision_type, key.sha256);
            (order, location(key, None))
        })
        .collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (locations, token) = page(sorted.into_iter(), after.as_deref(), PAGE);
    let mut answer = json!({ "revisions": locations });
    insert(&mut answer, "nextToken", token);
    Ok(answer)
}

/// The names of the deployment groups for which a revision "is the current target revision" (service model).
fn targets<'a>(
    codedeploy: &'a CodeDeploy,
    application_id: &'a str,
    key: &'a RevisionKey,
) -> impl Iterator<Item = &'a str> {
    codedeploy
        .groups_of(application_id)
        .filter(move |(_, group)| group.target_revision.as_ref() == Some(key))
        .map(|(name, _)| name)
}

/// `GenericRevisionInfo`.
fn info(codedeploy: &CodeDeploy, id: &str, key: &RevisionKey, revision: &Revision) -> Value {
    let groups: Vec<&str> = targets(codedeploy, id, key).collect();
    let mut info = json!({
        "deploymentGroups": groups,
        "registerTime": revision.registered.epoch_seconds(),
    });
    insert(&mut info, "description", revision.description.as_deref());
    let first = revision.first_used.map(|time| time.epoch_seconds());
    insert(&mut info, "firstUsedTime", first);
    let last = revision.last_used.map(|time| time.epoch_seconds());
    insert(&mut info, "lastUsedTime", last);
    info
}
