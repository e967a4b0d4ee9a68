//! What a run leaves behind: text, JSON, a JUnit report, annotations, and the status.

mod annotations;
mod json;
mod junit;
mod junit_file;
mod places;
mod text;
mod view;

use std::env;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Error, Result};
use checks::Outcome;
use serde_json::json;

use super::run::Tested;
use crate::cli::{Format, Test};
use crate::exit::{self, Exit};
use crate::printable::printable;
pub(super) use junit_file::JunitFile;
use view::FunctionView;

/// The JUnit report that is asked for, if one is, before anything is run.
///
/// # Errors
/// It cannot be written.
pub(super) fn junit(args: &Test) -> Result<Option<JunitFile>> {
    let Some(file) = &args.junit else {
        return Ok(None);
    };
    let junit = JunitFile::at(file)?;
    junit.begin(&junit::of_error(
        named(args),
        "the run did not come to its end",
    )?)?;
    Ok(Some(junit))
}

/// What a report is about where no function was run.
fn named(args: &Test) -> &str {
    args.function.as_deref().unwrap_or("tollgate test")
}

/// Writes what became of the functions, in every form that was asked for. The report's file comes last, so that nothing
/// else is lost when it cannot be written.
pub(super) fn write(
    args: &Test,
    outcome: Result<Vec<Tested>>,
    junit: Option<JunitFile>,
    out: &mut impl Write,
) -> Result<Exit> {
    match outcome {
        Ok(tested) => {
            let views: Vec<FunctionView<'_>> = tested.iter().map(FunctionView::of).collect();
            let exit = exit(&tested);
            match args.format {
                Format::Text => {
                    write!(out, "{}", text::document(&views)?)?;
                    if let Some(workspace) = github_workspace() {
                        let workspace = workspace.as_deref();
                        write!(out, "{}", annotations::commands(&views, workspace))?;
                    }
                }
                Format::Json => writeln!(out, "{:#}", json::document(exit, &views)?)?,
            }
            if let Some(junit) = junit {
                junit.write(&junit::document(&views)?)?;
            }
            Ok(exit)
        }
        Err(error) => {
            write_error(args, &error, junit, out)?;
            Err(error)
        }
    }
}

/// That nothing could be run is told in every form, too: a file that is not there looks like no tests.
fn write_error(
    args: &Test,
    error: &Error,
    junit: Option<JunitFile>,
    out: &mut impl Write,
) -> Result<()> {
    let text = format!("{error:#}");
    if args.format == Format::Text && github_workspace().is_some() {
        write!(out, "{}", annotations::of_error(&printable(&text)))?;
    }
    exit::write_error(error, args.format, json!({ "functions": [] }), out)?;
    if let Some(junit) = junit {
        junit.write(&junit::of_error(named(args), &text)?)?;
    }
    Ok(())
}

/// Where the repository is, when this runs in GitHub Actions ("Variables reference", GitHub documentation).
#[expect(
    clippy::option_option,
    reason = "whether it is GitHub's, and whether it says where"
)]
fn github_workspace() -> Option<Option<PathBuf>> {
    let is_github = env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    is_github.then(|| env::var_os("GITHUB_WORKSPACE").map(PathBuf::from))
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
