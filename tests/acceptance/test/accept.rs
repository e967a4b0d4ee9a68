//! `tollgate test --accept`: a first suite in one command, and what it catches.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use emulator::Emulator;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::explain::variables;
use crate::harness::{Ran, tollgate, top_level};
use crate::stack::{Stack, emulator, program};

const FUNCTION: &str = "VersionedOrderAPI";

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: VersionedOrderAPI, Runtime: provided.al2023, Handler: bootstrap, CodeUri: code,
      AutoPublishAlias: live }
";

/// A function in an emulator, and a folder of its events.
struct World {
    emulator: Emulator,
    stack: Stack,
    directory: TempDir,
}

impl World {
    async fn new(release: &str, events: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("code")).unwrap();
        let world = Self {
            emulator: emulator().await,
            stack: Stack::new(TEMPLATE, directory.path(), &[]),
            directory,
        };
        world.deploy(release);
        fs::create_dir_all(world.folder()).unwrap();
        for (file, text) in events {
            fs::write(world.folder().join(file), text).unwrap();
        }
        world
    }

    fn deploy(&self, release: &str) {
        let programs = BTreeMap::from([("Orders".to_owned(), program(release, &[]))]);
        self.stack.deploy(&self.emulator, &programs);
    }

    fn folder(&self) -> PathBuf {
        self.directory.path().join("events").join(FUNCTION)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder().join(file)).unwrap()
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.read(file)).unwrap()
    }

    fn test(&self, args: &[&str]) -> Ran {
        let mut command = tollgate();
        command
            .current_dir(self.directory.path())
            .envs(variables(self.emulator.endpoint()))
            .args(["test", "--function", "VersionedOrderAPI:live"])
            .args(args);
        // Not to be waited for on a thread that the emulator needs.
        tokio::task::block_in_place(|| command.output().unwrap()).into()
    }

    /// Status and text of `--accept`.
    fn accept(&self, status: i32, parts: &[&str]) -> Ran {
        let ran = self.test(&["--accept"]);
        assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
        for part in parts {
            assert!(
                ran.stdout.contains(part),
                "{part:?} is not in\n{}",
                ran.stdout
            );
        }
        ran
    }
}

/// The names in the folder, in their order.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_events_become_a_suite_in_one_command() {
    let bare = [
        "CreateOrderMissingCustomer.json",
        "CreateOrderValid.json",
        "GetOrderStatus.json",
    ];
    let texts = bare.map(|file| {
        fs::read_to_string(top_level().join("events").join(FUNCTION).join(file)).unwrap()
    });
    let events: Vec<(&str, &str)> = bare
        .into_iter()
        .zip(texts.iter().map(String::as_str))
        .collect();
    let world = World::new("order-api", &events).await;

    let ran = world.accept(
        0,
        &[
            "written   CreateOrderMissingCustomer\n",
            "written   CreateOrderValid\n",
            "body.functionVersion: {\"$regex\":\"^([0-9]+|\\\\$LATEST)$\"}  it will differ\n",
            "review the changes: git add --intent-to-add events && git diff events\n",
        ],
    );
    // What a new release changes without a fault is not held against it.
    let proposed = world.json("CreateOrderValid.expect.json");
    let expected = json!({
        "statusCode": 200,
        "headers": { "content-type": "application/json" },
        "body": {
            "message": "Order API",
            "version": { "$regex": r"^[0-9]+\.[0-9]+\.[0-9]+$" },
            "functionVersion": { "$regex": r"^([0-9]+|\$LATEST)$" },
            "action": "create",
            "improvement": "Added input validation",
        }
    });
    assert_eq!(proposed.to_string(), expected.to_string(), "{}", ran.stdout);

    let ran = world.test(&[]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let before = world.read("CreateOrderValid.expect.json");
    let ran = world.accept(0, &["unchanged CreateOrderValid\n"]);
    assert!(!ran.stdout.contains("review"), "{}", ran.stdout);
    assert_eq!(world.read("CreateOrderValid.expect.json"), before);

    world.deploy("lost-validation");
    let ran = world.test(&[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("statusCode: expected 400, got 200"),
        "{}",
        ran.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_varies_becomes_a_matcher_and_what_was_written_stays() {
    let world = World::new("mirror", &[("Vary.json", r#"{"do": "vary"}"#)]).await;
    world.accept(
        0,
        &["body.orderId: {\"$regex\":\"^ORD-[0-9]+$\"}  answers differ\n"],
    );
    let expected = json!({
        "statusCode": 201,
        "headers": { "content-type": "application/json" },
        "body": {
            "orderId": { "$regex": "^ORD-[0-9]+$" },
            "requestId": { "$regex": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" },
            "createdAt": { "$type": "integer" },
            "accessToken": { "$any": true },
            "functionVersion": { "$regex": r"^([0-9]+|\$LATEST)$" },
            "function": { "$regex": "^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]+:function:VersionedOrderAPI(:.+)?$" },
            "items": { "$type": "array", "$len": { "$gte": 1 } },
            "state": "NEW",
        }
    });
    assert_eq!(
        world.json("Vary.expect.json").to_string(),
        expected.to_string()
    );
    assert_eq!(world.test(&[]).status, 0);
    world.accept(0, &["unchanged Vary\n"]);

    let written = "{ \"$maxDurationMs\": 60000,\n  \"body\": { \"state\": \"OLD\", \"items\": { \"$type\": \"array\" } } }\n";
    fs::write(world.folder().join("Vary.expect.json"), written).unwrap();
    world.accept(
        0,
        &[
            "updated   Vary\n",
            "body.state: \"OLD\" → \"NEW\"  answered otherwise\n",
            "review the changes: git diff events\n",
        ],
    );
    assert_eq!(
        world.read("Vary.expect.json"),
        written.replace("OLD", "NEW")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_accepted_is_left_as_it_is() {
    let broken = "{\"statusCode\": 200, \"body\": {\"$regexp\": \"x\"}}";
    let world = World::new(
        "mirror",
        &[
            ("Broken.json", "{}"),
            ("Broken.expect.json", broken),
            ("Fails.json", r#"{"do": "fail"}"#),
            ("NoEvent.expect.json", "{}"),
            ("Vary.json", r#"{"do": "vary"}"#),
        ],
    )
    .await;
    // Nothing can be put in its place, whoever runs this.
    let folder = world.folder().join("Vary.expect.json");
    fs::create_dir_all(folder.join("full")).unwrap();
    let before = names(&world.folder());
    let ran = world.test(&["--accept", "--format", "json"]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(names(&world.folder()), before);
    assert_eq!(world.read("Broken.expect.json"), broken);

    let document = ran.json();
    assert_eq!(document["exitStatus"], 2);
    let events = document["functions"][0]["events"].as_array().unwrap();
    let reasons = [
        (
            "Broken",
            "`Broken.expect` cannot be used: body.$regexp: unknown instruction",
        ),
        (
            "Fails",
            "the function failed: {\"errorType\":\"Refused\",\"errorMessage\":\"as asked\"}",
        ),
        ("NoEvent", "`NoEvent.expect` has no event `NoEvent`"),
        (
            "Vary",
            "cannot write events/VersionedOrderAPI/Vary.expect.json: ",
        ),
    ];
    assert_eq!(events.len(), reasons.len(), "{document:#}");
    for (event, (name, reason)) in events.iter().zip(reasons) {
        assert_eq!(
            (&event["name"], &event["outcome"]),
            (&json!(name), &json!("leftOut"))
        );
        assert_eq!(
            event["file"],
            format!("events/{FUNCTION}/{name}.expect.json")
        );
        let found = event["reason"].as_str().unwrap();
        assert!(found.contains(reason), "{found}");
    }

    let ran = world.test(&["--accept", "--only", "Fails"]);
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    let line = "left out  Fails: the function failed: ";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
    assert!(!ran.stdout.contains("Broken"), "{}", ran.stdout);
}
