//! Release 2.0.0 that panics on every `create`, and answers all else rightly.
//!
//! Wrong: the panic becomes a function error, so callers get API Gateway's 500.
//! PreTraffic must catch it, by both `create` events.

use lambda_runtime::{Diagnostic, LambdaEvent};
use order_api::Order;
use serde_json::Value;

/// Answers like 2.0.0, except that it cannot create orders.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    if Order::from_event(&event.payload).is_ok_and(|order| order.is_create()) {
        panic!("no warehouse is configured");
    }
    order_api::handler(event).await
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
