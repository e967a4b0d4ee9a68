//! The load generator: clients that call as fast as they are answered, each on a connection that it keeps.
//!
//! It runs on one thread, so that it takes as little as it can of the cores that the measured processes need.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

/// What every call sends: an order of the example.
pub(crate) const PAYLOAD: &str =
    r#"{"action":"create","customerId":"CUST-001","items":[{"productId":"PROD-A","quantity":2}]}"#;

/// A function behind some server.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) function: String,
}

/// What a load brought about.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// Calls that were answered as they should be, within the time.
    pub(crate) calls: u32,
    /// Calls that were not.
    pub(crate) errors: u32,
    /// The first of them.
    pub(crate) error: Option<String>,
}

/// Has `clients` clients call `target` for `time`.
pub(crate) fn call_for(time: Duration, clients: usize, target: &Target) -> Result<Served> {
    on_this_thread(async {
        let end = Instant::now() + time;
        let request = request(target);
        let clients: Vec<_> = (0..clients)
            .map(|_| tokio::spawn(client(target.address, request.clone(), end)))
            .collect();
        let mut served = Served::default();
        for client in clients {
            let one = client.await?;
            served.calls += one.calls;
            served.errors += one.errors;
            served.error = served.error.or(one.error);
        }
        Ok(served)
    })
}

/// How long one call takes, on a connection of its own that is there already.
///
/// # Errors
///
/// It was not answered as it should be.
pub(crate) fn call_once(target: &Target) -> Result<Duration> {
    on_this_thread(async {
        let mut connection = connect(target.address).await?;
        let begun = Instant::now();
        call(&mut connection, request(target).as_bytes(), &mut Vec::new()).await?;
        Ok(begun.elapsed())
    })
}

fn on_this_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

fn request(Target { address, function }: &Target) -> String {
    format!(
        "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nhost: {address}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{PAYLOAD}",
        PAYLOAD.len()
    )
}

async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

async fn client(address: SocketAddr, request: String, end: Instant) -> Served {
    let mut served = Served::default();
    let mut received = Vec::with_capacity(16 << 10);
    while Instant::now() < end {
        // After an error the connection may be in the middle of something.
        let mut connection = match connect(address).await {
            Ok(connection) => connection,
            Err(error) => {
                served.errors += 1;
                served.error = Some(error.to_string());
                return served;
            }
        };
        while Instant::now() < end {
            match call(&mut connection, request.as_bytes(), &mut received).await {
                Ok(()) => served.calls += 1,
                Err(error) => {
                    served.errors += 1;
                    served.error.get_or_insert_with(|| error.to_string());
                    break;
                }
            }
        }
    }
    served
}

async fn call(connection: &mut TcpStream, request: &[u8], received: &mut Vec<u8>) -> Result<()> {
    connection.write_all(request).await?;
    received.clear();
    loop {
        if connection.read_buf(received).await? == 0 {
            return Err("the connection ended before the answer".into());
        }
        if let Some(is_right) = answer(received) {
            return if is_right {
                Ok(())
            } else {
                Err(String::from_utf8_lossy(received).into_owned().into())
            };
        }
    }
}

/// Whether the answer is the function's, once it has arrived to its end.
fn answer(received: &[u8]) -> Option<bool> {
    const END: &[u8] = b"\r\n\r\n";
    let head = received.windows(END.len()).position(|bytes| bytes == END)?;
    let (head, body) = received.split_at(head + END.len());
    let head = std::str::from_utf8(head).ok()?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse().ok());
    let is_whole = match length {
        Some(length) => body.len() >= length,
        // `cargo lambda watch` sends its answers in chunks.
        None => body.ends_with(b"0\r\n\r\n"),
    };
    let is_ok = head.starts_with("HTTP/1.1 200") && !head.contains("x-amz-function-error");
    is_whole.then(|| is_ok && body.windows(14).any(|bytes| bytes == br#""statusCode":2"#))
}
