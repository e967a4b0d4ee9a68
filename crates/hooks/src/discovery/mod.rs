//! From the deployment's id to what it deploys, and to the lifecycle event that is being validated.
//!
//! The first source is the AppSpec: the way that published hooks go, and that works while the hook runs. The second is
//! the deployment target, asked only where the first does not suffice: it could not be read, or it names this
//! function for both hooks. CodeDeploy's payload says neither ("AppSpec 'hooks' section", CodeDeploy User Guide).

mod error;
mod revision;
mod shift;
pub(crate) mod targets;
#[cfg(test)]
mod tests;

use crate::app_spec::AppSpec;
use crate::lifecycle_event::LifecycleEvent;
use crate::ports::{
    Alias, GetAlias, GetApplicationRevision, GetDeployment, GetDeploymentTarget,
    ListDeploymentTargets,
};
use crate::reason::reason;
use crate::target::{Target, function_name};
pub(crate) use error::{DiscoveryError, SourceError};
pub(crate) use shift::Shift;
use shift::said_by_target;

/// The hook that asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hook<'a> {
    /// The lifecycle event that its binary is made for.
    pub(crate) lifecycle_event: LifecycleEvent,
    /// Its own function's name, as Lambda gives it in `AWS_LAMBDA_FUNCTION_NAME`.
    pub(crate) function_name: &'a str,
}

/// What is to be checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Discovered {
    pub(crate) target: Target,
    /// The lifecycle event that CodeDeploy waits for, whatever binary validates it.
    pub(crate) lifecycle_event: LifecycleEvent,
    /// What did not go the usual way; for the report.
    pub(crate) notes: Vec<String>,
}

/// Finds out what the deployment deploys, and which of its lifecycle events this hook validates.
///
/// # Errors
///
/// The deployment cannot be gated, its sources contradict each other, or none of them says what is needed.
pub(crate) async fn discover(
    ports: &(
         impl GetDeployment
         + GetApplicationRevision
         + ListDeploymentTargets
         + GetDeploymentTarget
         + GetAlias
     ),
    hook: Hook<'_>,
    deployment_id: &str,
) -> Result<Discovered, DiscoveryError> {
    let mut notes = Vec::new();
    let (shift, lifecycle_event, said_by) = match revision::app_spec(ports, deployment_id).await? {
        Ok(spec) => {
            let shift = Shift::of_app_spec(&spec).map_err(|source| DiscoveryError::Shift {
                deployment: deployment_id.to_owned(),
                source,
            })?;
            let lifecycle_event = match named_for(&spec, hook.function_name).as_slice() {
                [] => hook.lifecycle_event,
                [only] => *only,
                _ => either(ports, hook, &shift, deployment_id).await?,
            };
            (shift, lifecycle_event, "its AppSpec names it for that")
        }
        Err(app_spec) => {
            let (shift, in_progress) = by_target(ports, deployment_id, &app_spec).await?;
            notes.push(format!(
                "the deployment target says what deployment {deployment_id} deploys, because its AppSpec does not: {}",
                reason(&app_spec)
            ));
            let lifecycle_event = in_progress.unwrap_or(hook.lifecycle_event);
            (shift, lifecycle_event, "that is in progress")
        }
    };
    if lifecycle_event != hook.lifecycle_event {
        notes.push(format!(
            "this is the hook for {}, and validates {lifecycle_event}, because {said_by}",
            hook.lifecycle_event
        ));
    }
    Ok(Discovered {
        target: target(lifecycle_event, shift),
        lifecycle_event,
        notes,
    })
}

/// The lifecycle events for which the AppSpec names this function.
fn named_for(spec: &AppSpec, own_name: &str) -> Vec<LifecycleEvent> {
    spec.hooks
        .iter()
        .filter(|hook| function_name(&hook.function) == own_name)
        .map(|hook| hook.lifecycle_event)
        .collect()
}

/// The lifecycle event in progress, when this function validates both: by the deployment target, or by the alias,
/// which points at the current version before traffic shifts, and at the target version after it.
async fn either(
    ports: &(impl ListDeploymentTargets + GetDeploymentTarget + GetAlias),
    hook: Hook<'_>,
    shift: &Shift,
    deployment_id: &str,
) -> Result<LifecycleEvent, DiscoveryError> {
    let deployment = deployment_id.to_owned();
    let target = match targets::read(ports, deployment_id).await {
        Ok(target) if !shift.agrees_with(&target) => {
            return Err(DiscoveryError::Contradiction {
                deployment,
                app_spec: shift.to_string(),
                target: said_by_target(&target),
            });
        }
        Ok(target) => match targets::in_progress(&target) {
            Some(lifecycle_event) => return Ok(lifecycle_event),
            None => "neither is in progress".to_owned(),
        },
        Err(error) => reason(&error),
    };
    let alias = match ports.get_alias(&shift.function, &shift.alias).await {
        Ok(alias) => match by_alias(shift, &alias) {
            Some(lifecycle_event) => return Ok(lifecycle_event),
            None => format!(
                "it points at version {} with {} other versions weighted",
                alias.function_version,
                alias.additional_version_weights.len()
            ),
        },
        Err(error) => reason(&SourceError::from(error)),
    };
    Err(DiscoveryError::LifecycleEvent {
        deployment,
        function: hook.function_name.to_owned(),
        target,
        alias,
    })
}

fn by_alias(shift: &Shift, alias: &Alias) -> Option<LifecycleEvent> {
    if !alias.additional_version_weights.is_empty() {
        None
    } else if alias.function_version == shift.current_version {
        Some(LifecycleEvent::BeforeAllowTraffic)
    } else if alias.function_version == shift.target_version {
        Some(LifecycleEvent::AfterAllowTraffic)
    } else {
        None
    }
}

/// What the deployment target says, when the AppSpec says nothing.
async fn by_target(
    ports: &(impl ListDeploymentTargets + GetDeploymentTarget),
    deployment_id: &str,
    app_spec: &SourceError,
) -> Result<(Shift, Option<LifecycleEvent>), DiscoveryError> {
    let unknown = |error: SourceError| DiscoveryError::Unknown {
        deployment: deployment_id.to_owned(),
        app_spec: reason(app_spec),
        target: reason(&error),
    };
    let target = targets::read(ports, deployment_id).await.map_err(unknown)?;
    if targets::has_ended(&target) {
        return Err(DiscoveryError::Ended {
            deployment: deployment_id.to_owned(),
            how: "by all of its lifecycle events".to_owned(),
        });
    }
    let shift = Shift::of_target(&target).map_err(|error| unknown(SourceError::Shift(error)))?;
    Ok((shift, targets::in_progress(&target)))
}

fn target(lifecycle_event: LifecycleEvent, shift: Shift) -> Target {
    let qualifier = match lifecycle_event {
        LifecycleEvent::BeforeAllowTraffic => &shift.target_version,
        LifecycleEvent::AfterAllowTraffic => &shift.alias,
    };
    Target {
        qualifier: qualifier.clone(),
        address: shift.function.clone(),
        function: shift.function,
        alias: Some(shift.alias),
        current_version: Some(shift.current_version),
        target_version: Some(shift.target_version),
    }
}
