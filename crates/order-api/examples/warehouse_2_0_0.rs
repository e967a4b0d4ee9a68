//! Release 2.0.0 with a warehouse behind it, of which one answer in two hundred comes too late.
//!
//! Nothing is wrong with it: release 1.0.0 fails as often. No alarm must stop it.

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;

mod calls;
mod warehouse;

/// Of so many answers of the warehouse it finds one too late.
const LATE_ONE_IN: u32 = 200;

/// Answers like 2.0.0, where the warehouse is in time.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    warehouse::reserve(&event.context, LATE_ONE_IN)?;
    order_api::handler(event).await
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
