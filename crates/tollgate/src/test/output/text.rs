//! A run as people read it.

use std::fmt::{self, Write as _};

use super::Tested;
use crate::draw::{BOLD, DIM};
use crate::printable::printable;
use crate::report::{self, Commands, Look};

/// For each function what was tested, each event with all that was found, and the sum.
pub(super) fn document(tested: &[Tested]) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for one in tested {
        let (target, folder) = (printable(&one.target), one.suite.folder.display());
        let folder = printable(&folder.to_string());
        writeln!(out, "{BOLD}{target}{BOLD:#}  {DIM}{folder}{DIM:#}")?;
        let look = Look {
            indent: "  ",
            commands: Commands::Left,
        };
        report::write_events(&mut out, &one.report, look)?;
        writeln!(out, "{}\n", printable(&one.report.reason))?;
    }
    Ok(out)
}
