//! CodeDeploy's API over the wire: what it answers, and what it refuses.

#![expect(
    clippy::unwrap_used,
    reason = "a test that finds something else than it needs has failed"
)]

mod errors;
mod lists;
mod reads;
mod records;
mod revisions;
mod world;
