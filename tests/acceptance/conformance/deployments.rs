//! CodeDeploy's view of a deployment.

use std::time::Duration;

use aws_sdk_codedeploy::error::ProvideErrorMetadata as _;
use aws_sdk_codedeploy::types::{DeploymentStatus, LifecycleEventStatus};
use emulator::AliasChange;
use serde_json::Value;

use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_reads_as_codedeploy_shows_it() {
    let world = World::new().await;
    world.deploy("one");
    let AliasChange::Deployment(id) = world.deploy("two") else {
        panic!("a deployment was expected")
    };
    let codedeploy = world.codedeploy();
    let error = codedeploy
        .list_deployment_targets()
        .deployment_id(&id)
        .send()
        .await
        .unwrap_err();
    assert!(
        error
            .into_service_error()
            .is_deployment_not_started_exception()
    );

    let begun = world.emulator.now();
    world.emulator.advance_to(begun + Duration::from_secs(60));
    let answer = codedeploy
        .get_deployment()
        .deployment_id(&id)
        .send()
        .await
        .unwrap();
    let info = answer.deployment_info().unwrap();
    assert_eq!(info.status(), Some(&DeploymentStatus::InProgress));
    assert_eq!(
        info.deployment_config_name(),
        Some("CodeDeployDefault.LambdaCanary10Percent5Minutes")
    );
    let location = info.revision().unwrap();
    let string = location.string().unwrap();
    assert_eq!(string.content(), None, "GetDeployment gives no content");
    let revision = codedeploy
        .get_application_revision()
        .application_name(info.application_name().unwrap())
        .revision(location.clone())
        .send()
        .await
        .unwrap();
    let content = revision
        .revision()
        .unwrap()
        .string()
        .unwrap()
        .content()
        .unwrap();
    let appspec: Value = serde_json::from_str(content).unwrap();
    assert_eq!(
        appspec["Resources"][0]["mirror"]["Properties"]["TargetVersion"],
        "2"
    );

    let targets = codedeploy
        .list_deployment_targets()
        .deployment_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(targets.target_ids(), ["mirror:live"]);
    let target = codedeploy
        .get_deployment_target()
        .deployment_id(&id)
        .target_id("mirror:live")
        .send()
        .await
        .unwrap();
    let target = target.deployment_target().unwrap().lambda_target().unwrap();
    let events: Vec<_> = target
        .lifecycle_events()
        .iter()
        .map(|event| event.status().unwrap().clone())
        .collect();
    assert_eq!(
        events,
        [
            LifecycleEventStatus::Succeeded,
            LifecycleEventStatus::InProgress,
            LifecycleEventStatus::Pending
        ]
    );
    assert!(
        (target
            .lambda_function_info()
            .unwrap()
            .target_version_weight()
            - 0.1)
            .abs()
            < 1e-9
    );

    let stopped = codedeploy
        .stop_deployment()
        .deployment_id(&id)
        .auto_rollback_enabled(true)
        .send()
        .await
        .unwrap();
    assert_eq!(stopped.status().unwrap().as_str(), "Succeeded");
    world.emulator.advance_to(begun + Duration::from_secs(70));
    let answer = codedeploy
        .get_deployment()
        .deployment_id(&id)
        .send()
        .await
        .unwrap();
    let info = answer.deployment_info().unwrap();
    assert_eq!(info.status(), Some(&DeploymentStatus::Stopped));
    assert_eq!(
        info.error_information().unwrap().code().unwrap().as_str(),
        "MANUAL_STOP"
    );
    let rollback = info
        .rollback_info()
        .unwrap()
        .rollback_deployment_id()
        .unwrap();
    let rollback = codedeploy
        .get_deployment()
        .deployment_id(rollback)
        .send()
        .await
        .unwrap();
    let rollback = rollback.deployment_info().unwrap();
    assert_eq!(rollback.status(), Some(&DeploymentStatus::Succeeded));
    assert_eq!(rollback.creator().unwrap().as_str(), "codeDeployRollback");
    assert_eq!(
        rollback
            .rollback_info()
            .unwrap()
            .rollback_triggering_deployment_id(),
        Some(id.as_str())
    );
    let alias = world
        .lambda()
        .get_alias()
        .function_name("mirror")
        .name("live")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (alias.function_version(), alias.routing_config()),
        (Some("1"), None)
    );

    for (wrong, code) in [
        ("", "DeploymentIdRequiredException"),
        ("x", "InvalidDeploymentIdException"),
        ("d-000000000", "DeploymentDoesNotExistException"),
    ] {
        let error = codedeploy
            .get_deployment()
            .deployment_id(wrong)
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(code), "{wrong:?}");
        let error = codedeploy
            .put_lifecycle_event_hook_execution_status()
            .deployment_id(wrong)
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(code), "{wrong:?}");
    }
    let late = codedeploy
        .put_lifecycle_event_hook_execution_status()
        .deployment_id(&id)
        .lifecycle_event_hook_execution_id("unknown")
        .status(LifecycleEventStatus::Succeeded)
        .send()
        .await
        .unwrap_err();
    assert!(
        late.into_service_error()
            .is_invalid_lifecycle_event_hook_execution_id_exception()
    );
}
