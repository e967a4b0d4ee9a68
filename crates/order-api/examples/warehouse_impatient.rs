//! Release 2.0.0 with a warehouse behind it, for whose answers it waits too short a time: one in twenty comes too late.
//!
//! Wrong: five callers in a hundred get API Gateway's 500, where half a one got it from release 1.0.0.
//! Neither gate can catch it, because probes reserve nothing in the warehouse.
//! An alarm that compares both versions must catch it, during the shift.

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;

mod calls;
mod warehouse;

/// Of so many answers of the warehouse it finds one too late.
const LATE_ONE_IN: u32 = 20;

/// Answers like 2.0.0, where the warehouse is in time.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    warehouse::reserve(&event.context, LATE_ONE_IN)?;
    order_api::handler(event).await
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
