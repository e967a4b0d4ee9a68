//! A run as a document for machines.

use serde_json::{Value, json};

use super::Tested;
use crate::exit::Exit;

/// `{exitStatus, functions: [the report, as the hooks write it]}`.
pub(super) fn document(exit: Exit, tested: &[Tested]) -> Value {
    let functions: Vec<&checks::Report> = tested.iter().map(|one| &one.report).collect();
    json!({ "exitStatus": exit.status(), "functions": functions })
}

/// The same of a run that could not be made.
pub(super) fn error(error: &anyhow::Error) -> Value {
    json!({ "exitStatus": Exit::Undecided.status(), "error": format!("{error:#}"), "functions": [] })
}
