//! An emulator with three functions, and a client that knows nothing but AWS JSON 1.1.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use emulator::template::{Context, Template};
use emulator::{Account, Beginning, Code, CodeStore, DataDir, Emulator, Program, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Three functions alike, each with the alias `live`.
const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: provided.al2023, Handler: bootstrap, CodeUri: ., AutoPublishAlias: live }
Resources:
  Done: { Type: AWS::Serverless::Function, Properties: { FunctionName: done } }
  Fresh: { Type: AWS::Serverless::Function, Properties: { FunctionName: fresh } }
  Running: { Type: AWS::Serverless::Function, Properties: { FunctionName: running } }
";

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/deploys";

/// What an operation answers: its output, or the exception and its message.
pub(crate) type Answer = Result<Value, (String, String)>;

pub(crate) struct World {
    pub(crate) emulator: Emulator,
}

impl World {
    /// Functions at version 2, aliases at version 1, and nothing in CodeDeploy.
    pub(crate) async fn new() -> Self {
        let beginning = beginning(CodeStore::create().unwrap());
        Self::set_up(Emulator::start(beginning).await.unwrap())
    }

    /// The same, kept in a directory.
    pub(crate) async fn kept_in(directory: &Path) -> Self {
        Self::set_up(Self::resumed(directory).await.emulator)
    }

    /// What was kept in a directory.
    pub(crate) async fn resumed(directory: &Path) -> Self {
        let data_dir = DataDir::open(directory).unwrap();
        let beginning = beginning(data_dir.code_store().unwrap());
        let emulator = Emulator::resume(beginning, data_dir).await.unwrap();
        Self { emulator }
    }

    fn set_up(emulator: Emulator) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bootstrap = directory.path().join("bootstrap");
        let template = Template::read(TEMPLATE).unwrap();
        let mut context = Context {
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            stack_name: "test".to_owned(),
            ..Context::default()
        };
        for release in ["one", "two"] {
            // No invocation ever starts it.
            std::fs::write(&bootstrap, release).unwrap();
            std::fs::set_permissions(&bootstrap, Permissions::from_mode(0o755)).unwrap();
            let program = |id: &str| (id.to_owned(), Program::new(&bootstrap));
            let programs = BTreeMap::from(["Done", "Fresh", "Running"].map(program));
            let code = Code {
                programs: &programs,
                template_directory: directory.path(),
            };
            let stack = template.resolve(&context).unwrap();
            let versions = emulator.publish(&stack, &code).unwrap();
            if release == "one" {
                context.versions = versions.clone();
                let stack = template.resolve(&context).unwrap();
                emulator.apply(&stack, &versions).unwrap();
            }
        }
        Self { emulator }
    }

    /// The same with the application `app`, and a deployment group for each function.
    pub(crate) async fn with_groups() -> Self {
        let world = Self::new().await;
        world.set_up_groups().await;
        world
    }

    pub(crate) async fn set_up_groups(&self) {
        let application = json!({ "applicationName": "app", "computePlatform": "Lambda" });
        self.ok("CreateApplication", application).await;
        for name in ["done", "fresh", "running"] {
            self.ok("CreateDeploymentGroup", group(name)).await;
        }
    }

    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        match self.call(operation, &input).await {
            Ok(answer) => answer,
            Err(error) => panic!("{operation} {input}: {error:?}"),
        }
    }

    /// Creates a deployment of a function from version 1 to 2, and answers its id.
    pub(crate) async fn deploy(&self, function: &str, config: &str) -> String {
        let mut input = deployment(function, &appspec(function));
        input["deploymentConfigName"] = json!(config);
        let answer = self.ok("CreateDeployment", input).await;
        answer["deploymentId"].as_str().unwrap().to_owned()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        let time = self.emulator.now() + Duration::from_secs(seconds);
        assert!(self.emulator.advance_to(time), "no hook is invoked here");
    }

    pub(crate) async fn call(&self, operation: &str, input: &Value) -> Answer {
        let (status, body) = self.post(operation, &input.to_string()).await;
        if status == 200 {
            return Ok(body);
        }
        assert_eq!(status, 400, "{operation} {input}: {body}");
        let text = |member: &str| body[member].as_str().unwrap().to_owned();
        Err((text("__type"), text("message")))
    }

    async fn post(&self, operation: &str, body: &str) -> (u16, Value) {
        let host = self.emulator.endpoint().strip_prefix("http://").unwrap();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Target: CodeDeploy_20141006.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }
}

fn beginning(store: CodeStore) -> Beginning {
    Beginning {
        account: Account::default(),
        seed: 1,
        now: Timestamp::from_millis(1_767_225_600_000),
        time_scale: None,
        port: 0,
        store,
        reaper: None,
    }
}

/// A deployment group of the application `app`.
pub(crate) fn group(name: &str) -> Value {
    json!({
        "applicationName": "app", "deploymentGroupName": name, "serviceRoleArn": ROLE,
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
    })
}

/// From version 1 to 2, without hooks.
pub(crate) fn appspec(function: &str) -> String {
    format!(
        "version: 0.0\nResources:\n  - fn:\n      Type: AWS::Lambda::Function\n      Properties:\n        \
         Name: {function}\n        Alias: live\n        CurrentVersion: 1\n        TargetVersion: 2\n"
    )
}

/// `CreateDeployment` of an AppSpec in the group `name`.
pub(crate) fn deployment(name: &str, appspec: &str) -> Value {
    json!({
        "applicationName": "app", "deploymentGroupName": name,
        "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": appspec } },
    })
}

/// `base` with other members; null removes one.
pub(crate) fn with(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}
