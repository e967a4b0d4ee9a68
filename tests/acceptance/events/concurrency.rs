//! Others who write at the same moment.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use super::world::World;
use crate::relay::Relay;

const BEFORE: &str =
    r#"{"openapi":"3.0.0","components":{"examples":{"a":{"value":1},"b":{"value":1}}}}"#;

/// Runs `push` of `a` = 2 while others put a document, right before the first call of an action: what is shared then.
async fn check(others: &[(&'static str, &'static str)], expected: &str, status: i32, said: &str) {
    let world = World::with(BEFORE, &[("a.json", "2")]).await;
    let emulator = Arc::clone(&world.emulator);
    let others: BTreeMap<&str, &str> = others.iter().copied().collect();
    let others = Mutex::new(others);
    let relay = Relay::watched(world.emulator.endpoint(), &[], move |action| {
        if let Some(document) = others.lock().unwrap().remove(action) {
            emulator.put_shared_test_events("orders", document.to_owned());
        }
    })
    .await;
    let mut push = world.command(&relay.endpoint, "push");
    let ran: crate::harness::Ran = tokio::task::spawn_blocking(move || push.output().unwrap())
        .await
        .unwrap()
        .into();
    assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert_eq!(world.document().await.unwrap(), expected);
}

const KEPT: &str = "others changed shared test events meanwhile; their changes are kept\ndone\n";
const CONFLICT: &str = "a was changed by others meanwhile, and is as they have it";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_theirs_is_lost() {
    let others = r#"{"openapi":"3.0.0","x":1,"components":{"examples":{"a":{"value":1},"b":{"value":2},"c":{"value":3}}}}"#;
    let both = others.replace(r#""a":{"value":1}"#, r#""a":{"value":2}"#);
    // Between the last look and the write, where only the version that comes back tells.
    check(&[("schemas:UpdateSchema", others)], &both, 0, KEPT).await;
    check(&[("schemas:ListSchemaVersions", others)], &both, 0, KEPT).await;
    let theirs =
        r#"{"openapi":"3.0.0","components":{"examples":{"a":{"value":9},"b":{"value":1}}}}"#;
    check(&[("schemas:UpdateSchema", theirs)], theirs, 1, CONFLICT).await;
}

/// Pulls `a` and `b` while somebody writes the file of `a`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_that_is_edited_meanwhile_stays() {
    for before in [&[("a.json", "2")][..], &[]] {
        let world = World::with(BEFORE, before).await;
        world.write("notes.txt", "");
        let file = world.path("a.json");
        let relay = Relay::watched(world.emulator.endpoint(), &[], move |_| {
            std::fs::write(&file, "3").unwrap();
        })
        .await;
        let mut pull = world.command(&relay.endpoint, "pull --yes");
        let ran: crate::harness::Ran = tokio::task::spawn_blocking(move || pull.output().unwrap())
            .await
            .unwrap()
            .into();
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(CONFLICT), "{}", ran.stdout);
        assert_eq!(world.files(), ["a.json", "b.json", "notes.txt"]);
        assert_eq!(world.read("a.json"), "3");
        assert_eq!(world.read("b.json"), "1\n");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn colleagues_who_push_at_once_lose_nothing() {
    let files = [
        ("a.json", "1"),
        ("b.json", "2"),
        ("c.json", "3"),
        ("d.json", "4"),
    ];
    let world = World::with_files(&files).await;
    // The first time the registry is not there yet. A fourth who replaces an event at the same moment may go unseen.
    for (value, names) in [("[]", &["a", "b", "c", "d"][..]), ("{}", &["a", "b", "c"])] {
        for name in names {
            world.write(&format!("{name}.json"), value);
        }
        let pushes: Vec<_> = names
            .iter()
            .map(|name| {
                world
                    .command(world.emulator.endpoint(), &format!("push --only {name}"))
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for mut push in pushes {
            assert!(push.wait().unwrap().success());
        }
        world.check("diff", 0, "nothing differs\n");
    }
}
