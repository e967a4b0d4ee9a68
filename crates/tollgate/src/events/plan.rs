//! What a command is about to do, said before it does it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::draw::{BAD, BOLD, ODD};
use crate::printable::shortened;

/// The steps, by document.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// How many documents are the same in both places.
    pub(super) same: usize,
    pub(super) left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Add,
    Replace,
    Delete,
}

/// A document with which nothing is done, and why.
#[derive(Debug, Serialize)]
pub(super) struct LeftOut {
    pub(super) name: String,
    pub(super) reason: String,
}

impl Plan {
    pub(super) fn step(&mut self, action: Action, names: &[&str]) {
        let names = names.iter().map(|name| (*name).to_owned());
        self.steps.extend(names.map(|name| Step { action, name }));
    }

    /// The documents with which that is done.
    pub(super) fn names(&self, action: Action) -> Vec<&str> {
        let steps = self.steps.iter().filter(|step| step.action == action);
        steps.map(|step| step.name.as_str()).collect()
    }

    /// What to ask before that is done, such as "Overwrite 2 files?"; `None` when there is nothing to ask about.
    pub(super) fn question(&self, action: Action, verb: &str, what: [&str; 2]) -> Option<String> {
        let [one, several] = what;
        match self.names(action).len() {
            0 => None,
            1 => Some(format!("{verb} 1 {one}?")),
            count => Some(format!("{verb} {count} {several}?")),
        }
    }

    /// Says it: to people on `out`; where that is for machines, on `err`.
    pub(super) fn say(
        &self,
        title: &str,
        format: Format,
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> io::Result<()> {
        let text = self.text(title);
        match format {
            Format::Text => out.write_all(text.as_bytes()).and_then(|()| out.flush()),
            Format::Json => err.write_all(text.as_bytes()).and_then(|()| err.flush()),
        }
    }

    fn text(&self, title: &str) -> String {
        let mut text = format!("{BOLD}{title}{BOLD:#}\n");
        for Step { action, name } in &self.steps {
            let (style, word) = match action {
                Action::Add => (BOLD, "add    "),
                Action::Replace => (ODD, "replace"),
                Action::Delete => (BAD, "delete "),
            };
            text += &format!("  {style}{word}{style:#}  {}\n", shortened(name));
        }
        for LeftOut { name, reason } in &self.left_out {
            text += &format!("  {ODD}leave out{ODD:#}  {}: {reason}\n", shortened(name));
        }
        match (self.same, self.steps.is_empty()) {
            (0, true) => text += "  nothing to do\n",
            (0, false) => {}
            (1, _) => text += "  1 document is the same already\n",
            (same, _) => text += &format!("  {same} documents are the same already\n"),
        }
        text
    }

    /// What machines are told of it.
    pub(super) fn members(&self, dry_run: bool) -> Value {
        json!({ "dryRun": dry_run, "steps": self.steps, "same": self.same, "leftOut": self.left_out })
    }
}
