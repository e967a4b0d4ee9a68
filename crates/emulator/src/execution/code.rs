//! Snapshots of function code: what a version runs never changes, whatever is rebuilt meanwhile.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::content::hash;
use super::lasting;
use super::layers::{MAX_UNZIPPED_BYTES, make_read_only, overlay};
use super::package::{self, Unpackable};

/// What a custom runtime starts (Lambda developer guide, "Building a custom runtime").
const BOOTSTRAP: &str = "bootstrap";

/// A program that a function runs: its `bootstrap`, or any executable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Program {
    /// The executable file.
    pub path: PathBuf,
    /// Arguments; Lambda gives none, stand-ins of a rehearsal need them.
    pub args: Vec<String>,
}

impl Program {
    /// A program without arguments.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            args: Vec::new(),
        }
    }
}

/// Why code could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The file is missing or unreadable.
    #[error("cannot read the function's code {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not executable, or no file at all.
    #[error("{path} is not an executable file", path = path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// A layer's content could not be copied.
    #[error("cannot copy the layer content of {layers}", layers = layers.iter().map(|layer| layer.display().to_string()).collect::<Vec<_>>().join(", "))]
    Layer {
        /// The layers' directories.
        layers: Vec<PathBuf>,
        /// What the system said.
        source: io::Error,
    },
    /// The zip file is none, has names or links that lead out of it, or too many entries.
    #[error("the deployment package cannot be unzipped")]
    Zip,
    /// More than 250 MB come out of the zip file.
    #[error("the deployment package has more than {MAX_UNZIPPED_BYTES} bytes unzipped")]
    TooLarge,
    /// The copy could not be written.
    #[error("cannot keep a copy of the function's code in {directory}", directory = directory.display())]
    Write {
        /// Where the copies are kept.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Code as it was when a function was created or updated; its files are read-only, because versions with equal code
/// share them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The private copy that is run.
    pub program: Program,
    /// The directory of the copy, `LAMBDA_TASK_ROOT` of the process.
    pub task_root: PathBuf,
    /// Base64 of the SHA-256 of the zip file; where there was none, of the files and the arguments.
    pub code_sha256: String,
    /// Size in bytes of the zip file; where there was none, of all files.
    pub code_size: u64,
    /// Size in bytes of all files.
    pub unzipped_size: u64,
    /// The zip file that it came in.
    pub zip: Option<PathBuf>,
}

impl Snapshot {
    /// The zip file that it came in, or one that holds the same files.
    ///
    /// # Errors
    /// When it, or one of the files, cannot be read.
    pub(crate) fn package(&self) -> io::Result<Vec<u8>> {
        match &self.zip {
            Some(zip) => fs::read(zip),
            None => package::pack(&self.task_root),
        }
    }
}

/// Layers laid over each other.
#[derive(Clone, Debug)]
pub(crate) struct LayerContent {
    /// The directory that stands for `/opt`.
    pub directory: PathBuf,
    /// Base64 of the SHA-256 of the files with their names.
    pub sha256: String,
}

/// Where snapshots are kept: a temporary directory that goes away with the store, or one of a
/// [`DataDir`](crate::DataDir).
///
/// Cloning shares the store; what has not changed since is not copied again.
#[derive(Clone, Debug)]
pub struct CodeStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: Root,
    known: Mutex<BTreeMap<Fingerprint, Snapshot>>,
    layers: Mutex<BTreeMap<Vec<PathBuf>, LayerContent>>,
    /// The sizes of what zip files held, by the names of their directories.
    unpacked: Mutex<BTreeMap<String, u64>>,
    directories: AtomicUsize,
}

#[derive(Debug)]
enum Root {
    Temporary(tempfile::TempDir),
    Lasting(PathBuf),
}

impl Root {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(directory) => directory.path(),
            Self::Lasting(directory) => directory,
        }
    }
}

type Fingerprint = (Program, u64, Option<SystemTime>);

impl CodeStore {
    /// An empty store.
    ///
    /// # Errors
    /// When the system's temporary directory cannot be written.
    pub fn create() -> Result<Self, CodeError> {
        let directory = tempfile::Builder::new().prefix("tollgate-code-").tempdir();
        let directory = directory.map_err(|source| CodeError::Write {
            directory: std::env::temp_dir(),
            source,
        })?;
        Ok(Self::of(Root::Temporary(directory)))
    }

    /// The store of a data directory; what was being copied into it when its last process ended is removed.
    pub(crate) fn open(directory: &Path) -> Result<Self, CodeError> {
        lasting::prepare(directory).map_err(|source| CodeError::Write {
            directory: directory.to_owned(),
            source,
        })?;
        Ok(Self::of(Root::Lasting(directory.to_owned())))
    }

    fn of(directory: Root) -> Self {
        Self {
            inner: Arc::new(Inner {
                directory,
                known: Mutex::default(),
                layers: Mutex::default(),
                unpacked: Mutex::default(),
                directories: AtomicUsize::new(0),
            }),
        }
    }

    /// The store's own directory, where it goes away with the store.
    pub fn temporary_directory(&self) -> Option<&Path> {
        match &self.inner.directory {
            Root::Temporary(directory) => Some(directory.path()),
            Root::Lasting(_) => None,
        }
    }

    /// Takes a copy of `program`; of a `bootstrap`, with everything in its directory, as a deployment package is.
    ///
    /// Where it is a directory, that is the package, whatever is in it: the program is its `bootstrap`, and where there
    /// is none its runtime runs it.
    ///
    /// # Errors
    /// When it cannot be read, is not executable, is too large, or the copy cannot be written.
    pub fn snapshot(&self, program: &Program) -> Result<Snapshot, CodeError> {
        let read = |source| self.uncopied(&program.path, source);
        let path = &std::path::absolute(&program.path).map_err(read)?;
        let metadata = fs::metadata(path).map_err(read)?;
        if metadata.is_dir() && program.args.is_empty() {
            return self.snapshot_directory(path);
        }
        let name = path
            .file_name()
            .filter(|_| metadata.is_file() && is_executable(&metadata));
        let Some(name) = name else {
            return Err(CodeError::NotExecutable { path: path.clone() });
        };
        let package = path.parent().filter(|_| name == BOOTSTRAP);
        // Other files of a package may change behind the same program.
        let fingerprint = package
            .is_none()
            .then(|| (program.clone(), metadata.len(), metadata.modified().ok()));
        let mut known = self
            .inner
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = fingerprint
            .as_ref()
            .and_then(|fingerprint| known.get(fingerprint))
        {
            return Ok(snapshot.clone());
        }
        let task_root = self.new_directory("code-")?;
        match package {
            Some(package) => overlay(&[package.to_owned()], &task_root),
            None => fs::copy(path, task_root.join(name)).map(drop),
        }
        .and_then(|()| make_read_only(&task_root))
        .map_err(read)?;
        let (code_sha256, code_size) = hash(&task_root, &program.args).map_err(read)?;
        let task_root = self.settle(task_root, "code-", &code_sha256)?;
        let program = Program {
            path: task_root.join(name),
            args: program.args.clone(),
        };
        let snapshot = Snapshot {
            program,
            task_root,
            code_sha256,
            code_size,
            unzipped_size: code_size,
            zip: None,
        };
        if let Some(fingerprint) = fingerprint {
            known.insert(fingerprint, snapshot.clone());
        }
        Ok(snapshot)
    }

    /// Takes a copy of a directory as it is, whatever is in it; the program is its `bootstrap`.
    ///
    /// # Errors
    /// As [`CodeStore::snapshot`].
    pub(crate) fn snapshot_directory(&self, directory: &Path) -> Result<Snapshot, CodeError> {
        let read = |source| self.uncopied(directory, source);
        let task_root = self.new_directory("code-")?;
        overlay(&[directory.to_owned()], &task_root)
            .and_then(|()| make_read_only(&task_root))
            .map_err(read)?;
        let (code_sha256, code_size) = hash(&task_root, &[]).map_err(read)?;
        let task_root = self.settle(task_root, "code-", &code_sha256)?;
        Ok(Snapshot {
            program: Program::new(task_root.join(BOOTSTRAP)),
            task_root,
            code_sha256,
            code_size,
            unzipped_size: code_size,
            zip: None,
        })
    }

    /// Unpacks a zip file; the program is its `bootstrap`, whether it has one or not.
    ///
    /// Equal zip files share a directory.
    ///
    /// # Errors
    /// [`CodeError::Zip`], [`CodeError::TooLarge`], and when the files cannot be written.
    pub(crate) fn snapshot_zip(&self, zip: &[u8]) -> Result<Snapshot, CodeError> {
        let digest = Sha256::digest(zip);
        let name = digest.iter().fold(String::from("zip-"), |name, byte| {
            format!("{name}{byte:02x}")
        });
        let task_root = self.inner.directory.path().join(&name);
        let file = self.inner.directory.path().join(format!("{name}.zip"));
        let write = |source| CodeError::Write {
            directory: task_root.clone(),
            source,
        };
        let mut unpacked = self
            .inner
            .unpacked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let unzipped_size = match unpacked.get(&name) {
            Some(size) => *size,
            // The directory has its name when everything is in it, so that one from before is whole.
            None if task_root.is_dir() => hash(&task_root, &[]).map_err(write)?.1,
            None => {
                let directory = self.new_directory("unpacking-")?;
                let size = package::unpack(zip, &directory, MAX_UNZIPPED_BYTES).and_then(|size| {
                    make_read_only(&directory)
                        .and_then(|()| fs::write(&file, zip))
                        .and_then(|()| self.rename(&directory, &task_root, &file))
                        .map_err(Unpackable::Write)?;
                    Ok(size)
                });
                size.map_err(|why| {
                    // What is left of it is in nobody's way.
                    let _ = fs::remove_dir_all(&directory);
                    match why {
                        Unpackable::Malformed => CodeError::Zip,
                        Unpackable::TooLarge => CodeError::TooLarge,
                        Unpackable::Write(source) => write(source),
                    }
                })?
            }
        };
        unpacked.insert(name, unzipped_size);
        Ok(Snapshot {
            program: Program::new(task_root.join(BOOTSTRAP)),
            task_root,
            code_sha256: STANDARD.encode(digest),
            code_size: zip.len() as u64,
            unzipped_size,
            zip: Some(file),
        })
    }

    /// A directory with the content of `layers` laid over each other, for what Lambda has under `/opt`.
    ///
    /// # Errors
    /// When a layer's directory cannot be read, or the copy cannot be written.
    pub(crate) fn layer_content(&self, layers: &[PathBuf]) -> Result<LayerContent, CodeError> {
        let mut known = self
            .inner
            .layers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = known.get(layers) {
            return Ok(content.clone());
        }
        let directory = self.new_directory("opt-")?;
        let copied = overlay(layers, &directory).and_then(|()| hash(&directory, &[]));
        let (sha256, _) = copied.map_err(|source| CodeError::Layer {
            layers: layers.to_vec(),
            source,
        })?;
        let directory = self.settle(directory, "opt-", &sha256)?;
        let content = LayerContent { directory, sha256 };
        known.insert(layers.to_vec(), content.clone());
        Ok(content)
    }

    /// Why there is no copy of `path`: the system does not say at which end a copy failed, except by what only a file that is
    /// written can meet.
    fn uncopied(&self, path: &Path, source: io::Error) -> CodeError {
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem => CodeError::Write {
                directory: self.inner.directory.path().to_owned(),
                source,
            },
            _ => CodeError::Read {
                path: path.to_owned(),
                source,
            },
        }
    }

    /// Gives a directory that has everything in it the name that it has for good, where the store lasts: `prefix` and
    /// the hash of its content.
    fn settle(&self, directory: PathBuf, prefix: &str, sha256: &str) -> Result<PathBuf, CodeError> {
        let Root::Lasting(root) = &self.inner.directory else {
            return Ok(directory);
        };
        let settled = lasting::settle(&directory, root, prefix, sha256);
        settled.map_err(|source| CodeError::Write { directory, source })
    }

    /// Gives a directory that has everything in it its name; where the store lasts, when that and `beside` are on disk.
    fn rename(&self, directory: &Path, name: &Path, beside: &Path) -> io::Result<()> {
        match &self.inner.directory {
            Root::Temporary(_) => fs::rename(directory, name),
            Root::Lasting(root) => {
                File::open(beside)?.sync_all()?;
                lasting::rename(directory, name, root)
            }
        }
    }

    /// The names count up, so that a rehearsal repeats them.
    fn new_directory(&self, prefix: &str) -> Result<PathBuf, CodeError> {
        let number = self.inner.directories.fetch_add(1, Ordering::Relaxed);
        let name = match &self.inner.directory {
            Root::Temporary(_) => format!("{prefix}{number}"),
            Root::Lasting(_) => format!("{}{prefix}{number}", lasting::UNFINISHED),
        };
        let directory = self.inner.directory.path().join(name);
        fs::create_dir(&directory).map_err(|source| CodeError::Write {
            directory: directory.clone(),
            source,
        })?;
        Ok(directory)
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_where_the_copy_is() {
        let store = CodeStore::create().unwrap();
        let copy = store.temporary_directory().unwrap().display().to_string();
        let rows = [
            (io::ErrorKind::StorageFull, copy.as_str()),
            (io::ErrorKind::QuotaExceeded, &copy),
            (io::ErrorKind::ReadOnlyFilesystem, &copy),
            (io::ErrorKind::NotFound, "/code/bootstrap"),
            (io::ErrorKind::PermissionDenied, "/code/bootstrap"),
        ];
        for (kind, place) in rows {
            let told = store.uncopied(Path::new("/code/bootstrap"), kind.into());
            assert!(told.to_string().ends_with(place), "{kind}: {told}");
        }
    }
}
