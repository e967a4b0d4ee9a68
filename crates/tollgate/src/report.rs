//! Drawing a report: a hook's, of a rehearsal or of a deployment that was, and that of a run of the tests.

use std::fmt::{self, Write as _};
use std::time::Duration;

use checks::{CheckedEvent, Difference, LeftOut, Mismatch, Outcome, Report};
use serde_json::Value;

use crate::draw::{BAD, DIM, GOOD, ODD};
use crate::printable::{printable, shortened};

/// Whether the commands that reproduce what failed are drawn: they speak to AWS, where a rehearsal was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commands {
    Drawn,
    Left,
}

/// The most paths of noise that are named in the line about it.
const MAX_IGNORED: usize = 8;

/// How test events are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// In front of every line of an event, and of a note.
    pub(crate) indent: &'static str,
    pub(crate) commands: Commands,
}

/// Below a line of a timeline.
const BELOW_TIMELINE: &str = "              ";

/// Draws what a hook reported: its reason, each test event with all that was found, the notes, and what it says of the
/// calls of the shift. What it says of durations is not drawn: where they fail the gate, the reason says so.
pub(crate) fn write(out: &mut String, report: &Report, commands: Commands) -> fmt::Result {
    writeln!(out, "  {}", printable(&report.reason))?;
    let look = Look {
        indent: BELOW_TIMELINE,
        commands,
    };
    let events: Vec<_> = report
        .events
        .iter()
        .map(|event| (event, Details::of(event)))
        .collect();
    write_events(out, report, &events, look)?;
    if let Some(canary) = &report.canary {
        let said = printable(&canary.summary);
        writeln!(out, "{BELOW_TIMELINE}{DIM}{said}{DIM:#}")?;
    }
    Ok(())
}

/// What is drawn of an event beside its name, and below.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    /// How long it took.
    pub(crate) measured: String,
    pub(crate) findings: Vec<Finding>,
}

/// One thing that was found, in one line, and where in a file a person should look.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) text: String,
    pub(crate) place: Option<String>,
}

impl Details {
    pub(crate) fn of(event: &CheckedEvent) -> Self {
        let unplaced = |text| Finding { text, place: None };
        Self {
            measured: event.duration.map_or_else(String::new, in_millis),
            findings: match &event.outcome {
                Outcome::Met => Vec::new(),
                Outcome::Unmet(mismatches) => {
                    mismatches.iter().map(describe).map(unplaced).collect()
                }
                Outcome::Broken(reason) => vec![unplaced(format!("broken: {reason}"))],
            },
        }
    }
}

pub(crate) fn in_millis(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

/// Draws each of the report's test events with its details and all that was found by comparing, and the notes.
pub(crate) fn write_events(
    out: &mut String,
    report: &Report,
    events: &[(&CheckedEvent, Details)],
    look: Look,
) -> fmt::Result {
    let Look { indent, commands } = look;
    let width = events
        .iter()
        .map(|(event, _)| event.name.chars().count())
        .max()
        .unwrap_or_default();
    for (event, details) in events {
        write_event(out, event, details, width, report, indent)?;
        if let (Commands::Drawn, Some(command)) = (commands, &event.reproduce) {
            writeln!(
                out,
                "{indent}    {DIM}reproduce:{DIM:#} {}",
                printable(command)
            )?;
        }
    }
    for note in &report.notes {
        writeln!(out, "{indent}{DIM}{}{DIM:#}", printable(note))?;
    }
    Ok(())
}

fn write_event(
    out: &mut String,
    event: &CheckedEvent,
    details: &Details,
    width: usize,
    report: &Report,
    indent: &str,
) -> fmt::Result {
    let name = printable(&event.name);
    let measured = match details.measured.as_str() {
        "" => String::new(),
        measured => format!("{DIM}{measured}{DIM:#}"),
    };
    let (style, mark) = match &event.outcome {
        Outcome::Met => (GOOD, '✓'),
        Outcome::Unmet(_) => (BAD, '✗'),
        Outcome::Broken(_) => (ODD, '!'),
    };
    writeln!(
        out,
        "{indent}{style}{mark}{style:#} {name:width$}  {measured}"
    )?;
    for finding in &details.findings {
        write!(out, "{indent}    {}", printable(&finding.text))?;
        match &finding.place {
            Some(place) => writeln!(out, "  {DIM}{}{DIM:#}", printable(place))?,
            None => writeln!(out)?,
        }
    }
    write_comparison(out, event, report, indent)
}

/// What the comparison with the current version found. That is no failure, and does not look like one.
fn write_comparison(
    out: &mut String,
    event: &CheckedEvent,
    report: &Report,
    indent: &str,
) -> fmt::Result {
    let mut found = |text: &str| writeln!(out, "{indent}    {}", printable(text));
    let LeftOut {
        mismatches,
        differences,
        ignored,
    } = event.left_out;
    if mismatches > 0 {
        found(&format!(
            "and {mismatches} more, which the report leaves out"
        ))?;
    }
    if !event.differences.is_empty() {
        let current = report.current_version.as_deref().map_or_else(
            || "the current version".to_owned(),
            |version| format!("version {version}"),
        );
        found(&format!("differs from {current}:"))?;
        for difference in &event.differences {
            found(&format!("  {}", describe_difference(difference)))?;
        }
    }
    if differences > 0 {
        found(&format!(
            "  and {differences} more differences, which the report leaves out"
        ))?;
    }
    if let Some(reason) = &event.not_compared {
        found(&format!("not compared: {reason}"))?;
    }
    if !event.ignored.is_empty() {
        let named: Vec<&str> = event
            .ignored
            .iter()
            .take(MAX_IGNORED)
            .map(String::as_str)
            .collect();
        let more = match event.ignored.len() - named.len() + ignored {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let paths = shortened(&named.join(", "));
        writeln!(
            out,
            "{indent}    {DIM}ignored, because it changes from call to call: {paths}{more}{DIM:#}"
        )?;
    }
    Ok(())
}

/// A report in one line: its reason, and the first thing that it found.
pub(crate) fn summary(report: &Report) -> String {
    let first = report
        .events
        .iter()
        .find_map(failure)
        .map_or_else(String::new, |failure| format!(": {failure}"));
    format!("{}{first}", report.reason)
}

fn failure(event: &CheckedEvent) -> Option<String> {
    match &event.outcome {
        Outcome::Met => None,
        Outcome::Unmet(mismatches) => mismatches
            .first()
            .map(|mismatch| format!("{}: {}", event.name, describe(mismatch))),
        Outcome::Broken(reason) => Some(format!("{}: {reason}", event.name)),
    }
}

/// A mismatch in one line: where, what was expected, what came.
pub(crate) fn describe(mismatch: &Mismatch) -> String {
    let actual = value(mismatch.actual.as_ref());
    if mismatch.path == "$error" && mismatch.expected.get("$absent").is_some() {
        return format!(
            "the function failed: {}",
            shortened(&error_text(mismatch.actual.as_ref()).unwrap_or(actual))
        );
    }
    let Mismatch { path, expected, .. } = mismatch;
    match &mismatch.compared_with {
        Some(version) => format!("{path}: version {version} answers {expected}, got {actual}"),
        None => format!("{path}: expected {expected}, got {actual}"),
    }
}

/// A difference in one line: where, what the current version answered, what the target did.
fn describe_difference(difference: &Difference) -> String {
    let Difference {
        path,
        current,
        target,
    } = difference;
    format!(
        "{path}: {} → {}",
        value(current.as_ref()),
        value(target.as_ref())
    )
}

fn value(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// `errorMessage` of an error object, behind the `errorType` where Lambda gave one that says something.
pub(crate) fn error_text(error: Option<&Value>) -> Option<String> {
    let error = error?;
    let message = error.get("errorMessage")?.as_str()?;
    // Lambda's own messages begin with the request id, which helps nobody to read them.
    let message = match message
        .strip_prefix("RequestId: ")
        .and_then(|rest| rest.split_once(" Error: "))
    {
        Some((_, message)) => message,
        None => message,
    };
    match error.get("errorType").and_then(Value::as_str) {
        // The type name of a Rust error says nothing to a person.
        Some(kind) if !kind.starts_with('&') && !kind.is_empty() => {
            Some(format!("{kind}: {message}"))
        }
        _ => Some(message.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_object_in_one_line() {
        let rows = [
            (
                json!({ "errorType": "Refused", "errorMessage": "no" }),
                Some("Refused: no"),
            ),
            (
                json!({ "errorType": "&alloc::boxed::Box<dyn Any>", "errorMessage": "Lambda panicked: no" }),
                Some("Lambda panicked: no"),
            ),
            (json!({ "errorType": "", "errorMessage": "no" }), Some("no")),
            (
                json!({ "errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 7ec7 Error: Task timed out" }),
                Some("Sandbox.Timedout: Task timed out"),
            ),
            (json!({ "errorType": "Refused" }), None),
            (json!("no"), None),
        ];
        for (error, expected) in rows {
            assert_eq!(error_text(Some(&error)).as_deref(), expected, "{error}");
        }
    }

    /// A report of one event, and the lines that are drawn of that event.
    fn check(event: Value, commands: Commands, expected: &[&str]) {
        let report = json!({
            "verdict": "Failed", "reason": "so", "currentVersion": "7", "events": [event],
        });
        let report: Report = serde_json::from_value(report).unwrap();
        let mut drawn = String::new();
        write(&mut drawn, &report, commands).unwrap();
        let drawn = anstream::adapter::strip_str(&drawn).to_string();
        let lines: Vec<&str> = drawn.lines().skip(1).map(str::trim_end).collect();
        let expected: Vec<String> = expected
            .iter()
            .map(|line| format!("{BELOW_TIMELINE}{line}"))
            .collect();
        assert_eq!(lines, expected, "{event}");
    }

    #[test]
    fn an_event_with_all_that_was_found() {
        check(
            json!({ "name": "A", "source": "bundled", "outcome": "met", "durationMs": 3 }),
            Commands::Drawn,
            &["✓ A  3 ms"],
        );
        let unmet = json!({
            "name": "A", "source": "bundled", "outcome": "unmet",
            "mismatches": [
                { "path": "statusCode", "expected": 400, "actual": 200 },
                { "path": "body.total", "expected": 2, "actual": null, "comparedWith": "7" },
                { "path": "body.id", "expected": { "$type": "string" } },
            ],
            "leftOut": { "mismatches": 4 },
            "reproduce": "aws lambda invoke \u{1b}[2J",
        });
        let found = [
            "✗ A",
            "    statusCode: expected 400, got 200",
            "    body.total: version 7 answers 2, got null",
            "    body.id: expected {\"$type\":\"string\"}, got nothing",
            "    and 4 more, which the report leaves out",
        ];
        check(unmet.clone(), Commands::Left, &found);
        let command = "    reproduce: aws lambda invoke \u{fffd}[2J";
        let with_command: Vec<&str> = found.into_iter().chain([command]).collect();
        check(unmet, Commands::Drawn, &with_command);
        check(
            json!({ "name": "A\n", "source": "shared", "outcome": "broken", "reason": "no\nJSON" }),
            Commands::Drawn,
            &["! A␤", "    broken: no␤JSON"],
        );
    }

    #[test]
    fn what_comparing_found_is_no_failure() {
        let ignored: Vec<String> = (0..10).map(|number| format!("body.n{number}")).collect();
        check(
            json!({
                "name": "A", "source": "bundled", "outcome": "met",
                "differences": [
                    { "path": "body.version", "current": "1.0.0", "target": "2.0.0" },
                    { "path": "body.new", "target": true },
                ],
                "ignored": ignored,
                "leftOut": { "differences": 2, "ignored": 3 },
            }),
            Commands::Drawn,
            &[
                "✓ A",
                "    differs from version 7:",
                "      body.version: \"1.0.0\" → \"2.0.0\"",
                "      body.new: nothing → true",
                "      and 2 more differences, which the report leaves out",
                "    ignored, because it changes from call to call: body.n0, body.n1, body.n2, body.n3, body.n4, body.n5, body.n6, \
                 body.n7 and 5 more",
            ],
        );
        check(
            json!({ "name": "A", "source": "bundled", "outcome": "met", "notCompared": "throttled" }),
            Commands::Drawn,
            &["✓ A", "    not compared: throttled"],
        );
    }
}
