//! CloudWatch Logs' API (AWS JSON 1.1), as far as the semantics page lists it.

mod events;
mod filter;
mod groups;
mod streams;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{LogGroup, Records};
use crate::ServiceError;
use crate::caller::Caller;
use crate::lambda::Account;
use crate::shared::Shared;

/// A call of one operation.
#[derive(Clone, Copy)]
struct Call<'a> {
    shared: &'a Shared,
    caller: &'a Caller,
    operation: &'a str,
    input: &'a Value,
}

/// Answers one operation.
pub(crate) fn call(
    shared: &Shared,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let call = Call {
        shared,
        caller,
        operation,
        input,
    };
    match operation {
        "CreateLogGroup" => groups::create_log_group(call),
        "DeleteLogGroup" => groups::delete_log_group(call),
        "DescribeLogGroups" => groups::describe_log_groups(call),
        "PutRetentionPolicy" => groups::put_retention_policy(call),
        "DeleteRetentionPolicy" => groups::delete_retention_policy(call),
        "TagResource" | "TagLogGroup" => groups::tag(call),
        "UntagResource" | "UntagLogGroup" => groups::untag(call),
        "ListTagsForResource" | "ListTagsLogGroup" => groups::list_tags(call),
        "CreateLogStream" => streams::create_log_stream(call),
        "DeleteLogStream" => streams::delete_log_stream(call),
        "DescribeLogStreams" => streams::describe_log_streams(call),
        "PutLogEvents" => events::put_log_events(call),
        "GetLogEvents" => events::get_log_events(call),
        "FilterLogEvents" => filter::filter_log_events(call),
        _ => Err(ServiceError::bad_request(
            "UnknownOperationException",
            format!("the emulator does not serve CloudWatch Logs' {operation:?}"),
        )),
    }
}

impl Call<'_> {
    /// The input as the operation takes it.
    fn input<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        T::deserialize(self.input).map_err(|error| invalid(error.to_string()))
    }

    /// Whether the caller may do it to a log group, or to a stream of it; the simulated time if so.
    fn authorize(
        &self,
        group: &str,
        stream: Option<&str>,
    ) -> Result<deployment::Timestamp, ServiceError> {
        let mut arn = group_arn(&self.shared.account, group);
        match stream {
            Some(stream) => arn.push_str(&format!(":log-stream:{stream}")),
            // That is how AWS names all groups (hashicorp/terraform-provider-aws#8804).
            None if group.is_empty() => arn.push_str(":log-stream:"),
            None => {}
        }
        let action = format!("logs:{}", self.operation);
        let state = self.shared.authorized(self.caller, &action, &arn)?;
        Ok(state.now)
    }
}

impl Records {
    fn known_group(&self, name: &str) -> Result<&LogGroup, ServiceError> {
        self.groups.get(name).ok_or_else(no_group)
    }

    fn known_group_mut(&mut self, name: &str) -> Result<&mut LogGroup, ServiceError> {
        self.groups.get_mut(name).ok_or_else(no_group)
    }

    /// Whether there is that stream in that group.
    fn check_stream(&self, group: &str, stream: &str) -> Result<(), ServiceError> {
        self.known_group(group)?;
        let key = (Arc::from(group), Arc::from(stream));
        if self.streams.contains_key(&key) {
            Ok(())
        } else {
            Err(not_found("The specified log stream does not exist."))
        }
    }
}

fn group_arn(Account { region, account_id }: &Account, name: &str) -> String {
    format!("arn:aws:logs:{region}:{account_id}:log-group:{name}")
}

/// The name of the group that `logGroupName` or `logGroupIdentifier` names; exactly one is given.
fn group_name(
    account: &Account,
    name: Option<String>,
    identifier: Option<String>,
) -> Result<String, ServiceError> {
    match (name, identifier) {
        (Some(_), Some(_)) => Err(invalid(
            "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        )),
        (None, Some(identifier)) => group_of_identifier(account, &identifier),
        (name, None) => checked_group(name),
    }
}

/// The name in an identifier, which is a name or an ARN.
fn group_of_identifier(account: &Account, identifier: &str) -> Result<String, ServiceError> {
    if !identifier.starts_with("arn:") {
        return Ok(identifier.to_owned());
    }
    identifier
        .strip_prefix(&group_arn(account, ""))
        .map(|name| name.strip_suffix(":*").unwrap_or(name).to_owned())
        .ok_or_else(no_group)
}

fn checked_group(name: Option<String>) -> Result<String, ServiceError> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || ".-_/#".contains(letter);
    checked_name(name, "logGroupName", allowed, "[\\.\\-_/#A-Za-z0-9]+")
}

fn checked_stream(name: Option<String>) -> Result<String, ServiceError> {
    let allowed = |letter: char| !":*".contains(letter);
    checked_name(name, "logStreamName", allowed, "[^:*]*")
}

/// A required name of 1 to 512 characters.
fn checked_name(
    name: Option<String>,
    path: &str,
    allowed: impl Fn(char) -> bool,
    pattern: &str,
) -> Result<String, ServiceError> {
    let name = name.ok_or_else(|| missing(path))?;
    let constraint = match name.chars().count() {
        0 => "Member must have length greater than or equal to 1".to_owned(),
        513.. => "Member must have length less than or equal to 512".to_owned(),
        _ if !name.chars().all(allowed) => {
            format!("Member must satisfy regular expression pattern: {pattern}")
        }
        _ => return Ok(name),
    };
    Err(violation(&name, path, &constraint))
}

/// `limit`, which is from 1 to `most` and `most` where it is not given.
fn checked_limit(limit: Option<i64>, most: usize) -> Result<usize, ServiceError> {
    let Some(limit) = limit else { return Ok(most) };
    let constraint = match usize::try_from(limit) {
        Ok(limit) if (1..=most).contains(&limit) => return Ok(limit),
        Ok(1..) => format!("Member must have value less than or equal to {most}"),
        Ok(0) | Err(_) => "Member must have value greater than or equal to 1".to_owned(),
    };
    Err(violation(&limit.to_string(), "limit", &constraint))
}

/// The token of a list's next page, read.
fn position(token: &str) -> Result<String, ServiceError> {
    crate::page::position(token).ok_or_else(invalid_token)
}

/// `output` with the token of the next page, where there is one.
fn with_token(mut output: Value, token: Option<String>) -> Value {
    if let Some(token) = token {
        output["nextToken"] = token.into();
    }
    output
}

fn nothing() -> Value {
    json!({})
}

fn missing(path: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    ))
}

fn violation(value: &str, path: &str, constraint: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
    ))
}

fn invalid_token() -> ServiceError {
    invalid("The specified nextToken is invalid.")
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", message)
}

fn no_group() -> ServiceError {
    not_found("The specified log group does not exist.")
}

fn not_found(message: &str) -> ServiceError {
    ServiceError::bad_request("ResourceNotFoundException", message)
}

fn already_exists(message: &str) -> ServiceError {
    ServiceError::bad_request("ResourceAlreadyExistsException", message)
}
