//! What `sam deploy` has CloudFormation do with a stack: functions, versions, alarms, aliases and, where an alias
//! is gated, a CodeDeploy deployment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deployment::{DeploymentConfig, TrafficStep};
use serde_json::{Value, json};

use crate::ServiceError;
use crate::codedeploy::{
    self, Alarm, AlarmConfiguration, AppSpec, AutoRollbackConfiguration, GroupSettings,
    NewDeployment, RevisionType, ServiceRole,
};
use crate::execution::{CodeError, CodeStore, LayerContent, Program};
use crate::lambda::{
    AliasUpdate, EventInvokeConfig, FunctionConfiguration, FunctionRef, Version, check_variables,
};
use crate::schedules;
use crate::shared::State;
use crate::template;
use crate::template::{
    AlarmRule, DeploymentPreference, EventInvoke, Function, MetricAlarm, MetricRule, Shown, Stack,
    suggest,
};

/// SAM's logical id of the one CodeDeploy application of a stack.
const APPLICATION: &str = template::APPLICATION;

/// The tag that SAM gives every function (samtranslator/model/sam_resources.py).
const SAM_TAG: (&str, &str) = ("lambda:createdBy", "SAM");

/// What a function is deployed with.
#[derive(Clone, Debug)]
pub struct Code<'a> {
    /// The program of each function, by logical id; functions without one are not deployed.
    pub programs: &'a BTreeMap<String, Program>,
    /// What the template's relative paths are relative to.
    pub template_directory: &'a Path,
}

/// What became of a function's `AutoPublishAlias`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AliasChange {
    /// The alias is new. CloudFormation creates it without CodeDeploy, so that no hook runs.
    Created,
    /// Code and configuration are those that were deployed last, whatever came of it, or the version is the one that
    /// the alias has: nothing to deploy.
    Unchanged,
    /// The alias was moved at once: the function has no `DeploymentPreference`.
    Moved,
    /// CodeDeploy moves it, in this deployment.
    Deployment(String),
}

/// Why a stack cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A function's code is unusable.
    #[error("the code of {function} cannot be used")]
    Code {
        /// Its logical id.
        function: String,
        /// Why.
        source: CodeError,
    },
    /// A service refused what the template asks for.
    #[error("{resource} is refused")]
    Refused {
        /// The resource's logical id.
        resource: String,
        /// The service's answer.
        source: ServiceError,
    },
    /// An alias of the template that SAM makes, too.
    #[error(
        "{place}: Alias already exists: {alias} is the AutoPublishAlias of {function}; rename one of them"
    )]
    AliasExists {
        /// Where the template has it.
        place: String,
        /// The alias.
        alias: String,
        /// The function's logical id.
        function: String,
    },
    /// A deployment configuration that is not one of CodeDeploy's own.
    #[error(
        "{place}: {deployment_type:?} is not a deployment type of SAM's, and the steps of a custom deployment \
         configuration are not known here{hint}"
    )]
    UnknownDeploymentType {
        /// Where the template says so.
        place: String,
        /// The type.
        deployment_type: String,
        /// `; did you mean …?`, or nothing.
        hint: String,
    },
}

/// Checks what can be checked before anything is built.
///
/// # Errors
/// [`StackError::UnknownDeploymentType`], [`StackError::AliasExists`].
pub fn check(stack: &Stack) -> Result<(), StackError> {
    for function in &stack.functions {
        function
            .deployment_preference
            .as_ref()
            .map(config)
            .transpose()?;
        let same = |alias: &&template::Alias| {
            alias.function == function.logical_id
                && Some(&alias.name) == function.auto_publish_alias.as_ref()
        };
        if let Some(alias) = stack.aliases.iter().find(same) {
            return Err(StackError::AliasExists {
                place: alias.place.to_string(),
                alias: alias.name.clone(),
                function: function.logical_id.clone(),
            });
        }
    }
    Ok(())
}

/// The traffic steps of a deployment: when each begins, counted from the start of `AllowTraffic`, and its weight.
///
/// # Errors
/// [`StackError::UnknownDeploymentType`].
pub fn traffic_steps(preference: &DeploymentPreference) -> Result<Vec<TrafficStep>, StackError> {
    config(preference).map(|config| config.schedule())
}

fn config(preference: &DeploymentPreference) -> Result<DeploymentConfig, StackError> {
    let name = &preference.deployment_type;
    DeploymentConfig::from_sam_type(name)
        .or_else(|| DeploymentConfig::predefined(name))
        .ok_or_else(|| StackError::UnknownDeploymentType {
            place: preference.type_place.to_string(),
            deployment_type: name.clone(),
            hint: suggest(name)
                .map_or_else(String::new, |closest| format!("; did you mean {closest}?")),
        })
}

/// Creates or updates the functions and publishes their versions; the version of each, by logical id.
pub(crate) fn publish(
    state: &mut State,
    store: &CodeStore,
    stack: &Stack,
    code: &Code<'_>,
) -> Result<BTreeMap<String, String>, StackError> {
    // First of all, because another function may take over what is free then.
    for function in &stack.functions {
        if function.reserved_concurrent_executions.is_none() {
            state.lambda.end_templates_reservation(&function.name);
        }
    }
    let mut versions = BTreeMap::new();
    for function in &stack.functions {
        let Some(program) = code.programs.get(&function.logical_id) else {
            continue;
        };
        let unusable = |source| StackError::Code {
            function: function.logical_id.clone(),
            source,
        };
        check_variables(&function.environment).map_err(refused(&function.logical_id))?;
        let opt = layer_content(store, stack, function, code).map_err(unusable)?;
        let logging = &function.logging_config;
        let code = store.snapshot(program).map_err(unusable)?;
        let mut configuration = FunctionConfiguration {
            runtime: function.runtime.clone().unwrap_or_default(),
            handler: function.handler.clone().unwrap_or_default(),
            role: function.role.clone(),
            timeout: function.timeout,
            memory_size: function.memory_size,
            environment: function.environment.clone(),
            log_format: logging.log_format,
            ..FunctionConfiguration::new(&function.name, code, opt)
        };
        show(&function.shown, &mut configuration);
        if let Some(group) = &logging.log_group {
            configuration.log_group.clone_from(group);
        }
        let unchanged = deployed_version(state, function)
            .filter(|version| version.configuration.same_as(&configuration))
            .map(|version| version.version.clone());
        if unchanged.is_none() {
            state.put_function(&function.name, configuration);
        }
        let mut tags = function.shown.tags.clone();
        tags.insert(SAM_TAG.0.to_owned(), SAM_TAG.1.to_owned());
        state
            .lambda
            .tag_function(&function.name, tags)
            .map_err(refused(&function.logical_id))?;
        if let Some(reserved) = function.reserved_concurrent_executions {
            state
                .lambda
                .reserve_by_template(&function.name, reserved)
                .map_err(refused(&function.logical_id))?;
        }
        if function.auto_publish_alias.is_some() {
            let version = match unchanged {
                Some(version) => version,
                None => state
                    .publish_version(&function.name, function.shown.version_description.clone())
                    .map_err(refused(&function.logical_id))?
                    .version
                    .clone(),
            };
            versions.insert(function.logical_id.clone(), version);
        }
    }
    put_permissions(state, stack);
    Ok(versions)
}

/// The version at which the function was deployed last, where it is still there with its alias: CloudFormation compares
/// a template with the one before and touches nothing that is the same in both, whatever has become of it since.
fn deployed_version<'a>(state: &'a State, function: &Function) -> Option<&'a Version> {
    let alias = function.auto_publish_alias.as_ref()?;
    state.lambda.alias(&function.name, alias).ok()?;
    let version = state.deployed.get(&function.name)?;
    let version = state.lambda.version(&function.name, version);
    version.ok().map(AsRef::as_ref)
}

/// A deployment of the stack that has not ended.
pub(crate) fn active_deployment(state: &State, stack: &Stack) -> Option<String> {
    let groups = stack
        .functions
        .iter()
        .map(|function| template::deployment_group(&function.logical_id));
    let mut active =
        groups.filter_map(|group| state.codedeploy.active_deployment(APPLICATION, &group));
    active.next().map(str::to_owned)
}

/// Puts the roles and the statements of resource policies instead of those that the template had before.
fn put_permissions(state: &mut State, stack: &Stack) {
    let State {
        lambda,
        permissions,
        ids,
        ..
    } = state;
    // CloudFormation deletes a role at the end of the update, until when versions of before run with it. Of one that
    // the template only names, nothing is known.
    permissions.put_roles(&stack.roles, |arn| {
        let is_named = stack.functions.iter().any(|function| function.role == arn);
        !is_named
            && lambda
                .all_versions()
                .any(|(_, version)| version.configuration.role == arn)
    });
    lambda.put_template_permissions(&stack.permissions, ids);
}

/// Takes over what is only shown.
fn show(shown: &Shown, configuration: &mut FunctionConfiguration) {
    let take = |given: &Option<String>, into: &mut String| {
        if let Some(given) = given {
            into.clone_from(given);
        }
    };
    take(&shown.description, &mut configuration.description);
    take(&shown.architecture, &mut configuration.architecture);
    take(&shown.tracing, &mut configuration.tracing_mode);
    if let Some(size) = shown.ephemeral_storage {
        configuration.ephemeral_storage = size;
    }
}

/// What stands for the function's `/opt`: a copy of its layers, empty where it has none.
fn layer_content(
    store: &CodeStore,
    stack: &Stack,
    function: &Function,
    code: &Code<'_>,
) -> Result<LayerContent, CodeError> {
    let layers: Vec<PathBuf> = function
        .layers
        .iter()
        .filter_map(|id| stack.layers.iter().find(|layer| layer.logical_id == *id))
        .map(|layer| code.template_directory.join(&layer.content_uri))
        .collect();
    store.layer_content(&layers)
}

/// Puts alarms and plain aliases, and moves the gated aliases to the published versions: what became of each, by
/// the function's logical id.
pub(crate) fn apply(
    state: &mut State,
    stack: &Stack,
    versions: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, AliasChange>, StackError> {
    for alarm in &stack.alarms {
        if let AlarmRule::Metric(rule) = &alarm.rule {
            state
                .call_cloudwatch("PutMetricAlarm", &put_metric_alarm(alarm, rule))
                .map_err(refused(&alarm.logical_id))?;
        }
    }
    for alias in &stack.aliases {
        let Some(function) = stack
            .functions
            .iter()
            .find(|function| function.logical_id == alias.function)
        else {
            continue;
        };
        if versions.contains_key(&function.logical_id) {
            let weights: Vec<_> = alias.routing.clone().into_iter().collect();
            put_alias(
                state,
                &function.name,
                &alias.name,
                &alias.function_version,
                &weights,
                alias.description.as_deref(),
            )
            .map_err(refused(&alias.logical_id))?;
        }
    }
    let mut changes = BTreeMap::new();
    for function in &stack.functions {
        let (Some(alias), Some(version)) = (
            &function.auto_publish_alias,
            versions.get(&function.logical_id),
        ) else {
            continue;
        };
        let change = move_alias(state, stack, function, alias, version)?;
        state
            .deployed
            .insert(function.name.clone(), version.clone());
        changes.insert(function.logical_id.clone(), change);
    }
    put_event_invoke_configs(state, stack)?;
    schedules::put_template(state, stack);
    Ok(changes)
}

/// Puts how the functions' asynchronous invocations are retried.
fn put_event_invoke_configs(state: &mut State, stack: &Stack) -> Result<(), StackError> {
    let mut configs = Vec::new();
    for function in &stack.functions {
        let target = FunctionRef {
            name: function.name.clone(),
            qualifier: function.auto_publish_alias.clone(),
        };
        let says_something = function.event_invoke != EventInvoke::default();
        if says_something && state.lambda.check_target(&target).is_ok() {
            configs.push((function, target));
        }
    }
    let targets: Vec<_> = configs.iter().map(|(_, target)| target.clone()).collect();
    state.lambda.end_template_event_invoke_configs(&targets);
    let now = state.now;
    for (function, target) in configs {
        let config = EventInvokeConfig {
            maximum_retry_attempts: function.event_invoke.maximum_retry_attempts,
            maximum_event_age_in_seconds: function.event_invoke.maximum_event_age_in_seconds,
            ..EventInvokeConfig::default()
        };
        state
            .lambda
            .put_template_event_invoke_config(&target, config, now)
            .map_err(refused(&function.logical_id))?;
    }
    Ok(())
}

fn move_alias(
    state: &mut State,
    stack: &Stack,
    function: &Function,
    alias: &str,
    version: &str,
) -> Result<AliasChange, StackError> {
    let refused = refused(&function.logical_id);
    let preference = function.deployment_preference.as_ref();
    if let Some(preference) = preference {
        put_group(state, stack, function, preference)?;
    }
    let Ok(current) = state.lambda.alias(&function.name, alias) else {
        state
            .create_alias(&function.name, alias, version, "", &[])
            .map_err(refused)?;
        return Ok(AliasChange::Created);
    };
    let current_version = current.function_version.clone();
    let is_deployed = state
        .deployed
        .get(&function.name)
        .is_some_and(|deployed| deployed == version);
    if is_deployed || current_version == version {
        return Ok(AliasChange::Unchanged);
    }
    let Some(preference) = preference else {
        put_alias(state, &function.name, alias, version, &[], None).map_err(refused)?;
        return Ok(AliasChange::Moved);
    };
    let appspec = AppSpec {
        function: function.name.clone(),
        alias: alias.to_owned(),
        current_version,
        target_version: version.to_owned(),
        before_allow_traffic: preference
            .pre_traffic
            .as_ref()
            .map(|hook| hook.function_name.clone()),
        after_allow_traffic: preference
            .post_traffic
            .as_ref()
            .map(|hook| hook.function_name.clone()),
    };
    let deployment = NewDeployment {
        application: APPLICATION.to_owned(),
        group: template::deployment_group(&function.logical_id),
        revision_type: RevisionType::String,
        content: appspec.content(),
        config: None,
        auto_rollback: None,
        alarms: None,
        description: String::new(),
    };
    codedeploy::create_deployment(state, deployment)
        .map(AliasChange::Deployment)
        .map_err(refused)
}

/// Puts the deployment group that SAM makes of a preference, with the one application of the stack.
fn put_group(
    state: &mut State,
    stack: &Stack,
    function: &Function,
    preference: &DeploymentPreference,
) -> Result<(), StackError> {
    let alarms: Vec<Alarm> = preference
        .alarms
        .iter()
        .filter(|alarm| stack.watches(alarm))
        .map(|alarm| Alarm {
            name: alarm.name.clone(),
        })
        .collect();
    let settings = GroupSettings {
        config_name: config(preference)?.name().to_owned(),
        alarms: AlarmConfiguration {
            enabled: !alarms.is_empty(),
            ignore_poll_alarm_failure: false,
            alarms,
        },
        auto_rollback: AutoRollbackConfiguration::all(),
        service_role: ServiceRole {
            arn: preference.role.clone(),
        },
        triggers: Vec::new(),
    };
    let now = state.now;
    state.codedeploy.put_group(
        APPLICATION,
        &template::deployment_group(&function.logical_id),
        settings,
        now,
    );
    Ok(())
}

fn put_alias(
    state: &mut State,
    function: &str,
    alias: &str,
    version: &str,
    weights: &[(String, f64)],
    description: Option<&str>,
) -> Result<(), ServiceError> {
    let Ok(current) = state.lambda.alias(function, alias) else {
        return state
            .create_alias(
                function,
                alias,
                version,
                description.unwrap_or_default(),
                weights,
            )
            .map(drop);
    };
    if current.function_version == version
        && current.additional_version_weight.as_slice() == weights
        && description.is_none_or(|description| description == current.description)
    {
        return Ok(());
    }
    let update = AliasUpdate {
        function_version: Some(version.to_owned()),
        additional_version_weights: Some(weights.to_vec()),
        description: description.map(str::to_owned),
        ..AliasUpdate::default()
    };
    state.update_alias(function, alias, &update).map(drop)
}

fn put_metric_alarm(alarm: &MetricAlarm, rule: &MetricRule) -> Value {
    let dimensions: Vec<Value> = rule
        .dimensions
        .iter()
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect();
    let mut input = json!({
        "AlarmName": alarm.name,
        "Namespace": rule.namespace,
        "MetricName": rule.metric_name,
        "Dimensions": dimensions,
        "Statistic": rule.statistic,
        "Period": rule.period.as_secs(),
        "EvaluationPeriods": rule.evaluation_periods,
        "Threshold": rule.threshold,
        "ComparisonOperator": rule.comparison_operator,
    });
    if let Some(members) = input.as_object_mut() {
        if let Some(datapoints) = rule.datapoints_to_alarm {
            members.insert("DatapointsToAlarm".to_owned(), json!(datapoints));
        }
        if let Some(treatment) = &rule.treat_missing_data {
            members.insert("TreatMissingData".to_owned(), json!(treatment));
        }
    }
    input
}

fn refused(resource: &str) -> impl Fn(ServiceError) -> StackError {
    let resource = resource.to_owned();
    move |source| StackError::Refused {
        resource: resource.clone(),
        source,
    }
}
