//! AWS's Query protocol: a form with an `Action` and a `Version`, answered in XML.
//!
//! Source: Smithy 2.0, "AWS query protocol". Of the services here STS alone speaks nothing newer.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::{HeaderMap, Response, header};
use axum::response::IntoResponse;

use super::{status, xml};
use crate::ServiceError;
use crate::caller::Caller;
use crate::shared::Shared;
use crate::sts;

/// The members of an answer, in their order.
pub(crate) type Members = Vec<(&'static str, String)>;

/// Whether a request is one of the protocol.
pub(super) fn is_query(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// Answers a request.
pub(super) fn answer(
    shared: &Shared,
    caller: &Caller,
    request_id: &str,
    body: &[u8],
) -> Response<Body> {
    let form: HashMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
    let parameter = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let (action, version) = (parameter("Action"), parameter("Version"));
    let namespace = match version {
        sts::VERSION => sts::NAMESPACE,
        _ => "",
    };
    let output = match version {
        _ if action.is_empty() => Err(ServiceError::bad_request(
            "MissingAction",
            "The request is missing an action or a required parameter.",
        )),
        sts::VERSION => sts::call(shared, caller, action),
        _ => Ok(None),
    };
    let output = output.and_then(|output| output.ok_or_else(|| no_operation(action, version)));
    match output {
        Ok(members) => {
            let body = xml::document(&format!("{action}Response"), namespace, |xml| {
                xml.element(&format!("{action}Result"), |xml| {
                    for (name, text) in &members {
                        xml.text(name, text);
                    }
                });
                xml.element("ResponseMetadata", |xml| xml.text("RequestId", request_id));
            });
            respond(body)
        }
        Err(error) => {
            let body = xml::document("ErrorResponse", namespace, |xml| {
                xml.element("Error", |xml| {
                    let kind = if error.status < 500 {
                        "Sender"
                    } else {
                        "Receiver"
                    };
                    xml.text("Type", kind);
                    xml.text("Code", &error.code);
                    xml.text("Message", &error.message);
                });
                xml.text("RequestId", request_id);
            });
            (status(&error), respond(body)).into_response()
        }
    }
}

fn no_operation(action: &str, version: &str) -> ServiceError {
    ServiceError::bad_request(
        "InvalidAction",
        format!("Could not find operation {action} for version {version}"),
    )
}

fn respond(body: String) -> Response<Body> {
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}
