//! What a rehearsal needs to know of a stack.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::error::{Note, Place};
use crate::lambda::FunctionPermission;
use crate::permissions::Role;

/// A template with everything resolved.
///
/// Resources whose condition is false are absent. Lists keep the order of the template.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The `AWS::Serverless::Function` resources, at least one unless conditions remove them all.
    pub functions: Vec<Function>,
    /// The `AWS::Lambda::Alias` resources. Those that SAM makes of `AutoPublishAlias` are not among
    /// them, see [`Function::auto_publish_alias`].
    pub aliases: Vec<Alias>,
    /// The `AWS::CloudWatch::Alarm` resources.
    pub alarms: Vec<MetricAlarm>,
    /// The `AWS::Serverless::LayerVersion` resources.
    pub layers: Vec<Layer>,
    /// What invokes the functions at a rate.
    pub schedules: Vec<Schedule>,
    /// The names of the `AWS::Logs::LogGroup` resources.
    pub log_groups: Vec<String>,
    /// The roles of which the template says what they may do: its own, and those that SAM makes.
    pub roles: Vec<Role>,
    /// The `AWS::Lambda::Permission` resources, and those that SAM makes for [schedules](Self::schedules).
    pub permissions: Vec<FunctionPermission>,
    /// What the rehearsal does not do as AWS would.
    pub notes: Vec<Note>,
}

impl Stack {
    /// Whether an alarm can be evaluated in a rehearsal: it is in the template, and watches one metric.
    pub fn watches(&self, alarm: &AlarmRef) -> bool {
        let watched = |known: &MetricAlarm| {
            known.name == alarm.name && matches!(known.rule, AlarmRule::Metric(_))
        };
        self.alarms.iter().any(watched)
    }
}

/// An `AWS::Serverless::Function`, with `Globals` merged in.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The resource's name in the template.
    pub logical_id: String,
    /// `FunctionName`, or a stand-in for the name that CloudFormation would generate.
    pub name: String,
    /// `Runtime`; absent for container images.
    pub runtime: Option<String>,
    /// `Handler`; absent for container images.
    pub handler: Option<String>,
    /// `Timeout`, 1 to 900 s; Lambda's default is 3 s.
    pub timeout: Duration,
    /// `MemorySize` in MB; Lambda's default is 128.
    pub memory_size: u32,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrent_executions: Option<u32>,
    /// `LoggingConfig`.
    pub logging_config: LoggingConfig,
    /// `EventInvokeConfig`, of the alias where there is one.
    pub event_invoke: EventInvoke,
    /// What Lambda's API shows of it, and nothing else does.
    pub shown: Shown,
    /// `Environment.Variables`, without those that only AWS can know (each has a [`Note`]).
    pub environment: IndexMap<String, String>,
    /// `CodeUri` where it is a local path, relative to the template's folder. Absent for inline
    /// code, container images and code in S3 (each has a [`Note`]).
    pub code_uri: Option<PathBuf>,
    /// `Metadata.BuildMethod`, how `sam build` builds the function.
    pub build: Option<BuildMethod>,
    /// The logical ids of those [layers](Stack::layers) that it uses, in the order in which Lambda
    /// lays them over each other. Layers from elsewhere have a [`Note`].
    pub layers: Vec<String>,
    /// `AutoPublishAlias`: each deployment publishes a version and points this alias at it.
    pub auto_publish_alias: Option<String>,
    /// The ARN of the role with which it runs: `Role`, or the one that SAM makes.
    pub role: String,
    /// `DeploymentPreference`, unless it is absent or not enabled.
    pub deployment_preference: Option<DeploymentPreference>,
    /// Where the resource is written.
    pub place: Place,
}

/// The properties of a function that are shown as they are given, and change nothing else here. What only AWS can know
/// is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// `Description`.
    pub description: Option<String>,
    /// `VersionDescription`, of each version that is published.
    pub version_description: Option<String>,
    /// `Tags`, without the one that SAM adds.
    pub tags: BTreeMap<String, String>,
    /// The first of `Architectures`, `x86_64` or `arm64`; Lambda's default is `x86_64`.
    pub architecture: Option<String>,
    /// `Tracing`, `Active` or `PassThrough`.
    pub tracing: Option<String>,
    /// `EphemeralStorage.Size`, 512 to 10240 MB.
    pub ephemeral_storage: Option<u32>,
}

/// How asynchronous invocations are retried; what is absent is Lambda's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventInvoke {
    /// `MaximumRetryAttempts`, 0 to 2.
    pub maximum_retry_attempts: Option<u32>,
    /// `MaximumEventAgeInSeconds`, 60 to 21,600.
    pub maximum_event_age_in_seconds: Option<u32>,
}

/// Where a function's log goes, and in which form Lambda itself writes into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggingConfig {
    /// `LogGroup`, the group's name; Lambda's default is `/aws/lambda/<function name>`. Absent, too, where only AWS can
    /// know it (it has a [`Note`]).
    pub log_group: Option<String>,
    /// `LogFormat`.
    pub log_format: LogFormat,
}

/// In which form Lambda writes the lines that are its own.
/// Source: Lambda API reference, `LoggingConfig`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogFormat {
    /// `Text`, the default.
    #[default]
    Text,
    /// `JSON`.
    Json,
}

impl LogFormat {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Json => "JSON",
        }
    }
}

/// How `sam build` builds a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildMethod {
    /// `BuildMethod`, for Rust `rust-cargolambda`.
    pub method: String,
    /// `BuildProperties.Binary`, the name that goes to `cargo lambda build --bin`.
    pub binary: Option<String>,
}

/// How CodeDeploy shifts traffic to a new version: an enabled `DeploymentPreference`.
///
/// Source: SAM specification; samtranslator/model/preferences/deployment_preference.py.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentPreference {
    /// `Type`: one of [`DEPLOYMENT_TYPES`](super::DEPLOYMENT_TYPES), or the name of a custom
    /// deployment configuration, which SAM passes on as it is.
    pub deployment_type: String,
    /// Where `Type` is written.
    pub type_place: Place,
    /// The alarms that stop the deployment.
    pub alarms: Vec<AlarmRef>,
    /// The function that CodeDeploy invokes as the `BeforeAllowTraffic` hook.
    pub pre_traffic: Option<HookRef>,
    /// The function that CodeDeploy invokes as the `AfterAllowTraffic` hook.
    pub post_traffic: Option<HookRef>,
    /// Whether `Role` is given. The role that SAM makes otherwise, with AWS's managed policy, may
    /// only invoke hooks named `CodeDeployHook_*`.
    pub custom_role: bool,
    /// The ARN of the role with which CodeDeploy deploys.
    pub role: String,
    /// Where the preference is written.
    pub place: Place,
}

/// An alarm of a deployment preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRef {
    /// The alarm's name.
    pub name: String,
    /// Whether it is one of the [stack's alarms](Stack::alarms).
    pub in_template: bool,
    /// Where the deployment preference names it.
    pub place: Place,
}

/// A hook of a deployment preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRef {
    /// The function's name, taken out of its ARN where the template gives that.
    pub function_name: String,
    /// The logical id, if it is one of the [stack's functions](Stack::functions).
    pub in_template: Option<String>,
    /// Where the deployment preference names it.
    pub place: Place,
}

/// An `AWS::Lambda::Alias` of one of the stack's functions.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// The resource's name in the template.
    pub logical_id: String,
    /// The alias's name.
    pub name: String,
    /// The logical id of the function.
    pub function: String,
    /// `$LATEST` or a version number.
    pub function_version: String,
    /// `Description`, which is shown.
    pub description: Option<String>,
    /// A second version and the share of requests that it gets, 0.0 to 1.0.
    pub routing: Option<(String, f64)>,
    /// Where the resource is written.
    pub place: Place,
}

/// An `AWS::CloudWatch::Alarm`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricAlarm {
    /// The resource's name in the template.
    pub logical_id: String,
    /// `AlarmName`, or a stand-in for the name that CloudFormation would generate.
    pub name: String,
    /// What it watches.
    pub rule: AlarmRule,
    /// Where the resource is written.
    pub place: Place,
}

/// What an alarm watches.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmRule {
    /// One metric against a fixed threshold.
    Metric(Box<MetricRule>),
    /// Something that a rehearsal cannot evaluate; the text says what, for example `metric math
    /// (Metrics)`.
    Unsupported(String),
}

/// One metric against a fixed threshold. Nothing is checked here that CloudWatch's `PutMetricAlarm`
/// checks.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRule {
    /// For example `AWS/Lambda`.
    pub namespace: String,
    /// For example `Errors`.
    pub metric_name: String,
    /// Names and values, in the order of the template.
    pub dimensions: IndexMap<String, String>,
    /// `Statistic`, for example `Sum`.
    pub statistic: String,
    /// The length of one evaluated period.
    pub period: Duration,
    /// Over how many periods the alarm looks.
    pub evaluation_periods: u32,
    /// How many of them must breach; all of them where it is absent.
    pub datapoints_to_alarm: Option<u32>,
    /// What the statistic is compared with, in the metric's unit.
    pub threshold: f64,
    /// For example `GreaterThanOrEqualToThreshold`.
    pub comparison_operator: String,
    /// `breaching`, `notBreaching`, `ignore` or `missing`, CloudWatch's default.
    pub treat_missing_data: Option<String>,
}

/// What invokes one of the stack's functions at a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The name of what SAM makes of the event: that of the function and that of the event.
    pub logical_id: String,
    /// `Name`, or a stand-in for the name that CloudFormation would generate.
    pub name: String,
    /// What SAM makes of the event.
    pub kind: ScheduleKind,
    /// The ARN of the rule or schedule.
    pub arn: String,
    /// The logical id of the function.
    pub function: String,
    /// The function's `AutoPublishAlias`, which is what SAM has invoked.
    pub qualifier: Option<String>,
    /// The time between two runs, in whole minutes.
    pub rate: Duration,
    /// Whether it runs.
    pub is_enabled: bool,
    /// `Input`, the JSON text that the function gets instead of an event that says when it was due.
    pub input: Option<String>,
}

/// What SAM makes of a function's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScheduleKind {
    /// Of `Schedule`, an `AWS::Events::Rule`.
    Rule,
    /// Of `ScheduleV2`, an `AWS::Scheduler::Schedule`.
    Schedule,
}

/// An `AWS::Serverless::LayerVersion`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The resource's name in the template.
    pub logical_id: String,
    /// The local folder, relative to the template's folder.
    pub content_uri: PathBuf,
    /// Where the resource is written.
    pub place: Place,
}
