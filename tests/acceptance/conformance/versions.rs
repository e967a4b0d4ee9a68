//! Versions that never change, and aliases that point at them.

use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use emulator::Call;

use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_are_immutable_and_unchanged_code_publishes_none() {
    let world = World::new().await;
    world.deploy("one");
    let lambda = world.lambda();
    let version = async || {
        lambda
            .publish_version()
            .function_name("mirror")
            .send()
            .await
            .unwrap()
    };
    assert_eq!(version().await.version(), Some("1"));
    assert_eq!(version().await.version(), Some("1"), "nothing has changed");
    let first = lambda
        .get_function_configuration()
        .function_name("mirror:1")
        .send()
        .await
        .unwrap();
    world.deploy("two");
    assert_eq!(version().await.version(), Some("2"));
    let again = lambda
        .get_function_configuration()
        .function_name("mirror:1")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (again.code_sha256(), again.revision_id()),
        (first.code_sha256(), first.revision_id())
    );
    let second = lambda
        .get_function_configuration()
        .function_name("mirror")
        .qualifier("2")
        .send()
        .await
        .unwrap();
    assert_ne!(second.code_sha256(), first.code_sha256());
    assert_eq!(
        second.function_arn(),
        Some("arn:aws:lambda:us-east-1:123456789012:function:mirror:2")
    );
    let wrong = lambda
        .publish_version()
        .function_name("mirror")
        .code_sha256("x")
        .send()
        .await
        .unwrap_err();
    assert!(
        wrong
            .into_service_error()
            .is_invalid_parameter_value_exception()
    );
    let wrong = lambda
        .publish_version()
        .function_name("mirror")
        .revision_id("x")
        .send()
        .await
        .unwrap_err();
    assert!(
        wrong
            .into_service_error()
            .is_precondition_failed_exception()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aliases_keep_lambdas_rules() {
    let world = World::new().await;
    world.deploy("one");
    world.deploy("two");
    let lambda = world.lambda();
    lambda
        .publish_version()
        .function_name("mirror")
        .send()
        .await
        .unwrap();
    let weights = |entries: &[(&str, f64)]| {
        let weights = entries
            .iter()
            .map(|(version, weight)| ((*version).to_owned(), *weight))
            .collect();
        AliasRoutingConfiguration::builder()
            .set_additional_version_weights(Some(weights))
            .build()
    };
    let create = |name: &str, version: &str| {
        lambda
            .create_alias()
            .function_name("mirror")
            .name(name)
            .function_version(version)
    };
    type Row = (
        &'static str,
        &'static str,
        &'static [(&'static str, f64)],
        &'static str,
    );
    let rows: [Row; 10] = [
        ("a", "1", &[("2", 1.5)], "ValidationException"),
        ("a", "1", &[("2", -0.1)], "ValidationException"),
        (
            "a",
            "1",
            &[("2", 0.1), ("3", 0.1)],
            "InvalidParameterValueException",
        ),
        ("a", "1", &[("1", 0.1)], "InvalidParameterValueException"),
        ("a", "1", &[("77", 0.1)], "ResourceNotFoundException"),
        (
            "a",
            "$LATEST",
            &[("2", 0.1)],
            "InvalidParameterValueException",
        ),
        ("a", "1", &[("$LATEST", 0.1)], "ValidationException"),
        ("a", "77", &[], "ResourceNotFoundException"),
        ("123", "1", &[], "ValidationException"),
        ("live", "1", &[], "ResourceConflictException"),
    ];
    for (name, version, entries, code) in rows {
        let error = create(name, version)
            .routing_config(weights(entries))
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(code), "{name} {version} {entries:?}");
    }
    let alias = create("split", "1")
        .routing_config(weights(&[("2", 0.25)]))
        .send()
        .await
        .unwrap();
    assert_eq!(
        alias
            .routing_config()
            .unwrap()
            .additional_version_weights()
            .unwrap()["2"],
        0.25
    );
    let update = || lambda.update_alias().function_name("mirror").name("split");
    let error = update().revision_id("stale").send().await.unwrap_err();
    assert_eq!(error.code(), Some("PreconditionFailedException"));
    let cleared = update()
        .function_version("2")
        .routing_config(weights(&[]))
        .send()
        .await
        .unwrap();
    assert_eq!(cleared.function_version(), Some("2"));
    assert!(
        cleared.routing_config().is_none(),
        "GetAlias leaves the routing out when there are no weights"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weighted_alias_splits_traffic_reproducibly() {
    let split = async || {
        let world = World::new().await;
        world.deploy("one");
        world.deploy("two");
        world
            .emulator
            .set_alias_weight("mirror", "live", "2", 0.25)
            .unwrap();
        let mut versions = String::new();
        for _ in 0..400 {
            let invoked = world
                .emulator
                .invoke("mirror", Some("live"), Call::default())
                .await
                .unwrap();
            versions.push_str(&invoked.executed_version);
        }
        versions
    };
    let (once, again) = (split().await, split().await);
    assert_eq!(once, again, "the seed decides");
    let second = once.bytes().filter(|version| *version == b'2').count();
    // 100 expected; five standard deviations are 43.
    assert!((57..=143).contains(&second), "{second}");
}
