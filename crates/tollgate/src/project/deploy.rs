//! The first deployment of a template, to an emulator.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Context as _, Result};
use emulator::template::Stack;
use emulator::{Code, Emulator, Program};

use super::{Executable, Project, stack};

impl Project<'_> {
    /// Builds or finds `executables`, by the logical ids of their functions, and deploys the template with them: the stack
    /// as it is then. A function without an executable is left out.
    ///
    /// As with CloudFormation, what has not changed since the stack was last deployed stays as it is.
    pub(crate) async fn deploy(
        &self,
        executables: &BTreeMap<&str, Executable>,
        emulator: &Emulator,
        err: &mut impl Write,
    ) -> Result<Stack> {
        let wanted: BTreeSet<Executable> = executables.values().cloned().collect();
        let built = self.sources.obtain(&wanted, err).await?;
        let programs: BTreeMap<String, Program> = executables
            .iter()
            .map(|(id, executable)| {
                let path = built
                    .get(executable)
                    .context("an executable was not built")?;
                Ok(((*id).to_owned(), Program::new(path)))
            })
            .collect::<Result<_>>()?;
        let code = Code {
            programs: &programs,
            template_directory: &self.directory,
        };
        let template = || self.path.display().to_string();
        let resolved = |versions| stack(&self.template, &self.context, versions);
        let versions = emulator
            .publish(&resolved(&self.context.versions)?, &code)
            .with_context(template)?;
        let stack = resolved(&versions)?;
        emulator.apply(&stack, &versions).with_context(template)?;
        Ok(stack)
    }
}
