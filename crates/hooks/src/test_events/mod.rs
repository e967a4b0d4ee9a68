//! What to send: the bundled test events of the function, and the shared ones.

mod bundled;
mod shared;

use crate::config::Config;
use crate::ports::DescribeSchema;
use crate::reason::reason;
pub use bundled::{BundledError, find as bundled_events};
use checks::TestEvent;
pub use shared::{REGISTRY, events as shared_events, schema};
use shared::{Shared, SharedError};
use std::fmt;
use std::path::PathBuf;

/// A test event's payload, or its expectation. Its `Debug` shows no text, because payloads must not reach logs.
pub enum Document {
    /// Read when the event's turn comes, so that thousands of events are not in memory at once.
    File(PathBuf),
    /// Of the registry's one document, which has at most 100,000 characters (`Content`, EventBridge Schemas API Reference).
    Text(String),
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
        }
    }
}

impl Document {
    /// Its text.
    ///
    /// # Errors
    ///
    /// For people, why the file cannot be read.
    pub fn read(&self) -> Result<String, String> {
        match self {
            Self::File(file) => bundled::read(file).map_err(|error| reason(&error)),
            Self::Text(text) => Ok(text.clone()),
        }
    }
}

/// The test events of a function.
#[derive(Debug)]
pub(crate) struct TestEvents {
    /// Never empty.
    pub(crate) events: Vec<TestEvent<Document>>,
    /// What the reader of the report should know about where they came from.
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TestEventsError {
    #[error(transparent)]
    Bundled(BundledError),
    #[error(transparent)]
    Shared(SharedError),
    #[error(
        "no test events for {function}, and nothing checked is not a pass: looked for bundled ones in {folder}/*.json \
         and for shared ones in {shared}; add {folder}/<EventName>.json to the events layer, or run \
         `sam remote test-event put <ARN of {function}> --name <EventName> --file <file>`"
    )]
    None {
        function: String,
        folder: String,
        shared: String,
    },
}

/// Finds the function's test events; where both sources have one of the same name, the bundled one is taken.
///
/// A registry that is denied, or that the Region does not have, is a note beside bundled events, because such a
/// hook was set up to do without; any other failure to read it is an error, because events might be missed.
///
/// # Errors
///
/// A source cannot be read, or there are no test events at all.
pub(crate) async fn load(
    config: &Config,
    function: &str,
    schemas: &impl DescribeSchema,
) -> Result<TestEvents, TestEventsError> {
    let folder = bundled::folder(&config.events_dir, function);
    let bundled = bundled::find(&folder).map_err(TestEventsError::Bundled)?;
    let (shared, closed) = if config.shared_events {
        match shared::read(schemas, function)
            .await
            .map_err(TestEventsError::Shared)?
        {
            Shared::Read(events) => (events, None),
            Shared::Closed(error) => (Vec::new(), Some(reason(&error))),
        }
    } else {
        (Vec::new(), None)
    };
    let (events, clashes) = checks::merge(bundled, shared);
    if events.is_empty() {
        let shared = match closed {
            None if config.shared_events => format!("{REGISTRY}/{}", schema(function)),
            None => "no registry, because GATE_SHARED_EVENTS is off".to_owned(),
            Some(closed) => format!("the registry, but {closed}"),
        };
        return Err(TestEventsError::None {
            function: function.to_owned(),
            folder: folder.display().to_string(),
            shared,
        });
    }
    let clashes = clashes.into_iter().map(|name| {
        format!("the test event {name} is bundled and shared; the bundled one was used")
    });
    let notes = closed.into_iter().chain(clashes).collect();
    Ok(TestEvents { events, notes })
}
