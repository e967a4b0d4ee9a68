//! Errors as AWS's services model them.

use std::borrow::Cow;

/// An error that an AWS service answers with: the wire layer writes it in the protocol of the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// The error's name in the service model, for example `ResourceNotFoundException`.
    pub code: Cow<'static, str>,
    /// The message for the client.
    pub message: String,
    /// `Reason`, which Lambda gives with what it throttles.
    pub reason: Option<&'static str>,
}

impl ServiceError {
    /// A client error with HTTP status 400, as most modelled errors are.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: Cow::Borrowed(code),
            message: message.into(),
            reason: None,
        }
    }

    /// An error with a status of its own.
    pub fn with_status(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: Cow::Borrowed(code),
            message: message.into(),
            reason: None,
        }
    }

    /// Lambda's `TooManyRequestsException`: for example `ConcurrentInvocationLimitExceeded`.
    pub(crate) fn throttled(reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..Self::with_status(429, "TooManyRequestsException", "Rate Exceeded.")
        }
    }
}
