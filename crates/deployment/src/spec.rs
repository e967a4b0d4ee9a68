//! What a deployment is asked to do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::DeploymentConfig;
use crate::lifecycle::LifecycleEventName;

/// A deployment as `CreateDeployment`, the deployment group and the AppSpec together describe it.
///
/// The text fields are not checked on creation: CodeDeploy, too, finds a wrong AppSpec only when the deployment runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentSpec {
    /// `applicationName`.
    pub application: String,
    /// `deploymentGroupName`.
    pub deployment_group: String,
    /// The AppSpec's `Name`: the function that is deployed.
    pub function: String,
    /// The AppSpec's `Alias`.
    pub alias: String,
    /// The AppSpec's `CurrentVersion`, which must be the alias' `FunctionVersion`.
    pub current_version: String,
    /// The AppSpec's `TargetVersion`.
    pub target_version: String,
    /// The AppSpec's `BeforeAllowTraffic` hook: name or ARN of a function.
    pub before_allow_traffic: Option<String>,
    /// The AppSpec's `AfterAllowTraffic` hook: name or ARN of a function.
    pub after_allow_traffic: Option<String>,
    /// How traffic moves.
    pub config: DeploymentConfig,
    /// The alarms of `alarmConfiguration`; empty when it is not enabled.
    pub alarms: Vec<String>,
    /// `ignorePollAlarmFailure`: go on when the alarms cannot be read.
    pub ignore_poll_alarm_failure: bool,
    /// The events of `autoRollbackConfiguration`; empty when it is not enabled.
    pub auto_rollback: BTreeSet<AutoRollbackEvent>,
    /// The deployment group's `serviceRoleArn`.
    pub service_role_arn: String,
    /// `creator`.
    pub creator: Creator,
    /// `description`; empty when there is none.
    pub description: String,
    /// What is wrong with the revision where it is no AppSpec at all; the AppSpec's fields mean nothing then.
    ///
    /// The deployment fails with it when it begins, and is not rolled back: nothing says what to go back to.
    pub appspec_fault: Option<String>,
}

impl DeploymentSpec {
    /// The hook of `event`, if it has one.
    pub fn hook(&self, event: LifecycleEventName) -> Option<&str> {
        match event {
            LifecycleEventName::BeforeAllowTraffic => self.before_allow_traffic.as_deref(),
            LifecycleEventName::AllowTraffic => None,
            LifecycleEventName::AfterAllowTraffic => self.after_allow_traffic.as_deref(),
        }
    }
}

/// An event of `autoRollbackConfiguration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AutoRollbackEvent {
    /// `DEPLOYMENT_FAILURE`: it ended as `Failed`.
    DeploymentFailure,
    /// `DEPLOYMENT_STOP_ON_ALARM`: an alarm stopped it.
    DeploymentStopOnAlarm,
    /// `DEPLOYMENT_STOP_ON_REQUEST`: `StopDeployment` stopped it.
    DeploymentStopOnRequest,
}

impl AutoRollbackEvent {
    /// All of them, which is what SAM configures.
    pub const ALL: [Self; 3] = [
        Self::DeploymentFailure,
        Self::DeploymentStopOnAlarm,
        Self::DeploymentStopOnRequest,
    ];

    /// The event as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeploymentFailure => "DEPLOYMENT_FAILURE",
            Self::DeploymentStopOnAlarm => "DEPLOYMENT_STOP_ON_ALARM",
            Self::DeploymentStopOnRequest => "DEPLOYMENT_STOP_ON_REQUEST",
        }
    }
}

/// Who created a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Creator {
    /// A caller of `CreateDeployment`, CloudFormation among them.
    User,
    /// An automatic rollback.
    CodeDeployRollback,
}

impl Creator {
    /// The creator as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::CodeDeployRollback => "codeDeployRollback",
        }
    }
}
