//! CodeDeploy for Lambda: deployment groups, deployments, and what they do to the other services.
//!
//! The course of a deployment is the `deployment` crate's; here its actions meet Lambda and CloudWatch.

mod api;
mod appspec;
mod drive;

pub(crate) use api::call;
pub(crate) use appspec::AppSpec;
pub(crate) use drive::{create_deployment, pass_time, repeat_lost_hooks};

use std::collections::BTreeSet;

use deployment::{Deployment, DeploymentConfig, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kept::{Collections, Kept};
use appspec::Revision;

/// The account's applications, groups and deployments.
#[derive(Debug, Default)]
pub(crate) struct CodeDeploy {
    groups: Kept<(String, String), DeploymentGroup>,
    deployments: Kept<String, Run>,
    /// The deployments that have not ended: only these have anything due.
    active: BTreeSet<String>,
}

/// A deployment group on the Lambda platform.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DeploymentGroup {
    pub(crate) application: String,
    pub(crate) name: String,
    pub(crate) config: DeploymentConfig,
    pub(crate) alarms: Vec<String>,
    pub(crate) service_role: ServiceRole,
}

/// The role with which CodeDeploy calls Lambda.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServiceRole {
    pub(crate) arn: String,
    /// Whether it is SAM's, whose managed policy (`AWSCodeDeployRoleForLambda`) allows invoking only functions
    /// named `CodeDeployHook_…`. Of a role that the template gives, nothing is known.
    pub(crate) managed: bool,
}

impl ServiceRole {
    fn may_invoke(&self, function: &str) -> bool {
        !self.managed || function.starts_with("CodeDeployHook_")
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Run {
    deployment: Deployment,
    revision: Revision,
    service_role: ServiceRole,
}

impl CodeDeploy {
    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            groups,
            deployments,
            active: _,
        } = self;
        vec![
            ("codedeploy-groups", groups),
            ("codedeploy-deployments", deployments),
        ]
    }

    /// Finds out from the records what else there is to know.
    pub(crate) fn loaded(&mut self) {
        let is_active = |run: &Run| !run.deployment.status().is_terminal();
        let active = self.deployments.iter().filter(|(_, run)| is_active(run));
        self.active = active.map(|(id, _)| id.clone()).collect();
    }

    pub(crate) fn put_group(&mut self, group: DeploymentGroup) {
        self.groups
            .insert((group.application.clone(), group.name.clone()), group);
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.active
            .iter()
            .filter_map(|id| self.deployments.get(id)?.deployment.next_due())
            .min()
    }

    /// The deployments that have something due at `now`, in the order of their ids.
    fn due(&self, now: Timestamp) -> Vec<String> {
        let next_due = |id: &String| self.deployments.get(id)?.deployment.next_due();
        let is_due = |id: &&String| next_due(id).is_some_and(|due| due <= now);
        self.active.iter().filter(is_due).cloned().collect()
    }

    pub(crate) fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.get(id).map(|run| &run.deployment)
    }

    /// Whether any deployment has not ended.
    pub(crate) fn is_active(&self) -> bool {
        !self.active.is_empty()
    }
}
