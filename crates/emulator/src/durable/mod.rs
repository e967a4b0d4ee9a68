//! State that outlives the process.
//!
//! Everything that must is in [`Kept`](crate::kept::Kept) collections, which [`State::collections`] lists for
//! loading and saving alike. Whoever lets go of the state hands over what has changed in it, in the order of the
//! changes, to a thread that writes it ([`journal`]); an answer that tells of a change waits until that is on disk.
//!
//! [`State::collections`]: crate::shared::State::collections

mod database;
mod guard;
pub(crate) mod journal;
#[cfg(test)]
mod tests;

pub(crate) use self::guard::StateGuard;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use deployment::Timestamp;

use self::database::About;
use self::journal::{Journal, Writer};
use crate::execution::{CodeError, CodeStore, lasting};
use crate::kept::{Collections, Unreadable};

/// What the records look like. Another number for every change that makes old records unreadable.
const FORMAT: &str = "2";

/// The database's file in a data directory.
const DATABASE: &str = "state.redb";

/// Where a data directory keeps the functions' code.
const CODE: &str = "code";

/// A directory that keeps an emulator's state, and that no other process can open meanwhile.
///
/// Other than the records, there is the functions' code in it.
#[derive(Debug)]
pub struct DataDir {
    directory: PathBuf,
    database: redb::Database,
    about: About,
    /// The names in the code's directory that the loaded records mention.
    code_in_use: BTreeSet<String>,
}

/// Why a directory cannot keep the state. Nothing in it has been changed.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The directory or the file in it cannot be made, read or written.
    #[error("cannot keep state in {path}: name a directory that can be written", path = path.display())]
    Unusable {
        /// The directory, or the file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("another process serves from {path}: stop it, or name another directory", path = path.display())]
    InUse {
        /// The database's file.
        path: PathBuf,
    },
    /// It was written by another version of this program.
    #[error(
        "{path} was written by another version of tollgate (format {format:?}, this one has {FORMAT:?}): serve from it \
         with that version, or name another directory",
        path = path.display()
    )]
    OtherFormat {
        /// The database's file.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// It is a database, and not one of this program.
    #[error("{path} is another program's database: name another directory", path = path.display())]
    Foreign {
        /// The database's file.
        path: PathBuf,
    },
    /// It is no database, or damaged.
    #[error(
        "{path} is no database, or a damaged one: move it away to begin without state, or name another directory",
        path = path.display()
    )]
    Broken {
        /// The database's file.
        path: PathBuf,
        /// What the database said.
        source: Box<redb::Error>,
    },
    /// A record in it cannot be understood.
    #[error(
        "the record {key} of {collection} in {path} cannot be understood: serve from it with the version of tollgate \
         that wrote it, or name another directory",
        path = path.display()
    )]
    Record {
        /// The database's file.
        path: PathBuf,
        /// The collection's name.
        collection: &'static str,
        /// The record's key.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It was in another place, which its records name.
    #[error("{path} was {was} when it was written: move it back, or name another directory", path = path.display())]
    Moved {
        /// The directory.
        path: PathBuf,
        /// Where it was.
        was: String,
    },
}

impl DataDir {
    /// Opens the directory, or creates it where there is none, and keeps others out of it.
    ///
    /// # Errors
    /// [`DataDirError`].
    pub fn open(directory: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable {
            path: directory.to_owned(),
            source,
        };
        fs::create_dir_all(directory).map_err(unusable)?;
        let directory = directory.canonicalize().map_err(unusable)?;
        let path = directory.join(DATABASE);
        let database = database::open(&path)?;
        let mut about = database::about(&database, &path)?;
        let name = directory.display().to_string();
        match &about.directory {
            Some(was) if *was != name => {
                return Err(DataDirError::Moved {
                    path: directory,
                    was: was.clone(),
                });
            }
            Some(_) | None => about.directory = Some(name),
        }
        Ok(Self {
            directory,
            database,
            about,
            code_in_use: BTreeSet::new(),
        })
    }

    /// Where the functions' code is kept. What no record mentions is removed from it when the emulator begins.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn code_store(&self) -> Result<CodeStore, CodeError> {
        CodeStore::open(&self.directory.join(CODE))
    }

    /// How many emulators have served from it before.
    pub(crate) fn starts(&self) -> u64 {
        self.about.starts
    }

    /// The simulated time that was reached.
    pub(crate) fn now(&self) -> Timestamp {
        self.about.now
    }

    /// Puts the records that are kept into their collections, which are followed from now on.
    pub(crate) fn load(&mut self, collections: Collections<'_>) -> Result<(), DataDirError> {
        let path = self.directory.join(DATABASE);
        let code = self.directory.join(CODE);
        for (name, collection) in collections {
            let records = database::read(&self.database, name).map_err(database::broken(&path))?;
            for (_, record) in &records {
                self.code_in_use.extend(lasting::mentioned(record, &code));
            }
            let unreadable = |Unreadable { key, source }| DataDirError::Record {
                path: path.clone(),
                collection: name,
                key,
                source,
            };
            collection.follow(records).map_err(unreadable)?;
        }
        Ok(())
    }

    /// Begins to write what changes.
    pub(crate) fn write(self) -> Result<(Journal, Writer), DataDirError> {
        let path = self.directory.clone();
        journal::begin(self.database).map_err(|source| DataDirError::Unusable { path, source })
    }

    /// Notes, when everything is loaded, that another emulator serves from it, from the time `now` on.
    pub(crate) fn note_start(&mut self, now: Timestamp) -> Result<(), DataDirError> {
        let code = self.directory.join(CODE);
        if code.is_dir() {
            lasting::forget_others(&code, &self.code_in_use)
                .map_err(|source| DataDirError::Unusable { path: code, source })?;
        }
        self.about.starts += 1;
        self.about.now = now;
        let path = self.directory.join(DATABASE);
        database::set_about(&self.database, &self.about).map_err(database::broken(&path))
    }
}
