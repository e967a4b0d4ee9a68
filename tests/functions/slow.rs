//! A function that takes 20 ms: what a run of many test events is measured with.

use std::thread;
use std::time::Duration;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_runtime::run(service_fn(slow)).await
}

async fn slow(_event: LambdaEvent<Value>) -> Result<&'static str, Diagnostic> {
    // Tokio's timer is exact to a millisecond only, which would be a twentieth; and nothing else is to be done meanwhile.
    thread::sleep(Duration::from_millis(20));
    Ok("done")
}
