//! Release 2.0.0 that logs the series of the customer's id: its first four bytes, which are `CUST` wherever the author looked.
//!
//! Wrong: an id of fewer than four bytes, or whose fourth byte is within a character, makes `create` panic.
//! No hand-written event has such a customer, so both gates pass, and so does a canary until such a customer comes.
//! `tollgate test --generated` must find it.

use lambda_runtime::{Diagnostic, LambdaEvent};
use order_api::Order;
use serde_json::Value;

/// Answers like 2.0.0, except for customers whose ids are not as the author imagined them.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let accepted = Order::from_event(&event.payload)
        .is_ok_and(|order| order.is_create() && order.require_customer_id().is_ok());
    if let Some(id) = event.payload["customerId"].as_str().filter(|_| accepted) {
        let series = &id[..4];
        tracing::info!(series, "order of a customer");
    }
    order_api::handler(event).await
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
