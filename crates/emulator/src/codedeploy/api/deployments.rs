//! Deployments: creating, reading and listing them.

use deployment::DeploymentId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::CodeDeploy;
use super::super::create::{NewDeployment, create_deployment, no_config};
use super::super::records::{AlarmConfiguration, AutoRollbackConfiguration, Run};
use super::applications::find as find_application;
use super::checks;
use super::groups::find as find_group;
use super::input::{
    PAGE, application_name, batch, config_name, description, group_name, insert, position, read,
    refused,
};
use super::revisions::{self, RevisionLocation, location};
use crate::ServiceError;
use crate::page::page;
use crate::shared::State;

/// At most 25 in one call (service model, BatchGetDeployments).
const MAX_BATCH: usize = 25;

/// `DeploymentStatus` of the service model, and whether a deployment in it has not ended.
const STATUSES: [(&str, bool); 8] = [
    ("Created", true),
    ("Queued", true),
    ("InProgress", true),
    ("Baking", true),
    ("Succeeded", false),
    ("Failed", false),
    ("Stopped", false),
    ("Ready", true),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDeployment {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    revision: Option<RevisionLocation>,
    deployment_config_name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    ignore_application_stop_failures: bool,
    #[serde(default)]
    update_outdated_instances_only: bool,
    target_instances: Option<Value>,
    file_exists_behavior: Option<String>,
    deployment_mode: Option<String>,
    ec2_deployment_options: Option<Value>,
    auto_rollback_configuration: Option<AutoRollbackConfiguration>,
    override_alarm_configuration: Option<AlarmConfiguration>,
}

/// Checks what CodeDeploy checks at once; an AppSpec that is wrong fails the deployment later.
pub(super) fn create(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let input: CreateDeployment = read(input)?;
    let codedeploy = &state.codedeploy;
    let application = application_name(input.application_name.clone())?;
    let application_id = &find_application(codedeploy, &application)?.id;
    let group = group_name(input.deployment_group_name.clone())?;
    find_group(codedeploy, application_id, &group)?;
    refuse_of_other_platforms(&input)?;
    let location = input.revision.ok_or_else(|| {
        refused(
            "RevisionRequiredException",
            "RevisionLocation must be specified",
        )
    })?;
    let given = location.given()?;
    let revision_type = given.key.revision_type;
    let content = revisions::content(codedeploy, application_id, given)?;
    let config = match input.deployment_config_name {
        Some(name) => {
            let name = config_name(Some(name))?;
            Some(codedeploy.config(&name).ok_or_else(|| no_config(&name))?)
        }
        None => None,
    };
    let description = description(input.description)?;
    if let Some(configuration) = &input.auto_rollback_configuration {
        checks::auto_rollback(configuration)?;
    }
    if let Some(configuration) = &input.override_alarm_configuration {
        checks::alarms(configuration)?;
    }
    let deployment = NewDeployment {
        application,
        group,
        revision_type,
        content,
        config,
        auto_rollback: input.auto_rollback_configuration,
        alarms: input.override_alarm_configuration,
        description: description.unwrap_or_default(),
    };
    let id = create_deployment(state, deployment)?;
    Ok(json!({ "deploymentId": id }))
}

/// What a Lambda deployment cannot have. The text for fileExistsBehavior was seen on AWS (aws-toolkit-azure-devops#288).
fn refuse_of_other_platforms(input: &CreateDeployment) -> Result<(), ServiceError> {
    let refusals = [
        (
            input.ignore_application_stop_failures,
            "InvalidIgnoreApplicationStopFailuresValueException",
            "The IgnoreApplicationStopFailures value is invalid. For Lambda deployments, false is expected.",
        ),
        (
            input.update_outdated_instances_only,
            "InvalidUpdateOutdatedInstancesOnlyValueException",
            "The UpdateOutdatedInstancesOnly value is invalid. For Lambda deployments, false is expected.",
        ),
        (
            input.file_exists_behavior.is_some(),
            "InvalidFileExistsBehaviorException",
            "For Lambda and ECS deployment, fileExistsBehavior can not be specified",
        ),
        (
            input.target_instances.is_some(),
            "InvalidTargetInstancesException",
            "For Lambda and ECS deployment, targetInstances can not be specified",
        ),
        (
            input.ec2_deployment_options.is_some(),
            "InvalidInputException",
            "For Lambda and ECS deployment, ec2DeploymentOptions can not be specified",
        ),
        (
            input
                .deployment_mode
                .as_deref()
                .is_some_and(|mode| mode != "STANDARD"),
            "InvalidInputException",
            "For Lambda and ECS deployment, deploymentMode must be STANDARD",
        ),
    ];
    match refusals.into_iter().find(|(given, ..)| *given) {
        Some((_, exception, message)) => Err(refused(exception, message)),
        None => Ok(()),
    }
}

/// The id of a deployment that is there.
pub(super) fn known_id(
    codedeploy: &CodeDeploy,
    id: Option<String>,
) -> Result<String, ServiceError> {
    let id = id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| refused("DeploymentIdRequiredException", "deploymentId is required"))?;
    check_id(&id)?;
    if codedeploy.run(&id).is_some() {
        Ok(id)
    } else {
        Err(does_not_exist(&id))
    }
}

fn check_id(id: &str) -> Result<(), ServiceError> {
    match id.parse::<DeploymentId>() {
        Ok(_) => Ok(()),
        Err(error) => Err(refused("InvalidDeploymentIdException", error.to_string())),
    }
}

pub(super) fn does_not_exist(id: &str) -> ServiceError {
    refused(
        "DeploymentDoesNotExistException",
        format!("The deployment {id} could not be found"),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneDeployment {
    deployment_id: Option<String>,
}

/// The deployment that a call names.
pub(super) fn find<'a>(codedeploy: &'a CodeDeploy, input: &Value) -> Result<&'a Run, ServiceError> {
    let input: OneDeployment = read(input)?;
    let id = known_id(codedeploy, input.deployment_id)?;
    codedeploy.run(&id).ok_or_else(|| does_not_exist(&id))
}

pub(super) fn get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let codedeploy = &state.codedeploy;
    let run = find(codedeploy, input)?;
    Ok(json!({ "deploymentInfo": info(codedeploy, run) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGetDeployments {
    deployment_ids: Option<Vec<String>>,
}

/// Deployments that are not there are left out, because the service model has no exception for them.
pub(super) fn batch_get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: BatchGetDeployments = read(input)?;
    let ids = batch(
        input.deployment_ids,
        "DeploymentIdRequiredException",
        MAX_BATCH,
    )?;
    for id in &ids {
        check_id(id)?;
    }
    let codedeploy = &state.codedeploy;
    let runs = ids.iter().filter_map(|id| codedeploy.run(id));
    let infos: Vec<Value> = runs.map(|run| info(codedeploy, run)).collect();
    Ok(json!({ "deploymentsInfo": infos }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListDeployments {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    external_id: Option<String>,
    #[serde(default)]
    include_only_statuses: Vec<String>,
    create_time_range: Option<TimeRange>,
    next_token: Option<String>,
}

/// In seconds since the epoch, both ends included.
#[derive(Clone, Copy, Deserialize)]
struct TimeRange {
    start: Option<f64>,
    end: Option<f64>,
}

/// The newest first.
pub(super) fn list(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: ListDeployments = read(input)?;
    let codedeploy = &state.codedeploy;
    let group_id = match (input.application_name, input.deployment_group_name) {
        (None, None) => None,
        (application, group) => {
            let application = application_name(application)?;
            let id = &find_application(codedeploy, &application)?.id;
            let group = group_name(group)?;
            Some(find_group(codedeploy, id, &group)?.id.as_str())
        }
    };
    let statuses = &input.include_only_statuses;
    let is_known = |status: &str| STATUSES.iter().any(|(known, _)| *known == status);
    if let Some(status) = statuses.iter().find(|status| !is_known(status)) {
        return Err(refused(
            "InvalidDeploymentStatusException",
            format!("{status:?} is no status of a deployment"),
        ));
    }
    let running = |status: &String| {
        STATUSES
            .iter()
            .any(|(known, runs)| known == status && *runs)
    };
    let only_active = !statuses.is_empty() && statuses.iter().all(running);
    let range = input.create_time_range.unwrap_or(TimeRange {
        start: None,
        end: None,
    });
    if let (Some(start), Some(end)) = (range.start, range.end)
        && start > end
    {
        return Err(refused(
            "InvalidTimeRangeException",
            "The specified time range was specified in an invalid format: it ends before it starts",
        ));
    }
    let after = position(input.next_token.as_deref())?;
    let before = match &after {
        None => u64::MAX,
        Some(key) => {
            u64::MAX
                - key.parse::<u64>().map_err(|_| {
                    refused(
                        "InvalidNextTokenException",
                        "The next token was specified in an invalid format",
                    )
                })?
        }
    };
    // No deployment here has an external id.
    let none = input.external_id.is_some();
    let created = |run: &Run| run.deployment.create_time().epoch_seconds();
    let found = codedeploy
        .index
        .history(group_id, only_active, before)
        .filter_map(|(number, id)| Some((number, id, codedeploy.run(id)?)))
        .filter(|_| !none)
        .skip_while(|(.., run)| range.end.is_some_and(|end| created(run) > end))
        .take_while(|(.., run)| range.start.is_none_or(|start| created(run) >= start))
        .filter(|(.., run)| {
            let status = run.deployment.status().as_str();
            statuses.is_empty() || statuses.iter().any(|wanted| wanted == status)
        })
        .map(|(number, id, _)| (format!("{:020}", u64::MAX - number), id));
    let (ids, token) = page(found, after.as_deref(), PAGE);
    let mut answer = json!({ "deployments": ids });
    insert(&mut answer, "nextToken", token);
    Ok(answer)
}

/// `DeploymentInfo`.
fn info(codedeploy: &CodeDeploy, run: &Run) -> Value {
    let deployment = &run.deployment;
    let spec = deployment.spec();
    let (application, group) = codedeploy.names_of(run);
    let mut info = json!({
        "applicationName": application,
        "deploymentGroupName": group,
        "deploymentConfigName": spec.config.name(),
        "deploymentId": deployment.id().as_str(),
        "revision": location(&run.revision, None),
        "status": deployment.status().as_str(),
        "createTime": deployment.create_time().epoch_seconds(),
        "creator": spec.creator.as_str(),
        "ignoreApplicationStopFailures": false,
        "autoRollbackConfiguration": run.auto_rollback,
        "updateOutdatedInstancesOnly": false,
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        "instanceTerminationWaitTimeStarted": false,
        "computePlatform": "Lambda",
    });
    let previous = run.previous_revision.as_ref();
    insert(
        &mut info,
        "previousRevision",
        previous.map(|key| location(key, None)),
    );
    let description = Some(spec.description.as_str()).filter(|text| !text.is_empty());
    insert(&mut info, "description", description);
    let alarms = run.override_alarms.as_ref().map(|alarms| json!(alarms));
    insert(&mut info, "overrideAlarmConfiguration", alarms);
    let start = deployment.start_time().map(|time| time.epoch_seconds());
    insert(&mut info, "startTime", start);
    let complete = deployment.complete_time().map(|time| time.epoch_seconds());
    insert(&mut info, "completeTime", complete);
    let error = deployment
        .error_information()
        .map(|error| json!({ "code": error.code.as_str(), "message": error.message }));
    insert(&mut info, "errorInformation", error);
    let overview = deployment.overview().map(|overview| {
        json!({
            "Pending": overview.pending, "InProgress": overview.in_progress, "Succeeded": overview.succeeded,
            "Failed": overview.failed, "Skipped": overview.skipped, "Ready": overview.ready,
        })
    });
    insert(&mut info, "deploymentOverview", overview);
    if let Some(rollback) = deployment.rollback_info() {
        let mut members = json!({ "rollbackMessage": rollback.rollback_message });
        let id = |id: &Option<DeploymentId>| id.as_ref().map(|id| id.as_str().to_owned());
        insert(
            &mut members,
            "rollbackDeploymentId",
            id(&rollback.rollback_deployment_id),
        );
        let triggering = id(&rollback.rollback_triggering_deployment_id);
        insert(&mut members, "rollbackTriggeringDeploymentId", triggering);
        insert(&mut info, "rollbackInfo", Some(members));
    }
    info
}

/// Times as members, where there are any.
pub(super) fn times(
    members: &mut Map<String, Value>,
    times: [(&str, Option<deployment::Timestamp>); 2],
) {
    for (name, time) in times {
        if let Some(time) = time {
            members.insert(name.to_owned(), json!(time.epoch_seconds()));
        }
    }
}
