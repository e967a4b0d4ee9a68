//! Log groups, their retention and their tags.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{LogGroup, Tags};
use super::{
    Call, already_exists, checked_group, checked_limit, group_arn, group_of_identifier, invalid,
    missing, nothing, position, violation, with_token,
};
use crate::ServiceError;
use crate::page::page;

/// The most groups of a page (service model).
const PAGE: usize = 50;

/// The retentions that there are, in days (API reference, PutRetentionPolicy).
const RETENTIONS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// The most tags of a group (service model).
const TAGS_LIMIT: usize = 50;

/// The class of every group here.
const CLASS: &str = "STANDARD";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateLogGroup {
    log_group_name: Option<String>,
    kms_key_id: Option<String>,
    log_group_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
    #[serde(default)]
    tags: Tags,
}

pub(super) fn create_log_group(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: CreateLogGroup = call.input()?;
    let name = checked_group(input.log_group_name)?;
    for (what, is_asked) in [
        ("kmsKeyId", input.kms_key_id.is_some()),
        (
            "another logGroupClass than STANDARD",
            input
                .log_group_class
                .is_some_and(|name| !name.is_empty() && name != CLASS),
        ),
        (
            "deletionProtectionEnabled",
            input.deletion_protection_enabled == Some(true),
        ),
    ] {
        if is_asked {
            return Err(invalid(format!("the emulator does not serve {what}")));
        }
    }
    check_tags(&input.tags)?;
    let now = call.authorize(&name, None)?;
    let mut records = call.shared.logs.records();
    if records.groups.contains_key(&name) {
        return Err(already_exists("The specified log group already exists"));
    }
    let group = LogGroup {
        tags: input.tags,
        ..LogGroup::new(now)
    };
    records.groups.insert(name, group);
    Ok(nothing())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneLogGroup {
    log_group_name: Option<String>,
    retention_in_days: Option<u32>,
}

pub(super) fn delete_log_group(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: OneLogGroup = call.input()?;
    let name = checked_group(input.log_group_name)?;
    call.authorize(&name, None)?;
    let mut records = call.shared.logs.records();
    records.known_group(&name)?;
    records.delete_group(&name);
    Ok(nothing())
}

/// Retention is kept and shown; nothing expires by it.
pub(super) fn put_retention_policy(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: OneLogGroup = call.input()?;
    let name = checked_group(input.log_group_name)?;
    let days = input
        .retention_in_days
        .ok_or_else(|| missing("retentionInDays"))?;
    if !RETENTIONS.contains(&days) {
        let all = RETENTIONS.map(|days| days.to_string()).join(", ");
        return Err(violation(
            &days.to_string(),
            "retentionInDays",
            &format!("Member must satisfy enum value set: [{all}]"),
        ));
    }
    call.authorize(&name, None)?;
    let mut records = call.shared.logs.records();
    records.known_group_mut(&name)?.retention_in_days = Some(days);
    Ok(nothing())
}

pub(super) fn delete_retention_policy(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: OneLogGroup = call.input()?;
    let name = checked_group(input.log_group_name)?;
    call.authorize(&name, None)?;
    let mut records = call.shared.logs.records();
    records.known_group_mut(&name)?.retention_in_days = None;
    Ok(nothing())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeLogGroups {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_class: Option<String>,
    log_group_identifiers: Option<Vec<String>>,
    include_linked_accounts: Option<bool>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe_log_groups(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: DescribeLogGroups = call.input()?;
    if input.include_linked_accounts == Some(true) {
        return Err(invalid(
            "the emulator does not serve includeLinkedAccounts: there is no other account",
        ));
    }
    let (prefix, pattern) = (input.log_group_name_prefix, input.log_group_name_pattern);
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let limit = checked_limit(input.limit, PAGE)?;
    let after = input.next_token.as_deref().map(position).transpose()?;
    let account = &call.shared.account;
    let names = input
        .log_group_identifiers
        .map(|identifiers| {
            let names = identifiers.iter();
            names
                .map(|identifier| group_of_identifier(account, identifier))
                .collect::<Result<Vec<_>, _>>()
        })
        .transpose()?;
    call.authorize("", None)?;
    let records = call.shared.logs.records();
    let is_wanted = |name: &str| {
        prefix
            .as_ref()
            .is_none_or(|prefix| name.starts_with(prefix))
            && pattern.as_ref().is_none_or(|part| name.contains(part))
            && names
                .as_ref()
                .is_none_or(|names| names.iter().any(|wanted| wanted == name))
            && input
                .log_group_class
                .as_ref()
                .is_none_or(|class| class == CLASS)
    };
    let groups = records
        .groups
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, group)| {
            let arn = group_arn(account, name);
            let mut description = json!({
                "logGroupName": name,
                "creationTime": group.created.as_millis(),
                "metricFilterCount": 0,
                "arn": format!("{arn}:*"),
                "storedBytes": group.bytes,
                "logGroupClass": CLASS,
                "logGroupArn": arn,
            });
            if let Some(days) = group.retention_in_days {
                description["retentionInDays"] = days.into();
            }
            (name, description)
        });
    let (groups, next) = page(groups, after.as_deref(), limit);
    Ok(with_token(json!({ "logGroups": groups }), next))
}

/// The inputs of the operations on tags, of those for any resource and of the older ones for groups.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagInput {
    resource_arn: Option<String>,
    log_group_name: Option<String>,
    tags: Option<Value>,
    tag_keys: Option<Vec<String>>,
}

impl TagInput {
    /// The group; of all that can be tagged there are only groups here.
    fn group(&self, call: Call<'_>) -> Result<String, ServiceError> {
        let name = if call.operation.ends_with("LogGroup") {
            checked_group(self.log_group_name.clone())?
        } else {
            let arn = self.resource_arn.as_deref();
            let arn = arn.ok_or_else(|| missing("resourceArn"))?;
            group_of_identifier(&call.shared.account, arn)?
        };
        call.authorize(&name, None)?;
        Ok(name)
    }
}

pub(super) fn tag(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: TagInput = call.input()?;
    let name = input.group(call)?;
    let new = input.tags.ok_or_else(|| missing("tags"))?;
    let new: Tags = serde_json::from_value(new).map_err(|error| invalid(error.to_string()))?;
    check_tags(&new)?;
    let mut records = call.shared.logs.records();
    let group = records.known_group_mut(&name)?;
    let mut tags = group.tags.clone();
    tags.extend(new);
    if tags.len() > TAGS_LIMIT {
        return Err(ServiceError::bad_request(
            "TooManyTagsException",
            format!("A resource can have no more than {TAGS_LIMIT} tags."),
        ));
    }
    group.tags = tags;
    Ok(nothing())
}

pub(super) fn untag(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: TagInput = call.input()?;
    let name = input.group(call)?;
    let keys: Vec<String> = match (call.operation, input.tags, input.tag_keys) {
        ("UntagLogGroup", Some(keys), _) => {
            serde_json::from_value(keys).map_err(|error| invalid(error.to_string()))?
        }
        ("UntagResource", _, Some(keys)) => keys,
        _ => return Err(missing("tagKeys")),
    };
    let mut records = call.shared.logs.records();
    let group = records.known_group_mut(&name)?;
    group.tags.retain(|key, _| !keys.contains(key));
    Ok(nothing())
}

pub(super) fn list_tags(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: TagInput = call.input()?;
    let name = input.group(call)?;
    let records = call.shared.logs.records();
    Ok(json!({ "tags": records.known_group(&name)?.tags }))
}

fn check_tags(tags: &Tags) -> Result<(), ServiceError> {
    crate::tags::check_keys(tags.keys()).map_err(invalid)?;
    if tags.len() > TAGS_LIMIT {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length \
             less than or equal to {TAGS_LIMIT}"
        )));
    }
    for (key, value) in tags {
        if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
            return Err(invalid(format!(
                "The tag {key:?} is too long, or has no key."
            )));
        }
    }
    Ok(())
}
