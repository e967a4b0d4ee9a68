//! What a run leaves behind: text, JSON, and the status.

mod json;
mod text;

use std::io::Write;

use anyhow::Result;
use checks::Outcome;

use super::run::Tested;
use crate::cli::{Format, Test};
use crate::exit::Exit;

/// Writes what became of the functions, in every form that was asked for.
pub(super) fn write(
    args: &Test,
    outcome: Result<Vec<Tested>>,
    out: &mut impl Write,
) -> Result<Exit> {
    match (outcome, args.format) {
        (Ok(tested), format) => {
            let exit = exit(&tested);
            match format {
                Format::Text => write!(out, "{}", text::document(&tested)?)?,
                Format::Json => writeln!(out, "{:#}", json::document(exit, &tested))?,
            }
            Ok(exit)
        }
        (Err(error), format) => {
            if format == Format::Json {
                // Machines get a document in any case.
                writeln!(out, "{:#}", json::error(&error))?;
            }
            Err(error)
        }
    }
}

/// What is unmet would roll back, whatever else could not be checked; nothing checked is not a pass.
fn exit(tested: &[Tested]) -> Exit {
    let mut outcomes = tested
        .iter()
        .flat_map(|one| &one.report.events)
        .map(|event| &event.outcome)
        .peekable();
    if outcomes.peek().is_none() {
        return Exit::Undecided;
    }
    outcomes.fold(Exit::WouldShip, |exit, outcome| match (exit, outcome) {
        (Exit::WouldRollBack, _) | (_, Outcome::Unmet(_)) => Exit::WouldRollBack,
        (_, Outcome::Broken(_)) => Exit::Undecided,
        (exit, Outcome::Met) => exit,
    })
}
