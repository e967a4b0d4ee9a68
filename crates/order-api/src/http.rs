//! Orders that come through API Gateway, as an HTTP API (payload format 2.0) or a REST API (1.0) sends them.
//!
//! Source of both shapes: *Create AWS Lambda proxy integrations for HTTP APIs in API Gateway*,
//! section "Payload format version", in the API Gateway developer guide.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::order::Rejection;

/// The parts of a request that decide what it asks for.
pub(crate) struct Request<'a> {
    method: &'a str,
    /// The path below the stage.
    path: &'a str,
    body: Option<&'a str>,
    body_is_base64: bool,
}

impl<'a> Request<'a> {
    /// `None` when the event is not a request but a direct invocation.
    ///
    /// An event is a request when it has a `requestContext` object and says its HTTP method, because no order has either.
    pub(crate) fn from_event(event: &'a Map<String, Value>) -> Option<Self> {
        let context = event.get("requestContext")?.as_object()?;
        let (method, path) = match context.get("http") {
            Some(http) => (
                http.get("method")?,
                below_stage(text(event, "rawPath"), text(context, "stage")),
            ),
            None => (event.get("httpMethod")?, text(event, "path")),
        };
        Some(Self {
            method: method.as_str()?,
            path,
            body: event.get("body").and_then(Value::as_str),
            body_is_base64: event
                .get("isBase64Encoded")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }

    /// The order that the request carries.
    pub(crate) fn order(&self) -> Result<Map<String, Value>, Rejection> {
        match (self.method, self.path.strip_prefix("/orders")) {
            ("POST", Some("")) => self.body_object(),
            ("GET", Some(rest)) => {
                let order_id = rest
                    .strip_prefix('/')
                    .filter(|id| !id.is_empty() && !id.contains('/'));
                let order_id = order_id.ok_or(Rejection::UnknownRoute)?;
                Ok(Map::from_iter([
                    ("action".to_owned(), json!("status")),
                    ("orderId".to_owned(), json!(order_id)),
                ]))
            }
            _ => Err(Rejection::UnknownRoute),
        }
    }

    fn body_object(&self) -> Result<Map<String, Value>, Rejection> {
        let body = self.body.ok_or(Rejection::BodyNotAnObject)?;
        let bytes = if self.body_is_base64 {
            BASE64_STANDARD
                .decode(body)
                .map_err(|_| Rejection::BodyNotBase64)?
        } else {
            body.as_bytes().to_vec()
        };
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(Rejection::BodyNotAnObject),
            Err(_) => Err(Rejection::BodyNotJson),
        }
    }
}

/// `rawPath` starts with the stage's name, unless the stage is `$default`.
fn below_stage<'a>(raw_path: &'a str, stage: &str) -> &'a str {
    let below = raw_path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage));
    below
        .filter(|path| !stage.is_empty() && path.starts_with('/'))
        .unwrap_or(raw_path)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}
