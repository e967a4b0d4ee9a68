//! `PutLogEvents` and `GetLogEvents`.

use std::sync::Arc;
use std::time::Duration;

use deployment::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{EVENT_OVERHEAD, LogEvent};
use super::{
    Call, checked_group, checked_limit, checked_stream, group_name, invalid, invalid_token,
    missing, violation,
};
use crate::ServiceError;

/// The most events of one page, and what it is where nothing is asked for (API reference).
pub(super) const MAX_EVENTS: usize = 10_000;

/// The most text of one page, in bytes: "all the events found, up to 1 MB".
const MAX_PAGE_BYTES: usize = 1 << 20;

/// The largest batch, and the largest event with what it counts for, in bytes (API reference, PutLogEvents).
const MAX_BATCH_BYTES: usize = 1_048_576;

/// The longest time between the first and the last event of a batch (same).
const MAX_SPAN: Duration = Duration::from_secs(24 * 3600);

/// How far back an event may lie, and how far ahead (same).
const OLDEST: Duration = Duration::from_secs(14 * 24 * 3600);
const AHEAD: Duration = Duration::from_secs(2 * 3600);

/// As many of the events, from the first on, as one page holds; the first always.
pub(super) fn fitting<'a>(
    events: impl Iterator<Item = &'a LogEvent>,
    limit: usize,
) -> Vec<&'a LogEvent> {
    let mut bytes = 0;
    let mut page = Vec::new();
    for event in events.take(limit) {
        bytes += event.bytes();
        if bytes > MAX_PAGE_BYTES && !page.is_empty() {
            break;
        }
        page.push(event);
    }
    page
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutLogEvents {
    log_group_name: Option<String>,
    log_stream_name: Option<String>,
    log_events: Option<Vec<InputLogEvent>>,
}

#[derive(Deserialize)]
struct InputLogEvent {
    /// Milliseconds since the Unix epoch.
    timestamp: u64,
    message: String,
}

/// Sequence tokens are ignored, as AWS does; events that are too old or too new are left out and told of.
pub(super) fn put_log_events(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: PutLogEvents = call.input()?;
    let group = checked_group(input.log_group_name)?;
    let stream = checked_stream(input.log_stream_name)?;
    let events = input.log_events.ok_or_else(|| missing("logEvents"))?;
    check_batch(&events)?;
    let now = call.authorize(&group, Some(&stream))?;
    let mut records = call.shared.logs.records();
    records.check_stream(&group, &stream)?;
    let too_old = events
        .iter()
        .take_while(|event| now.since(Timestamp::from_millis(event.timestamp)) > OLDEST)
        .count();
    let too_new = events
        .iter()
        .take_while(|event| Timestamp::from_millis(event.timestamp).since(now) <= AHEAD)
        .count();
    let count = events.len();
    let name: Arc<str> = stream.into();
    let accepted = events.into_iter().take(too_new).skip(too_old);
    let accepted = accepted
        .map(|InputLogEvent { timestamp, message }| (Timestamp::from_millis(timestamp), message));
    records.append(&Arc::from(group.as_str()), &name, now, accepted);
    let arrived = records.known_group(&group)?.arrived;
    let mut output = json!({ "nextSequenceToken": format!("{arrived:056}") });
    if too_old > 0 {
        output["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] = too_old.into();
    }
    if too_new < count {
        output["rejectedLogEventsInfo"]["tooNewLogEventStartIndex"] = too_new.into();
    }
    Ok(output)
}

fn check_batch(events: &[InputLogEvent]) -> Result<(), ServiceError> {
    if !(1..=MAX_EVENTS).contains(&events.len()) {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length \
             between 1 and {MAX_EVENTS}"
        )));
    }
    if let Some(index) = events.iter().position(|event| event.message.is_empty()) {
        return Err(violation(
            "",
            &format!("logEvents.{}.member.message", index + 1),
            "Member must have length greater than or equal to 1",
        ));
    }
    let bytes: usize = events
        .iter()
        .map(|event| event.message.len() + EVENT_OVERHEAD)
        .sum();
    if bytes > MAX_BATCH_BYTES {
        return Err(invalid(format!(
            "Upload too large: {bytes} bytes exceeds limit of {MAX_BATCH_BYTES}"
        )));
    }
    let times = || events.iter().map(|event| event.timestamp);
    if !times().is_sorted() {
        return Err(invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    let (first, last) = (times().next(), times().next_back());
    let span = last.unwrap_or_default() - first.unwrap_or_default();
    if Duration::from_millis(span) > MAX_SPAN {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: Option<String>,
    /// Milliseconds since the Unix epoch; the first that counts.
    start_time: Option<u64>,
    /// The first that does not count any more.
    end_time: Option<u64>,
    limit: Option<i64>,
    next_token: Option<String>,
    #[serde(default)]
    start_from_head: bool,
}

/// A place between two events of a stream, and which way to go from it: the event that comes right after it has at
/// least this time and this number in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    forward: bool,
    key: (Timestamp, u64),
}

pub(super) fn get_log_events(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: GetLogEvents = call.input()?;
    let account = &call.shared.account;
    let group = group_name(account, input.log_group_name, input.log_group_identifier)?;
    let stream = checked_stream(input.log_stream_name)?;
    let limit = checked_limit(input.limit, MAX_EVENTS)?;
    let from = input.next_token.as_deref().map(Place::read).transpose()?;
    let forward = from.map_or(input.start_from_head, |place| place.forward);
    call.authorize(&group, Some(&stream))?;
    let records = call.shared.logs.records();
    records.check_stream(&group, &stream)?;
    let is_wanted = |event: &LogEvent| {
        let at = event.at.as_millis();
        let key = (event.at, event.number);
        *event.stream == *stream
            && input.start_time.is_none_or(|start| start <= at)
            && input.end_time.is_none_or(|end| at < end)
            && from.is_none_or(|place| (key >= place.key) == place.forward)
    };
    let mut found: Vec<&LogEvent> = records
        .events(&group)
        .map(|(_, event)| event)
        .filter(|event| is_wanted(event))
        .collect();
    found.sort_by_key(|event| (event.at, event.number));
    let page = if forward {
        fitting(found.into_iter(), limit)
    } else {
        let mut page = fitting(found.into_iter().rev(), limit);
        page.reverse();
        page
    };
    // Where there is nothing, both tokens lead to where the page began, so that the one that was given comes back.
    let nowhere = from.map_or((Timestamp::default(), 0), |place| place.key);
    let before = page
        .first()
        .map_or(nowhere, |event| (event.at, event.number));
    let after = page
        .last()
        .map_or(nowhere, |event| (event.at, event.number + 1));
    let place = |forward, key| Place { forward, key }.write();
    let events: Vec<Value> = page
        .iter()
        .map(|event| {
            json!({
                "timestamp": event.at.as_millis(),
                "message": event.message,
                "ingestionTime": event.ingested.as_millis(),
            })
        })
        .collect();
    Ok(json!({
        "events": events,
        "nextForwardToken": place(true, after),
        "nextBackwardToken": place(false, before),
    }))
}

impl Place {
    /// `f/` or `b/` and 56 digits, as AWS's tokens look.
    fn write(self) -> String {
        let direction = if self.forward { 'f' } else { 'b' };
        let (at, number) = self.key;
        format!("{direction}/{:028}{number:028}", at.as_millis())
    }

    fn read(token: &str) -> Result<Self, ServiceError> {
        let read = || {
            let (direction, digits) = token.split_once('/')?;
            let (at, number) = digits.split_at_checked(28)?;
            Some(Self {
                forward: match direction {
                    "f" => true,
                    "b" => false,
                    _ => return None,
                },
                key: (
                    Timestamp::from_millis(at.parse().ok()?),
                    number.parse().ok()?,
                ),
            })
        };
        read().ok_or_else(invalid_token)
    }
}
