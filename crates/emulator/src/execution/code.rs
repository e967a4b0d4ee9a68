//! Snapshots of function code: what a version runs never changes, whatever is rebuilt meanwhile.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::layers::overlay;

/// A program that a function runs: its `bootstrap`, or any executable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The copy could not be written.
    #[error("cannot keep a copy of the function's code in {directory}", directory = directory.display())]
    Write {
        /// Where the copies are kept.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Code as it was when a function was created or updated.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The private copy that is run.
    pub program: Program,
    /// Base64 of the SHA-256 of the executable and its arguments; on Lambda, of the deployment package.
    pub code_sha256: String,
    /// Size in bytes.
    pub code_size: u64,
}

/// Where snapshots are kept: a temporary directory that goes away with the store.
///
/// Cloning shares the store; a file that has not changed since is not copied again.
#[derive(Clone, Debug)]
pub struct CodeStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: tempfile::TempDir,
    known: Mutex<BTreeMap<Fingerprint, Snapshot>>,
    layers: Mutex<BTreeMap<Vec<PathBuf>, PathBuf>>,
}

type Fingerprint = (Program, u64, Option<SystemTime>);

impl CodeStore {
    /// An empty store.
    ///
    /// # Errors
    /// When the system's temporary directory cannot be written.
    pub fn create() -> Result<Self, CodeError> {
        let directory = tempfile::Builder::new()
            .prefix("tollgate-code-")
            .tempdir()
            .map_err(|source| CodeError::Write {
                directory: std::env::temp_dir(),
                source,
            })?;
        Ok(Self {
            inner: Arc::new(Inner {
                directory,
                known: Mutex::default(),
                layers: Mutex::default(),
            }),
        })
    }

    /// Takes a copy of `program`.
    ///
    /// # Errors
    /// When it cannot be read, is not executable, or the copy cannot be written.
    pub fn snapshot(&self, program: &Program) -> Result<Snapshot, CodeError> {
        let read = |source| CodeError::Read {
            path: program.path.clone(),
            source,
        };
        let metadata = fs::metadata(&program.path).map_err(read)?;
        if !metadata.is_file() || !is_executable(&metadata) {
            return Err(CodeError::NotExecutable {
                path: program.path.clone(),
            });
        }
        let fingerprint = (program.clone(), metadata.len(), metadata.modified().ok());
        let mut known = self
            .inner
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = known.get(&fingerprint) {
            return Ok(snapshot.clone());
        }
        let copy = self
            .inner
            .directory
            .path()
            .join(format!("{:04}", known.len()));
        let code_sha256 = copy_and_hash(&program.path, &copy, &program.args).map_err(
            |failure| match failure {
                CopyFailure::Read(source) => read(source),
                CopyFailure::Write(source) => CodeError::Write {
                    directory: self.inner.directory.path().to_owned(),
                    source,
                },
            },
        )?;
        let snapshot = Snapshot {
            program: Program {
                path: copy,
                args: program.args.clone(),
            },
            code_sha256,
            code_size: metadata.len(),
        };
        known.insert(fingerprint, snapshot.clone());
        Ok(snapshot)
    }

    /// A directory with the content of `layers` laid over each other, for what Lambda has under `/opt`.
    ///
    /// # Errors
    /// When a layer's directory cannot be read, or the copy cannot be written.
    pub fn layer_directory(&self, layers: &[PathBuf]) -> Result<PathBuf, CodeError> {
        let mut known = self
            .inner
            .layers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = known.get(layers) {
            return Ok(directory.clone());
        }
        let directory = self
            .inner
            .directory
            .path()
            .join(format!("opt-{}", known.len()));
        overlay(layers, &directory).map_err(|source| CodeError::Layer {
            layers: layers.to_vec(),
            source,
        })?;
        known.insert(layers.to_vec(), directory.clone());
        Ok(directory)
    }
}

enum CopyFailure {
    Read(io::Error),
    Write(io::Error),
}

fn copy_and_hash(from: &Path, to: &Path, args: &[String]) -> Result<String, CopyFailure> {
    let mut source = File::open(from).map_err(CopyFailure::Read)?;
    let mut target = File::create_new(to).map_err(CopyFailure::Write)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let count = source.read(&mut buffer).map_err(CopyFailure::Read)?;
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        hasher.update(chunk);
        target.write_all(chunk).map_err(CopyFailure::Write)?;
    }
    for argument in args {
        hasher.update([0]);
        hasher.update(argument.as_bytes());
    }
    let permissions = source.metadata().map_err(CopyFailure::Read)?.permissions();
    target
        .set_permissions(permissions)
        .map_err(CopyFailure::Write)?;
    Ok(STANDARD.encode(hasher.finalize()))
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
