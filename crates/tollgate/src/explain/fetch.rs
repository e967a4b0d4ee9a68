//! Reading what AWS knows of a deployment. Only the deployment itself must be readable: what else is not becomes an
//! [`Unknown`].

#![expect(
    deprecated,
    reason = "CloudFormation still writes revisions of the deprecated type `String`"
)]

use anyhow::{Result, bail};
use aws_sdk_codedeploy::types::{DeploymentInfo, LambdaTarget, RevisionLocation};
use hooks::AppSpec;

use super::aws::Clients;
use super::model::{
    Deployment, ErrorInformation, Evidence, LifecycleEvent, Rollback, Shift, Unknown,
};
use super::{hook, verdict};
use crate::alias::AliasState;
use crate::aws::CallError;
use crate::moment::Moment;

/// Reads everything; `at` is told what is being read.
///
/// # Errors
/// The deployment cannot be read, or is none of a Lambda function.
pub(super) async fn evidence(
    clients: &Clients,
    deployment_id: &str,
    at: impl Fn(&'static str),
) -> Result<Evidence> {
    at("the deployment");
    let mut asked = deployment(clients, deployment_id).await?;
    let mut evidence = Evidence::default();
    if let Some(original) = asked.deployment.rollback_triggering_deployment_id.take() {
        evidence.asked_about = Some(deployment_id.to_owned());
        asked = deployment(clients, &original).await?;
    }
    let Read {
        deployment,
        revision,
    } = asked;
    evidence.deployment = deployment;
    at("its lifecycle events");
    read_target(clients, &mut evidence).await;
    at("its AppSpec");
    let app_spec = read_app_spec(clients, revision, &mut evidence).await;
    if let Some(app_spec) = app_spec {
        at("the hooks' logs");
        read_hooks(clients, &app_spec, &mut evidence).await;
    }
    if let Some(error) = &evidence.deployment.error_information {
        evidence.alarms = verdict::alarms(error);
    }
    at("its rollback");
    evidence.rollback = read_rollback(clients, &mut evidence).await;
    read_alias(clients, &mut evidence).await;
    Ok(evidence)
}

/// A deployment, and where its AppSpec is.
struct Read {
    deployment: Deployment,
    revision: Option<RevisionLocation>,
}

async fn deployment(clients: &Clients, id: &str) -> Result<Read> {
    let info = match get_deployment(clients, id).await {
        Ok(info) => info,
        Err(error) if error.is_missing() => bail!(
            "there is no deployment {id} in {} in this account: check --region and --profile",
            clients.region
        ),
        Err(error) => return Err(error.told()),
    };
    if let Some(platform) = &info.compute_platform
        && platform.as_str() != "Lambda"
    {
        bail!("{id} is a deployment of the compute platform {platform}, not of Lambda");
    }
    Ok(Read {
        revision: info.revision.clone(),
        deployment: model(id, info),
    })
}

async fn get_deployment(clients: &Clients, id: &str) -> Result<DeploymentInfo, CallError> {
    let call = clients.codedeploy.get_deployment().deployment_id(id);
    let output = call.send().await;
    let output = output.map_err(|error| CallError::of("codedeploy:GetDeployment", error))?;
    Ok(output
        .deployment_info
        .unwrap_or_else(|| DeploymentInfo::builder().build()))
}

fn model(id: &str, info: DeploymentInfo) -> Deployment {
    let (rollback, original) = info.rollback_info.map_or((None, None), |info| {
        (
            info.rollback_deployment_id,
            info.rollback_triggering_deployment_id,
        )
    });
    let error = info.error_information.map(|error| ErrorInformation {
        code: error
            .code
            .map_or_else(String::new, |code| code.as_str().to_owned()),
        message: error.message.unwrap_or_default(),
    });
    Deployment {
        deployment_id: id.to_owned(),
        status: info
            .status
            .map_or_else(|| "Unknown".to_owned(), |status| status.as_str().to_owned()),
        application: info.application_name.unwrap_or_default(),
        deployment_group: info.deployment_group_name.unwrap_or_default(),
        deployment_config: info.deployment_config_name.unwrap_or_default(),
        creator: info.creator.map(|creator| creator.as_str().to_owned()),
        create_time: info.create_time.as_ref().and_then(Moment::of),
        complete_time: info.complete_time.as_ref().and_then(Moment::of),
        error_information: error,
        rollback_deployment_id: rollback.filter(|id| !id.is_empty()),
        rollback_triggering_deployment_id: original.filter(|id| !id.is_empty()),
    }
}

async fn read_target(clients: &Clients, evidence: &mut Evidence) {
    let target = match lambda_target(clients, &evidence.deployment.deployment_id).await {
        Ok(Some(target)) => target,
        Ok(None) => return,
        Err(error) if error.is_not_started() => return,
        Err(error) => {
            return evidence.does_not_know("the lifecycle events", &error);
        }
    };
    evidence.shift = target.lambda_function_info.and_then(|info| {
        Some(Shift {
            function: info.function_name?,
            alias: info.function_alias?,
            current_version: info.current_version.unwrap_or_default(),
            target_version: info.target_version.unwrap_or_default(),
        })
    });
    let events = target.lifecycle_events.unwrap_or_default().into_iter();
    evidence.lifecycle_events = events
        .map(|event| LifecycleEvent {
            name: event.lifecycle_event_name.unwrap_or_default(),
            status: event
                .status
                .map_or_else(|| "Unknown".to_owned(), |status| status.as_str().to_owned()),
            start_time: event.start_time.as_ref().and_then(Moment::of),
            end_time: event.end_time.as_ref().and_then(Moment::of),
            hook: None,
        })
        .collect();
}

async fn lambda_target(clients: &Clients, id: &str) -> Result<Option<LambdaTarget>, CallError> {
    let codedeploy = &clients.codedeploy;
    let list = codedeploy.list_deployment_targets().deployment_id(id);
    let output = list.send().await;
    let targets =
        output.map_err(|error| CallError::of("codedeploy:ListDeploymentTargets", error))?;
    let Some(target_id) = targets.target_ids().first() else {
        return Ok(None);
    };
    let get = codedeploy
        .get_deployment_target()
        .deployment_id(id)
        .target_id(target_id);
    let output = get.send().await;
    let target = output.map_err(|error| CallError::of("codedeploy:GetDeploymentTarget", error))?;
    Ok(target
        .deployment_target
        .and_then(|target| target.lambda_target))
}

async fn read_app_spec(
    clients: &Clients,
    revision: Option<RevisionLocation>,
    evidence: &mut Evidence,
) -> Option<AppSpec> {
    const WHAT: &str = "which hooks there are";
    let revision = revision?;
    let kind = revision
        .revision_type
        .as_ref()
        .map_or("of an unknown type", |kind| kind.as_str())
        .to_owned();
    let call = clients
        .codedeploy
        .get_application_revision()
        .application_name(&evidence.deployment.application)
        .revision(revision);
    let answered = match call.send().await {
        Ok(answer) => answer.revision,
        Err(error) => {
            let error = CallError::of("codedeploy:GetApplicationRevision", error);
            evidence.does_not_know(WHAT, &error);
            return None;
        }
    };
    let content = answered.and_then(|revision| {
        let string = revision.string.and_then(|string| string.content);
        string.or_else(|| revision.app_spec_content.and_then(|spec| spec.content))
    });
    let Some(content) = content else {
        evidence.unknown.push(Unknown {
            what: WHAT.to_owned(),
            why: format!("the AppSpec is in a revision {kind}, and not in CodeDeploy"),
            remedy: Some("look into the hooks' logs for the deployment's id".to_owned()),
        });
        return None;
    };
    match AppSpec::parse(&content) {
        Ok(app_spec) => Some(app_spec),
        Err(error) => {
            let why = anyhow::Error::new(error);
            evidence.unknown.push(Unknown {
                what: WHAT.to_owned(),
                why: format!("{why:#}"),
                remedy: None,
            });
            None
        }
    }
}

async fn read_hooks(clients: &Clients, app_spec: &AppSpec, evidence: &mut Evidence) {
    if evidence.shift.is_none() {
        evidence.shift = Some(Shift {
            function: app_spec.function.clone(),
            alias: app_spec.alias.clone(),
            current_version: app_spec.current_version.clone().unwrap_or_default(),
            target_version: app_spec.target_version.clone().unwrap_or_default(),
        });
    }
    for entry in &app_spec.hooks {
        let name = entry.lifecycle_event.as_str();
        let known = evidence
            .lifecycle_events
            .iter()
            .position(|event| event.name == name);
        let position = known.unwrap_or_else(|| {
            // CodeDeploy did not say what became of it; its hook's log may.
            evidence.lifecycle_events.push(LifecycleEvent {
                name: name.to_owned(),
                status: "Unknown".to_owned(),
                start_time: None,
                end_time: None,
                hook: None,
            });
            evidence.lifecycle_events.len() - 1
        });
        let Some(event) = evidence.lifecycle_events.get(position) else {
            continue;
        };
        if !event.has_begun() {
            continue;
        }
        let (hook, unknown) = hook::read(clients, &evidence.deployment, event, entry).await;
        evidence.unknown.extend(unknown);
        if let Some(event) = evidence.lifecycle_events.get_mut(position) {
            event.hook = Some(hook);
        }
    }
}

async fn read_rollback(clients: &Clients, evidence: &mut Evidence) -> Option<Rollback> {
    let id = evidence.deployment.rollback_deployment_id.clone()?;
    let unread = Rollback {
        deployment_id: id.clone(),
        status: None,
        complete_time: None,
        error_information: None,
    };
    match get_deployment(clients, &id).await {
        Ok(info) => {
            let deployment = model(&id, info);
            Some(Rollback {
                status: Some(deployment.status),
                complete_time: deployment.complete_time,
                error_information: deployment.error_information,
                ..unread
            })
        }
        Err(error) => {
            evidence.does_not_know(&format!("what became of the rollback {id}"), &error);
            Some(unread)
        }
    }
}

async fn read_alias(clients: &Clients, evidence: &mut Evidence) {
    let Some(Shift {
        function, alias, ..
    }) = &evidence.shift
    else {
        return;
    };
    let call = clients
        .lambda
        .get_alias()
        .function_name(function)
        .name(alias);
    match call.send().await {
        Ok(answer) => {
            evidence.alias_now = Some(AliasState {
                function_version: answer.function_version.unwrap_or_default(),
                additional_version_weights: answer
                    .routing_config
                    .and_then(|config| config.additional_version_weights)
                    .unwrap_or_default()
                    .into_iter()
                    .collect(),
            });
        }
        Err(error) => {
            let what = format!("where {alias} points now");
            let error = CallError::of("lambda:GetAlias", error);
            evidence.does_not_know(&what, &error);
        }
    }
}

impl Evidence {
    fn does_not_know(&mut self, what: &str, error: &CallError) {
        self.unknown.push(Unknown::because(what, error));
    }
}

impl Unknown {
    /// What a failed call leaves unknown.
    pub(super) fn because(what: &str, error: &CallError) -> Self {
        Self {
            what: what.to_owned(),
            why: error.why(),
            remedy: error.remedy(),
        }
    }
}
