//! What it takes to play one function in one scenario, and playing it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use emulator::template::{AlarmRef, Function, HookRef, Layer, Stack};
use emulator::{CodeStore, Program, Reaper};

use super::arrange::arrange;
use super::events;
use super::play::{Plan, play};
use super::rehearsal::Rehearsal;
use super::scenario::{Release, Scenario, Twist};
use super::setting::Setting;
use super::traffic::Volume;
use crate::progress::Progress;
use crate::project::{Executable, Releases, ScenarioReleases, alarms, hooks, on_evidence, watches};
use crate::stand_in::StandIn;

const DEFAULT_VOLUME: Volume = Volume::PerStep(200);

/// One gated function in one scenario, with the executables that it takes.
pub(crate) struct Scene {
    /// As the scenario has it.
    function: Function,
    scenario: Option<&'static Scenario>,
    /// The deployment's alarms on the evidence that the watch publishes.
    on_evidence: Vec<String>,
    /// The names of the functions that watch.
    watches: Vec<String>,
    /// The deployment's alarms that cannot be evaluated here.
    unwatched: Vec<String>,
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

impl Setting<'_> {
    /// What it takes to play `function` in `scenario`.
    pub(crate) fn scene(
        &self,
        function: &Function,
        scenario: Option<&'static Scenario>,
        payloads: Arc<[String]>,
    ) -> Result<Scene> {
        let id = &function.logical_id;
        let mut stack = self.project.stack.clone();
        if let Some(scenario) = scenario {
            arrange(&mut stack, id, &self.project.context.versions, scenario)?;
        }
        let function = stack
            .functions
            .iter()
            .find(|arranged| arranged.logical_id == *id)
            .with_context(|| format!("{id}: the function is gone"))?;
        let twist = scenario.and_then(|scenario| scenario.twist);
        let current = match twist {
            Some(Twist::FirstDeployment) => None,
            _ => Some(self.current(function, scenario)?),
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
            deployed.insert(
                id,
                Code::Executable(self.project.sources.of_function(hook)?),
            );
        }
        let mut watching = Vec::new();
        for watch in watches(&stack) {
            watching.push(watch.name.clone());
            let executable = self.project.sources.of_function(watch)?;
            deployed.insert(watch.logical_id.clone(), Code::Executable(executable));
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
            function: function.clone(),
            scenario,
            on_evidence: names(on_evidence(function, &stack)),
            watches: watching,
            unwatched: unwatched(function, &stack),
            current,
            deployed,
            payloads,
        })
    }

    /// Where every executable of the scenes is, once they are built.
    pub(crate) async fn build<'s>(
        &self,
        scenes: impl Iterator<Item = &'s Scene>,
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
        self.project.sources.obtain(&wanted, err).await
    }

    /// Plays one scene.
    pub(crate) async fn play(
        &self,
        scene: &Scene,
        built: &BTreeMap<Executable, PathBuf>,
        (store, reaper): (&CodeStore, Option<&Reaper>),
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
        let asked_for = (self.args.requests.map(Volume::PerStep))
            .or(self.args.calls_per_minute.map(Volume::PerMinute));
        let volume = asked_for.or(scene.scenario.and_then(|scenario| scenario.volume));
        let plan = Plan {
            template: &self.project.template,
            context: &self.project.context,
            template_directory: &self.project.directory,
            template_path: self.project.path,
            store,
            reaper,
            function: &scene.function,
            programs,
            current: scene.current.as_ref().map(program).transpose()?,
            scenario: scene.scenario,
            volume: volume.unwrap_or(DEFAULT_VOLUME),
            seed: self.args.seed,
            payloads: &scene.payloads,
            on_evidence: &scene.on_evidence,
            watches: &scene.watches,
            unwatched: &scene.unwatched,
        };
        play(&plan, &mut Progress::on(err)).await
    }

    fn current(
        &self,
        function: &Function,
        scenario: Option<&'static Scenario>,
    ) -> Result<Executable> {
        let of_scenario = || self.scenario_releases(function, scenario?)?.current();
        let of_function = || self.releases(function)?.current.as_ref();
        let named = self.args.current.as_ref();
        let named = named.or_else(of_scenario).or_else(of_function);
        let id = &function.logical_id;
        let release = named.with_context(|| {
            format!(
                "{id}: which release is deployed now? Name it with --current (a path, or a binary or example of the \
                 workspace), or as `current` in [workspace.metadata.tollgate.{}] of Cargo.toml",
                function.name
            )
        })?;
        self.project
            .sources
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
                .project
                .sources
                .of_release(release)
                .with_context(|| format!("{id}: the new release"));
        }
        let Some(scenario) = scenario.filter(|scenario| scenario.release == Release::Named) else {
            return self.project.sources.of_function(function);
        };
        let releases = self.scenario_releases(function, scenario).with_context(|| {
            format!(
                "{id}: no release is named for this: name one as `{}` in [workspace.metadata.tollgate.{}.scenarios] of Cargo.toml",
                scenario.name, function.name
            )
        })?;
        self.project
            .sources
            .of_release(releases.deployed())
            .with_context(|| format!("{id}: the release of {}", scenario.name))
    }

    fn scenario_releases(
        &self,
        function: &Function,
        scenario: &Scenario,
    ) -> Option<&ScenarioReleases> {
        self.releases(function)?.scenarios.get(scenario.name)
    }

    fn releases(&self, function: &Function) -> Option<&Releases> {
        self.project
            .sources
            .workspace
            .as_ref()?
            .releases(&function.name)
    }

    /// The function behind a hook, and its logical id.
    fn hook(&self, hook: &HookRef) -> Result<(&Function, String)> {
        let function = hook.in_template.as_ref().and_then(|id| {
            self.project
                .stack
                .functions
                .iter()
                .find(|one| one.logical_id == *id)
        });
        let function = function.with_context(|| {
            format!(
                "{}:{}: the hook {} is not a function of the template, so there is no code to run",
                self.project.path.display(),
                hook.place,
                hook.function_name
            )
        })?;
        Ok((function, function.logical_id.clone()))
    }

    /// What users send to `function`: the test events that the stack's layers bundle for it.
    pub(crate) fn payloads(&self, function: &Function) -> Result<Arc<[String]>> {
        let folder = |layer: &Layer| {
            self.project
                .directory
                .join(&layer.content_uri)
                .join(&function.name)
        };
        match self
            .project
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

/// The alarms of a deployment that are not in the stack, or watch what is not evaluated here.
fn unwatched(function: &Function, stack: &Stack) -> Vec<String> {
    names(alarms(function).filter(|alarm| !stack.watches(alarm)))
}

fn names<'a>(alarms: impl Iterator<Item = &'a AlarmRef>) -> Vec<String> {
    alarms.map(|alarm| alarm.name.clone()).collect()
}
