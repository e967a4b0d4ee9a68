//! Running the events of one suite against one target.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::Result;
use checks::{CheckedEvent, Comparison, Outcome, Repeats, Report, Run, run_watched};
use hooks::Document;

use super::suite::Suite;
use super::target::Target;
use crate::cli::Test;
use crate::progress::Progress;

/// Draws which version is asked first: the same in every run.
const SEED: u64 = 1;

/// A suite with what became of it.
#[derive(Debug)]
pub(super) struct Tested {
    pub(super) suite: Suite,
    /// For people: `VersionedOrderAPI:staging, version 7`.
    pub(super) target: String,
    pub(super) report: Report,
    pub(super) entries: Entries,
    /// From the first call to the last answer.
    pub(super) duration: Duration,
    /// For each event of the report what became of its runs, where there were several; else empty.
    pub(super) repeats: Vec<Repeats>,
    /// Why the target cannot be invoked at all, where no event has been judged.
    pub(super) uninvoked: Option<String>,
}

/// What the entries of a report are about.
#[derive(Debug)]
pub(super) enum Entries {
    /// The suite's events, one by one.
    Events,
    /// What was derived from them: for each entry the place in the suite of the event that it comes from.
    Derived(Vec<usize>),
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

/// Runs the events of the suite, with signs of life while that takes: all of them, and again, as often as is asked for,
/// so that the runs of one event lie apart. Where the target cannot be invoked at all, they are broken for that reason.
///
/// # Errors
/// The signs of life cannot be written.
pub(super) async fn run(
    suite: Suite,
    target: &impl Target,
    args: &Test,
    progress: &mut Progress<'_>,
) -> Result<Tested> {
    let rounds = args.repeat.get();
    let begun = Instant::now();
    let mut judged_any = false;
    let mut events = Vec::new();
    let mut repeats: Vec<Repeats> = Vec::new();
    for number in 1..=rounds {
        let prefix = match rounds {
            1 => String::new(),
            _ => format!("run {number} of {rounds}, "),
        };
        let checked = round(&suite, target, args, &prefix, progress).await?;
        let is_judged = |event: &CheckedEvent| !matches!(event.outcome, Outcome::Broken(_));
        judged_any |= checked.iter().any(is_judged);
        if rounds == 1 {
            events = checked;
        } else if repeats.is_empty() {
            repeats = checked.into_iter().map(Repeats::of).collect();
        } else {
            for (repeats, event) in repeats.iter_mut().zip(checked) {
                repeats.add(event);
            }
        }
        if target.reason().is_some() {
            break;
        }
    }
    let duration = begun.elapsed();
    events.extend(repeats.iter().map(Repeats::summary));
    let mut notes = suite.notes.clone();
    notes.extend(target.notes());
    let report = Report {
        function: Some(suite.function.clone()),
        current_version: target.current_version().map(str::to_owned),
        notes,
        ..target.identified(Report::of(events))
    };
    Ok(Tested {
        target: target.shown(),
        suite,
        report,
        entries: Entries::Events,
        duration,
        repeats,
        uninvoked: target.reason().filter(|_| !judged_any),
    })
}

/// Runs each event once.
async fn round(
    suite: &Suite,
    target: &impl Target,
    args: &Test,
    prefix: &str,
    progress: &mut Progress<'_>,
) -> Result<Vec<CheckedEvent>> {
    let count = Cell::new(Count::default());
    let run = Run {
        concurrency: args.concurrency,
        executed_version: None,
        comparison: target.current_version().map(|current_version| Comparison {
            current_version,
            seed: SEED,
            fails: args.compare_fails,
        }),
    };
    let work = run_watched(
        &suite.events,
        Document::read,
        target,
        run,
        target.given_up(),
        |event| count.set(count.get().with(&event.outcome)),
    );
    let text = || format!("{prefix}{}", count.get().text(suite.events.len()));
    Ok(progress.during(text, work).await?)
}
