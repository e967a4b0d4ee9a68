//! Deployments that a client creates, from its own AppSpec to the report of the real hooks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::types::{
    AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform, DeploymentInfo,
    DeploymentOption, DeploymentStatus, DeploymentStyle, DeploymentType, RevisionLocation,
    RevisionLocationType,
};
use emulator::{Happening, Program, TimelineEntry};

use super::world::World;
use crate::stack::program;

/// A function without a `DeploymentPreference`, and the two hooks with one test event for it.
const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: provided.al2023, Handler: bootstrap, CodeUri: ., Timeout: 30 }
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: mirror, AutoPublishAlias: live }
  PreTraffic:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: CodeDeployHook_PreTraffic
      Policies: [&Gate { Version: 2012-10-17, Statement: { Effect: Allow, Action: ['codedeploy:*', 'lambda:*', 'schemas:*'], Resource: '*' } }]
      Layers: [!Ref Events]
      Environment: { Variables: { GATE_EVENTS_DIR: /opt } }
  PostTraffic:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: CodeDeployHook_PostTraffic
      Policies: [*Gate]
      Layers: [!Ref Events]
      Environment: { Variables: { GATE_EVENTS_DIR: /opt } }
  Events:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: events }
";

fn programs(release: &str) -> BTreeMap<String, Program> {
    BTreeMap::from([
        ("Mirror".to_owned(), program("mirror", &[release])),
        ("PreTraffic".to_owned(), program("pre-traffic", &[])),
        ("PostTraffic".to_owned(), program("post-traffic", &[])),
    ])
}

/// The mirror says which version it is, and the event is met by version 2 alone.
fn write_events(directory: &Path) {
    let events = directory.join("events/mirror");
    fs::create_dir_all(&events).unwrap();
    fs::write(events.join("Ask.json"), r#"{"question":"who"}"#).unwrap();
    fs::write(events.join("Ask.expect.json"), r#"{"functionVersion":"2"}"#).unwrap();
}

async fn create_group(codedeploy: &Client) {
    codedeploy
        .create_application()
        .application_name("shop")
        .compute_platform(ComputePlatform::Lambda)
        .send()
        .await
        .unwrap();
    let style = DeploymentStyle::builder()
        .deployment_type(DeploymentType::BlueGreen)
        .deployment_option(DeploymentOption::WithTrafficControl);
    let rollback = AutoRollbackConfiguration::builder()
        .enabled(true)
        .events(AutoRollbackEvent::DeploymentFailure);
    codedeploy
        .create_deployment_group()
        .application_name("shop")
        .deployment_group_name("mirror")
        .service_role_arn("arn:aws:iam::123456789012:role/deploys")
        .deployment_config_name("CodeDeployDefault.LambdaLinear10PercentEvery1Minute")
        .deployment_style(style.build())
        .auto_rollback_configuration(rollback.build())
        .send()
        .await
        .unwrap();
}

/// Plays a deployment of the mirror to its end, behind both hooks.
async fn deploy(world: &World, codedeploy: &Client, from: &str, to: &str) -> DeploymentInfo {
    let content = format!(
        "version: 0.0
Resources:
  - mirror:
      Type: AWS::Lambda::Function
      Properties:
        Name: mirror
        Alias: live
        CurrentVersion: {from}
        TargetVersion: {to}
Hooks:
  - BeforeAllowTraffic: CodeDeployHook_PreTraffic
  - AfterAllowTraffic: CodeDeployHook_PostTraffic
"
    );
    let appspec = AppSpecContent::builder().content(content).build();
    let revision = RevisionLocation::builder()
        .revision_type(RevisionLocationType::AppSpecContent)
        .app_spec_content(appspec)
        .build();
    let created = codedeploy
        .create_deployment()
        .application_name("shop")
        .deployment_group_name("mirror")
        .revision(revision)
        .send()
        .await
        .unwrap();
    while world.emulator.is_deploying() {
        let due = world.emulator.next_due().unwrap();
        world.emulator.advance_to(due);
        world.emulator.settle().await;
    }
    info(codedeploy, created.deployment_id().unwrap()).await
}

async fn info(codedeploy: &Client, id: &str) -> DeploymentInfo {
    let answer = codedeploy.get_deployment().deployment_id(id).send().await;
    answer.unwrap().deployment_info().unwrap().clone()
}

/// The statuses of the three lifecycle events.
async fn events(codedeploy: &Client, id: &str) -> Vec<String> {
    let answer = codedeploy
        .get_deployment_target()
        .deployment_id(id)
        .target_id("mirror:live")
        .send()
        .await
        .unwrap();
    let target = answer.deployment_target().unwrap().lambda_target().unwrap();
    let events = target.lifecycle_events().iter();
    events
        .map(|event| event.status().unwrap().as_str().to_owned())
        .collect()
}

/// What the hooks answered.
fn reports(world: &World) -> Vec<String> {
    let answer = |entry: TimelineEntry| match entry.happening {
        Happening::HookEnded { payload, .. } => Some(payload),
        _ => None,
    };
    let timeline = world.emulator.take_timeline();
    timeline.into_iter().filter_map(answer).collect()
}

#[tokio::test]
async fn from_an_appspec_in_yaml_to_success_and_to_rollback() {
    let directory = tempfile::tempdir().unwrap();
    write_events(directory.path());
    let world = World::of(TEMPLATE, directory.path()).await;
    let codedeploy = world.codedeploy();
    world.deploy_all(&programs("one"));
    create_group(&codedeploy).await;

    world.publish(&programs("two"));
    let succeeded = deploy(&world, &codedeploy, "1", "2").await;
    let reports = reports(&world);
    assert_eq!(
        succeeded.status(),
        Some(&DeploymentStatus::Succeeded),
        "{reports:?}"
    );
    let first = succeeded.deployment_id().unwrap();
    assert_eq!(events(&codedeploy, first).await, ["Succeeded"; 3]);
    let alias = || world.emulator.alias("mirror", "live").unwrap();
    assert_eq!(alias().function_version, "2");

    world.publish(&programs("three"));
    let failed = deploy(&world, &codedeploy, "2", "3").await;
    assert_eq!(failed.status(), Some(&DeploymentStatus::Failed));
    let error = failed.error_information().unwrap();
    assert_eq!(error.code().unwrap().as_str(), "HOOK_EXECUTION_FAILURE");
    let second = failed.deployment_id().unwrap();
    let expected = ["Failed", "Skipped", "Skipped"];
    assert_eq!(events(&codedeploy, second).await, expected);
    assert_eq!(failed.previous_revision(), succeeded.revision());

    let rollback = failed.rollback_info().unwrap().rollback_deployment_id();
    let rollback = info(&codedeploy, rollback.unwrap()).await;
    assert_eq!(rollback.status(), Some(&DeploymentStatus::Succeeded));
    assert_eq!(rollback.creator().unwrap().as_str(), "codeDeployRollback");
    let alias = alias();
    assert_eq!(alias.function_version, "2");
    assert_eq!(alias.additional_version_weight, None);
    let all = codedeploy.list_deployments().send().await.unwrap();
    let third = rollback.deployment_id().unwrap();
    assert_eq!(all.deployments(), [third, second, first]);
}
