//! Release 1.0.0, the one that runs before 2.0.0 is deployed.
//!
//! Nothing is wrong with it: it answers any action with 200, because validation came later.

use lambda_runtime::{Diagnostic, LambdaEvent};
use order_api::{Order, Release};
use serde_json::Value;

const RELEASE: Release = Release {
    version: "1.0.0",
    improvement: None,
};

/// Answers every order that can be read.
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
