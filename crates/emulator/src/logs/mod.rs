//! CloudWatch Logs: what functions write, and `FilterLogEvents` to read it.

mod api;
mod pattern;
mod stream;

pub(crate) use api::call;
pub(crate) use stream::{Destination, LogStream, Phase};

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployment::Timestamp;

/// How much of a group is kept, counted as CloudWatch Logs counts it. Memory stays bounded however much functions
/// write; AWS keeps what the group's retention says.
const MAX_GROUP_BYTES: usize = 8 << 20;

/// What a log event counts for besides its text (CloudWatch Logs quotas: "26 bytes for each log event").
const EVENT_OVERHEAD: usize = 26;

/// The log groups of the account.
///
/// They have a lock of their own: functions write while the other services are busy.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    groups: Mutex<BTreeMap<String, LogGroup>>,
}

#[derive(Debug, Default)]
struct LogGroup {
    /// In the order in which they arrived.
    events: VecDeque<LogEvent>,
    bytes: usize,
    /// How many events have arrived.
    arrived: u64,
    /// How many streams each function version has had.
    streams: BTreeMap<String, u64>,
}

/// One line of a log.
#[derive(Clone, Debug)]
struct LogEvent {
    at: Timestamp,
    /// Which one of the group it is, counted from 0.
    number: u64,
    stream: Arc<str>,
    message: String,
}

impl LogEvent {
    fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD
    }
}

impl Logs {
    /// Creates a group; nothing happens when it is there.
    pub(crate) fn create_group(&self, name: &str) {
        self.groups().entry(name.to_owned()).or_default();
    }

    /// Which stream of a function version in a group the next one is, counted from 0. Lambda creates the group.
    fn next_stream(&self, group: &str, version: &str) -> u64 {
        let mut groups = self.groups();
        let streams = &mut groups.entry(group.to_owned()).or_default().streams;
        let count = streams.entry(version.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    fn append(&self, group: &str, stream: &Arc<str>, at: Timestamp, message: String) {
        let mut groups = self.groups();
        let group = groups.entry(group.to_owned()).or_default();
        let event = LogEvent {
            at,
            number: group.arrived,
            stream: Arc::clone(stream),
            message,
        };
        group.arrived += 1;
        group.bytes += event.bytes();
        group.events.push_back(event);
        while group.bytes > MAX_GROUP_BYTES {
            let Some(oldest) = group.events.pop_front() else {
                break;
            };
            group.bytes -= oldest.bytes();
        }
    }

    fn groups(&self) -> MutexGuard<'_, BTreeMap<String, LogGroup>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_drops_its_oldest_lines() {
        let logs = Logs::default();
        let stream = Arc::from("stream");
        let line = "x".repeat(1 << 20);
        for number in 0..20 {
            logs.append(
                "group",
                &stream,
                Timestamp::from_millis(number),
                line.clone(),
            );
        }
        let groups = logs.groups();
        let group = &groups["group"];
        let kept: Vec<u64> = group.events.iter().map(|event| event.number).collect();
        assert_eq!(kept, (13..20).collect::<Vec<_>>());
        assert_eq!(group.bytes, 7 * ((1 << 20) + EVENT_OVERHEAD));
    }
}
