//! The first source: the deployment's revision, whose content is the AppSpec.
//!
//! `GetDeployment` names the application and the revision, `GetApplicationRevision` gives the revision's content.
//! `GetDeployment` alone is not enough: "the content of an AppSpec file" is always null in its answer
//! (CodeDeploy API Reference, `GetDeployment`).

use super::error::{DiscoveryError, SourceError};
use crate::app_spec::{AppSpec, AppSpecError};
use crate::ports::{Deployment, GetApplicationRevision, GetDeployment};

/// The deployment's AppSpec, or why the deployment does not give one.
///
/// # Errors
///
/// The deployment is over, or deploys what is no version of a Lambda function: another source would not change that.
pub(super) async fn app_spec(
    codedeploy: &(impl GetDeployment + GetApplicationRevision),
    deployment_id: &str,
) -> Result<Result<AppSpec, SourceError>, DiscoveryError> {
    let deployment = match codedeploy.get_deployment(deployment_id).await {
        Ok(deployment) => deployment,
        Err(error) => return Ok(Err(error.into())),
    };
    check(&deployment, deployment_id)?;
    match content(codedeploy, deployment).await {
        Ok(text) => match AppSpec::parse(&text) {
            Err(source @ (AppSpecError::NotAFunction(_) | AppSpecError::Value { .. })) => {
                Err(DiscoveryError::AppSpec {
                    deployment: deployment_id.to_owned(),
                    source,
                })
            }
            read => Ok(read.map_err(SourceError::AppSpec)),
        },
        Err(error) => Ok(Err(error)),
    }
}

fn check(deployment: &Deployment, id: &str) -> Result<(), DiscoveryError> {
    let platform = deployment.compute_platform.as_deref();
    if let Some(platform) = platform.filter(|name| *name != "Lambda") {
        return Err(DiscoveryError::NotLambda {
            deployment: id.to_owned(),
            platform: platform.to_owned(),
        });
    }
    match deployment.status.as_deref() {
        Some(status @ ("Succeeded" | "Failed" | "Stopped")) => Err(DiscoveryError::Ended {
            deployment: id.to_owned(),
            how: status.to_owned(),
        }),
        _ => Ok(()),
    }
}

async fn content(
    codedeploy: &impl GetApplicationRevision,
    deployment: Deployment,
) -> Result<String, SourceError> {
    let revision = deployment
        .revision
        .ok_or(SourceError::Missing("the deployment has no revision"))?;
    if !matches!(revision.revision_type.as_str(), "String" | "AppSpecContent") {
        return Err(SourceError::Elsewhere(revision.revision_type));
    }
    let revision = codedeploy
        .get_application_revision(&deployment.application, &revision)
        .await?;
    revision
        .and_then(|revision| revision.content)
        .filter(|text| !text.trim().is_empty())
        .ok_or(SourceError::Missing("the revision has no content"))
}
