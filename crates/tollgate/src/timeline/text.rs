//! The lines of a timeline for people.

use std::fmt::{self, Write as _};

use anstyle::Style;

use super::{HookAnswer, What, watch};
use crate::draw::{BAD, BOLD, DIM, MARGIN, ODD, colored};
use crate::printable::{printable, shortened};
use crate::report::{self, error_text};

/// Whether people are shown it; of the rest, something else says as much.
pub(crate) fn is_shown(what: &What, is_rollback: impl Fn(&str) -> bool) -> bool {
    match what {
        What::LifecycleEvent {
            deployment_id,
            name,
            status,
        } => {
            // The rollback's own events run no hooks: its alias update says it all. And what begins AllowTraffic
            // is the first update of the alias.
            !is_rollback(deployment_id) && (*status != "InProgress" || *name != "AllowTraffic")
        }
        What::ScheduledRunEnded { .. } => !what.is_idle_run(),
        What::DeploymentCreated { .. }
        | What::HookInvoked { .. }
        | What::HookEnded { .. }
        | What::HookReported { .. }
        | What::Alias { .. }
        | What::Traffic { .. }
        | What::Outage { .. }
        | What::Alarm { .. }
        | What::DeploymentEnded { .. } => true,
    }
}

/// Writes one line, or several, without its time.
pub(crate) fn write_line(
    out: &mut String,
    what: &What,
    is_rollback: impl Fn(&str) -> bool,
) -> fmt::Result {
    match what {
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
        What::ScheduledRunEnded {
            rule,
            function,
            answer,
        } => match answer {
            HookAnswer::Other(payload) => writeln!(
                out,
                "  {DIM}{function} ran on the schedule {rule}{DIM:#}: {}",
                shortened(payload)
            ),
            HookAnswer::Report(_) | HookAnswer::Watch(_) | HookAnswer::FunctionError { .. } => {
                write_answer(out, function, answer)
            }
        },
        What::Alias { alias, state, .. } => writeln!(out, "  {alias} → {}", state),
        What::Outage { status } => {
            let style = if *status == "begins" { ODD } else { DIM };
            writeln!(
                out,
                "  {style}an outage of what all versions depend on {status}{style:#}"
            )
        }
        What::Traffic { versions, .. } => {
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
            let what = if is_rollback(deployment_id) {
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
        HookAnswer::Watch(answer) => watch::write(out, answer),
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
