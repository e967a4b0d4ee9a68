//! What is created over the wire also runs.

use super::*;

/// A runtime in Bash that answers every request with the content of a file.
const RUNTIME: &str = r#"#!/usr/bin/env bash
IFS=: read -r host port <<< "$AWS_LAMBDA_RUNTIME_API"
api=/2018-06-01/runtime/invocation
while :; do
  exec 3<>"/dev/tcp/$host/$port"
  printf 'GET %s/next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$api" >&3
  while IFS=$'\r' read -r line <&3 && [ -n "$line" ]; do
    case "${line,,}" in lambda-runtime-aws-request-id:*) id="${line#*: }" ;; esac
  done
  exec 3>&-
  answer=$(cat "$ANSWER")
  exec 3<>"/dev/tcp/$host/$port"
  printf 'POST %s/%s/response HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
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
