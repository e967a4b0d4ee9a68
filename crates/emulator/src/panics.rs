//! Panics of one piece of work, which must not take anything else with them.
//!
//! That something has panicked, and where, is on standard error by then.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;

use crate::ServiceError;

/// What comes of `invocation`, also where it panics: whoever waits for it goes on as after an error of Lambda's.
///
/// # Errors
/// Its own; 500 `ServiceException`.
pub(crate) async fn outcome_of<T>(
    invocation: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    // The state's lock recovers from a panic: see `Shared::state`.
    let outcome = AssertUnwindSafe(invocation).catch_unwind().await;
    outcome.unwrap_or_else(|_| {
        Err(ServiceError::with_status(
            500,
            "ServiceException",
            "The Lambda service encountered an internal error.",
        ))
    })
}

/// Does `work`; whether it came to its end.
pub(crate) fn survived(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_ok()
}
