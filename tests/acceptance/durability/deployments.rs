use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use emulator::{AliasChange, Emulator};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::served::{Endpoint, Served, prepare, until};
use crate::stack::{Stack, program};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: provided.al2023, Handler: bootstrap, CodeUri: ., Timeout: 60 }
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror
      AutoPublishAlias: live
      DeploymentPreference: { Type: Canary10Percent5Minutes, HOOKS }
  Events:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: events }
  Gate:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: CodeDeployHook_Gate
      Layers: [!Ref Events]
      Environment: { Variables: { GATE_EVENTS_DIR: /opt } }
      Policies:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: ['codedeploy:*', 'lambda:*', 'schemas:*']
            Resource: '*'
";

/// An emulator with a deployment of the second release of `mirror` that has not begun, and its id.
async fn deploying(directory: &Path, hooks: &str, events: &Path) -> (Emulator, String) {
    let emulator = prepare(directory).await;
    let stack = Stack::new(&TEMPLATE.replace("HOOKS", hooks), events, &[]);
    let deploy = |release: &str| {
        let programs = BTreeMap::from([
            ("Mirror".to_owned(), program("mirror", &[release])),
            ("Gate".to_owned(), program("pre-traffic", &[])),
        ]);
        stack.deploy(&emulator, &programs).remove("Mirror").unwrap()
    };
    assert_eq!(deploy("one"), AliasChange::Created);
    let AliasChange::Deployment(id) = deploy("two") else {
        panic!("a deployment was expected")
    };
    (emulator, id)
}

fn status(endpoint: &Endpoint, id: &str) -> String {
    let answer = endpoint.ask(
        "CodeDeploy_20141006.GetDeployment",
        &json!({ "deploymentId": id }),
    );
    answer["deploymentInfo"]["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Waits for the end of the deployment, which is a good one.
fn succeeds(endpoint: &Endpoint, id: &str) {
    let ended = until("the end of the deployment", || {
        Some(status(endpoint, id)).filter(|status| status != "InProgress" && status != "Created")
    });
    assert_eq!(ended, "Succeeded");
    let alias = endpoint.alias("live");
    assert_eq!(alias["FunctionVersion"], "2");
    assert_eq!(alias.get("RoutingConfig"), None);
}

fn events(directory: &TempDir, event: &Value) {
    let mirror = directory.path().join("events/mirror");
    fs::create_dir_all(&mirror).unwrap();
    fs::write(mirror.join("Ask.json"), event.to_string()).unwrap();
}

#[tokio::test]
async fn traffic_that_was_shifting_goes_on() {
    let (data, template) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    events(&template, &json!({}));
    let (emulator, id) = deploying(data.path(), "Enabled: true", template.path()).await;
    while emulator
        .alias("mirror", "live")
        .unwrap()
        .additional_version_weight
        .is_none()
    {
        emulator.advance_to(emulator.next_due().unwrap());
    }
    drop(emulator);
    for _ in 0..2 {
        let served = Served::start(data.path(), 1);
        assert_eq!(status(&served.endpoint, &id), "InProgress");
        let alias = served.endpoint.alias("live");
        let weights = &alias["RoutingConfig"]["AdditionalVersionWeights"];
        assert_eq!(*weights, json!({ "2": 0.1 }));
        served.kill();
    }
    // The five minutes pass in half a second.
    let served = Served::start(data.path(), 600);
    succeeds(&served.endpoint, &id);
    served.kill();
    // What has ended stays so.
    let served = Served::start(data.path(), 1);
    succeeds(&served.endpoint, &id);
    served.kill();
}

#[tokio::test]
async fn a_hook_that_was_running_is_invoked_again() {
    let (data, template) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let parties = template.path().join("parties");
    fs::create_dir(&parties).unwrap();
    // The function answers when a second process of it has been asked: the first never does before it is killed.
    let meet = json!({ "do": "meet", "directory": parties, "parties": 2 });
    events(&template, &meet);
    let hooks = "Hooks: { PreTraffic: !Ref Gate }";
    let (emulator, id) = deploying(data.path(), hooks, template.path()).await;
    drop(emulator);
    // Nothing of the template's directory but the meeting place is needed from here on.
    fs::remove_dir_all(template.path().join("events")).unwrap();
    let served = Served::start(data.path(), 600);
    let present = || fs::read_dir(&parties).unwrap().count();
    until("the hook's first run", || (present() == 1).then_some(()));
    served.kill();
    let served = Served::start(data.path(), 600);
    succeeds(&served.endpoint, &id);
    assert_eq!(present(), 2);
    served.kill();
}
