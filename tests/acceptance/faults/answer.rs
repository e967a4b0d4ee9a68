//! What an endpoint answers instead of its default: the words of a row's script.
//!
//! | in a script | the endpoint |
//! |---|---|
//! | `"default"` | answers as in a healthy deployment |
//! | `"400 ThrottlingException"`, `"403 X: message"` | answers with an AWS error of that status, code and message |
//! | `"hang"` | never answers |
//! | `"close"` | drops the connection before it does anything |
//! | `"lost"` | does what it is asked, and drops the connection instead of answering |
//! | `"truncated"` | breaks off in the middle of its default answer |
//! | `"garbage"` | sends bytes that are no HTTP |
//! | `{"with": {"/pointer": value}, "without": ["/pointer"]}` | changes its default answer |
//! | `{"appSpec": text or JSON}` | answers `GetApplicationRevision` with this AppSpec |
//! | `{"text": …, "status": 200, "contentType": …}` | answers with these bytes |
//! | `{"answer": JSON, "functionError": …, "executedVersion": …}` | answers `Invoke` with this; also `text`, `base64`, `deep`, `large` |
//! | `{"afterMs": 300, …}` | answers later |
//! | `"forever"` | goes on with the answer before this one |
//!
//! After the last answer of a script the endpoint is healthy.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One element of a script.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Step {
    Answer(Answer),
    Forever,
}

#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) after: Duration,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Default,
    Hang,
    Close,
    Lost,
    Truncated,
    Garbage,
    Error {
        status: u16,
        code: String,
        message: String,
    },
    Edited {
        with: Map<String, Value>,
        without: Vec<String>,
    },
    AppSpec(String),
    Raw {
        status: u16,
        content_type: String,
        body: Vec<u8>,
    },
    Function(Function),
}

/// What a function answered.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) payload: Vec<u8>,
    pub(super) function_error: Option<String>,
    /// That of the healthy answer where it is `None`; an empty one is left out.
    pub(super) executed_version: Option<String>,
}

/// An answer that is an object in the row.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Spec {
    after_ms: u64,
    with: Map<String, Value>,
    without: Vec<String>,
    app_spec: Option<Value>,
    status: Option<u16>,
    content_type: Option<String>,
    answer: Option<Value>,
    text: Option<String>,
    base64: Option<String>,
    deep: Option<usize>,
    large: Option<usize>,
    function_error: Option<String>,
    executed_version: Option<String>,
}

impl TryFrom<Value> for Step {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(word) if word == "forever" => Ok(Self::Forever),
            value => Ok(Self::Answer(Answer::try_from(value)?)),
        }
    }
}

impl TryFrom<Value> for Answer {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let at_once = |what| Self {
            after: Duration::ZERO,
            what,
        };
        match value {
            Value::String(word) => word_for(&word).map(at_once),
            value => {
                let spec: Spec =
                    serde_json::from_value(value).map_err(|error| error.to_string())?;
                Ok(Self {
                    after: Duration::from_millis(spec.after_ms),
                    what: spec.what()?,
                })
            }
        }
    }
}

fn word_for(word: &str) -> Result<What, String> {
    Ok(match word {
        "default" => What::Default,
        "hang" => What::Hang,
        "close" => What::Close,
        "lost" => What::Lost,
        "truncated" => What::Truncated,
        "garbage" => What::Garbage,
        error => {
            let (status, code) = error
                .split_once(' ')
                .ok_or_else(|| format!("{error:?} is no answer"))?;
            let (code, message) = code.split_once(": ").unwrap_or((code, "as scripted"));
            What::Error {
                status: status
                    .parse()
                    .map_err(|_| format!("{error:?} is no answer"))?,
                code: code.to_owned(),
                message: message.to_owned(),
            }
        }
    })
}

impl Spec {
    fn what(self) -> Result<What, String> {
        if let Some(spec) = self.app_spec {
            return Ok(What::AppSpec(match spec {
                Value::String(text) => text,
                json => json.to_string(),
            }));
        }
        let body = match (self.answer, self.text, self.base64, self.deep, self.large) {
            (Some(json), None, None, None, None) => Some(json.to_string().into_bytes()),
            (None, Some(text), None, None, None) => Some(text.into_bytes()),
            (None, None, Some(text), None, None) => {
                Some(STANDARD.decode(text).map_err(|error| error.to_string())?)
            }
            (None, None, None, Some(depth), None) => Some(nested(depth)),
            (None, None, None, None, Some(length)) => Some(
                format!("{{\"statusCode\":200,\"body\":\"{}\"}}", "x".repeat(length)).into_bytes(),
            ),
            (None, None, None, None, None) => None,
            _ => return Err("an answer has one body".to_owned()),
        };
        Ok(match (self.status, body) {
            (Some(status), Some(body)) => What::Raw {
                status,
                content_type: self.content_type.unwrap_or("application/json".to_owned()),
                body,
            },
            (None, Some(payload)) => What::Function(Function {
                payload,
                function_error: self.function_error,
                executed_version: self.executed_version,
            }),
            (None, None) => What::Edited {
                with: self.with,
                without: self.without,
            },
            (Some(_), None) => return Err("a status needs a body".to_owned()),
        })
    }
}

/// An array in an array in an array, `depth` of them.
pub(super) fn nested(depth: usize) -> Vec<u8> {
    ["[".repeat(depth), "]".repeat(depth)].concat().into_bytes()
}
