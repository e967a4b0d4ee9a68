//! The documents of a function that are files, as the hooks find them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use checks::{Expectation, Spelled};

use super::documents::{Documents, names};
use super::names::file_name;
use crate::whole_file;

/// Reads the files.
///
/// # Errors
/// The folder cannot be listed, or a file is not what it should be: the message has file, line and column.
pub(super) fn read(folder: &Path) -> Result<Documents> {
    let mut documents = Documents::default();
    for event in hooks::bundled_events(folder)? {
        let [name, expectation] = names(&event.name);
        let expected = event.expectation_document();
        for (name, document) in [(name, event.event_document()), (expectation, expected)] {
            let Some(document) = document else { continue };
            let file = folder.join(file_name(&name));
            let text = document.read().map_err(anyhow::Error::msg)?;
            let spelled =
                Spelled::parse(&text).with_context(|| format!("{} is not JSON", file.display()))?;
            if name.ends_with(".expect") {
                // What the hooks would not understand fails a deployment, and is not shared.
                Expectation::parse(&text)
                    .with_context(|| format!("{} cannot be used", file.display()))?;
            }
            documents.add(name, spelled);
        }
    }
    Ok(documents)
}

/// Writes documents, each as a whole or not at all.
///
/// # Errors
/// The folder or a file cannot be written; those before it are.
pub(super) fn write<'a>(
    folder: &Path,
    documents: impl Iterator<Item = (&'a str, &'a Spelled)>,
) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    for (name, document) in documents {
        let file = folder.join(file_name(name));
        let failed = || format!("cannot write {}", file.display());
        whole_file::write(&file, &(document.pretty() + "\n")).with_context(failed)?;
    }
    Ok(())
}

/// The folder of a function's test events.
///
/// # Errors
/// It is no name of a function's.
pub(super) fn folder(events: &Path, function: &str) -> Result<PathBuf> {
    let is_name = function
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_name || function.is_empty() || function.len() > 64 {
        bail!(
            "{function:?} is not a function's name, which has at most 64 letters, digits, `-` and `_`; test events belong to a \
             function, whatever its version or alias"
        );
    }
    Ok(events.join(function))
}
