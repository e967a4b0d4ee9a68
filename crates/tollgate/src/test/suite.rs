//! The test events of one function.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use checks::TestEvent;
use hooks::{Document, bundled_events};

/// The test events of one function.
#[derive(Debug)]
pub(super) struct Suite {
    /// The function's name.
    pub(super) function: String,
    /// Where its bundled events are: `events/<FunctionName>`. It need not exist.
    pub(super) folder: PathBuf,
    pub(super) events: Vec<TestEvent<Document>>,
    /// What the reader of a report should know about where the events came from.
    pub(super) notes: Vec<String>,
    /// The events that are not for this run.
    pub(super) skipped: Vec<Skipped>,
}

/// An event that is left out of a run.
#[derive(Debug)]
pub(super) struct Skipped {
    pub(super) name: String,
    /// For people.
    pub(super) reason: String,
}

impl Suite {
    /// The functions that have a folder of test events, in the order of their names.
    ///
    /// # Errors
    /// The folder of the folders cannot be listed.
    pub(super) fn folders(events: &Path) -> Result<Vec<String>> {
        let listing = || format!("cannot list the folder of test events {}", events.display());
        let mut functions = Vec::new();
        for entry in fs::read_dir(events).with_context(listing)? {
            let path = entry.with_context(listing)?.path();
            // No function has a name that is not UTF-8.
            if let (true, Some(name)) = (
                path.is_dir(),
                path.file_name().and_then(|name| name.to_str()),
            ) && !name.starts_with('.')
            {
                functions.push(name.to_owned());
            }
        }
        functions.sort_unstable();
        Ok(functions)
    }

    /// Finds the function's bundled events in the folder of all functions' events, and opens none.
    ///
    /// # Errors
    /// The function's folder cannot be listed, or holds a name that is no text.
    pub(super) fn find(events_dir: &Path, function: &str) -> Result<Self> {
        let folder = events_dir.join(function);
        Ok(Self {
            function: function.to_owned(),
            events: bundled_events(&folder)?,
            folder,
            notes: Vec::new(),
            skipped: Vec::new(),
        })
    }

    /// Keeps the events of these names, in their own order; all where no name is given.
    ///
    /// # Errors
    /// There is no event of one of the names.
    fn only(mut self, names: &[String]) -> Result<Self> {
        Self::keep_only(std::slice::from_mut(&mut self), names)?;
        Ok(self)
    }

    /// The same of several functions: each of the names must be that of an event of one of them.
    pub(super) fn keep_only(suites: &mut [Self], names: &[String]) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let events = || suites.iter().flat_map(|suite| &suite.events);
        let is_there = |name: &&String| events().any(|event| event.name == **name);
        let unknown: Vec<&str> = names
            .iter()
            .filter(|name| !is_there(name))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            let there: Vec<&str> = events().map(|event| event.name.as_str()).collect();
            let there = match there.as_slice() {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            let functions: Vec<&str> = suites.iter().map(|suite| &*suite.function).collect();
            bail!(
                "--only {}: {} has no such test event; there is {there}",
                unknown.join(" "),
                functions.join(" or ")
            );
        }
        for suite in suites {
            suite.events.retain(|event| names.contains(&event.name));
        }
        Ok(())
    }

    /// Its events of these names; all where no name is given.
    ///
    /// # Errors
    /// There is no event at all (nothing checked is not a pass), or none of one of the names.
    pub(super) fn chosen(self, names: &[String]) -> Result<Self> {
        if self.events.is_empty() {
            let notes: Vec<String> = self.notes.iter().map(|note| format!(" ({note})")).collect();
            bail!(
                "no test events for {0}, and nothing checked is not a pass: looked for {1}/*.json{2}; add \
                 {1}/<EventName>.json, or name another folder with --events",
                self.function,
                self.folder.display(),
                notes.concat()
            );
        }
        self.only(names)
    }
}
