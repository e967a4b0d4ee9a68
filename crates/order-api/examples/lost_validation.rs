//! Release 2.0.0 whose validation was lost in a merge: it still claims "Added input validation".
//!
//! Wrong: `create` without a customer is answered with 200 where 400 is due, and no error is ever raised.
//! PreTraffic must catch it, by the event `CreateOrderMissingCustomer`.

use lambda_runtime::{Diagnostic, LambdaEvent};
use order_api::{Order, RELEASE};
use serde_json::Value;

/// Answers every order that can be read, as if it had been validated.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    Ok(RELEASE.answer(
        Order::from_event(&event.payload),
        &event.context.env_config.version,
    ))
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
