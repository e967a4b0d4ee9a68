//! An emulator for the crate's own tests of what is on the wire, and a client that knows no service.

use deployment::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::execution::CodeStore;
use crate::lambda::Account;
use crate::{Beginning, Emulator};

/// 2025-05-15T12:00:00Z, when a [`Wire`] begins.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_millis(1_747_310_400_000);

/// An emulator whose time stands still.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) emulator: Emulator,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The lines after the first, up to the body.
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// The body; `null` where there is none.
    pub(crate) fn json(&self) -> Value {
        match self.text() {
            "" => Value::Null,
            text => serde_json::from_str(text).expect("the body is JSON"),
        }
    }
}

impl Wire {
    pub(crate) async fn start() -> Self {
        let beginning = Beginning {
            account: Account::default(),
            seed: 7,
            now: BEGINNING,
            time_scale: None,
            store: CodeStore::create().expect("a temporary directory"),
            reaper: None,
            port: 0,
        };
        let emulator = Emulator::start(beginning).await.expect("a free port");
        Self { emulator }
    }

    /// Sends a request with these headers, each `Name: value`, as the account's owner.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &[u8],
    ) -> Reply {
        let address = self.emulator.endpoint().trim_start_matches("http://");
        let mut lines = vec![
            format!("{method} {path} HTTP/1.1"),
            format!("Host: {address}"),
            "Connection: close".to_owned(),
            format!("Content-Length: {}", body.len()),
        ];
        lines.extend(headers.iter().map(|line| (*line).to_owned()));
        let mut request = lines.join("\r\n").into_bytes();
        request.extend(b"\r\n\r\n");
        request.extend(body);
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        stream.write_all(&request).await.expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("it answers");
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
        let body = answer.split_off(end.expect("an end of the headers") + 4);
        let head = String::from_utf8(answer).expect("headers are text");
        let (first, headers) = head.split_once("\r\n").expect("a first line");
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        Reply {
            status: status.expect("a status"),
            headers: headers.to_owned(),
            body,
        }
    }

    /// Calls an operation of a REST service; `null` is no body.
    pub(crate) async fn rest(&self, method: &str, path: &str, input: &Value) -> Reply {
        let body = match input {
            Value::Null => Vec::new(),
            input => input.to_string().into_bytes(),
        };
        self.send(method, path, &["Content-Type: application/json"], &body)
            .await
    }

    /// Calls an operation of an AWS JSON 1.1 service, for example `Logs_20140328.CreateLogGroup`.
    pub(crate) async fn json(&self, target: &str, input: &Value) -> Reply {
        let target = format!("X-Amz-Target: {target}");
        let headers = ["Content-Type: application/x-amz-json-1.1", &target];
        self.send("POST", "/", &headers, input.to_string().as_bytes())
            .await
    }
}
