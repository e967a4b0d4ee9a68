//! `tollgate test --generated`: edge cases of the events in their stead, in memory; what fails, at its smallest.

mod defects;
mod recorder;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use checks::edge_cases::{EdgeCase, EventSchema, Failure, Original, ROBUSTNESS};
use checks::{
    CheckedEvent, Outcome, Report, Run, Source, Spelled, TestEvent, pair, run, run_watched,
};
use hooks::Document;

use self::defects::Defect;
use self::recorder::Recorder;
use super::run::{Entries, Tested};
use super::suite::Suite;
use super::target::Target;
use crate::cli::Test;
use crate::progress;

/// The most edge cases of one event. A small event has about so many.
const MOST: usize = 200;

/// A document of an edge case, made when its turn comes.
#[derive(Clone)]
enum Derived<'o> {
    Event(EdgeCase<'o>),
    Robustness,
}

impl Derived<'_> {
    fn text(&self) -> Result<String, String> {
        Ok(match self {
            Self::Event(case) => case.payload(),
            Self::Robustness => ROBUSTNESS.to_owned(),
        })
    }
}

/// Runs the edge cases of the suite's events, by what the schema knows of their shape, too. The report has an entry for each event whose edge cases are all met, and one for
/// each defect, which is what fails in one way; `notes` say what the smallest event is that fails so, and which events'
/// edge cases do. An event that cannot be used is broken, and the others' edge cases are run.
///
/// # Errors
/// A defect's event cannot be kept, or the signs of life cannot be written.
pub(super) async fn generated(
    mut suite: Suite,
    schema: &EventSchema,
    target: &(impl Target + Sync),
    args: &Test,
    err: &mut impl Write,
) -> Result<Tested> {
    leave_originals(&mut suite.events);
    let (sources, unusable) = sources(&suite, schema);
    let begun = Instant::now();
    let recorder = Recorder::new(target);
    let run_of = Run {
        concurrency: args.concurrency,
        executed_version: None,
        comparison: None,
    };
    // How an event itself fails, where its own expectation wants that, is no defect of its edge cases.
    let own = run(
        &suite.events,
        Document::read,
        &recorder,
        run_of,
        target.given_up(),
    )
    .await;
    if let Some(reason) = target.reason() {
        return Ok(uninvoked(suite, target, reason, begun));
    }
    let wanted: BTreeMap<String, Failure> = own
        .iter()
        .filter(|event| event.outcome == Outcome::Met)
        .filter_map(|event| Some((event.name.clone(), recorder.failure(&event.name)?.failure)))
        .collect();
    let cases: Vec<(&str, EdgeCase<'_>)> = sources
        .iter()
        .flat_map(|(name, original)| {
            original
                .edge_cases(name)
                .take(MOST)
                .map(|case| (name.as_str(), case))
        })
        .collect();
    let documents = cases.iter().flat_map(|(_, case)| {
        let expectation = format!("{}.expect", case.name);
        [
            (case.name.clone(), Derived::Event(case.clone())),
            (expectation, Derived::Robustness),
        ]
    });
    let derived: Vec<TestEvent<Derived<'_>>> = pair(Source::Bundled, documents);
    let answered = Cell::new(0_usize);
    let work = run_watched(
        &derived,
        Derived::text,
        &recorder,
        run_of,
        target.given_up(),
        |_| answered.set(answered.get() + 1),
    );
    let text = || {
        format!(
            "{} of {} edge cases answered …",
            answered.get(),
            derived.len()
        )
    };
    let checked = progress::during(err, text, work).await?;
    if let Some(reason) = target.reason() {
        return Ok(uninvoked(suite, target, reason, begun));
    }

    let mut found: Vec<Defect<'_>> = Vec::new();
    let mut not_run: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for ((event, case), checked) in cases.iter().zip(checked) {
        if let Outcome::Broken(reason) = checked.outcome {
            not_run.entry(event).or_insert((0, reason)).0 += 1;
            continue;
        }
        let Some(failed) = recorder.failure(&case.name) else {
            continue;
        };
        if wanted.get(*event) == Some(&failed.failure) {
            continue;
        }
        match found
            .iter_mut()
            .find(|defect| defect.failure == failed.failure)
        {
            Some(defect) => defect.add(event),
            None => found.push(Defect::new(event, case, failed)),
        }
    }
    defects::shrink(&mut found, target, err).await?;
    let mut notes = suite.notes.clone();
    notes.extend(target.notes());
    for defect in &found {
        notes.extend(defect.notes());
        if args.keep {
            notes.push(defect.keep(&suite.folder)?);
        }
    }
    if !found.is_empty() && !args.keep {
        notes.push(
            "--keep writes the smallest event of each as a test event with its expectation"
                .to_owned(),
        );
    }
    let mut broken = unusable;
    broken.extend(not_run.into_iter().map(|(event, (count, reason))| {
        let reason = format!("{}: {reason}", counted(count, "edge case"));
        (event.to_owned(), reason)
    }));
    let (derived_of, events) = entries(&suite.events, &found, &broken).into_iter().unzip();
    let reason = format!(
        "{} in {} edge cases of {}",
        counted(found.len(), "defect"),
        cases.len(),
        counted(sources.len(), "event")
    );
    let report = Report::of(events);
    let report = Report {
        function: Some(suite.function.clone()),
        notes,
        reason: if broken.is_empty() {
            reason
        } else {
            format!("{reason}; {}", report.reason)
        },
        ..target.identified(report)
    };
    Ok(Tested {
        target: target.shown(),
        suite,
        report,
        entries: Entries::Derived(derived_of),
        repeats: Vec::new(),
        duration: begun.elapsed(),
        uninvoked: None,
    })
}

/// What is told where the target cannot be invoked at all, or not any more.
fn uninvoked(suite: Suite, target: &impl Target, reason: String, begun: Instant) -> Tested {
    let broken = |event: &TestEvent<Document>| {
        CheckedEvent::new(&event.name, event.source, Outcome::Broken(reason.clone()))
    };
    let report = Report {
        function: Some(suite.function.clone()),
        notes: suite.notes.clone(),
        ..target.identified(Report::of(suite.events.iter().map(broken).collect()))
    };
    Tested {
        target: target.shown(),
        suite,
        report,
        entries: Entries::Events,
        repeats: Vec::new(),
        duration: begun.elapsed(),
        uninvoked: Some(reason),
    }
}

/// Takes away the events that are edge cases of others: `X.y` beside `X`, with the expectation that edge cases have.
fn leave_originals(events: &mut Vec<TestEvent<Document>>) {
    let names: BTreeSet<String> = events.iter().map(|event| event.name.clone()).collect();
    let robustness = Spelled::parse(ROBUSTNESS).ok();
    let is_robustness = |document: &Document| {
        let expectation = document.read().ok();
        expectation.and_then(|text| Spelled::parse(&text).ok()) == robustness
    };
    events.retain(|event| {
        let mut dots = event.name.match_indices('.');
        let is_beside = dots.any(|(dot, _)| names.contains(&event.name[..dot]));
        !is_beside || !event.expectation_document().is_some_and(is_robustness)
    });
}

/// The events with their payloads; and those that cannot be used, so that nothing can be derived from them, with the reasons.
fn sources(
    suite: &Suite,
    schema: &EventSchema,
) -> (Vec<(String, Original)>, BTreeMap<String, String>) {
    let original = |event: &TestEvent<Document>| {
        let content = event.content(Document::read)?;
        Original::parse(&content.payload, schema.clone()).map_err(|error| error.to_string())
    };
    let mut sources = Vec::new();
    let mut unusable = BTreeMap::new();
    for event in &suite.events {
        match original(event) {
            Ok(original) => sources.push((event.name.clone(), original)),
            Err(reason) => {
                unusable.insert(event.name.clone(), reason);
            }
        }
    }
    (sources, unusable)
}

/// What the report lists, each with the place of the event that it comes from: the events that all edge cases leave as they
/// should be, or that could not be tried, and the defects behind the event that showed them first.
fn entries(
    events: &[TestEvent<Document>],
    found: &[Defect<'_>],
    broken: &BTreeMap<String, String>,
) -> Vec<(usize, CheckedEvent)> {
    let mut entries = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let name = event.name.as_str();
        let own = match broken.get(name) {
            Some(reason) => Some(Outcome::Broken(reason.clone())),
            None => {
                let is_met = !found.iter().any(|defect| defect.is_of(name));
                is_met.then_some(Outcome::Met)
            }
        };
        entries.extend(own.map(|outcome| (index, CheckedEvent::new(name, event.source, outcome))));
        let defects = found.iter().filter(|defect| defect.event == name);
        entries.extend(defects.map(|defect| (index, defect.entry(event.source))));
    }
    entries
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
