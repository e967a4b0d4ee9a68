//! The documents of a function that are files, as the hooks find them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use checks::{Expectation, Spelled, file_name};

use super::documents::{Documents, is_wanted, names};
use crate::whole_file::WholeFile;

/// What to do about a file that is no JSON, or no expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// What the hooks would not understand fails a deployment, and is not shared.
    Refused,
    /// It is like no other document, and can be replaced.
    Differs,
    /// It is told of, and so is a file that cannot be read.
    Told,
}

/// Reads the files. Those of other test events than the `wanted` need not be sound.
///
/// # Errors
/// The folder cannot be listed, or a file cannot be read or is refused: the message has file, line and column.
pub(super) fn read(folder: &Path, malformed: Malformed, wanted: &[String]) -> Result<Documents> {
    let mut documents = Documents::default();
    for event in hooks::bundled_events(folder)? {
        let [name, expectation] = names(&event.name);
        let expected = event.expectation_document();
        for (name, document) in [(name, event.event_document()), (expectation, expected)] {
            let Some(document) = document else { continue };
            let malformed = if is_wanted(wanted, &name) {
                malformed
            } else {
                Malformed::Told
            };
            let text = match document.read() {
                Ok(text) => text,
                Err(reason) if malformed == Malformed::Told => {
                    documents.add_malformed(name, String::new(), reason);
                    continue;
                }
                Err(reason) => bail!(reason),
            };
            match understood(folder, &name, &text) {
                Ok(document) => documents.add(name, document),
                Err(error) if malformed == Malformed::Refused => return Err(error),
                Err(error) => documents.add_malformed(name, text, format!("{error:#}")),
            }
        }
    }
    Ok(documents)
}

fn understood(folder: &Path, name: &str, text: &str) -> Result<Spelled> {
    let file = folder.join(file_name(name));
    let document =
        Spelled::parse(text).with_context(|| format!("{} is not JSON", file.display()))?;
    if name.ends_with(".expect") {
        Expectation::parse(text).with_context(|| format!("{} cannot be used", file.display()))?;
    }
    Ok(document)
}

/// Writes documents, each as a whole or not at all.
///
/// # Errors
/// As [`write_unless`].
pub(super) fn write<'a>(
    folder: &Path,
    documents: impl Iterator<Item = (&'a str, &'a Spelled)>,
) -> Result<()> {
    write_unless(folder, documents, || Ok(BTreeSet::new()))
}

/// Writes documents, each as a whole or not at all, but for those that `left_out` names at the last moment.
///
/// # Errors
/// The folder or a file cannot be written. Whatever can be known before the first file is there is known by then; the
/// message says where some are.
pub(super) fn write_unless<'a>(
    folder: &Path,
    documents: impl Iterator<Item = (&'a str, &'a Spelled)>,
    left_out: impl FnOnce() -> Result<BTreeSet<String>>,
) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let texts: Vec<(&str, PathBuf, String)> = documents
        .map(|(name, document)| (name, folder.join(file_name(name)), document.pretty() + "\n"))
        .collect();
    let mut filled = Vec::with_capacity(texts.len());
    for (name, file, text) in &texts {
        let whole = WholeFile::at(file).and_then(|whole| whole.filled(text));
        let whole = whole.with_context(|| format!("cannot write {}", file.display()))?;
        filled.push((*name, file, whole));
    }
    let left_out = left_out()?;
    filled.retain(|(name, ..)| !left_out.contains(*name));
    let count = filled.len();
    for (written, (_, file, whole)) in filled.into_iter().enumerate() {
        whole.keep().with_context(|| {
            let file = file.display();
            format!("cannot write {file}; {written} of {count} files are written")
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_all_files_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let document = Spelled::parse("[1.0]").unwrap();
        let write = |names: &[&str]| {
            let documents = names.iter().map(|name| (*name, &document));
            super::write(folder.path(), documents)
        };
        let names = || folder.path().read_dir().unwrap().count();
        // A folder is in the way of the last.
        fs::create_dir(folder.path().join("c.json")).unwrap();
        let error = format!("{:#}", write(&["a", "b", "c"]).unwrap_err());
        assert!(error.starts_with("cannot write "), "{error}");
        assert!(error.contains("c.json: "), "{error}");
        assert_eq!(names(), 1);
        write(&["a", "b"]).unwrap();
        assert_eq!(names(), 3);
        let written = fs::read_to_string(folder.path().join("b.json")).unwrap();
        assert_eq!(written, "[\n  1.0\n]\n");
    }
}
