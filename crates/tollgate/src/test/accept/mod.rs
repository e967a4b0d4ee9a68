//! `tollgate test --accept`: the expectation files, written from what a function answers.

mod output;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use checks::{Change, Invoke, Proposed, Side, TestEvent, expectation_name, file_name};
use hooks::Document;

use super::suite::Suite;
use super::target::Target;
use crate::progress::Progress;
use crate::whole_file;
pub(super) use output::write;

/// A suite with what became of its expectation files.
#[derive(Debug)]
pub(super) struct Accepted {
    suite: Suite,
    /// For people: `VersionedOrderAPI:staging, version 7`.
    target: String,
    events: Vec<AcceptedEvent>,
    /// What the reader should know about who answered.
    notes: Vec<String>,
    /// Why the function cannot be invoked at all, or not any more.
    reason: Option<String>,
}

impl Accepted {
    /// Why the function cannot be invoked at all, where nothing has become of any event.
    pub(super) fn uninvoked(&self) -> Option<&str> {
        let is_left_out =
            |event: &AcceptedEvent| matches!(event.acceptance, Acceptance::LeftOut(_));
        let reason = self.reason.as_deref();
        reason.filter(|_| self.events.iter().all(is_left_out))
    }
}

/// A test event with what became of its expectation file.
#[derive(Debug)]
struct AcceptedEvent {
    name: String,
    file: PathBuf,
    acceptance: Acceptance,
}

#[derive(Debug)]
enum Acceptance {
    /// There was no file.
    Written(Vec<Change>),
    Updated(Vec<Change>),
    /// Every answer is as the file says.
    Unchanged,
    /// The file is as it was, for this reason.
    LeftOut(String),
}

/// Sends each event of the suite twice, one call after the other, and writes what can be expected of the answers. A third
/// call would tell little more, and each one may have effects.
///
/// # Errors
/// The signs of life cannot be written.
pub(super) async fn accept(
    suite: Suite,
    target: &impl Target,
    progress: &mut Progress<'_>,
) -> Result<Accepted> {
    let done = Cell::new(0);
    let text = || format!("{} of {} answered …", done.get(), suite.events.len());
    let work = accept_all(&suite, target, &done);
    let events = progress.during(text, work).await?;
    Ok(Accepted {
        target: target.shown(),
        notes: target.notes(),
        reason: target.reason(),
        suite,
        events,
    })
}

async fn accept_all(suite: &Suite, target: &impl Target, done: &Cell<usize>) -> Vec<AcceptedEvent> {
    let mut events = Vec::with_capacity(suite.events.len());
    for event in &suite.events {
        let file = match event.expectation_document() {
            Some(Document::File(file)) => file.clone(),
            Some(Document::Text(_)) | None => {
                suite.folder.join(file_name(&expectation_name(&event.name)))
            }
        };
        let accepted = match target.reason() {
            // No other call would be answered, either.
            Some(reason) => Err(reason),
            None => accept_event(event, &file, target).await,
        };
        done.set(done.get() + 1);
        events.push(AcceptedEvent {
            name: event.name.clone(),
            file,
            acceptance: accepted.unwrap_or_else(Acceptance::LeftOut),
        });
    }
    events
}

async fn accept_event(
    event: &TestEvent<Document>,
    file: &Path,
    port: &impl Invoke,
) -> Result<Acceptance, String> {
    // Also reads the expectation: what is none must not be overwritten, and its event need not be sent.
    let payload = event.content(Document::read)?.payload;
    let existing = event
        .expectation_document()
        .map(Document::read)
        .transpose()?;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(port.invoke(Side::Target, &event.name, &payload).await?);
    }
    let proposed = checks::propose(existing.as_deref(), &answers, SystemTime::now());
    let written = |text: &str| {
        whole_file::write(file, text)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    };
    match proposed.map_err(|error| error.to_string())? {
        Proposed::Unchanged => Ok(Acceptance::Unchanged),
        Proposed::New(proposal) => {
            written(&proposal.text)?;
            Ok(Acceptance::Written(proposal.changes))
        }
        Proposed::Updated(proposal) => {
            written(&proposal.text)?;
            Ok(Acceptance::Updated(proposal.changes))
        }
    }
}
