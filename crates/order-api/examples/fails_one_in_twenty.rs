//! Release 2.0.0 that leaks a database connection per call, so that every twentieth call
//! of an execution environment fails with a function error; the pool is then rebuilt.
//!
//! Wrong: five callers in a hundred get API Gateway's 500.
//! Neither gate can catch it: Tollgate's probes are answered without the database, and so neither fail nor leak.
//! An alarm on the new version's errors must catch it, during the canary.

use std::sync::atomic::{AtomicU64, Ordering};

use calls::is_probe;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;

mod calls;

const POOL_SIZE: u64 = 20;

/// Calls that took a connection, in this execution environment.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// Answers like 2.0.0, except every twentieth call that is not a probe.
pub(crate) async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    if !is_probe(&event.context) {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        if calls.is_multiple_of(POOL_SIZE) {
            return Err(Diagnostic {
                error_type: "ConnectionPoolExhausted".to_owned(),
                error_message: format!("all {POOL_SIZE} database connections are in use"),
            });
        }
    }
    order_api::handler(event).await
}

/// Serves [`handler`].
pub(crate) fn main() -> Result<(), lambda_runtime::Error> {
    order_api::serve(handler)
}
