//! What the forms of output share: what became of the events, with the places that a person should look at.

use checks::{CheckedEvent, Found, Outcome, Repeats};

use super::places::{FilePlace, origins, places};
use crate::printable::printable;
use crate::report::{Details, Finding, describe, in_millis};
use crate::test::run::{Entries, Tested};

/// What became of one function's events.
#[derive(Debug)]
pub(super) struct FunctionView<'a> {
    pub(super) tested: &'a Tested,
    /// All of the report, in its order.
    pub(super) events: Vec<EventView<'a>>,
}

impl<'a> FunctionView<'a> {
    /// Reads the expectation files of what is not met once more.
    pub(super) fn of(tested: &'a Tested) -> Self {
        let event = |index: usize| tested.suite.events.get(index);
        let places = |index: usize, outcome: &Outcome| match &tested.entries {
            Entries::Events => event(index).map(|event| places(event, outcome)),
            Entries::Derived(of) => of
                .get(index)
                .and_then(|of| event(*of))
                .map(|event| origins(event, outcome)),
        };
        let entries = tested.report.events.iter().enumerate();
        let events = entries.map(|(index, checked)| EventView {
            checked,
            places: places(index, &checked.outcome).unwrap_or_default(),
            repeats: tested.repeats.get(index),
        });
        Self {
            tested,
            events: events.collect(),
        }
    }

    /// The function's name.
    pub(super) fn function(&self) -> &'a str {
        &self.tested.suite.function
    }
}

/// One event.
#[derive(Debug)]
pub(super) struct EventView<'a> {
    pub(super) checked: &'a CheckedEvent,
    /// Where its files say what was not met, in the order of the mismatches; the one place of what is broken.
    pub(super) places: Vec<Option<FilePlace>>,
    /// Where it was run several times: then `checked` is their summary.
    pub(super) repeats: Option<&'a Repeats>,
}

impl EventView<'_> {
    /// The first place that is in a file.
    pub(super) fn place(&self) -> Option<&FilePlace> {
        self.places.iter().flatten().next()
    }

    /// How often the event was met, where that is not every time or never.
    pub(super) fn flakiness(&self) -> Option<String> {
        let repeats = self.repeats.filter(|repeats| repeats.is_flaky())?;
        let (met, runs) = (repeats.met(), repeats.runs());
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        let share = repeats.share();
        Some(format!(
            "met {met} of {runs} ({} %, 95 % interval {}–{} %)",
            percent(f64::from(met) / f64::from(runs)),
            percent(share.low),
            percent(share.high),
        ))
    }

    /// What is drawn of the event.
    pub(super) fn details(&self) -> Details {
        let Some(repeats) = self.repeats else {
            let mut details = Details::of(self.checked);
            for (finding, place) in details.findings.iter_mut().zip(&self.places) {
                finding.place = place.as_ref().map(FilePlace::to_string);
            }
            return details;
        };
        let flakiness = self.flakiness().map(|flakiness| Finding {
            text: format!("flaky: {flakiness}"),
            place: None,
        });
        Details {
            measured: measured(repeats),
            findings: flakiness
                .into_iter()
                .chain(repeated(repeats, &self.places))
                .collect(),
        }
    }

    /// All that was found, a line each, with its place; fit to be printed.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |Finding { text, place }: Finding| match place {
            Some(place) => printable(&format!("{text}  {place}")),
            None => printable(&text),
        };
        let mut lines: Vec<String> = self.details().findings.into_iter().map(line).collect();
        let more = self.checked.left_out.mismatches;
        if more > 0 {
            lines.push(format!("and {more} more, which the report leaves out"));
        }
        lines
    }
}

fn measured(repeats: &Repeats) -> String {
    match (repeats.median(), repeats.longest()) {
        (Some(median), Some(longest)) => format!(
            "{} times, median {}, longest {}",
            repeats.runs(),
            in_millis(median),
            in_millis(longest)
        ),
        _ => format!("{} times", repeats.runs()),
    }
}

/// The findings of several runs, each with the number of runs that it was found in. `places` are those of the mismatches.
fn repeated<'a>(
    repeats: &'a Repeats,
    places: &'a [Option<FilePlace>],
) -> impl Iterator<Item = Finding> + 'a {
    let mut places = places.iter();
    repeats.findings().iter().map(move |finding| {
        let (what, place) = match &finding.what {
            Found::Mismatch(mismatch) => (describe(mismatch), places.next()),
            Found::Broken { reason } => (format!("broken: {reason}"), None),
        };
        let varies = if finding.varies { ", and others" } else { "" };
        Finding {
            text: format!("{} of {}: {what}{varies}", finding.runs, repeats.runs()),
            place: place.and_then(Option::as_ref).map(FilePlace::to_string),
        }
    })
}
