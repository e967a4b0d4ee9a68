//! The database's own words: `redb`, a table for each collection, records as JSON text under their keys.

use std::collections::BTreeMap;
use std::path::Path;

use deployment::Timestamp;
use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError,
};

use super::{DataDirError, FORMAT};
use crate::kept::Change;

/// What is known of the database as a whole.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("tollgate");

/// How much of the file is held in memory, in bytes. Everything is read once, at the start.
const CACHE_BYTES: usize = 16 << 20;

fn table(collection: &str) -> TableDefinition<'_, &'static str, &'static [u8]> {
    TableDefinition::new(collection)
}

/// What the database knows of the emulators that have served from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    /// How many there have been before.
    pub(super) starts: u64,
    /// The simulated time that was reached.
    pub(super) now: Timestamp,
    /// The directory that it was in, as absolute path: records hold paths below it.
    pub(super) directory: Option<String>,
}

/// Opens the database, or creates it where there is none.
pub(super) fn open(path: &Path) -> Result<Database, DataDirError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder.create(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => DataDirError::InUse {
            path: path.to_owned(),
        },
        DatabaseError::Storage(redb::StorageError::Io(source))
            if source.kind() != std::io::ErrorKind::InvalidData =>
        {
            DataDirError::Unusable {
                path: path.to_owned(),
                source,
            }
        }
        error => broken(path)(error),
    })
}

/// Reads what is known of the database; it is new where nothing is.
pub(super) fn about(database: &Database, path: &Path) -> Result<About, DataDirError> {
    let read = || -> Result<Option<BTreeMap<String, String>>, redb::Error> {
        let transaction = database.begin_read()?;
        let table = match transaction.open_table(ABOUT) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => {
                // Another program's database has tables, ours would have this one.
                let is_new = transaction.list_tables()?.next().is_none();
                return Ok(is_new.then(BTreeMap::new));
            }
            Err(error) => return Err(error.into()),
        };
        let mut known = BTreeMap::new();
        for entry in table.iter()? {
            let (name, value) = entry?;
            known.insert(name.value().to_owned(), value.value().to_owned());
        }
        Ok(Some(known))
    };
    let foreign = || DataDirError::Foreign {
        path: path.to_owned(),
    };
    let known = read().map_err(broken(path))?.ok_or_else(foreign)?;
    if known.is_empty() {
        return Ok(About::default());
    }
    let format = known.get("format").cloned().unwrap_or_default();
    if format != FORMAT {
        return Err(DataDirError::OtherFormat {
            path: path.to_owned(),
            format,
        });
    }
    let number = |name: &str| known.get(name).and_then(|number| number.parse().ok());
    Ok(About {
        starts: number("starts").ok_or_else(foreign)?,
        now: Timestamp::from_millis(number("now").ok_or_else(foreign)?),
        directory: known.get("directory").cloned(),
    })
}

/// Writes what is known of the database.
pub(super) fn set_about(database: &Database, about: &About) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(ABOUT)?;
        table.insert("format", FORMAT)?;
        table.insert("starts", about.starts.to_string().as_str())?;
        table.insert("now", about.now.as_millis().to_string().as_str())?;
        if let Some(directory) = &about.directory {
            table.insert("directory", directory.as_str())?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// All records of a collection.
pub(super) fn read(
    database: &Database,
    collection: &'static str,
) -> Result<Vec<(String, Vec<u8>)>, redb::Error> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(table(collection)) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut records = Vec::new();
    for entry in table.iter()? {
        let (key, record) = entry?;
        records.push((key.value().to_owned(), record.value().to_owned()));
    }
    Ok(records)
}

/// Writes all changes, in order, and the time that was reached, or nothing at all; on disk when it returns.
pub(super) fn write(
    database: &Database,
    changes: &[Change],
    now: Timestamp,
) -> Result<(), redb::Error> {
    let mut by_collection: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_collection
            .entry(change.collection)
            .or_default()
            .push(change);
    }
    let transaction = database.begin_write()?;
    for (collection, changes) in by_collection {
        let mut table = transaction.open_table(table(collection))?;
        for change in changes {
            match &change.record {
                Some(record) => drop(table.insert(change.key.as_str(), record.as_slice())?),
                None => drop(table.remove(change.key.as_str())?),
            }
        }
    }
    let mut about = transaction.open_table(ABOUT)?;
    about.insert("now", now.as_millis().to_string().as_str())?;
    drop(about);
    transaction.commit()?;
    Ok(())
}

pub(super) fn broken<E: Into<redb::Error>>(path: &Path) -> impl Fn(E) -> DataDirError {
    let path = path.to_owned();
    move |error| DataDirError::Broken {
        path: path.clone(),
        source: Box::new(error.into()),
    }
}
