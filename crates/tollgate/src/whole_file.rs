//! Files that are written as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// Writes a file, of which nobody ever sees half: to another one beside it, which then takes its name.
///
/// A link stays one, and what it points to is written; what is no regular file stays what it is, too, and a file that is this
/// process's output is added to.
pub(crate) fn write(file: &Path, text: &str) -> io::Result<()> {
    WholeFile::at(file)?.write(text)
}

/// A file that is to be written: that it can be is known as soon as this is there. Nothing is left when it is dropped.
#[derive(Debug)]
pub(crate) struct WholeFile(Way);

#[derive(Debug)]
enum Way {
    /// To a file beside it, which takes its name.
    Beside {
        file: PathBuf,
        temporary: NamedTempFile,
    },
    /// To what is there and must stay what it is: no regular file, such as a pipe or `/dev/null`; or what this process writes
    /// to anyway, as with `--junit /dev/stdout >out`, where a new file of that name would lose what is in the old one.
    InPlace(File),
}

impl WholeFile {
    /// Makes the file beside it.
    pub(crate) fn at(file: &Path) -> io::Result<Self> {
        let file = resolved(file)?;
        let there = fs::metadata(&file).ok();
        if let Some(there) = &there {
            if let Some(output) = output(there) {
                return Ok(Self(Way::InPlace(output)));
            }
            if !there.is_file() {
                let open = File::options().write(true).open(&file)?;
                return Ok(Self(Way::InPlace(open)));
            }
        }
        let mut builder = tempfile::Builder::new();
        // Hidden, so that nobody takes it for a test event when this is killed.
        builder.prefix(".tollgate-").suffix(".tmp");
        #[cfg(unix)]
        if there.is_none() {
            use std::os::unix::fs::PermissionsExt as _;
            // As any new file: the process's mask takes away what it should.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let temporary = builder.tempfile_in(folder_of(&file))?;
        if let Some(there) = there {
            // Afterwards, because the mask would also take away what the file has.
            temporary.as_file().set_permissions(there.permissions())?;
        }
        Ok(Self(Way::Beside { file, temporary }))
    }

    /// Whether there is no replacing what it holds.
    pub(crate) fn is_in_place(&self) -> bool {
        matches!(self.0, Way::InPlace(_))
    }

    /// Writes it, and gives it its name.
    pub(crate) fn write(self, text: &str) -> io::Result<()> {
        self.filled(text)?.keep()
    }

    /// Writes it, as far as that can be done without anybody seeing it.
    pub(crate) fn filled<'a>(self, text: &'a str) -> io::Result<Filled<'a>> {
        match self.0 {
            Way::Beside {
                file,
                mut temporary,
            } => {
                temporary.write_all(text.as_bytes())?;
                temporary.as_file().sync_all()?;
                // Closed, because there may be more of them than a process may have open.
                let temporary = temporary.into_temp_path();
                Ok(Filled(FilledWay::Beside { file, temporary }))
            }
            Way::InPlace(open) => Ok(Filled(FilledWay::InPlace { open, text })),
        }
    }
}

/// A file that is written, and lacks its name. Nothing is left when it is dropped.
#[derive(Debug)]
pub(crate) struct Filled<'a>(FilledWay<'a>);

#[derive(Debug)]
enum FilledWay<'a> {
    Beside { file: PathBuf, temporary: TempPath },
    InPlace { open: File, text: &'a str },
}

impl Filled<'_> {
    /// Gives it its name.
    pub(crate) fn keep(self) -> io::Result<()> {
        match self.0 {
            FilledWay::Beside { file, temporary } => {
                temporary.persist(&file).map_err(|error| error.error)
            }
            FilledWay::InPlace { mut open, text } => open.write_all(text.as_bytes()),
        }
    }
}

/// What the path leads to, also where it is a link to what is not there yet.
fn resolved(file: &Path) -> io::Result<PathBuf> {
    match fs::metadata(file) {
        // The links of `/dev/stdout` can be opened, but their text is no path where they lead to a pipe.
        Ok(there) if !there.is_file() => Ok(file.to_owned()),
        Ok(_) => file.canonicalize(),
        // Ends, because a chain that is too long or a circle is another error.
        Err(error) if error.kind() == ErrorKind::NotFound && file.is_symlink() => {
            resolved(&folder_of(file).join(file.read_link()?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(file.to_owned()),
        Err(error) => Err(error),
    }
}

/// Standard output or standard error, where they are written to this very file: to go on where they are.
#[cfg(unix)]
fn output(file: &fs::Metadata) -> Option<File> {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let id = |file: &fs::Metadata| (file.dev(), file.ino());
    [io::stdout().as_fd(), io::stderr().as_fd()]
        .into_iter()
        .filter_map(|output| output.try_clone_to_owned().ok().map(File::from))
        .find(|output| {
            output
                .metadata()
                .is_ok_and(|output| id(&output) == id(file))
        })
}

#[cfg(not(unix))]
fn output(_: &fs::Metadata) -> Option<File> {
    None
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
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
        symlink("a.json", &link).unwrap();
        // What the link points to is not there yet.
        write(&link, "one").unwrap();
        // The usual masks take from both.
        for expected in [0o640, 0o666] {
            fs::set_permissions(&file, fs::Permissions::from_mode(expected)).unwrap();
            write(&link, "two").unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), "two");
            assert!(link.is_symlink());
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, expected);
        }
        assert_eq!(names(folder.path()), ["a.json", "link.json"]);
        let circle = folder.path().join("circle.json");
        symlink("circle.json", &circle).unwrap();
        write(&circle, "").unwrap_err();
        assert!(circle.is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_stays_what_it_is() {
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("report.xml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        write(&pipe, "one").unwrap();
        assert_eq!(reader.join().unwrap(), "one");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        assert_eq!(names(folder.path()), ["report.xml"]);
    }
}
