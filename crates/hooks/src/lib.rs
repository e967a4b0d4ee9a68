#![doc = include_str!("../README.md")]

mod alias;
mod app_spec;
mod aws;
mod budget;
mod canary;
mod client;
mod config;
mod delivery;
mod discovery;
mod durations;
mod figures;
mod gate;
mod invoke;
mod lifecycle_event;
mod log_level;
mod log_line;
mod log_tail;
mod memory;
mod payload;
mod ports;
mod reads;
mod reason;
mod remembered;
mod reproduce;
mod retry;
mod serve;
mod settle;
mod shift_counts;
mod spare;
mod target;
mod test_events;
mod time;
mod watch;
mod watchdog;

pub use app_spec::{AppSpec, AppSpecError, AppSpecHook, YamlError};
pub use aws::http_client;
pub use client::{Client, Invocation};
pub use lambda_runtime::Error;
pub use lifecycle_event::LifecycleEvent;
pub use log_line::METRIC_NAMESPACE;
#[doc(hidden)]
pub use payload::read_payload;
pub use ports::{Alias, CallError, CallErrorKind};
pub use reason::cause_text;
pub use reproduce::shell_word;
pub use serve::{serve, serve_watch};
pub use test_events::{BundledError, Document, REGISTRY, bundled_events, schema, shared_events};
pub use watch::{
    CountedMinute, CountedVersion, EVIDENCE_METRIC, WATCH_ALIASES, WATCH_APPLICATION, WatchAnswer,
    WatchedAlias, WatchedShift,
};
