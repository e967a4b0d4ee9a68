//! What cannot be done, or is ended halfway.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::world::{ODD, World};
use crate::harness::{Ran, run};
use crate::relay::Relay;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_files_are_refused_before_anything_is_sent() {
    let rows: [(&str, &[u8], &[&str]); 7] = [
        (
            "a.json",
            b"{\n  \"a\": 1,\n}",
            &["events/orders/a.json is not JSON", "line 3 column 1"],
        ),
        (
            "a.json",
            b"",
            &["events/orders/a.json is not JSON", "line 1 column 0"],
        ),
        (
            "a.json",
            b"1 2",
            &["events/orders/a.json is not JSON", "line 1 column 3"],
        ),
        (
            "a.json",
            b"\"\xff\"",
            &["events/orders/a.json is not UTF-8"],
        ),
        (
            "a.expect.json",
            b"{\"$regexp\": 1}",
            &["events/orders/a.expect.json cannot be used", "$regexp"],
        ),
        (
            "a.expect.json",
            b"{\"a\": 1, \"a\": 2}",
            &[
                "events/orders/a.expect.json cannot be used",
                "line 1 column",
            ],
        ),
        (
            "a.expect.json",
            b"{\"a\": }",
            &["events/orders/a.expect.json is not JSON", "line 1 column 7"],
        ),
    ];
    let world = World::new().await;
    for (name, text, said) in rows {
        world.write("a.json", "{}");
        fs::write(world.path(name), text).unwrap();
        let ran: Ran = world.command(NOWHERE, "push").output().unwrap().into();
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{name}");
        for part in said {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
        fs::remove_file(world.path(name)).unwrap();
    }
    world.write("b.expect.json", "{}");
    let ran = world.run("push --only b");
    assert!(
        ran.stderr
            .contains("b.expect.json is the expectation of no test event"),
        "{}",
        ran.stderr
    );
    let ran = run([
        "events",
        "list",
        "--function",
        "../orders",
        "--region",
        "us-east-1",
    ]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .contains("\"../orders\" is not a function's name"),
        "{}",
        ran.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_file_is_in_the_way_of_its_own_event_only() {
    let files = [
        ("bad.json", "{"),
        ("good.json", "1"),
        ("worse.json", "1"),
        ("worse.expect.json", r#"{"$nope": 1}"#),
    ];
    let world = World::with(ODD, &files).await;
    fs::write(world.path("odd.json"), b"\"\xff\"").unwrap();
    for (command, status) in [
        ("push --only good", 0),
        ("push --only good bad", 2),
        ("push --only worse", 2),
        ("push --only odd", 2),
        ("diff --only good", 0),
        ("diff", 2),
        ("list --only good", 0),
        ("pull --only one --yes", 0),
        ("pull --only one", 0),
    ] {
        let ran = world.run(command);
        assert_eq!(
            ran.status, status,
            "{command}: {}{}",
            ran.stdout, ran.stderr
        );
    }
    let ran = world.run("list");
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (
            2,
            "test event  where      expectation  characters\n\
             bad         malformed  no                    0\n\
             good        both       no                    1\n\
             odd         malformed  no                    0\n\
             one         both       no                   12\n\
             worse       malformed  yes                   1\n\
             two         shared     no                    1\n\
             the registry holds 276 of at most 100000 characters for orders\n"
        ),
        "{}",
        ran.stderr
    );
    for part in [
        "error: events/orders/bad.json is not JSON: ",
        "error: the bundled test event events/orders/odd.json is not UTF-8",
        "error: events/orders/worse.expect.json cannot be used: ",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let ran = world.run("list --format json");
    let document = ran.json();
    assert_eq!((ran.status, &document["exitStatus"]), (2, &2.into()));
    let bad = &document["events"][0];
    assert_eq!(bad["where"], "malformed");
    let reason = bad["malformed"][0].as_str().unwrap();
    assert!(
        reason.starts_with("events/orders/bad.json is not JSON"),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_registry_does_not_take_is_not_sent() {
    let world = World::with(ODD, &[("small.json", "1")]).await;
    // Characters, not bytes: these are 60,000 and 120,000.
    world.write("large.json", &format!("\"{}\"", "ü".repeat(60_000)));
    assert_eq!(world.run("push").status, 0);
    world.write("larger.json", &format!("\"{}\"", "ü".repeat(60_000)));
    let before = world.document().await;
    let ran = world.run("push");
    assert_eq!(ran.status, 2);
    for part in [
        "would have 120",
        "takes 100000",
        "\"large\" takes 60002, \"larger\" takes 60002, \"one\" takes",
        "--only",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert_eq!(world.document().await, before);
    // Nothing is shared yet: neither registry nor schema is created.
    let world = World::new().await;
    world.write("large.json", &format!("\"{}\"", "x".repeat(100_000)));
    assert_eq!(world.run("push").status, 2);
    assert_eq!(world.document().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_without_events_is_no_success() {
    let world = World::with_files(&[]).await;
    let rows = [
        ("push", "events/orders has no test events: check --function"),
        (
            "push --dry-run",
            "events/orders has no test events: check --function",
        ),
        (
            "push --prune --yes",
            "--prune would delete all that are shared",
        ),
        (
            "diff",
            "orders has no test events, neither in events/orders nor shared",
        ),
    ];
    for (command, expected) in rows {
        let ran = world.run(command);
        assert_eq!(ran.status, 2, "{command}: {}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{command}: {}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_denied_action_is_named_with_its_resource_and_help_names_all() {
    let schema = "arn:aws:schemas:us-east-1:*:schema/lambda-testevent-schemas/_orders-schema";
    let rows: [(&[&str], &str, &str); 5] = [
        (&["schemas:DescribeSchema"], "list", schema),
        (
            &["schemas:CreateRegistry"],
            "push",
            "arn:aws:schemas:us-east-1:*:registry/lambda-testevent-schemas",
        ),
        (&["schemas:GetDiscoveredSchema"], "push", "*"),
        (&["schemas:CreateSchema"], "push", schema),
        (&["schemas:UpdateSchema"], "push", schema),
    ];
    for (denied, args, arn) in rows {
        let world = World::with_files(&[("a.json", "1")]).await;
        if denied == ["schemas:UpdateSchema"] {
            world.share(ODD);
        }
        let relay = Relay::to(world.emulator.endpoint(), denied).await;
        let mut command = world.command(&relay.endpoint, args);
        let ran: Ran = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
            .into();
        assert_eq!(ran.status, 2, "{denied:?} {}", ran.stdout);
        let remedy = format!("allow {} on {arn} to your role or user", denied[0]);
        assert!(ran.stderr.contains(&remedy), "{remedy}: {}", ran.stderr);
    }
    // Everything that there is to ask for.
    let world = World::with_files(&[("a.json", "1"), ("b.json", "1")]).await;
    let relay = Relay::to(world.emulator.endpoint(), &[]).await;
    // More than there may be versions.
    let pushes = (0..11).map(|number| ("push", number));
    for (args, number) in pushes.chain([("delete b --yes", 11), ("delete a --yes", 12)]) {
        world.write("b.json", &number.to_string());
        let mut command = world.command(&relay.endpoint, args);
        let ran: Ran = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
            .into();
        assert_eq!(ran.status, 0, "{}", ran.stderr);
    }
    let help = run(["events", "--help"]).stdout;
    let named: BTreeSet<String> = help
        .split_whitespace()
        .filter(|word| word.starts_with("schemas:"))
        .map(str::to_owned)
        .collect();
    assert_eq!(relay.asked(), named);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_when_it_is_interrupted() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let command = world
        .command(&endpoint, "list")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It asks, and nobody answers.
    let _client = listener.accept().unwrap();
    kill_process(Pid::from_child(&command), Signal::INT).unwrap();
    let ran: Ran = command.wait_with_output().unwrap().into();
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (2, "error: interrupted\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_whole_when_it_is_killed() {
    let value = format!("[{}]", vec!["\"0123456789\""; 20].join(","));
    let examples: Vec<String> = (0..300)
        .map(|number| format!(r#""e{number}":{{"value":{value}}}"#))
        .collect();
    let document = format!(
        r#"{{"components":{{"examples":{{{}}}}}}}"#,
        examples.join(",")
    );
    let world = World::with(&document, &[]).await;
    let mut pull = world
        .command(world.emulator.endpoint(), "pull")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while world.files().len() < 3 {
        std::thread::yield_now();
    }
    pull.kill().unwrap();
    pull.wait().unwrap();
    for name in world.files().iter().filter(|name| !name.starts_with('.')) {
        let found: serde_json::Value = serde_json::from_str(&world.read(name)).unwrap();
        assert_eq!(found.as_array().unwrap().len(), 20, "{name}");
    }
    assert_eq!(world.run("pull").status, 0);
    assert_eq!(world.run("diff").status, 0);
}
