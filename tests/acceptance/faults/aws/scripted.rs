//! Answering a request as the script says, or as it is answered by default.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode};
use ciborium::Value as Cbor;
use futures_util::stream;
use serde_json::{Map, Value, json};

use super::{Call, World};
use crate::faults::answer::{Answer, Function, Step, What};
use crate::faults::wire::Connection;

/// A request, as far as answering it goes.
pub(super) struct Request {
    pub(super) protocol: Protocol,
    /// As IAM spells it.
    pub(super) action: String,
    /// The ARN that IAM checks.
    pub(super) resource: String,
    /// A name of its own in the script, which goes before that of the action.
    pub(super) special: Option<String>,
    /// What it asks for itself, where the script leaves it alone.
    pub(super) asked: Option<Answer>,
}

/// How errors and answers are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// AWS JSON 1.1.
    Json,
    /// REST and JSON.
    Rest,
    /// Smithy RPC v2 CBOR; the answers are JSON here, so that they can be edited, until they are sent.
    Cbor,
}

/// An answer that is ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// Status and code of the error that a healthy deployment answers with.
pub(super) type Refusal = (u16, &'static str);

/// An answer on its way, and whether what is healthy in it will get there as it is.
pub(super) struct Given {
    pub(super) response: Response<Body>,
    pub(super) is_whole: bool,
    /// The body, where it gets there, whether or not the script has changed it.
    pub(super) body: Option<Vec<u8>>,
}

impl World {
    /// Takes the next answer of the script.
    fn next(&self, request: &Request) -> Answer {
        let mut script = self.script.lock().unwrap();
        for key in request.special.iter().chain([&request.action]) {
            let Some(queue) = script.get_mut(key) else {
                continue;
            };
            let Some(Step::Answer(answer)) = queue.front().cloned() else {
                continue;
            };
            self.record().used.insert(key.clone());
            if !matches!(queue.get(1), Some(Step::Forever)) {
                queue.pop_front();
            }
            if !matches!(answer.what, What::Default) {
                return answer;
            }
        }
        request.asked.clone().unwrap_or(Answer {
            after: Duration::ZERO,
            what: What::Default,
        })
    }

    /// Answers as the script says; `healthy` makes the default answer, with what comes of it.
    pub(super) async fn answer(
        &self,
        request: Request,
        connection: &Connection,
        healthy: impl Fn(Option<Function>) -> Result<Reply, Refusal>,
    ) -> Given {
        self.record().calls.push(Call {
            action: request.action.clone(),
            resource: request.resource.clone(),
        });
        let answer = self.next(&request);
        tokio::time::sleep(answer.after).await;
        let protocol = request.protocol;
        let default = |function| match healthy(function) {
            Ok(reply) => reply,
            Err((status, code)) => protocol.error(status, code, "not in this deployment"),
        };
        let is_whole = match &answer.what {
            What::Lost | What::Truncated => false,
            What::Edited { with, without } => with.is_empty() && without.is_empty(),
            _ => true,
        };
        let is_ours = !matches!(answer.what, What::Raw { .. });
        let reply = match answer.what {
            What::Default => default(None),
            What::Function(function) => default(Some(function)),
            What::Hang => std::future::pending().await,
            What::Close => return Given::nothing(cut(connection, b""), is_whole),
            What::Garbage => {
                let response = cut(connection, b"\x00\x01\xff not HTTP\r\n\r\n");
                return Given::nothing(response, is_whole);
            }
            What::Lost => {
                default(None);
                return Given::nothing(cut(connection, b""), is_whole);
            }
            What::Truncated => {
                let reply = default(None);
                let reply = match protocol {
                    Protocol::Cbor => reply.into_cbor(),
                    Protocol::Json | Protocol::Rest => reply,
                };
                return Given::nothing(reply.into_half(), is_whole);
            }
            What::Error {
                status,
                code,
                message,
            } => protocol.error(status, &code, &message),
            What::Edited { with, without } => {
                let mut reply = default(None);
                if !with.is_empty() || !without.is_empty() {
                    reply.body = edited(&reply.body, with, &without);
                }
                reply
            }
            What::AppSpec(text) => {
                let mut reply = default(None);
                let content =
                    Map::from_iter([("/revision/string/content".to_owned(), Value::String(text))]);
                reply.body = edited(&reply.body, content, &[]);
                reply
            }
            What::Raw {
                status,
                content_type,
                body,
            } => Reply {
                status,
                headers: vec![("content-type", content_type)],
                body,
            },
        };
        let reply = match protocol {
            Protocol::Cbor if is_ours => reply.into_cbor(),
            Protocol::Cbor | Protocol::Json | Protocol::Rest => reply,
        };
        Given {
            body: Some(reply.body.clone()),
            response: reply.into_response(),
            is_whole,
        }
    }
}

impl Given {
    fn nothing(response: Response<Body>, is_whole: bool) -> Self {
        Self {
            response,
            is_whole,
            body: None,
        }
    }
}

/// Whatever is returned here is not sent.
fn cut(connection: &Connection, last: &'static [u8]) -> Response<Body> {
    connection.cut(last);
    Response::new(Body::empty())
}

fn edited(body: &[u8], with: Map<String, Value>, without: &[String]) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(body).unwrap();
    let paths = with.into_iter().map(|(path, value)| (path, Some(value)));
    for (path, value) in paths.chain(without.iter().map(|path| (path.clone(), None))) {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = json
            .pointer_mut(parent)
            .and_then(Value::as_object_mut)
            .unwrap_or_else(|| panic!("the default answer has no parent of {path}"));
        match value {
            Some(value) => drop(parent.insert(name.to_owned(), value)),
            None => drop(parent.shift_remove(name).unwrap()),
        }
    }
    json.to_string().into_bytes()
}

impl Protocol {
    fn error(self, status: u16, code: &str, message: &str) -> Reply {
        let body = match self {
            Self::Json | Self::Cbor => json!({ "__type": code, "message": message }),
            Self::Rest => json!({ "Code": code, "message": message, "Message": message }),
        };
        let mut reply = self.reply(&body);
        reply.status = status;
        if self == Self::Rest {
            reply.headers.push(("x-amzn-errortype", code.to_owned()));
        }
        reply
    }

    pub(super) fn reply(self, body: &Value) -> Reply {
        let content_type = match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Rest => "application/json",
            Self::Cbor => "application/cbor",
        };
        let mut headers = vec![("content-type", content_type.to_owned())];
        if self == Self::Cbor {
            headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
        }
        Reply {
            status: 200,
            headers,
            body: body.to_string().into_bytes(),
        }
    }
}

/// JSON as CBOR, in which `Timestamps` are tagged as such (RFC 8949, 3.4.2).
fn cbor(json: &Value, is_time: bool) -> Cbor {
    match json {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) if is_time => {
            Cbor::Tag(1, Box::new(Cbor::Float(number.as_f64().unwrap())))
        }
        Value::Number(number) => Cbor::Float(number.as_f64().unwrap()),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(|item| cbor(item, is_time)).collect()),
        Value::Object(members) => Cbor::Map(
            members
                .iter()
                .map(|(name, value)| (name.as_str().into(), cbor(value, name == "Timestamps")))
                .collect(),
        ),
    }
}

impl Reply {
    fn into_cbor(self) -> Self {
        let json: Value = serde_json::from_slice(&self.body).unwrap();
        let mut body = Vec::new();
        ciborium::into_writer(&cbor(&json, false), &mut body).unwrap();
        Self { body, ..self }
    }

    fn into_response(self) -> Response<Body> {
        let body = Body::from(self.body.clone());
        self.with(body)
    }

    /// The head of the answer, and the first half of its body.
    fn into_half(mut self) -> Response<Body> {
        let length = self.body.len().to_string();
        let half = Bytes::copy_from_slice(&self.body[..self.body.len() / 2]);
        self.headers.push(("content-length", length));
        let lost = std::io::Error::other("as scripted");
        self.with(Body::from_stream(stream::iter([Ok(half), Err(lost)])))
    }

    fn with(self, body: Body) -> Response<Body> {
        let status = StatusCode::from_u16(self.status).unwrap();
        let response = Response::builder().status(status);
        let response = self
            .headers
            .into_iter()
            .fold(response, |response, (name, value)| {
                response.header(name, value)
            });
        response.body(body).unwrap()
    }
}
