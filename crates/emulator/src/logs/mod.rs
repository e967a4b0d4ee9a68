//! CloudWatch Logs: what functions and clients write, and the API to read it.

mod api;
mod pattern;
mod stream;

pub(crate) use api::call;
pub(crate) use stream::{Destination, LogStream, Phase};

use std::cmp::Ordering;
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

/// What a group that has become too large gives up at once, beside what is too much: finding its oldest event takes longer
/// than dropping it.
const SPARE_BYTES: usize = MAX_GROUP_BYTES / 128;

/// Names and values.
type Tags = BTreeMap<String, String>;

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
    /// By group and name.
    streams: Kept<(Arc<str>, Arc<str>), Stream>,
    /// By group and the number of the event in it, which is the order in which they arrived.
    events: Kept<(GroupName, u64), LogEvent>,
}

/// A group's name, as the key of each of its events, which is why two that are one text are not read to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct GroupName(Arc<str>);

impl Ord for GroupName {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            Ordering::Equal
        } else {
            self.0.cmp(&other.0)
        }
    }
}

impl PartialOrd for GroupName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct LogGroup {
    created: Timestamp,
    retention_in_days: Option<u32>,
    tags: Tags,
    /// Of all events that are there.
    bytes: usize,
    /// How many events have arrived.
    arrived: u64,
    /// How many streams each function version has had.
    streams: BTreeMap<String, u64>,
}

/// What is known of a stream besides its events.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stream {
    created: Timestamp,
    first_event: Option<Timestamp>,
    last_event: Option<Timestamp>,
    last_ingestion: Option<Timestamp>,
}

/// One line of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LogEvent {
    at: Timestamp,
    /// When it arrived.
    ingested: Timestamp,
    /// Which one of the group it is, counted from 0.
    number: u64,
    stream: Arc<str>,
    message: String,
}

impl LogGroup {
    fn new(created: Timestamp) -> Self {
        Self {
            created,
            retention_in_days: None,
            tags: Tags::new(),
            bytes: 0,
            arrived: 0,
            streams: BTreeMap::new(),
        }
    }
}

impl Stream {
    fn new(created: Timestamp) -> Self {
        Self {
            created,
            first_event: None,
            last_event: None,
            last_ingestion: None,
        }
    }
}

impl LogEvent {
    fn bytes(&self) -> usize {
        self.message.len() + EVENT_OVERHEAD
    }
}

impl Logs {
    /// Creates a group; nothing happens when it is there.
    pub(crate) fn create_group(&self, name: &str, now: Timestamp) {
        present(&mut self.records().groups, name, now);
    }

    /// Which stream of a function version in a group the next one is, counted from 0. Lambda creates the group.
    fn next_stream(&self, group: &str, version: &str, now: Timestamp) -> u64 {
        let mut records = self.records();
        let Some(group) = present(&mut records.groups, group, now) else {
            return 0;
        };
        let count = group.streams.entry(version.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    fn append(
        &self,
        group: &Arc<str>,
        stream: &Arc<str>,
        at: Timestamp,
        messages: impl IntoIterator<Item = String>,
    ) {
        self.records().append(
            group,
            stream,
            at,
            messages.into_iter().map(|message| (at, message)),
        );
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            groups,
            streams,
            events,
        } = self;
        vec![
            ("logs-groups", groups),
            ("logs-streams", streams),
            ("logs-events", events),
        ]
    }

    /// Adds events, each with its time; the group and the stream are created where they are not there.
    fn append(
        &mut self,
        name: &Arc<str>,
        stream: &Arc<str>,
        ingested: Timestamp,
        messages: impl Iterator<Item = (Timestamp, String)>,
    ) {
        let Self {
            groups,
            streams,
            events,
        } = self;
        let Some(group) = present(groups, name, ingested) else {
            return;
        };
        let key = (Arc::clone(name), Arc::clone(stream));
        let record = streams.get_or_insert_with(key, || Stream::new(ingested));
        let name = GroupName(Arc::clone(name));
        for (at, message) in messages {
            record.last_ingestion = Some(ingested);
            record.first_event = Some(record.first_event.map_or(at, |first| first.min(at)));
            record.last_event = record.last_event.max(Some(at));
            let event = LogEvent {
                at,
                ingested,
                number: group.arrived,
                stream: Arc::clone(stream),
                message,
            };
            group.arrived += 1;
            group.bytes += event.bytes();
            events.insert((name.clone(), event.number), event);
        }
        if group.bytes > MAX_GROUP_BYTES {
            let mut excess = group.bytes - (MAX_GROUP_BYTES - SPARE_BYTES);
            let oldest = of_group(events, &name).take_while(|(_, event)| {
                let is_too_much = excess > 0;
                excess = excess.saturating_sub(event.bytes());
                is_too_much
            });
            let oldest: Vec<(GroupName, u64)> = oldest.map(|(key, _)| key.clone()).collect();
            for key in &oldest {
                let removed = events.remove(key).map_or(0, |event| event.bytes());
                group.bytes = group.bytes.saturating_sub(removed);
            }
        }
    }

    /// Deletes a group with its streams and events.
    fn delete_group(&mut self, name: &str) {
        let numbers: Vec<(GroupName, u64)> =
            self.events(name).map(|(key, _)| key.clone()).collect();
        for key in &numbers {
            self.events.remove(key);
        }
        let streams: Vec<(Arc<str>, Arc<str>)> = self
            .streams_of(name)
            .map(|(stream, _)| (name.into(), stream.into()))
            .collect();
        for key in &streams {
            self.streams.remove(key);
        }
        self.groups.remove(name);
    }

    /// Deletes a stream with its events.
    fn delete_stream(&mut self, group: &str, stream: &str) {
        let of_stream = self
            .events(group)
            .filter(|(_, event)| *event.stream == *stream);
        let keys: Vec<(GroupName, u64)> = of_stream.map(|(key, _)| key.clone()).collect();
        for key in &keys {
            let removed = self.events.remove(key);
            if let (Some(event), Some(group)) = (removed, self.groups.get_mut(group)) {
                group.bytes = group.bytes.saturating_sub(event.bytes());
            }
        }
        self.streams.remove(&(Arc::from(group), Arc::from(stream)));
    }

    /// The streams of a group, by name.
    fn streams_of(&self, group: &str) -> impl Iterator<Item = (&str, &Stream)> {
        self.streams
            .range((Arc::from(group), Arc::from(""))..)
            .take_while(move |((known, _), _)| **known == *group)
            .map(|((_, name), stream)| (&**name, stream))
    }

    /// The events of a group in the order in which they arrived.
    fn events(&self, group: &str) -> btree_map::Range<'_, (GroupName, u64), LogEvent> {
        of_group(&self.events, &GroupName(group.into()))
    }
}

/// The group, created where it is not there.
fn present<'a>(
    groups: &'a mut Kept<String, LogGroup>,
    name: &str,
    now: Timestamp,
) -> Option<&'a mut LogGroup> {
    if !groups.contains_key(name) {
        groups.insert(name.to_owned(), LogGroup::new(now));
    }
    groups.get_mut(name)
}

fn of_group<'a>(
    events: &'a Kept<(GroupName, u64), LogEvent>,
    group: &GroupName,
) -> btree_map::Range<'a, (GroupName, u64), LogEvent> {
    events.range((group.clone(), 0)..=(group.clone(), u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_drops_its_oldest_lines() {
        let logs = Logs::default();
        for (group, lines, line_bytes) in [("a", 20, 1 << 20), ("b", 20_000, 1_000)] {
            let line = "x".repeat(line_bytes);
            let event_bytes = line_bytes + EVENT_OVERHEAD;
            for number in 0..lines {
                let at = Timestamp::from_millis(number);
                // A name of its own for each: what is one text is one group.
                logs.append(&group.into(), &"stream".into(), at, [line.clone()]);
                let bytes = logs.records().groups.get(group).unwrap().bytes;
                let most =
                    MAX_GROUP_BYTES.min((usize::try_from(number).unwrap() + 1) * event_bytes);
                assert!(bytes <= most, "{group}, {number}: {bytes}");
                let least = most.saturating_sub(SPARE_BYTES + event_bytes);
                assert!(bytes > least, "{group}, {number}: {bytes}");
            }
            let records = logs.records();
            let kept: Vec<u64> = records
                .events(group)
                .map(|(_, event)| event.number)
                .collect();
            let bytes = records.groups.get(group).unwrap().bytes;
            assert_eq!(kept.len() * event_bytes, bytes, "{group}");
            let first = lines - u64::try_from(kept.len()).unwrap();
            assert_eq!(kept, (first..lines).collect::<Vec<_>>(), "{group}");
        }
        assert_eq!(logs.records().events("a").count(), 7, "untouched by b");
    }
}
