//! Edge cases at the boundary where a person stands: the printed text, the files, the exit status.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::explain::{World, variables};
use crate::harness::{Ran, tollgate, top_level};

fn ran(command: &mut Command) -> Ran {
    command.output().unwrap().into()
}

/// A copy of `events/`, to write into.
fn events() -> tempfile::TempDir {
    let events = tempfile::tempdir().unwrap();
    let folder = events.path().join("VersionedOrderAPI");
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(top_level().join("events/VersionedOrderAPI")).unwrap() {
        let file = entry.unwrap();
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    events
}

async fn generated(world: &World, events: &Path, args: &[&str]) -> Ran {
    let mut command = tollgate();
    command
        .args([
            "test",
            "--function",
            "VersionedOrderAPI",
            "--qualifier",
            "prod",
            "--generated",
        ])
        .arg("--events")
        .arg(events)
        .args(args)
        .envs(variables(world.emulator.endpoint()));
    tokio::task::spawn_blocking(move || ran(&mut command))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_that_no_event_finds_is_found_at_its_smallest_and_kept() {
    let world = World::new().await;
    // Both gates pass it, and prod is its version now.
    world.deploy("slices-customer-ids").await;
    let events = events();
    let found = generated(&world, events.path(), &["--keep"]).await;
    assert_eq!(found.status, 1, "{}{}", found.stdout, found.stderr);
    for line in [
        r#"the smallest event that fails so: {"action":"create","customerId":"x"}"#,
        r#"the smallest event that fails so: {"action":"create","customerId":"字仮"}"#,
        "end byte index 4 is out of bounds of `x`",
        "2 defects in 794 edge cases of 5 events",
    ] {
        assert!(found.stdout.contains(line), "{line}: {}", found.stdout);
    }
    let kept = events
        .path()
        .join("VersionedOrderAPI/CreateOrderValid.customerId-one-character.json");
    let kept: Value = serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap();
    assert_eq!(kept, json!({"action": "create", "customerId": "x"}));
    // What is kept is an event like any other, and finds the defect without edge cases.
    let mut command = tollgate();
    command
        .args([
            "test",
            "--function",
            "VersionedOrderAPI:prod",
            "--format",
            "json",
            "--events",
        ])
        .arg(events.path())
        .envs(variables(world.emulator.endpoint()));
    let again = tokio::task::spawn_blocking(move || ran(&mut command))
        .await
        .unwrap();
    assert_eq!(again.status, 1, "{}{}", again.stdout, again.stderr);
    let outcomes = again.json();
    let outcomes = outcomes["functions"][0]["events"].as_array().unwrap();
    let unmet: Vec<&str> = outcomes
        .iter()
        .filter(|event| event["outcome"] == "unmet")
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        unmet,
        [
            "CreateOrderValid.customerId-one-character",
            "CreateOrderValid.customerId-three-byte-characters"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_that_is_right_has_no_defect() {
    let world = World::new().await;
    world.deploy("order-api").await;
    let found = generated(&world, &top_level().join("events"), &["--format", "json"]).await;
    assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
    let report = &found.json()["functions"][0];
    assert_eq!(report["reason"], "no defects in 794 edge cases of 5 events");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_knows_more_of_the_events() {
    let world = World::new().await;
    world.deploy("order-api").await;
    let counted = async |schemas: Value| -> usize {
        let document = json!({
            "openapi": "3.0.0",
            "components": { "schemas": schemas, "examples": { "Shared": { "value": { "action": "x" } } } },
        });
        world
            .emulator
            .put_shared_test_events("VersionedOrderAPI", document.to_string());
        let args = ["--shared", "--only", "Shared", "--format", "json"];
        let found = generated(&world, &top_level().join("events"), &args).await;
        assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
        let report = found.json();
        let reason = report["functions"][0]["reason"].as_str().unwrap();
        let count = reason.strip_prefix("no defects in ").unwrap();
        let count = count.strip_suffix(" edge cases of 1 event").unwrap();
        count.parse().unwrap()
    };
    let without = counted(json!({})).await;
    let properties = json!({ "unknown": { "type": "integer", "maximum": 9 } });
    let with = counted(json!({ "Event": { "type": "object", "properties": properties } })).await;
    assert!(
        with > without,
        "{with} edge cases with the schema, {without} without"
    );
}

#[test]
fn edge_cases_are_written_once_and_overwrite_nothing() {
    let events = events();
    let folder = events.path().join("VersionedOrderAPI");
    let generate = |args: &[&str]| {
        let mut command = tollgate();
        command
            .args(["events", "generate", "CreateOrderValid", "--most", "7"])
            .args(["--format", "json", "--events"])
            .arg(events.path())
            .args(args);
        ran(&mut command)
    };
    let count = || fs::read_dir(&folder).unwrap().count();
    let before = count();
    let dry = generate(&["--dry-run"]);
    assert_eq!((dry.status, count()), (0, before), "{}", dry.stderr);
    let first = generate(&[]).json();
    assert_eq!((&first["edgeCases"], count()), (&json!(7), before + 14));
    assert_eq!(first["written"], dry.json()["written"]);
    let edited = folder.join("CreateOrderValid.action-null.json");
    fs::write(&edited, "{\"mine\": 1}").unwrap();
    let second = generate(&[]).json();
    assert_eq!(second["written"], json!([]));
    assert_eq!(second["kept"], json!(["CreateOrderValid.action-null"]));
    assert_eq!(fs::read_to_string(&edited).unwrap(), "{\"mine\": 1}");
}

#[test]
fn what_cannot_be_derived_from_says_why() {
    for (args, reason) in [
        (&["Nope"][..], "no function has a test event \"Nope\""),
        (&["LifecycleEvent"], "say which with --function"),
        (
            &["Nope", "--function", "VersionedOrderAPI"],
            "there are: CreateOrderMissingCustomer",
        ),
        (&["Nope", "--function", "../x"], "is not a function's name"),
    ] {
        let ran = ran(tollgate().args(["events", "generate"]).args(args));
        assert_eq!(ran.status, 2, "{args:?}");
        assert!(ran.stderr.contains(reason), "{args:?}: {}", ran.stderr);
    }
}
