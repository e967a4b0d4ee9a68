//! What deployment groups and deployments have in common, checked as AWS does.
//!
//! Texts marked "measured" come from the rules of cdk_preflight, whose authors ran them in us-east-1 on 2026-09-14.

use std::collections::BTreeSet;

use deployment::AutoRollbackEvent;
use serde::Deserialize;
use serde_json::Value;

use super::super::records::{AlarmConfiguration, AutoRollbackConfiguration, TriggerConfig};
use super::input::refused;
use crate::ServiceError;

/// At most 10 alarms, and as many triggers, in a group (user guide, "Limits").
const MAX_ALARMS: usize = 10;
const MAX_TRIGGERS: usize = 10;

/// `TriggerEventType` of the service model.
const TRIGGER_EVENTS: [&str; 10] = [
    "DeploymentStart",
    "DeploymentSuccess",
    "DeploymentFailure",
    "DeploymentStop",
    "DeploymentRollback",
    "DeploymentReady",
    "InstanceStart",
    "InstanceSuccess",
    "InstanceFailure",
    "InstanceReady",
];

/// `deploymentStyle`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeploymentStyle {
    deployment_type: Option<String>,
    deployment_option: Option<String>,
}

/// The one style of a Lambda deployment, which must be given when the group is created. Text: measured.
pub(super) fn style(style: Option<&DeploymentStyle>, required: bool) -> Result<(), ServiceError> {
    let right = style.map_or(!required, |style| {
        style.deployment_type.as_deref() == Some("BLUE_GREEN")
            && style.deployment_option.as_deref() == Some("WITH_TRAFFIC_CONTROL")
    });
    if right {
        return Ok(());
    }
    Err(refused(
        "InvalidDeploymentStyleException",
        "For LAMBDA deployment, the deployment type must be BLUE_GREEN, and deployment option must be \
         WITH_TRAFFIC_CONTROL.",
    ))
}

/// Members of deployment groups that only other platforms have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfOtherPlatforms {
    ec2_tag_filters: Option<Value>,
    ec2_tag_set: Option<Value>,
    on_premises_instance_tag_filters: Option<Value>,
    on_premises_tag_set: Option<Value>,
    auto_scaling_groups: Option<Value>,
    load_balancer_info: Option<Value>,
    blue_green_deployment_configuration: Option<Value>,
    ecs_services: Option<Value>,
}

impl OfOtherPlatforms {
    /// Refuses what is there and not empty: "all four targeting properties are refused, each with its own exception
    /// but the same sentence" (measured, as is that of blueGreenDeploymentConfiguration; the others are inferred).
    pub(super) fn refuse(self) -> Result<(), ServiceError> {
        let members = [
            (
                "ec2TagFilters",
                self.ec2_tag_filters,
                "InvalidEC2TagException",
            ),
            ("ec2TagSet", self.ec2_tag_set, "InvalidEC2TagException"),
            (
                "onPremisesInstanceTagFilters",
                self.on_premises_instance_tag_filters,
                "InvalidTagException",
            ),
            (
                "onPremisesTagSet",
                self.on_premises_tag_set,
                "InvalidTagException",
            ),
            (
                "autoScalingGroups",
                self.auto_scaling_groups,
                "InvalidAutoScalingGroupException",
            ),
            (
                "loadBalancerInfo",
                self.load_balancer_info,
                "InvalidLoadBalancerInfoException",
            ),
            (
                "blueGreenDeploymentConfiguration",
                self.blue_green_deployment_configuration,
                "InvalidBlueGreenDeploymentConfigurationException",
            ),
            (
                "ecsServices",
                self.ecs_services,
                "InvalidECSServiceException",
            ),
        ];
        let mut given = members
            .into_iter()
            .filter(|(_, value, _)| value.as_ref().is_some_and(|value| !is_empty(value)));
        match given.next() {
            Some((member, _, exception)) => Err(refused(
                exception,
                format!("For Lambda deployment group, {member} can not be specified"),
            )),
            None => Ok(()),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// `serviceRoleArn`.
pub(super) fn role(arn: &str) -> Result<(), ServiceError> {
    if arn.is_empty() {
        return Err(refused(
            "RoleRequiredException",
            "Role ARN must be specified",
        ));
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let is_role = match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && resource
                    .strip_prefix("role/")
                    .is_some_and(|name| !name.is_empty())
        }
        _ => false,
    };
    if is_role {
        return Ok(());
    }
    Err(refused(
        "InvalidRoleException",
        format!("The service role ARN was specified in an invalid format: {arn}"),
    ))
}

/// `alarmConfiguration` and `overrideAlarmConfiguration`; the text of the empty list is measured.
pub(super) fn alarms(configuration: &AlarmConfiguration) -> Result<(), ServiceError> {
    let invalid = |message: &str| refused("InvalidAlarmConfigException", message);
    let alarms = &configuration.alarms;
    if alarms.len() > MAX_ALARMS {
        return Err(refused(
            "AlarmsLimitExceededException",
            format!(
                "The maximum number of alarms for a deployment group ({MAX_ALARMS}) was exceeded"
            ),
        ));
    }
    if configuration.enabled && alarms.is_empty() {
        return Err(invalid(
            "Deployment Groups need to have at least one alarms attached if they are monitored.",
        ));
    }
    if alarms
        .iter()
        .any(|alarm| !(1..=255).contains(&alarm.name.chars().count()))
    {
        return Err(invalid("The name of an alarm has 1 to 255 characters"));
    }
    let names: BTreeSet<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    if names.len() < alarms.len() {
        return Err(invalid("Two alarms with the same name have been specified"));
    }
    Ok(())
}

/// `autoRollbackConfiguration`; the text of the empty list is measured.
pub(super) fn auto_rollback(configuration: &AutoRollbackConfiguration) -> Result<(), ServiceError> {
    let invalid = |message: String| refused("InvalidAutoRollbackConfigException", message);
    if configuration.enabled && configuration.events.is_empty() {
        return Err(invalid(
            "Deployment Groups need to have at least one event specified when auto rollback is enabled"
                .to_owned(),
        ));
    }
    let known = |event: &String| {
        AutoRollbackEvent::ALL
            .iter()
            .any(|known| known.as_str() == event)
    };
    match configuration.events.iter().find(|event| !known(event)) {
        Some(event) => Err(invalid(format!(
            "{event:?} is no event of an automatic rollback"
        ))),
        None => Ok(()),
    }
}

/// `triggerConfigurations`; the text of the repeated name is measured.
pub(super) fn triggers(triggers: &[TriggerConfig]) -> Result<(), ServiceError> {
    let invalid = |message: &str| refused("InvalidTriggerConfigException", message);
    if triggers.len() > MAX_TRIGGERS {
        return Err(refused(
            "TriggerTargetsLimitExceededException",
            format!("The maximum allowed number of triggers ({MAX_TRIGGERS}) was exceeded"),
        ));
    }
    for trigger in triggers {
        if trigger.trigger_name.is_empty() || !trigger.trigger_target_arn.starts_with("arn:") {
            return Err(invalid(
                "A trigger must have a name and the ARN of an SNS topic",
            ));
        }
        let known = |event: &String| TRIGGER_EVENTS.contains(&event.as_str());
        if trigger.trigger_events.is_empty() || !trigger.trigger_events.iter().all(known) {
            return Err(invalid(
                "A trigger must have events, and only those of the service",
            ));
        }
    }
    let names: BTreeSet<&str> = triggers
        .iter()
        .map(|trigger| trigger.trigger_name.as_str())
        .collect();
    if names.len() < triggers.len() {
        return Err(invalid("Duplicate Trigger target name detected"));
    }
    Ok(())
}
