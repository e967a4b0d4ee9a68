//! The first deployment of the template that is served.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use anyhow::{Result, bail};
use emulator::Emulator;
use emulator::template::Function;
use serde::Serialize;

use crate::draw::BOLD;
use crate::project::{Executable, Project};

/// A function that is there to be invoked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Served {
    function: String,
    logical_id: String,
    /// Its `AutoPublishAlias`, and the version that it is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

impl Served {
    fn of(function: &Function, emulator: &Emulator) -> Self {
        let alias = function.auto_publish_alias.clone();
        let at = |alias: &String| emulator.alias(&function.name, alias).ok();
        Self {
            version: alias.as_ref().and_then(at).map(|at| at.function_version),
            function: function.name.clone(),
            logical_id: function.logical_id.clone(),
            alias,
        }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BOLD}{}{BOLD:#}", self.function)?;
        match (&self.alias, &self.version) {
            (Some(alias), Some(version)) => write!(f, "  {alias} → version {version}"),
            _ => Ok(()),
        }
    }
}

/// Builds or finds the code of the template's functions and deploys them; those without code are named on `err`.
///
/// As with CloudFormation, what has not changed since the stack was last deployed stays as it is, and nothing is deployed
/// while a deployment of the stack goes on, which happens where the emulator's state was kept.
pub(super) async fn deploy(
    project: &Project<'_>,
    emulator: &Emulator,
    err: &mut impl Write,
) -> Result<Vec<Served>> {
    if let Some(id) = emulator.active_deployment(&project.stack) {
        writeln!(
            err,
            "{id} goes on; {} is not deployed meanwhile",
            project.path.display()
        )?;
        let functions = &project.stack.functions;
        let there = functions
            .iter()
            .filter(|function| emulator.has_function(&function.name));
        return Ok(there
            .map(|function| Served::of(function, emulator))
            .collect());
    }
    let mut executables: BTreeMap<&str, Executable> = BTreeMap::new();
    let mut reasons = Vec::new();
    for function in &project.stack.functions {
        match project.sources.of_function(function) {
            Ok(executable) => {
                executables.insert(&function.logical_id, executable);
            }
            Err(reason) => reasons.push(format!("{reason:#}")),
        }
    }
    if executables.is_empty() && !reasons.is_empty() {
        bail!("no function can be served\n{}", reasons.join("\n"));
    }
    for reason in reasons {
        writeln!(err, "not served: {reason}")?;
    }
    let stack = project.deploy(&executables, emulator, err).await?;
    let served = stack
        .functions
        .iter()
        .filter(|function| executables.contains_key(&*function.logical_id));
    Ok(served
        .map(|function| Served::of(function, emulator))
        .collect())
}
