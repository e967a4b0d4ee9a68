//! Sending a test event to the function under test.

use crate::lifecycle_event::LifecycleEvent;
use crate::ports::{CallErrorKind, InvokeFunction, InvokeRequest};
use crate::reason::reason;
use crate::retry::{Limits, retry};
use checks::{Answer, Invoke, Side};
use std::time::Duration;
use tokio::time::Instant;

/// With the backoff of [`retry`], about 20 s until a call that Lambda keeps refusing is given up.
const ATTEMPTS: u32 = 8;

/// Longer than any function may run; the run's own cut-off comes first.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(16 * 60);

/// Invokes one qualified function, synchronously.
#[derive(Debug)]
pub(crate) struct Invoker<'a, P> {
    lambda: &'a P,
    function: &'a str,
    qualifier: &'a str,
    until: Instant,
    client_context: String,
}

impl<'a, P> Invoker<'a, P> {
    /// Invokes `function:qualifier` for the hook; nothing is sent again after `until`.
    pub(crate) fn new(
        lambda: &'a P,
        (function, qualifier): (&'a str, &'a str),
        hook: LifecycleEvent,
        until: Instant,
    ) -> Self {
        Self {
            lambda,
            function,
            qualifier,
            until,
            // How the function under test can tell a probe from a user's request.
            client_context: serde_json::json!({"custom": {"tollgate": hook.as_str()}}).to_string(),
        }
    }
}

impl<P: InvokeFunction + Sync> Invoke for Invoker<'_, P> {
    /// The answer, timed from the attempt that was answered.
    ///
    /// An attempt that the service turned away (throttling, 5xx, a version that is not ready) has not run the
    /// function, or not to an end that anyone could judge, and is made again. A function error is an answer. A lost
    /// connection is not retried: the function may have run, and its test event need not be repeatable.
    async fn invoke(
        &self,
        _side: Side,
        _event_name: &str,
        payload: &str,
    ) -> Result<Answer, String> {
        let limits = Limits {
            attempts: ATTEMPTS,
            until: self.until,
            attempt_timeout: ATTEMPT_TIMEOUT,
        };
        let request = InvokeRequest {
            function: self.function,
            qualifier: self.qualifier,
            payload,
            client_context: &self.client_context,
        };
        retry(
            "lambda:InvokeFunction",
            limits,
            worth_retrying,
            async || {
                let started = Instant::now();
                let response = self.lambda.invoke_function(request).await?;
                Ok(Answer {
                    payload: response.payload,
                    function_error: response.function_error,
                    executed_version: response.executed_version,
                    duration: started.elapsed(),
                })
            },
        )
        .await
        .map_err(|error| reason(&error))
    }
}

fn worth_retrying(kind: CallErrorKind) -> bool {
    match kind {
        CallErrorKind::Throttled | CallErrorKind::Unavailable | CallErrorKind::NotReady => true,
        CallErrorKind::NotFound
        | CallErrorKind::AccessDenied
        | CallErrorKind::NoAnswer
        | CallErrorKind::NoSuchHost
        | CallErrorKind::AlreadyCompleted
        | CallErrorKind::Refused => false,
    }
}
