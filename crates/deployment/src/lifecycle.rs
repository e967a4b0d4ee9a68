//! The three lifecycle events that the API shows for a Lambda deployment.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The name of a lifecycle event; `Start` and `End` exist only in diagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LifecycleEventName {
    /// Before any traffic reaches the target version; SAM's `PreTraffic` hook runs in it.
    BeforeAllowTraffic,
    /// While traffic shifts; it has no hook.
    AllowTraffic,
    /// After all traffic has shifted; SAM's `PostTraffic` hook runs in it.
    AfterAllowTraffic,
}

impl LifecycleEventName {
    /// The name as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AllowTraffic => "AllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }
}

impl fmt::Display for LifecycleEventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a lifecycle event is; AWS's `Unknown` does not occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LifecycleEventStatus {
    /// Not begun.
    Pending,
    /// Running.
    InProgress,
    /// Ended well.
    Succeeded,
    /// The deployment ended in it.
    Failed,
    /// The deployment ended before it.
    Skipped,
}

impl LifecycleEventStatus {
    /// The status as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
        }
    }
}

/// One entry of `lambdaTarget.lifecycleEvents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleEvent {
    /// `lifecycleEventName`.
    pub name: LifecycleEventName,
    /// `status`.
    pub status: LifecycleEventStatus,
    /// `startTime`; none for an event that never began.
    pub start_time: Option<Timestamp>,
    /// `endTime`; none while it has not ended, and for a skipped one.
    pub end_time: Option<Timestamp>,
}

/// The three events in their order, all listed from the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Lifecycle([LifecycleEvent; 3]);

impl Lifecycle {
    pub(crate) fn pending() -> Self {
        Self(
            [
                LifecycleEventName::BeforeAllowTraffic,
                LifecycleEventName::AllowTraffic,
                LifecycleEventName::AfterAllowTraffic,
            ]
            .map(|name| LifecycleEvent {
                name,
                status: LifecycleEventStatus::Pending,
                start_time: None,
                end_time: None,
            }),
        )
    }

    pub(crate) fn events(&self) -> &[LifecycleEvent; 3] {
        &self.0
    }

    pub(crate) fn start(&mut self, name: LifecycleEventName, now: Timestamp) {
        for event in self.0.iter_mut().filter(|event| event.name == name) {
            event.status = LifecycleEventStatus::InProgress;
            event.start_time = Some(now);
        }
    }

    pub(crate) fn succeed(&mut self, name: LifecycleEventName, now: Timestamp) {
        for event in self.0.iter_mut().filter(|event| event.name == name) {
            event.status = LifecycleEventStatus::Succeeded;
            event.end_time = Some(now);
        }
    }

    /// The first event that has not succeeded fails, the ones after it are skipped.
    pub(crate) fn fail(&mut self, now: Timestamp) {
        let unfinished = self
            .0
            .iter_mut()
            .filter(|event| event.status != LifecycleEventStatus::Succeeded);
        for (position, event) in unfinished.enumerate() {
            if position == 0 {
                event.status = LifecycleEventStatus::Failed;
                event.end_time = Some(now);
            } else {
                event.status = LifecycleEventStatus::Skipped;
            }
        }
    }
}
