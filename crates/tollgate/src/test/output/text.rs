//! A run as people read it.

use std::fmt::{self, Write as _};

use super::view::FunctionView;
use crate::draw::{BOLD, DIM};
use crate::printable::printable;
use crate::report::{self, Commands, Look};
use crate::test::run::Tested;
use crate::test::suite::Skipped;

/// For each function what was tested, each event with all that was found, and the sum.
pub(super) fn document(functions: &[FunctionView<'_>]) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for view in functions {
        let Tested {
            suite,
            target,
            report,
            ..
        } = view.tested;
        let folder = printable(&suite.folder.display().to_string());
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  {DIM}{folder}{DIM:#}",
            printable(target)
        )?;
        let look = Look {
            indent: "  ",
            commands: Commands::Left,
        };
        let events: Vec<_> = view
            .events
            .iter()
            .map(|event| (event.checked, event.details()))
            .collect();
        report::write_events(&mut out, report, &events, look)?;
        for Skipped { name, reason } in &suite.skipped {
            let line = printable(&format!("- {name}  skipped: {reason}"));
            writeln!(out, "  {DIM}{line}{DIM:#}")?;
        }
        writeln!(out, "{}\n", printable(&report.reason))?;
    }
    Ok(out)
}
