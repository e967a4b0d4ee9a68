//! What the machine asks for, and what it is told.

use std::collections::BTreeMap;

use crate::alias::AliasRouting;
use crate::id::HookExecutionId;
use crate::lifecycle::LifecycleEventName;

/// Something for the service to do; every call is made with the rights of the service role.
///
/// At most one call for alarms or alias is out at any time, and each must be answered by its [`Input`]:
/// until then nothing else that is due happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Read the states of these alarms, and answer with [`Input::AlarmsPolled`].
    PollAlarms {
        /// The names in the deployment group's order.
        names: Vec<String>,
    },
    /// Read the alias of the deployment, and answer with [`Input::AliasRead`].
    ReadAlias,
    /// Write the alias of the deployment, and answer with [`Input::AliasUpdated`].
    UpdateAlias(AliasRouting),
    /// Invoke a hook as `InvocationType: Event` does, without waiting for its result.
    ///
    /// Answer with [`Input::HookInvoked`], and when the function has ended with [`Input::HookEnded`].
    /// The hook may report its status at any time from here on.
    InvokeHook {
        /// Name or ARN of the hook's function.
        function: String,
        /// The event that the hook serves; it is not part of the payload.
        event: LifecycleEventName,
        /// `LifecycleEventHookExecutionId`, the same in every attempt.
        execution_id: HookExecutionId,
        /// 1 for CodeDeploy's own invocation, 2 and 3 for Lambda's retries.
        attempt: u8,
    },
    /// Create the rollback with [`Deployment::rollback_of`](crate::Deployment::rollback_of), at once.
    StartRollback,
}

/// Something that the service tells the machine; an answer to a call that is not out is ignored.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Time has come to [`Deployment::next_due`](crate::Deployment::next_due), or passed it.
    TimePassed,
    /// The answer to [`Action::PollAlarms`], by name; a name that is missing counts as a failed poll.
    AlarmsPolled(Result<BTreeMap<String, AlarmState>, CallError>),
    /// The answer to [`Action::ReadAlias`].
    AliasRead(Result<AliasRouting, CallError>),
    /// The answer to [`Action::UpdateAlias`].
    AliasUpdated(Result<(), CallError>),
    /// Lambda accepted or refused the first attempt of [`Action::InvokeHook`].
    HookInvoked {
        /// Which hook.
        execution_id: HookExecutionId,
        /// An acceptance changes nothing.
        result: Result<(), CallError>,
    },
    /// An attempt of a hook has ended, whether or not it has reported.
    HookEnded {
        /// Which hook.
        execution_id: HookExecutionId,
        /// Which attempt.
        attempt: u8,
        /// How.
        outcome: HookOutcome,
    },
}

/// The state of a CloudWatch alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    /// `OK`.
    Ok,
    /// `ALARM`, the only state that stops a deployment.
    Alarm,
    /// `INSUFFICIENT_DATA`.
    InsufficientData,
}

/// How a hook's invocation ended; CodeDeploy sees none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookOutcome {
    /// The function returned; what it returned is of no interest.
    Returned,
    /// The function threw, crashed or timed out, so Lambda retries it.
    FunctionError,
}

/// Why a call to AWS failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The service role may not make it.
    #[error("access denied")]
    AccessDenied,
    /// The function, version, alias or alarm does not exist.
    #[error("not found")]
    NotFound,
    /// Too many requests.
    #[error("too many requests")]
    Throttled,
    /// Anything else, in words without a full stop.
    #[error("{0}")]
    Other(String),
}
