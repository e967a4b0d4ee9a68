//! CloudWatch Logs: what functions write, and `FilterLogEvents` to read it.

mod api;
mod pattern;
mod stream;

pub(crate) use api::call;
pub(crate) use stream::{Destination, LogStream, Phase};

use std::collections::{BTreeMap, btree_map};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kept::{Collections, Kept};

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
    records: Mutex<Records>,
}

/// What is in the groups, under the lock.
#[derive(Debug, Default)]
pub(crate) struct Records {
    groups: Kept<String, LogGroup>,
    /// By group and the number of the event in it, which is the order in which they arrived.
    events: Kept<(String, u64), LogEvent>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct LogGroup {
    /// Of all events that are there.
    bytes: usize,
    /// How many events have arrived.
    arrived: u64,
    /// How many streams each function version has had.
    streams: BTreeMap<String, u64>,
}

/// One line of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
        self.records().group(name);
    }

    /// Which stream of a function version in a group the next one is, counted from 0. Lambda creates the group.
    fn next_stream(&self, group: &str, version: &str) -> u64 {
        let mut records = self.records();
        let Some(group) = records.group(group) else {
            return 0;
        };
        let count = group.streams.entry(version.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    fn append(&self, name: &str, stream: &Arc<str>, at: Timestamp, message: String) {
        let mut records = self.records();
        let Records { groups, events } = &mut *records;
        let Some(group) = present(groups, name) else {
            return;
        };
        let event = LogEvent {
            at,
            number: group.arrived,
            stream: Arc::clone(stream),
            message,
        };
        group.arrived += 1;
        group.bytes += event.bytes();
        events.insert((name.to_owned(), event.number), event);
        while group.bytes > MAX_GROUP_BYTES {
            let oldest = of_group(events, name).next().map(|(key, _)| key.clone());
            let Some(oldest) = oldest.and_then(|key| events.remove(&key)) else {
                break;
            };
            group.bytes = group.bytes.saturating_sub(oldest.bytes());
        }
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self { groups, events } = self;
        vec![("logs-groups", groups), ("logs-events", events)]
    }

    /// The group, created where it is not there.
    fn group(&mut self, name: &str) -> Option<&mut LogGroup> {
        present(&mut self.groups, name)
    }

    /// The events of a group in the order in which they arrived.
    fn events(&self, group: &str) -> btree_map::Range<'_, (String, u64), LogEvent> {
        of_group(&self.events, group)
    }
}

fn present<'a>(groups: &'a mut Kept<String, LogGroup>, name: &str) -> Option<&'a mut LogGroup> {
    if !groups.contains_key(name) {
        groups.insert(name.to_owned(), LogGroup::default());
    }
    groups.get_mut(name)
}

fn of_group<'a>(
    events: &'a Kept<(String, u64), LogEvent>,
    group: &str,
) -> btree_map::Range<'a, (String, u64), LogEvent> {
    events.range((group.to_owned(), 0)..=(group.to_owned(), u64::MAX))
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
        let records = logs.records();
        let kept: Vec<u64> = records
            .events("group")
            .map(|(_, event)| event.number)
            .collect();
        assert_eq!(kept, (13..20).collect::<Vec<_>>());
        let group = records.groups.get("group").unwrap();
        assert_eq!(group.bytes, 7 * ((1 << 20) + EVENT_OVERHEAD));
    }
}
