//! Rollback: a new deployment that takes the alias back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::DeploymentConfig;
use crate::id::DeploymentId;
use crate::machine::Deployment;
use crate::spec::{Creator, DeploymentSpec};
use crate::time::Timestamp;

/// `deploymentInfo.rollbackInfo`; one of the two ids is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackInfo {
    /// `rollbackDeploymentId`, on the deployment that is rolled back.
    pub rollback_deployment_id: Option<DeploymentId>,
    /// `rollbackTriggeringDeploymentId`, on the rollback.
    pub rollback_triggering_deployment_id: Option<DeploymentId>,
    /// `rollbackMessage`.
    pub rollback_message: String,
}

impl Deployment {
    /// Does [`Action::StartRollback`](crate::Action::StartRollback): creates the rollback of `original` and links the two.
    ///
    /// The rollback is a deployment from the original's target version to its current version, all at once,
    /// without hooks, alarms, or a rollback of its own; drive it like any other.
    /// `None` when `original` has asked for no rollback, or already has one.
    pub fn rollback_of(original: &mut Self, id: DeploymentId, now: Timestamp) -> Option<Self> {
        if !original.rollback_due {
            return None;
        }
        original.rollback_due = false;
        let mut rollback = Self::new(rollback_spec(&original.spec), id, now);
        rollback.rollback_info = Some(RollbackInfo {
            rollback_deployment_id: None,
            rollback_triggering_deployment_id: Some(original.id.clone()),
            rollback_message: format!(
                "Deployment {} is triggered to roll back deployment {}.",
                rollback.id, original.id
            ),
        });
        original.rollback_info = Some(RollbackInfo {
            rollback_deployment_id: Some(rollback.id.clone()),
            rollback_triggering_deployment_id: None,
            rollback_message: format!(
                "Deployment {} terminated. Automatic rollback is triggered with a DeploymentId {}.",
                original.id, rollback.id
            ),
        });
        Some(rollback)
    }

    /// Whether this deployment is the automatic rollback of another one.
    pub fn is_rollback(&self) -> bool {
        self.rollback_info
            .as_ref()
            .is_some_and(|info| info.rollback_triggering_deployment_id.is_some())
    }
}

fn rollback_spec(original: &DeploymentSpec) -> DeploymentSpec {
    DeploymentSpec {
        current_version: original.target_version.clone(),
        target_version: original.current_version.clone(),
        before_allow_traffic: None,
        after_allow_traffic: None,
        config: DeploymentConfig::lambda_all_at_once(),
        alarms: Vec::new(),
        auto_rollback: BTreeSet::new(),
        creator: Creator::CodeDeployRollback,
        description: String::new(),
        appspec_fault: None,
        ..original.clone()
    }
}
