//! STS, as far as clients ask who they are: `GetCallerIdentity`.

use crate::ServiceError;
use crate::caller::Caller;
use crate::server::query::Members;
use crate::shared::Shared;

/// The version of the API.
pub(crate) const VERSION: &str = "2011-06-15";

/// The name space of its answers.
pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers one action; `None` where it is not served.
///
/// # Errors
/// `InvalidClientTokenId` for an access key that is nobody's.
pub(crate) fn call(
    shared: &Shared,
    caller: &Caller,
    action: &str,
) -> Result<Option<Members>, ServiceError> {
    match action {
        "GetCallerIdentity" => get_caller_identity(shared, caller).map(Some),
        _ => Ok(None),
    }
}

/// Nobody needs a permission for it, and no policy can deny it (API reference).
fn get_caller_identity(shared: &Shared, caller: &Caller) -> Result<Members, ServiceError> {
    let principal = shared.state().principal(caller).map_err(|_| {
        ServiceError::with_status(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        )
    })?;
    Ok(vec![
        ("Arn", principal.arn(&shared.account)),
        ("UserId", principal.user_id(&shared.account)),
        ("Account", shared.account.account_id.clone()),
    ])
}

#[cfg(test)]
mod tests {
    use crate::testing::Wire;

    #[tokio::test]
    async fn callers_are_told_who_they_are() {
        let wire = Wire::start().await;
        let root = "<Arn>arn:aws:iam::123456789012:root</Arn><UserId>123456789012</UserId><Account>123456789012</Account>";
        let error = |code: &str, message: &str| {
            format!(
                "<ErrorResponse xmlns=\"NS\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            )
        };
        let missing = "The request is missing an action or a required parameter.";
        for (form, status, expected) in [
            (
                "Action=GetCallerIdentity&Version=2011-06-15",
                200,
                format!(
                    "<GetCallerIdentityResponse xmlns=\"NS\"><GetCallerIdentityResult>{root}</GetCallerIdentityResult><ResponseMetadata><RequestId>"
                ),
            ),
            (
                "Version=2011-06-15&Action=Assume%26Role",
                400,
                error(
                    "InvalidAction",
                    "Could not find operation Assume&amp;Role for version 2011-06-15",
                ),
            ),
            (
                "Action=GetUser&Version=2010-05-08",
                400,
                error(
                    "InvalidAction",
                    "Could not find operation GetUser for version 2010-05-08",
                )
                .replace("NS", ""),
            ),
            ("Version=2011-06-15", 400, error("MissingAction", missing)),
            ("", 400, error("MissingAction", missing).replace("NS", "")),
        ] {
            let headers = ["Content-Type: application/x-www-form-urlencoded; charset=utf-8"];
            let reply = wire.send("POST", "/", &headers, form.as_bytes()).await;
            let expected = expected.replace("NS", "https://sts.amazonaws.com/doc/2011-06-15/");
            assert_eq!(reply.status, status, "{form}");
            assert!(
                reply.text().starts_with(&expected),
                "{form}: {}",
                reply.text()
            );
            assert!(
                reply.headers.contains("content-type: text/xml\r\n"),
                "{form}"
            );
        }
    }
}
