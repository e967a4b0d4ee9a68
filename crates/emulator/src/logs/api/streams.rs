//! Log streams.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Stream;
use super::{
    Call, already_exists, checked_group, checked_limit, checked_stream, group_arn, group_name,
    invalid, nothing, position, violation, with_token,
};
use crate::ServiceError;
use crate::page::page;

/// The most streams of a page (service model).
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneLogStream {
    log_group_name: Option<String>,
    log_stream_name: Option<String>,
}

pub(super) fn create_log_stream(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: OneLogStream = call.input()?;
    let group = checked_group(input.log_group_name)?;
    let name = checked_stream(input.log_stream_name)?;
    let now = call.authorize(&group, None)?;
    let mut records = call.shared.logs.records();
    records.known_group(&group)?;
    let key = (group.into(), name.into());
    if records.streams.contains_key(&key) {
        return Err(already_exists("The specified log stream already exists"));
    }
    records.streams.insert(key, Stream::new(now));
    Ok(nothing())
}

pub(super) fn delete_log_stream(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: OneLogStream = call.input()?;
    let group = checked_group(input.log_group_name)?;
    let name = checked_stream(input.log_stream_name)?;
    call.authorize(&group, Some(&name))?;
    let mut records = call.shared.logs.records();
    records.check_stream(&group, &name)?;
    records.delete_stream(&group, &name);
    Ok(nothing())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeLogStreams {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe_log_streams(call: Call<'_>) -> Result<Value, ServiceError> {
    let input: DescribeLogStreams = call.input()?;
    let account = &call.shared.account;
    let group = group_name(account, input.log_group_name, input.log_group_identifier)?;
    let by_time = match input.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        Some(other) => {
            return Err(violation(
                other,
                "orderBy",
                "Member must satisfy enum value set: [LogStreamName, LastEventTime]",
            ));
        }
    };
    if by_time && input.log_stream_name_prefix.is_some() {
        return Err(invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let prefix = input.log_stream_name_prefix.unwrap_or_default();
    let limit = checked_limit(input.limit, PAGE)?;
    let after = input.next_token.as_deref().map(position).transpose()?;
    call.authorize(&group, None)?;
    let records = call.shared.logs.records();
    records.known_group(&group)?;
    let arn = group_arn(account, &group);
    let mut streams: Vec<(String, Value)> = records
        .streams_of(&group)
        .filter(|(name, _)| name.starts_with(&prefix))
        .map(|(name, stream)| {
            let last = stream.last_event.map_or(0, |at| at.as_millis());
            let place = if by_time {
                format!("{last:020}{name}")
            } else {
                name.to_owned()
            };
            (place, describe(&arn, name, stream))
        })
        .collect();
    streams.sort_by(|(one, _), (other, _)| one.cmp(other));
    if input.descending {
        streams.reverse();
    }
    let rest = streams.into_iter().skip_while(|(place, _)| {
        after.as_ref().is_some_and(|after| {
            if input.descending {
                place >= after
            } else {
                place <= after
            }
        })
    });
    let (streams, next) = page(rest, None, limit);
    Ok(with_token(json!({ "logStreams": streams }), next))
}

/// `storedBytes` of streams is always 0 (API reference).
fn describe(group_arn: &str, name: &str, stream: &Stream) -> Value {
    let mut description = json!({
        "logStreamName": name,
        "creationTime": stream.created.as_millis(),
        "arn": format!("{group_arn}:log-stream:{name}"),
        "storedBytes": 0,
    });
    for (member, at) in [
        ("firstEventTimestamp", stream.first_event),
        ("lastEventTimestamp", stream.last_event),
        ("lastIngestionTime", stream.last_ingestion),
    ] {
        if let Some(at) = at {
            description[member] = at.as_millis().into();
        }
    }
    description
}
