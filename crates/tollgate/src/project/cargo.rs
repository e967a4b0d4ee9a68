//! The Cargo workspace around a template: which binaries and examples it has, and building them.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// What a workspace can build, and what it says about releases.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    targets: BTreeMap<String, &'static str>,
    releases: BTreeMap<String, Releases>,
}

/// `[workspace.metadata.tollgate.<FunctionName>]` in `Cargo.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Releases {
    /// The binary or example that stands for the release deployed now.
    pub(crate) current: Option<String>,
    /// Scenario name → what it deploys.
    #[serde(default)]
    pub(crate) scenarios: BTreeMap<String, ScenarioReleases>,
}

/// The binaries or examples of one scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected the release that the scenario deploys, or { current = …, new = … }"
)]
pub(crate) enum ScenarioReleases {
    /// The release that it deploys.
    New(String),
    /// And the one that serves before, where it is not the function's.
    Both(BothReleases),
}

/// What serves before a scenario, and what it deploys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BothReleases {
    current: String,
    new: String,
}

impl ScenarioReleases {
    /// The release that the scenario deploys.
    pub(crate) fn deployed(&self) -> &String {
        match self {
            Self::New(new) | Self::Both(BothReleases { new, .. }) => new,
        }
    }

    /// The release that serves before, where the scenario has its own.
    pub(crate) fn current(&self) -> Option<&String> {
        match self {
            Self::New(_) => None,
            Self::Both(BothReleases { current, .. }) => Some(current),
        }
    }
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    packages: Vec<Package>,
    metadata: Option<WorkspaceMetadata>,
}

#[derive(Deserialize)]
struct WorkspaceMetadata {
    #[serde(default)]
    tollgate: BTreeMap<String, Releases>,
}

#[derive(Deserialize)]
struct Package {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Workspace {
    /// The workspace that `directory` is in; `None` where there is none, or no Cargo to ask.
    pub(crate) fn around(directory: &Path) -> Result<Option<Self>> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version=1"])
            .current_dir(directory)
            .output();
        let output = match output {
            Ok(output) if output.status.success() => output.stdout,
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                if stderr.contains("could not find `Cargo.toml`") {
                    return Ok(None);
                }
                bail!(
                    "cargo cannot read the workspace around {}: {}",
                    directory.display(),
                    stderr.trim()
                );
            }
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && !is_in_workspace(directory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error).context("cannot start cargo to read the workspace"),
        };
        let metadata: Metadata = serde_json::from_slice(&output).with_context(|| {
            format!(
                "cannot read the Cargo metadata of the workspace around {}",
                directory.display()
            )
        })?;
        let mut targets = BTreeMap::new();
        for target in metadata
            .packages
            .into_iter()
            .flat_map(|package| package.targets)
        {
            for (kind, option) in [("bin", "--bin"), ("example", "--example")] {
                if target.kind.iter().any(|one| one == kind) {
                    targets.insert(target.name.clone(), option);
                }
            }
        }
        let releases = metadata
            .metadata
            .map(|metadata| metadata.tollgate)
            .unwrap_or_default();
        Ok(Some(Self {
            root: metadata.workspace_root,
            targets,
            releases,
        }))
    }

    /// What the workspace says about the releases of a function.
    pub(crate) fn releases(&self, function_name: &str) -> Option<&Releases> {
        self.releases.get(function_name)
    }

    pub(crate) fn has(&self, target: &str) -> bool {
        self.targets.contains_key(target)
    }

    /// The names of everything that can be built, for error messages.
    pub(crate) fn target_names(&self) -> String {
        self.targets
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Builds binaries and examples in one `cargo build`, whose progress and diagnostics go to standard error.
    ///
    /// Dropping the future ends cargo.
    pub(crate) async fn build(
        &self,
        targets: &BTreeSet<&str>,
        profile: &str,
    ) -> Result<BTreeMap<String, PathBuf>> {
        let mut command = tokio::process::Command::from(cargo());
        command
            .current_dir(&self.root)
            .args([
                "build",
                "--message-format=json-render-diagnostics",
                "--profile",
                profile,
            ])
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        for target in targets {
            let Some(option) = self.targets.get(*target) else {
                bail!(
                    "the workspace has no binary or example {target:?}; it has {}",
                    self.target_names()
                );
            };
            command.args([option, target]);
        }
        let mut child = command.spawn().context("cannot start cargo")?;
        let mut lines = BufReader::new(
            child
                .stdout
                .take()
                .context("cargo has no standard output")?,
        )
        .lines();
        let mut executables = BTreeMap::new();
        while let Some(line) = lines
            .next_line()
            .await
            .context("cannot read what cargo says")?
        {
            if let Some((name, path)) = serde_json::from_str(&line)
                .ok()
                .and_then(Message::executable)
            {
                executables.insert(name, path);
            }
        }
        if !child
            .wait()
            .await
            .context("cannot wait for cargo")?
            .success()
        {
            bail!(
                "cargo could not build {}",
                targets.iter().copied().collect::<Vec<_>>().join(", ")
            );
        }
        Ok(executables)
    }
}

fn is_in_workspace(directory: &Path) -> bool {
    let absolute = std::path::absolute(directory);
    absolute.is_ok_and(|directory| {
        directory
            .ancestors()
            .any(|above| above.join("Cargo.toml").is_file())
    })
}

#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

impl Message {
    fn executable(self) -> Option<(String, PathBuf)> {
        Some((self.target?.name, self.executable?))
    }
}

/// Cargo, without what an outer `cargo run` leaves in the environment: build scripts that watch those variables
/// would have half of the dependencies compiled again each time.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let leftover = |name: &OsStr| {
        name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || [
                    "CARGO_MANIFEST_DIR",
                    "CARGO_MANIFEST_PATH",
                    "CARGO_BIN_NAME",
                    "CARGO_CRATE_NAME",
                    "OUT_DIR",
                ]
                .contains(&name)
        })
    };
    for (name, _) in env::vars_os().filter(|(name, _)| leftover(name)) {
        command.env_remove(name);
    }
    command
}
