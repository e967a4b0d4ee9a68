//! The bundled test events of a function, from which users' requests are drawn.

use std::path::Path;

use anyhow::{Error, Result, bail};
use checks::{Expectation, TestEvent};
use hooks::Document;
use serde::de::IgnoredAny;

/// The events' payloads, in the order of their names.
///
/// A malformed file is an error here: on AWS its event would be broken and fail the gate, for a reason that is not
/// the release's.
pub(crate) fn payloads(folder: &Path) -> Result<Vec<String>> {
    let events = hooks::bundled_events(folder)?;
    events.iter().map(|event| payload(folder, event)).collect()
}

fn payload(folder: &Path, event: &TestEvent<Document>) -> Result<String> {
    // First each by itself, because a problem in it is told with the file.
    if let Some(document) = event.expectation_document() {
        let problem = |text: &str| {
            Expectation::parse(text)
                .err()
                .map(|error| error.to_string())
        };
        check(document, problem)?;
    }
    if let Some(document) = event.event_document() {
        check(document, problem_of_event)?;
    }
    match event.content(Document::read) {
        Ok(content) => Ok(content.payload),
        Err(problem) => bail!("{}: {problem}", folder.display()),
    }
}

fn check(document: &Document, problem: impl Fn(&str) -> Option<String>) -> Result<()> {
    let text = document.read().map_err(Error::msg)?;
    match (problem(&text), document) {
        (None, _) => Ok(()),
        (Some(problem), Document::File(file)) => bail!("{}: {problem}", file.display()),
        (Some(problem), Document::Text(_)) => bail!(problem),
    }
}

fn problem_of_event(text: &str) -> Option<String> {
    if text.starts_with('\u{feff}') {
        return Some("begins with a byte order mark: save it without".to_owned());
    }
    let error = serde_json::from_str::<IgnoredAny>(text).err()?;
    Some(format!("not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn check(files: &[(&str, &str)], expected: Result<&[&str], &str>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        match (payloads(folder.path()), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(error), Err(expected)) => {
                let error = format!("{error:#}");
                let folder = folder.path().display().to_string();
                assert_eq!(error.replace(&folder, "events"), expected);
            }
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn payloads_are_read_as_the_hooks_read_them_or_named() {
        check(
            &[("b.json", " 2"), ("a.json", "1"), ("a.expect.json", "{}")],
            Ok(&["1", " 2"]),
        );
        check(
            &[("a.json", "{\n,}")],
            Err("events/a.json: not JSON: key must be a string at line 2 column 1"),
        );
        check(
            &[("a.json", "\u{feff}1")],
            Err("events/a.json: begins with a byte order mark: save it without"),
        );
        check(
            &[("a.json", "1"), ("a.expect.json", "{")],
            Err(
                "events/a.expect.json: it is not JSON that can be used: EOF while parsing an object at line 1 column 1",
            ),
        );
        check(
            &[("a.expect.json", "{}")],
            Err(
                "events: the expectation `a.expect` has no event `a`; add the event or remove the expectation",
            ),
        );
        let large = " ".repeat(6 * 1024 * 1024 + 1);
        check(
            &[("a.json", &large)],
            Err(
                "the bundled test event events/a.json is larger than 6 MB, the most that Lambda takes",
            ),
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_waits_for_what_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        std::os::unix::fs::symlink("/dev/zero", file).unwrap();
        let error = payloads(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("a.json is not a file"), "{error}");
    }
}
