//! Creating deployments, for clients, for CloudFormation and for rollbacks.

use deployment::{Creator, Deployment, DeploymentConfig, DeploymentId, DeploymentSpec};

use super::appspec::AppSpec;
use super::records::{
    AlarmConfiguration, AutoRollbackConfiguration, RevisionKey, RevisionType, Run,
};
use crate::ServiceError;
use crate::shared::State;
use crate::timeline::Happening;

/// What `CreateDeployment` is asked for.
#[derive(Clone, Debug)]
pub(crate) struct NewDeployment {
    pub(crate) application: String,
    pub(crate) group: String,
    pub(crate) revision_type: RevisionType,
    /// The AppSpec's text; whether it is one is found when the deployment begins.
    pub(crate) content: String,
    /// Instead of the deployment group's.
    pub(crate) config: Option<DeploymentConfig>,
    /// Instead of the deployment group's.
    pub(crate) auto_rollback: Option<AutoRollbackConfiguration>,
    /// Instead of the deployment group's.
    pub(crate) alarms: Option<AlarmConfiguration>,
    pub(crate) description: String,
}

/// Creates a deployment, and answers its id; it begins when time next passes.
///
/// # Errors
/// `ApplicationDoesNotExistException`, `DeploymentGroupDoesNotExistException`,
/// `DeploymentConfigDoesNotExistException`, and `DeploymentLimitExceededException` while another deployment of the
/// group runs.
pub(crate) fn create_deployment(
    state: &mut State,
    new: NewDeployment,
) -> Result<String, ServiceError> {
    let now = state.now;
    let codedeploy = &state.codedeploy;
    let application = codedeploy
        .records
        .applications
        .get(&new.application)
        .ok_or_else(|| no_application(&new.application))?;
    let application_id = application.id.clone();
    let group = codedeploy
        .group(&application_id, &new.group)
        .ok_or_else(|| no_group(&new.group))?;
    let settings = group.settings.clone();
    let config = match new.config {
        Some(config) => config,
        None => codedeploy
            .config(&settings.config_name)
            .ok_or_else(|| no_config(&settings.config_name))?,
    };
    if let Some(active) = codedeploy.index.active_of(&group.id) {
        return Err(ServiceError::bad_request(
            "DeploymentLimitExceededException",
            format!(
                "The Deployment Group '{}' already has an active Deployment '{active}'",
                new.group
            ),
        ));
    }
    let (group_id, previous_revision) = (group.id.clone(), group.target_revision.clone());
    let (appspec, appspec_fault) = match AppSpec::parse(&new.content) {
        Ok(appspec) => (appspec, None),
        Err(fault) => (AppSpec::default(), Some(fault)),
    };
    let auto_rollback = new.auto_rollback.unwrap_or(settings.auto_rollback);
    let override_alarms = new.alarms;
    let alarms = override_alarms.as_ref().unwrap_or(&settings.alarms);
    let spec = DeploymentSpec {
        application: new.application,
        deployment_group: new.group,
        function: appspec.function,
        alias: appspec.alias,
        current_version: appspec.current_version,
        target_version: appspec.target_version,
        before_allow_traffic: appspec.before_allow_traffic,
        after_allow_traffic: appspec.after_allow_traffic,
        config,
        alarms: alarms.watched(),
        ignore_poll_alarm_failure: alarms.ignore_poll_alarm_failure,
        auto_rollback: auto_rollback.active(),
        service_role_arn: settings.service_role.arn.clone(),
        creator: Creator::User,
        description: new.description,
        appspec_fault,
    };
    let revision = RevisionKey::of(new.revision_type, &new.content);
    let run = Run {
        number: codedeploy.index.next_number(),
        application_id,
        group_id,
        deployment: Deployment::new(spec, new_id(state), now),
        revision,
        previous_revision,
        service_role: settings.service_role,
        auto_rollback,
        override_alarms,
    };
    Ok(add(state, run, &new.content, None))
}

/// Creates the rollback that a deployment has asked for.
pub(super) fn create_rollback(state: &mut State, id: &str) {
    let (now, rollback_id) = (state.now, new_id(state));
    let rollback = state.codedeploy.change_run(id, |run| {
        Deployment::rollback_of(&mut run.deployment, rollback_id, now)
    });
    let (Some(Some(rollback)), Some(original)) = (rollback, state.codedeploy.run(id)) else {
        return;
    };
    let content = AppSpec::of(rollback.spec()).content();
    let run = Run {
        number: state.codedeploy.index.next_number(),
        application_id: original.application_id.clone(),
        group_id: original.group_id.clone(),
        deployment: rollback,
        revision: RevisionKey::of(original.revision.revision_type, &content),
        previous_revision: Some(original.revision.clone()),
        service_role: original.service_role.clone(),
        auto_rollback: AutoRollbackConfiguration::default(),
        override_alarms: None,
    };
    add(state, run, &content, Some(id.to_owned()));
}

/// Adds a deployment, and registers what it deploys.
fn add(state: &mut State, run: Run, content: &str, rolls_back: Option<String>) -> String {
    let now = state.now;
    let id = run.deployment.id().as_str().to_owned();
    let codedeploy = &mut state.codedeploy;
    let revision = codedeploy.register_revision(&run.application_id, &run.revision, content, now);
    if let Some(revision) = revision {
        revision.first_used.get_or_insert(now);
        revision.last_used = Some(now);
    }
    codedeploy.add_run(id.clone(), run);
    state.record(Happening::DeploymentCreated {
        deployment_id: id.clone(),
        rolls_back,
    });
    id
}

/// An id that no deployment has, not even one from before a restart with the same seed.
fn new_id(state: &mut State) -> DeploymentId {
    loop {
        let id = DeploymentId::from_entropy(state.ids.entropy());
        if state.codedeploy.run(id.as_str()).is_none() {
            return id;
        }
    }
}

/// Seen on AWS: aws-cli#2270.
pub(super) fn no_application(name: &str) -> ServiceError {
    ServiceError::bad_request(
        "ApplicationDoesNotExistException",
        format!("No application found for name: {name}"),
    )
}

pub(super) fn no_group(name: &str) -> ServiceError {
    ServiceError::bad_request(
        "DeploymentGroupDoesNotExistException",
        format!("No Deployment Group found for name: {name}"),
    )
}

/// Seen on AWS, in many a pipeline's log.
pub(super) fn no_config(name: &str) -> ServiceError {
    ServiceError::bad_request(
        "DeploymentConfigDoesNotExistException",
        format!("No deployment configuration found for name: {name}"),
    )
}
