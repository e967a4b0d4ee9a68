//! Files that are written as a whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Writes a file, of which nobody ever sees half: to another one beside it, which then takes its name.
///
/// A link stays one; what it points to is written.
pub(crate) fn write(file: &Path, text: &str) -> io::Result<()> {
    WholeFile::at(file)?.write(text)
}

/// A file that is to be written: that it can be is known as soon as this is there. Nothing is left when it is dropped.
#[derive(Debug)]
pub(crate) struct WholeFile {
    file: PathBuf,
    temporary: NamedTempFile,
}

impl WholeFile {
    /// Makes the file beside it.
    pub(crate) fn at(file: &Path) -> io::Result<Self> {
        let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let mut builder = tempfile::Builder::new();
        // Hidden, so that nobody takes it for a test event when this is killed.
        builder.prefix(".tollgate-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As the file that is there, or as any new one: the process's mask takes away what it should.
            let permissions = fs::metadata(&file).map(|there| there.permissions());
            builder.permissions(permissions.unwrap_or_else(|_| fs::Permissions::from_mode(0o666)));
        }
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let temporary = builder.tempfile_in(folder)?;
        Ok(Self { file, temporary })
    }

    /// Writes it, and gives it its name.
    pub(crate) fn write(mut self, text: &str) -> io::Result<()> {
        self.temporary.write_all(text.as_bytes())?;
        self.temporary.as_file().sync_all()?;
        self.temporary
            .persist(&self.file)
            .map_err(|error| error.error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        for text in ["one\n", "two\n"] {
            write(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        fs::create_dir(folder.path().join("b.json")).unwrap();
        write(&folder.path().join("b.json"), "").unwrap_err();
        write(&folder.path().join("gone/c.json"), "").unwrap_err();
        assert_eq!(names(folder.path()), ["a.json", "b.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["a.json", "link.json"].map(|name| folder.path().join(name));
        write(&file, "one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a.json", &link).unwrap();
        write(&link, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert!(link.is_symlink());
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}
