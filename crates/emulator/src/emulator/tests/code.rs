//! Changes of a function's code and layers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::execution::MAX_UNZIPPED_BYTES;
use crate::lambda::configuration::LayerReference;

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

/// The answer to an update of the function `f`.
async fn update(emulator: &Emulator, what: &str, body: &str) -> String {
    send(
        emulator,
        &format!("PUT /2015-03-31/functions/f/{what}"),
        body,
    )
    .await
}

async fn send(emulator: &Emulator, operation: &str, body: &str) -> String {
    let address = emulator.endpoint().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{operation} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn every_update_counts_the_layers_that_stay() {
    let emulator = emulator().await;
    {
        let mut state = emulator.shared.state();
        let state = &mut *state;
        let latest = state.lambda.version("f", "$LATEST").unwrap();
        let mut configuration = latest.configuration.as_ref().clone();
        configuration.layers.push(LayerReference {
            arn: "arn:aws:lambda:us-east-1:123456789012:layer:l:1".to_owned(),
            code_size: 1,
            unzipped_size: MAX_UNZIPPED_BYTES,
        });
        state
            .lambda
            .update_function("f", None, configuration, state.now, &mut state.ids)
            .unwrap();
    }
    let code = r#"{"S3Bucket":"local","S3Key":"/bin/sh"}"#;
    let rows = [
        ("code", code, false),
        ("configuration", r#"{"Description":"d"}"#, false),
        ("configuration", r#"{"Layers":[]}"#, true),
        ("code", code, true),
    ];
    let too_large =
        "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes.";
    for (what, body, expected) in rows {
        let answer = update(&emulator, what, body).await;
        let done = answer.starts_with("HTTP/1.1 200 ");
        assert_eq!(done, expected, "{what} {body}: {answer}");
        assert_eq!(answer.contains(too_large), !expected, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_changes_while_layers_are_copied_is_in_nobodys_way() {
    let emulator = emulator().await;
    let layer = tempfile::tempdir().unwrap();
    for number in 0..2000 {
        fs::write(layer.path().join(number.to_string()), "").unwrap();
    }
    let content = format!(
        r#"{{"Content":{{"S3Bucket":"local","S3Key":"{}"}}}}"#,
        layer.path().display()
    );
    let published = send(&emulator, "POST /2018-10-31/layers/l/versions", &content).await;
    assert!(published.starts_with("HTTP/1.1 201 "), "{published}");
    let layers = r#"{"Layers":["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]}"#;
    let others = async {
        for number in 1..=20 {
            let description = format!(r#"{{"Description":"{number}"}}"#);
            let answer = update(&emulator, "configuration", &description).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
    };
    let (answer, ()) = tokio::join!(update(&emulator, "configuration", layers), others);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let state = emulator.shared.state();
    let latest = state.lambda.version("f", "$LATEST").unwrap();
    assert_eq!(latest.configuration.description, "20");
    assert_eq!(latest.configuration.layers.len(), 1);
}
