//! Test events that a team shares through the Lambda console or AWS SAM: EventBridge Schemas keeps them.

use super::Document;
use crate::ports::{CallError, CallErrorKind, DescribeSchema};
use checks::registry::{self, RegistryError};
use checks::{Source, TestEvent};

/// The registry of the account and Region that holds every function's shareable test events
/// ("Testing Lambda functions in the console", AWS Lambda Developer Guide, and AWS SAM's own source).
pub const REGISTRY: &str = "lambda-testevent-schemas";

#[derive(Debug, thiserror::Error)]
pub(crate) enum SharedError {
    #[error(
        "cannot read the shared test events {REGISTRY}/{schema} (GATE_SHARED_EVENTS=off does without them)"
    )]
    Call { schema: String, source: CallError },
    #[error("cannot understand the shared test events {REGISTRY}/{schema}")]
    Document {
        schema: String,
        source: RegistryError,
    },
}

/// What the registry had to give.
#[derive(Debug)]
pub(crate) enum Shared {
    /// The registry's events of the function, in the order of the document; none when nothing is shared.
    Read(Vec<TestEvent<Document>>),
    /// The registry is not for this hook: it is denied, or the Region has none.
    Closed(SharedError),
}

/// The schema that holds a function's shareable test events: `_<FunctionName>-schema`, for all of its versions and
/// aliases (SAM CLI 1.170.0, `lambda_shared_test_event.py`).
pub fn schema(function: &str) -> String {
    format!("_{function}-schema")
}

/// Reads the function's shared events with one call; a missing registry and a missing schema look the same.
///
/// # Errors
///
/// A failure that leaves open whether there are events: the service is not well, or the document is not.
pub(crate) async fn read(
    schemas: &impl DescribeSchema,
    function: &str,
) -> Result<Shared, SharedError> {
    let schema = schema(function);
    let text = match schemas.describe_schema(REGISTRY, &schema).await {
        Ok(text) => text,
        Err(source) => {
            return match source.kind {
                CallErrorKind::NotFound => Ok(Shared::Read(Vec::new())),
                CallErrorKind::AccessDenied | CallErrorKind::NoSuchHost => {
                    Ok(Shared::Closed(SharedError::Call { schema, source }))
                }
                CallErrorKind::Throttled
                | CallErrorKind::NotReady
                | CallErrorKind::Unavailable
                | CallErrorKind::NotSent
                | CallErrorKind::NoAnswer
                | CallErrorKind::AlreadyCompleted
                | CallErrorKind::Refused => Err(SharedError::Call { schema, source }),
            };
        }
    };
    events(&text)
        .map(Shared::Read)
        .map_err(|source| SharedError::Document { schema, source })
}

/// The test events in the document of a schema, in the order of the document.
///
/// # Errors
///
/// It is no such document.
pub fn events(document: &str) -> Result<Vec<TestEvent<Document>>, RegistryError> {
    let documents = registry::documents(document)?
        .into_iter()
        .map(|(name, text)| (name, Document::Text(text)));
    Ok(checks::pair(Source::Shared, documents))
}
