//! One request of the control plane: from HTTP to an operation and back.

use std::collections::HashMap;
use std::sync::Arc;

use axum::RequestPartsExt as _;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::MethodFilter;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::ServiceError;
use crate::caller::Caller;
use crate::durable::StateGuard;
use crate::durable::journal::carried;
use crate::lambda::FunctionRef;
use crate::lambda::validation::{Violations, invalid_parameter};
use crate::page::position;
use crate::server::{parse_body, rest_json_error};
use crate::shared::Shared;

/// What an operation does with a request: the body of its answer, which is not sent with status 204.
pub(super) type Operation = fn(&Request) -> Result<Value, ServiceError>;

/// Name, method, path, status of success, and what is done.
pub(super) type Served = (&'static str, MethodFilter, &'static str, u16, Operation);

/// The most items that a page of a list of functions, versions or aliases has (API reference, ListFunctions).
pub(super) const PAGE: usize = 50;

/// A request of an operation.
pub(super) struct Request {
    pub(super) shared: Arc<Shared>,
    caller: Caller,
    operation: &'static str,
    path: HashMap<String, String>,
    query: Vec<(String, String)>,
    body: Bytes,
}

/// Answers a request. Operations work with files, so that they get threads of their own.
pub(super) async fn serve(
    name: &'static str,
    status: u16,
    operation: Operation,
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
) -> Response<Body> {
    let answer = async {
        let request = Request::read(name, shared, request).await?;
        tokio::task::spawn_blocking(carried(move || operation(&request)))
            .await
            .map_err(|error| {
                ServiceError::with_status(500, "ServiceException", error.to_string())
            })?
    };
    let status = StatusCode::from_u16(status).unwrap_or_default();
    match answer.await {
        Ok(_) if status == StatusCode::NO_CONTENT => status.into_response(),
        Ok(body) => (status, axum::Json(body)).into_response(),
        Err(error) => rest_json_error(error),
    }
}

impl Request {
    async fn read(
        operation: &'static str,
        shared: Arc<Shared>,
        request: axum::extract::Request,
    ) -> Result<Self, ServiceError> {
        let (mut parts, body) = request.into_parts();
        let Path(path) = parts
            .extract::<Path<HashMap<String, String>>>()
            .await
            .map_err(|error| {
                ServiceError::bad_request("InvalidRequestContentException", error.to_string())
            })?;
        let Ok(caller) = parts.extract::<Caller>().await;
        let query = parts.uri.query().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        // The front has read it, within the operation's limit.
        let body = to_bytes(body, usize::MAX).await.map_err(|error| {
            ServiceError::bad_request("SerializationException", error.to_string())
        })?;
        Ok(Self {
            shared,
            caller,
            operation,
            path,
            query,
            body,
        })
    }

    /// A part of the path.
    pub(super) fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a parameter of the query.
    pub(super) fn queries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as what the operation takes.
    ///
    /// # Errors
    /// `SerializationException`.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        parse_body(&self.body)
    }

    /// The function, version or alias that path and query name.
    pub(super) fn target(&self) -> Result<FunctionRef, ServiceError> {
        self.shared
            .account
            .function_ref(self.path("function"), self.query("Qualifier"))
    }

    /// The function that the path names, for operations whose `FunctionName` has the narrower pattern.
    pub(super) fn function(&self) -> Result<FunctionRef, ServiceError> {
        self.shared.account.function_name(self.path("function"))
    }

    /// The same where no version or alias can be meant.
    ///
    /// # Errors
    /// `InvalidParameterValueException` where one is.
    pub(super) fn function_alone(&self) -> Result<FunctionRef, ServiceError> {
        let function = self.function()?;
        if function.qualifier.is_some() {
            return Err(functions_only());
        }
        Ok(function)
    }

    /// The services' state, if the caller may do this operation on `resource`.
    pub(super) fn authorized(&self, resource: &str) -> Result<StateGuard<'_>, ServiceError> {
        self.authorized_for(self.operation, resource)
    }

    /// The same for an operation of another name.
    pub(super) fn authorized_for(
        &self,
        operation: &str,
        resource: &str,
    ) -> Result<StateGuard<'_>, ServiceError> {
        self.shared
            .authorized(&self.caller, &format!("lambda:{operation}"), resource)
    }

    /// The same on a function, version or alias.
    pub(super) fn authorized_on(
        &self,
        target: &FunctionRef,
    ) -> Result<StateGuard<'_>, ServiceError> {
        self.authorized(&target.arn(&self.shared.account))
    }

    /// The key after which a list goes on, and how many items its page has: `MaxItems` may be 1 to `most`, and a
    /// page never has more than [`PAGE`].
    pub(super) fn page(&self, most: i64) -> Result<(Option<String>, usize), ServiceError> {
        let limit = match self.query("MaxItems") {
            None => PAGE,
            Some(text) => {
                let number: i64 = text.parse().map_err(|_| {
                    ServiceError::bad_request(
                        "SerializationException",
                        format!("MaxItems is no integer: {text}"),
                    )
                })?;
                let mut violations = Violations::default();
                violations.range(Some(number), "maxItems", 1..=most);
                violations.finish()?;
                usize::try_from(number).unwrap_or(PAGE).min(PAGE)
            }
        };
        let after = self.query("Marker").filter(|marker| !marker.is_empty());
        let after = after.map(|marker| {
            position(marker).ok_or_else(|| invalid_parameter(format!("Invalid Marker: {marker}")))
        });
        Ok((after.transpose()?, limit))
    }
}

/// An operation on functions that is asked of a version or alias (captures).
pub(super) fn functions_only() -> ServiceError {
    invalid_parameter(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. \
         Please specify either a function name or an unqualified function ARN.",
    )
}

/// A list with the token of its next page, where there is one.
pub(super) fn listed(member: &str, items: Vec<Value>, next: Option<String>) -> Value {
    let mut list = json!({ member: items });
    if let (Some(next), Some(members)) = (next, list.as_object_mut()) {
        members.insert("NextMarker".to_owned(), Value::String(next));
    }
    list
}
