//! Copies of code that outlive the process: complete under their names, or not there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// How the names of directories begin that are still being filled.
pub(super) const UNFINISHED: &str = "new-";

/// Creates the directory, and removes from it what was never finished.
pub(super) fn prepare(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    remove(directory, |name| name.starts_with(UNFINISHED))
}

/// Removes what is not `in_use`, a set of names.
pub(crate) fn forget_others(directory: &Path, in_use: &BTreeSet<String>) -> io::Result<()> {
    remove(directory, |name| !in_use.contains(name))
}

/// Moves a directory that has everything in it below `root`, under a name made of `prefix` and the base64 hash of
/// what is in it. It is on disk when it has that name; where there is one of that name, it is the same.
pub(super) fn settle(
    directory: &Path,
    root: &Path,
    prefix: &str,
    sha256: &str,
) -> io::Result<PathBuf> {
    let sha256 = sha256
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    let settled = root.join(format!("{prefix}{sha256}"));
    if settled.is_dir() {
        fs::remove_dir_all(directory)?;
        return Ok(settled);
    }
    match rename(directory, &settled, root) {
        // Another thread has settled the same meanwhile.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists
            ) =>
        {
            fs::remove_dir_all(directory)?;
        }
        renamed => renamed?,
    }
    Ok(settled)
}

/// Gives a directory below `root` another name there, which it has only with everything in it on disk.
pub(super) fn rename(directory: &Path, name: &Path, root: &Path) -> io::Result<()> {
    sync(directory)?;
    fs::rename(directory, name)?;
    File::open(root)?.sync_all()
}

/// The names right below `directory` that `record` mentions: whatever text has a path to them in it.
pub(crate) fn mentioned(record: &[u8], directory: &Path) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(record);
    // As it stands in JSON text, without the quotes around it.
    let path = serde_json::Value::from(format!("{}/", directory.display())).to_string();
    let path = path.trim_matches('"');
    let ends = |c: char| c == '/' || c == '"' || c == ':';
    text.split(path)
        .skip(1)
        .filter_map(|rest| rest.split(ends).next())
        .map(str::to_owned)
        .collect()
}

fn remove(directory: &Path, is_unwanted: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(&is_unwanted) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Waits until a directory and everything below it is on disk.
fn sync(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn the_same_is_settled_by_many_at_once() {
        let root = tempfile::tempdir().unwrap();
        let together = Barrier::new(8);
        let settle = |number: u32| {
            let directory = root.path().join(format!("{UNFINISHED}{number}"));
            fs::create_dir(&directory).unwrap();
            fs::write(directory.join("bootstrap"), "one").unwrap();
            together.wait();
            settle(&directory, root.path(), "code-", "a+/=").unwrap()
        };
        let settled: BTreeSet<PathBuf> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| scope.spawn(move || settle(number)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(settled, BTreeSet::from([root.path().join("code-a-_")]));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_records_mention_is_found() {
        let directory = Path::new("/data/code");
        let check = |record: &str, expected: &[&str]| {
            let expected = expected.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(
                mentioned(record.as_bytes(), directory),
                expected,
                "{record}"
            );
        };
        check(r#"{"path":"/data/code/code-1/bootstrap"}"#, &["code-1"]);
        check(
            r#"{"opt":"/data/code/opt-1","zip":"/data/code/z.zip"}"#,
            &["opt-1", "z.zip"],
        );
        check(
            r#"{"PATH":"/data/code/opt-1/bin:/data/code/opt-2"}"#,
            &["opt-1", "opt-2"],
        );
        check(r#"{"path":"/data/codes/code-1"}"#, &[]);
    }
}
