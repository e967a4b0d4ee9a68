//! Creating deployments.

use serde_json::{Value, json};

use super::check;
use crate::world::{World, appspec, deployment, with};

#[tokio::test]
async fn creating_deployments() {
    let world = World::with_groups().await;
    let running = world
        .deploy("running", "CodeDeployDefault.LambdaCanary10Percent5Minutes")
        .await;
    let active =
        format!("The Deployment Group 'running' already has an active Deployment '{running}'");
    let busy = deployment("running", &appspec("running"));
    check(
        &world,
        "CreateDeployment",
        busy,
        "DeploymentLimitExceededException",
        &active,
    )
    .await;
    let revision = |location: Value| json!({ "revision": location });
    for (changes, exception, message) in [
        (
            json!({ "applicationName": null }),
            "ApplicationNameRequiredException",
            "",
        ),
        (
            json!({ "applicationName": "a b" }),
            "InvalidApplicationNameException",
            "",
        ),
        (
            json!({ "applicationName": "none" }),
            "ApplicationDoesNotExistException",
            "",
        ),
        (
            json!({ "deploymentGroupName": null }),
            "DeploymentGroupNameRequiredException",
            "",
        ),
        (
            json!({ "deploymentGroupName": "a b" }),
            "InvalidDeploymentGroupNameException",
            "",
        ),
        (
            json!({ "deploymentGroupName": "none" }),
            "DeploymentGroupDoesNotExistException",
            "",
        ),
        (
            json!({ "revision": null }),
            "RevisionRequiredException",
            "RevisionLocation must be specified",
        ),
        (
            revision(json!({})),
            "RevisionRequiredException",
            "RevisionLocation must be specified",
        ),
        (
            revision(json!({ "revisionType": "String" })),
            "InvalidRevisionException",
            "",
        ),
        (
            revision(json!({ "revisionType": "String", "string": {} })),
            "InvalidRevisionException",
            "neither",
        ),
        (
            revision(json!({ "revisionType": "Text", "string": { "content": "" } })),
            "InvalidRevisionException",
            "Text",
        ),
        (
            revision(json!({ "string": { "content": "a" }, "appSpecContent": { "content": "a" } })),
            "InvalidRevisionException",
            "one location",
        ),
        (
            revision(
                json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": "a", "sha256": "00" } }),
            ),
            "InvalidRevisionException",
            "sha256",
        ),
        (
            revision(
                json!({ "revisionType": "AppSpecContent", "appSpecContent": { "sha256": "00" } }),
            ),
            "RevisionDoesNotExistException",
            "",
        ),
        (
            revision(json!({ "revisionType": "S3", "s3Location": { "bucket": "b", "key": "k" } })),
            "InvalidRevisionException",
            "does not read revisions from S3",
        ),
        (
            revision(json!({ "gitHubLocation": { "repository": "r" } })),
            "InvalidRevisionException",
            "does not read revisions from GitHub",
        ),
        (
            json!({ "deploymentConfigName": "a b" }),
            "InvalidDeploymentConfigNameException",
            "",
        ),
        (
            json!({ "deploymentConfigName": "CodeDeployDefault.OneAtATime" }),
            "DeploymentConfigDoesNotExistException",
            "CodeDeployDefault.OneAtATime",
        ),
        (
            json!({ "description": "d".repeat(257) }),
            "DescriptionTooLongException",
            "256",
        ),
        (
            json!({ "ignoreApplicationStopFailures": true }),
            "InvalidIgnoreApplicationStopFailuresValueException",
            "false is expected",
        ),
        (
            json!({ "updateOutdatedInstancesOnly": true }),
            "InvalidUpdateOutdatedInstancesOnlyValueException",
            "false is expected",
        ),
        (
            json!({ "fileExistsBehavior": "RETAIN" }),
            "InvalidFileExistsBehaviorException",
            "For Lambda and ECS deployment, fileExistsBehavior can not be specified",
        ),
        (
            json!({ "targetInstances": {} }),
            "InvalidTargetInstancesException",
            "",
        ),
        (
            json!({ "deploymentMode": "RESTART" }),
            "InvalidInputException",
            "STANDARD",
        ),
        (
            json!({ "ec2DeploymentOptions": {} }),
            "InvalidInputException",
            "",
        ),
        (
            json!({ "autoRollbackConfiguration": { "enabled": true } }),
            "InvalidAutoRollbackConfigException",
            "",
        ),
        (
            json!({ "overrideAlarmConfiguration": { "enabled": true } }),
            "InvalidAlarmConfigException",
            "",
        ),
        (
            json!({ "overrideAlarmConfiguration": { "alarms": vec![json!({ "name": "a" }); 11] } }),
            "AlarmsLimitExceededException",
            "",
        ),
        (
            json!({ "ignoreApplicationStopFailures": "yes" }),
            "SerializationException",
            "expected a boolean",
        ),
    ] {
        let input = with(deployment("fresh", &appspec("fresh")), changes);
        check(&world, "CreateDeployment", input, exception, message).await;
    }
    let all = world.ok("ListDeployments", json!({})).await;
    assert_eq!(
        all["deployments"],
        json!([running]),
        "what is refused creates nothing"
    );
}
