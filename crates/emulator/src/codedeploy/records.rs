//! What CodeDeploy keeps of applications, deployment groups, configurations, revisions and deployments.

use std::collections::{BTreeMap, BTreeSet};

use deployment::{AutoRollbackEvent, Deployment, DeploymentConfig, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::permissions::Principal;

/// `computePlatform`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ComputePlatform {
    Server,
    Lambda,
    #[serde(rename = "ECS")]
    Ecs,
}

/// An application; its key is its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Application {
    pub(super) id: String,
    pub(super) compute_platform: ComputePlatform,
    pub(super) created: Timestamp,
    pub(super) tags: BTreeMap<String, String>,
}

/// A deployment group on the Lambda platform; its key is its application's id and its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DeploymentGroup {
    pub(super) id: String,
    pub(super) settings: GroupSettings,
    pub(super) tags: BTreeMap<String, String>,
    /// The last deployment that succeeded.
    pub(super) last_successful: Option<String>,
    /// What that deployment deployed.
    pub(super) target_revision: Option<RevisionKey>,
}

/// What `UpdateDeploymentGroup` can change of a deployment group, beside its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupSettings {
    /// `deploymentConfigName`.
    pub(crate) config_name: String,
    pub(crate) alarms: AlarmConfiguration,
    pub(crate) auto_rollback: AutoRollbackConfiguration,
    pub(crate) service_role: ServiceRole,
    /// `triggerConfigurations`; nothing is sent.
    pub(crate) triggers: Vec<TriggerConfig>,
}

/// `alarmConfiguration`, as it is written and read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AlarmConfiguration {
    pub(crate) enabled: bool,
    pub(crate) ignore_poll_alarm_failure: bool,
    pub(crate) alarms: Vec<Alarm>,
}

impl AlarmConfiguration {
    /// The names of the alarms that are watched.
    pub(super) fn watched(&self) -> Vec<String> {
        let alarms = self.alarms.iter().filter(|_| self.enabled);
        alarms.map(|alarm| alarm.name.clone()).collect()
    }
}

/// One alarm of an `alarmConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Alarm {
    pub(crate) name: String,
}

/// `autoRollbackConfiguration`, as it is written and read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AutoRollbackConfiguration {
    pub(crate) enabled: bool,
    pub(crate) events: Vec<String>,
}

impl AutoRollbackConfiguration {
    /// Every event, as SAM configures it.
    pub(crate) fn all() -> Self {
        let events = AutoRollbackEvent::ALL.map(|event| event.as_str().to_owned());
        Self {
            enabled: true,
            events: events.into(),
        }
    }

    /// The events that lead to a rollback.
    pub(super) fn active(&self) -> BTreeSet<AutoRollbackEvent> {
        let events = AutoRollbackEvent::ALL.into_iter();
        events
            .filter(|event| self.enabled && self.events.iter().any(|name| name == event.as_str()))
            .collect()
    }
}

/// One trigger of a deployment group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TriggerConfig {
    pub(crate) trigger_name: String,
    pub(crate) trigger_target_arn: String,
    pub(crate) trigger_events: Vec<String>,
}

/// The role with which CodeDeploy calls Lambda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServiceRole {
    pub(crate) arn: String,
}

impl ServiceRole {
    /// Whom Lambda sees: a session of the role.
    pub(super) fn principal(&self) -> Principal {
        Principal::Session {
            role_arn: self.arn.clone(),
            session: "codedeploy".to_owned(),
        }
    }
}

/// A deployment configuration that a client has created; its key is its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CustomConfig {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) config: DeploymentConfig,
}

/// `revisionType`, as far as the Lambda platform deploys it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum RevisionType {
    String,
    AppSpecContent,
}

/// Which revision: the type and the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct RevisionKey {
    pub(super) revision_type: RevisionType,
    /// SHA-256 of the content, in lower-case hexadecimal digits.
    pub(super) sha256: String,
}

impl RevisionKey {
    pub(super) fn of(revision_type: RevisionType, content: &str) -> Self {
        let hash = Sha256::digest(content.as_bytes());
        Self {
            revision_type,
            sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// A revision that an application knows; its key is the application's id and the revision's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Revision {
    pub(super) content: String,
    pub(super) description: Option<String>,
    pub(super) registered: Timestamp,
    pub(super) first_used: Option<Timestamp>,
    pub(super) last_used: Option<Timestamp>,
}

/// A deployment; its key is its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    /// One more than that of the deployment before it.
    pub(super) number: u64,
    pub(super) application_id: String,
    pub(super) group_id: String,
    pub(super) deployment: Deployment,
    pub(super) revision: RevisionKey,
    /// What the group had last deployed when this was created.
    pub(super) previous_revision: Option<RevisionKey>,
    pub(super) service_role: ServiceRole,
    pub(super) auto_rollback: AutoRollbackConfiguration,
    pub(super) override_alarms: Option<AlarmConfiguration>,
}
