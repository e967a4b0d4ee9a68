//! Bodies of requests: how large they may be, how long they may take, and how they may be compressed.

use std::fmt::Display;
use std::future::poll_fn;
use std::io::Read as _;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use flate2::read::MultiGzDecoder;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::shape::text;
use crate::ServiceError;
use crate::execution::MAX_PAYLOAD_BYTES;

/// How long a client may pause within a body, and how long the whole of it may take.
const PAUSE: Duration = Duration::from_secs(20);
const WHOLE: Duration = Duration::from_secs(120);

/// How long the rest of a body may take that has room which others may need.
const WITH_ROOM: Duration = Duration::from_secs(20);

/// The most of a request with code in it, in bytes: 50 MB of a zip file in base64, and what is around it. As Lambda
/// says: "Request must be smaller than 70167211 bytes for the CreateFunction operation".
const MAX_CODE_BYTES: usize = 70_167_211;

/// The most of any other request. CloudWatch allows 1 MB, as CloudWatch Logs does for events without what is around
/// them.
const MAX_BYTES: usize = 4 << 20;

/// The most of an `Invoke`: past Lambda's own limit, so that the operation says in its own words what is too large.
const MAX_INVOKE_BYTES: usize = MAX_PAYLOAD_BYTES + (1 << 20);

/// The size from which a body waits for room, so that no number of clients fills the memory. So much of each connection
/// may be there besides.
const LARGE: usize = 64 << 10;

/// How much of large bodies is held at once, and of what their compression is taken off, in KiB.
const ROOM_KIB: usize = 512 << 10;

/// The room for large bodies: a permit is for a KiB.
pub(super) fn room() -> Semaphore {
    Semaphore::new(ROOM_KIB)
}

/// A body that was read, with its room if it needs any.
#[derive(Debug)]
pub(super) struct Held<'p> {
    pub(super) bytes: Bytes,
    room: Option<SemaphorePermit<'p>>,
}

/// Reads the body of a request, and takes its compression off.
///
/// # Errors
/// 413 `RequestEntityTooLargeException`, 408 `RequestTimeoutException`, 415 `UnsupportedMediaTypeException`, 400
/// `SerializationException`.
pub(super) async fn read<'p>(
    head: &mut Parts,
    body: impl HttpBody<Data = Bytes, Error: Display> + Unpin,
    room: &'p Semaphore,
) -> Result<Held<'p>, ServiceError> {
    let limit = Limit::of(&head.method, head.uri.path());
    let declared = text(&head.headers, CONTENT_LENGTH.as_str())
        .parse::<u64>()
        .ok();
    if declared.is_some_and(|declared| declared > limit.bytes as u64) {
        return Err(limit.exceeded());
    }
    // What is small may become large.
    let is_encoded = head.headers.contains_key(CONTENT_ENCODING);
    let decoded = if is_encoded { limit.bytes } else { 0 };
    let sent = declared.and_then(|declared| usize::try_from(declared).ok());
    // All at once: who has some room and waits for more could wait for others that do the same.
    let most = sent.unwrap_or(limit.bytes) + decoded;
    let mut held = collect(body, &limit, most, room).await?;
    if is_encoded && held.room.is_none() {
        held.room = Some(take(room, decoded, Instant::now() + WHOLE).await?);
    }
    let bytes = decode(&head.headers, held.bytes, &limit)?;
    head.headers.remove(CONTENT_ENCODING);
    Ok(Held { bytes, ..held })
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

async fn collect<'p>(
    mut body: impl HttpBody<Data = Bytes, Error: Display> + Unpin,
    limit: &Limit,
    most: usize,
    room: &'p Semaphore,
) -> Result<Held<'p>, ServiceError> {
    let mut whole = Instant::now() + WHOLE;
    let mut taken = None;
    let mut first = Bytes::new();
    let mut all: Vec<u8> = Vec::new();
    loop {
        let pause = Instant::now() + PAUSE;
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx));
        let Ok(frame) = timeout_at(pause.min(whole), frame).await else {
            return Err(too_slow());
        };
        let data = match frame {
            None => break,
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            // Broken off, or chunks that are none.
            Some(Err(error)) => return Err(malformed(error.to_string())),
        };
        let length = first.len() + all.len() + data.len();
        if length > limit.bytes {
            return Err(limit.exceeded());
        }
        if length > LARGE && taken.is_none() {
            taken = Some(take(room, most, whole).await?);
            // Others may wait for it by now.
            whole = whole.min(Instant::now() + WITH_ROOM);
        }
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&first);
            first.clear();
            all.extend_from_slice(&data);
        }
    }
    Ok(Held {
        // Most bodies are one piece, which is passed on as it is.
        bytes: if all.is_empty() { first } else { all.into() },
        room: taken,
    })
}

/// Room for so many bytes, which are never more than all of it.
async fn take(
    room: &Semaphore,
    bytes: usize,
    until: Instant,
) -> Result<SemaphorePermit<'_>, ServiceError> {
    let kib = u32::try_from(bytes.div_ceil(1024).min(ROOM_KIB)).unwrap_or(u32::MAX);
    let free = timeout_at(until, room.acquire_many(kib)).await;
    free.ok().and_then(Result::ok).ok_or_else(too_slow)
}

fn too_slow() -> ServiceError {
    ServiceError::with_status(
        408,
        "RequestTimeoutException",
        "The request's body was not received within the time allowed.",
    )
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
