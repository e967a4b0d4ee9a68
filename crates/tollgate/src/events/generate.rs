//! `tollgate events generate`.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use checks::edge_cases::{EventSchema, Original, ROBUSTNESS};
use checks::{Spelled, expectation_name, file_name};
use serde_json::json;

use super::Answer;
use super::files;
use super::open::read_shared;
use crate::cli::Generate;
use crate::draw::{BOLD, DIM, GOOD, ODD};
use crate::exit::Exit;
use crate::function_name::events_folder;
use crate::printable::printable;

/// What became of the documents, by their names.
#[derive(Default)]
struct Done {
    /// Or would be.
    written: Vec<String>,
    /// There already, with the same content.
    unchanged: Vec<String>,
    /// There already with other content, which stays.
    kept: Vec<String>,
}

pub(super) async fn generate(args: &Generate, err: &mut impl Write) -> Result<Answer> {
    let function = function(args)?;
    let folder = events_folder(&args.events, &function)?;
    let payload = payload(&folder, &args.name)?;
    let mut notes = Vec::new();
    let schema = if args.shared {
        let (_, shared, _) = read_shared(&args.connection, &function, err).await?;
        match shared.content() {
            Some(content) => EventSchema::parse(content)
                .with_context(|| format!("cannot understand {}", shared.name()))?,
            None => {
                notes.push(format!("nothing is shared: there is no {}", shared.name()));
                EventSchema::default()
            }
        }
    } else {
        EventSchema::default()
    };
    let original = Original::parse(&payload, schema).with_context(|| {
        format!(
            "{} is not JSON",
            folder.join(file_name(&args.name)).display()
        )
    })?;
    let mut done = Done::default();
    let mut count = 0;
    for case in original.edge_cases(&args.name).take(args.most.get()) {
        count += 1;
        let event = Spelled::parse(&case.payload())?;
        write_both(&folder, &case.name, &event, args.dry_run, &mut done)?;
    }
    Ok(Answer {
        exit: Exit::WouldShip,
        text: text(args, &folder, count, &done, &notes),
        members: json!({
            "function": function,
            "event": args.name,
            "dryRun": args.dry_run,
            "edgeCases": count,
            "written": done.written,
            "unchanged": done.unchanged,
            "kept": done.kept,
            "notes": notes,
        }),
    })
}

/// The function that is named, or the only one that has such an event.
fn function(args: &Generate) -> Result<String> {
    if let Some(function) = &args.function {
        return Ok(function.clone());
    }
    let file = file_name(&args.name);
    let mut functions = Vec::new();
    let unreadable = || format!("cannot list {}", args.events.display());
    for entry in args.events.read_dir().with_context(unreadable)? {
        let folder = entry.with_context(unreadable)?;
        if folder.path().join(&file).is_file() {
            functions.extend(folder.file_name().into_string());
        }
    }
    functions.sort();
    match functions.as_slice() {
        [function] => Ok(function.clone()),
        [] => bail!(
            "no function has a test event {:?}: looked for {}/*/{file}",
            args.name,
            args.events.display()
        ),
        several => bail!(
            "{} have a test event {:?}: say which with --function",
            several.join(" and "),
            args.name
        ),
    }
}

fn payload(folder: &Path, name: &str) -> Result<String> {
    let events = hooks::bundled_events(folder)?;
    let found = events
        .iter()
        .find(|event| event.name == name)
        .and_then(|event| event.event_document());
    match found {
        Some(document) => document.read().map_err(anyhow::Error::msg),
        None => {
            let there: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
            bail!(
                "there is no test event {name:?} in {}; there are: {}",
                folder.display(),
                if there.is_empty() {
                    "none".to_owned()
                } else {
                    there.join(", ")
                }
            )
        }
    }
}

/// What became of an edge case that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// It is there, with its expectation.
    Kept,
    /// It is there, with another expectation, which stays.
    OtherExpectation,
    /// There is another event of that name, which stays.
    OtherEvent,
}

/// Writes an edge case with its expectation, as a test event.
///
/// # Errors
/// They cannot be written.
pub(crate) fn keep(folder: &Path, name: &str, event: &Spelled) -> Result<Keeping> {
    let mut done = Done::default();
    write_both(folder, name, event, false, &mut done)?;
    Ok(match done.kept.as_slice() {
        [] => Keeping::Kept,
        [other, ..] if other == name => Keeping::OtherEvent,
        _ => Keeping::OtherExpectation,
    })
}

fn write_both(
    folder: &Path,
    name: &str,
    event: &Spelled,
    dry_run: bool,
    done: &mut Done,
) -> Result<()> {
    // Somebody else's event has somebody else's expectation.
    if is_other(folder, name, event)? {
        done.kept.push(name.to_owned());
        return Ok(());
    }
    write(folder, name.to_owned(), event, dry_run, done)?;
    let robustness = Spelled::parse(ROBUSTNESS)?;
    write(folder, expectation_name(name), &robustness, dry_run, done)
}

fn write(
    folder: &Path,
    name: String,
    document: &Spelled,
    dry_run: bool,
    done: &mut Done,
) -> Result<()> {
    match there(folder, &name)? {
        Some(Some(there)) if there == *document => done.unchanged.push(name),
        Some(_) => done.kept.push(name),
        None => {
            if !dry_run {
                files::write(folder, [(name.as_str(), document)].into_iter())?;
            }
            done.written.push(name);
        }
    }
    Ok(())
}

/// Whether there is a file of that name with another event in it.
fn is_other(folder: &Path, name: &str, event: &Spelled) -> Result<bool> {
    Ok(there(folder, name)?.is_some_and(|there| there.as_ref() != Some(event)))
}

/// The document that is there already; `Some(None)` when the file holds no JSON.
fn there(folder: &Path, name: &str) -> Result<Option<Option<Spelled>>> {
    let file: PathBuf = folder.join(file_name(name));
    match fs::read(&file) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Ok(Some(Spelled::parse(&text).ok()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

fn text(args: &Generate, folder: &Path, count: usize, done: &Done, notes: &[String]) -> String {
    let folder = folder.display().to_string();
    let mut text = format!(
        "{BOLD}{count} edge cases of {}{BOLD:#}  {DIM}{}{DIM:#}\n",
        printable(&args.name),
        printable(&folder)
    );
    let is_event = |name: &&String| !name.ends_with(".expect");
    for name in done.written.iter().filter(is_event) {
        text += &format!("  {GOOD}+{GOOD:#} {name}\n");
    }
    for name in &done.kept {
        text += &format!(
            "  {ODD}!{ODD:#} {name} is there with other content, which stays: remove the file to have it generated\n"
        );
    }
    for note in notes {
        text += &format!("  {DIM}{}{DIM:#}\n", printable(note));
    }
    let unchanged = done.unchanged.iter().filter(is_event).count();
    let written = done.written.iter().filter(is_event).count();
    let would = if args.dry_run {
        "would be written"
    } else {
        "written, each with its expectation"
    };
    text += &format!(
        "{written} {would}, {unchanged} unchanged, {} kept\n",
        done.kept.len()
    );
    text
}
