//! The error objects that Lambda itself makes when a function's process does not answer.
//!
//! Types and texts follow the open source Runtime Interface Emulator that AWS publishes
//! (`aws-lambda-runtime-interface-emulator`); see the crate's README for what is inferred.

use std::process::ExitStatus;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Value, json};

/// Why a process gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The function ran past its timeout and was killed.
    TimedOut(Duration),
    /// The process ended.
    Exited(Exit),
    /// The program could not be started.
    InvalidEntrypoint(String),
    /// The response is larger than Lambda takes.
    ResponseTooLarge,
    /// The runtime reported that it cannot start; the body it posted to `/init/error`.
    InitError(Bytes),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// With an exit status.
    Status(i32),
    /// By a signal.
    Signal(i32),
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Self::Signal(signal);
        }
        Self::Status(status.code().unwrap_or(-1))
    }
}

impl Fault {
    /// The error object that the caller receives.
    pub(crate) fn payload(&self, request_id: &str) -> Bytes {
        let (error_type, what) = self.words();
        let message = match self {
            Self::InitError(body) => return body.clone(),
            Self::ResponseTooLarge => what,
            Self::TimedOut(_) | Self::Exited(_) | Self::InvalidEntrypoint(_) => {
                format!("RequestId: {request_id} Error: {what}")
            }
        };
        Bytes::from(json!({ "errorType": error_type, "errorMessage": message }).to_string())
    }

    /// Its type, and what happened.
    pub(crate) fn words(&self) -> (String, String) {
        let (error_type, what) = match self {
            Self::InitError(body) => {
                let error: Value = serde_json::from_slice(body).unwrap_or_default();
                let text = |name: &str| error.get(name).and_then(Value::as_str);
                return (
                    text("errorType").unwrap_or("Runtime.Unknown").to_owned(),
                    text("errorMessage").unwrap_or("Unknown").to_owned(),
                );
            }
            Self::TimedOut(after) => (
                "Sandbox.Timedout",
                format!("Task timed out after {:.2} seconds", after.as_secs_f64()),
            ),
            Self::Exited(Exit::Status(0)) => (
                "Runtime.ExitError",
                "Runtime exited without providing a reason".to_owned(),
            ),
            Self::Exited(exit) => (
                "Runtime.ExitError",
                format!("Runtime exited with error: {}", describe(*exit)),
            ),
            Self::InvalidEntrypoint(reason) => ("Runtime.InvalidEntrypoint", reason.clone()),
            Self::ResponseTooLarge => (
                "Function.ResponseSizeTooLarge",
                format!(
                    "Response payload size exceeded maximum allowed payload size ({} bytes).",
                    super::MAX_RESPONSE_BYTES
                ),
            ),
        };
        (error_type.to_owned(), what)
    }
}

fn describe(exit: Exit) -> String {
    match exit {
        Exit::Status(code) => format!("exit status {code}"),
        Exit::Signal(signal) => match signal {
            4 => "signal: illegal instruction".to_owned(),
            6 => "signal: aborted".to_owned(),
            8 => "signal: floating point exception".to_owned(),
            9 => "signal: killed".to_owned(),
            11 => "signal: segmentation fault".to_owned(),
            15 => "signal: terminated".to_owned(),
            other => format!("signal: signal {other}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_objects_are_as_lambda_writes_them() {
        let rows = [
            (
                Fault::TimedOut(Duration::from_secs(3)),
                r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out after 3.00 seconds"}"#,
            ),
            (
                Fault::Exited(Exit::Status(101)),
                r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited with error: exit status 101"}"#,
            ),
            (
                Fault::Exited(Exit::Status(0)),
                r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited without providing a reason"}"#,
            ),
            (
                Fault::Exited(Exit::Signal(9)),
                r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited with error: signal: killed"}"#,
            ),
            (
                Fault::ResponseTooLarge,
                r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#,
            ),
            (
                Fault::InitError(Bytes::from_static(br#"{"errorType":"Config"}"#)),
                r#"{"errorType":"Config"}"#,
            ),
        ];
        for (fault, expected) in rows {
            assert_eq!(
                String::from_utf8_lossy(&fault.payload("r")),
                expected,
                "{fault:?}"
            );
        }
    }
}
