//! Where the functions' executables come from.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use emulator::template::Function;

use super::cargo::Workspace;

/// An executable that a rehearsal needs: built already, or to be built.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Executable {
    /// A file; or a directory, of a function whose runtime runs what is in it.
    File(PathBuf),
    /// A binary or example of the workspace.
    Target(String),
}

/// What the command line and the surroundings say about executables.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    /// The template, for messages.
    pub(crate) template: &'a Path,
    /// The directory of the template: `CodeUri` is relative to it.
    pub(crate) template_directory: PathBuf,
    /// `--binary`.
    pub(crate) binaries: &'a [(String, String)],
    /// `--bin-dir`.
    pub(crate) bin_dir: Option<&'a Path>,
    /// `--profile`.
    pub(crate) profile: &'a str,
    pub(crate) workspace: Option<Workspace>,
}

impl Sources<'_> {
    /// What the template deploys as `function`.
    pub(crate) fn of_function(&self, function: &Function) -> Result<Executable> {
        let named =
            |(name, _): &&(String, String)| *name == function.logical_id || *name == function.name;
        if let Some((_, path)) = self.binaries.iter().find(named) {
            return Ok(Executable::File(path.into()));
        }
        let id = &function.logical_id;
        let binary = function
            .build
            .as_ref()
            .and_then(|build| build.binary.as_ref());
        if let (Some(directory), Some(binary)) = (self.bin_dir, binary) {
            return Ok(Executable::File(directory.join(binary)));
        }
        let bootstrap = function
            .code_uri
            .as_ref()
            .map(|uri| self.template_directory.join(uri).join("bootstrap"));
        if let Some(bootstrap) = bootstrap.filter(|bootstrap| bootstrap.is_file()) {
            return Ok(Executable::File(bootstrap));
        }
        let runtime = function.runtime.as_deref().unwrap_or_default();
        let package = function
            .code_uri
            .as_ref()
            .filter(|_| emulator::has_runtime_interface_client(runtime))
            .map(|uri| self.template_directory.join(uri));
        if let Some(package) = package.filter(|package| package.is_dir()) {
            return Ok(Executable::File(package));
        }
        let Some(build) = &function.build else {
            bail!(
                "{}:{}: no executable: the CodeUri holds no `bootstrap` and the Metadata has no BuildMethod; run \
                 `sam build` and rehearse .aws-sam/build/template.yaml, or give --binary {id}=PATH (runtimes \
                 other than provided.*, python3.* and nodejs* cannot be run here)",
                self.template.display(),
                function.place
            );
        };
        if build.method != "rust-cargolambda" {
            bail!(
                "{id}: the build method {:?} is left to SAM CLI: run `sam build` and rehearse \
                 .aws-sam/build/template.yaml, or give --binary {id}=PATH",
                build.method
            );
        }
        let Some(binary) = &build.binary else {
            bail!(
                "{id}: the Metadata names no Binary: add `BuildProperties: Binary: <name>`, or give --binary {id}=PATH"
            );
        };
        self.of_release(binary)
            .with_context(|| format!("{id}: the Binary of its Metadata"))
    }

    /// What a person calls a release: a path, or the name of a binary or example.
    pub(crate) fn of_release(&self, release: &str) -> Result<Executable> {
        if release.is_empty() {
            bail!("a release needs a name or a path");
        }
        if release.contains(std::path::is_separator) {
            return Ok(Executable::File(release.into()));
        }
        if let Some(directory) = self.bin_dir {
            return Ok(Executable::File(directory.join(release)));
        }
        match &self.workspace {
            Some(workspace) if workspace.has(release) => Ok(Executable::Target(release.to_owned())),
            Some(workspace) => bail!(
                "the Cargo workspace has no binary or example {release:?} (a path needs a /); it has {}",
                workspace.target_names()
            ),
            None => bail!(
                "{release:?} would be built with Cargo, but {} is in no Cargo workspace",
                self.template_directory.display()
            ),
        }
    }

    /// Builds what is to be built, and says where every executable is.
    pub(crate) async fn obtain(
        &self,
        wanted: &BTreeSet<Executable>,
        err: &mut impl Write,
    ) -> Result<BTreeMap<Executable, PathBuf>> {
        let targets: BTreeSet<&str> = wanted
            .iter()
            .filter_map(|executable| match executable {
                Executable::Target(name) => Some(name.as_str()),
                Executable::File(_) => None,
            })
            .collect();
        let built = match &self.workspace {
            Some(workspace) if !targets.is_empty() => {
                let names: Vec<&str> = targets.iter().copied().collect();
                writeln!(err, "building {} with cargo", names.join(", "))?;
                workspace.build(&targets, self.profile).await?
            }
            _ => BTreeMap::new(),
        };
        wanted
            .iter()
            .map(|executable| {
                let path = match executable {
                    Executable::File(path) => path.clone(),
                    Executable::Target(name) => built
                        .get(name)
                        .cloned()
                        .with_context(|| format!("cargo did not say where it put {name}"))?,
                };
                Ok((executable.clone(), path))
            })
            .collect()
    }
}
