//! What must be true of the repository itself: template, binaries, events and crates agree with each other and with
//! what the documents say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use emulator::template::{Context, Stack, Template};
use serde_json::Value;

use crate::harness::{BINARIES, top_level};

pub(crate) fn stack() -> Stack {
    let text = fs::read_to_string(top_level().join("template.yaml")).unwrap();
    let context = Context {
        region: "us-east-1".to_owned(),
        account_id: "123456789012".to_owned(),
        stack_name: "test".to_owned(),
        versions: BTreeMap::from([("VersionedOrderAPI".to_owned(), "2".to_owned())]),
        ..Context::default()
    };
    Template::read(&text).unwrap().resolve(&context).unwrap()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(top_level())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The normal dependencies of a crate.
fn dependencies(metadata: &Value, package: &str) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|one| one["name"] == package).unwrap();
    let normal = package["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"].is_null());
    normal
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn crates_depend_on_each_other_as_the_map_says() {
    let metadata = metadata();
    let ours: BTreeSet<String> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| package["name"].as_str().unwrap().to_owned())
        .collect();
    let expected: [(&str, &[&str]); 8] = [
        ("changeset", &[]),
        ("checks", &[]),
        ("deployment", &[]),
        ("evidence", &[]),
        ("order-api", &[]),
        ("hooks", &["checks", "evidence"]),
        ("emulator", &["deployment"]),
        (
            "tollgate",
            &[
                "changeset",
                "checks",
                "deployment",
                "emulator",
                "evidence",
                "hooks",
            ],
        ),
    ];
    for (package, allowed) in expected {
        let found: Vec<String> = dependencies(&metadata, package)
            .intersection(&ours)
            .cloned()
            .collect();
        assert_eq!(found, allowed, "{package}");
    }
    for pure in ["changeset", "checks", "deployment", "evidence"] {
        for forbidden in ["tokio", "hyper", "axum", "rand", "fastrand", "tracing"] {
            assert!(
                !dependencies(&metadata, pure).contains(forbidden),
                "{pure} depends on {forbidden}"
            );
        }
    }
}

/// What a lock file holds: of each package its versions, each with the names of what it depends on.
fn locked(lock: &str) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let mut packages: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for package in lock.split("[[package]]\n").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap().trim_matches('"').to_owned()
        };
        let dependencies = package
            .lines()
            .skip_while(|line| *line != "dependencies = [")
            .skip(1)
            .map_while(|line| line.trim().strip_prefix('"'))
            .map(|line| line.split([' ', '"']).next().unwrap().to_owned());
        packages
            .entry(value("name = "))
            .or_default()
            .insert(value("version = "), dependencies.collect());
    }
    packages
}

/// The fuzz targets are a workspace of their own, which no other test builds: what our crates depend on must be added
/// to its lock file, too, and is fuzzed in the versions that are shipped.
#[test]
fn the_fuzz_targets_lock_what_the_workspace_locks() {
    let read = |path: &str| locked(&fs::read_to_string(top_level().join(path)).unwrap());
    let (workspace, fuzz) = (read("Cargo.lock"), read("tests/fuzz/Cargo.lock"));
    let metadata = metadata();
    let mut ours = 0;
    for (name, versions) in &fuzz {
        let Some(shipped) = workspace.get(name) else {
            continue;
        };
        let is_ours = top_level().join("crates").join(name).is_dir();
        for (version, locked) in versions {
            assert!(
                shipped.contains_key(version),
                "tests/fuzz/Cargo.lock has {name} {version}, Cargo.lock {:?}",
                shipped.keys()
            );
            if is_ours {
                ours += 1;
                let declared = dependencies(&metadata, name);
                let missing: Vec<_> = declared.difference(locked).collect();
                assert!(
                    missing.is_empty(),
                    "{name}: run cargo metadata in tests/fuzz; its lock file lacks {missing:?}"
                );
            }
        }
    }
    assert!(ours >= 3, "{ours} crates of ours are fuzzed");
}

#[test]
fn every_function_of_the_template_has_its_binary() {
    for function in stack().functions {
        let build = function.build.unwrap();
        assert_eq!(build.method, "rust-cargolambda", "{}", function.logical_id);
        let binary = build.binary.unwrap();
        assert!(BINARIES.iter().any(|(name, _)| *name == binary), "{binary}");
    }
}

#[test]
fn every_folder_of_events_is_a_functions_and_is_whole() {
    let names: BTreeSet<String> = stack()
        .functions
        .into_iter()
        .map(|function| function.name)
        .collect();
    for folder in fs::read_dir(top_level().join("events"))
        .unwrap()
        .map(Result::unwrap)
    {
        if !folder.file_type().unwrap().is_dir() {
            continue;
        }
        let function = folder.file_name().into_string().unwrap();
        assert!(
            names.contains(&function),
            "events/{function} belongs to no function of the template"
        );
        for file in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
            let text = fs::read_to_string(file.path()).unwrap();
            serde_json::from_str::<Value>(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.path().display()));
        }
    }
}

#[test]
fn the_template_gates_the_function_as_the_readme_says() {
    let stack = stack();
    let function = stack
        .functions
        .iter()
        .find(|function| function.name == "VersionedOrderAPI")
        .unwrap();
    assert_eq!(function.auto_publish_alias.as_deref(), Some("prod"));
    let preference = function.deployment_preference.as_ref().unwrap();
    assert_eq!(preference.deployment_type, "Canary10Percent5Minutes");
    for hook in [&preference.pre_traffic, &preference.post_traffic] {
        let hook = hook.as_ref().unwrap();
        assert!(
            hook.function_name.starts_with("CodeDeployHook_"),
            "{}",
            hook.function_name
        );
        let function = stack
            .functions
            .iter()
            .find(|function| Some(&function.logical_id) == hook.in_template.as_ref());
        assert!(
            function.unwrap().deployment_preference.is_none(),
            "a hook is not itself gated"
        );
    }
    assert_eq!(preference.alarms.len(), 2);
    assert!(preference.alarms.iter().all(|alarm| alarm.in_template));
    let aliases: Vec<(&str, &str)> = stack
        .aliases
        .iter()
        .map(|alias| (alias.name.as_str(), alias.function_version.as_str()))
        .collect();
    assert_eq!(aliases, [("staging", "2"), ("dev", "$LATEST")]);
}

/// The statements of a policy document as text; crude, and enough to find what must not be there.
#[test]
fn no_policy_of_the_template_reaches_everything() {
    let text = fs::read_to_string(top_level().join("template.yaml")).unwrap();
    let mut before = "";
    for (number, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let value = line
            .trim_start_matches("- ")
            .trim_start_matches("Resource:")
            .trim()
            .trim_matches(['"', '\'']);
        // These have no resources on AWS that they could be limited to.
        let unlimited = ["cloudwatch:GetMetricData", "cloudwatch:PutMetricData"];
        assert!(
            value != "*" || unlimited.contains(&before),
            "template.yaml:{}",
            number + 1
        );
        let action = line
            .trim_start_matches("- ")
            .trim_start_matches("Action:")
            .trim();
        let is_action = ["cloudwatch:", "codedeploy:", "lambda:", "schemas:"]
            .iter()
            .any(|service| action.starts_with(service));
        assert!(
            !is_action || !action.contains('*'),
            "template.yaml:{}: {action}",
            number + 1
        );
        before = action;
    }
}
