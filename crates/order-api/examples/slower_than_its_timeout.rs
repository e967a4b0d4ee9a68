//! Release 2.0.0 that answers rightly, but one second too late, whatever the function's timeout is.
//!
//! Wrong: Lambda kills it at the deadline, so callers get "Task timed out".
//! PreTraffic must catch it, by any event.
//!
//! It needs a true deadline: under `cargo lambda watch`, which says 1970, it is not late.

use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;

/// Answers like 2.0.0, one second after the deadline.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let too_late = event.context.deadline() + Duration::from_secs(1);
    tokio::time::sleep(
        too_late
            .duration_since(SystemTime::now())
            .unwrap_or_default(),
    )
    .await;
    order_api::handler(event).await
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
