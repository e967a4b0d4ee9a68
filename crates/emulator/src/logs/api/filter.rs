//! `FilterLogEvents`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployment::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::LogEvent;
use super::super::pattern::Pattern;
use super::events::{MAX_EVENTS, fitting};
use super::{Call, checked_limit, group_name, invalid, invalid_token, with_token};
use crate::ServiceError;

/// 2024-01-01T00:00:00Z: `startFromHead: false` needs a `startTime` from then on (API reference).
const BACKWARDS_FROM: u64 = 1_704_067_200_000;

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
    limit: Option<i64>,
    next_token: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_from_head: Option<bool>,
}

/// Where a page ended: the time of its last event and its number in the group, and whether the newest come first.
#[derive(Clone, Copy)]
struct Position {
    backwards: bool,
    at: Timestamp,
    number: u64,
}

pub(super) fn filter_log_events(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: FilterLogEvents = call.input()?;
    let account = &call.shared.account;
    let group = group_name(account, input.log_group_name, input.log_group_identifier)?;
    if input.log_stream_names.is_some() && input.log_stream_name_prefix.is_some() {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.",
        ));
    }
    let limit = checked_limit(input.limit, MAX_EVENTS)?;
    let pattern = Pattern::read(input.filter_pattern.as_deref().unwrap_or_default())?;
    let after = input.next_token.as_deref().map(position).transpose()?;
    let backwards = match after {
        Some(after) => after.backwards,
        None => input.start_from_head == Some(false),
    };
    if backwards && input.start_time.is_none_or(|start| start < BACKWARDS_FROM) {
        return Err(invalid(
            "startFromHead can be false only when startTime is on or after 2024-01-01T00:00:00Z.",
        ));
    }
    call.authorize(&group, None)?;
    let records = call.shared.logs.records();
    records.known_group(&group)?;
    let is_in_time = |event: &LogEvent| {
        let at = event.at.as_millis();
        input.start_time.is_none_or(|start| start <= at)
            && input.end_time.is_none_or(|end| at <= end)
    };
    let is_in_stream = |event: &LogEvent| {
        let prefix = input.log_stream_name_prefix.as_ref();
        let names = input.log_stream_names.as_ref();
        prefix.is_none_or(|prefix| event.stream.starts_with(prefix))
            && names.is_none_or(|names| names.iter().any(|name| **name == *event.stream))
    };
    let is_left = |event: &LogEvent| {
        let key = (event.at, event.number);
        after.is_none_or(|Position { at, number, .. }| {
            if backwards {
                key < (at, number)
            } else {
                key > (at, number)
            }
        })
    };
    let mut found: Vec<&LogEvent> = records
        .events(&group)
        .map(|(_, event)| event)
        .filter(|event| is_left(event) && is_in_time(event) && is_in_stream(event))
        .filter(|event| pattern.matches(&event.message))
        .collect();
    found.sort_by_key(|event| (event.at, event.number));
    if backwards {
        found.reverse();
    }
    let page = fitting(found.iter().copied(), limit);
    let next = page
        .last()
        .filter(|_| page.len() < found.len())
        .map(|last| token(backwards, last));
    let events: Vec<Value> = page
        .into_iter()
        .map(|event| {
            json!({
                "logStreamName": *event.stream,
                "timestamp": event.at.as_millis(),
                "message": event.message,
                "ingestionTime": event.ingested.as_millis(),
                "eventId": format!("{:056}", event.number),
            })
        })
        .collect();
    let output = json!({ "events": events, "searchedLogStreams": [] });
    Ok(with_token(output, next))
}

fn token(backwards: bool, last: &LogEvent) -> String {
    let direction = if backwards { 'b' } else { 'f' };
    let (at, number) = (last.at.as_millis(), last.number);
    URL_SAFE_NO_PAD.encode(format!("{direction}/{at}/{number}"))
}

fn position(token: &str) -> Result<Position, ServiceError> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (direction, rest) = text.split_once('/')?;
        let (at, number) = rest.split_once('/')?;
        Some(Position {
            backwards: direction == "b",
            at: Timestamp::from_millis(at.parse().ok()?),
            number: number.parse().ok()?,
        })
    };
    read().ok_or_else(invalid_token)
}
