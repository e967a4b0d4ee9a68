//! A folder of test events and a registry.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use aws_smithy_http_client::Builder;
use emulator::Emulator;
use tempfile::TempDir;

use crate::explain::variables;
use crate::harness::{Ran, tollgate};
use crate::stack::emulator;

/// What nobody knows, in every place.
pub(super) const ODD: &str = r#"{"x-a": [1.0,1E5], "components": {"schemas": {}, "examples": {
  "one": {"summary": "\u00fc", "value": {"n": 10.00}, "x-metadata": {"invocationType": "Event"}}, "two": {"value": 2}}, "x-b": {}}, "openapi": "3.0.0"}"#;

pub(super) struct World {
    pub(super) emulator: Arc<Emulator>,
    pub(super) folder: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self {
            emulator: Arc::new(emulator().await),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The same with this document, and these files of `orders`.
    pub(super) async fn with(document: &str, files: &[(&str, &str)]) -> Self {
        let world = Self::with_files(files).await;
        world.share(document);
        world
    }

    pub(super) async fn with_files(files: &[(&str, &str)]) -> Self {
        let world = Self::new().await;
        for (name, text) in files {
            world.write(name, text);
        }
        world
    }

    pub(super) fn share(&self, document: &str) {
        self.emulator
            .put_shared_test_events("orders", document.to_owned());
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("events/orders").join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path("")).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    /// The names in the function's folder, hidden ones included.
    pub(super) fn files(&self) -> Vec<String> {
        let Ok(entries) = self.path("").read_dir() else {
            return Vec::new();
        };
        let mut files: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        files
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The document in the registry; `None` where there is no schema.
    pub(super) async fn document(&self) -> Option<String> {
        let config = aws_sdk_schemas::Config::builder()
            .behavior_version(aws_sdk_schemas::config::BehaviorVersion::latest())
            .region(aws_sdk_schemas::config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_schemas::config::Credentials::new(
                "test", "test", None, None, "test",
            ))
            .endpoint_url(self.emulator.endpoint())
            .http_client(Builder::new().build_http())
            .build();
        let answer = aws_sdk_schemas::Client::from_conf(config)
            .describe_schema()
            .registry_name("lambda-testevent-schemas")
            .schema_name("_orders-schema")
            .send()
            .await;
        Some(answer.ok()?.content().unwrap().to_owned())
    }

    /// `tollgate events …` of `orders` at an endpoint.
    pub(super) fn command(&self, endpoint: &str, args: &str) -> Command {
        let mut command = tollgate();
        command
            .current_dir(self.folder.path())
            .envs(variables(endpoint))
            .arg("events")
            .args(args.split_whitespace())
            .args(["--function", "orders"]);
        command
    }

    pub(super) fn run(&self, args: &str) -> Ran {
        self.command(self.emulator.endpoint(), args)
            .output()
            .unwrap()
            .into()
    }

    /// Runs it, and looks at the status and at what it says.
    pub(super) fn check(&self, args: &str, status: i32, stdout: &str) {
        let ran = self.run(args);
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (status, stdout),
            "{args}\n{}",
            ran.stderr
        );
    }
}
