//! `tollgate rehearse`: the deployment that a template describes, played locally.

mod arrange;
mod events;
mod play;
mod rehearsal;
mod render;
mod scenario;
mod scene;
mod setting;
mod traffic;
mod verdict;

use std::io::Write;
use std::sync::Arc;

use anyhow::{Result, bail};
use emulator::CodeStore;
use emulator::template::Function;
use serde_json::json;

use crate::cli::{Format, Rehearse};
use crate::exit::{self, Exit};
use crate::interrupt::unless_interrupted;
use crate::reaper;
use rehearsal::Rehearsal;
use scenario::{SCENARIOS, Scenario};
use setting::Setting;

/// One rehearsal that was asked for, and what came of it.
struct Played<'a> {
    function: &'a Function,
    scenario: Option<&'static Scenario>,
    /// Why it could not be played, where it could not.
    outcome: Result<Rehearsal>,
}

/// Runs the command: prints the rehearsals to `out`, warnings and progress to `err`.
pub(crate) async fn rehearse(
    args: &Rehearse,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<Exit> {
    let outcome = unless_interrupted(play_all(args, out, err)).await;
    if let Err(error) = &outcome {
        exit::write_error(error, args.format, json!({ "rehearsals": [] }), out)?;
    }
    outcome
}

async fn play_all(args: &Rehearse, out: &mut impl Write, err: &mut impl Write) -> Result<Exit> {
    let scenarios: Vec<Option<&'static Scenario>> = match args.scenario.as_deref() {
        None => vec![None],
        Some("list") => {
            write!(out, "{}", render::scenarios()?)?;
            return Ok(Exit::WouldShip);
        }
        Some("all") => SCENARIOS.iter().map(Some).collect(),
        Some(name) => vec![Some(known(name)?)],
    };
    let all = args.scenario.as_deref() == Some("all");
    let setting = Setting::of(args)?;
    setting.project.warn("rehearsed", err)?;
    let mut scenes = Vec::new();
    for function in setting.gated()? {
        let payloads = setting.payloads(function)?;
        for scenario in &scenarios {
            let scene = setting.scene(function, *scenario, Arc::clone(&payloads));
            scenes.push((function, *scenario, scene));
        }
    }
    let playable = scenes
        .iter()
        .filter_map(|(_, _, scene)| scene.as_ref().ok());
    let built = setting.build(playable, err).await?;
    let store = CodeStore::create()?;
    let reaper = reaper::start(&store, err)?;

    let mut played = Vec::new();
    let total = scenes.len();
    for (position, (function, scenario, scene)) in scenes.into_iter().enumerate() {
        if let (true, Some(scenario)) = (all, scenario) {
            writeln!(
                err,
                "[{}/{total}] {}: {}",
                position + 1,
                scenario.name,
                scenario.about
            )?;
        }
        let outcome = match scene {
            Ok(scene) => {
                setting
                    .play(&scene, &built, (&store, reaper.as_ref()), err)
                    .await
            }
            Err(reason) => Err(reason),
        };
        let outcome = match outcome {
            // The only one that was asked for: that it cannot be played is the command's own error.
            Err(reason) if total == 1 => return Err(reason),
            outcome => outcome,
        };
        if !all && args.format == Format::Text {
            match &outcome {
                Ok(rehearsal) => write!(out, "{}", render::rehearsal(rehearsal)?)?,
                Err(reason) => writeln!(err, "error: {}: {reason:#}", function.logical_id)?,
            }
        }
        played.push(Played {
            function,
            scenario,
            outcome,
        });
    }
    let exit = exit(&played, all);
    match args.format {
        Format::Text if all => write!(out, "{}", render::summary(&played)?)?,
        Format::Text => {}
        Format::Json => writeln!(out, "{:#}", document(&played, exit, &setting))?,
    }
    Ok(exit)
}

fn known(name: &str) -> Result<&'static Scenario> {
    match SCENARIOS.iter().find(|scenario| scenario.name == name) {
        Some(scenario) => Ok(scenario),
        None => {
            let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
            bail!(
                "there is no scenario {name:?}; there are all, {}",
                names.join(", ")
            )
        }
    }
}

impl Played<'_> {
    /// Whether the scenario ended as it must for the gate to be worth its name.
    fn as_it_must(&self) -> bool {
        match (self.scenario, &self.outcome) {
            (Some(scenario), Ok(rehearsal)) => rehearsal.end().as_ref() == Some(&scenario.end),
            (Some(_), Err(_)) => false,
            (None, _) => true,
        }
    }
}

/// The worst verdict; with `--scenario all`, whether each scenario ended as it must.
fn exit(played: &[Played<'_>], all: bool) -> Exit {
    let verdict = |played: &Played<'_>| match &played.outcome {
        Err(_) => Exit::Undecided,
        Ok(rehearsal) if rehearsal.verdict == Exit::Undecided || !all => rehearsal.verdict,
        Ok(_) if played.as_it_must() => Exit::WouldShip,
        Ok(_) => Exit::WouldRollBack,
    };
    played.iter().map(verdict).max().unwrap_or(Exit::Undecided)
}

fn document(played: &[Played<'_>], exit: Exit, setting: &Setting<'_>) -> serde_json::Value {
    let rehearsals: Vec<_> = played
        .iter()
        .map(|played| match &played.outcome {
            Ok(rehearsal) => json!(rehearsal),
            Err(reason) => json!({
                "scenario": played.scenario.map(|scenario| scenario.name),
                "function": played.function.name,
                "notPlayed": format!("{reason:#}"),
            }),
        })
        .collect();
    json!({ "exitStatus": exit.status(), "rehearsals": rehearsals, "templateNotes": setting.project.notes() })
}
