//! Running the events of one suite against one target.

use std::cell::Cell;
use std::pin::pin;

use anyhow::{Result, bail};
use checks::{Outcome, Report, Run, run_watched};
use hooks::Document;

use super::suite::Suite;
use super::target::Target;
use crate::cli::Test;
use crate::progress::{PERIOD, Progress};

/// A suite with what became of it.
#[derive(Debug)]
pub(super) struct Tested {
    pub(super) suite: Suite,
    /// For people: `VersionedOrderAPI:staging, version 7`.
    pub(super) target: String,
    pub(super) report: Report,
}

/// What is known while the events run.
#[derive(Clone, Copy, Default)]
struct Count {
    answered: usize,
    unmet: usize,
    broken: usize,
}

impl Count {
    fn with(mut self, outcome: &Outcome) -> Self {
        self.answered += 1;
        match outcome {
            Outcome::Met => {}
            Outcome::Unmet(_) => self.unmet += 1,
            Outcome::Broken(_) => self.broken += 1,
        }
        self
    }

    /// Whether some event has been judged.
    fn judged_any(self) -> bool {
        self.answered > self.broken
    }

    fn text(self, of: usize) -> String {
        let mut text = format!("{} of {of} answered", self.answered);
        for (count, what) in [(self.unmet, "unmet"), (self.broken, "broken")] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        text + " …"
    }
}

/// Runs the events of the suite, with signs of life while that takes.
///
/// # Errors
/// The target cannot be invoked at all, and no event has been judged.
pub(super) async fn run(
    suite: Suite,
    target: &impl Target,
    args: &Test,
    progress: &mut Progress<'_>,
) -> Result<Tested> {
    let count = Cell::new(Count::default());
    let events = {
        let run = Run {
            concurrency: args.concurrency,
            executed_version: None,
            comparison: None,
        };
        let mut work = pin!(run_watched(
            &suite.events,
            Document::read,
            target,
            run,
            target.given_up(),
            |event| count.set(count.get().with(&event.outcome)),
        ));
        loop {
            tokio::select! {
                biased;
                events = &mut work => break events,
                () = tokio::time::sleep(PERIOD) => {
                    progress.show(|| count.get().text(suite.events.len()))?;
                }
            }
        }
    };
    if let (Some(reason), false) = (target.reason(), count.get().judged_any()) {
        bail!(reason);
    }
    let mut notes = suite.notes.clone();
    notes.extend(target.notes());
    let report = Report {
        function: Some(suite.function.clone()),
        notes,
        ..target.identified(Report::of(events))
    };
    Ok(Tested {
        target: target.shown(),
        suite,
        report,
    })
}
