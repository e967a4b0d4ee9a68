//! Test events that travel with the stack, as files.

use checks::{Source, TestEvent};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A synchronous invocation takes at most 6 MB ("Lambda quotas", AWS Lambda Developer Guide), so a larger file
/// cannot be a test event.
const LARGEST_FILE: u64 = 6 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum BundledError {
    #[error("cannot list the bundled test events in {}", folder.display())]
    List { folder: PathBuf, source: io::Error },
    #[error("cannot read the bundled test event {}", file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("the bundled test event {} is larger than 6 MB, the most that Lambda takes", .0.display())]
    TooLarge(PathBuf),
    #[error("the bundled test event {} is not UTF-8, or its name is not", .0.display())]
    NotUtf8(PathBuf),
}

/// Where the bundled events of a function are.
pub(crate) fn folder(events_dir: &Path, function: &str) -> PathBuf {
    events_dir.join(function)
}

/// Reads `<folder>/*.json` in the order of the file names; a folder that is not there has no events.
pub(crate) fn read(folder: &Path) -> Result<Vec<TestEvent<String>>, BundledError> {
    let mut documents = Vec::new();
    for file in list(folder)? {
        let text = read_text(&file)?;
        match file.file_stem().and_then(OsStr::to_str) {
            Some(name) => documents.push((name.to_owned(), text)),
            None => return Err(BundledError::NotUtf8(file)),
        }
    }
    Ok(checks::pair(Source::Bundled, documents))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, BundledError> {
    let failed = |source| BundledError::List {
        folder: folder.to_owned(),
        source,
    };
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(failed)?.path();
        if is_event_file(&file) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// A file whose name is not Unicode may be one: reading it says what is wrong.
fn is_event_file(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default();
    let is_named = match name.to_str() {
        Some(name) => checks::document_name(name).is_some(),
        None => file.extension() == Some(OsStr::new("json")),
    };
    is_named && !file.is_dir()
}

/// Stops one byte after the limit, whatever the file system says about the size.
fn read_text(file: &Path) -> Result<String, BundledError> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(|source| BundledError::Read {
            file: file.to_owned(),
            source,
        })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST_FILE) {
        return Err(BundledError::TooLarge(file.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| BundledError::NotUtf8(file.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn check(files: &[(&str, &[u8])], expected: Result<&[&str], &str>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        match (read(folder.path()), expected) {
            (Ok(events), Ok(expected)) => {
                let found: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
                assert_eq!(found, expected, "{names:?}");
            }
            (Err(error), Err(part)) => {
                let text = error.to_string();
                assert!(text.contains(part), "{names:?}: {text}");
            }
            (found, expected) => panic!("{names:?}: found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn reads_json_files_by_name() {
        check(&[], Ok(&[]));
        check(
            &[
                ("B.json", b"{}"),
                ("A.json", b"{}"),
                ("A.expect.json", b"{}"),
            ],
            Ok(&["A", "B"]),
        );
        check(
            &[
                ("A.json", b"{}"),
                ("README.md", b""),
                ("._A.json", b"\xff"),
                ("B.JSON", b""),
                ("C.json/D.json", b"{}"),
            ],
            Ok(&["A"]),
        );
        // What is in the file is for `checks` to judge: a broken test event must fail the gate, not vanish.
        check(&[("A.json", b"")], Ok(&["A"]));
        check(&[("A.expect.json", b"{}")], Ok(&["A"]));
    }

    #[test]
    fn names_the_file_that_it_cannot_take() {
        check(&[("A.json", b"\"\xff\"")], Err("A.json is not UTF-8"));
        check(
            &[("A.json", &vec![b' '; 6 * 1024 * 1024 + 1])],
            Err("A.json is larger than 6 MB"),
        );
        check(
            &[(
                "A.json",
                &[vec![b' '; 6 * 1024 * 1024 - 2], b"{}".to_vec()].concat(),
            )],
            Ok(&["A"]),
        );
    }

    #[test]
    fn a_missing_folder_has_no_events_and_a_file_is_not_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join("F")).unwrap().is_empty());
        fs::write(folder.path().join("F"), "").unwrap();
        let error = read(&folder.path().join("F")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot list the bundled test events in"),
            "{error}"
        );
    }
}
