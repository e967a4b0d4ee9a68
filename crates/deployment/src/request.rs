//! The two API operations that act on a running deployment and are answered at once.

use crate::action::Action;
use crate::error::ErrorInformation;
use crate::id::HookExecutionId;
use crate::lifecycle::LifecycleEventStatus;
use crate::machine::{Call, Deployment, Phase};
use crate::spec::AutoRollbackEvent;
use crate::status::DeploymentStatus;
use crate::time::Timestamp;

/// Why `PutLifecycleEventHookExecutionStatus` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutStatusError {
    /// The status is neither `Succeeded` nor `Failed`.
    #[error("the result of the lifecycle event hook is invalid, it should be Succeeded or Failed")]
    InvalidLifecycleEventHookExecutionStatus,
    /// No hook of this deployment has received this id.
    #[error("a lifecycle event hook is invalid, review the hooks section in your AppSpec file")]
    InvalidLifecycleEventHookExecutionId,
    /// The event has ended: reported before, past its hour, or the deployment is over.
    #[error("an attempt to return the status of an already completed lifecycle event occurred")]
    LifecycleEventAlreadyCompleted,
}

impl PutStatusError {
    /// The name of the exception.
    pub fn exception(self) -> &'static str {
        match self {
            Self::InvalidLifecycleEventHookExecutionStatus => {
                "InvalidLifecycleEventHookExecutionStatusException"
            }
            Self::InvalidLifecycleEventHookExecutionId => {
                "InvalidLifecycleEventHookExecutionIdException"
            }
            Self::LifecycleEventAlreadyCompleted => "LifecycleEventAlreadyCompletedException",
        }
    }
}

/// `StopDeployment` came too late: `DeploymentAlreadyCompletedException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deployment is already complete")]
pub struct DeploymentAlreadyCompleted;

impl DeploymentAlreadyCompleted {
    /// The name of the exception.
    pub fn exception(self) -> &'static str {
        "DeploymentAlreadyCompletedException"
    }
}

/// The `status` that `StopDeployment` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopStatus {
    /// The deployment stops as soon as the alias update that is out is answered.
    Pending,
    /// The deployment is stopped.
    Succeeded,
}

impl StopStatus {
    /// The status as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Succeeded => "Succeeded",
        }
    }
}

impl Deployment {
    /// `PutLifecycleEventHookExecutionStatus`: a hook reports `status`; answers the id that the response repeats.
    ///
    /// # Errors
    /// [`PutStatusError`]; then nothing has changed.
    pub fn put_lifecycle_event_hook_execution_status(
        &mut self,
        now: Timestamp,
        execution_id: &str,
        status: &str,
    ) -> Result<(HookExecutionId, Vec<Action>), PutStatusError> {
        let succeeded = if status == LifecycleEventStatus::Succeeded.as_str() {
            true
        } else if status == LifecycleEventStatus::Failed.as_str() {
            false
        } else {
            return Err(PutStatusError::InvalidLifecycleEventHookExecutionStatus);
        };
        let received = self
            .handed_out
            .iter()
            .find(|id| id.as_str() == execution_id)
            .cloned();
        let id = received.ok_or(PutStatusError::InvalidLifecycleEventHookExecutionId)?;
        let event = match &self.phase {
            // A hook past its hour is too late even where the tick that ends it is late as well.
            Phase::Hook(run) if run.execution_id == id && !run.expired(now) => run.event,
            _ => return Err(PutStatusError::LifecycleEventAlreadyCompleted),
        };
        let mut actions = Vec::new();
        if succeeded {
            self.complete(event, now);
        } else {
            actions = self.fail(ErrorInformation::hook_execution_failure(), now);
        }
        actions.extend(self.advance(now));
        Ok((id, actions))
    }

    /// `StopDeployment`; `auto_rollback_enabled` is the request's `autoRollbackEnabled`.
    ///
    /// It rolls back when either the request or the deployment's own configuration asks for it.
    /// Another call for a deployment that was stopped on request answers `Succeeded` again.
    ///
    /// # Errors
    /// [`DeploymentAlreadyCompleted`] when the deployment has ended in another way; then nothing has changed.
    pub fn stop(
        &mut self,
        now: Timestamp,
        auto_rollback_enabled: bool,
    ) -> Result<(StopStatus, Vec<Action>), DeploymentAlreadyCompleted> {
        match self.status {
            DeploymentStatus::Created | DeploymentStatus::InProgress => {}
            DeploymentStatus::Stopped if self.error == Some(ErrorInformation::manual_stop()) => {
                return Ok((StopStatus::Succeeded, Vec::new()));
            }
            DeploymentStatus::Succeeded | DeploymentStatus::Failed | DeploymentStatus::Stopped => {
                return Err(DeploymentAlreadyCompleted);
            }
        }
        let rollback = auto_rollback_enabled
            || self
                .spec
                .auto_rollback
                .contains(&AutoRollbackEvent::DeploymentStopOnRequest);
        if let Some(Call::UpdateAlias(_)) = self.in_flight {
            // A rollback must not race with the update, so the stop waits for it.
            self.stop_pending = Some(rollback || self.stop_pending.unwrap_or(false));
            return Ok((StopStatus::Pending, Vec::new()));
        }
        Ok((StopStatus::Succeeded, self.stop_now(rollback, now)))
    }
}
