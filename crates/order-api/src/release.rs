//! How a release of the API answers.

use serde_json::{Map, Value, json};

use crate::order::{Order, Rejection};

/// What a release says about itself in its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The release, such as `2.0.0`: a property of the code, not the Lambda version that it is published as.
    pub version: &'static str,
    /// What it made better. `None` in the first release, whose answers lack the field.
    pub improvement: Option<&'static str>,
}

/// The release that `template.yaml` deploys.
pub const RELEASE: Release = Release {
    version: "2.0.0",
    improvement: Some("Added input validation"),
};

impl Release {
    /// The answer to an order, or to what is not one, from the Lambda version `function_version` (`7`, `$LATEST`).
    pub fn answer(&self, order: Result<Order, Rejection>, function_version: &str) -> Value {
        match order {
            Ok(order) => response(200, &self.accepted(&order, function_version)),
            Err(rejection) => response(
                status(rejection),
                &json!({ "error": rejection.to_string() }),
            ),
        }
    }

    fn accepted(&self, order: &Order, function_version: &str) -> Value {
        let mut body = Map::from_iter([
            ("message".to_owned(), json!("Order API")),
            ("version".to_owned(), json!(self.version)),
            ("functionVersion".to_owned(), json!(function_version)),
            ("action".to_owned(), order.action()),
        ]);
        if let Some(improvement) = self.improvement {
            body.insert("improvement".to_owned(), json!(improvement));
        }
        Value::Object(body)
    }
}

/// The HTTP status of a rejection.
fn status(rejection: Rejection) -> u16 {
    match rejection {
        Rejection::UnknownRoute => 404,
        Rejection::EventNotAnObject
        | Rejection::BodyNotBase64
        | Rejection::BodyNotJson
        | Rejection::BodyNotAnObject
        | Rejection::CustomerIdRequired => 400,
    }
}

fn response(status: u16, body: &Value) -> Value {
    json!({
        "statusCode": status,
        "headers": { "content-type": "application/json" },
        "body": body.to_string(),
    })
}
