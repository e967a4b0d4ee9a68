//! A run as GitHub Actions shows it beside the code: workflow commands in the log.

use std::fmt::Write as _;
use std::path::{self, Path};

use checks::Outcome;

use super::view::FunctionView;
use crate::printable::printable;

/// A command for each event that is not met, at its first place in a file. One for each mismatch would be more than GitHub
/// shows of one step.
///
/// `workspace` is where the repository is (`GITHUB_WORKSPACE`): GitHub wants files relative to it.
pub(super) fn commands(functions: &[FunctionView<'_>], workspace: Option<&Path>) -> String {
    let mut out = String::new();
    for function in functions {
        for event in &function.events {
            let what = match (&event.checked.outcome, event.flakiness()) {
                (Outcome::Met, _) => continue,
                (Outcome::Unmet(_), Some(_)) => "is flaky",
                (Outcome::Unmet(_), None) => "is unmet",
                (Outcome::Broken(_), _) => "is broken",
            };
            let mut properties = Vec::new();
            if let Some(place) = event.place() {
                let file = relative(&place.file, workspace);
                properties.push(format!("file={}", property(&file)));
                properties.push(format!("line={}", place.place.line));
                properties.push(format!("col={}", place.place.column));
            }
            let title = format!("{}/{} {what}", function.function(), event.checked.name);
            properties.push(format!("title={}", property(&printable(&title))));
            let message = data(&event.lines().join("\n"));
            // Writing to a `String` does not fail.
            let _ = writeln!(out, "::error {}::{message}", properties.join(","));
        }
    }
    out
}

/// The command for a run that could not be made.
pub(super) fn of_error(error: &str) -> String {
    format!("::error title=tollgate test::{}\n", data(error))
}

fn relative(file: &Path, workspace: Option<&Path>) -> String {
    let absolute = path::absolute(file).ok();
    let within = workspace.and_then(|workspace| absolute.as_deref()?.strip_prefix(workspace).ok());
    printable(&within.unwrap_or(file).display().to_string())
}

/// Escapes a message, as `escapeData` of actions/toolkit (packages/core/src/command.ts) does.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property, as its `escapeProperty` does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use checks::{CheckedEvent, Mismatch, Place, Source};
    use serde_json::json;

    use super::*;
    use crate::test::output::places::FilePlace;
    use crate::test::output::view::EventView;
    use crate::test::run::{Entries, Tested};
    use crate::test::suite::Suite;

    /// The commands for one event whose file is `file`.
    fn check(name: &str, outcome: Outcome, file: Option<&str>, expected: &str) {
        let checked = CheckedEvent::new(name, Source::Bundled, outcome);
        let place = file.map(|file| FilePlace {
            file: file.into(),
            place: Place { line: 2, column: 3 },
        });
        let tested = Tested {
            suite: Suite {
                function: "F".to_owned(),
                folder: "events/F".into(),
                events: Vec::new(),
                notes: Vec::new(),
                skipped: Vec::new(),
            },
            target: "F".to_owned(),
            report: checks::Report::of(Vec::new()),
            entries: Entries::Events,
            duration: Duration::ZERO,
            repeats: Vec::new(),
            uninvoked: None,
        };
        let view = FunctionView {
            tested: &tested,
            events: vec![EventView {
                checked: &checked,
                places: vec![place, None],
                repeats: None,
            }],
        };
        assert_eq!(
            commands(&[view], Some(Path::new("/checkout"))),
            expected,
            "{name}"
        );
    }

    #[test]
    fn a_command_per_event_that_is_not_met() {
        let mismatch = |path: &str, actual| Mismatch {
            path: path.to_owned(),
            expected: json!("a"),
            actual: Some(actual),
            compared_with: None,
        };
        check("A", Outcome::Met, Some("e/A.json"), "");
        check(
            "A, 100%: B\n",
            Outcome::Unmet(vec![
                mismatch("x", json!("50%,:\r")),
                mismatch("y", json!(1)),
            ]),
            Some("/checkout/events/F/A, B.expect.json"),
            "::error file=events/F/A%2C B.expect.json,line=2,col=3,title=F/A%2C 100%25%3A B␤ is unmet::\
             x: expected \"a\", got \"50%25,:\\r\"  /checkout/events/F/A, B.expect.json:2:3%0Ay: expected \"a\", got 1\n",
        );
        check(
            "A",
            Outcome::Broken("no\nJSON ::set-env".to_owned()),
            Some("/elsewhere/A.json"),
            "::error file=/elsewhere/A.json,line=2,col=3,title=F/A is broken::\
             broken: no␤JSON ::set-env  /elsewhere/A.json:2:3\n",
        );
        check(
            "A",
            Outcome::Broken("no answer".to_owned()),
            None,
            "::error title=F/A is broken::broken: no answer\n",
        );
    }
}
