//! Test events that travel with the stack, as files.

use super::Document;
use checks::{Source, TestEvent};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A synchronous invocation takes at most 6 MB ("Lambda quotas", AWS Lambda Developer Guide), so a larger file
/// cannot be a test event.
const LARGEST_FILE: u64 = 6 * 1024 * 1024;

/// Why the bundled test events of a function cannot be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundledError {
    /// The folder cannot be listed.
    #[error("cannot list the bundled test events in {}", folder.display())]
    List {
        /// That of the function.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file's name, which is its event's, is no text.
    #[error("the name of the bundled test event {} is not UTF-8: rename it", .0.display())]
    NameNotUtf8(PathBuf),
}

/// Why one file is no test event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot read the bundled test event {}", file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("the bundled test event {} is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("the bundled test event {} is larger than 6 MB, the most that Lambda takes", .0.display())]
    TooLarge(PathBuf),
    #[error("the bundled test event {} is not UTF-8", .0.display())]
    NotUtf8(PathBuf),
}

/// Where the bundled events of a function are.
pub(crate) fn folder(events_dir: &Path, function: &str) -> PathBuf {
    events_dir.join(function)
}

/// Finds `<folder>/*.json`, in the order of the file names, and opens none; a folder that is not there has no events.
///
/// # Errors
///
/// The folder cannot be listed, or holds a file whose name is not UTF-8.
pub fn find(folder: &Path) -> Result<Vec<TestEvent<Document>>, BundledError> {
    let mut documents = Vec::new();
    for file in list(folder)? {
        let name = file.file_stem().and_then(OsStr::to_str).map(str::to_owned);
        match name {
            Some(name) => documents.push((name, Document::File(file))),
            None => return Err(BundledError::NameNotUtf8(file)),
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
    // As text: paths compare by their components, and would read the folder's anew for every pair.
    files.sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    Ok(files)
}

/// A file whose name is not Unicode may be one, and must not go unsaid.
fn is_event_file(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default();
    let is_named = match name.to_str() {
        Some(name) => checks::document_name(name).is_some(),
        None => file.extension() == Some(OsStr::new("json")),
    };
    is_named && !file.is_dir()
}

/// The text of a bundled event or expectation, for as long as its test event is in flight.
///
/// Stops one byte after the limit, whatever the file system says about the size. What is not a file is not opened: a
/// named pipe would be waited for forever.
pub(crate) fn read(file: &Path) -> Result<String, FileError> {
    let failed = |source| FileError::Read {
        file: file.to_owned(),
        source,
    };
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(FileError::NotAFile(file.to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST_FILE) {
        return Err(FileError::TooLarge(file.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| FileError::NotUtf8(file.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::reason;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// `expected`: the names of the events.
    fn check(files: &[(&str, &[u8])], expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let events = find(folder.path()).unwrap();
        let found: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(found, expected, "{files:?}");
    }

    #[test]
    fn finds_json_files_by_name() {
        check(&[], &[]);
        check(
            &[
                ("B.json", b"{}"),
                ("A.json", b"{}"),
                ("A.expect.json", b"{}"),
            ],
            &["A", "B"],
        );
        check(
            &[
                ("A.json", b"{}"),
                ("README.md", b""),
                ("._A.json", b"\xff"),
                ("B.JSON", b""),
                ("C.json/D.json", b"{}"),
            ],
            &["A"],
        );
        // What is in the file is for `checks` to judge: a broken test event must fail the gate, not vanish.
        check(&[("A.json", b"")], &["A"]);
        check(&[("A.json", b"\"\xff\"")], &["A"]);
        check(&[("A.expect.json", b"{}")], &["A"]);
    }

    #[test]
    fn reads_a_file_or_says_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let whole = [vec![b' '; 6 * 1024 * 1024 - 2], b"{}".to_vec()].concat();
        let files: [(&str, &[u8]); 4] = [
            ("A.json", b"{}"),
            ("whole.json", &whole),
            ("large.json", &[&whole[..], b" "].concat()),
            ("odd.json", b"\"\xff\""),
        ];
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        symlink("A.json", folder.path().join("link.json")).unwrap();
        symlink("/dev/zero", folder.path().join("device.json")).unwrap();
        let rows = [
            ("A.json", Ok(2)),
            ("link.json", Ok(2)),
            ("whole.json", Ok(6 * 1024 * 1024)),
            ("large.json", Err("large.json is larger than 6 MB")),
            ("odd.json", Err("odd.json is not UTF-8")),
            ("device.json", Err("device.json is not a file")),
            ("gone.json", Err("gone.json: No such file")),
        ];
        for (name, expected) in rows {
            match (read(&folder.path().join(name)), expected) {
                (Ok(text), Ok(length)) => assert_eq!(text.len(), length, "{name}"),
                (Err(error), Err(part)) => {
                    let text = reason(&error);
                    assert!(text.contains(part), "{name}: {text}");
                }
                (found, expected) => panic!("{name}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn a_missing_folder_has_no_events_and_a_file_is_not_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(find(&folder.path().join("F")).unwrap().is_empty());
        fs::write(folder.path().join("F"), "").unwrap();
        let error = find(&folder.path().join("F")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot list the bundled test events in"),
            "{error}"
        );
    }
}
