//! Writing the document so that nobody's changes are lost, though the service has no conditional write.
//!
//! The newest version is read again right before the write, and merged into it. The number that the write returns says
//! whether somebody else wrote in between: then it is not the next one, theirs is the version before ours, and what we
//! have overwritten is brought back by another write. The same goes on with that one, for a bounded number of times.
//!
//! What remains is for others to see: who read before our write, and writes after it without looking at the number, as SAM
//! CLI does, overwrites ours. And `DeleteSchema` leaves nothing to compare with, so a change that is made between the last look and the
//! deletion of a schema is lost, as it is with SAM CLI.

use anyhow::{Context as _, Result, bail};
use checks::registry::{MAX_CONTENT, merge};

use super::{Held, Outcome, Registry};
use crate::events::budget;

/// How often others may be faster than us.
const ATTEMPTS: usize = 8;

/// SAM CLI keeps that many versions: where there are as many, it deletes the oldest before it adds one
/// (1.170.0, `MAX_SCHEMA_VERSIONS`).
const MAX_VERSIONS: usize = 5;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::events) struct Written {
    /// The documents that others have changed meanwhile, too: they are as the others have them.
    pub(in crate::events) kept: Vec<String>,
    /// Whether others wrote meanwhile, and their changes are in what is there now.
    pub(in crate::events) merged: bool,
}

/// Makes of the schema what `wanted` is of `base`, which is what was read before; `None` is no schema.
///
/// # Errors
/// A call fails, the document has become too large, or others were faster every time. What stands in the registry is
/// whole in any case; where a change of somebody else's could not be brought back, the message says where it is.
pub(in crate::events) async fn write(
    registry: &impl Registry,
    base: Option<Held>,
    wanted: Option<String>,
) -> Result<Written> {
    let mut overwrote = None;
    let written = write_until_nothing_is_lost(registry, base, wanted, &mut overwrote).await;
    written.map_err(|error| match overwrote {
        Some(version) => error.context(lost(version)),
        None => error,
    })
}

/// `overwrote` is the version that was written over changes of others, which are not back yet.
async fn write_until_nothing_is_lost(
    registry: &impl Registry,
    mut base: Option<Held>,
    mut wanted: Option<String>,
    overwrote: &mut Option<u64>,
) -> Result<Written> {
    let mut written = Written::default();
    for _ in 0..ATTEMPTS {
        let newest = newest(registry, base.as_ref()).await?;
        let desired = if newest == base {
            wanted.clone()
        } else {
            written.merged = true;
            let newest = newest.as_ref().map(|held| held.content.as_str());
            brought_together(base.as_ref(), wanted.as_deref(), newest, &mut written)?
        };
        let outcome = match (&newest, &desired) {
            (None, None) => return Ok(written),
            (Some(newest), Some(content)) if newest.content == *content => return Ok(written),
            (Some(_), None) => {
                registry.delete().await?;
                return Ok(written);
            }
            (_, Some(content)) if content.chars().count() > MAX_CONTENT => {
                bail!(budget::exceeded(content)?);
            }
            (None, Some(content)) => registry.create(content).await?,
            (Some(_), Some(content)) => {
                make_room(registry).await?;
                registry.update(content).await?
            }
        };
        let expected = newest.as_ref().map_or(1, |newest| newest.version + 1);
        match (outcome, newest, desired) {
            (Outcome::Unchanged, ..) => return Ok(written),
            (Outcome::Overtaken, ..) => {}
            // The numbers of a schema that is created anew may go on or begin again.
            (Outcome::Version(_), None, _) => return Ok(written),
            (Outcome::Version(version), ..) if version == expected => return Ok(written),
            (Outcome::Version(version), Some(newest), Some(content)) => {
                written.merged = true;
                *overwrote = Some(version);
                let overwritten = overwritten(registry, newest.version, version).await?;
                let overwritten = Some(overwritten.content.as_str());
                wanted =
                    brought_together(Some(&newest), Some(&content), overwritten, &mut written)?;
                base = Some(Held { content, version });
            }
            (Outcome::Version(_), Some(_), None) => return Ok(written),
        }
    }
    bail!(
        "others changed the shared test events {ATTEMPTS} times while this was under way; try again"
    )
}

/// The newest version. Where the answer is older than what we have seen, it is out of date, and what we have seen is newest.
async fn newest(registry: &impl Registry, base: Option<&Held>) -> Result<Option<Held>> {
    let newest = registry.read(None).await?;
    if let (Some(found), Some(base)) = (&newest, base)
        && found.version < base.version
        // Not so where the schema was deleted meanwhile, and created anew.
        && registry.read(Some(base.version)).await?.as_ref() == Some(base)
    {
        return Ok(Some(base.clone()));
    }
    Ok(newest)
}

fn brought_together(
    base: Option<&Held>,
    wanted: Option<&str>,
    theirs: Option<&str>,
    written: &mut Written,
) -> Result<Option<String>> {
    let merged = merge(base.map(|held| held.content.as_str()), wanted, theirs)?;
    for name in merged.kept {
        if !written.kept.contains(&name) {
            written.kept.push(name);
        }
    }
    Ok(merged.content)
}

/// As SAM CLI does before each update. The oldest of five is never what somebody has just written.
async fn make_room(registry: &impl Registry) -> Result<()> {
    let versions = registry.versions().await?;
    match versions.first() {
        Some(oldest) if versions.len() >= MAX_VERSIONS => registry.delete_version(*oldest).await,
        _ => Ok(()),
    }
}

/// What was the newest when our `version` was written, which was not `seen`.
async fn overwritten(registry: &impl Registry, seen: u64, version: u64) -> Result<Held> {
    let versions = registry.versions().await?;
    let before = versions.into_iter().rev().find(|other| *other < version);
    let found = match before.filter(|before| *before != seen) {
        Some(before) => registry.read(Some(before)).await?,
        None => None,
    };
    found.context("the version before it is deleted")
}

fn lost(version: u64) -> String {
    format!(
        "version {version} of the shared test events was written over changes that others made at the same moment, and that \
         could not be brought back: ask them to repeat theirs"
    )
}

#[cfg(test)]
mod tests;
