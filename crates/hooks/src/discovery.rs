//! From the deployment's id to what it deploys.
//!
//! `GetDeployment` names the application and the revision, `GetApplicationRevision` gives the revision's content,
//! and the content is the AppSpec: the way that published hooks go, and that works while the hook runs.
//! `GetDeployment` alone is not enough: "the content of an AppSpec file" is always null in its answer
//! (CodeDeploy API Reference, `GetDeployment`).

use crate::app_spec::{self, AppSpec, AppSpecError};
use crate::lifecycle_event::LifecycleEvent;
use crate::ports::{CallError, GetApplicationRevision, GetDeployment};
use crate::target::Target;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoveryError {
    #[error("cannot find out what deployment {deployment} deploys")]
    Call {
        deployment: String,
        source: CallError,
    },
    #[error("deployment {deployment} is for the compute platform {platform}, not Lambda")]
    NotLambda {
        deployment: String,
        platform: String,
    },
    #[error("deployment {0} has no revision")]
    NoRevision(String),
    #[error(
        "the revision of deployment {deployment} is of type `{revision_type}`, which this version does not read (set GATE_TARGET)"
    )]
    RevisionType {
        deployment: String,
        revision_type: String,
    },
    #[error("the revision of deployment {0} has no content")]
    NoContent(String),
    #[error("cannot tell what deployment {deployment} deploys")]
    AppSpec {
        deployment: String,
        source: AppSpecError,
    },
}

/// Finds the target of the deployment.
pub(crate) async fn discover(
    codedeploy: &(impl GetDeployment + GetApplicationRevision),
    hook: LifecycleEvent,
    deployment_id: &str,
) -> Result<Target, DiscoveryError> {
    let id = || deployment_id.to_owned();
    let failed = |source| DiscoveryError::Call {
        deployment: id(),
        source,
    };
    let deployment = codedeploy
        .get_deployment(deployment_id)
        .await
        .map_err(failed)?;
    if let Some(platform) = deployment.compute_platform.filter(|name| name != "Lambda") {
        return Err(DiscoveryError::NotLambda {
            deployment: id(),
            platform,
        });
    }
    let revision = deployment
        .revision
        .ok_or_else(|| DiscoveryError::NoRevision(id()))?;
    if !matches!(revision.revision_type.as_str(), "String" | "AppSpecContent") {
        return Err(DiscoveryError::RevisionType {
            deployment: id(),
            revision_type: revision.revision_type,
        });
    }
    let revision = codedeploy
        .get_application_revision(&deployment.application, &revision)
        .await
        .map_err(failed)?;
    let text = revision
        .and_then(|revision| revision.content)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| DiscoveryError::NoContent(id()))?;
    let spec = app_spec::parse(&text).map_err(|source| DiscoveryError::AppSpec {
        deployment: id(),
        source,
    })?;
    Ok(target(hook, spec))
}

fn target(hook: LifecycleEvent, spec: AppSpec) -> Target {
    let qualifier = match hook {
        LifecycleEvent::BeforeAllowTraffic => &spec.target_version,
        LifecycleEvent::AfterAllowTraffic => &spec.alias,
    };
    Target {
        qualifier: qualifier.clone(),
        address: spec.function.clone(),
        function: spec.function,
        alias: Some(spec.alias),
        current_version: Some(spec.current_version),
        target_version: Some(spec.target_version),
    }
}
