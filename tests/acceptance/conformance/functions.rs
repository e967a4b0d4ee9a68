//! What functions are told, and what becomes of their answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use emulator::{Call, Program};
use serde_json::{Value, json};

use super::world::World;
use crate::harness::write_script;

fn blob(value: &Value) -> Blob {
    Blob::new(value.to_string())
}

fn parsed(blob: Option<&Blob>) -> Value {
    serde_json::from_slice(blob.unwrap().as_ref()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_learns_what_lambda_tells_it() {
    let world = World::new().await;
    world.deploy("one");
    let answer = world
        .lambda()
        .invoke()
        .function_name("arn:aws:lambda:us-east-1:123456789012:function:mirror:live")
        .client_context("eyJjdXN0b20iOnsidG9sbGdhdGUiOiJCZWZvcmVBbGxvd1RyYWZmaWMifX0=")
        .payload(blob(&json!({ "ü": [1, null, "\u{1f600}"] })))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status_code(), 200);
    assert_eq!(answer.executed_version(), Some("1"));
    assert_eq!(answer.function_error(), None);
    let seen = parsed(answer.payload());
    assert_eq!(seen["payload"], json!({ "ü": [1, null, "\u{1f600}"] }));
    assert_eq!(
        seen["invokedFunctionArn"],
        "arn:aws:lambda:us-east-1:123456789012:function:mirror:live"
    );
    assert_eq!(seen["custom"], json!({ "tollgate": "BeforeAllowTraffic" }));
    assert_eq!(
        (
            &seen["functionName"],
            &seen["functionVersion"],
            &seen["memory"]
        ),
        (&json!("mirror"), &json!("1"), &json!(256))
    );
    assert!(
        seen["traceId"].as_str().unwrap().starts_with("Root=1-"),
        "{}",
        seen["traceId"]
    );
    // The deadline is a point in true time, one timeout away.
    let left = seen["millisecondsLeft"].as_i64().unwrap();
    assert!((1..=30_000).contains(&left) && left > 20_000, "{left}");
    let variables = seen["variables"].as_object().unwrap();
    assert_eq!(variables["STAGE"], "test");
    assert_eq!(variables["AWS_ENDPOINT_URL"], world.emulator.endpoint());
    // Nothing of the host's environment leaks in.
    for leaked in ["HOME", "USER", "CARGO", "CARGO_MANIFEST_DIR"] {
        assert!(!variables.contains_key(leaked), "{leaked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_and_qualifiers_reach_the_right_version() {
    let world = World::new().await;
    world.deploy("one");
    let lambda = world.lambda();
    for (name, qualifier, version) in [
        ("mirror", None, "$LATEST"),
        ("mirror", Some("1"), "1"),
        ("mirror:live", None, "1"),
        ("123456789012:function:mirror", Some("live"), "1"),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:mirror:1",
            None,
            "1",
        ),
    ] {
        let answer = lambda
            .invoke()
            .function_name(name)
            .set_qualifier(qualifier.map(str::to_owned))
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.executed_version(),
            Some(version),
            "{name} {qualifier:?}"
        );
        assert_eq!(
            parsed(answer.payload())["functionVersion"],
            version,
            "{name} {qualifier:?}"
        );
        // An absent payload is an empty object.
        assert_eq!(parsed(answer.payload())["payload"], json!({}));
    }
    for (name, qualifier) in [
        ("nobody", None),
        ("mirror", Some("2")),
        ("mirror", Some("prod")),
    ] {
        let error = lambda
            .invoke()
            .function_name(name)
            .set_qualifier(qualifier.map(str::to_owned))
            .send()
            .await
            .unwrap_err();
        assert!(
            error.into_service_error().is_resource_not_found_exception(),
            "{name} {qualifier:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_fails_is_answered_as_lambda_does() {
    let world = World::new().await;
    // Only what is to run into its timeout has a short one.
    let impatient = World::of_impatience().await;
    for world in [&world, &impatient] {
        world.deploy("one");
    }
    for (world, wish, error_type, message) in [
        (&world, "fail", "Refused", "as asked"),
        (
            &world,
            "panic",
            "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>",
            "Lambda panicked: as asked",
        ),
        (
            &world,
            "exit",
            "Runtime.ExitError",
            "Runtime exited with error: signal: aborted",
        ),
        (
            &world,
            "break off",
            "Runtime.ExitError",
            "Runtime exited with error: signal: aborted",
        ),
        (
            &impatient,
            "sleep",
            "Sandbox.Timedout",
            "Task timed out after 1.00 seconds",
        ),
        (
            &world,
            "large",
            "Function.ResponseSizeTooLarge",
            "exceeded maximum allowed payload size",
        ),
    ] {
        let answer = world
            .lambda()
            .invoke()
            .function_name("mirror:live")
            .log_type(LogType::Tail)
            .payload(blob(&json!({ "do": wish })))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status_code(), 200, "{wish}");
        assert_eq!(answer.function_error(), Some("Unhandled"), "{wish}");
        let error = parsed(answer.payload());
        assert_eq!(error["errorType"], error_type, "{wish}");
        assert!(
            error["errorMessage"].as_str().unwrap().contains(message),
            "{wish}: {error}"
        );
        let tail = STANDARD.decode(answer.log_result().unwrap()).unwrap();
        let tail = String::from_utf8(tail).unwrap();
        for own in [
            "START RequestId: ",
            "\nEND RequestId: ",
            "\nREPORT RequestId: ",
        ] {
            assert!(tail.contains(own), "{wish}: {tail}");
        }
    }
    // The environment that was killed or has ended is replaced.
    for world in [&world, &impatient] {
        let answer = world
            .lambda()
            .invoke()
            .function_name("mirror:live")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.function_error(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn environments_are_reused_and_grow_with_concurrency() {
    let world = World::new().await;
    world.deploy("one");
    let call = async |payload: &'static str| {
        let call = Call {
            payload: payload.into(),
            client_context: None,
        };
        let invoked = world
            .emulator
            .invoke("mirror", Some("1"), call)
            .await
            .unwrap();
        serde_json::from_slice::<Value>(&invoked.completion.payload).unwrap()["process"].as_u64()
    };
    let first = call("{}").await.unwrap();
    assert_eq!(
        call("{}").await,
        Some(first),
        "an idle environment is reused"
    );
    // Each waits for the two others: that they all answer shows that they run beside each other.
    let meeting = tempfile::tempdir().unwrap();
    let payload = json!({ "do": "meet", "directory": meeting.path(), "parties": 3 })
        .to_string()
        .leak();
    let (one, two, three) = tokio::join!(call(payload), call(payload), call(payload));
    let processes = BTreeSet::from([one.unwrap(), two.unwrap(), three.unwrap()]);
    assert_eq!(processes.len(), 3);
    assert!(
        processes.contains(&first),
        "the idle environment is used before another is started"
    );
    assert!(
        processes.contains(&call("{}").await.unwrap()),
        "all three are kept"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_at_once_get_their_own_answers() {
    const CLIENTS: usize = 64;
    const CALLS: usize = 6;
    let world = World::new().await;
    world.deploy("one");
    let lambda = world.lambda();
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let lambda = lambda.clone();
        clients.spawn(async move {
            let mut seen = Vec::new();
            for call in 0..CALLS {
                let payload = json!({ "client": client, "call": call });
                let request = lambda.invoke().function_name("mirror:live");
                let answer = request.payload(blob(&payload)).send().await.unwrap();
                assert_eq!(answer.function_error(), None);
                let answer = parsed(answer.payload());
                assert_eq!(answer["payload"], payload);
                seen.push((
                    answer["requestId"].to_string(),
                    answer["process"].to_string(),
                ));
            }
            seen
        });
    }
    let seen = clients.join_all().await.concat();
    let (requests, processes): (BTreeSet<_>, BTreeSet<_>) = seen.into_iter().unzip();
    assert_eq!(requests.len(), CLIENTS * CALLS);
    assert!(processes.len() <= CLIENTS, "{processes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_that_does_not_start_is_told_apart() {
    let world = World::new().await;
    let script = |text: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        write_script(file.path(), text);
        file.into_temp_path()
    };
    let publish = |path: &Path| {
        let programs = BTreeMap::from([("Mirror".to_owned(), Program::new(path))]);
        world.publish(&programs);
    };
    for (text, error_type, message) in [
        (
            "#!/bin/sh\necho no such table >&2\nexit 3\n",
            "Runtime.ExitError",
            "exit status 3",
        ),
        (
            "#!/no/such/interpreter\n",
            "Runtime.InvalidEntrypoint",
            "No such file",
        ),
        (
            "not a program",
            "Runtime.InvalidEntrypoint",
            "Exec format error",
        ),
    ] {
        let path = script(text);
        publish(&path);
        let invoked = world
            .emulator
            .invoke("mirror", None, Call::default())
            .await
            .unwrap();
        let error: Value = serde_json::from_slice(&invoked.completion.payload).unwrap();
        assert!(invoked.completion.function_error);
        assert_eq!(error["errorType"], error_type, "{text}");
        assert!(
            error["errorMessage"].as_str().unwrap().contains(message),
            "{text}: {error}"
        );
    }
    let invoked = {
        let path = script("#!/bin/sh\necho no such table >&2\nexit 4\n");
        publish(&path);
        world
            .emulator
            .invoke("mirror", None, Call::default())
            .await
            .unwrap()
    };
    assert_eq!(
        invoked.completion.log_tail, "no such table\n",
        "what it wrote says why"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_no_function_can_take_are_refused() {
    let world = World::new().await;
    world.deploy("one");
    let lambda = world.lambda();
    let invoke = || lambda.invoke().function_name("mirror");
    let error = invoke().payload(Blob::new("{")).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidRequestContentException"));
    let error = invoke()
        .payload(Blob::new(format!("\"{}\"", "x".repeat(6 * 1024 * 1024))))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("RequestTooLargeException"));
    let error = invoke().client_context("%%%").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidRequestContentException"));
    let dry = invoke()
        .invocation_type(InvocationType::DryRun)
        .send()
        .await
        .unwrap();
    assert_eq!(dry.status_code(), 204);
}
