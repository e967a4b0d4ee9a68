//! Telling CodeDeploy the verdict: the one call that must not fail.

use crate::ports::{CallError, CallErrorKind, PutLifecycleEventHookExecutionStatus};
use crate::retry::{Limits, retry};
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use checks::Verdict;
use std::time::Duration;
use tokio::time::Instant;

/// There is little time and much at stake, so attempts come often.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Of the reserve, which has ten seconds at most.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);

/// What CodeDeploy knows now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The verdict, from this hook.
    Accepted,
    /// `LifecycleEventAlreadyCompletedException`: some verdict, from somebody, or none that it still waits for.
    ///
    /// Lambda delivers an asynchronous invocation at least once, an attempt whose answer was lost may have been
    /// received, and the deployment may have been stopped.
    AlreadyCompleted,
}

/// Reports the verdict, again and again until then where that may help.
///
/// # Errors
///
/// The last failure, when CodeDeploy has not been told.
pub(crate) async fn deliver(
    codedeploy: &impl PutLifecycleEventHookExecutionStatus,
    ids: &CodeDeployLifecycleEvent,
    verdict: Verdict,
    until: Instant,
) -> Result<Delivery, CallError> {
    let limits = Limits {
        until,
        attempt: Some(LONGEST_ATTEMPT),
        wait: LONGEST_WAIT,
    };
    let delivered = retry(
        "codedeploy:PutLifecycleEventHookExecutionStatus",
        limits,
        worth_retrying,
        || {
            codedeploy.put_lifecycle_event_hook_execution_status(
                &ids.deployment_id,
                &ids.lifecycle_event_hook_execution_id,
                verdict,
            )
        },
    )
    .await;
    match delivered {
        Ok(()) => Ok(Delivery::Accepted),
        Err(error) if error.kind == CallErrorKind::AlreadyCompleted => {
            tracing::warn!(%error, "the lifecycle event already has a status");
            Ok(Delivery::AlreadyCompleted)
        }
        Err(error) => Err(error),
    }
}

fn worth_retrying(kind: CallErrorKind) -> bool {
    match kind {
        CallErrorKind::Throttled
        | CallErrorKind::Unavailable
        | CallErrorKind::NotSent
        | CallErrorKind::NoAnswer
        | CallErrorKind::NoSuchHost
        | CallErrorKind::AccessDenied => true,
        CallErrorKind::NotFound
        | CallErrorKind::NotReady
        | CallErrorKind::AlreadyCompleted
        | CallErrorKind::Refused => false,
    }
}
