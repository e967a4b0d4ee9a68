//! CodeDeploy's API (AWS JSON 1.1), as far as the semantics page lists it.

use std::sync::Arc;

use deployment::{Deployment, DeploymentId, Timestamp};
use serde_json::{Map, Value, json};

use super::Run;
use super::drive::change;
use crate::ServiceError;
use crate::caller::Caller;
use crate::lambda::Account;
use crate::shared::{Shared, State};

/// At most 25 targets in one call (API reference, BatchGetDeploymentTargets).
const MAX_TARGETS: usize = 25;

/// Answers one operation.
pub(crate) fn call(
    shared: &Arc<Shared>,
    caller: &Caller,
    operation: &str,
    input: &Value,
) -> Result<Value, ServiceError> {
    let resource = resource(&shared.state(), &shared.account, operation, input);
    let mut state = shared.authorized(caller, &format!("codedeploy:{operation}"), &resource)?;
    match operation {
        "GetDeployment" => Ok(json!({ "deploymentInfo": deployment_info(run(&state, input)?) })),
        "GetApplicationRevision" => get_application_revision(&state, input),
        "ListDeploymentTargets" => {
            let deployment = started(&state, input)?;
            Ok(json!({ "targetIds": [deployment.target_id()] }))
        }
        "GetDeploymentTarget" => {
            let deployment = started(&state, input)?;
            check_target(
                deployment,
                required(input, "targetId", "DeploymentTargetIdRequiredException")?,
            )?;
            Ok(json!({ "deploymentTarget": target(shared, deployment) }))
        }
        "BatchGetDeploymentTargets" => {
            let deployment = started(&state, input)?;
            let ids = input
                .get("targetIds")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            if ids.is_empty() {
                return Err(missing("DeploymentTargetIdRequiredException", "targetIds"));
            }
            if ids.len() > MAX_TARGETS {
                let message = format!(
                    "at most {MAX_TARGETS} target ids are allowed, but there are {}",
                    ids.len()
                );
                return Err(ServiceError::bad_request(
                    "DeploymentTargetListSizeExceededException",
                    message,
                ));
            }
            for id in ids {
                check_target(deployment, id.as_str().unwrap_or_default())?;
            }
            Ok(json!({ "deploymentTargets": [target(shared, deployment)] }))
        }
        "PutLifecycleEventHookExecutionStatus" => put_status(shared, &mut state, input),
        "StopDeployment" => stop_deployment(shared, &mut state, input),
        _ => Err(ServiceError::bad_request(
            "UnknownOperationException",
            format!("the emulator does not serve CodeDeploy's {operation:?}"),
        )),
    }
}

/// The ARN of what an operation is about, as the Service Authorization Reference has it: a deployment group or an
/// application. Of a deployment that is not there it is any.
fn resource(state: &State, account: &Account, operation: &str, input: &Value) -> String {
    let Account { region, account_id } = account;
    let prefix = format!("arn:aws:codedeploy:{region}:{account_id}");
    if operation == "GetApplicationRevision" {
        let application = text(input, "applicationName").unwrap_or("*");
        return format!("{prefix}:application:{application}");
    }
    let run = text(input, "deploymentId").and_then(|id| state.codedeploy.deployments.get(id));
    match run.map(|run| run.deployment.spec()) {
        Some(spec) => format!(
            "{prefix}:deploymentgroup:{}/{}",
            spec.application, spec.deployment_group
        ),
        None => "*".to_owned(),
    }
}

fn put_status(
    shared: &Arc<Shared>,
    state: &mut State,
    input: &Value,
) -> Result<Value, ServiceError> {
    let id = known_id(state, input)?;
    let execution_id = text(input, "lifecycleEventHookExecutionId").unwrap_or_default();
    let status = text(input, "status").unwrap_or_default();
    let now = state.now;
    // Recorded first, so that the timeline shows the report before what it leads to; taken back if it is refused.
    let entries = state.timeline.len();
    state.record(crate::Happening::HookReported {
        deployment_id: id.clone(),
        status: status.to_owned(),
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
            Err(ServiceError::bad_request(
                error.exception(),
                error.to_string(),
            ))
        }
    }
}

fn stop_deployment(
    shared: &Arc<Shared>,
    state: &mut State,
    input: &Value,
) -> Result<Value, ServiceError> {
    let id = known_id(state, input)?;
    let auto_rollback = input
        .get("autoRollbackEnabled")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let now = state.now;
    match change(shared, state, &id, |deployment| {
        deployment.stop(now, auto_rollback)
    }) {
        Ok(Some(status)) => Ok(json!({
            "status": status.as_str(),
            "statusMessage": "No more commands will be scheduled for execution in the deployment instances",
        })),
        Ok(None) => Err(does_not_exist(&id)),
        Err(error) => Err(ServiceError::bad_request(
            error.exception(),
            error.to_string(),
        )),
    }
}

fn get_application_revision(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let application = required(input, "applicationName", "ApplicationNameRequiredException")?;
    if !state
        .codedeploy
        .groups
        .keys()
        .any(|(known, _)| known == application)
    {
        let message = format!("No application found for name: {application}");
        return Err(ServiceError::bad_request(
            "ApplicationDoesNotExistException",
            message,
        ));
    }
    let revision = input
        .get("revision")
        .ok_or_else(|| missing("RevisionRequiredException", "revision"))?;
    let sha256 = ["string", "appSpecContent"]
        .iter()
        .find_map(|kind| revision.get(kind)?.get("sha256")?.as_str())
        .ok_or_else(|| {
            ServiceError::bad_request("InvalidRevisionException", "the revision has no sha256")
        })?;
    let run = state
        .codedeploy
        .deployments
        .values()
        .find(|run| {
            run.deployment.spec().application == application && run.revision.sha256() == sha256
        })
        .ok_or_else(|| {
            ServiceError::bad_request(
                "RevisionDoesNotExistException",
                "the revision does not exist",
            )
        })?;
    Ok(json!({
        "applicationName": application,
        "revision": run.revision.location(true),
        "revisionInfo": { "deploymentGroups": [run.deployment.spec().deployment_group] },
    }))
}

fn deployment_info(run: &Run) -> Value {
    let deployment = &run.deployment;
    let spec = deployment.spec();
    let events: Vec<&str> = spec
        .auto_rollback
        .iter()
        .map(|event| event.as_str())
        .collect();
    let mut info = json!({
        "applicationName": spec.application,
        "deploymentGroupName": spec.deployment_group,
        "deploymentConfigName": spec.config.name(),
        "deploymentId": deployment.id().as_str(),
        "revision": run.revision.location(false),
        "status": deployment.status().as_str(),
        "createTime": deployment.create_time().epoch_seconds(),
        "creator": spec.creator.as_str(),
        "ignoreApplicationStopFailures": false,
        "autoRollbackConfiguration": { "enabled": !events.is_empty(), "events": events },
        "updateOutdatedInstancesOnly": false,
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        "instanceTerminationWaitTimeStarted": false,
        "computePlatform": "Lambda",
    });
    if let Some(members) = info.as_object_mut() {
        insert_time(members, "startTime", deployment.start_time());
        insert_time(members, "completeTime", deployment.complete_time());
        if let Some(error) = deployment.error_information() {
            let error = json!({ "code": error.code.as_str(), "message": error.message });
            members.insert("errorInformation".to_owned(), error);
        }
        if let Some(overview) = deployment.overview() {
            let overview = json!({
                "Pending": overview.pending, "InProgress": overview.in_progress, "Succeeded": overview.succeeded,
                "Failed": overview.failed, "Skipped": overview.skipped, "Ready": overview.ready,
            });
            members.insert("deploymentOverview".to_owned(), overview);
        }
        if let Some(rollback) = deployment.rollback_info() {
            let mut info = Map::new();
            insert_id(
                &mut info,
                "rollbackDeploymentId",
                rollback.rollback_deployment_id.as_ref(),
            );
            insert_id(
                &mut info,
                "rollbackTriggeringDeploymentId",
                rollback.rollback_triggering_deployment_id.as_ref(),
            );
            info.insert(
                "rollbackMessage".to_owned(),
                json!(rollback.rollback_message),
            );
            members.insert("rollbackInfo".to_owned(), Value::Object(info));
        }
    }
    info
}

fn target(shared: &Shared, deployment: &Deployment) -> Value {
    let spec = deployment.spec();
    let events: Vec<Value> = deployment
        .lifecycle_events()
        .iter()
        .map(|event| {
            let mut entry = json!({ "lifecycleEventName": event.name.as_str(), "status": event.status.as_str() });
            if let Some(members) = entry.as_object_mut() {
                insert_time(members, "startTime", event.start_time);
                insert_time(members, "endTime", event.end_time);
            }
            entry
        })
        .collect();
    json!({
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": deployment.id().as_str(),
            "targetId": deployment.target_id(),
            "targetArn": shared.account.function_arn(&spec.function, Some(&spec.alias)),
            "status": deployment.target_status().as_str(),
            "lastUpdatedAt": deployment.last_updated_at().epoch_seconds(),
            "lifecycleEvents": events,
            "lambdaFunctionInfo": {
                "functionName": spec.function,
                "functionAlias": spec.alias,
                "currentVersion": spec.current_version,
                "targetVersion": spec.target_version,
                "targetVersionWeight": deployment.weight().fraction(),
            },
        },
    })
}

fn insert_time(members: &mut Map<String, Value>, name: &str, time: Option<Timestamp>) {
    if let Some(time) = time {
        members.insert(name.to_owned(), json!(time.epoch_seconds()));
    }
}

fn insert_id(members: &mut Map<String, Value>, name: &str, id: Option<&DeploymentId>) {
    if let Some(id) = id {
        members.insert(name.to_owned(), json!(id.as_str()));
    }
}

/// The deployment that a call names, once it has begun.
fn started<'a>(state: &'a State, input: &Value) -> Result<&'a Deployment, ServiceError> {
    let deployment = &run(state, input)?.deployment;
    if deployment.start_time().is_none() {
        let message = format!("The deployment {} has not started", deployment.id());
        return Err(ServiceError::bad_request(
            "DeploymentNotStartedException",
            message,
        ));
    }
    Ok(deployment)
}

fn run<'a>(state: &'a State, input: &Value) -> Result<&'a Run, ServiceError> {
    let id = known_id(state, input)?;
    state
        .codedeploy
        .deployments
        .get(&id)
        .ok_or_else(|| does_not_exist(&id))
}

fn known_id(state: &State, input: &Value) -> Result<String, ServiceError> {
    let id = required(input, "deploymentId", "DeploymentIdRequiredException")?;
    id.parse::<DeploymentId>().map_err(|error| {
        ServiceError::bad_request("InvalidDeploymentIdException", error.to_string())
    })?;
    if state.codedeploy.deployments.contains_key(id) {
        Ok(id.to_owned())
    } else {
        Err(does_not_exist(id))
    }
}

fn does_not_exist(id: &str) -> ServiceError {
    ServiceError::bad_request(
        "DeploymentDoesNotExistException",
        format!("The deployment {id} could not be found"),
    )
}

fn check_target(deployment: &Deployment, id: &str) -> Result<(), ServiceError> {
    if id == deployment.target_id() {
        return Ok(());
    }
    let message = format!("The deployment {} has no target {id:?}", deployment.id());
    Err(ServiceError::bad_request(
        "DeploymentTargetDoesNotExistException",
        message,
    ))
}

fn required<'a>(
    input: &'a Value,
    name: &str,
    exception: &'static str,
) -> Result<&'a str, ServiceError> {
    text(input, name)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| missing(exception, name))
}

fn missing(exception: &'static str, name: &str) -> ServiceError {
    ServiceError::bad_request(exception, format!("{name} is required"))
}

fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}
