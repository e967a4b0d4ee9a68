//! What a deployment looks like, from its creation to its end.

use serde_json::{Value, json};

use crate::world::{World, appspec, deployment, with};

const ALL_EVENTS: [&str; 3] = [
    "DEPLOYMENT_FAILURE",
    "DEPLOYMENT_STOP_ON_ALARM",
    "DEPLOYMENT_STOP_ON_REQUEST",
];

async fn info(world: &World, id: &str) -> Value {
    world
        .ok("GetDeployment", json!({ "deploymentId": id }))
        .await["deploymentInfo"]
        .clone()
}

#[tokio::test]
async fn what_a_deployment_was_asked_for() {
    let world = World::with_groups().await;
    let first = world
        .deploy("done", "CodeDeployDefault.LambdaAllAtOnce")
        .await;
    world.advance(60);
    let back = appspec("done")
        .replace("CurrentVersion: 1", "CurrentVersion: 2")
        .replace("TargetVersion: 2", "TargetVersion: 1");
    let overrides = json!({
        "description": "back again",
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "autoRollbackConfiguration": { "enabled": true, "events": ["DEPLOYMENT_FAILURE"] },
        "overrideAlarmConfiguration": { "enabled": false, "ignorePollAlarmFailure": false, "alarms": [{ "name": "errors" }] },
        "ignoreApplicationStopFailures": false,
    });
    let id = world
        .ok(
            "CreateDeployment",
            with(deployment("done", &back), overrides.clone()),
        )
        .await["deploymentId"]
        .clone();
    let id = id.as_str().unwrap();
    let hash = |info: &Value, member: &str| info[member]["appSpecContent"]["sha256"].clone();
    let (before, now) = (info(&world, &first).await, info(&world, id).await);
    for member in [
        "description",
        "deploymentConfigName",
        "autoRollbackConfiguration",
        "overrideAlarmConfiguration",
    ] {
        assert_eq!(now[member], overrides[member], "{member}");
    }
    assert_eq!(now["revision"]["appSpecContent"]["content"], Value::Null);
    assert_eq!(hash(&now, "previousRevision"), hash(&before, "revision"));
    assert_eq!(before["previousRevision"], Value::Null);
    let seen =
        ["status", "creator", "computePlatform", "startTime"].map(|member| now[member].clone());
    assert_eq!(
        seen,
        [
            json!("Created"),
            json!("user"),
            json!("Lambda"),
            Value::Null
        ]
    );
    let named = json!({ "applicationName": "app", "deploymentGroupName": "done" });
    let group = world.ok("GetDeploymentGroup", named).await["deploymentGroupInfo"].clone();
    assert_eq!(
        group["lastAttemptedDeployment"],
        json!({ "deploymentId": id, "status": "Created", "createTime": 1_767_225_660.0 })
    );
    assert_eq!(
        group["lastSuccessfulDeployment"]["deploymentId"],
        json!(first)
    );
    assert_eq!(group["targetRevision"], before["revision"]);
}

/// An AppSpec that is wrong is taken, and fails the deployment when it begins.
#[tokio::test]
async fn appspecs_are_judged_by_the_running_deployment() {
    let spec = appspec("fresh");
    let text = "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing or has an invalid configuration.";
    for (content, detail, target, rolled_back) in [
        (
            "not: [well",
            " The input AppSpec file is a not well-formed yaml. The template cannot be parsed.",
            json!([]),
            false,
        ),
        (
            "version: 0.0",
            " The AppSpec file's Resources must be a list of named resources.",
            json!([]),
            false,
        ),
        (
            &spec.replace("Name: fresh", "Name: ''"),
            " The Lambda function name cannot be null or empty",
            json!([":live"]),
            true,
        ),
        (
            &spec.replace("Name: fresh", "Name: none"),
            "",
            json!(["none:live"]),
            true,
        ),
        (
            &spec.replace("CurrentVersion: 1", "CurrentVersion: 2"),
            " The Lambda function alias version does not match the current version in AppSpec file.",
            json!(["fresh:live"]),
            true,
        ),
        (
            &spec.replace("TargetVersion: 2", "TargetVersion: $LATEST"),
            "",
            json!(["fresh:live"]),
            true,
        ),
        (
            &spec.replace("TargetVersion: 2", "Version: 2"),
            "",
            json!(["fresh:live"]),
            true,
        ),
    ] {
        let world = World::with_groups().await;
        let events =
            json!({ "autoRollbackConfiguration": { "enabled": true, "events": ALL_EVENTS } });
        let answer = world
            .ok(
                "CreateDeployment",
                with(deployment("fresh", content), events),
            )
            .await;
        let id = answer["deploymentId"].as_str().unwrap();
        world.advance(60);
        let info = info(&world, id).await;
        assert_eq!(info["status"], "Failed", "{content}");
        let error =
            json!({ "code": "INVALID_LAMBDA_CONFIGURATION", "message": format!("{text}{detail}") });
        assert_eq!(info["errorInformation"], error, "{content}");
        assert_eq!(info["rollbackInfo"].is_object(), rolled_back, "{content}");
        let targets = world
            .ok("ListDeploymentTargets", json!({ "deploymentId": id }))
            .await;
        assert_eq!(targets["targetIds"], target, "{content}");
        let alias = world.emulator.alias("fresh", "live").unwrap();
        assert_eq!(alias.function_version, "1", "{content}");
    }
}

#[tokio::test]
async fn the_target_under_both_of_its_names() {
    let world = World::with_groups().await;
    let id = world
        .deploy("running", "CodeDeployDefault.LambdaCanary10Percent5Minutes")
        .await;
    world.advance(60);
    let of = |more: Value| with(json!({ "deploymentId": id }), more);
    let target = json!({
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": id, "targetId": "running:live",
            "targetArn": "arn:aws:lambda:us-east-1:123456789012:function:running:live",
            "status": "InProgress", "lastUpdatedAt": 1_767_225_602.0,
            "lifecycleEvents": [
                { "lifecycleEventName": "BeforeAllowTraffic", "status": "Succeeded", "startTime": 1_767_225_602.0, "endTime": 1_767_225_602.0 },
                { "lifecycleEventName": "AllowTraffic", "status": "InProgress", "startTime": 1_767_225_602.0 },
                { "lifecycleEventName": "AfterAllowTraffic", "status": "Pending" },
            ],
            "lambdaFunctionInfo": { "functionName": "running", "functionAlias": "live", "currentVersion": "1", "targetVersion": "2", "targetVersionWeight": 0.1 },
        },
    });
    let one = world
        .ok(
            "GetDeploymentTarget",
            of(json!({ "targetId": "running:live" })),
        )
        .await;
    assert_eq!(one["deploymentTarget"], target);
    let several = world
        .ok(
            "BatchGetDeploymentTargets",
            of(json!({ "targetIds": ["running:live"] })),
        )
        .await;
    assert_eq!(several["deploymentTargets"], json!([target]));
    for (filters, expected) in [
        (json!(null), json!(["running:live"])),
        (
            json!({ "TargetStatus": ["InProgress", "Failed"] }),
            json!(["running:live"]),
        ),
        (json!({ "TargetStatus": ["Failed"] }), json!([])),
        (json!({ "ServerInstanceLabel": ["Blue"] }), json!([])),
    ] {
        let list = world
            .ok(
                "ListDeploymentTargets",
                of(json!({ "targetFilters": filters })),
            )
            .await;
        assert_eq!(list["targetIds"], expected, "{filters}");
    }
    for (filters, expected) in [
        (json!({}), json!(["running:live"])),
        (
            json!({ "instanceStatusFilter": ["InProgress"] }),
            json!(["running:live"]),
        ),
        (json!({ "instanceStatusFilter": ["Succeeded"] }), json!([])),
        (json!({ "instanceTypeFilter": ["Green"] }), json!([])),
    ] {
        let list = world
            .ok("ListDeploymentInstances", of(filters.clone()))
            .await;
        assert_eq!(list["instancesList"], expected, "{filters}");
    }
    let ids = json!({ "instanceIds": ["running:live", "i-1"] });
    let summaries = world.ok("BatchGetDeploymentInstances", of(ids)).await;
    assert_eq!(
        summaries["instancesSummary"][0]["lifecycleEvents"],
        target["lambdaTarget"]["lifecycleEvents"]
    );
    assert_eq!(
        summaries["errorMessage"],
        format!("The deployment {id} has no instance i-1")
    );
}

#[tokio::test]
async fn stopping_rolls_back_where_it_is_asked_for() {
    let none = json!({ "enabled": false, "events": ALL_EVENTS });
    let on_request = json!({ "enabled": true, "events": ["DEPLOYMENT_STOP_ON_REQUEST"] });
    for (configuration, stop, rolled_back) in [
        (&none, json!({}), false),
        (&none, json!({ "autoRollbackEnabled": null }), false),
        (&none, json!({ "autoRollbackEnabled": true }), true),
        (&on_request, json!({ "autoRollbackEnabled": false }), true),
    ] {
        let world = World::with_groups().await;
        let more = json!({ "autoRollbackConfiguration": configuration, "deploymentConfigName": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute" });
        let input = with(deployment("running", &appspec("running")), more);
        let id = world.ok("CreateDeployment", input).await["deploymentId"].clone();
        world.advance(90);
        let answer = world
            .ok(
                "StopDeployment",
                with(json!({ "deploymentId": id }), stop.clone()),
            )
            .await;
        assert_eq!(answer["status"], "Succeeded");
        world.advance(60);
        let id = id.as_str().unwrap();
        let stopped = info(&world, id).await;
        assert_eq!(
            (&stopped["status"], &stopped["errorInformation"]["code"]),
            (&json!("Stopped"), &json!("MANUAL_STOP"))
        );
        assert_eq!(stopped["autoRollbackConfiguration"], *configuration);
        let weight = world
            .emulator
            .alias("running", "live")
            .unwrap()
            .additional_version_weight;
        let rollback = &stopped["rollbackInfo"]["rollbackDeploymentId"];
        assert_eq!(
            (rollback.is_string(), weight.is_none()),
            (rolled_back, rolled_back),
            "{stop}"
        );
        if let Some(rollback) = rollback.as_str() {
            let rollback = info(&world, rollback).await;
            let seen = [
                "status",
                "creator",
                "deploymentConfigName",
                "deploymentGroupName",
            ]
            .map(|member| rollback[member].clone());
            assert_eq!(
                seen,
                [
                    "Succeeded",
                    "codeDeployRollback",
                    "CodeDeployDefault.LambdaAllAtOnce",
                    "running"
                ]
            );
            assert_eq!(
                rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"],
                json!(id)
            );
            assert_eq!(rollback["previousRevision"], stopped["revision"]);
        }
    }
}

/// `overrideAlarmConfiguration` takes the group's alarms away, and `ignorePollAlarmFailure` lets it go on without them.
#[tokio::test]
async fn alarms_of_the_group_and_of_the_deployment() {
    let alarms = |enabled: bool, ignore: bool| json!({ "enabled": enabled, "ignorePollAlarmFailure": ignore, "alarms": [{ "name": "missing" }] });
    for (of_group, of_deployment, status) in [
        (alarms(true, false), json!(null), "Stopped"),
        (alarms(true, true), json!(null), "Succeeded"),
        (alarms(false, false), json!(null), "Succeeded"),
        (alarms(true, false), alarms(false, false), "Succeeded"),
        (alarms(true, true), alarms(true, false), "Stopped"),
    ] {
        let world = World::with_groups().await;
        let update = json!({ "applicationName": "app", "currentDeploymentGroupName": "fresh", "alarmConfiguration": of_group });
        world.ok("UpdateDeploymentGroup", update).await;
        let more = json!({ "overrideAlarmConfiguration": of_deployment });
        let answer = world
            .ok(
                "CreateDeployment",
                with(deployment("fresh", &appspec("fresh")), more),
            )
            .await;
        world.advance(60);
        let info = info(&world, answer["deploymentId"].as_str().unwrap()).await;
        assert_eq!(info["status"], status, "{of_group} {of_deployment}");
    }
}
