//! Deployment configurations of the Lambda platform.

use deployment::{ConfigError, DeploymentConfig, TrafficRouting};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::create::no_config;
use super::super::identifier;
use super::super::records::{ComputePlatform, CustomConfig};
use super::applications::compute_platform;
use super::input::{PAGE, config_name, insert, position, read, refused};
use crate::ServiceError;
use crate::page::page;
use crate::shared::State;

/// At most 200 of a client's own (user guide, "Limits").
const MAX_CONFIGS: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDeploymentConfig {
    deployment_config_name: Option<String>,
    compute_platform: Option<String>,
    traffic_routing_config: Option<TrafficRoutingConfig>,
    minimum_healthy_hosts: Option<Value>,
    zonal_config: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrafficRoutingConfig {
    r#type: Option<String>,
    time_based_canary: Option<TimeBasedCanary>,
    time_based_linear: Option<TimeBasedLinear>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct TimeBasedCanary {
    canary_percentage: i32,
    canary_interval: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct TimeBasedLinear {
    linear_percentage: i32,
    linear_interval: i32,
}

pub(super) fn create(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let input: CreateDeploymentConfig = read(input)?;
    let name = config_name(input.deployment_config_name)?;
    if compute_platform(input.compute_platform.as_deref())? != ComputePlatform::Lambda {
        return Err(refused(
            "InvalidComputePlatformException",
            "The emulator has deployment configurations of the compute platform Lambda only",
        ));
    }
    if input.minimum_healthy_hosts.is_some() {
        return Err(refused(
            "InvalidMinimumHealthyHostValueException",
            "minimum healthy hosts should be null for Lambda deployment configuration",
        ));
    }
    if input.zonal_config.is_some() {
        return Err(refused(
            "InvalidZonalDeploymentConfigurationException",
            "Zonal deployments are only supported with EC2 deployments.",
        ));
    }
    let config = traffic_routing(&name, input.traffic_routing_config)?;
    let (now, codedeploy) = (state.now, &mut state.codedeploy);
    if codedeploy.records.configs.contains_key(&name) {
        return Err(refused(
            "DeploymentConfigAlreadyExistsException",
            format!("Deployment configuration already exists: {name}"),
        ));
    }
    if codedeploy.records.configs.len() >= MAX_CONFIGS {
        return Err(refused(
            "DeploymentConfigLimitExceededException",
            format!("At most {MAX_CONFIGS} custom deployment configurations are allowed"),
        ));
    }
    let id = identifier(&["config", &name], now);
    let record = CustomConfig {
        id: id.clone(),
        created: now,
        config,
    };
    codedeploy.records.configs.insert(name, record);
    Ok(json!({ "deploymentConfigId": id }))
}

/// The texts are those that others have measured (rules of cdk_preflight, 2026-09-14).
fn traffic_routing(
    name: &str,
    config: Option<TrafficRoutingConfig>,
) -> Result<DeploymentConfig, ServiceError> {
    let invalid = |message: &str| refused("InvalidTrafficRoutingConfigurationException", message);
    let Some(config) = config else {
        return Err(invalid(
            "Traffic routing configuration cannot be null nor empty for deployment configurations on this platform.",
        ));
    };
    let routing_type = config.r#type.unwrap_or_default();
    let (canary, linear) = (config.time_based_canary, config.time_based_linear);
    for (block, given) in [
        ("TimeBasedCanary", canary.is_some()),
        ("TimeBasedLinear", linear.is_some()),
    ] {
        if given != (block == routing_type) {
            let not = if given { "" } else { "not " };
            return Err(invalid(&format!(
                "{block}Configuration should {not}be null for {routing_type} type"
            )));
        }
    }
    let created = match (canary, linear) {
        (Some(canary), _) => {
            DeploymentConfig::custom_canary(name, canary.canary_percentage, canary.canary_interval)
        }
        (_, Some(linear)) => {
            DeploymentConfig::custom_linear(name, linear.linear_percentage, linear.linear_interval)
        }
        (None, None) if routing_type == "AllAtOnce" => DeploymentConfig::custom_all_at_once(name),
        (None, None) => {
            return Err(invalid(
                "The type of the traffic routing must be TimeBasedCanary, TimeBasedLinear or AllAtOnce",
            ));
        }
    };
    created.map_err(|error| {
        let message = match &error {
            ConfigError::Percentage(_) => "Valid traffic routing percentage is from 1 to 99".to_owned(),
            ConfigError::Interval { .. } if routing_type == "TimeBasedCanary" => {
                "Canary interval must be between 1 and 2880 minutes (2 days)".to_owned()
            }
            ConfigError::Interval { .. } => {
                "Total Traffic shifting intervals must be positive integers up to 2880 minutes (2 days)".to_owned()
            }
            ConfigError::InvalidName(name) if name.starts_with("CodeDeployDefault.") => {
                "The prefix CodeDeployDefault. is reserved for predefined configuration names".to_owned()
            }
            ConfigError::InvalidName(_) | ConfigError::NameRequired => error.to_string(),
        };
        refused(error.exception(), message)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    deployment_config_name: Option<String>,
}

pub(super) fn get(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: Named = read(input)?;
    let name = config_name(input.deployment_config_name)?;
    let codedeploy = &state.codedeploy;
    let config = codedeploy.config(&name).ok_or_else(|| no_config(&name))?;
    let routing = match config.traffic_routing() {
        TrafficRouting::AllAtOnce => json!({ "type": "AllAtOnce" }),
        TrafficRouting::TimeBasedCanary {
            percentage,
            interval_minutes,
        } => json!({
            "type": "TimeBasedCanary",
            "timeBasedCanary": { "canaryPercentage": percentage, "canaryInterval": interval_minutes },
        }),
        TrafficRouting::TimeBasedLinear {
            percentage,
            interval_minutes,
        } => json!({
            "type": "TimeBasedLinear",
            "timeBasedLinear": { "linearPercentage": percentage, "linearInterval": interval_minutes },
        }),
    };
    let mut info = json!({
        "deploymentConfigName": name,
        "computePlatform": "Lambda",
        "trafficRoutingConfig": routing,
    });
    if let Some(custom) = codedeploy.records.configs.get(&name) {
        insert(&mut info, "deploymentConfigId", Some(custom.id.as_str()));
        insert(
            &mut info,
            "createTime",
            Some(custom.created.epoch_seconds()),
        );
    }
    Ok(json!({ "deploymentConfigInfo": info }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListDeploymentConfigs {
    next_token: Option<String>,
}

pub(super) fn list(state: &State, input: &Value) -> Result<Value, ServiceError> {
    let input: ListDeploymentConfigs = read(input)?;
    let after = position(input.next_token.as_deref())?;
    let predefined = DeploymentConfig::all_predefined();
    let predefined = predefined.iter().map(|config| config.name().to_owned());
    let custom = state.codedeploy.records.configs.keys().cloned();
    let mut names: Vec<String> = predefined.chain(custom).collect();
    names.sort_unstable();
    let (names, token) = page(
        names.iter().map(|name| (name, name)),
        after.as_deref(),
        PAGE,
    );
    let mut answer = json!({ "deploymentConfigsList": names });
    insert(&mut answer, "nextToken", token);
    Ok(answer)
}

/// Deletes a client's own configuration; one that is not there is no error, because the service model has none for it.
pub(super) fn delete(state: &mut State, input: &Value) -> Result<Value, ServiceError> {
    let input: Named = read(input)?;
    let name = config_name(input.deployment_config_name)?;
    let records = &mut state.codedeploy.records;
    if DeploymentConfig::predefined(&name).is_some() {
        return Err(refused(
            "InvalidOperationException",
            format!("Predefined deployment configurations cannot be deleted: {name}"),
        ));
    }
    let mut groups = records.groups.values();
    if groups.any(|group| group.settings.config_name == name) {
        return Err(refused(
            "DeploymentConfigInUseException",
            format!("The deployment configuration is still in use: {name}"),
        ));
    }
    records.configs.remove(&name);
    Ok(json!({}))
}
