//! Read access, in the shapes of `GetDeployment` and `GetDeploymentTarget`.

use crate::error::ErrorInformation;
use crate::id::DeploymentId;
use crate::lifecycle::LifecycleEvent;
use crate::machine::Deployment;
use crate::rollback::RollbackInfo;
use crate::spec::DeploymentSpec;
use crate::status::DeploymentStatus;
use crate::time::Timestamp;
use crate::weight::Weight;

/// `deploymentOverview`: how many targets are in which state; a Lambda deployment has one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeploymentOverview {
    /// `Pending`.
    pub pending: u64,
    /// `InProgress`.
    pub in_progress: u64,
    /// `Succeeded`.
    pub succeeded: u64,
    /// `Failed`.
    pub failed: u64,
    /// `Skipped`.
    pub skipped: u64,
    /// `Ready`.
    pub ready: u64,
}

/// `lambdaTarget.status`, as far as it occurs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetStatus {
    /// The deployment has not begun.
    Pending,
    /// The deployment is running.
    InProgress,
    /// The deployment succeeded.
    Succeeded,
    /// The deployment failed or was stopped.
    Failed,
}

impl TargetStatus {
    /// The status as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

impl Deployment {
    /// `deploymentId`.
    pub fn id(&self) -> &DeploymentId {
        &self.id
    }

    /// What the deployment was asked to do.
    pub fn spec(&self) -> &DeploymentSpec {
        &self.spec
    }

    /// `deploymentInfo.status`.
    pub fn status(&self) -> DeploymentStatus {
        self.status
    }

    /// `deploymentInfo.errorInformation`; none unless `Failed` or `Stopped`.
    pub fn error_information(&self) -> Option<&ErrorInformation> {
        self.error.as_ref()
    }

    /// `deploymentInfo.createTime`.
    pub fn create_time(&self) -> Timestamp {
        self.created
    }

    /// `deploymentInfo.startTime`; while there is none, the target calls raise `DeploymentNotStartedException`.
    pub fn start_time(&self) -> Option<Timestamp> {
        self.started
    }

    /// `deploymentInfo.completeTime`.
    pub fn complete_time(&self) -> Option<Timestamp> {
        self.completed
    }

    /// `deploymentInfo.rollbackInfo`.
    pub fn rollback_info(&self) -> Option<&RollbackInfo> {
        self.rollback_info.as_ref()
    }

    /// `deploymentInfo.deploymentOverview`; none while the deployment runs.
    pub fn overview(&self) -> Option<DeploymentOverview> {
        match self.status {
            DeploymentStatus::Created | DeploymentStatus::InProgress => None,
            DeploymentStatus::Succeeded => Some(DeploymentOverview {
                succeeded: 1,
                ..Default::default()
            }),
            DeploymentStatus::Failed | DeploymentStatus::Stopped => Some(DeploymentOverview {
                failed: 1,
                ..Default::default()
            }),
        }
    }

    /// `targetId`: `<function>:<alias>`, the only target.
    pub fn target_id(&self) -> String {
        format!("{}:{}", self.spec.function, self.spec.alias)
    }

    /// `lambdaTarget.status`.
    pub fn target_status(&self) -> TargetStatus {
        match self.status {
            DeploymentStatus::Created => TargetStatus::Pending,
            DeploymentStatus::InProgress => TargetStatus::InProgress,
            DeploymentStatus::Succeeded => TargetStatus::Succeeded,
            DeploymentStatus::Failed | DeploymentStatus::Stopped => TargetStatus::Failed,
        }
    }

    /// `lambdaTarget.lastUpdatedAt`: the last change of status, lifecycle event or weight.
    pub fn last_updated_at(&self) -> Timestamp {
        self.updated
    }

    /// `lambdaTarget.lifecycleEvents`, always all three.
    pub fn lifecycle_events(&self) -> &[LifecycleEvent; 3] {
        self.lifecycle.events()
    }

    /// The share of the target version that this deployment has last written to the alias.
    ///
    /// [`Weight::fraction`] of it is `lambdaFunctionInfo.targetVersionWeight`.
    /// A rollback is another deployment and does not change it.
    pub fn weight(&self) -> Weight {
        self.weight
    }
}
