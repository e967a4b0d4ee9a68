//! What a rehearsal is made of: the template, its gated functions, their code and their events.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use emulator::template::{
    AlarmRule, Context, DeploymentPreference, Function, HookRef, Layer, Note, NoteKind, Stack,
    Template,
};
use emulator::{Account, CodeStore, Program};

use super::cargo::Workspace;
use super::code::{Executable, Sources};
use super::events;
use super::play::{Plan, play};
use super::progress::Progress;
use super::rehearsal::Rehearsal;
use super::scenario::{Release, Scenario, Twist};
use crate::cli::Rehearse;
use crate::stand_in::StandIn;

const DEFAULT_REQUESTS: u32 = 200;

/// Everything that all rehearsals of a template share.
pub(crate) struct Setting<'a> {
    args: &'a Rehearse,
    template: Template,
    context: Context,
    directory: PathBuf,
    stack: Stack,
    sources: Sources<'a>,
}

/// One gated function in one scenario, with the executables that it takes.
pub(crate) struct Scene<'a> {
    function: &'a Function,
    scenario: Option<&'static Scenario>,
    /// The release that serves; none at the first deployment.
    current: Option<Executable>,
    /// What is deployed, by logical id.
    deployed: BTreeMap<String, Code>,
    /// What users send.
    payloads: Arc<[String]>,
}

/// What a function runs.
enum Code {
    Executable(Executable),
    StandIn(StandIn),
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
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let sources = Sources {
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

    /// What it takes to play `function` in `scenario`.
    pub(crate) fn scene<'s>(
        &'s self,
        function: &'s Function,
        scenario: Option<&'static Scenario>,
        payloads: Arc<[String]>,
    ) -> Result<Scene<'s>> {
        let twist = scenario.and_then(|scenario| scenario.twist);
        let current = match twist {
            Some(Twist::FirstDeployment) => None,
            _ => Some(self.current(function)?),
        };
        let mut deployed = BTreeMap::new();
        deployed.insert(
            function.logical_id.clone(),
            Code::Executable(self.new_release(function, scenario)?),
        );
        let preference = function.deployment_preference.as_ref();
        for (hook, id) in preference
            .into_iter()
            .flat_map(hooks)
            .map(|hook| self.hook(hook))
            .collect::<Result<Vec<_>>>()?
        {
            deployed.insert(id, Code::Executable(self.sources.of_function(hook)?));
        }
        let stand_in = match twist {
            Some(Twist::HookNeverReports) => Some(StandIn::NeverReports),
            Some(Twist::HookCrashes) => Some(StandIn::Crashes),
            _ => None,
        };
        if let Some(stand_in) = stand_in {
            let hook = preference.and_then(|preference| preference.pre_traffic.as_ref());
            let hook = hook.with_context(|| {
                format!(
                    "{}: there is no PreTraffic hook to misbehave",
                    function.logical_id
                )
            })?;
            deployed.insert(self.hook(hook)?.1, Code::StandIn(stand_in));
        }
        Ok(Scene {
            function,
            scenario,
            current,
            deployed,
            payloads,
        })
    }

    /// Where every executable of the scenes is, once they are built.
    pub(crate) async fn build<'s>(
        &self,
        scenes: impl Iterator<Item = &'s Scene<'s>>,
        err: &mut impl Write,
    ) -> Result<BTreeMap<Executable, PathBuf>> {
        let wanted: BTreeSet<Executable> = scenes
            .flat_map(|scene| {
                let deployed = scene.deployed.values().filter_map(|code| match code {
                    Code::Executable(executable) => Some(executable),
                    Code::StandIn(_) => None,
                });
                deployed.chain(&scene.current)
            })
            .cloned()
            .collect();
        self.sources.obtain(&wanted, err).await
    }

    /// Plays one scene.
    pub(crate) async fn play(
        &self,
        scene: &Scene<'_>,
        built: &BTreeMap<Executable, PathBuf>,
        store: &CodeStore,
        err: &mut impl Write,
    ) -> Result<Rehearsal> {
        let program = |executable: &Executable| -> Result<Program> {
            Ok(Program::new(
                built
                    .get(executable)
                    .context("an executable was not built")?,
            ))
        };
        let mut programs = BTreeMap::new();
        for (id, code) in &scene.deployed {
            let program = match code {
                Code::Executable(executable) => program(executable)?,
                Code::StandIn(stand_in) => {
                    let path =
                        std::env::current_exe().context("cannot find this program's own file")?;
                    Program {
                        path,
                        args: stand_in.args(),
                    }
                }
            };
            programs.insert(id.clone(), program);
        }
        let requests = self
            .args
            .requests
            .or(scene.scenario.and_then(|scenario| scenario.requests));
        let plan = Plan {
            template: &self.template,
            context: &self.context,
            template_directory: &self.directory,
            store,
            function: scene.function,
            hooks: scene
                .deployed
                .keys()
                .filter(|id| **id != scene.function.logical_id)
                .cloned()
                .collect(),
            programs,
            current: scene.current.as_ref().map(program).transpose()?,
            scenario: scene.scenario,
            requests: requests.unwrap_or(DEFAULT_REQUESTS),
            seed: self.args.seed,
            payloads: &scene.payloads,
            unwatched: self.unwatched(scene.function),
        };
        play(&plan, &mut Progress::on(err)).await
    }

    /// The alarms of a deployment that are not in the template, or watch what is not evaluated here.
    fn unwatched(&self, function: &Function) -> Vec<String> {
        let is_watched = |name: &str| {
            let alarm = self.stack.alarms.iter().find(|alarm| alarm.name == name);
            alarm.is_some_and(|alarm| matches!(alarm.rule, AlarmRule::Metric(_)))
        };
        let alarms = function
            .deployment_preference
            .iter()
            .flat_map(|preference| &preference.alarms);
        alarms
            .map(|alarm| alarm.name.clone())
            .filter(|name| !is_watched(name))
            .collect()
    }

    fn current(&self, function: &Function) -> Result<Executable> {
        let named = self
            .args
            .current
            .as_ref()
            .or_else(|| self.releases(function)?.current.as_ref());
        let id = &function.logical_id;
        let release = named.with_context(|| {
            format!(
                "{id}: which release is deployed now? Name it with --current (a path, or a binary or example of the \
                 workspace), or as `current` in [workspace.metadata.tollgate.{}] of Cargo.toml",
                function.name
            )
        })?;
        self.sources
            .of_release(release)
            .with_context(|| format!("{id}: the current release"))
    }

    fn new_release(
        &self,
        function: &Function,
        scenario: Option<&'static Scenario>,
    ) -> Result<Executable> {
        let id = &function.logical_id;
        if let Some(release) = &self.args.new {
            return self
                .sources
                .of_release(release)
                .with_context(|| format!("{id}: the new release"));
        }
        let Some(scenario) = scenario.filter(|scenario| scenario.release == Release::Faulty) else {
            return self.sources.of_function(function);
        };
        let faulty = self
            .releases(function)
            .and_then(|releases| releases.scenarios.get(scenario.name));
        let faulty = faulty.with_context(|| {
            format!(
                "{id}: no release has this fault: name one as `{}` in [workspace.metadata.tollgate.{}.scenarios] of Cargo.toml",
                scenario.name, function.name
            )
        })?;
        self.sources
            .of_release(faulty)
            .with_context(|| format!("{id}: the release of {}", scenario.name))
    }

    fn releases(&self, function: &Function) -> Option<&super::cargo::Releases> {
        self.sources.workspace.as_ref()?.releases(&function.name)
    }

    /// The function behind a hook, and its logical id.
    fn hook(&self, hook: &HookRef) -> Result<(&Function, String)> {
        let function = hook.in_template.as_ref().and_then(|id| {
            self.stack
                .functions
                .iter()
                .find(|one| one.logical_id == *id)
        });
        let function = function.with_context(|| {
            format!(
                "{}:{}: the hook {} is not a function of the template, so there is no code to run",
                self.args.template.display(),
                hook.place,
                hook.function_name
            )
        })?;
        Ok((function, function.logical_id.clone()))
    }

    /// What users send to `function`: the test events that the stack's layers bundle for it.
    pub(crate) fn payloads(&self, function: &Function) -> Result<Arc<[String]>> {
        let folder = |layer: &Layer| self.directory.join(&layer.content_uri).join(&function.name);
        match self
            .stack
            .layers
            .iter()
            .map(folder)
            .find(|folder| folder.is_dir())
        {
            Some(folder) => Ok(events::payloads(&folder)?.into()),
            None => Ok(Arc::new([])),
        }
    }
}

fn hooks(preference: &DeploymentPreference) -> impl Iterator<Item = &HookRef> {
    preference
        .pre_traffic
        .iter()
        .chain(&preference.post_traffic)
}
