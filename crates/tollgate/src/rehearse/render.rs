//! The timeline for people.

use std::fmt::{self, Write as _};

use anstyle::Style;

use super::Played;
use super::rehearsal::Rehearsal;
use super::scenario::SCENARIOS;
use crate::draw::{BAD, BOLD, DIM, GOOD, MARGIN, ODD, clock};
use crate::exit::Exit;
use crate::timeline::{Line, What, is_shown, write_line};

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
    let is_rollback = |id: &str| is_rollback(id, &rehearsal.timeline);
    let mut shown_at = None;
    for line in &rehearsal.timeline {
        if is_shown(&line.what, is_rollback) {
            let time = (shown_at != Some(line.at_ms)).then(|| clock(line.at_ms));
            write!(out, "{:>8}  ", time.unwrap_or_default())?;
            write_line(&mut out, &line.what, is_rollback)?;
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

fn is_rollback(id: &str, timeline: &[Line]) -> bool {
    timeline
        .iter()
        .any(|line| matches!(&line.what, What::DeploymentCreated { deployment_id, rolls_back: Some(_) } if deployment_id == id))
}
