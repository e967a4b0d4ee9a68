//! Both places of a function, read.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use hooks::REGISTRY;
use serde_json::{Value, json};

use super::documents::{Documents, Places};
use super::files::{self, Malformed};
use super::registry::{AwsRegistry, Held, Registry as _};
use crate::cli::{Connection, Shared};
use crate::function_name::events_folder;
use crate::progress;

/// What most of the commands begin with.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) registry: AwsRegistry,
    pub(super) shared: SharedSchema,
    pub(super) places: Places,
    /// The files'.
    pub(super) folder: PathBuf,
}

/// The schema as it was read.
#[derive(Debug)]
pub(super) struct SharedSchema {
    pub(super) function: String,
    /// `None` when nothing is shared.
    pub(super) held: Option<Held>,
}

impl SharedSchema {
    /// Registry and schema, as AWS names them.
    pub(super) fn name(&self) -> String {
        format!("{REGISTRY}/{}", hooks::schema(&self.function))
    }

    pub(super) fn content(&self) -> Option<&str> {
        self.held.as_ref().map(|held| held.content.as_str())
    }

    /// What machines are told of it.
    pub(super) fn members(&self) -> Value {
        json!({ "function": self.function, "registry": REGISTRY, "schema": hooks::schema(&self.function) })
    }
}

/// Reads the files, and then the registry.
///
/// # Errors
/// A file that must not be or the shared document is malformed, or the registry cannot be read.
pub(super) async fn open(
    args: &Shared,
    malformed: Malformed,
    err: &mut impl Write,
) -> Result<Opened> {
    let folder = events_folder(&args.events, &args.function)?;
    let files = files::read(&folder, malformed, &args.only)?;
    let (registry, shared, documents) = read_shared(&args.connection, &args.function, err).await?;
    let places = Places {
        files,
        shared: documents,
    };
    Ok(Opened {
        registry,
        shared,
        places: places.only(&args.only)?,
        folder,
    })
}

/// Reads the registry alone.
///
/// # Errors
/// It cannot be read, or the shared document is malformed.
pub(super) async fn read_shared(
    connection: &Connection,
    function: &str,
    err: &mut impl Write,
) -> Result<(AwsRegistry, SharedSchema, Documents)> {
    let work = async {
        let registry = AwsRegistry::connect(connection, function).await?;
        let held = registry.read(None).await?;
        anyhow::Ok((registry, held))
    };
    let text = || format!("reading the shared test events of {function} …");
    let (registry, held) = progress::during(err, text, work).await??;
    let shared = SharedSchema {
        function: function.to_owned(),
        held,
    };
    let documents = Documents::shared(shared.content())
        .with_context(|| format!("cannot understand {}", shared.name()))?;
    Ok((registry, shared, documents))
}
