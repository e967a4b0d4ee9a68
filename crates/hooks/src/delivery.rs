//! Telling CodeDeploy the verdict: the one call that must not fail.

use crate::budget::Budget;
use crate::ports::{CallError, CallErrorKind, PutLifecycleEventHookExecutionStatus};
use crate::retry::{Limits, retry};
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use checks::Verdict;

/// Reports the verdict, again and again within the reserve where that may help.
///
/// That CodeDeploy already has a status for this lifecycle event is success: Lambda delivers an asynchronous
/// invocation at least once, and an attempt whose answer was lost may have been received.
///
/// # Errors
///
/// The last failure, when CodeDeploy has not been told.
pub(crate) async fn deliver(
    codedeploy: &impl PutLifecycleEventHookExecutionStatus,
    ids: &CodeDeployLifecycleEvent,
    verdict: Verdict,
    budget: &Budget,
) -> Result<(), CallError> {
    let limits = Limits {
        attempts: u32::MAX,
        until: budget.report_by(),
        attempt_timeout: budget.reserve() / 2,
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
        Err(error) if error.kind == CallErrorKind::AlreadyCompleted => {
            tracing::warn!(%error, "the lifecycle event already has a status");
            Ok(())
        }
        delivered => delivered,
    }
}

fn worth_retrying(kind: CallErrorKind) -> bool {
    match kind {
        CallErrorKind::Throttled
        | CallErrorKind::Unavailable
        | CallErrorKind::NoAnswer
        | CallErrorKind::NoSuchHost
        | CallErrorKind::AccessDenied => true,
        CallErrorKind::NotFound
        | CallErrorKind::NotReady
        | CallErrorKind::AlreadyCompleted
        | CallErrorKind::Refused => false,
    }
}
