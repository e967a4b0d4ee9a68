//! Bodies of requests: how large they may be, how long they may take, and how they may be compressed.

use std::future::poll_fn;
use std::io::Read as _;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use flate2::read::MultiGzDecoder;
use tokio::time::{Instant, timeout_at};

use super::shape::text;
use crate::ServiceError;
use crate::execution::MAX_PAYLOAD_BYTES;

/// How long a client may pause within a body, and how long the whole of it may take.
const PAUSE: Duration = Duration::from_secs(20);
const WHOLE: Duration = Duration::from_secs(120);

/// The most of a request with code in it, in bytes: 50 MB of a zip file in base64, and what is around it. As Lambda
/// says: "Request must be smaller than 70167211 bytes for the CreateFunction operation".
const MAX_CODE_BYTES: usize = 70_167_211;

/// The most of any other request. CloudWatch allows 1 MB, as CloudWatch Logs does for events without what is around
/// them.
const MAX_BYTES: usize = 4 << 20;

/// The most of an `Invoke`: past Lambda's own limit, so that the operation says in its own words what is too large.
const MAX_INVOKE_BYTES: usize = MAX_PAYLOAD_BYTES + (1 << 20);

/// Reads the body of a request, and takes its compression off.
///
/// # Errors
/// 413 `RequestEntityTooLargeException`, 408 `RequestTimeoutException`, 415 `UnsupportedMediaTypeException`, 400
/// `SerializationException`.
pub(super) async fn read(head: &mut Parts, body: Body) -> Result<Bytes, ServiceError> {
    let limit = Limit::of(&head.method, head.uri.path());
    let declared = text(&head.headers, CONTENT_LENGTH.as_str()).parse::<u64>();
    if declared.is_ok_and(|declared| declared > limit.bytes as u64) {
        return Err(limit.exceeded());
    }
    let bytes = collect(body, &limit).await?;
    let bytes = decode(&head.headers, bytes, &limit)?;
    head.headers.remove(CONTENT_ENCODING);
    Ok(bytes)
}

/// How large a request may be.
struct Limit {
    bytes: usize,
    operation: Option<&'static str>,
}

impl Limit {
    fn of(method: &Method, path: &str) -> Self {
        let path = path.trim_end_matches('/');
        let code = |operation| Self {
            bytes: MAX_CODE_BYTES,
            operation: Some(operation),
        };
        if method == Method::POST && path.ends_with("/invocations") {
            Self {
                bytes: MAX_INVOKE_BYTES,
                operation: Some("InvokeFunction"),
            }
        } else if method == Method::POST && path == "/2015-03-31/functions" {
            code("CreateFunction")
        } else if method == Method::PUT
            && path.starts_with("/2015-03-31/")
            && path.ends_with("/code")
        {
            code("UpdateFunctionCode")
        } else if method == Method::POST && path.starts_with("/2018-10-31/layers/") {
            code("PublishLayerVersion")
        } else {
            Self {
                bytes: MAX_BYTES,
                operation: None,
            }
        }
    }

    fn exceeded(&self) -> ServiceError {
        let mut message = format!("Request must be smaller than {} bytes", self.bytes);
        if let Some(operation) = self.operation {
            message.push_str(&format!(" for the {operation} operation"));
        }
        let code = match self.operation {
            Some("InvokeFunction") => "RequestTooLargeException",
            Some(_) | None => "RequestEntityTooLargeException",
        };
        ServiceError::with_status(413, code, message)
    }
}

async fn collect(mut body: Body, limit: &Limit) -> Result<Bytes, ServiceError> {
    let whole = Instant::now() + WHOLE;
    let mut first = Bytes::new();
    let mut all: Vec<u8> = Vec::new();
    loop {
        let pause = Instant::now() + PAUSE;
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx));
        let Ok(frame) = timeout_at(pause.min(whole), frame).await else {
            return Err(ServiceError::with_status(
                408,
                "RequestTimeoutException",
                "The request's body was not received within the time allowed.",
            ));
        };
        let data = match frame {
            None => break,
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            // Broken off, or chunks that are none.
            Some(Err(error)) => return Err(malformed(error.to_string())),
        };
        if first.len() + all.len() + data.len() > limit.bytes {
            return Err(limit.exceeded());
        }
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&first);
            first.clear();
            all.extend_from_slice(&data);
        }
    }
    // Most bodies are one piece, which is passed on as it is.
    Ok(if all.is_empty() { first } else { all.into() })
}

/// At most the limit comes out of it, whatever went in.
fn decode(headers: &HeaderMap, bytes: Bytes, limit: &Limit) -> Result<Bytes, ServiceError> {
    if !headers.contains_key(CONTENT_ENCODING) {
        return Ok(bytes);
    }
    match text(headers, CONTENT_ENCODING.as_str())
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "identity" => Ok(bytes),
        "gzip" => {
            let mut decoded = Vec::new();
            let most = limit.bytes as u64 + 1;
            MultiGzDecoder::new(bytes.as_ref())
                .take(most)
                .read_to_end(&mut decoded)
                .map_err(|error| malformed(error.to_string()))?;
            if decoded.len() > limit.bytes {
                return Err(limit.exceeded());
            }
            Ok(decoded.into())
        }
        other => Err(ServiceError::with_status(
            415,
            "UnsupportedMediaTypeException",
            format!("Content-Encoding {other:?} is not supported: use gzip or none"),
        )),
    }
}

fn malformed(message: String) -> ServiceError {
    ServiceError::bad_request("SerializationException", message)
}
