//! The timeline for people.

use std::fmt::{self, Write as _};

use anstyle::Style;

use super::Played;
use super::rehearsal::{HookAnswer, Line, Rehearsal, What};
use super::scenario::SCENARIOS;
use crate::draw::{BAD, BOLD, DIM, GOOD, MARGIN, ODD, clock, colored};
use crate::exit::Exit;
use crate::printable::{printable, shortened};
use crate::report::{self, error_text};

/// A whole rehearsal.
pub(crate) fn rehearsal(rehearsal: &Rehearsal) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let Rehearsal {
        function,
        alias,
        target_version,
        deployment_type,
        seed,
        ..
    } = rehearsal;
    let versions = match &rehearsal.current_version {
        Some(current) => format!("version {current} → {target_version}"),
        None => format!("version {target_version}, the first"),
    };
    let scenario = rehearsal
        .scenario
        .map_or_else(String::new, |name| format!("  scenario {name}"));
    writeln!(
        out,
        "{BOLD}{function}:{alias}{BOLD:#}  {versions}  {deployment_type}{scenario}  {DIM}seed {seed}{DIM:#}"
    )?;
    writeln!(
        out,
        "{DIM}times at the left are simulated, milliseconds are measured{DIM:#}\n"
    )?;
    let mut shown_at = None;
    for line in &rehearsal.timeline {
        if is_shown(&line.what, &rehearsal.timeline) {
            let time = (shown_at != Some(line.at_ms)).then(|| clock(line.at_ms));
            write!(out, "{:>8}  ", time.unwrap_or_default())?;
            write_line(&mut out, line, &rehearsal.timeline)?;
            shown_at = Some(line.at_ms);
        }
    }
    writeln!(out, "\n{MARGIN}{alias} → {}", rehearsal.alias_at_end)?;
    for note in &rehearsal.notes {
        writeln!(out, "{MARGIN}{DIM}{note}{DIM:#}")?;
    }
    let (style, words) = verdict_words(rehearsal.verdict);
    writeln!(
        out,
        "\n{style}{BOLD}{words}{BOLD:#}{style:#}: {}",
        rehearsal.reason
    )?;
    Ok(out)
}

/// One row for each scenario.
pub(crate) fn summary(played: &[Played<'_>]) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let width = name_width();
    let mut function = None;
    for one in played {
        if function != Some(&one.function.name) {
            let gap = if function.is_some() { "\n" } else { "" };
            function = Some(&one.function.name);
            writeln!(
                out,
                "{gap}{BOLD}{:width$}  exit  alias at the end    ends{BOLD:#}",
                one.function.name
            )?;
        }
        let name = one.scenario.map_or("", |scenario| scenario.name);
        match &one.outcome {
            Ok(rehearsal) => {
                let (style, words) = verdict_words(rehearsal.verdict);
                let mark = if one.as_it_must() {
                    String::new()
                } else {
                    format!("{BAD}NOT AS IT MUST{BAD:#}: ")
                };
                let alias = format!("{} → {}", rehearsal.alias, rehearsal.alias_at_end);
                let status = rehearsal.verdict.status();
                writeln!(
                    out,
                    "{name:width$}  {status:<4}  {alias:18}  {mark}{style}{words}{style:#}: {}",
                    rehearsal.reason
                )?;
            }
            Err(reason) => {
                let status = Exit::Undecided.status();
                writeln!(
                    out,
                    "{name:width$}  {status:<4}  {:18}  {ODD}not played{ODD:#}: {reason:#}",
                    ""
                )?;
            }
        }
    }
    let good = played.iter().filter(|one| one.as_it_must()).count();
    let style = if good == played.len() { GOOD } else { BAD };
    writeln!(
        out,
        "\n{style}{good} of {} scenarios ended as they must{style:#}",
        played.len()
    )?;
    Ok(out)
}

/// The names of all scenarios and what happens in them.
pub(crate) fn scenarios() -> Result<String, fmt::Error> {
    let mut out = String::new();
    let width = name_width();
    for scenario in &SCENARIOS {
        writeln!(out, "{:width$}  {}", scenario.name, scenario.about)?;
    }
    Ok(out)
}

fn name_width() -> usize {
    SCENARIOS
        .iter()
        .map(|scenario| scenario.name.len())
        .max()
        .unwrap_or_default()
}

pub(crate) fn verdict_words(verdict: Exit) -> (Style, &'static str) {
    match verdict {
        Exit::WouldShip => (GOOD, "would ship"),
        Exit::WouldRollBack => (BAD, "would roll back"),
        Exit::Undecided => (ODD, "could not be decided"),
    }
}

fn is_shown(what: &What, timeline: &[Line]) -> bool {
    match what {
        What::LifecycleEvent {
            deployment_id,
            name,
            status,
        } => {
            // The rollback's own events run no hooks: its alias update says it all. And what begins AllowTraffic
            // is the first update of the alias.
            !is_rollback(deployment_id, timeline)
                && (*status != "InProgress" || *name != "AllowTraffic")
        }
        What::DeploymentCreated { .. }
        | What::HookInvoked { .. }
        | What::HookEnded { .. }
        | What::HookReported { .. }
        | What::Alias { .. }
        | What::Traffic { .. }
        | What::Alarm { .. }
        | What::DeploymentEnded { .. } => true,
    }
}

fn is_rollback(id: &str, timeline: &[Line]) -> bool {
    timeline
        .iter()
        .any(|line| matches!(&line.what, What::DeploymentCreated { deployment_id, rolls_back: Some(_) } if deployment_id == id))
}

fn write_line(out: &mut String, line: &Line, timeline: &[Line]) -> fmt::Result {
    match &line.what {
        What::DeploymentCreated {
            deployment_id,
            rolls_back: None,
        } => writeln!(out, "{deployment_id} created"),
        What::DeploymentCreated {
            deployment_id,
            rolls_back: Some(original),
        } => {
            writeln!(out, "{deployment_id} created to roll back {original}")
        }
        What::LifecycleEvent { name, status, .. } => {
            let style = match *status {
                "Failed" => BAD,
                "Skipped" => DIM,
                _ => Style::new(),
            };
            match *status {
                "InProgress" => writeln!(out, "{BOLD}{name}{BOLD:#}"),
                _ => writeln!(out, "{BOLD}{name}{BOLD:#} {style}{status}{style:#}"),
            }
        }
        What::HookInvoked {
            function,
            attempt: 1,
            ..
        } => writeln!(out, "  {function} invoked"),
        What::HookInvoked {
            function, attempt, ..
        } => {
            writeln!(
                out,
                "  {function} invoked again by Lambda, attempt {attempt} of 3"
            )
        }
        What::HookEnded {
            function, answer, ..
        } => write_answer(out, function, answer),
        What::HookReported { status, .. } => writeln!(out, "  reported {}", colored(status)),
        What::Alias { alias, state } => writeln!(out, "  {alias} → {}", state),
        What::Traffic { versions } => {
            let requests: u32 = versions.values().map(|counts| counts.requests).sum();
            write!(out, "  {requests} requests")?;
            for (version, counts) in versions {
                let style = if counts.errors > 0 { BAD } else { DIM };
                write!(
                    out,
                    "   version {version}: {}, {style}errors: {}{style:#}",
                    counts.requests, counts.errors
                )?;
            }
            writeln!(out)
        }
        What::Alarm {
            name,
            state,
            reason,
        } => {
            let style = if state == "ALARM" { BAD } else { DIM };
            writeln!(
                out,
                "{style}alarm {name} {state}{style:#}: {}",
                printable(reason)
            )
        }
        What::DeploymentEnded {
            deployment_id,
            status,
            error,
        } => {
            let what = if is_rollback(deployment_id, timeline) {
                "rollback"
            } else {
                "deployment"
            };
            write!(out, "{what} {deployment_id} {}", colored(status))?;
            match error {
                Some(error) => writeln!(out, ": {} {}", error.code, error.message),
                None => writeln!(out),
            }
        }
    }
}

fn write_answer(out: &mut String, function: &str, answer: &HookAnswer) -> fmt::Result {
    match answer {
        HookAnswer::Report(report) => report::write(out, report, report::Commands::Left),
        HookAnswer::Other(payload) => {
            writeln!(
                out,
                "  {ODD}{function} ended without a report{ODD:#}: it answered {}",
                shortened(payload)
            )
        }
        HookAnswer::FunctionError { error, log_tail } => {
            let parsed = serde_json::from_str(error).ok();
            let text = shortened(&error_text(parsed.as_ref()).unwrap_or_else(|| error.clone()));
            writeln!(out, "  {BAD}{function} failed{BAD:#}: {text}")?;
            for line in log_tail
                .lines()
                .rev()
                .take(3)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
            {
                writeln!(out, "{MARGIN}    {DIM}{}{DIM:#}", shortened(line))?;
            }
            Ok(())
        }
    }
}
