//! Who makes a call, as far as its signature says so.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

/// The client of one request.
///
/// Signatures are not verified: the access key id alone says who calls. Each function's processes have one of their
/// own; any other, or none, is the account's owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The access key id of the request's signature, where it is signed.
    pub(crate) access_key_id: Option<String>,
}

impl Caller {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        // AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/lambda/aws4_request, SignedHeaders=…, Signature=…
        let access_key_id = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once("Credential="))
            .and_then(|(_, credential)| credential.split('/').next())
            .map(str::to_owned);
        Self { access_key_id }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_access_key_id_of_a_signature_is_read() {
        let rows = [
            (
                Some(
                    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
                ),
                Some("AKID"),
            ),
            (Some("Bearer token"), None),
            (None, None),
        ];
        for (authorization, expected) in rows {
            let mut headers = HeaderMap::new();
            if let Some(value) = authorization {
                headers.insert(AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(
                Caller::of(&headers).access_key_id.as_deref(),
                expected,
                "{authorization:?}"
            );
        }
    }
}
