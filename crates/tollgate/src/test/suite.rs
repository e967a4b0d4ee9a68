//! The test events of one function.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
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
}

impl Suite {
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
        })
    }

    /// Keeps the events of these names, in their own order; all where no name is given.
    ///
    /// # Errors
    /// There is no event of one of the names.
    pub(super) fn only(mut self, names: &[String]) -> Result<Self> {
        if names.is_empty() {
            return Ok(self);
        }
        let is_there = |name: &&String| self.events.iter().any(|event| event.name == **name);
        let unknown: Vec<&str> = names
            .iter()
            .filter(|name| !is_there(name))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            let there: Vec<&str> = self
                .events
                .iter()
                .map(|event| event.name.as_str())
                .collect();
            let there = match there.as_slice() {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            bail!(
                "--only {}: {} has no such test event; there is {there}",
                unknown.join(" "),
                self.function
            );
        }
        self.events.retain(|event| names.contains(&event.name));
        Ok(self)
    }

    /// # Errors
    /// There are none: nothing checked is not a pass.
    pub(super) fn must_have_events(&self) -> Result<()> {
        if self.events.is_empty() {
            bail!(
                "no test events for {0}, and nothing checked is not a pass: looked for {1}/*.json; add \
                 {1}/<EventName>.json, or name another folder with --events",
                self.function,
                self.folder.display()
            );
        }
        Ok(())
    }
}
