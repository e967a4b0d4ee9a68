//! Deployment groups of the Lambda platform.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::CodeDeploy;
use super::super::create::{no_config, no_group};
use super::super::records::{
    AlarmConfiguration, Application, AutoRollbackConfiguration, ComputePlatform, DeploymentGroup,
    GroupSettings, Run, ServiceRole, TriggerConfig,
};
use super::applications::find as find_application;
use super::checks;
use super::input::{
    PAGE, Tag, add_tags, application_name, batch, config_name, group_name, insert, position, read,
    refused,
};
use super::revisions::location;
use crate::ServiceError;
use crate::page::page;
use crate::shared::State;

/// At most 1000 in an application (user guide, "Limits").
const MAX_GROUPS: usize = 1000;
/// At most 100 in one call (service model, `BatchLimitExceededException`).
const MAX_BATCH: usize = 100;
/// Where a Lambda deployment group names none.
const DEFAULT_CONFIG: &str = "CodeDeployDefault.LambdaAllAtOnce";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
}

/// What can be said of a deployment group when it is created or changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    deployment_config_name: Option<String>,
    service_role_arn: Option<String>,
    trigger_configurations: Option<Vec<TriggerConfig>>,
    alarm_configuration: Option<AlarmConfiguration>,
    auto_rollback_configuration: Option<AutoRollbackConfiguration>,
    deployment_style: Option<checks::DeploymentStyle>,
    #[serde(flatten)]
    of_other_platforms: checks::OfOtherPlatforms,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagged {
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let named: Named = read(input)?;
    let given: Given = read(input)?;
    let Tagged { tags } = read(input)?;
    let application = application_name(named.application_name)?;
    let application = find_application(&state.codedeploy, &application)?;
    let name = group_name(named.deployment_group_name)?;
    check_lambda(application)?;
    let application_id = application.id.clone();
    let (now, codedeploy) = (state.now, &mut state.codedeploy);
    if codedeploy.group(&application_id, &name).is_some() {
        return Err(already_exists(&name));
    }
    let settings = GroupSettings {
        config_name: DEFAULT_CONFIG.to_owned(),
        alarms: AlarmConfiguration::default(),
        auto_rollback: AutoRollbackConfiguration::default(),
        service_role: ServiceRole {
            arn: given.service_role_arn.clone().unwrap_or_default(),
        },
        triggers: Vec::new(),
    };
    checks::style(given.deployment_style.as_ref(), true)?;
    let settings = changed(codedeploy, settings, given)?;
    let tags = add_tags(Default::default(), tags)?;
    if codedeploy.groups_of(&application_id).count() >= MAX_GROUPS {
        return Err(refused(
            "DeploymentGroupLimitExceededException",
            format!("At most {MAX_GROUPS} deployment groups are allowed in an application"),
        ));
    }
    let id = codedeploy.add_group(&application_id, &name, settings, tags, now);
    Ok(json!({ "deploymentGroupId": id }))
}

/// `settings` with what is given, all of it checked.
fn changed(
    codedeploy: &CodeDeploy,
    settings: GroupSettings,
    given: Given,
) -> Result<GroupSettings, ServiceError> {
    given.of_other_platforms.refuse()?;
    let mut settings = settings;
    if let Some(name) = given.deployment_config_name {
        let name = config_name(Some(name))?;
        codedeploy.config(&name).ok_or_else(|| no_config(&name))?;
        settings.config_name = name;
    }
    match given.service_role_arn {
        Some(arn) if arn != settings.service_role.arn => {
            settings.service_role = ServiceRole { arn };
        }
        Some(_) | None => {}
    }
    checks::role(&settings.service_role.arn)?;
    if let Some(triggers) = given.trigger_configurations {
        checks::triggers(&triggers)?;
        settings.triggers = triggers;
    }
    if let Some(alarms) = given.alarm_configuration {
        checks::alarms(&alarms)?;
        settings.alarms = alarms;
    }
    if let Some(auto_rollback) = given.auto_rollback_configuration {
        checks::auto_rollback(&auto_rollback)?;
        settings.auto_rollback = auto_rollback;
    }
    Ok(settings)
}

pub(super) fn get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let named: Named = read(input)?;
    let application = application_name(named.application_name)?;
    let id = &find_application(&state.codedeploy, &application)?.id;
    let name = group_name(named.deployment_group_name)?;
    let group = find(&state.codedeploy, id, &name)?;
    Ok(json!({ "deploymentGroupInfo": info(&state.codedeploy, &application, &name, group) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchGetDeploymentGroups {
    application_name: Option<String>,
    deployment_group_names: Option<Vec<String>>,
}

/// Groups that are not there are named in `errorMessage`, because the service model has no exception for them.
pub(super) fn batch_get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: BatchGetDeploymentGroups = read(input)?;
    let application = application_name(input.application_name)?;
    let id = &find_application(&state.codedeploy, &application)?.id;
    let names = batch(
        input.deployment_group_names,
        "DeploymentGroupNameRequiredException",
        MAX_BATCH,
    )?;
    let (mut infos, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let name = group_name(Some(name))?;
        match state.codedeploy.group(id, &name) {
            Some(group) => infos.push(info(&state.codedeploy, &application, &name, group)),
            None => missing.push(name),
        }
    }
    let mut answer = json!({ "deploymentGroupsInfo": infos });
    if !missing.is_empty() {
        let message = no_group(&missing.join(", ")).message;
        insert(&mut answer, "errorMessage", Some(message));
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListDeploymentGroups {
    application_name: Option<String>,
    next_token: Option<String>,
}

pub(super) fn list(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: ListDeploymentGroups = read(input)?;
    let application = application_name(input.application_name)?;
    let id = &find_application(&state.codedeploy, &application)?.id;
    let after = position(input.next_token.as_deref())?;
    let names = state.codedeploy.groups_of(id).map(|(name, _)| (name, name));
    let (names, token) = page(names, after.as_deref(), PAGE);
    let mut answer = json!({ "applicationName": application, "deploymentGroups": names });
    insert(&mut answer, "nextToken", token);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Renamed {
    application_name: Option<String>,
    current_deployment_group_name: Option<String>,
    new_deployment_group_name: Option<String>,
}

/// Changes a deployment group, also while it deploys: what runs goes on as it was created.
pub(super) fn update(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let named: Renamed = read(input)?;
    let given: Given = read(input)?;
    let codedeploy = &mut state.codedeploy;
    let application = application_name(named.application_name)?;
    let application_id = find_application(codedeploy, &application)?.id.clone();
    let name = group_name(named.current_deployment_group_name)?;
    let settings = find(codedeploy, &application_id, &name)?.settings.clone();
    let new_name = match named.new_deployment_group_name {
        Some(new_name) => group_name(Some(new_name))?,
        None => name.clone(),
    };
    if new_name != name && codedeploy.group(&application_id, &new_name).is_some() {
        return Err(already_exists(&new_name));
    }
    checks::style(given.deployment_style.as_ref(), false)?;
    let settings = changed(codedeploy, settings, given)?;
    let key = (application_id.clone(), name);
    if let Some(mut group) = codedeploy.records.groups.remove(&key) {
        group.settings = settings;
        codedeploy
            .index
            .put_group(&group.id, &application_id, &new_name);
        let key = (application_id, new_name);
        codedeploy.records.groups.insert(key, group);
    }
    Ok(json!({ "hooksNotCleanedUp": [] }))
}

/// Deletes a deployment group and "all details associated with" it (user guide); one that is not there is no error,
/// because the service model has none for it.
pub(super) fn delete(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let named: Named = read(input)?;
    let application = application_name(named.application_name)?;
    let name = group_name(named.deployment_group_name)?;
    let codedeploy = &mut state.codedeploy;
    if let Some(application) = codedeploy.records.applications.get(&application) {
        let application_id = application.id.clone();
        codedeploy.remove_group(&application_id, &name);
    }
    Ok(json!({ "hooksNotCleanedUp": [] }))
}

/// The deployment group of this name.
pub(super) fn find<'a>(
    codedeploy: &'a CodeDeploy,
    application_id: &str,
    name: &str,
) -> Result<&'a DeploymentGroup, ServiceError> {
    codedeploy
        .group(application_id, name)
        .ok_or_else(|| no_group(name))
}

fn check_lambda(application: &Application) -> Result<(), ServiceError> {
    if application.compute_platform == ComputePlatform::Lambda {
        return Ok(());
    }
    Err(refused(
        "InvalidInputException",
        "The emulator has deployment groups of the compute platform Lambda only: create the application with \
         computePlatform Lambda, which is not the default",
    ))
}

fn already_exists(name: &str) -> ServiceError {
    refused(
        "DeploymentGroupAlreadyExistsException",
        format!("Deployment group already exists: {name}"),
    )
}

fn info(codedeploy: &CodeDeploy, application: &str, name: &str, group: &DeploymentGroup) -> Value {
    let settings = &group.settings;
    let mut info = json!({
        "applicationName": application,
        "deploymentGroupId": group.id,
        "deploymentGroupName": name,
        "deploymentConfigName": settings.config_name,
        "ec2TagFilters": [],
        "onPremisesInstanceTagFilters": [],
        "autoScalingGroups": [],
        "serviceRoleArn": settings.service_role.arn,
        "triggerConfigurations": settings.triggers,
        "alarmConfiguration": settings.alarms,
        "autoRollbackConfiguration": settings.auto_rollback,
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        "computePlatform": "Lambda",
    });
    let target = group.target_revision.as_ref();
    insert(
        &mut info,
        "targetRevision",
        target.map(|key| location(key, None)),
    );
    let last = |id: Option<&str>| id.and_then(|id| codedeploy.run(id)).map(last_deployment);
    let attempted = last(codedeploy.index.newest_of(&group.id));
    insert(&mut info, "lastAttemptedDeployment", attempted);
    let successful = last(group.last_successful.as_deref());
    insert(&mut info, "lastSuccessfulDeployment", successful);
    info
}

/// `LastDeploymentInfo`.
fn last_deployment(run: &Run) -> Value {
    let deployment = &run.deployment;
    let mut info = json!({
        "deploymentId": deployment.id().as_str(),
        "status": deployment.status().as_str(),
        "createTime": deployment.create_time().epoch_seconds(),
    });
    let end = deployment.complete_time().map(|time| time.epoch_seconds());
    insert(&mut info, "endTime", end);
    info
}
