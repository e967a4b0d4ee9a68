//! Calls that only read, made again within the time that the hook has for them.

use crate::budget::Budget;
use crate::ports::{
    Alias, CallError, CallErrorKind, Deployment, DeploymentTarget, DescribeSchema, GetAlias,
    GetApplicationRevision, GetDeployment, GetDeploymentTarget, GetMetricData,
    ListDeploymentGroups, ListDeploymentTargets, ListDeployments, MetricDataPage,
    MetricDataRequest, NamePage, RevisionLocation,
};
use crate::retry::{Limits, retry};
use std::time::Duration;

/// CodeDeploy, Schemas and Lambda's control plane answer in milliseconds.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);

/// A service that has turned a call away for so long is not about to take it.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// AWS, read with patience: throttling, 5xx and lost connections are tried again with backoff, for as long as
/// [`Budget::read_by`] gives each call.
#[derive(Debug)]
pub(crate) struct Reads<'a, P> {
    pub(crate) ports: &'a P,
    pub(crate) budget: Budget,
}

impl<P> Reads<'_, P> {
    async fn read<T, F>(
        &self,
        action: &'static str,
        call: impl FnMut() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let limits = Limits {
            until: self.budget.read_by(),
            attempt: Some(LONGEST_ATTEMPT),
            wait: LONGEST_WAIT,
        };
        retry(action, limits, worth_retrying, call).await
    }
}

/// Whether a call that may be made twice is made again.
pub(crate) fn worth_retrying(kind: CallErrorKind) -> bool {
    match kind {
        CallErrorKind::Throttled
        | CallErrorKind::Unavailable
        | CallErrorKind::NotSent
        | CallErrorKind::NoAnswer => true,
        CallErrorKind::NotFound
        | CallErrorKind::NotReady
        | CallErrorKind::AccessDenied
        | CallErrorKind::NoSuchHost
        | CallErrorKind::AlreadyCompleted
        | CallErrorKind::Refused => false,
    }
}

impl<P: GetDeployment + Sync> GetDeployment for Reads<'_, P> {
    async fn get_deployment(&self, deployment_id: &str) -> Result<Deployment, CallError> {
        let call = || self.ports.get_deployment(deployment_id);
        self.read("codedeploy:GetDeployment", call).await
    }
}

impl<P: GetApplicationRevision + Sync> GetApplicationRevision for Reads<'_, P> {
    async fn get_application_revision(
        &self,
        application: &str,
        revision: &RevisionLocation,
    ) -> Result<Option<RevisionLocation>, CallError> {
        let call = || self.ports.get_application_revision(application, revision);
        self.read("codedeploy:GetApplicationRevision", call).await
    }
}

impl<P: ListDeploymentGroups + Sync> ListDeploymentGroups for Reads<'_, P> {
    async fn list_deployment_groups(
        &self,
        application: &str,
        next_token: Option<&str>,
    ) -> Result<NamePage, CallError> {
        let call = || self.ports.list_deployment_groups(application, next_token);
        self.read("codedeploy:ListDeploymentGroups", call).await
    }
}

impl<P: ListDeployments + Sync> ListDeployments for Reads<'_, P> {
    async fn list_deployments(
        &self,
        application: &str,
        group: &str,
        include_only_statuses: &[&str],
        next_token: Option<&str>,
    ) -> Result<NamePage, CallError> {
        let call = || {
            let statuses = include_only_statuses;
            self.ports
                .list_deployments(application, group, statuses, next_token)
        };
        self.read("codedeploy:ListDeployments", call).await
    }
}

impl<P: ListDeploymentTargets + Sync> ListDeploymentTargets for Reads<'_, P> {
    async fn list_deployment_targets(&self, deployment_id: &str) -> Result<Vec<String>, CallError> {
        let call = || self.ports.list_deployment_targets(deployment_id);
        self.read("codedeploy:ListDeploymentTargets", call).await
    }
}

impl<P: GetDeploymentTarget + Sync> GetDeploymentTarget for Reads<'_, P> {
    async fn get_deployment_target(
        &self,
        deployment_id: &str,
        target_id: &str,
    ) -> Result<DeploymentTarget, CallError> {
        let call = || self.ports.get_deployment_target(deployment_id, target_id);
        self.read("codedeploy:GetDeploymentTarget", call).await
    }
}

impl<P: GetAlias + Sync> GetAlias for Reads<'_, P> {
    async fn get_alias(&self, function: &str, alias: &str) -> Result<Alias, CallError> {
        let call = || self.ports.get_alias(function, alias);
        self.read("lambda:GetAlias", call).await
    }
}

impl<P: DescribeSchema + Sync> DescribeSchema for Reads<'_, P> {
    async fn describe_schema(&self, registry: &str, schema: &str) -> Result<String, CallError> {
        let call = || self.ports.describe_schema(registry, schema);
        self.read("schemas:DescribeSchema", call).await
    }
}

impl<P: GetMetricData + Sync> GetMetricData for Reads<'_, P> {
    async fn get_metric_data(
        &self,
        request: &MetricDataRequest,
        next_token: Option<&str>,
    ) -> Result<MetricDataPage, CallError> {
        let call = || self.ports.get_metric_data(request, next_token);
        self.read("cloudwatch:GetMetricData", call).await
    }
}
