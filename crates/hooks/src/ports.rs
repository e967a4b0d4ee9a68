//! The AWS calls that the gate makes, one trait each, so that it can be tested without AWS.

use checks::Verdict;
use std::collections::HashMap;

/// Why a call to AWS did not give what was asked for.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{action} failed: {message}")]
pub struct CallError {
    /// The action as IAM spells it, for example `codedeploy:GetDeployment`.
    pub action: &'static str,
    /// What kind of failure it is.
    pub kind: CallErrorKind,
    /// AWS's error code and message, or what happened to the connection.
    pub message: String,
}

/// What is done about a failed call depends on this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// What was asked for does not exist.
    NotFound,
    /// IAM refused. It is eventually consistent, so this may pass.
    AccessDenied,
    /// Too many calls, or too many concurrent executions.
    Throttled,
    /// The function version is still being made ready.
    NotReady,
    /// The service answered with its own error (5xx).
    Unavailable,
    /// No connection could be opened, so nothing was sent.
    NotSent,
    /// The connection was lost, no answer came in time, or what came is not AWS's; what was called may have happened.
    NoAnswer,
    /// The service's host name does not exist: it is not offered in this Region.
    NoSuchHost,
    /// `LifecycleEventAlreadyCompletedException`: CodeDeploy has a status for this lifecycle event.
    AlreadyCompleted,
    /// Any other refusal; the same call would be refused again.
    Refused,
}

/// The part of CodeDeploy's `DeploymentInfo` that leads to the AppSpec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deployment {
    pub(crate) application: String,
    /// CodeDeploy's `DeploymentStatus`: `InProgress` while a hook runs, `Succeeded`, `Failed` or `Stopped` after it.
    pub(crate) status: Option<String>,
    /// `Lambda`, `ECS` or `Server`; absent in answers of old deployments.
    pub(crate) compute_platform: Option<String>,
    pub(crate) revision: Option<RevisionLocation>,
    /// Whether CodeDeploy began it to roll another deployment back.
    pub(crate) is_rollback: bool,
}

/// CodeDeploy's `RevisionLocation`: where the AppSpec of a deployment is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RevisionLocation {
    /// `String`, which CloudFormation writes, `AppSpecContent`, `S3` or `GitHub`.
    pub(crate) revision_type: String,
    /// The AppSpec itself, where the type has it inline; `GetDeployment` leaves it out.
    pub(crate) content: Option<String>,
    /// The hash of the content, by which `GetApplicationRevision` finds it.
    pub(crate) sha256: Option<String>,
}

/// CodeDeploy's `LambdaTarget`: what a deployment does to its one function, and how far it is.
///
/// Every member of it is optional in CodeDeploy's service model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeploymentTarget {
    pub(crate) function: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) current_version: Option<String>,
    pub(crate) target_version: Option<String>,
    /// Names and statuses (`Pending`, `InProgress`, `Succeeded`, `Failed`, `Skipped`, `Unknown`), in order.
    pub(crate) lifecycle_events: Vec<(String, String)>,
    /// When the lifecycle event `AllowTraffic` began, in seconds since 1970.
    pub(crate) allow_traffic_start: Option<i64>,
    /// When it ended.
    pub(crate) allow_traffic_end: Option<i64>,
}

/// The part of Lambda's `AliasConfiguration` that says where traffic goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// `FunctionVersion`.
    pub function_version: String,
    /// `RoutingConfig.AdditionalVersionWeights`: version to share of the traffic, 0 to 1.
    pub additional_version_weights: HashMap<String, f64>,
}

/// A synchronous invocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvokeRequest<'a> {
    /// Lambda's `FunctionName` parameter: a name or an unqualified ARN.
    pub(crate) function: &'a str,
    /// A version or an alias; none is `$LATEST`, for which IAM asks by the unqualified ARN.
    pub(crate) qualifier: Option<&'a str>,
    pub(crate) payload: &'a str,
    /// The client context as JSON; the adapter encodes it.
    pub(crate) client_context: &'a str,
    /// Whether the answer shall have the end of the function's log (`LogType: Tail`).
    pub(crate) log_tail: bool,
}

/// What a synchronous invocation answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct InvokeResponse {
    pub(crate) payload: Vec<u8>,
    pub(crate) function_error: Option<String>,
    pub(crate) executed_version: Option<String>,
    /// The last 4 KB of the function's log, where they were asked for, in base64 (`LogResult`).
    pub(crate) log_tail: Option<String>,
}

/// CloudWatch's `MetricStat`: one statistic of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricStat {
    /// For example `AWS/Lambda`.
    pub(crate) namespace: &'static str,
    pub(crate) metric_name: &'static str,
    /// Names and values.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// In seconds.
    pub(crate) period: i32,
    /// For example `Sum`.
    pub(crate) stat: &'static str,
}

/// What `GetMetricData` is asked for. The `Id` of a query is its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricDataRequest {
    /// At most 500 ("GetMetricData", CloudWatch API Reference).
    pub(crate) queries: Vec<MetricStat>,
    /// `StartTime`, which is included, in seconds since 1970.
    pub(crate) start: i64,
    /// `EndTime`, which is not included.
    pub(crate) end: i64,
}

/// One page of `GetMetricData`'s answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MetricDataPage {
    pub(crate) results: Vec<MetricDataResult>,
    /// About the whole request, `code: value`.
    pub(crate) messages: Vec<String>,
    pub(crate) next_token: Option<String>,
}

/// CloudWatch's `MetricDataResult`: what one page has of one query.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MetricDataResult {
    /// The query's index; `None` where the answer has an `Id` that was not given.
    pub(crate) query: Option<usize>,
    /// `Complete`, `PartialData`, `InternalError` or `Forbidden`.
    pub(crate) status_code: String,
    /// `code: value`.
    pub(crate) messages: Vec<String>,
    /// In seconds since 1970, as many as there are values.
    pub(crate) timestamps: Vec<i64>,
    pub(crate) values: Vec<f64>,
}

/// One page of names or ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NamePage {
    pub(crate) names: Vec<String>,
    pub(crate) next_token: Option<String>,
}

/// CloudWatch's `MetricDatum`: one value without a unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MetricDatum {
    pub(crate) metric_name: &'static str,
    /// Names and values.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// In seconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) value: f64,
}

pub(crate) trait ListDeploymentGroups {
    /// `codedeploy:ListDeploymentGroups`: the page that `next_token` names, or the first.
    fn list_deployment_groups(
        &self,
        application: &str,
        next_token: Option<&str>,
    ) -> impl Future<Output = Result<NamePage, CallError>> + Send;
}

pub(crate) trait ListDeployments {
    /// `codedeploy:ListDeployments`: ids of those that have one of these `DeploymentStatus`es, or of all, the newest first.
    fn list_deployments(
        &self,
        application: &str,
        group: &str,
        include_only_statuses: &[&str],
        next_token: Option<&str>,
    ) -> impl Future<Output = Result<NamePage, CallError>> + Send;
}

pub(crate) trait GetDeployment {
    /// `codedeploy:GetDeployment`.
    fn get_deployment(
        &self,
        deployment_id: &str,
    ) -> impl Future<Output = Result<Deployment, CallError>> + Send;
}

pub(crate) trait GetApplicationRevision {
    /// `codedeploy:GetApplicationRevision`: the same revision, with its content.
    fn get_application_revision(
        &self,
        application: &str,
        revision: &RevisionLocation,
    ) -> impl Future<Output = Result<Option<RevisionLocation>, CallError>> + Send;
}

pub(crate) trait ListDeploymentTargets {
    /// `codedeploy:ListDeploymentTargets`: the ids of the deployment's targets.
    fn list_deployment_targets(
        &self,
        deployment_id: &str,
    ) -> impl Future<Output = Result<Vec<String>, CallError>> + Send;
}

pub(crate) trait GetDeploymentTarget {
    /// `codedeploy:GetDeploymentTarget`.
    fn get_deployment_target(
        &self,
        deployment_id: &str,
        target_id: &str,
    ) -> impl Future<Output = Result<DeploymentTarget, CallError>> + Send;
}

pub(crate) trait DescribeSchema {
    /// `schemas:DescribeSchema`: the schema's `Content`.
    fn describe_schema(
        &self,
        registry: &str,
        schema: &str,
    ) -> impl Future<Output = Result<String, CallError>> + Send;
}

pub(crate) trait GetAlias {
    /// `lambda:GetAlias`.
    fn get_alias(
        &self,
        function: &str,
        alias: &str,
    ) -> impl Future<Output = Result<Alias, CallError>> + Send;
}

pub(crate) trait InvokeFunction {
    /// `lambda:InvokeFunction`, once: no retries below this.
    fn invoke_function(
        &self,
        request: InvokeRequest<'_>,
    ) -> impl Future<Output = Result<InvokeResponse, CallError>> + Send;
}

pub(crate) trait PutLifecycleEventHookExecutionStatus {
    /// `codedeploy:PutLifecycleEventHookExecutionStatus`, once: no retries below this.
    fn put_lifecycle_event_hook_execution_status(
        &self,
        deployment_id: &str,
        lifecycle_event_hook_execution_id: &str,
        verdict: Verdict,
    ) -> impl Future<Output = Result<(), CallError>> + Send;
}

pub(crate) trait GetMetricData {
    /// `cloudwatch:GetMetricData`: the page that `next_token` names, or the first.
    fn get_metric_data(
        &self,
        request: &MetricDataRequest,
        next_token: Option<&str>,
    ) -> impl Future<Output = Result<MetricDataPage, CallError>> + Send;
}

pub(crate) trait PutMetricData {
    /// `cloudwatch:PutMetricData`, once: no retries below this. At most 1,000 data ("PutMetricData", CloudWatch API
    /// Reference).
    fn put_metric_data(
        &self,
        namespace: &'static str,
        data: &[MetricDatum],
    ) -> impl Future<Output = Result<(), CallError>> + Send;
}

/// All that a gate makes.
pub(crate) trait Ports:
    GetDeployment
    + GetApplicationRevision
    + ListDeploymentTargets
    + GetDeploymentTarget
    + DescribeSchema
    + GetAlias
    + GetMetricData
    + InvokeFunction
    + PutLifecycleEventHookExecutionStatus
    + Sync
{
}

impl<T> Ports for T where
    T: GetDeployment
        + GetApplicationRevision
        + ListDeploymentTargets
        + GetDeploymentTarget
        + DescribeSchema
        + GetAlias
        + GetMetricData
        + InvokeFunction
        + PutLifecycleEventHookExecutionStatus
        + Sync
{
}
