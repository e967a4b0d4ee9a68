//! A relay between the command line and the emulator that refuses some actions, as IAM does, and notes all.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Before the operation's name in the paths of the protocol that SDKs speak with CloudWatch (Smithy RPC v2 CBOR).
const CLOUDWATCH: &str = "/service/GraniteServiceVersion20100801/operation/";

type Before = dyn Fn(&str) + Send + Sync;

pub(crate) struct Relay {
    pub(crate) endpoint: String,
    asked: Arc<Mutex<BTreeSet<String>>>,
    key_ids: Arc<Mutex<BTreeSet<String>>>,
    server: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn to(upstream: &str, denied: &'static [&'static str]) -> Self {
        Self::watched(upstream, denied, |_| {}).await
    }

    /// The same, and before each request goes on, `before` is told its action, as IAM spells it.
    pub(crate) async fn watched(
        upstream: &str,
        denied: &'static [&'static str],
        before: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let before: Arc<Before> = Arc::new(before);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let asked = Arc::<Mutex<BTreeSet<String>>>::default();
        let record = Arc::clone(&asked);
        let key_ids = Arc::<Mutex<BTreeSet<String>>>::default();
        let signed = Arc::clone(&key_ids);
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(
                    client,
                    upstream.clone(),
                    denied,
                    Arc::clone(&record),
                    Arc::clone(&signed),
                    Arc::clone(&before),
                ));
            }
        });
        Self {
            endpoint,
            asked,
            key_ids,
            server,
        }
    }

    /// The actions that were asked for, as IAM spells them.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The access keys that requests were signed with.
    pub(crate) fn key_ids(&self) -> BTreeSet<String> {
        self.key_ids.lock().unwrap().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The head of a message, and its body.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    /// `None` at the end of a connection.
    async fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        Some(Self { head, body })
    }

    /// The action that a request asks for.
    fn action(&self) -> String {
        match header(&self.head, "x-amz-target").and_then(|target| target.split_once('.')) {
            Some(("CodeDeploy_20141006", operation)) => format!("codedeploy:{operation}"),
            Some(("Logs_20140328", operation)) => format!("logs:{operation}"),
            Some(other) => panic!("{other:?}"),
            None if self.head.contains(" /v1/") => schemas_action(&self.head).to_owned(),
            None if self.head.contains(CLOUDWATCH) => {
                let (_, rest) = self.head.split_once(CLOUDWATCH).unwrap();
                let operation = rest.split_whitespace().next().unwrap();
                format!("cloudwatch:{operation}")
            }
            None if self.head.contains("/configuration") => {
                "lambda:GetFunctionConfiguration".to_owned()
            }
            None if self.head.contains("/aliases/") => "lambda:GetAlias".to_owned(),
            None => panic!("{}", self.head),
        }
    }
}

/// The action of EventBridge Schemas that a request asks for.
fn schemas_action(head: &str) -> &'static str {
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.split('/').skip(3).collect();
    match (method, parts.as_slice()) {
        ("POST", []) => "schemas:GetDiscoveredSchema",
        ("GET", ["name", _]) => "schemas:DescribeRegistry",
        ("POST", ["name", _]) => "schemas:CreateRegistry",
        ("GET", ["name", _, "schemas", "name", _]) => "schemas:DescribeSchema",
        ("POST", ["name", _, "schemas", "name", _]) => "schemas:CreateSchema",
        ("PUT", ["name", _, "schemas", "name", _]) => "schemas:UpdateSchema",
        ("DELETE", ["name", _, "schemas", "name", _]) => "schemas:DeleteSchema",
        ("GET", ["name", _, "schemas", "name", _, "versions"]) => "schemas:ListSchemaVersions",
        ("DELETE", ["name", _, "schemas", "name", _, "version", _]) => {
            "schemas:DeleteSchemaVersion"
        }
        other => panic!("{other:?}"),
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The access key's id in `AWS4-HMAC-SHA256 Credential=<id>/<date>/…`.
fn key_id(authorization: &str) -> Option<&str> {
    let (_, credential) = authorization.split_once("Credential=")?;
    Some(credential.split_once('/')?.0)
}

async fn serve(
    client: TcpStream,
    upstream: String,
    denied: &'static [&'static str],
    asked: Arc<Mutex<BTreeSet<String>>>,
    key_ids: Arc<Mutex<BTreeSet<String>>>,
    before: Arc<Before>,
) {
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(TcpStream::connect(upstream).await.unwrap());
    while let Some(request) = Message::read(&mut client).await {
        let action = request.action();
        asked.lock().unwrap().insert(action.clone());
        before(&action);
        if let Some(key_id) = header(&request.head, "authorization").and_then(key_id) {
            key_ids.lock().unwrap().insert(key_id.to_owned());
        }
        let answer = if denied.contains(&action.as_str()) {
            refusal(&action)
        } else {
            let server = &mut server;
            server.write_all(request.head.as_bytes()).await.unwrap();
            server.write_all(&request.body).await.unwrap();
            Message::read(server).await.unwrap()
        };
        client.write_all(answer.head.as_bytes()).await.unwrap();
        client.write_all(&answer.body).await.unwrap();
    }
}

/// IAM's words, in the protocol of the service.
fn refusal(action: &str) -> Message {
    let message = format!(
        "User: arn:aws:iam::123456789012:user/somebody is not authorized to perform: {action}"
    );
    let code = "AccessDeniedException";
    let (protocol, body) = if action.starts_with("cloudwatch:") {
        (
            "smithy-protocol: rpc-v2-cbor\r\ncontent-type: application/cbor\r\n",
            cbor(&[("__type", code), ("message", &message)]),
        )
    } else {
        let body = format!(r#"{{"__type":"{code}","message":"{message}","Message":"{message}"}}"#);
        ("", body.into_bytes())
    };
    Message {
        head: format!(
            "HTTP/1.1 400 Bad Request\r\nx-amzn-errortype: {code}\r\n{protocol}content-length: {}\r\n\r\n",
            body.len()
        ),
        body,
    }
}

/// A map of texts in CBOR (RFC 8949): each item has its kind and its length before it.
fn cbor(members: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0xa0 | u8::try_from(members.len()).unwrap()];
    for text in members.iter().flat_map(|(name, value)| [name, value]) {
        bytes.push(0x79);
        bytes.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}
