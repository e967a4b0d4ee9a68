//! What all rehearsals of a template share: the template, its gated functions, and where their code comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use emulator::Account;
use emulator::template::{AlarmRule, Context, Function, Note, NoteKind, Stack, Template};

use super::cargo::Workspace;
use super::code::Sources;
use crate::cli::Rehearse;

/// Everything that all rehearsals of a template share.
pub(crate) struct Setting<'a> {
    pub(super) args: &'a Rehearse,
    pub(super) template: Template,
    pub(super) context: Context,
    pub(super) directory: PathBuf,
    pub(super) stack: Stack,
    pub(super) sources: Sources<'a>,
}

impl<'a> Setting<'a> {
    /// Reads the template and looks around.
    pub(crate) fn of(args: &'a Rehearse) -> Result<Self> {
        let path = &args.template;
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the template {}", path.display()))?;
        let located = |error: &dyn std::fmt::Display| {
            let lines: Vec<String> = error
                .to_string()
                .lines()
                .map(|line| format!("{}:{line}", path.display()))
                .collect();
            anyhow!(lines.join("\n"))
        };
        let template = Template::read(&text).map_err(|error| located(&error))?;
        let Account { region, account_id } = Account::default();
        let mut context = Context {
            parameters: args.parameter_overrides.iter().cloned().collect(),
            region,
            account_id,
            stack_name: "rehearsal".to_owned(),
            versions: BTreeMap::new(),
        };
        let unpublished = template
            .resolve(&context)
            .map_err(|error| located(&error))?;
        // Whatever follows a version can be read once there is one; which one it is turns out when it is published.
        let first = |function: Function| (function.logical_id, "1".to_owned());
        context.versions = unpublished.functions.into_iter().map(first).collect();
        let stack = template
            .resolve(&context)
            .map_err(|error| located(&error))?;
        emulator::check(&stack).map_err(|error| located(&error))?;
        check_binaries(&args.binary, &stack)?;
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let sources = Sources {
            template: path,
            template_directory: directory.clone(),
            binaries: &args.binary,
            bin_dir: args.bin_dir.as_deref(),
            profile: &args.profile,
            workspace: Workspace::around(&directory)?,
        };
        Ok(Self {
            args,
            template,
            context,
            directory,
            stack,
            sources,
        })
    }

    /// Says on `err` what of the template is not played, so that nothing is skipped in silence.
    pub(crate) fn warn(&self, err: &mut impl Write) -> Result<()> {
        let subjects = |kind: NoteKind| {
            self.stack
                .notes
                .iter()
                .filter(move |note| note.kind == kind)
                .map(|note| note.subject.as_str())
                .collect::<Vec<_>>()
        };
        let not_played = subjects(NoteKind::NotPlayed);
        if !not_played.is_empty() {
            writeln!(err, "not rehearsed: {}", not_played.join(", "))?;
        }
        for note in self
            .stack
            .notes
            .iter()
            .filter(|note| matches!(note.kind, NoteKind::Unresolved | NoteKind::Assumed))
        {
            writeln!(err, "warning: {}:{note}", self.args.template.display())?;
        }
        for alarm in &self.stack.alarms {
            if let AlarmRule::Unsupported(what) = &alarm.rule {
                let (file, place) = (self.args.template.display(), &alarm.place);
                writeln!(
                    err,
                    "warning: {file}:{place}: {what} is not evaluated here: the alarm never fires"
                )?;
            }
        }
        for alarm in self
            .stack
            .functions
            .iter()
            .filter_map(|function| function.deployment_preference.as_ref())
            .flat_map(|preference| &preference.alarms)
        {
            if !alarm.in_template {
                let (file, place, name) = (self.args.template.display(), &alarm.place, &alarm.name);
                writeln!(
                    err,
                    "warning: {file}:{place}: the alarm {name} is not in the template: it never fires here"
                )?;
            }
        }
        Ok(())
    }

    /// Everything that the reader of the template noted, for machines.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.stack.notes.iter().map(Note::to_string).collect()
    }

    /// The functions whose deployment is gated, or the one that was asked for.
    pub(crate) fn gated(&self) -> Result<Vec<&Function>> {
        let gated: Vec<&Function> = self
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

/// Refuses `--binary` for what the template does not have, and twice for the same function.
fn check_binaries(binaries: &[(String, String)], stack: &Stack) -> Result<()> {
    let mut given = BTreeSet::new();
    for (name, path) in binaries {
        let function = stack
            .functions
            .iter()
            .find(|function| function.logical_id == *name || function.name == *name);
        let Some(function) = function else {
            let names: Vec<&str> = stack
                .functions
                .iter()
                .map(|function| function.logical_id.as_str())
                .collect();
            bail!(
                "--binary {name}={path}: the template has no function of that name; it has {}",
                names.join(", ")
            );
        };
        if !given.insert(&function.logical_id) {
            bail!(
                "--binary {name}={path}: there is a --binary for {} already",
                function.logical_id
            );
        }
    }
    Ok(())
}
