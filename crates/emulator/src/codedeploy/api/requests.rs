//! What acts on a running deployment: reports of hooks, stopping, and what Lambda deployments cannot do.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::drive::change;
use super::deployments::{does_not_exist, find, known_id};
use super::input::{read, refused};
use crate::ServiceError;
use crate::shared::{Shared, State};
use crate::timeline::Happening;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutStatus {
    deployment_id: Option<String>,
    #[serde(default)]
    lifecycle_event_hook_execution_id: String,
    #[serde(default)]
    status: String,
}

/// `PutLifecycleEventHookExecutionStatus`.
pub(super) fn put_status(
    shared: &Arc<Shared>,
    state: &mut State,
    input: &Value,
) -> Result<Value, ServiceError> {
    let input: PutStatus = read(input)?;
    let id = known_id(&state.codedeploy, input.deployment_id)?;
    let (execution_id, status) = (&input.lifecycle_event_hook_execution_id, &input.status);
    let now = state.now;
    // Recorded first, so that the timeline shows the report before what it leads to; taken back if it is refused.
    let entries = state.timeline.len();
    state.record(Happening::HookReported {
        deployment_id: id.clone(),
        status: status.clone(),
    });
    let answer = change(shared, state, &id, |deployment| {
        deployment.put_lifecycle_event_hook_execution_status(now, execution_id, status)
    });
    match answer {
        Ok(Some(execution_id)) => {
            Ok(json!({ "lifecycleEventHookExecutionId": execution_id.as_str() }))
        }
        Ok(None) => Err(does_not_exist(&id)),
        Err(error) => {
            state.timeline.truncate(entries);
            Err(refused(error.exception(), error.to_string()))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopDeployment {
    deployment_id: Option<String>,
    #[serde(default)]
    auto_rollback_enabled: bool,
}

pub(super) fn stop(
    shared: &Arc<Shared>,
    state: &mut State,
    input: &Value,
) -> Result<Value, ServiceError> {
    let input: StopDeployment = read(input)?;
    let id = known_id(&state.codedeploy, input.deployment_id)?;
    let now = state.now;
    match change(shared, state, &id, |deployment| {
        deployment.stop(now, input.auto_rollback_enabled)
    }) {
        Ok(Some(status)) => Ok(json!({
            "status": status.as_str(),
            "statusMessage": "No more commands will be scheduled for execution in the deployment instances",
        })),
        Ok(None) => Err(does_not_exist(&id)),
        Err(error) => Err(refused(error.exception(), error.to_string())),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContinueDeployment {
    deployment_wait_type: Option<String>,
}

/// Nothing of a Lambda deployment waits to be continued.
pub(super) fn continue_deployment(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let waiting: ContinueDeployment = read(input)?;
    let run = find(&state.codedeploy, input)?;
    if let Some(other) = waiting
        .deployment_wait_type
        .filter(|name| !matches!(name.as_str(), "READY_WAIT" | "TERMINATION_WAIT"))
    {
        return Err(refused(
            "InvalidDeploymentWaitTypeException",
            format!("The wait type is invalid: {other}"),
        ));
    }
    not_on_lambda(run.deployment.status().is_terminal())
}

/// Nothing of a Lambda deployment is terminated.
pub(super) fn skip_wait_time(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let run = find(&state.codedeploy, input)?;
    not_on_lambda(run.deployment.status().is_terminal())
}

fn not_on_lambda(has_ended: bool) -> Result<Value, ServiceError> {
    if has_ended {
        return Err(refused(
            "DeploymentAlreadyCompletedException",
            "The deployment is already complete",
        ));
    }
    Err(refused(
        "UnsupportedActionForDeploymentTypeException",
        "A call was submitted that is not supported for the specified deployment type.",
    ))
}
