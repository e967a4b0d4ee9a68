#![doc = include_str!("../README.md")]

mod calendar;
mod caller;
mod clock;
pub mod cloudwatch;
mod codedeploy;
mod durable;
mod emulator;
mod error;
mod execution;
mod hash;
mod identity;
mod kept;
mod lambda;
mod logs;
mod page;
mod panics;
mod permissions;
mod reaper;
mod schedules;
mod schemas;
mod server;
mod shared;
mod stack;
mod sts;
mod tags;
pub mod template;
#[cfg(test)]
mod testing;
mod timeline;

pub use deployment::{Timestamp, TrafficStep};
pub use durable::{DataDir, DataDirError};
pub use emulator::{Beginning, DeploymentState, Emulator, NotResumed, NotStarted};
pub use error::ServiceError;
pub use execution::{
    CodeError, CodeStore, Completion, Program, check_runtime_interface_client,
    has_runtime_interface_client,
};
pub use lambda::{Account, Alias, Call};
pub use reaper::{Reaper, reap};
pub use shared::Invoked;
pub use stack::{AliasChange, Code, StackError, check, traffic_steps};
pub use timeline::{Happening, TimelineEntry};
