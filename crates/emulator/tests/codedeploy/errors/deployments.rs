//! Deployments and their targets.

use serde_json::{Value, json};

use super::check;
use crate::world::{World, with};

#[tokio::test]
async fn deployments_and_targets() {
    let world = World::with_groups().await;
    let done = world
        .deploy("done", "CodeDeployDefault.LambdaAllAtOnce")
        .await;
    let running = world
        .deploy("running", "CodeDeployDefault.LambdaCanary10Percent5Minutes")
        .await;
    world.advance(60);
    let fresh = world
        .deploy("fresh", "CodeDeployDefault.LambdaAllAtOnce")
        .await;

    for operation in [
        "GetDeployment",
        "StopDeployment",
        "ContinueDeployment",
        "SkipWaitTimeForInstanceTermination",
        "PutLifecycleEventHookExecutionStatus",
        "ListDeploymentTargets",
        "GetDeploymentTarget",
        "BatchGetDeploymentTargets",
        "ListDeploymentInstances",
        "BatchGetDeploymentInstances",
        "GetDeploymentInstance",
    ] {
        for (id, exception) in [
            (json!(null), "DeploymentIdRequiredException"),
            (json!(""), "DeploymentIdRequiredException"),
            (json!("d-1"), "InvalidDeploymentIdException"),
            (json!("d-ABCDEFGHI"), "DeploymentDoesNotExistException"),
            (json!(1), "SerializationException"),
        ] {
            check(
                &world,
                operation,
                json!({ "deploymentId": id, "status": "Succeeded" }),
                exception,
                "",
            )
            .await;
        }
    }
    for operation in [
        "ListDeploymentTargets",
        "GetDeploymentTarget",
        "BatchGetDeploymentTargets",
        "ListDeploymentInstances",
        "BatchGetDeploymentInstances",
        "GetDeploymentInstance",
    ] {
        check(
            &world,
            operation,
            json!({ "deploymentId": fresh }),
            "DeploymentNotStartedException",
            "",
        )
        .await;
    }
    let of = |id: &str, more: Value| with(json!({ "deploymentId": id }), more);
    for (operation, input, exception) in [
        (
            "StopDeployment",
            of(&done, json!({})),
            "DeploymentAlreadyCompletedException",
        ),
        (
            "ContinueDeployment",
            of(&done, json!({})),
            "DeploymentAlreadyCompletedException",
        ),
        (
            "ContinueDeployment",
            of(&running, json!({})),
            "UnsupportedActionForDeploymentTypeException",
        ),
        (
            "ContinueDeployment",
            of(&running, json!({ "deploymentWaitType": "NO_WAIT" })),
            "InvalidDeploymentWaitTypeException",
        ),
        (
            "SkipWaitTimeForInstanceTermination",
            of(&done, json!({})),
            "DeploymentAlreadyCompletedException",
        ),
        (
            "SkipWaitTimeForInstanceTermination",
            of(&running, json!({})),
            "UnsupportedActionForDeploymentTypeException",
        ),
        (
            "PutLifecycleEventHookExecutionStatus",
            of(&running, json!({ "status": "Skipped" })),
            "InvalidLifecycleEventHookExecutionStatusException",
        ),
        (
            "PutLifecycleEventHookExecutionStatus",
            of(&running, json!({})),
            "InvalidLifecycleEventHookExecutionStatusException",
        ),
        (
            "PutLifecycleEventHookExecutionStatus",
            of(
                &running,
                json!({ "status": "Failed", "lifecycleEventHookExecutionId": "x" }),
            ),
            "InvalidLifecycleEventHookExecutionIdException",
        ),
        (
            "GetDeploymentTarget",
            of(&running, json!({})),
            "DeploymentTargetIdRequiredException",
        ),
        (
            "GetDeploymentTarget",
            of(&running, json!({ "targetId": "running" })),
            "InvalidDeploymentTargetIdException",
        ),
        (
            "GetDeploymentTarget",
            of(&running, json!({ "targetId": "done:live" })),
            "DeploymentTargetDoesNotExistException",
        ),
        (
            "BatchGetDeploymentTargets",
            of(&running, json!({ "targetIds": [] })),
            "DeploymentTargetIdRequiredException",
        ),
        (
            "BatchGetDeploymentTargets",
            of(&running, json!({ "targetIds": ["running:live", "a:b"] })),
            "DeploymentTargetDoesNotExistException",
        ),
        (
            "BatchGetDeploymentTargets",
            of(&running, json!({ "targetIds": vec!["running:live"; 26] })),
            "DeploymentTargetListSizeExceededException",
        ),
        (
            "ListDeploymentTargets",
            of(&running, json!({ "nextToken": "?" })),
            "InvalidNextTokenException",
        ),
        (
            "ListDeploymentTargets",
            of(&running, json!({ "targetFilters": { "Name": [] } })),
            "InvalidTargetFilterNameException",
        ),
        (
            "ListDeploymentTargets",
            of(
                &running,
                json!({ "targetFilters": { "TargetStatus": ["Done"] } }),
            ),
            "InvalidInstanceStatusException",
        ),
        (
            "ListDeploymentTargets",
            of(
                &running,
                json!({ "targetFilters": { "ServerInstanceLabel": ["Red"] } }),
            ),
            "InvalidInstanceTypeException",
        ),
        (
            "ListDeploymentInstances",
            of(&running, json!({ "instanceStatusFilter": ["Done"] })),
            "InvalidInstanceStatusException",
        ),
        (
            "ListDeploymentInstances",
            of(&running, json!({ "instanceTypeFilter": ["Red"] })),
            "InvalidInstanceTypeException",
        ),
        (
            "BatchGetDeploymentInstances",
            of(&running, json!({})),
            "InstanceIdRequiredException",
        ),
        (
            "BatchGetDeploymentInstances",
            of(&running, json!({ "instanceIds": vec!["i"; 26] })),
            "BatchLimitExceededException",
        ),
        (
            "GetDeploymentInstance",
            of(&running, json!({ "instanceId": "running:live" })),
            "InvalidComputePlatformException",
        ),
        (
            "BatchGetDeployments",
            json!({}),
            "DeploymentIdRequiredException",
        ),
        (
            "BatchGetDeployments",
            json!({ "deploymentIds": ["x"] }),
            "InvalidDeploymentIdException",
        ),
        (
            "BatchGetDeployments",
            json!({ "deploymentIds": vec![&done; 26] }),
            "BatchLimitExceededException",
        ),
        (
            "ListDeployments",
            json!({ "applicationName": "app" }),
            "DeploymentGroupNameRequiredException",
        ),
        (
            "ListDeployments",
            json!({ "deploymentGroupName": "done" }),
            "ApplicationNameRequiredException",
        ),
        (
            "ListDeployments",
            json!({ "applicationName": "none", "deploymentGroupName": "done" }),
            "ApplicationDoesNotExistException",
        ),
        (
            "ListDeployments",
            json!({ "applicationName": "app", "deploymentGroupName": "none" }),
            "DeploymentGroupDoesNotExistException",
        ),
        (
            "ListDeployments",
            json!({ "includeOnlyStatuses": ["Done"] }),
            "InvalidDeploymentStatusException",
        ),
        (
            "ListDeployments",
            json!({ "createTimeRange": { "start": 2, "end": 1 } }),
            "InvalidTimeRangeException",
        ),
        (
            "ListDeployments",
            json!({ "createTimeRange": { "start": "today" } }),
            "SerializationException",
        ),
        (
            "ListDeployments",
            json!({ "nextToken": "?" }),
            "InvalidNextTokenException",
        ),
        (
            "ListDeployments",
            json!({ "nextToken": "YQ" }),
            "InvalidNextTokenException",
        ),
    ] {
        check(&world, operation, input, exception, "").await;
    }
}
