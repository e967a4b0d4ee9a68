//! The file of a JUnit report.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::whole_file::{self, WholeFile};

/// A report's file to be.
pub(in crate::test) struct JunitFile {
    file: PathBuf,
    to_write: WholeFile,
}

impl JunitFile {
    /// Makes sure that the report can be written, before anything is run for it.
    ///
    /// # Errors
    /// The folder is not there or cannot be written to, or there is a folder of that name.
    pub(in crate::test) fn at(file: &Path) -> Result<Self> {
        let shown = file.display();
        if file.is_dir() {
            bail!(
                "--junit {shown}: this is a folder; name a file in it, such as {shown}/tollgate.xml"
            );
        }
        let to_write = WholeFile::at(file).with_context(|| {
            if file.exists() && !file.is_file() {
                return format!("--junit {shown}: cannot be written");
            }
            let folder = match file.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            let folder = folder.display();
            format!(
                "--junit {shown}: cannot write to the folder {folder}; create it, or name another"
            )
        })?;
        Ok(Self {
            file: file.to_owned(),
            to_write,
        })
    }

    /// Puts a report there that says how little is known. It stays where the run is interrupted or killed: the report of
    /// the run before would look like this one's.
    pub(in crate::test) fn begin(&self, document: &str) -> Result<()> {
        let file = &self.file;
        // What is a pipe or a device gets one report.
        if self.to_write.is_in_place() {
            return Ok(());
        }
        whole_file::write(file, document)
            .with_context(|| format!("cannot write the JUnit report to {}", file.display()))
    }

    /// Puts the report where it belongs, at once and whole.
    pub(in crate::test) fn write(self, document: &str) -> Result<()> {
        let Self { file, to_write } = self;
        let failed = || format!("cannot write the JUnit report to {}", file.display());
        to_write.write(document).with_context(failed)
    }
}
