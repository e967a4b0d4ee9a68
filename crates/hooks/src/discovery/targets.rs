//! The second source: the deployment's one target, which also knows how far the deployment is.

use super::error::SourceError;
use crate::lifecycle_event::LifecycleEvent;
use crate::ports::{DeploymentTarget, GetDeploymentTarget, ListDeploymentTargets};

/// The target of a Lambda deployment.
pub(crate) async fn read(
    codedeploy: &(impl ListDeploymentTargets + GetDeploymentTarget),
    deployment_id: &str,
) -> Result<DeploymentTarget, SourceError> {
    let ids = codedeploy.list_deployment_targets(deployment_id).await?;
    let [id] = ids.as_slice() else {
        return Err(SourceError::Targets(ids.len()));
    };
    Ok(codedeploy.get_deployment_target(deployment_id, id).await?)
}

/// The lifecycle event that a hook validates now.
pub(super) fn in_progress(target: &DeploymentTarget) -> Option<LifecycleEvent> {
    target
        .lifecycle_events
        .iter()
        .filter(|(_, status)| status == "InProgress")
        .find_map(|(name, _)| LifecycleEvent::named(name))
}

/// Whether every lifecycle event is over, so that no hook can be asked for anything.
pub(crate) fn has_ended(target: &DeploymentTarget) -> bool {
    let events = &target.lifecycle_events;
    let over = |status: &str| matches!(status, "Succeeded" | "Failed" | "Skipped");
    !events.is_empty() && events.iter().all(|(_, status)| over(status))
}
