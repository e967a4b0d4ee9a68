//! The file of a JUnit report.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tempfile::{Builder, NamedTempFile};

/// A report's file to be: a temporary file in the same folder, which goes when the command ends before the report is there.
pub(in crate::test) struct JunitFile {
    file: PathBuf,
    written: NamedTempFile,
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
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut builder = Builder::new();
        builder.prefix(".tollgate-junit-");
        // Less the process's mask, as for any file that is created: others read it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let written = builder.tempfile_in(folder).with_context(|| {
            let folder = folder.display();
            format!(
                "--junit {shown}: cannot write to the folder {folder}; create it, or name another"
            )
        })?;
        Ok(Self {
            file: file.to_owned(),
            written,
        })
    }

    /// Puts the report where it belongs, at once and whole.
    pub(in crate::test) fn write(mut self, document: &str) -> Result<()> {
        let write = || -> std::io::Result<()> {
            self.written.write_all(document.as_bytes())?;
            self.written.persist(&self.file)?;
            Ok(())
        };
        let file = self.file.clone();
        write().with_context(|| format!("cannot write the JUnit report to {}", file.display()))
    }
}
