//! What is created is there, can be changed, and goes again.

use serde_json::json;

use crate::world::{ROLE, World, appspec, deployment, group, with};

#[tokio::test]
async fn an_application() {
    let world = World::new().await;
    let input = json!({ "applicationName": "app", "computePlatform": "Lambda", "tags": [{ "Key": "team", "Value": "a" }], "color": "unknown members are ignored" });
    let id = world.ok("CreateApplication", input).await["applicationId"].clone();
    let expected = json!({ "applicationId": id, "applicationName": "app", "createTime": 1_767_225_600.0, "linkedToGitHub": false, "computePlatform": "Lambda" });
    let named = json!({ "applicationName": "app" });
    assert_eq!(
        world.ok("GetApplication", named.clone()).await,
        json!({ "application": expected })
    );
    world
        .ok(
            "CreateApplication",
            json!({ "applicationName": "other", "computePlatform": null }),
        )
        .await;
    let both = world
        .ok(
            "BatchGetApplications",
            json!({ "applicationNames": ["other", "app"] }),
        )
        .await;
    assert_eq!(
        both["applicationsInfo"][0]["computePlatform"], "Server",
        "which is the default"
    );
    assert_eq!(both["applicationsInfo"][1], expected);
    assert_eq!(
        world.ok("ListApplications", json!({})).await,
        json!({ "applications": ["app", "other"] })
    );
    world.ok("DeleteApplication", named.clone()).await;
    world.ok("DeleteApplication", named).await;
    assert_eq!(
        world.ok("ListApplications", json!({})).await,
        json!({ "applications": ["other"] })
    );
}

#[tokio::test]
async fn a_deployment_group() {
    let world = World::new().await;
    world
        .ok(
            "CreateApplication",
            json!({ "applicationName": "app", "computePlatform": "Lambda" }),
        )
        .await;
    let minimal = with(
        group("g"),
        json!({ "deploymentConfigName": null, "ec2TagFilters": [] }),
    );
    let id = world.ok("CreateDeploymentGroup", minimal).await["deploymentGroupId"].clone();
    let named = json!({ "applicationName": "app", "deploymentGroupName": "g" });
    let expected = json!({
        "applicationName": "app", "deploymentGroupId": id, "deploymentGroupName": "g",
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "ec2TagFilters": [], "onPremisesInstanceTagFilters": [], "autoScalingGroups": [],
        "serviceRoleArn": ROLE, "triggerConfigurations": [],
        "alarmConfiguration": { "enabled": false, "ignorePollAlarmFailure": false, "alarms": [] },
        "autoRollbackConfiguration": { "enabled": false, "events": [] },
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        "computePlatform": "Lambda",
    });
    let answer = world.ok("GetDeploymentGroup", named.clone()).await;
    assert_eq!(answer["deploymentGroupInfo"], expected);

    let changes = json!({
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "serviceRoleArn": "arn:aws:iam::123456789012:role/path/other",
        "triggerConfigurations": [{ "triggerName": "t", "triggerTargetArn": "arn:aws:sns:us-east-1:123456789012:t", "triggerEvents": ["DeploymentFailure"] }],
        "alarmConfiguration": { "enabled": true, "ignorePollAlarmFailure": true, "alarms": [{ "name": "errors" }] },
        "autoRollbackConfiguration": { "enabled": true, "events": ["DEPLOYMENT_FAILURE"] },
    });
    let update = json!({ "applicationName": "app", "currentDeploymentGroupName": "g", "newDeploymentGroupName": "h" });
    let answer = world
        .ok("UpdateDeploymentGroup", with(update, changes.clone()))
        .await;
    assert_eq!(answer, json!({ "hooksNotCleanedUp": [] }));
    let names = json!({ "applicationName": "app", "deploymentGroupNames": ["h", "g"] });
    let answer = world.ok("BatchGetDeploymentGroups", names).await;
    let changed = with(
        with(expected, changes),
        json!({ "deploymentGroupName": "h" }),
    );
    assert_eq!(answer["deploymentGroupsInfo"], json!([changed]));
    assert_eq!(
        answer["errorMessage"],
        "No Deployment Group found for name: g"
    );

    let named = with(named, json!({ "deploymentGroupName": "h" }));
    assert_eq!(
        world.ok("DeleteDeploymentGroup", named.clone()).await,
        json!({ "hooksNotCleanedUp": [] })
    );
    world.ok("DeleteDeploymentGroup", named).await;
    let list = world
        .ok("ListDeploymentGroups", json!({ "applicationName": "app" }))
        .await;
    assert_eq!(
        list,
        json!({ "applicationName": "app", "deploymentGroups": [] })
    );
}

#[tokio::test]
async fn deployment_configurations() {
    let world = World::with_groups().await;
    let canary = json!({ "type": "TimeBasedCanary", "timeBasedCanary": { "canaryPercentage": 25, "canaryInterval": 7 } });
    let linear = json!({ "type": "TimeBasedLinear", "timeBasedLinear": { "linearPercentage": 33, "linearInterval": 960 } });
    for (name, routing) in [
        ("canary", canary),
        ("linear", linear),
        ("all", json!({ "type": "AllAtOnce" })),
    ] {
        let input = json!({ "deploymentConfigName": name, "computePlatform": "Lambda", "trafficRoutingConfig": routing });
        let id = world.ok("CreateDeploymentConfig", input).await["deploymentConfigId"].clone();
        let answer = world
            .ok(
                "GetDeploymentConfig",
                json!({ "deploymentConfigName": name }),
            )
            .await;
        let expected = json!({ "deploymentConfigName": name, "deploymentConfigId": id, "computePlatform": "Lambda", "createTime": 1_767_225_600.0, "trafficRoutingConfig": routing });
        assert_eq!(answer["deploymentConfigInfo"], expected);
    }
    let name = "CodeDeployDefault.LambdaLinear10PercentEvery1Minute";
    let answer = world
        .ok(
            "GetDeploymentConfig",
            json!({ "deploymentConfigName": name }),
        )
        .await;
    let routing = json!({ "type": "TimeBasedLinear", "timeBasedLinear": { "linearPercentage": 10, "linearInterval": 1 } });
    assert_eq!(
        answer["deploymentConfigInfo"]["trafficRoutingConfig"],
        routing
    );
    let listed = world.ok("ListDeploymentConfigs", json!({})).await;
    assert_eq!(
        listed["deploymentConfigsList"].as_array().unwrap().len(),
        12
    );

    // A deployment shifts as its configuration says.
    world.deploy("running", "canary").await;
    world.advance(10);
    let weight = |world: &World| {
        world
            .emulator
            .alias("running", "live")
            .unwrap()
            .additional_version_weight
    };
    assert_eq!(weight(&world), Some(("2".to_owned(), 0.25)));
    world.advance(7 * 60);
    assert_eq!(weight(&world), None);

    world
        .ok(
            "DeleteDeploymentConfig",
            json!({ "deploymentConfigName": "canary" }),
        )
        .await;
    world
        .ok(
            "DeleteDeploymentConfig",
            json!({ "deploymentConfigName": "canary" }),
        )
        .await;
    let listed = world.ok("ListDeploymentConfigs", json!({})).await;
    assert_eq!(
        listed["deploymentConfigsList"].as_array().unwrap().len(),
        11
    );
}

#[tokio::test]
async fn tags() {
    let world = World::with_groups().await;
    for rest in ["application:app", "deploymentgroup:app/fresh"] {
        let arn =
            json!({ "ResourceArn": format!("arn:aws:codedeploy:us-east-1:123456789012:{rest}") });
        let tags = json!({ "Tags": [{ "Key": "b", "Value": "1" }, { "Key": "a", "Value": "" }] });
        world.ok("TagResource", with(arn.clone(), tags)).await;
        world
            .ok(
                "TagResource",
                with(
                    arn.clone(),
                    json!({ "Tags": [{ "Key": "b", "Value": "2" }] }),
                ),
            )
            .await;
        let listed = world.ok("ListTagsForResource", arn.clone()).await;
        assert_eq!(
            listed,
            json!({ "Tags": [{ "Key": "a", "Value": "" }, { "Key": "b", "Value": "2" }] })
        );
        world
            .ok(
                "UntagResource",
                with(arn.clone(), json!({ "TagKeys": ["b", "none"] })),
            )
            .await;
        let listed = world.ok("ListTagsForResource", arn).await;
        assert_eq!(listed, json!({ "Tags": [{ "Key": "a", "Value": "" }] }));
    }
}

#[tokio::test]
async fn names_change_under_a_running_deployment() {
    let world = World::with_groups().await;
    let id = world
        .deploy("running", "CodeDeployDefault.LambdaCanary10Percent5Minutes")
        .await;
    world.advance(60);
    world
        .ok(
            "UpdateApplication",
            json!({ "applicationName": "app", "newApplicationName": "new" }),
        )
        .await;
    world.ok("UpdateDeploymentGroup", json!({ "applicationName": "new", "currentDeploymentGroupName": "running", "newDeploymentGroupName": "renamed" })).await;
    world.advance(600);
    let info = world
        .ok("GetDeployment", json!({ "deploymentId": id }))
        .await["deploymentInfo"]
        .clone();
    let seen =
        ["status", "applicationName", "deploymentGroupName"].map(|member| info[member].clone());
    assert_eq!(seen, ["Succeeded", "new", "renamed"]);
    let named = json!({ "applicationName": "new", "deploymentGroupName": "renamed" });
    let group = world.ok("GetDeploymentGroup", named.clone()).await["deploymentGroupInfo"].clone();
    assert_eq!(group["lastSuccessfulDeployment"]["deploymentId"], json!(id));
    assert_eq!(
        world.ok("ListDeployments", named).await,
        json!({ "deployments": [id] })
    );
    let revision = json!({ "applicationName": "new", "revision": group["targetRevision"] });
    let revision = world.ok("GetApplicationRevision", revision).await;
    assert_eq!(
        revision["revision"]["appSpecContent"]["content"],
        json!(appspec("running"))
    );
    assert_eq!(
        revision["revisionInfo"]["deploymentGroups"],
        json!(["renamed"])
    );
}

#[tokio::test]
async fn what_is_deleted_takes_its_deployments_along() {
    let exists = async |world: &World, id: &str| {
        world
            .call("GetDeployment", &json!({ "deploymentId": id }))
            .await
            .is_ok()
    };
    for (operation, input) in [
        (
            "DeleteDeploymentGroup",
            json!({ "applicationName": "app", "deploymentGroupName": "running" }),
        ),
        ("DeleteApplication", json!({ "applicationName": "app" })),
    ] {
        let world = World::with_groups().await;
        let done = world
            .deploy("done", "CodeDeployDefault.LambdaAllAtOnce")
            .await;
        let running = world
            .deploy("running", "CodeDeployDefault.LambdaCanary10Percent5Minutes")
            .await;
        world.advance(60);
        world.ok(operation, input.clone()).await;
        world.advance(600);
        let others = operation == "DeleteDeploymentGroup";
        assert_eq!(
            (exists(&world, &running).await, exists(&world, &done).await),
            (false, others)
        );
        assert!(!world.emulator.is_deploying());
        let alias = world.emulator.alias("running", "live").unwrap();
        assert_eq!(
            alias.additional_version_weight,
            Some(("2".to_owned(), 0.1)),
            "nothing moves it any more"
        );
        if operation == "DeleteApplication" {
            let input = json!({ "applicationName": "app", "computePlatform": "Lambda" });
            world.ok("CreateApplication", input).await;
            world.ok("CreateDeploymentGroup", group("done")).await;
            let revisions = world
                .ok(
                    "ListApplicationRevisions",
                    json!({ "applicationName": "app" }),
                )
                .await;
            assert_eq!(revisions, json!({ "revisions": [] }));
        }
    }
}

/// What follows from the records is found out again when they are read from disk.
#[tokio::test]
async fn everything_outlives_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let named = json!({ "applicationName": "app", "deploymentGroupName": "running" });
    let reads = [
        ("ListApplications", json!({})),
        ("ListDeploymentGroups", json!({ "applicationName": "app" })),
        ("GetDeploymentGroup", named.clone()),
        ("ListDeployments", named),
        (
            "ListDeployments",
            json!({ "includeOnlyStatuses": ["InProgress"] }),
        ),
        ("ListDeploymentConfigs", json!({})),
        (
            "ListApplicationRevisions",
            json!({ "applicationName": "app" }),
        ),
    ];
    let read = async |world: &World| {
        let mut answers = Vec::new();
        for (operation, input) in &reads {
            answers.push(world.ok(operation, input.clone()).await);
        }
        answers
    };
    let before = {
        let world = World::kept_in(directory.path()).await;
        world.set_up_groups().await;
        let config = json!({ "deploymentConfigName": "mine", "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "AllAtOnce" } });
        world.ok("CreateDeploymentConfig", config).await;
        world.deploy("done", "mine").await;
        world
            .deploy("running", "CodeDeployDefault.LambdaCanary10Percent5Minutes")
            .await;
        world.advance(60);
        read(&world).await
    };
    let world = World::resumed(directory.path()).await;
    assert_eq!(read(&world).await, before);
    let busy = world
        .call(
            "CreateDeployment",
            &deployment("running", &appspec("running")),
        )
        .await;
    assert_eq!(busy.unwrap_err().0, "DeploymentLimitExceededException");
    world.advance(600);
    assert_eq!(
        world
            .emulator
            .alias("running", "live")
            .unwrap()
            .function_version,
        "2"
    );
    assert!(!world.emulator.is_deploying());
}
