//! Release 1.0.0 with a warehouse behind it, of which one answer in two hundred comes too late.
//!
//! Nothing is wrong with it: a few calls in a thousand fail in any release, and their callers try again.

use lambda_runtime::{Diagnostic, LambdaEvent};
use order_api::{Order, Release};
use serde_json::Value;

mod calls;
mod warehouse;

const RELEASE: Release = Release {
    version: "1.0.0",
    improvement: None,
};

/// Of so many answers of the warehouse it finds one too late.
const LATE_ONE_IN: u32 = 200;

/// Answers like 1.0.0, where the warehouse is in time.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    warehouse::reserve(&event.context, LATE_ONE_IN)?;
    Ok(RELEASE.answer(
        Order::from_event(&event.payload),
        &event.context.env_config.version,
    ))
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
