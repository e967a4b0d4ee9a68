#![doc = include_str!("../README.md")]

mod http;
mod order;
mod release;
mod serve;

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;

pub use order::{Order, Rejection};
pub use release::{RELEASE, Release};
pub use serve::serve;

/// Answers one invocation of release 2.0.0, running as Lambda version `function_version`.
///
/// `event` is a direct order or an HTTP API request that carries one.
/// The answer is always shaped for API Gateway: `statusCode`, `headers`, and a JSON-string `body`.
/// There is no event that it cannot answer, so nothing here becomes a function error.
pub fn handle(event: &Value, function_version: &str) -> Value {
    RELEASE.answer(validated(event), function_version)
}

/// Release 2.0.0 as [`serve`] runs it: [`handle`], with the version that Lambda says it runs.
///
/// # Errors
///
/// None: the type is what the runtime and the faulty releases need.
pub async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    Ok(handle(&event.payload, &event.context.env_config.version))
}

fn validated(event: &Value) -> Result<Order, Rejection> {
    let order = Order::from_event(event)?;
    if order.is_create() {
        order.require_customer_id()?;
    }
    Ok(order)
}
