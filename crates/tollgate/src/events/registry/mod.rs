//! The shared registry of an account and Region, as the commands need it.

mod aws;
mod write;

use anyhow::Result;

pub(super) use aws::AwsRegistry;
pub(super) use write::{Written, write};

/// The document of a function's schema, at one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) content: String,
    pub(super) version: u64,
}

/// What came of creating or updating the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The document is this version now.
    Version(u64),
    /// The document is the newest already.
    Unchanged,
    /// The schema to create is there, or the one to update is not: somebody was faster.
    Overtaken,
}

/// The calls that there are, for the schema of one function. There is no call that writes only if nobody else has.
pub(super) trait Registry {
    /// The newest version, or that one; `None` where there is none.
    async fn read(&self, version: Option<u64>) -> Result<Option<Held>>;

    /// The document that describes such an event, which is how a schema begins.
    async fn discovered(&self, event: &str) -> Result<String>;

    /// Creates the schema, and the registry where that is missing.
    async fn create(&self, content: &str) -> Result<Outcome>;

    async fn update(&self, content: &str) -> Result<Outcome>;

    /// Deletes the schema with all its versions; that it is gone already is fine.
    async fn delete(&self) -> Result<()>;

    /// The versions that there are, the oldest first.
    async fn versions(&self) -> Result<Vec<u64>>;

    /// Deletes a version; that it is gone already is fine.
    async fn delete_version(&self, version: u64) -> Result<()>;
}
