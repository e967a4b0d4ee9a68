//! Lambda's control plane over the wire.

mod aliases;
mod functions;
mod layers;
mod lists;
mod policies;
mod runs;
mod settings;

use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deployment::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{Account, Beginning, CodeStore, Emulator};

const ROLE: &str = "arn:aws:iam::123456789012:role/lambda";
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function";

/// A client of an emulator.
struct Client {
    emulator: Emulator,
}

/// An answer over the wire.
#[derive(Debug)]
struct Answer {
    status: u16,
    error: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// `Code: message` of an error.
    fn error(&self) -> String {
        let code = self.error.as_deref().unwrap_or("no error");
        let body = self.json();
        format!("{code}: {}", message(&body))
    }
}

/// The message, whose member the service model spells in two ways.
fn message(body: &Value) -> &str {
    let member = body.get("Message").or_else(|| body.get("message"));
    member.and_then(Value::as_str).unwrap_or_default()
}

impl Client {
    async fn new() -> Self {
        let emulator = Emulator::start(Beginning {
            account: Account::default(),
            seed: 1,
            now: Timestamp::from_millis(1_767_225_600_000),
            time_scale: None,
            port: 0,
            store: CodeStore::create().unwrap(),
            reaper: None,
        });
        Self {
            emulator: emulator.await.unwrap(),
        }
    }

    /// The same with one function, `f`.
    async fn with_function() -> Self {
        let client = Self::new().await;
        client
            .done("POST", "/2015-03-31/functions", &function("f"))
            .await;
        client
    }

    async fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let address = self.emulator.endpoint().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let error = head
            .lines()
            .find_map(|line| line.strip_prefix("x-amzn-errortype: "));
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            error: error.map(str::to_owned),
            body: answer[end + 4..].to_vec(),
        }
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        self.send(method, path, &body).await
    }

    /// A call that must succeed.
    async fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.call(method, path, body).await;
        assert!(
            answer.status < 300,
            "{method} {path}: {} {}",
            answer.status,
            answer.error()
        );
        answer.json()
    }

    async fn get(&self, path: &str) -> Value {
        self.done("GET", path, &Value::Null).await
    }

    /// A call that must be refused, with `status` and an error that is, or begins with, `expected`.
    async fn refused(&self, method: &str, path: &str, body: &Value, status: u16, expected: &str) {
        let answer = self.call(method, path, body).await;
        let error = answer.error();
        let matches = match expected.strip_suffix('…') {
            Some(beginning) => error.starts_with(beginning),
            None => error == expected,
        };
        assert!(
            matches && answer.status == status,
            "{method} {path} {body}\n  gave {} {error}\n  not  {status} {expected}",
            answer.status
        );
    }
}

/// One refused call: method, path, body, status and error.
type Refused<'a> = (&'a str, &'a str, Value, u16, &'a str);

async fn check_refused(client: &Client, rows: &[Refused<'_>]) {
    for (method, path, body, status, expected) in rows {
        client.refused(method, path, body, *status, expected).await;
    }
}

/// A zip file of executable files.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn zip_file(text: &str) -> String {
    STANDARD.encode(zip(&[("bootstrap", text)]))
}

/// What creates a function of that name.
fn function(name: &str) -> Value {
    json!({
        "FunctionName": name,
        "Role": ROLE,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Code": { "ZipFile": zip_file("one") },
    })
}

/// The same with other members.
fn function_with(name: &str, members: &Value) -> Value {
    let mut function = function(name);
    for (member, value) in members.as_object().unwrap() {
        function[member] = value.clone();
    }
    function
}

/// Asserts that `part` is in `whole`, objects member by member.
fn assert_has(whole: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            for (name, part) in members {
                let whole = whole.get(name).unwrap_or(&Value::Null);
                assert_has(whole, part);
            }
        }
        part => assert_eq!(whole, part),
    }
}
