//! What holds the state hands over what it has changed.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;

use super::journal::Writer;
use crate::kept::{Change, Collections};
use crate::shared::{Shared, State};

/// The state, held; whatever has changed in it is handed over to the database when it is let go.
#[derive(Debug)]
pub(crate) struct StateGuard<'a>(MutexGuard<'a, State>);

impl<'a> StateGuard<'a> {
    pub(crate) fn new(state: MutexGuard<'a, State>) -> Self {
        Self(state)
    }
}

impl Deref for StateGuard<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl DerefMut for StateGuard<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.0
    }
}

impl Drop for StateGuard<'_> {
    fn drop(&mut self) {
        self.0.hand_over(Vec::new(), false);
    }
}

impl Shared {
    /// Whether nothing can be written any more that ought to be.
    pub(crate) fn has_failed(&self) -> bool {
        self.writer
            .as_ref()
            .is_some_and(|writer| writer.failure().is_some())
    }

    /// What writes the changes, where they outlive the process.
    pub(crate) fn writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }

    /// Hands over what has changed in the logs, which functions write without the state's lock, and the time.
    ///
    /// The state is held before the logs are asked: whoever finds no changes because another has taken them waits for
    /// those, and what was taken first is handed over first. Nobody may wait for the state who holds the logs.
    pub(crate) fn keep_logs(&self) {
        if self.writer.is_none() {
            return;
        }
        let mut state = self.state();
        let mut changes = Vec::new();
        let kept = take_changes(self.logs.records().collections(), &mut changes);
        match kept {
            Ok(()) => state.hand_over(changes, self.keeps_time),
            Err(_) => state.close_journal(),
        }
    }

    /// Hands over what has changed, and waits until it is written. Nothing can be changed afterwards that would be
    /// acknowledged.
    pub(crate) fn close_database(&self) {
        let Some(writer) = &self.writer else {
            return;
        };
        self.state().cloudwatch.metrics_mut().write_invocations();
        self.keep_logs();
        self.state().close_journal();
        writer.join();
    }
}

impl State {
    /// Hands over to the database what has changed, and `changes` besides; where nothing has, the time if
    /// `with_time`.
    fn hand_over(&mut self, mut changes: Vec<Change>, with_time: bool) {
        let Some(mut journal) = self.journal.take() else {
            return;
        };
        match take_changes(self.collections(), &mut changes) {
            Ok(()) if changes.is_empty() && !with_time => journal.looked_at(self.now),
            Ok(()) => journal.hand_over(changes, self.now),
            // What cannot be written must not be acknowledged, and neither what comes after it.
            Err(_) => {
                journal.close();
                journal.hand_over(Vec::new(), self.now);
            }
        }
        self.journal = Some(journal);
    }

    fn close_journal(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.close();
        }
    }
}

fn take_changes(collections: Collections<'_>, changes: &mut Vec<Change>) -> serde_json::Result<()> {
    for (name, collection) in collections {
        collection.take_changes(name, changes)?;
    }
    Ok(())
}
