//! What is created over the wire also runs, for as long as it is wanted.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;

/// How long what should happen may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A runtime in Bash that answers every request with the content of a file. It stays connected to the port `WATCHER`,
/// if that is set, until it ends.
const RUNTIME: &str = r#"#!/usr/bin/env bash
[ -z "$WATCHER" ] || exec 9<>"/dev/tcp/127.0.0.1/$WATCHER"
IFS=: read -r host port <<< "$AWS_LAMBDA_RUNTIME_API"
api=/2018-06-01/runtime/invocation
while :; do
  exec 3<>"/dev/tcp/$host/$port"
  printf 'GET %s/next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$api" >&3
  while IFS=$'\r' read -r line <&3 && [ -n "$line" ]; do
    case "${line,,}" in lambda-runtime-aws-request-id:*) id="${line#*: }" ;; esac
  done
  exec 3>&-
  answer=$(cat "$ANSWER")
  exec 3<>"/dev/tcp/$host/$port"
  printf 'POST %s/%s/response HTTP/1.1\r\nHost: localhost\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
    "$api" "$id" "${#answer}" "$answer" >&3
  cat <&3 >/dev/null
  exec 3>&-
done
"#;

fn package(answer: &str) -> String {
    STANDARD.encode(zip(&[("bootstrap", RUNTIME), ("answer.json", answer)]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_runs_its_own_code_layers_and_settings() {
    let client = Client::new().await;
    let invoke = async |qualifier: &str| {
        let path = format!("/2015-03-31/functions/f/invocations?Qualifier={qualifier}");
        client.done("POST", &path, &json!({})).await
    };
    let (code, settings) = (
        "/2015-03-31/functions/f/code",
        "/2015-03-31/functions/f/configuration",
    );
    let create = json!({
        "Code": { "ZipFile": package("1") },
        "Environment": { "Variables": { "ANSWER": "answer.json" } },
        "Publish": true,
    });
    let created = client
        .done(
            "POST",
            "/2015-03-31/functions",
            &function_with("f", &create),
        )
        .await;
    assert_eq!(created["Version"], "1");
    let update = json!({ "ZipFile": package("2"), "Publish": true });
    client.done("PUT", code, &update).await;
    let content = STANDARD.encode(zip(&[("answer.json", "3")]));
    let layer = json!({ "Content": { "ZipFile": content } });
    let layer = client
        .done("POST", "/2018-10-31/layers/answers/versions", &layer)
        .await;
    let update = json!({
        "Layers": [layer["LayerVersionArn"]],
        "Environment": { "Variables": { "ANSWER": "/opt/answer.json" } },
    });
    let updated = client.done("PUT", settings, &update).await;
    assert_has(&updated, &json!({ "Environment": update["Environment"] }));
    for (qualifier, expected) in [("1", 1), ("2", 2), ("$LATEST", 3)] {
        assert_eq!(invoke(qualifier).await, expected, "{qualifier}");
    }
    let published = client
        .done("POST", "/2015-03-31/functions/f/versions", &json!({}))
        .await;
    assert_eq!(published["Version"], "3");
    client
        .done(
            "DELETE",
            "/2018-10-31/layers/answers/versions/1",
            &Value::Null,
        )
        .await;
    for (qualifier, expected) in [("1", 1), ("2", 2), ("3", 3), ("$LATEST", 3)] {
        assert_eq!(invoke(qualifier).await, expected, "{qualifier}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_without_a_program_is_created_and_does_not_start() {
    let client = Client::new().await;
    let code = json!({ "Code": { "ZipFile": STANDARD.encode(zip(&[("readme", "")])) } });
    client
        .done("POST", "/2015-03-31/functions", &function_with("f", &code))
        .await;
    let answer = client
        .call("POST", "/2015-03-31/functions/f/invocations", &json!({}))
        .await;
    assert_eq!(answer.json()["errorType"], "Runtime.InvalidEntrypoint");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_ends_when_its_version_changes_or_goes() {
    let function = "/2015-03-31/functions/f";
    let code = json!({ "ZipFile": package("2") });
    let settings = json!({ "Timeout": 7 });
    // Which version is called, and what happens to it then.
    let rows = [
        ("$LATEST", "PUT", "/code", &code),
        ("$LATEST", "PUT", "/configuration", &settings),
        ("$LATEST", "DELETE", "", &Value::Null),
        ("1", "DELETE", "?Qualifier=1", &Value::Null),
        ("1", "DELETE", "", &Value::Null),
    ];
    for (qualifier, method, resource, body) in rows {
        let row = format!("{qualifier}: {method} {resource}");
        let client = Client::new().await;
        let watcher = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = watcher.local_addr().unwrap().port().to_string();
        let create = json!({
            "Code": { "ZipFile": package("1") },
            "Environment": { "Variables": { "ANSWER": "answer.json", "WATCHER": port } },
            "Publish": true,
        });
        client
            .done(
                "POST",
                "/2015-03-31/functions",
                &function_with("f", &create),
            )
            .await;
        let invoke = format!("{function}/invocations?Qualifier={qualifier}");
        assert_eq!(client.done("POST", &invoke, &json!({})).await, 1, "{row}");
        let (process, _) = timeout(PATIENCE, watcher.accept()).await.unwrap().unwrap();
        // It still runs: nothing has ended the connection.
        let process = process.into_std().unwrap();
        let nothing = process.peek(&mut [0]).map_err(|error| error.kind());
        assert_eq!(nothing, Err(ErrorKind::WouldBlock), "{row}");
        let mut process = TcpStream::from_std(process).unwrap();
        let answer = client
            .call(method, &format!("{function}{resource}"), body)
            .await;
        assert!((200..300).contains(&answer.status), "{row}: {answer:?}");
        let end = timeout(PATIENCE, process.read(&mut [0])).await;
        assert_eq!(end.expect(&row).unwrap(), 0, "{row}");
    }
}
