//! What alarms see of invocations, and what the registry holds.

use std::time::Duration;

use aws_sdk_cloudwatch::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatch::types::StateValue;
use emulator::Call;

use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_reach_the_alarm_by_version() {
    let world = World::new().await;
    world.deploy("one");
    let begun = world.emulator.now();
    world.emulator.advance_to(begun + Duration::from_secs(120));
    let state = async || {
        let alarms = world
            .cloudwatch()
            .describe_alarms()
            .alarm_names("errors")
            .send()
            .await
            .unwrap();
        alarms.metric_alarms()[0].state_value().unwrap().clone()
    };
    assert_eq!(state().await, StateValue::Ok);
    let call = || Call {
        payload: r#"{"do":"fail"}"#.into(),
        client_context: None,
    };
    world
        .emulator
        .invoke("mirror", Some("1"), call())
        .await
        .unwrap();
    world.emulator.advance_to(begun + Duration::from_secs(360));
    assert_eq!(
        state().await,
        StateValue::Ok,
        "an error of the version is none of the alias"
    );
    world
        .emulator
        .invoke("mirror", Some("live"), call())
        .await
        .unwrap();
    world.emulator.advance_to(begun + Duration::from_secs(540));
    assert_eq!(state().await, StateValue::Alarm);
    world.emulator.advance_to(begun + Duration::from_secs(1200));
    assert_eq!(
        state().await,
        StateValue::Ok,
        "no news is good news: notBreaching"
    );
    let set = world
        .cloudwatch()
        .set_alarm_state()
        .alarm_name("nobody")
        .state_value(StateValue::Ok)
        .state_reason("x");
    assert_eq!(
        set.send().await.unwrap_err().code(),
        Some("ResourceNotFound")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shared_test_events_are_read_from_the_registry() {
    let world = World::new().await;
    let describe = |schema: &str| {
        world
            .schemas()
            .describe_schema()
            .registry_name("lambda-testevent-schemas")
            .schema_name(schema)
    };
    let error = describe("_mirror-schema").send().await.unwrap_err();
    assert!(error.into_service_error().is_not_found_exception());
    world
        .emulator
        .put_shared_test_events("mirror", "{\"openapi\":\"3.0.0\"}".to_owned());
    let schema = describe("_mirror-schema").send().await.unwrap();
    assert_eq!(schema.content(), Some("{\"openapi\":\"3.0.0\"}"));
    assert_eq!(schema.schema_version(), Some("1"));
}
