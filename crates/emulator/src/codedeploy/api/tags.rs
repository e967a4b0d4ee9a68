//! Tags of applications and deployment groups.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::CodeDeploy;
use super::applications::find as find_application;
use super::groups::find as find_group;
use super::input::{PAGE, Tag, add_tags, insert, position, read, refused};
use crate::ServiceError;
use crate::lambda::Account;
use crate::page::page;
use crate::shared::State;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    resource_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn tag(
    state: &mut State,
    account: &Account,
    input: &Value,
) -> Result<Value, ServiceError> {
    let input: TagResource = read(input)?;
    let tagged = Tagged::of(&state.codedeploy, account, input.resource_arn)?;
    if input.tags.is_empty() {
        return Err(no_tags());
    }
    let tags = tagged.tags(&mut state.codedeploy)?;
    *tags = add_tags(tags.clone(), input.tags)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UntagResource {
    resource_arn: Option<String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

pub(super) fn untag(
    state: &mut State,
    account: &Account,
    input: &Value,
) -> Result<Value, ServiceError> {
    let input: UntagResource = read(input)?;
    let tagged = Tagged::of(&state.codedeploy, account, input.resource_arn)?;
    if input.tag_keys.is_empty() {
        return Err(no_tags());
    }
    let tags = tagged.tags(&mut state.codedeploy)?;
    tags.retain(|key, _| !input.tag_keys.contains(key));
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTagsForResource {
    resource_arn: Option<String>,
    next_token: Option<String>,
}

pub(super) fn list(state: &State, account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let input: ListTagsForResource = read(input)?;
    let codedeploy = &state.codedeploy;
    let tags = match Tagged::of(codedeploy, account, input.resource_arn)? {
        Tagged::Application(name) => &find_application(codedeploy, &name)?.tags,
        Tagged::Group { id, name } => &find_group(codedeploy, &id, &name)?.tags,
    };
    let after = position(input.next_token.as_deref())?;
    let tags = tags
        .iter()
        .map(|(key, value)| (key, json!({ "Key": key, "Value": value })));
    let (tags, token) = page(tags, after.as_deref(), PAGE);
    let mut answer = json!({ "Tags": tags });
    insert(&mut answer, "NextToken", token);
    Ok(answer)
}

fn no_tags() -> ServiceError {
    refused("TagRequiredException", "A tag was not specified.")
}

/// What an ARN names, which is there.
enum Tagged {
    Application(String),
    Group { id: String, name: String },
}

impl Tagged {
    fn of(
        codedeploy: &CodeDeploy,
        account: &Account,
        arn: Option<String>,
    ) -> Result<Self, ServiceError> {
        let arn = arn.filter(|arn| !arn.is_empty()).ok_or_else(|| {
            refused(
                "ResourceArnRequiredException",
                "The ARN of a resource is required, but was not found.",
            )
        })?;
        let parts: Vec<&str> = arn.splitn(7, ':').collect();
        let ["arn", _, "codedeploy", region, account_id, kind, name] = parts.as_slice() else {
            return Err(refused(
                "InvalidArnException",
                format!("The specified ARN is not in a valid format: {arn}"),
            ));
        };
        let Account {
            region: own_region,
            account_id: own_account,
        } = account;
        if region != own_region || account_id != own_account {
            return Err(refused(
                "InvalidArnException",
                format!("The specified ARN is not one of {own_account} in {own_region}: {arn}"),
            ));
        }
        match *kind {
            "application" => {
                find_application(codedeploy, name)?;
                Ok(Self::Application((*name).to_owned()))
            }
            "deploymentgroup" => {
                let (application, group) = name.split_once('/').unwrap_or((name, ""));
                let id = find_application(codedeploy, application)?.id.clone();
                find_group(codedeploy, &id, group)?;
                Ok(Self::Group {
                    id,
                    name: group.to_owned(),
                })
            }
            _ => Err(refused(
                "ArnNotSupportedException",
                format!("Only applications and deployment groups have tags: {arn}"),
            )),
        }
    }

    fn tags(
        self,
        codedeploy: &mut CodeDeploy,
    ) -> Result<&mut BTreeMap<String, String>, ServiceError> {
        use super::super::create::{no_application, no_group};
        match self {
            Self::Application(name) => match codedeploy.records.applications.get_mut(&name) {
                Some(application) => Ok(&mut application.tags),
                None => Err(no_application(&name)),
            },
            Self::Group { id, name } => match codedeploy.group_mut(&id, &name) {
                Some(group) => Ok(&mut group.tags),
                None => Err(no_group(&name)),
            },
        }
    }
}
