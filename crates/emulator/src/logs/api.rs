//! CloudWatch Logs' API (AWS JSON 1.1), as far as the semantics page lists it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployment::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::LogEvent;
use super::pattern::Pattern;
use crate::ServiceError;
use crate::caller::Caller;
use crate::lambda::Account;
use crate::shared::Shared;

/// The most events of one page, and what it is where nothing is asked for (API reference, FilterLogEvents).
const MAX_EVENTS: usize = 10_000;

/// The most text of one page, in bytes: "all the events found, up to 1 MB".
const MAX_PAGE_BYTES: usize = 1 << 20;

/// Answers one operation.
pub(crate) fn call(
    shared: &Shared,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    match operation {
        "FilterLogEvents" => {
            let input = Deserialize::deserialize(input)
                .map_err(|error: serde_json::Error| invalid(error.to_string()))?;
            filter_log_events(shared, caller, input)
        }
        _ => Err(ServiceError::bad_request(
            "UnknownOperationException",
            format!("the emulator does not serve CloudWatch Logs' {operation:?}"),
        )),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    /// Milliseconds since the Unix epoch; the first that counts.
    start_time: Option<u64>,
    /// The last that counts.
    end_time: Option<u64>,
    filter_pattern: Option<String>,
    limit: Option<usize>,
    next_token: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_from_head: Option<bool>,
}

fn filter_log_events(
    shared: &Shared,
    caller: &Caller,
    input: FilterLogEvents,
) -> Result<Value, ServiceError> {
    for (name, is_given) in [
        ("logGroupIdentifier", input.log_group_identifier.is_some()),
        (
            "logStreamNamePrefix",
            input.log_stream_name_prefix.is_some(),
        ),
        ("startFromHead: false", input.start_from_head == Some(false)),
    ] {
        if is_given {
            return Err(invalid(format!("the emulator does not serve {name}")));
        }
    }
    let name = input
        .log_group_name
        .ok_or_else(|| invalid("logGroupName is required"))?;
    let Account { region, account_id } = &shared.account;
    let arn = format!("arn:aws:logs:{region}:{account_id}:log-group:{name}");
    drop(shared.authorized(caller, "logs:FilterLogEvents", &arn)?);
    let limit = input.limit.unwrap_or(MAX_EVENTS);
    if !(1..=MAX_EVENTS).contains(&limit) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have \
             value between 1 and {MAX_EVENTS}"
        )));
    }
    let pattern = Pattern::read(input.filter_pattern.as_deref().unwrap_or_default())?;
    let after = input.next_token.as_deref().map(position).transpose()?;
    let records = shared.logs.records();
    if !records.groups.contains_key(&name) {
        return Err(ServiceError::bad_request(
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        ));
    }
    let is_in_time = |event: &&LogEvent| {
        let at = event.at.as_millis();
        input.start_time.is_none_or(|start| start <= at)
            && input.end_time.is_none_or(|end| at <= end)
    };
    let is_in_stream = |event: &&LogEvent| {
        let streams = input.log_stream_names.as_ref();
        streams.is_none_or(|names| names.iter().any(|name| **name == *event.stream))
    };
    let mut found: Vec<&LogEvent> = records
        .events(&name)
        .map(|(_, event)| event)
        .filter(|event| after.is_none_or(|after| after < (event.at, event.number)))
        .filter(is_in_time)
        .filter(is_in_stream)
        .filter(|event| pattern.matches(&event.message))
        .collect();
    found.sort_by_key(|event| (event.at, event.number));
    let mut events = Vec::new();
    let mut bytes = 0;
    let (mut last, mut next_token) = (None, None);
    for event in found {
        bytes += event.bytes();
        if events.len() == limit || (bytes > MAX_PAGE_BYTES && !events.is_empty()) {
            next_token = last.map(token);
            break;
        }
        last = Some((event.at, event.number));
        events.push(json!({
            "logStreamName": *event.stream,
            "timestamp": event.at.as_millis(),
            "message": event.message,
            "ingestionTime": event.at.as_millis(),
            "eventId": format!("{:056}", event.number),
        }));
    }
    let mut output = json!({ "events": events, "searchedLogStreams": [] });
    if let (Some(token), Some(members)) = (next_token, output.as_object_mut()) {
        members.insert("nextToken".to_owned(), token.into());
    }
    Ok(output)
}

/// Where a page ends: the time of its last event, and which one of the group that is.
fn token((at, number): (Timestamp, u64)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{number}", at.as_millis()))
}

/// Where the page before ended.
fn position(token: &str) -> Result<(Timestamp, u64), ServiceError> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (at, number) = text.split_once('/')?;
        Some((
            Timestamp::from_millis(at.parse().ok()?),
            number.parse().ok()?,
        ))
    };
    read().ok_or_else(|| invalid("The specified nextToken is invalid."))
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterException", message)
}
