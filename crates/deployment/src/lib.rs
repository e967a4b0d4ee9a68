#![doc = include_str!("../README.md")]

mod action;
mod alias;
mod config;
mod error;
mod hook;
mod id;
mod lifecycle;
mod machine;
mod read;
mod request;
mod rollback;
mod spec;
mod status;
mod time;
mod weight;

pub use action::{Action, AlarmState, CallError, HookOutcome, Input};
pub use alias::AliasRouting;
pub use config::{ConfigError, DeploymentConfig, TrafficRouting};
pub use error::{ErrorCode, ErrorInformation};
pub use hook::{HOOK_CALLBACK_LIMIT, HOOK_RETRY_DELAYS};
pub use id::{DeploymentId, HookExecutionId, InvalidDeploymentId};
pub use lifecycle::{LifecycleEvent, LifecycleEventName, LifecycleEventStatus};
pub use machine::{ALARM_POLL_PERIOD, Deployment, START_DELAY};
pub use read::{DeploymentOverview, TargetStatus};
pub use request::{DeploymentAlreadyCompleted, PutStatusError, StopStatus};
pub use rollback::RollbackInfo;
pub use spec::{AutoRollbackEvent, Creator, DeploymentSpec};
pub use status::DeploymentStatus;
pub use time::Timestamp;
pub use weight::{TrafficStep, Weight};
