//! `tollgate serve --template --data-dir` again and again, while the template's deployment runs and after it.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::served::{Endpoint, Served, until};
use crate::harness::{tollgate, write_script};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Mirror:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: mirror
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: code
      AutoPublishAlias: live
      DeploymentPreference: { Type: Canary10Percent5Minutes }
";

/// A project whose template is served with one data directory.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("code")).unwrap();
        fs::write(directory.path().join("template.yaml"), TEMPLATE).unwrap();
        Self(directory)
    }

    /// Changes the code.
    fn release(&self, release: &str) {
        let script = format!("#!/bin/sh\n# {release}\nexec sleep 1000\n");
        write_script(&self.0.path().join("code/bootstrap"), &script);
    }

    fn serve(&self) -> Served {
        let mut command = tollgate();
        command.current_dir(self.0.path());
        command.stderr(fs::File::create(self.0.path().join("stderr")).unwrap());
        let template = ["--template", "template.yaml"];
        Served::start_with(command, &self.0.path().join("data"), 1, &template)
    }

    /// What was said at the start, without what happened afterwards.
    fn said(&self) -> String {
        let text = fs::read_to_string(self.0.path().join("stderr")).unwrap();
        let said = text.lines().filter(|line| line.contains("is not deployed"));
        said.collect()
    }
}

fn deployments(endpoint: &Endpoint, input: &Value) -> Vec<String> {
    let answer = endpoint.ask("CodeDeploy_20141006.ListDeployments", input);
    serde_json::from_value(answer["deployments"].clone()).unwrap()
}

fn versions(endpoint: &Endpoint) -> usize {
    let path = "GET /2015-03-31/functions/mirror/versions";
    let (status, answer) = endpoint.rest(path, &Value::Null).unwrap();
    assert_eq!(status, 200, "{answer}");
    // Beside `$LATEST`.
    answer["Versions"].as_array().unwrap().len() - 1
}

/// Starts it and checks what is there: the deployments, how many versions, and the one that the alias is at.
fn check(project: &Project, expected: &[String], published: usize, at: &str) -> Served {
    let served = project.serve();
    assert_eq!(deployments(&served.endpoint, &json!({})), expected);
    assert_eq!(versions(&served.endpoint), published);
    let functions = json!([
        { "function": "mirror", "logicalId": "Mirror", "alias": "live", "version": at },
    ]);
    assert_eq!(served.functions, functions);
    served
}

#[test]
fn a_template_that_is_served_again_is_deployed_where_it_has_changed() {
    let project = Project::new();
    project.release("one");
    check(&project, &[], 1, "1").end(Signal::TERM);
    check(&project, &[], 1, "1").end(Signal::KILL);

    project.release("two");
    let served = project.serve();
    let [first] = &deployments(&served.endpoint, &json!({}))[..] else {
        panic!("one deployment was expected")
    };
    let first = first.clone();
    let weights = json!({ "2": 0.1 });
    let is_shifting = |endpoint: &Endpoint| {
        let alias = endpoint.alias("live");
        alias["RoutingConfig"]["AdditionalVersionWeights"] == weights
    };
    until("the first share of traffic", || {
        is_shifting(&served.endpoint).then_some(())
    });
    served.end(Signal::KILL);

    // While the deployment runs it goes on, whether there is something new or not.
    let goes_on = format!("{first} goes on; template.yaml is not deployed meanwhile");
    for release in ["two", "three", "two"] {
        project.release(release);
        let served = check(&project, std::slice::from_ref(&first), 2, "1");
        assert_eq!(project.said(), goes_on);
        assert!(is_shifting(&served.endpoint));
        served.end(Signal::KILL);
    }

    // What was rolled back is not tried again before it has changed.
    let served = project.serve();
    served.endpoint.ask(
        "CodeDeploy_20141006.StopDeployment",
        &json!({ "deploymentId": first, "autoRollbackEnabled": true }),
    );
    let active =
        json!({ "includeOnlyStatuses": ["Created", "Queued", "InProgress", "Baking", "Ready"] });
    until("the end of the rollback", || {
        deployments(&served.endpoint, &active)
            .is_empty()
            .then_some(())
    });
    let ended = deployments(&served.endpoint, &json!({}));
    served.end(Signal::TERM);
    check(&project, &ended, 2, "1").end(Signal::TERM);
    assert_eq!(project.said(), "");

    project.release("three");
    let served = project.serve();
    let now = deployments(&served.endpoint, &json!({}));
    assert_eq!((now.len(), &now[1..]), (ended.len() + 1, &ended[..]));
    assert_eq!(versions(&served.endpoint), 3);
    served.end(Signal::TERM);
}
