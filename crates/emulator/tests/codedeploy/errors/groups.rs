//! Deployment groups.

use serde_json::{Value, json};

use super::check;
use crate::world::{World, group, with};

#[tokio::test]
async fn deployment_groups() {
    let world = World::with_groups().await;
    world
        .ok("CreateApplication", json!({ "applicationName": "server" }))
        .await;
    let style = |kind: &str, option: &str| json!({ "deploymentStyle": { "deploymentType": kind, "deploymentOption": option } });
    let alarms = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|n| json!({ "name": format!("a{n}") }))
            .collect()
    };
    let trigger = |name: &str| json!({ "triggerName": name, "triggerTargetArn": "arn:aws:sns:us-east-1:1:t", "triggerEvents": ["DeploymentStart"] });
    let triggers =
        |count: usize| -> Vec<Value> { (0..count).map(|n| trigger(&format!("t{n}"))).collect() };
    let style_text = "For LAMBDA deployment, the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.";
    for (changes, exception, message) in [
        (
            json!({ "applicationName": null }),
            "ApplicationNameRequiredException",
            "",
        ),
        (
            json!({ "applicationName": "none" }),
            "ApplicationDoesNotExistException",
            "",
        ),
        (
            json!({ "applicationName": "server" }),
            "InvalidInputException",
            "computePlatform Lambda",
        ),
        (
            json!({ "deploymentGroupName": null }),
            "DeploymentGroupNameRequiredException",
            "",
        ),
        (
            json!({ "deploymentGroupName": "a/b" }),
            "InvalidDeploymentGroupNameException",
            "",
        ),
        (
            json!({ "deploymentGroupName": "fresh" }),
            "DeploymentGroupAlreadyExistsException",
            "fresh",
        ),
        (
            json!({ "serviceRoleArn": null }),
            "RoleRequiredException",
            "",
        ),
        (
            json!({ "serviceRoleArn": "deploys" }),
            "InvalidRoleException",
            "",
        ),
        (
            json!({ "serviceRoleArn": "arn:aws:iam::1:role/deploys" }),
            "InvalidRoleException",
            "",
        ),
        (
            json!({ "serviceRoleArn": "arn:aws:iam::123456789012:user/deploys" }),
            "InvalidRoleException",
            "",
        ),
        (
            json!({ "deploymentStyle": null }),
            "InvalidDeploymentStyleException",
            style_text,
        ),
        (
            style("IN_PLACE", "WITH_TRAFFIC_CONTROL"),
            "InvalidDeploymentStyleException",
            style_text,
        ),
        (
            style("BLUE_GREEN", "WITHOUT_TRAFFIC_CONTROL"),
            "InvalidDeploymentStyleException",
            style_text,
        ),
        (
            json!({ "deploymentConfigName": "none" }),
            "DeploymentConfigDoesNotExistException",
            "No deployment configuration found for name: none",
        ),
        (
            json!({ "deploymentConfigName": "?" }),
            "InvalidDeploymentConfigNameException",
            "",
        ),
        (
            json!({ "alarmConfiguration": { "enabled": true } }),
            "InvalidAlarmConfigException",
            "Deployment Groups need to have at least one alarms attached if they are monitored.",
        ),
        (
            json!({ "alarmConfiguration": { "alarms": [{ "name": "" }] } }),
            "InvalidAlarmConfigException",
            "255",
        ),
        (
            json!({ "alarmConfiguration": { "alarms": [{ "name": "a" }, { "name": "a" }] } }),
            "InvalidAlarmConfigException",
            "same name",
        ),
        (
            json!({ "alarmConfiguration": { "alarms": alarms(11) } }),
            "AlarmsLimitExceededException",
            "(10)",
        ),
        (
            json!({ "autoRollbackConfiguration": { "enabled": true } }),
            "InvalidAutoRollbackConfigException",
            "Deployment Groups need to have at least one event specified when auto rollback is enabled",
        ),
        (
            json!({ "autoRollbackConfiguration": { "events": ["NEVER"] } }),
            "InvalidAutoRollbackConfigException",
            "NEVER",
        ),
        (
            json!({ "triggerConfigurations": [{ "triggerName": "t" }] }),
            "InvalidTriggerConfigException",
            "",
        ),
        (
            json!({ "triggerConfigurations": [trigger("t"), trigger("t")] }),
            "InvalidTriggerConfigException",
            "Duplicate Trigger target name detected",
        ),
        (
            json!({ "triggerConfigurations": triggers(11) }),
            "TriggerTargetsLimitExceededException",
            "(10)",
        ),
        (
            json!({ "tags": [{ "Key": "k".repeat(129), "Value": "" }] }),
            "InvalidTagsToAddException",
            "",
        ),
        (
            json!({ "ec2TagFilters": [{}] }),
            "InvalidEC2TagException",
            "For Lambda deployment group, ec2TagFilters can not be specified",
        ),
        (
            json!({ "ec2TagSet": { "ec2TagSetList": [] } }),
            "InvalidEC2TagException",
            "ec2TagSet",
        ),
        (
            json!({ "onPremisesInstanceTagFilters": [{}] }),
            "InvalidTagException",
            "onPremisesInstanceTagFilters",
        ),
        (
            json!({ "onPremisesTagSet": { "onPremisesTagSetList": [] } }),
            "InvalidTagException",
            "onPremisesTagSet",
        ),
        (
            json!({ "autoScalingGroups": ["g"] }),
            "InvalidAutoScalingGroupException",
            "autoScalingGroups",
        ),
        (
            json!({ "loadBalancerInfo": { "elbInfoList": [] } }),
            "InvalidLoadBalancerInfoException",
            "loadBalancerInfo",
        ),
        (
            json!({ "blueGreenDeploymentConfiguration": { "x": 1 } }),
            "InvalidBlueGreenDeploymentConfigurationException",
            "For Lambda deployment group, blueGreenDeploymentConfiguration can not be specified",
        ),
        (
            json!({ "ecsServices": [{}] }),
            "InvalidECSServiceException",
            "ecsServices",
        ),
        (
            json!({ "alarmConfiguration": [] }),
            "SerializationException",
            "alarmConfiguration must be an object",
        ),
        (
            json!({ "alarmConfiguration": { "alarms": [["a"]] } }),
            "SerializationException",
            "alarms must be a list of objects",
        ),
    ] {
        check(
            &world,
            "CreateDeploymentGroup",
            with(group("new"), changes),
            exception,
            message,
        )
        .await;
    }
    let named = |application: &str, group: &str| json!({ "applicationName": application, "deploymentGroupName": group });
    let updated = |changes: Value| {
        with(
            json!({ "applicationName": "app", "currentDeploymentGroupName": "fresh" }),
            changes,
        )
    };
    for (operation, input, exception, message) in [
        (
            "GetDeploymentGroup",
            named("none", "fresh"),
            "ApplicationDoesNotExistException",
            "",
        ),
        (
            "GetDeploymentGroup",
            named("app", "none"),
            "DeploymentGroupDoesNotExistException",
            "No Deployment Group found for name: none",
        ),
        (
            "BatchGetDeploymentGroups",
            json!({ "applicationName": "app" }),
            "DeploymentGroupNameRequiredException",
            "",
        ),
        (
            "BatchGetDeploymentGroups",
            json!({ "applicationName": "app", "deploymentGroupNames": vec!["g"; 101] }),
            "BatchLimitExceededException",
            "(100)",
        ),
        (
            "ListDeploymentGroups",
            json!({ "applicationName": "none" }),
            "ApplicationDoesNotExistException",
            "",
        ),
        (
            "ListDeploymentGroups",
            json!({ "applicationName": "app", "nextToken": "?" }),
            "InvalidNextTokenException",
            "",
        ),
        (
            "UpdateDeploymentGroup",
            updated(json!({ "currentDeploymentGroupName": "none" })),
            "DeploymentGroupDoesNotExistException",
            "",
        ),
        (
            "UpdateDeploymentGroup",
            updated(json!({ "newDeploymentGroupName": "done" })),
            "DeploymentGroupAlreadyExistsException",
            "done",
        ),
        (
            "UpdateDeploymentGroup",
            updated(json!({ "newDeploymentGroupName": "?" })),
            "InvalidDeploymentGroupNameException",
            "",
        ),
        (
            "UpdateDeploymentGroup",
            updated(json!({ "serviceRoleArn": "deploys" })),
            "InvalidRoleException",
            "",
        ),
        (
            "UpdateDeploymentGroup",
            updated(style("IN_PLACE", "WITH_TRAFFIC_CONTROL")),
            "InvalidDeploymentStyleException",
            style_text,
        ),
        (
            "UpdateDeploymentGroup",
            updated(json!({ "ec2TagFilters": [{}] })),
            "InvalidEC2TagException",
            "",
        ),
        (
            "DeleteDeploymentGroup",
            json!({ "applicationName": "app" }),
            "DeploymentGroupNameRequiredException",
            "",
        ),
    ] {
        check(&world, operation, input, exception, message).await;
    }
}
