//! What is in a directory of code.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The hash of all files below `directory` with their names, and of the arguments; and the files' size together.
pub(super) fn hash(directory: &Path, args: &[String]) -> io::Result<(String, u64)> {
    let mut files = Vec::new();
    list(directory, &mut files)?;
    files.sort();
    let mut hasher = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0_u8; 1 << 20];
    for file in files {
        hasher.update(
            file.strip_prefix(directory)
                .unwrap_or(&file)
                .as_os_str()
                .as_encoded_bytes(),
        );
        hasher.update([0]);
        let mut source = File::open(&file)?;
        loop {
            let count = source.read(&mut buffer)?;
            let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
                break;
            };
            hasher.update(chunk);
            size += count as u64;
        }
    }
    for argument in args {
        hasher.update([0]);
        hasher.update(argument.as_bytes());
    }
    Ok((STANDARD.encode(hasher.finalize()), size))
}

/// Adds the files below `directory`. Links are left out: only unpacked zip files have any, whose links lead to what is
/// in the package and is there by itself.
pub(super) fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_no_files() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir(path("lib")).unwrap();
        fs::write(path("lib/a.so.1"), "0123456789").unwrap();
        let without = hash(directory.path(), &[]).unwrap();
        symlink("a.so.1", path("lib/a.so")).unwrap();
        symlink("lib", path("lib64")).unwrap();
        assert_eq!(without.1, 10);
        assert_eq!(hash(directory.path(), &[]).unwrap(), without);
    }
}
