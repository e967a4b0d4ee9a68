//! Sorting the SDK's errors into what the gate does about them.

use crate::ports::{CallError, CallErrorKind};
use crate::reason::reason;
use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;

/// The failure of a call, with AWS's own words where there are any.
pub(super) fn call_error<E>(action: &'static str, error: SdkError<E, HttpResponse>) -> CallError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let (kind, message) = match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            (
                refusal(code, status.unwrap_or_default()),
                words(service.err(), status),
            )
        }
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            let message = reason(&error);
            (no_answer(&message), message)
        }
        SdkError::ResponseError(_) if status.is_some_and(|status| status >= 500) => {
            (CallErrorKind::Unavailable, reason(&error))
        }
        // Not AWS's answer: a proxy's page, or one that broke off.
        SdkError::ResponseError(_) => (CallErrorKind::NoAnswer, reason(&error)),
        // The SDK's errors are non-exhaustive; what is left was not sent.
        _ => (CallErrorKind::Refused, reason(&error)),
    };
    CallError {
        action,
        kind,
        message,
    }
}

/// The codes are those of the services' API references, and of "Common error types" in each.
fn refusal(code: &str, status: u16) -> CallErrorKind {
    match (code, status) {
        ("LifecycleEventAlreadyCompletedException", _) => CallErrorKind::AlreadyCompleted,
        (
            "AccessDenied"
            | "AccessDeniedException"
            | "ForbiddenException"
            | "UnauthorizedException"
            // A role that is so new that not everyone has heard of it.
            | "InvalidClientTokenId"
            | "UnrecognizedClientException",
            _,
        ) => CallErrorKind::AccessDenied,
        (
            "ResourceConflictException"
            | "ResourceNotReadyException"
            | "SnapStartNotReadyException",
            _,
        ) => CallErrorKind::NotReady,
        (
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown"
            | "TooManyRequestsException"
            | "RequestLimitExceeded",
            _,
        )
        | (_, 429) => CallErrorKind::Throttled,
        // Lambda gives these the status 502, and they last until somebody mends the function.
        (
            "InvalidRuntimeException"
            | "InvalidSecurityGroupIDException"
            | "InvalidSubnetIDException"
            | "InvalidZipFileException"
            | "KMSDisabledException"
            | "KMSNotFoundException",
            _,
        ) => CallErrorKind::Refused,
        (_, 408 | 500..) => CallErrorKind::Unavailable,
        (_, 404) => CallErrorKind::NotFound,
        // CodeDeploy says it by the code alone: the status of its errors is 400.
        (code, _) if code.ends_with("DoesNotExistException") => CallErrorKind::NotFound,
        ("", 403) => CallErrorKind::AccessDenied,
        _ => CallErrorKind::Refused,
    }
}

/// Whether anything was sent, by the words of the HTTP client's error, which are all that it gives.
///
/// "There is no such host" are the resolver's words in glibc and in musl; its other failures may pass.
fn no_answer(message: &str) -> CallErrorKind {
    let no_such_host = ["Name or service not known", "Name does not resolve"];
    if no_such_host.iter().any(|words| message.contains(words)) {
        CallErrorKind::NoSuchHost
    } else if message.contains("client error (Connect)") {
        CallErrorKind::NotSent
    } else {
        CallErrorKind::NoAnswer
    }
}

fn words(error: &impl ProvideErrorMetadata, status: Option<u16>) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, Some(message)) => message.to_owned(),
        (None, None) => match status {
            Some(status) => format!("HTTP status {status}, without a reason"),
            None => "no reason was given".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_refusals_by_code_and_status() {
        use CallErrorKind::{
            AccessDenied, AlreadyCompleted, NotFound, NotReady, Refused, Throttled, Unavailable,
        };
        let rows = [
            ("AccessDeniedException", 400, AccessDenied),
            ("ForbiddenException", 403, AccessDenied),
            ("", 403, AccessDenied),
            ("ExpiredTokenException", 403, Refused),
            ("InvalidSignatureException", 403, Refused),
            ("NotFoundException", 404, NotFound),
            ("ResourceNotFoundException", 404, NotFound),
            ("ThrottlingException", 400, Throttled),
            ("TooManyRequestsException", 429, Throttled),
            ("", 429, Throttled),
            ("ResourceConflictException", 409, NotReady),
            ("ResourceNotReadyException", 502, NotReady),
            ("ServiceException", 500, Unavailable),
            ("EC2ThrottledException", 502, Unavailable),
            ("SnapStartTimeoutException", 408, Unavailable),
            ("InvalidZipFileException", 502, Refused),
            ("UnrecognizedClientException", 400, AccessDenied),
            ("SlowDown", 503, Throttled),
            ("", 503, Unavailable),
            (
                "LifecycleEventAlreadyCompletedException",
                400,
                AlreadyCompleted,
            ),
            ("DeploymentDoesNotExistException", 400, NotFound),
            ("RevisionDoesNotExistException", 400, NotFound),
            ("DeploymentNotStartedException", 400, Refused),
            ("RequestTooLargeException", 413, Refused),
            ("", 200, Refused),
        ];
        for (code, status, expected) in rows {
            assert_eq!(refusal(code, status), expected, "{code} {status}");
        }
    }

    #[test]
    fn tells_apart_what_became_of_the_connection() {
        let rows = [
            (
                "dispatch failure: io error: client error (Connect): dns error: failed to lookup address information: Name or service not known",
                CallErrorKind::NoSuchHost,
            ),
            (
                "dispatch failure: dns error: failed to lookup address information: Name does not resolve",
                CallErrorKind::NoSuchHost,
            ),
            (
                "dispatch failure: dns error: failed to lookup address information: Temporary failure in name resolution",
                CallErrorKind::NoAnswer,
            ),
            (
                "dispatch failure: io error: client error (Connect): tcp connect error: Connection refused (os error 111)",
                CallErrorKind::NotSent,
            ),
            (
                "dispatch failure: timeout: client error (Connect): HTTP connect timeout occurred after 3s",
                CallErrorKind::NotSent,
            ),
            (
                "dispatch failure: io error: client error (SendRequest): connection closed before message completed",
                CallErrorKind::NoAnswer,
            ),
        ];
        for (message, expected) in rows {
            assert_eq!(no_answer(message), expected, "{message}");
        }
    }
}
