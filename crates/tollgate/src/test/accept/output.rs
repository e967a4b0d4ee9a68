//! What became of the expectation files, for people and for machines.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use checks::Change;
use hooks::shell_word;
use serde_json::{Value, json};

use super::{Acceptance, Accepted, AcceptedEvent};
use crate::cli::{Format, Test};
use crate::draw::{BOLD, DIM, GOOD, ODD};
use crate::exit::{self, Exit};
use crate::printable::{printable, shortened};

/// The most changes of one event that are drawn; the file has them all.
const DRAWN: usize = 20;

/// Writes what became of the files.
pub(in crate::test) fn write(
    args: &Test,
    outcome: Result<Vec<Accepted>>,
    out: &mut impl Write,
) -> Result<Exit> {
    let accepted = match outcome {
        Ok(accepted) => accepted,
        Err(error) => {
            exit::write_error(&error, args.format, json!({ "functions": [] }), out)?;
            return Err(error);
        }
    };
    let exit = exit(&accepted);
    match args.format {
        Format::Text => write!(out, "{}", text(&accepted, &args.events)?)?,
        Format::Json => writeln!(out, "{:#}", document(exit, &accepted))?,
    }
    Ok(exit)
}

fn events(accepted: &[Accepted]) -> impl Iterator<Item = &AcceptedEvent> {
    accepted.iter().flat_map(|one| &one.events)
}

/// Nothing that is accepted is unmet; what is left out has to be decided by hand.
fn exit(accepted: &[Accepted]) -> Exit {
    let is_left_out = |event: &AcceptedEvent| matches!(event.acceptance, Acceptance::LeftOut(_));
    if events(accepted).next().is_none() || events(accepted).any(is_left_out) {
        Exit::Undecided
    } else {
        Exit::WouldShip
    }
}

fn text(accepted: &[Accepted], folder: &Path) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for one in accepted {
        let (target, folder) = (printable(&one.target), one.suite.folder.display());
        let folder = printable(&folder.to_string());
        writeln!(out, "{BOLD}{target}{BOLD:#}  {DIM}{folder}{DIM:#}")?;
        for event in &one.events {
            write_event(&mut out, event)?;
        }
        for note in one.suite.notes.iter().chain(&one.notes) {
            writeln!(out, "  {DIM}{}{DIM:#}", printable(note))?;
        }
        writeln!(out)?;
    }
    let any = |test: fn(&Acceptance) -> bool| events(accepted).any(|event| test(&event.acceptance));
    let folder = printable(&shell_word(&folder.display().to_string()));
    // `git diff` alone shows no new file.
    if any(|one| matches!(one, Acceptance::Written(_))) {
        writeln!(
            out,
            "review the changes: git add --intent-to-add {folder} && git diff {folder}"
        )?;
    } else if any(|one| matches!(one, Acceptance::Updated(_))) {
        writeln!(out, "review the changes: git diff {folder}")?;
    }
    Ok(out)
}

fn write_event(out: &mut String, event: &AcceptedEvent) -> fmt::Result {
    let name = printable(&event.name);
    let (changes, is_new) = match &event.acceptance {
        Acceptance::Written(changes) => (changes.as_slice(), true),
        Acceptance::Updated(changes) => (changes.as_slice(), false),
        Acceptance::Unchanged => (&[][..], false),
        Acceptance::LeftOut(reason) => {
            writeln!(out, "  {ODD}left out {ODD:#} {name}: {}", printable(reason))?;
            let file = printable(&event.file.display().to_string());
            return writeln!(out, "              {DIM}{file}{DIM:#}");
        }
    };
    let word = word(&event.acceptance);
    writeln!(out, "  {GOOD}{word:9}{GOOD:#} {name}")?;
    for change in changes.iter().take(DRAWN) {
        writeln!(out, "              {}", described(change, is_new))?;
    }
    match changes.len().saturating_sub(DRAWN) {
        0 => Ok(()),
        more => writeln!(out, "              and {more} more, which are in the file"),
    }
}

/// A change in one line: where, what was expected, what is now, why.
fn described(change: &Change, is_new: bool) -> String {
    let value = |value: &Option<Value>| {
        value.as_ref().map_or_else(
            || "nothing".to_owned(),
            |value| shortened(&value.to_string()),
        )
    };
    let (path, is, why) = (printable(&change.path), value(&change.is), change.why);
    if is_new {
        format!("{path}: {is}  {DIM}{why}{DIM:#}")
    } else {
        format!("{path}: {} → {is}  {DIM}{why}{DIM:#}", value(&change.was))
    }
}

fn word(acceptance: &Acceptance) -> &'static str {
    match acceptance {
        Acceptance::Written(_) => "written",
        Acceptance::Updated(_) => "updated",
        Acceptance::Unchanged => "unchanged",
        Acceptance::LeftOut(_) => "left out",
    }
}

/// `{exitStatus, functions: [{function, target, notes, events: [{name, file, outcome, changes | reason}]}]}`.
fn document(exit: Exit, accepted: &[Accepted]) -> Value {
    let functions: Vec<Value> = accepted
        .iter()
        .map(|one| {
            let events: Vec<Value> = one.events.iter().map(event_document).collect();
            let notes: Vec<&String> = one.suite.notes.iter().chain(&one.notes).collect();
            json!({ "function": one.suite.function, "target": one.target, "notes": notes, "events": events })
        })
        .collect();
    exit.document(json!({ "functions": functions }))
}

fn event_document(event: &AcceptedEvent) -> Value {
    let outcome = match &event.acceptance {
        Acceptance::LeftOut(_) => "leftOut",
        other => word(other),
    };
    let mut document = json!({
        "name": event.name,
        "file": event.file.to_string_lossy(),
        "outcome": outcome,
    });
    match &event.acceptance {
        Acceptance::Written(changes) | Acceptance::Updated(changes) => {
            document["changes"] = json!(changes);
        }
        Acceptance::Unchanged => {}
        Acceptance::LeftOut(reason) => document["reason"] = json!(reason),
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::suite::Suite;

    #[test]
    fn what_to_do_next_can_be_pasted() {
        let written = |folder: &str| {
            let event = AcceptedEvent {
                name: "A".to_owned(),
                file: "A.expect.json".into(),
                acceptance: Acceptance::Written(Vec::new()),
            };
            let accepted = Accepted {
                suite: Suite {
                    function: "F".to_owned(),
                    folder: folder.into(),
                    events: Vec::new(),
                    notes: Vec::new(),
                    skipped: Vec::new(),
                },
                target: "F".to_owned(),
                events: vec![event],
                notes: Vec::new(),
                reason: None,
            };
            text(&[accepted], Path::new(folder)).unwrap()
        };
        for (folder, expected) in [
            ("events", "events"),
            ("our events", "'our events'"),
            ("it's", r"'it'\''s'"),
        ] {
            let text = written(folder);
            let last = text.lines().last().unwrap();
            let expected = format!(
                "review the changes: git add --intent-to-add {expected} && git diff {expected}"
            );
            assert_eq!(last, expected);
        }
    }
}
