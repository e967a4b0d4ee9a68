//! CodeDeploy's API (AWS JSON 1.1): each operation of the service model, as far as the semantics page lists it.

mod access;
mod applications;
mod checks;
mod configs;
mod deployments;
mod groups;
mod input;
mod requests;
mod revisions;
mod tags;
mod targets;

use std::sync::Arc;

use serde_json::Value;

use crate::ServiceError;
use crate::caller::Caller;
use crate::shared::{Shared, State};

/// Answers one operation.
pub(crate) fn call(
    shared: &Arc<Shared>,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let account = &shared.account;
    let resources = access::resources(&shared.state().codedeploy, account, operation, input);
    let action = format!("codedeploy:{operation}");
    let first = resources.first().map_or("*", String::as_str);
    let mut state = shared.authorized(caller, &action, first)?;
    for resource in resources.iter().skip(1) {
        state.authorize(caller, &action, resource)?;
    }
    // "You need the UpdateDeploymentGroup IAM permission" for it (service model, CreateDeploymentInput).
    if operation == "CreateDeployment" && input.get("overrideAlarmConfiguration").is_some() {
        state.authorize(caller, "codedeploy:UpdateDeploymentGroup", first)?;
    }
    let state: &mut State = &mut state;
    match operation {
        "BatchGetApplicationRevisions" => revisions::batch_get(state, input),
        "BatchGetApplications" => applications::batch_get(state, input),
        "BatchGetDeploymentGroups" => groups::batch_get(state, input),
        "BatchGetDeploymentInstances" => targets::batch_get_instances(state, input),
        "BatchGetDeploymentTargets" => targets::batch_get(state, account, input),
        "BatchGetDeployments" => deployments::batch_get(state, input),
        "ContinueDeployment" => requests::continue_deployment(state, input),
        "CreateApplication" => applications::create(state, input),
        "CreateDeployment" => deployments::create(state, input),
        "CreateDeploymentConfig" => configs::create(state, input),
        "CreateDeploymentGroup" => groups::create(state, input),
        "DeleteApplication" => applications::delete(state, input),
        "DeleteDeploymentConfig" => configs::delete(state, input),
        "DeleteDeploymentGroup" => groups::delete(state, input),
        "GetApplication" => applications::get(state, input),
        "GetApplicationRevision" => revisions::get(state, input),
        "GetDeployment" => deployments::get(state, input),
        "GetDeploymentConfig" => configs::get(state, input),
        "GetDeploymentGroup" => groups::get(state, input),
        "GetDeploymentInstance" => targets::get_instance(state, input),
        "GetDeploymentTarget" => targets::get(state, account, input),
        "ListApplicationRevisions" => revisions::list(state, input),
        "ListApplications" => applications::list(state, input),
        "ListDeploymentConfigs" => configs::list(state, input),
        "ListDeploymentGroups" => groups::list(state, input),
        "ListDeploymentInstances" => targets::list_instances(state, input),
        "ListDeploymentTargets" => targets::list(state, input),
        "ListDeployments" => deployments::list(state, input),
        "ListTagsForResource" => tags::list(state, account, input),
        "PutLifecycleEventHookExecutionStatus" => requests::put_status(shared, state, input),
        "RegisterApplicationRevision" => revisions::register(state, input),
        "SkipWaitTimeForInstanceTermination" => requests::skip_wait_time(state, input),
        "StopDeployment" => requests::stop(shared, state, input),
        "TagResource" => tags::tag(state, account, input),
        "UntagResource" => tags::untag(state, account, input),
        "UpdateApplication" => applications::update(state, input),
        "UpdateDeploymentGroup" => groups::update(state, input),
        _ => Err(ServiceError::bad_request(
            "UnknownOperationException",
            format!("the emulator does not serve CodeDeploy's {operation:?}"),
        )),
    }
}
