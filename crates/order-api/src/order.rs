//! What a caller asks for, however it was sent.

use serde_json::{Map, Value};

use crate::http;

/// An order as the caller wrote it.
///
/// Its fields are not typed further, because every release echoes the action and only 2.0.0 looks at the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Order(Map<String, Value>);

/// Why an event is not an order that can be accepted. `Display` is the text that the caller reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The direct event is an array, a string, a number, a boolean or null.
    #[error("the event must be a JSON object")]
    EventNotAnObject,
    /// The request is for a method and path that this API does not have.
    #[error("no such route")]
    UnknownRoute,
    /// The body is flagged as base64 and is not.
    #[error("the request body is not valid base64")]
    BodyNotBase64,
    /// The body is not JSON, which includes one that is empty or not UTF-8.
    #[error("the request body is not valid JSON")]
    BodyNotJson,
    /// The body is JSON of another type than object, or there is none.
    #[error("the request body must be a JSON object")]
    BodyNotAnObject,
    /// A `create` without a customer.
    #[error("customerId is required")]
    CustomerIdRequired,
}

impl Order {
    /// Reads an order from a direct event (`{"action":"create",…}`) or from an API Gateway request that carries one.
    ///
    /// # Errors
    ///
    /// Every [`Rejection`] but [`Rejection::CustomerIdRequired`].
    pub fn from_event(event: &Value) -> Result<Self, Rejection> {
        let fields = event.as_object().ok_or(Rejection::EventNotAnObject)?;
        match http::Request::from_event(fields) {
            Some(request) => request.order().map(Self),
            None => Ok(Self(fields.clone())),
        }
    }

    /// What the caller wants done, as the caller wrote it: `"none"` when absent or null.
    pub fn action(&self) -> Value {
        match self.0.get("action") {
            None | Some(Value::Null) => Value::from("none"),
            Some(action) => action.clone(),
        }
    }

    /// Whether the order is to be created.
    pub fn is_create(&self) -> bool {
        self.action() == "create"
    }

    /// Checks that `customerId` holds something.
    ///
    /// # Errors
    ///
    /// [`Rejection::CustomerIdRequired`] when it is absent or empty in any JSON sense:
    /// null, `[]`, `{}`, or a string of nothing but white space.
    /// Numbers and booleans are never empty, so `0` and `false` pass: what an identifier looks like is not checked.
    pub fn require_customer_id(&self) -> Result<(), Rejection> {
        match self.0.get("customerId") {
            Some(customer_id) if !is_empty(customer_id) => Ok(()),
            Some(_) | None => Err(Rejection::CustomerIdRequired),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
