//! A template on disk with everything around it: what commands that deploy it start from.

mod cargo;
mod code;
mod deploy;

pub(crate) use cargo::{Releases, ScenarioReleases};
pub(crate) use code::{Executable, Sources};

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use emulator::Account;
use emulator::template::{
    APPLICATION, AlarmRef, AlarmRule, Context, DeploymentPreference, Function, HookRef,
    MetricAlarm, Note, NoteKind, Stack, Template,
};
use hooks::{EVIDENCE_METRIC, METRIC_NAMESPACE, WATCH_ALIASES, WATCH_APPLICATION};

use crate::cli::Deployable;
use cargo::Workspace;

/// The name of the stack that a template stands for on this machine, wherever names in it are made of the stack's.
pub(crate) const STACK_NAME: &str = "local";

/// A template and its surroundings.
pub(crate) struct Project<'a> {
    /// The template's file.
    pub(crate) path: &'a Path,
    pub(crate) template: Template,
    pub(crate) context: Context,
    /// What the template's relative paths are relative to.
    pub(crate) directory: PathBuf,
    /// The template as it is before anything is published.
    pub(crate) stack: Stack,
    pub(crate) sources: Sources<'a>,
}

impl<'a> Project<'a> {
    /// Reads the template, as the stack [`STACK_NAME`], and looks around; `profile` is Cargo's.
    pub(crate) fn of(path: &'a Path, args: &'a Deployable, profile: &'a str) -> Result<Self> {
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
            stack_name: STACK_NAME.to_owned(),
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
            profile,
            workspace: Workspace::around(&directory)?,
        };
        Ok(Self {
            path,
            template,
            context,
            directory,
            stack,
            sources,
        })
    }

    /// Says on `err` what of the template is not `done` ("rehearsed"), so that nothing is skipped in silence.
    pub(crate) fn warn(&self, done: &str, err: &mut impl Write) -> Result<()> {
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
            writeln!(err, "not {done}: {}", not_played.join(", "))?;
        }
        for note in self
            .stack
            .notes
            .iter()
            .filter(|note| matches!(note.kind, NoteKind::Unresolved | NoteKind::Assumed))
        {
            writeln!(err, "warning: {}:{note}", self.path.display())?;
        }
        for alarm in &self.stack.alarms {
            if let AlarmRule::Unsupported(what) = &alarm.rule {
                let (file, place) = (self.path.display(), &alarm.place);
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
                let (file, place, name) = (self.path.display(), &alarm.place, &alarm.name);
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
}

/// The stack that `template` describes once `versions` are published, with the hooks' own defaults said aloud.
pub(crate) fn stack(
    template: &Template,
    context: &Context,
    versions: &BTreeMap<String, String>,
) -> Result<Stack> {
    let context = Context {
        versions: versions.clone(),
        ..context.clone()
    };
    let mut stack = template.resolve(&context)?;
    let hooks: BTreeSet<String> = stack
        .functions
        .iter()
        .filter_map(|function| function.deployment_preference.as_ref())
        .flat_map(hooks)
        .filter_map(|hook| hook.in_template.clone())
        .collect();
    for function in stack
        .functions
        .iter_mut()
        .filter(|function| hooks.contains(&function.logical_id))
    {
        // Only what stands in the environment can be led to the layers.
        let variables = &mut function.environment;
        variables
            .entry("GATE_EVENTS_DIR".to_owned())
            .or_insert_with(|| "/opt".to_owned());
    }
    Ok(stack)
}

/// The hooks of a gated function.
pub(crate) fn hooks(preference: &DeploymentPreference) -> impl Iterator<Item = &HookRef> {
    preference
        .pre_traffic
        .iter()
        .chain(&preference.post_traffic)
}

/// The functions that watch shifts: they run on a schedule, and their environment says what they watch.
pub(crate) fn watches(stack: &Stack) -> impl Iterator<Item = &Function> {
    let is_watch = |function: &&Function| {
        let mut schedules = stack.schedules.iter();
        let told = |name: &&str| function.environment.contains_key(*name);
        schedules.any(|schedule| schedule.is_enabled && schedule.function == function.logical_id)
            && [WATCH_APPLICATION, WATCH_ALIASES].iter().any(told)
    };
    stack.functions.iter().filter(is_watch)
}

/// Whether a watch finds the stack's deployments by itself, also those of a function that is gated later.
pub(crate) fn is_watched(stack: &Stack) -> bool {
    watches(stack).any(|watch| {
        let application = watch.environment.get(WATCH_APPLICATION);
        application.is_some_and(|application| application == APPLICATION)
    })
}

/// The alarms of a deployment.
pub(crate) fn alarms(function: &Function) -> impl Iterator<Item = &AlarmRef> {
    let preference = function.deployment_preference.iter();
    preference.flat_map(|preference| &preference.alarms)
}

/// The alarms of a deployment that look at the watch's metric.
pub(crate) fn on_evidence<'s>(
    function: &'s Function,
    stack: &'s Stack,
) -> impl Iterator<Item = &'s AlarmRef> {
    let is_on_evidence = |alarm: &MetricAlarm| {
        matches!(&alarm.rule, AlarmRule::Metric(rule)
            if rule.namespace == METRIC_NAMESPACE && rule.metric_name == EVIDENCE_METRIC)
    };
    alarms(function).filter(move |alarm| {
        let mut known = stack.alarms.iter();
        known.any(|known| known.name == alarm.name && is_on_evidence(known))
    })
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
