//! The least that a client of the emulator can be: one connection, one request after the other.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::Result;

/// A connection that is kept.
pub(crate) struct Client {
    connection: TcpStream,
    received: Vec<u8>,
}

impl Client {
    /// Connects to an endpoint, `http://127.0.0.1:PORT`.
    pub(crate) fn of(endpoint: &str) -> Result<Self> {
        let connection = TcpStream::connect(endpoint.trim_start_matches("http://"))?;
        connection.set_nodelay(true)?;
        Ok(Self {
            connection,
            received: Vec::with_capacity(256 << 10),
        })
    }

    /// An operation of Lambda's: its method and path, and its input.
    pub(crate) fn lambda(&mut self, operation: &str, input: &Value) -> Result<Value> {
        let input = if input.is_null() {
            String::new()
        } else {
            input.to_string()
        };
        self.call(operation, "", &input)
    }

    /// An operation of CodeDeploy's.
    pub(crate) fn codedeploy(&mut self, operation: &str, input: &Value) -> Result<Value> {
        let target = format!(
            "content-type: application/x-amz-json-1.1\r\nx-amz-target: CodeDeploy_20141006.{operation}\r\n"
        );
        self.call("POST /", &target, &input.to_string())
    }

    fn call(&mut self, resource: &str, headers: &str, body: &str) -> Result<Value> {
        let length = body.len();
        let request = format!(
            "{resource} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        self.connection.write_all(request.as_bytes())?;
        self.received.clear();
        let mut buffer = [0; 16 << 10];
        loop {
            let count = self.connection.read(&mut buffer)?;
            if count == 0 {
                return Err("the connection ended before the answer".into());
            }
            self.received
                .extend_from_slice(buffer.get(..count).unwrap_or_default());
            if let Some((head, body)) = whole(&self.received) {
                if !head.starts_with("HTTP/1.1 2") {
                    let body = String::from_utf8_lossy(body);
                    return Err(format!("{resource} was answered with {head}{body}").into());
                }
                return Ok(serde_json::from_slice(body)?);
            }
        }
    }
}

/// Head and body of a response, once it has arrived to its end.
fn whole(received: &[u8]) -> Option<(&str, &[u8])> {
    const END: &[u8] = b"\r\n\r\n";
    let head = received.windows(END.len()).position(|bytes| bytes == END)?;
    let (head, body) = received.split_at(head + END.len());
    let head = std::str::from_utf8(head).ok()?;
    let (_, length) = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    let length: usize = length.trim().parse().ok()?;
    (body.len() >= length).then_some((head, body))
}
