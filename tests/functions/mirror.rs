//! A function that answers with what the Runtime API told it, or does what the event asks for.
//!
//! `{"do": "fail" | "exit" | "panic" | "sleep" | "large" | "break off" | "vary"}`; anything else is mirrored. `{"do": "meet", "directory": …,
//! "parties": N}` is mirrored once N processes have signed the directory. Whatever is done, the text at `"write"` is
//! written to standard output before.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_runtime::run(service_fn(mirror)).await
}

async fn mirror(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let LambdaEvent { payload, context } = event;
    if let Some(text) = payload.get("write").and_then(Value::as_str) {
        use std::io::Write as _;
        let mut out = std::io::stdout().lock();
        // What does not arrive fails the test that waits for it.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
    match payload.get("do").and_then(Value::as_str) {
        Some("fail") => {
            return Err(Diagnostic {
                error_type: "Refused".to_owned(),
                error_message: "as asked".to_owned(),
            });
        }
        Some("exit") => std::process::abort(),
        #[expect(clippy::panic, reason = "that is what the event asks for")]
        Some("panic") => panic!("as asked"),
        Some("sleep") => tokio::time::sleep(Duration::from_secs(60)).await,
        Some("large") => return Ok(json!("x".repeat(7 * 1024 * 1024))),
        Some("meet") => meet(&payload).await,
        Some("break off") => break_off(&context.request_id),
        Some("vary") => return Ok(vary(&context)),
        _ => {}
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    Ok(json!({
        "payload": payload,
        "requestId": context.request_id,
        "invokedFunctionArn": context.invoked_function_arn,
        "millisecondsLeft": i128::from(context.deadline) - i128::try_from(now).unwrap_or_default(),
        "traceId": context.xray_trace_id,
        "custom": context.client_context.map(|context| context.custom),
        "functionName": context.env_config.function_name,
        "functionVersion": context.env_config.version,
        "memory": context.env_config.memory,
        "process": std::process::id(),
        "variables": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
    }))
}

/// The answer of an API in which hardly anything is the same from call to call.
fn vary(context: &lambda_runtime::Context) -> Value {
    static CALLS: AtomicU64 = AtomicU64::new(8);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let body = json!({
        "orderId": format!("ORD-{call}"),
        "requestId": context.request_id,
        "createdAt": now.map_or(0, |since| since.as_secs()),
        "accessToken": context.request_id,
        "functionVersion": context.env_config.version,
        "function": context.invoked_function_arn,
        "items": vec!["PROD-A"; usize::try_from(call).unwrap_or_default()],
        "state": "NEW",
    });
    json!({
        "statusCode": 201,
        "headers": { "content-type": "application/json", "x-call": call.to_string() },
        "body": body.to_string(),
    })
}

/// Ends the process in the middle of its answer.
fn break_off(request_id: &str) {
    use std::io::Write as _;
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    let half = format!(
        "POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\nHost: {api}\r\nContent-Length: 100\r\n\r\nhalf"
    );
    if let Ok(mut connection) = std::net::TcpStream::connect(api) {
        // What does not arrive makes no difference to an answer that breaks off.
        let _ = connection.write_all(half.as_bytes());
    }
    std::process::abort()
}

async fn meet(payload: &Value) {
    let directory = std::path::Path::new(payload["directory"].as_str().unwrap_or_default());
    let parties = payload["parties"].as_u64().unwrap_or_default();
    // Whoever cannot sign waits in vain, and the test fails by the function's timeout.
    let _ = std::fs::write(directory.join(std::process::id().to_string()), "");
    let present = || std::fs::read_dir(directory).map_or(0, |entries| entries.count() as u64);
    while present() < parties {
        tokio::task::yield_now().await;
    }
}
