//! Deployment configurations, and the limits of an account.

use serde_json::{Value, json};

use super::check;
use crate::world::{World, group, with};

#[tokio::test]
async fn deployment_configurations() {
    let world = World::new().await;
    let config = |name: &str, routing: Value| json!({ "deploymentConfigName": name, "computePlatform": "Lambda", "trafficRoutingConfig": routing });
    let canary = |percentage: i64, interval: i64| json!({ "type": "TimeBasedCanary", "timeBasedCanary": { "canaryPercentage": percentage, "canaryInterval": interval } });
    let linear = |percentage: i64, interval: i64| json!({ "type": "TimeBasedLinear", "timeBasedLinear": { "linearPercentage": percentage, "linearInterval": interval } });
    let mine = config("mine", canary(10, 5));
    world.ok("CreateDeploymentConfig", mine.clone()).await;
    let routing = "InvalidTrafficRoutingConfigurationException";
    for (input, exception, message) in [
        (
            with(mine.clone(), json!({ "deploymentConfigName": null })),
            "DeploymentConfigNameRequiredException",
            "",
        ),
        (
            config("a b", canary(10, 5)),
            "InvalidDeploymentConfigNameException",
            "",
        ),
        (
            config("CodeDeployDefault.Mine", canary(10, 5)),
            "InvalidDeploymentConfigNameException",
            "The prefix CodeDeployDefault. is reserved for predefined configuration names",
        ),
        (
            mine.clone(),
            "DeploymentConfigAlreadyExistsException",
            "mine",
        ),
        (
            with(mine.clone(), json!({ "computePlatform": null })),
            "InvalidComputePlatformException",
            "Lambda only",
        ),
        (
            with(mine.clone(), json!({ "computePlatform": "x" })),
            "InvalidComputePlatformException",
            "should be",
        ),
        (
            with(
                mine.clone(),
                json!({ "minimumHealthyHosts": { "type": "HOST_COUNT", "value": 1 } }),
            ),
            "InvalidMinimumHealthyHostValueException",
            "minimum healthy hosts should be null for Lambda deployment configuration",
        ),
        (
            with(mine.clone(), json!({ "zonalConfig": {} })),
            "InvalidZonalDeploymentConfigurationException",
            "Zonal deployments are only supported with EC2 deployments.",
        ),
        (
            with(mine, json!({ "trafficRoutingConfig": null })),
            routing,
            "Traffic routing configuration cannot be null nor empty",
        ),
        (
            config("c", json!({})),
            routing,
            "TimeBasedCanary, TimeBasedLinear or AllAtOnce",
        ),
        (
            config("c", json!({ "type": "TimeBasedCanary" })),
            routing,
            "TimeBasedCanaryConfiguration should not be null for TimeBasedCanary type",
        ),
        (
            config("c", with(canary(10, 5), json!({ "type": "AllAtOnce" }))),
            routing,
            "TimeBasedCanaryConfiguration should be null for AllAtOnce type",
        ),
        (
            config(
                "c",
                with(linear(10, 5), json!({ "type": "TimeBasedCanary" })),
            ),
            routing,
            "TimeBasedCanaryConfiguration should not be null",
        ),
        (
            config("c", canary(0, 5)),
            routing,
            "Valid traffic routing percentage is from 1 to 99",
        ),
        (
            config("c", linear(100, 5)),
            routing,
            "Valid traffic routing percentage is from 1 to 99",
        ),
        (
            config("c", canary(10, 2881)),
            routing,
            "Canary interval must be between 1 and 2880 minutes (2 days)",
        ),
        (
            config("c", canary(10, 0)),
            routing,
            "Canary interval must be between 1 and 2880 minutes (2 days)",
        ),
        (
            config("c", linear(33, 961)),
            routing,
            "Total Traffic shifting intervals must be positive integers up to 2880 minutes (2 days)",
        ),
    ] {
        check(&world, "CreateDeploymentConfig", input, exception, message).await;
    }
    world
        .ok(
            "CreateApplication",
            json!({ "applicationName": "app", "computePlatform": "Lambda" }),
        )
        .await;
    world
        .ok(
            "CreateDeploymentGroup",
            with(group("g"), json!({ "deploymentConfigName": "mine" })),
        )
        .await;
    for (operation, name, exception) in [
        (
            "GetDeploymentConfig",
            "none",
            "DeploymentConfigDoesNotExistException",
        ),
        (
            "GetDeploymentConfig",
            "",
            "DeploymentConfigNameRequiredException",
        ),
        (
            "DeleteDeploymentConfig",
            "mine",
            "DeploymentConfigInUseException",
        ),
        (
            "DeleteDeploymentConfig",
            "CodeDeployDefault.LambdaAllAtOnce",
            "InvalidOperationException",
        ),
        (
            "DeleteDeploymentConfig",
            "?",
            "InvalidDeploymentConfigNameException",
        ),
    ] {
        check(
            &world,
            operation,
            json!({ "deploymentConfigName": name }),
            exception,
            "",
        )
        .await;
    }
    check(
        &world,
        "ListDeploymentConfigs",
        json!({ "nextToken": "?" }),
        "InvalidNextTokenException",
        "",
    )
    .await;
}

#[tokio::test]
async fn limits_of_the_account() {
    let world = World::with_groups().await;
    for n in 1..1000 {
        world
            .ok(
                "CreateApplication",
                json!({ "applicationName": format!("a{n}") }),
            )
            .await;
    }
    check(
        &world,
        "CreateApplication",
        json!({ "applicationName": "x" }),
        "ApplicationLimitExceededException",
        "1000",
    )
    .await;
    for n in 3..1000 {
        world
            .ok("CreateDeploymentGroup", group(&format!("g{n}")))
            .await;
    }
    check(
        &world,
        "CreateDeploymentGroup",
        group("x"),
        "DeploymentGroupLimitExceededException",
        "1000",
    )
    .await;
    let config = |name: String| json!({ "deploymentConfigName": name, "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "AllAtOnce" } });
    for n in 0..200 {
        world
            .ok("CreateDeploymentConfig", config(format!("c{n}")))
            .await;
    }
    check(
        &world,
        "CreateDeploymentConfig",
        config("x".to_owned()),
        "DeploymentConfigLimitExceededException",
        "200",
    )
    .await;
}
