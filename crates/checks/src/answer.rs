//! What a Lambda function answered.

use std::fmt;
use std::time::Duration;

/// The answer to one synchronous invocation (`InvocationType` `RequestResponse`).
///
/// Its `Debug` shows the size of the payload and never its bytes, because response bodies must not reach logs.
#[derive(Clone)]
pub struct Answer {
    /// The bytes of the response, or of the error object when `function_error` is set.
    pub payload: Vec<u8>,
    /// `FunctionError` of the Invoke response (the `X-Amz-Function-Error` header), such as `Unhandled`.
    /// Only its presence is judged: OS-only runtimes, which Rust uses, know no other value.
    pub function_error: Option<String>,
    /// `ExecutedVersion` of the Invoke response: the version that ran when the function was called through an alias.
    pub executed_version: Option<String>,
    /// What the client measured, including a cold start.
    pub duration: Duration,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .field("function_error", &self.function_error)
            .field("executed_version", &self.executed_version)
            .field("duration", &self.duration)
            .finish()
    }
}
