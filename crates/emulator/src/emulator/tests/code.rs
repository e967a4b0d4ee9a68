//! Changes of a function's code and layers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

const WITH_LAYER: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Events:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: events
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      AutoPublishAlias: live
      Layers: [!Ref Events]
";

#[tokio::test]
async fn a_layer_that_has_changed_since_the_last_start_is_a_change() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(directory.path().join("events")).unwrap();
    let programs = BTreeMap::from([("F".to_owned(), Program::new(program))]);
    let stack = Template::read(WITH_LAYER)
        .unwrap()
        .resolve(&Context::default())
        .unwrap();
    for (text, version) in [("one", "1"), ("one", "1"), ("two", "2"), ("one", "3")] {
        fs::write(directory.path().join("events/a.json"), text).unwrap();
        let emulator = resumed(&directory.path().join("data")).await;
        let code = Code {
            programs: &programs,
            template_directory: directory.path(),
        };
        let versions = emulator.publish(&stack, &code).unwrap();
        assert_eq!(versions["F"], version, "{text}");
        let state = emulator.shared.state();
        for version in ["$LATEST", version] {
            let version = state.lambda.version("f", version).unwrap();
            let event = version.configuration.opt.join("a.json");
            assert_eq!(fs::read_to_string(event).unwrap(), text);
        }
    }
}
