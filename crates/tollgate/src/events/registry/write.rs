//! Writing the document so that nobody's changes are lost, though the service has no conditional write.
//!
//! The newest version is read again right before the write, and merged into it. The number that the write returns says
//! whether somebody else wrote in between: then it is not the next one, and theirs is the version before ours. What was
//! overwritten is brought back by another write, which goes by all the versions since: others may have overwritten
//! each other, too. The same goes on with that write, for a bounded number of times.
//!
//! What remains is for others to see: who read before our write, and writes after it without looking at the number, as SAM
//! CLI does, overwrites ours. And `DeleteSchema` leaves nothing to compare with, so a change that is made between the last look and the
//! deletion of a schema is lost, as it is with SAM CLI.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use checks::registry::{MAX_CONTENT, Merged, Racing, merge, replay};

use super::{Held, Outcome, Registry};
use crate::events::budget;

/// How often others may be faster than us.
const ATTEMPTS: usize = 8;

/// Where there are as many versions, the oldest is deleted before one is added. SAM CLI does so at five (1.170.0,
/// `MAX_SCHEMA_VERSIONS`), which several who write at once reach while they still need the oldest, to tell what each of them has changed.
const MAX_VERSIONS: usize = 10;

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
    let mut race: Option<Race> = None;
    for _ in 0..ATTEMPTS {
        let newest = newest(registry, base.as_ref()).await?;
        let desired = match (&mut race, &newest) {
            (Some(race), Some(newest)) => race.replayed(registry, newest, &mut written).await?,
            _ if newest == base => wanted.clone(),
            _ => {
                written.merged = true;
                let newest = newest.as_ref().map(|held| held.content.as_str());
                let base = base.as_ref().map(|held| held.content.as_str());
                written.keep(merge(base, wanted.as_deref(), newest)?)
            }
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
        let version = match outcome {
            Outcome::Version(version) => Some(version),
            Outcome::Unchanged => held_since(registry, newest.as_ref(), desired.as_deref()).await?,
            Outcome::Overtaken => None,
        };
        match (version, newest, desired) {
            // Somebody was faster: all over again.
            (None, ..) => {}
            // The numbers of a schema that is created anew may go on or begin again.
            (Some(_), None, _) => return Ok(written),
            (Some(version), Some(newest), content) => {
                if newest.version.checked_add(1) == Some(version) {
                    return Ok(written);
                }
                written.merged = true;
                *overwrote = Some(version);
                let race = race.get_or_insert_with(|| Race {
                    base: newest,
                    wanted: content.clone(),
                    versions: BTreeMap::new(),
                    ours: BTreeSet::new(),
                });
                race.ours.insert(version);
                race.versions
                    .extend(content.map(|content| (version, content)));
                (base, wanted) = (Some(race.base.clone()), race.wanted.clone());
            }
        }
    }
    bail!(
        "others changed the shared test events {ATTEMPTS} times while this was under way; try again"
    )
}

/// Several who write at once.
#[derive(Debug)]
struct Race {
    /// What was the newest when we wrote first.
    base: Held,
    /// What we made of it.
    wanted: Option<String>,
    /// Those that have been read, and ours.
    versions: BTreeMap<u64, String>,
    ours: BTreeSet<u64>,
}

impl Race {
    /// The document with what everybody has changed.
    async fn replayed(
        &mut self,
        registry: &impl Registry,
        newest: &Held,
        written: &mut Written,
    ) -> Result<Option<String>> {
        let base = self.base.version;
        self.versions.insert(newest.version, newest.content.clone());
        for version in registry.versions().await? {
            if version != base
                && !self.versions.contains_key(&version)
                && let Some(held) = registry.read(Some(version)).await?
            {
                self.versions.insert(version, held.content);
            }
        }
        for ours in &self.ours {
            let overwritten = ours.saturating_sub(1);
            if overwritten != base && !self.versions.contains_key(&overwritten) {
                bail!("the version before it is deleted");
            }
        }
        let older: Vec<&str> = self
            .versions
            .range(..base)
            .map(|(_, content)| content.as_str())
            .collect();
        let race: Vec<Racing<'_>> = self
            .versions
            .range(base..)
            .map(|(version, content)| Racing {
                content,
                ours: self.ours.contains(version),
            })
            .collect();
        let merged = replay(&older, &self.base.content, self.wanted.as_deref(), &race)?;
        Ok(written.keep(merged))
    }
}

impl Written {
    /// The content, and notes what is as others have it.
    fn keep(&mut self, merged: Merged) -> Option<String> {
        for name in merged.kept {
            if !self.kept.contains(&name) {
                self.kept.push(name);
            }
        }
        merged.content
    }
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

/// The version in which the service has what it was sent, when it says that this is there already.
///
/// That may be ours: where the answer to a write is lost, the SDK sends it again. Others may have written before it.
async fn held_since(
    registry: &impl Registry,
    newest: Option<&Held>,
    content: Option<&str>,
) -> Result<Option<u64>> {
    let seen = newest.map_or(0, |newest| newest.version);
    let versions = registry.versions().await?;
    for version in versions.into_iter().rev().take_while(|found| *found > seen) {
        if let Some(held) = registry.read(Some(version)).await?
            && Some(held.content.as_str()) == content
        {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// As SAM CLI does before each update. The oldest is never what somebody has just written.
async fn make_room(registry: &impl Registry) -> Result<()> {
    let versions = registry.versions().await?;
    match versions.first() {
        Some(oldest) if versions.len() >= MAX_VERSIONS => registry.delete_version(*oldest).await,
        _ => Ok(()),
    }
}

fn lost(version: u64) -> String {
    format!(
        "version {version} of the shared test events was written over changes that others made at the same moment, and that \
         could not be brought back: ask them to repeat theirs"
    )
}

#[cfg(test)]
mod tests;
