//! What all rehearsals of a template share: the template with its surroundings, and its gated functions.

use anyhow::{Result, bail};
use emulator::template::Function;

use crate::cli::Rehearse;
use crate::project::Project;

/// Everything that all rehearsals of a template share.
pub(crate) struct Setting<'a> {
    pub(super) args: &'a Rehearse,
    pub(super) project: Project<'a>,
}

impl<'a> Setting<'a> {
    /// Reads the template and looks around.
    pub(crate) fn of(args: &'a Rehearse) -> Result<Self> {
        let project = Project::of(&args.template, &args.deployable, &args.profile)?;
        Ok(Self { args, project })
    }

    /// The functions whose deployment is gated, or the one that was asked for.
    pub(crate) fn gated(&self) -> Result<Vec<&Function>> {
        let gated: Vec<&Function> = self
            .project
            .stack
            .functions
            .iter()
            .filter(|function| function.deployment_preference.is_some())
            .collect();
        let template = self.args.template.display();
        let Some(wanted) = &self.args.function else {
            if gated.is_empty() {
                bail!(
                    "{template}: no function has a DeploymentPreference, so CodeDeploy shifts no traffic and runs no hooks"
                );
            }
            if gated.len() > 1 && (self.args.current.is_some() || self.args.new.is_some()) {
                bail!(
                    "{template} has {} gated functions: say with --function which one --current and --new are for",
                    gated.len()
                );
            }
            return Ok(gated);
        };
        match gated
            .iter()
            .find(|function| function.logical_id == *wanted || function.name == *wanted)
        {
            Some(function) => Ok(vec![function]),
            None => {
                let names: Vec<&str> = gated
                    .iter()
                    .map(|function| function.logical_id.as_str())
                    .collect();
                bail!(
                    "{template} has no gated function {wanted:?}; it has {}",
                    names.join(", ")
                )
            }
        }
    }
}
