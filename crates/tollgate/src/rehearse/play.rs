//! Playing one deployment: the emulator, the stack, simulated time, and users' requests.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use emulator::template::{AlarmRef, Context, DeploymentPreference, Function, Stack, Template};
use emulator::{
    Account, AliasChange, Beginning, Code, CodeStore, Emulator, Happening, NotStarted, Program,
    Reaper, Timestamp, traffic_steps,
};

use super::arrange::arrange;
use super::rehearsal::Rehearsal;
use super::scenario::{Scenario, Twist};
use super::traffic::{Step, Traffic, Volume};
use super::verdict::{Ended, verdict};
use crate::alias::AliasState;
use crate::printable::shortened;
use crate::progress::Progress;
use crate::project;
use crate::report::error_text;
use crate::timeline::{Timeline, answers_first, millis};

/// Simulated time begins here, 2026-01-01T00:00:00Z, so that every rehearsal has the same timestamps.
const BEGINNING: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// How long the current release has been serving when the deployment is created: alarms have left their first state.
const BEFORE: Duration = Duration::from_secs(10 * 60);

/// The share that somebody left on the alias in the scenario about it.
const LEFT_WEIGHT: f64 = 0.1;

/// Everything that is decided before a deployment is played.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) template: &'a Template,
    pub(crate) context: &'a Context,
    pub(crate) template_directory: &'a Path,
    /// For messages.
    pub(crate) template_path: &'a Path,
    pub(crate) store: &'a CodeStore,
    pub(crate) reaper: Option<&'a Reaper>,
    /// The gated function.
    pub(crate) function: &'a Function,
    /// What is deployed, by logical id; the gated function's new release among them.
    pub(crate) programs: BTreeMap<String, Program>,
    /// The gated function's release that is deployed now; `None` for the very first deployment.
    pub(crate) current: Option<Program>,
    pub(crate) scenario: Option<&'static Scenario>,
    /// How much users send.
    pub(crate) volume: Volume,
    pub(crate) seed: u64,
    /// What users send.
    pub(crate) payloads: &'a [String],
    /// The deployment's alarms on the evidence that the watch publishes.
    pub(crate) on_evidence: &'a [String],
    /// The names of the functions that watch.
    pub(crate) watches: &'a [String],
    /// The deployment's alarms that cannot be evaluated here.
    pub(crate) unwatched: &'a [String],
}

impl Plan<'_> {
    fn twist(&self) -> Option<Twist> {
        self.scenario.and_then(|scenario| scenario.twist)
    }

    fn alias(&self) -> &str {
        self.function
            .auto_publish_alias
            .as_deref()
            .unwrap_or_default()
    }

    fn code<'c>(&'c self, programs: &'c BTreeMap<String, Program>) -> Code<'c> {
        Code {
            programs,
            template_directory: self.template_directory,
        }
    }

    /// The stack once the published versions are known.
    fn stack(&self, versions: &BTreeMap<String, String>) -> Result<Stack> {
        let mut stack = project::stack(self.template, self.context, versions)?;
        if let Some(scenario) = self.scenario {
            arrange(&mut stack, &self.function.logical_id, versions, scenario)?;
        }
        Ok(stack)
    }

    /// Deploys the stack with `programs`, and says what became of the gated alias.
    fn deploy(
        &self,
        emulator: &Emulator,
        programs: &BTreeMap<String, Program>,
    ) -> Result<Deployed> {
        let template = || self.template_path.display().to_string();
        let versions = emulator
            .publish(&self.stack(&self.context.versions)?, &self.code(programs))
            .with_context(template)?;
        let version = versions
            .get(&self.function.logical_id)
            .cloned()
            .context("the gated function was not published")?;
        let stack = self.stack(&versions)?;
        let mut changes = emulator.apply(&stack, &versions).with_context(template)?;
        let change = changes
            .remove(&self.function.logical_id)
            .context("the gated function has no alias")?;
        let functions = stack
            .functions
            .into_iter()
            .filter(|function| programs.contains_key(&function.logical_id));
        Ok(Deployed {
            version,
            change,
            functions: functions.map(|function| function.name).collect(),
        })
    }
}

struct Deployed {
    /// The published version of the gated function.
    version: String,
    change: AliasChange,
    /// The names of all functions that have a program.
    functions: Vec<String>,
}

/// Plays the deployment to its end.
pub(crate) async fn play(plan: &Plan<'_>, progress: &mut Progress<'_>) -> Result<Rehearsal> {
    let started = Instant::now();
    let account = Account {
        region: plan.context.region.clone(),
        account_id: plan.context.account_id.clone(),
    };
    let emulator = Emulator::start(Beginning {
        account,
        seed: plan.seed,
        now: BEGINNING,
        time_scale: None,
        port: 0,
        store: plan.store.clone(),
        reaper: plan.reaper.cloned(),
    })
    .await
    .context("cannot start the emulator")?;
    let current_version = match &plan.current {
        Some(current) => Some(deploy_current(plan, &emulator, current, progress).await?),
        None => None,
    };
    prepare(plan, &emulator)?;
    let alias_at_start = match plan.current {
        Some(_) => Some(alias_state(plan, &emulator)?),
        None => None,
    };
    emulator.take_timeline();

    let mut timeline = Timeline::new(emulator.now());
    let deployed = plan.deploy(&emulator, &plan.programs)?;
    start_programs(plan, &emulator, current_version.as_deref(), &deployed).await?;
    let deployment_id = match deployed.change {
        AliasChange::Deployment(id) => Some(id),
        AliasChange::Created => None,
        AliasChange::Unchanged => bail!(
            "{}: the new release is the one that is deployed (same code and configuration): Lambda publishes no \
             version and CodeDeploy deploys nothing; name another with --new or --current",
            plan.function.logical_id
        ),
        AliasChange::Moved => bail!(
            "{}: the function has no DeploymentPreference",
            plan.function.logical_id
        ),
    };
    if plan.twist() == Some(Twist::AlarmActive) {
        activate_alarm(plan, &emulator)?;
    }
    drive(plan, &emulator, &mut timeline, progress).await?;

    let ending = deployment_id
        .as_deref()
        .and_then(|id| Some((id, emulator.deployment(id)?)));
    let (verdict, reason, notes) = verdict(&Ended {
        deployment: ending.as_ref().map(|(id, state)| (*id, state)),
        alias: (&plan.function.name, plan.alias()),
        alias_at_start: alias_at_start.as_ref(),
        target_version: &deployed.version,
        watching: preference(plan.function)?.alarms.len() - plan.unwatched.len(),
        on_evidence: plan.on_evidence,
        watches: plan.watches,
        unwatched: plan.unwatched,
        lines: timeline.lines(),
    });
    Ok(Rehearsal {
        scenario: plan.scenario.map(|scenario| scenario.name),
        function: plan.function.name.clone(),
        alias: plan.alias().to_owned(),
        deployment_type: preference(plan.function)?.deployment_type.clone(),
        current_version,
        target_version: deployed.version,
        seed: plan.seed,
        alias_at_start,
        timeline: timeline.into_lines(),
        alias_at_end: alias_state(plan, &emulator)?,
        verdict,
        reason,
        notes,
        elapsed_ms: millis(started.elapsed()),
    })
}

fn alias_state(plan: &Plan<'_>, emulator: &Emulator) -> Result<AliasState> {
    let alias = emulator.alias(&plan.function.name, plan.alias())?;
    Ok(AliasState {
        function_version: alias.function_version,
        additional_version_weights: alias.additional_version_weight.into_iter().collect(),
    })
}

/// Makes sure that every program starts: what does not start cannot be rehearsed.
async fn start_programs(
    plan: &Plan<'_>,
    emulator: &Emulator,
    current_version: Option<&str>,
    deployed: &Deployed,
) -> Result<()> {
    let gated = &plan.function.name;
    let others = deployed
        .functions
        .iter()
        .filter(|name| *name != gated)
        .map(|name| (name.as_str(), "$LATEST"));
    let releases = current_version
        .into_iter()
        .chain([deployed.version.as_str()])
        .map(|version| (gated.as_str(), version));
    for (function, version) in releases.chain(others) {
        emulator
            .start_environment(function, version)
            .await
            .map_err(|error| {
                let NotStarted {
                    function,
                    reason,
                    output,
                } = error;
                let reason =
                    error_text(serde_json::from_str(&reason).ok().as_ref()).unwrap_or(reason);
                let reason = shortened(&reason);
                let output = if output.is_empty() {
                    String::new()
                } else {
                    format!("; it wrote: {}", shortened(output.trim_end()))
                };
                anyhow!(
                    "the program of {function}, version {version}, does not start: {reason}{output}"
                )
            })?;
    }
    Ok(())
}

/// Brings the emulated account to where it is before the deployment; the version that serves.
async fn deploy_current(
    plan: &Plan<'_>,
    emulator: &Emulator,
    current: &Program,
    progress: &mut Progress<'_>,
) -> Result<String> {
    let mut programs = plan.programs.clone();
    programs.insert(plan.function.logical_id.clone(), current.clone());
    let deployed = plan.deploy(emulator, &programs)?;
    let until = emulator.now() + BEFORE;
    while !emulator.advance_to(until) {
        settle(emulator, progress).await?;
    }
    Ok(deployed.version)
}

fn prepare(plan: &Plan<'_>, emulator: &Emulator) -> Result<()> {
    if plan.twist() == Some(Twist::AliasLeftWeighted) {
        // As after a stopped deployment whose weights nobody took back: the new version is published and gets a share.
        let versions = emulator.publish(
            &plan.stack(&plan.context.versions)?,
            &plan.code(&plan.programs),
        )?;
        let version = versions
            .get(&plan.function.logical_id)
            .context("the gated function was not published")?;
        emulator.set_alias_weight(&plan.function.name, plan.alias(), version, LEFT_WEIGHT)?;
    }
    Ok(())
}

fn activate_alarm(plan: &Plan<'_>, emulator: &Emulator) -> Result<()> {
    let watched = |alarm: &&AlarmRef| !plan.unwatched.contains(&alarm.name);
    let alarm = preference(plan.function)?.alarms.iter().find(watched).with_context(|| {
        format!(
            "{}: the DeploymentPreference has no alarm that could fire here: add one to its Alarms",
            plan.function.logical_id
        )
    })?;
    Ok(emulator.set_alarm_state(&alarm.name, "ALARM", "set by the rehearsal")?)
}

/// Lets simulated time pass until every deployment has ended, sending requests in each traffic step.
async fn drive(
    plan: &Plan<'_>,
    emulator: &Emulator,
    timeline: &mut Timeline,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let begun = emulator.now();
    let mut traffic = Traffic::new(plan.payloads, plan.volume, plan.seed);
    if plan.twist() == Some(Twist::CommonOutage) {
        traffic = traffic.with_outage();
    }
    let mut in_outage = false;
    let mut steps = traffic_steps(preference(plan.function)?)?
        .into_iter()
        .peekable();
    let mut rolling_back = false;
    // The step in progress, and the line of the timeline that began it.
    let mut current: Option<(Step, usize)> = None;
    loop {
        settle(emulator, progress).await?;
        for entry in answers_first(emulator.take_timeline()) {
            let (at, shifts) = (entry.at, is_shift(&entry.happening, plan));
            rolling_back |= matches!(
                &entry.happening,
                Happening::DeploymentCreated {
                    rolls_back: Some(_),
                    ..
                }
            );
            if let Some((step, line)) = current.take_if(|_| shifts) {
                timeline.add_traffic(line, step.minutes());
            }
            let line = timeline.add(entry);
            if !shifts {
                continue;
            }
            if let Some(step) = steps.next_if(|_| !rolling_back) {
                // The last step has no length: PostTraffic runs at once, and nothing watches what comes after it.
                let length = steps
                    .peek()
                    .map_or(Duration::ZERO, |next| next.at.saturating_sub(step.at));
                current = Some((traffic.begin(at, length), line));
            }
        }
        let next_due = emulator
            .is_deploying()
            .then(|| emulator.next_due())
            .flatten();
        let next_request = current
            .as_ref()
            .and_then(|(step, _)| traffic.next_at(step))
            .filter(|request| next_due.is_none_or(|due| *request <= due));
        let Some(next) = next_request.or(next_due) else {
            break;
        };
        progress.show(|| {
            let sent = current.as_ref().map_or(0, |(step, _)| step.sent());
            let seconds = next.since(begun).as_secs();
            format!(
                "simulated time {}:{:02}, {sent} requests in this step",
                seconds / 60,
                seconds % 60
            )
        })?;
        let reached = emulator.advance_to(next);
        let outage = traffic.meets_outage(emulator.now());
        if outage != in_outage {
            in_outage = outage;
            let status = if outage { "begins" } else { "ends" };
            timeline.add_outage(emulator.now(), status);
        }
        if let (true, Some(_), Some((step, _))) = (reached, next_request, &mut current) {
            traffic
                .send(step, emulator, &plan.function.name, plan.alias())
                .await?;
        }
    }
    if let Some((step, line)) = current {
        timeline.add_traffic(line, step.minutes());
    }
    Ok(())
}

/// Waits until no function runs any more, which may take as long as a timeout of the template.
async fn settle(emulator: &Emulator, progress: &mut Progress<'_>) -> Result<()> {
    let text = || "waiting for functions that are still running".to_owned();
    Ok(progress.during(text, emulator.settle()).await?)
}

/// Whether traffic goes elsewhere from here on.
fn is_shift(happening: &Happening, plan: &Plan<'_>) -> bool {
    matches!(happening, Happening::AliasUpdated { function, alias, .. }
        if *function == plan.function.name && alias == plan.alias())
}

fn preference(function: &Function) -> Result<&DeploymentPreference> {
    function.deployment_preference.as_ref().with_context(|| {
        format!(
            "{}: the function has no DeploymentPreference",
            function.logical_id
        )
    })
}
