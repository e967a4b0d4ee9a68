//! The one target of a Lambda deployment, under its name of today and as the "instance" that it was before.

use std::collections::BTreeMap;

use deployment::Deployment;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::CodeDeploy;
use super::super::records::Run;
use super::deployments::{find, times};
use super::input::{batch, position, read, refused};
use crate::ServiceError;
use crate::lambda::Account;
use crate::shared::State;

/// At most 25 in one call (service model, BatchGetDeploymentTargets and BatchGetDeploymentInstances).
const MAX_TARGETS: usize = 25;

/// `TargetStatus`, and `InstanceStatus`, of the service model.
const STATUSES: [&str; 7] = [
    "Pending",
    "InProgress",
    "Succeeded",
    "Failed",
    "Skipped",
    "Unknown",
    "Ready",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListDeploymentTargets {
    next_token: Option<String>,
    #[serde(default)]
    target_filters: BTreeMap<String, Vec<String>>,
}

pub(super) fn list(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let run = started(&state.codedeploy, input)?;
    let input: ListDeploymentTargets = read(input)?;
    let mut matches = true;
    for (name, values) in &input.target_filters {
        matches &= match name.as_str() {
            "TargetStatus" => has_status(&run.deployment, values)?,
            "ServerInstanceLabel" => has_label(values)?,
            _ => {
                return Err(refused(
                    "InvalidTargetFilterNameException",
                    format!("The target filter name is invalid: {name}"),
                ));
            }
        };
    }
    let ids = page_of_one(run, matches, input.next_token.as_deref())?;
    Ok(json!({ "targetIds": ids }))
}

/// Whether the target has one of these statuses.
fn has_status(deployment: &Deployment, statuses: &[String]) -> Result<bool, ServiceError> {
    if let Some(unknown) = statuses
        .iter()
        .find(|status| !STATUSES.contains(&status.as_str()))
    {
        return Err(refused(
            "InvalidInstanceStatusException",
            format!("The specified instance status does not exist: {unknown}"),
        ));
    }
    let status = deployment.target_status().as_str();
    Ok(statuses.iter().any(|wanted| wanted == status))
}

/// Whether the target has one of these labels: a function has none.
fn has_label(labels: &[String]) -> Result<bool, ServiceError> {
    let known = |label: &&String| matches!(label.as_str(), "Blue" | "Green");
    match labels.iter().find(|label| !known(label)) {
        Some(unknown) => Err(refused(
            "InvalidInstanceTypeException",
            format!("An instance type is Blue or Green, not {unknown}"),
        )),
        None => Ok(false),
    }
}

/// The first page of a list of one; a token is good for nothing then.
fn page_of_one(
    run: &Run,
    matches: bool,
    next_token: Option<&str>,
) -> Result<Vec<String>, ServiceError> {
    let first = position(next_token)?.is_none();
    let target = target_id(&run.deployment).filter(|_| matches && first);
    Ok(target.into_iter().collect())
}

/// The target's id; none where the revision is no AppSpec, so that nobody knows of a target.
fn target_id(deployment: &Deployment) -> Option<String> {
    let has_target = deployment.spec().appspec_fault.is_none();
    has_target.then(|| deployment.target_id())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetDeploymentTarget {
    target_id: Option<String>,
}

pub(super) fn get(state: &State, account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let run = started(&state.codedeploy, input)?;
    let GetDeploymentTarget { target_id } = read(input)?;
    check_target(run, target_id.as_deref().unwrap_or_default())?;
    Ok(json!({ "deploymentTarget": target(account, &run.deployment) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGetDeploymentTargets {
    #[serde(default)]
    target_ids: Vec<String>,
}

pub(super) fn batch_get(
    state: &State,
    account: &Account,
    input: &Value,
) -> Result<Value, ServiceError> {
    let run = started(&state.codedeploy, input)?;
    let BatchGetDeploymentTargets { target_ids } = read(input)?;
    if target_ids.is_empty() {
        check_target(run, "")?;
    }
    if target_ids.len() > MAX_TARGETS {
        let count = target_ids.len();
        return Err(refused(
            "DeploymentTargetListSizeExceededException",
            format!("at most {MAX_TARGETS} target ids are allowed, but there are {count}"),
        ));
    }
    for id in &target_ids {
        check_target(run, id)?;
    }
    Ok(json!({ "deploymentTargets": [target(account, &run.deployment)] }))
}

/// Whether `id`, FUNCTION:ALIAS, is that of the deployment's target.
fn check_target(run: &Run, id: &str) -> Result<(), ServiceError> {
    let (exception, message) = if id.is_empty() {
        (
            "DeploymentTargetIdRequiredException",
            "A deployment target ID was not provided.".to_owned(),
        )
    } else if !id.contains(':') {
        (
            "InvalidDeploymentTargetIdException",
            format!("The target ID provided was not valid: {id}"),
        )
    } else if target_id(&run.deployment).as_deref() != Some(id) {
        (
            "DeploymentTargetDoesNotExistException",
            format!("The deployment {} has no target {id}", run.deployment.id()),
        )
    } else {
        return Ok(());
    };
    Err(refused(exception, message))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListDeploymentInstances {
    next_token: Option<String>,
    #[serde(default)]
    instance_status_filter: Vec<String>,
    #[serde(default)]
    instance_type_filter: Vec<String>,
}

/// The deprecated form, which "works with" Lambda, too (service model).
pub(super) fn list_instances(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let run = started(&state.codedeploy, input)?;
    let input: ListDeploymentInstances = read(input)?;
    let statuses = &input.instance_status_filter;
    let matches = (statuses.is_empty() || has_status(&run.deployment, statuses)?)
        && (input.instance_type_filter.is_empty() || has_label(&input.instance_type_filter)?);
    let ids = page_of_one(run, matches, input.next_token.as_deref())?;
    Ok(json!({ "instancesList": ids }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGetDeploymentInstances {
    instance_ids: Option<Vec<String>>,
}

pub(super) fn batch_get_instances(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let run = started(&state.codedeploy, input)?;
    let BatchGetDeploymentInstances { instance_ids } = read(input)?;
    let ids = batch(instance_ids, "InstanceIdRequiredException", MAX_TARGETS)?;
    let deployment = &run.deployment;
    let known = target_id(deployment);
    let (found, missing): (Vec<&String>, Vec<&String>) =
        ids.iter().partition(|id| known.as_ref() == Some(*id));
    let summaries: Vec<Value> = found
        .into_iter()
        .map(|id| {
            json!({
                "deploymentId": deployment.id().as_str(),
                "instanceId": id,
                "status": deployment.target_status().as_str(),
                "lastUpdatedAt": deployment.last_updated_at().epoch_seconds(),
                "lifecycleEvents": lifecycle_events(deployment),
            })
        })
        .collect();
    let mut answer = json!({ "instancesSummary": summaries });
    if let Some(id) = missing.first() {
        let message = format!("The deployment {} has no instance {id}", deployment.id());
        super::input::insert(&mut answer, "errorMessage", Some(message));
    }
    Ok(answer)
}

/// Of one instance there is nothing to tell: that was never for Lambda.
pub(super) fn get_instance(state: &State, input: &Value) -> Result<Value, ServiceError> {
    started(&state.codedeploy, input)?;
    Err(refused(
        "InvalidComputePlatformException",
        "GetDeploymentInstance does not support the compute platform Lambda, use GetDeploymentTarget",
    ))
}

/// The deployment that a call names, once it has begun.
fn started<'a>(codedeploy: &'a CodeDeploy, input: &Value) -> Result<&'a Run, ServiceError> {
    let run = find(codedeploy, input)?;
    if run.deployment.start_time().is_none() {
        let id = run.deployment.id();
        return Err(refused(
            "DeploymentNotStartedException",
            format!("The deployment {id} has not started"),
        ));
    }
    Ok(run)
}

fn lifecycle_events(deployment: &Deployment) -> Vec<Value> {
    let events = deployment.lifecycle_events().iter();
    events
        .map(|event| {
            let mut entry = json!({ "lifecycleEventName": event.name.as_str(), "status": event.status.as_str() });
            if let Some(members) = entry.as_object_mut() {
                times(members, [("startTime", event.start_time), ("endTime", event.end_time)]);
            }
            entry
        })
        .collect()
}

fn target(account: &Account, deployment: &Deployment) -> Value {
    let spec = deployment.spec();
    json!({
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": deployment.id().as_str(),
            "targetId": deployment.target_id(),
            "targetArn": account.function_arn(&spec.function, Some(&spec.alias)),
            "status": deployment.target_status().as_str(),
            "lastUpdatedAt": deployment.last_updated_at().epoch_seconds(),
            "lifecycleEvents": lifecycle_events(deployment),
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
