#![doc = include_str!("../README.md")]

mod alias;
mod app_spec;
mod aws;
mod budget;
mod client;
mod config;
mod delivery;
mod discovery;
mod gate;
mod invoke;
mod lifecycle_event;
mod log_level;
mod log_line;
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
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the watch will read them, and the PostTraffic hook"
    )
)]
mod shift_counts;
mod spare;
mod target;
mod test_events;
mod watchdog;

pub use app_spec::{AppSpec, AppSpecError, AppSpecHook, YamlError};
pub use client::{Client, Invocation};
pub use lambda_runtime::Error;
pub use lifecycle_event::LifecycleEvent;
#[doc(hidden)]
pub use payload::read_payload;
pub use ports::{Alias, CallError, CallErrorKind};
pub use reason::cause_text;
pub use reproduce::shell_word;
pub use serve::serve;
pub use test_events::{BundledError, Document, REGISTRY, bundled_events, schema, shared_events};
