//! EventBridge's scheduled event, of which the watch takes the time.
//!
//! It is the only clock of a run, so a run that Lambda delivers late, or a second time, says the same as it would have.

use crate::time;
use serde::Deserialize;

/// Why the event is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    #[error(
        "this is no event of EventBridge: {0}; the watch is invoked by a rule with a schedule, such as rate(1 minute)"
    )]
    NotAnEvent(serde_json::Error),
    #[error(
        "the event has no `time`; the watch is invoked by a rule with a schedule and without an input of its own"
    )]
    NoTime,
    #[error("the event's `time` is `{0}`, which is not a time such as 2026-01-01T00:01:00Z")]
    Time(String),
}

/// A member of the event that the watch needs ("Events from Amazon EventBridge", EventBridge User Guide).
#[derive(Deserialize)]
struct ScheduledEvent {
    time: Option<serde_json::Value>,
}

/// When the run was due, in seconds since 1970.
pub(super) fn time(payload: &str) -> Result<i64, EventError> {
    let event: ScheduledEvent = serde_json::from_str(payload).map_err(EventError::NotAnEvent)?;
    let time = event.time.ok_or(EventError::NoTime)?;
    let read = time.as_str().and_then(time::parse);
    read.filter(|time| *time >= 0).ok_or_else(|| {
        EventError::Time(
            time.as_str()
                .map_or_else(|| time.to_string(), str::to_owned),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_error(payload: &str, expected: &str) {
        let text = time(payload).unwrap_err().to_string();
        assert!(text.contains(expected), "{payload}: {text}");
    }

    #[test]
    fn the_time_is_that_of_the_event() {
        let rows = [
            (r#"{"time":"2026-01-01T00:01:00Z"}"#, 1_767_225_660),
            (
                r#"{"time":"2026-01-01T00:01:59.9Z","detail":{}}"#,
                1_767_225_719,
            ),
            (r#"{"time":"2026-01-01T01:01:00+01:00"}"#, 1_767_225_660),
        ];
        for (payload, expected) in rows {
            assert_eq!(time(payload).unwrap(), expected, "{payload}");
        }
    }

    #[test]
    fn an_event_without_a_time_says_what_is_wrong() {
        check_error("", "no event of EventBridge");
        check_error("[]", "no event of EventBridge");
        check_error("7", "no event of EventBridge");
        check_error("{}", "no `time`");
        check_error(r#"{"time":null}"#, "no `time`");
        check_error(r#"{"time":7}"#, "`7`, which is not a time");
        check_error(r#"{"time":"now"}"#, "`now`, which is not a time");
        check_error(r#"{"time":"2026-13-01T00:00:00Z"}"#, "which is not a time");
        check_error(r#"{"time":"1969-12-31T23:59:59Z"}"#, "which is not a time");
    }
}
