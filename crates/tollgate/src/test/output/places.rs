//! Where in the files of a test event a person should look.

use std::fmt;
use std::path::{Path, PathBuf};

use checks::{Expectation, Outcome, Place, Places, TestEvent};
use hooks::Document;
use serde::de::IgnoredAny;

/// A place in a file: `events/VersionedOrderAPI/GetOrderStatus.expect.json:3:5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::test) struct FilePlace {
    pub(in crate::test) file: PathBuf,
    pub(in crate::test) place: Place,
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}", self.file.display())
    }
}

/// For each mismatch the place in the event's expectation, or the event's own file where it has none; for what is broken the
/// one place of the problem, which is the start of the event's file where it is in no file.
///
/// It is `None` for documents of the registry, and for files that are gone meanwhile.
pub(in crate::test) fn places(
    event: &TestEvent<Document>,
    outcome: &Outcome,
) -> Vec<Option<FilePlace>> {
    match outcome {
        Outcome::Met => Vec::new(),
        Outcome::Broken(_) => vec![problem(event)],
        Outcome::Unmet(mismatches) => {
            let file = event.expectation_document().and_then(file_of);
            let text = file.and_then(|file| Document::read(&Document::File(file.to_owned())).ok());
            let places = text.as_deref().map(Places::within);
            let place = |mismatch: &checks::Mismatch| match (file, &places) {
                (Some(file), Some(places)) => Some(FilePlace {
                    file: file.to_owned(),
                    place: places.of(mismatch),
                }),
                _ => start(event),
            };
            mismatches.iter().map(place).collect()
        }
    }
}

/// The places of what was found of an event that is derived from this one: the start of this one's file, whose expectation has
/// no say in it; or, where nothing can be derived, the place of the problem.
pub(in crate::test) fn origins(
    event: &TestEvent<Document>,
    outcome: &Outcome,
) -> Vec<Option<FilePlace>> {
    match outcome {
        Outcome::Met => Vec::new(),
        Outcome::Broken(_) => vec![problem(event)],
        Outcome::Unmet(mismatches) => vec![start(event); mismatches.len()],
    }
}

/// Where the event's file begins; the expectation's, where there is only that.
fn start(event: &TestEvent<Document>) -> Option<FilePlace> {
    let document = event.event_document().or(event.expectation_document())?;
    Some(FilePlace {
        file: file_of(document)?.to_owned(),
        place: Place::START,
    })
}

/// Where in its files it is that an event cannot be used.
fn problem(event: &TestEvent<Document>) -> Option<FilePlace> {
    let read = |document: Option<&Document>| {
        let document = document?;
        Some((file_of(document)?.to_owned(), document.read().ok()?))
    };
    if let Some((file, text)) = read(event.event_document())
        && let Err(error) = serde_json::from_str::<IgnoredAny>(&text)
    {
        return Some(FilePlace {
            file,
            place: Place::of_error(&text, &error),
        });
    }
    if let Some((file, text)) = read(event.expectation_document())
        && let Err(error) = Expectation::parse(&text)
    {
        return Some(FilePlace {
            place: error.place(&text),
            file,
        });
    }
    start(event)
}

fn file_of(document: &Document) -> Option<&Path> {
    match document {
        Document::File(file) => Some(file),
        Document::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use checks::{Mismatch, Source};

    use super::*;

    /// `files` are the event's and its expectation's text; `expected` are the places, where `X` is the event.
    fn check(files: [Option<&str>; 2], outcome: &Outcome, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let documents = ["X", "X.expect"].into_iter().zip(files);
        let documents = documents.filter_map(|(name, text)| {
            let file = folder.path().join(format!("{name}.json"));
            fs::write(&file, text?).unwrap();
            Some((name.to_owned(), Document::File(file)))
        });
        let events = checks::pair(Source::Bundled, documents);
        let found: Vec<String> = places(&events[0], outcome)
            .into_iter()
            .map(|place| {
                let mut place = place.unwrap();
                place.file = place.file.file_name().unwrap().into();
                place.to_string()
            })
            .collect();
        assert_eq!(found, expected, "{files:?}");
    }

    #[test]
    fn in_the_file_that_says_it() {
        let broken = Outcome::Broken("so".to_owned());
        let mismatch = |path: &str| Mismatch {
            path: path.to_owned(),
            expected: 1.into(),
            actual: None,
            compared_with: None,
        };
        let unmet = Outcome::Unmet(vec![mismatch("body.id"), mismatch("statusCode")]);
        let expectation = "{\n  \"body\": {\"id\": 1},\n  \"statusCode\": 1\n}";
        check([Some("{}"), Some(expectation)], &Outcome::Met, &[]);
        check(
            [Some("{}"), Some(expectation)],
            &unmet,
            &["X.expect.json:2:12", "X.expect.json:3:3"],
        );
        check([Some("{}"), None], &unmet, &["X.json:1:1", "X.json:1:1"]);
        check([Some("{}"), None], &broken, &["X.json:1:1"]);
        check([Some("{\n  \"a\" 1}"), None], &broken, &["X.json:2:7"]);
        check(
            [Some("{}"), Some("{\n  \"$regexp\": 1}")],
            &broken,
            &["X.expect.json:2:3"],
        );
        check([None, Some("{}")], &broken, &["X.expect.json:1:1"]);
        check([None, Some("{")], &broken, &["X.expect.json:1:1"]);
    }

    #[test]
    fn the_registry_has_no_files() {
        let shared = |text: &str| Document::Text(text.to_owned());
        let documents = [
            ("X".to_owned(), shared("1")),
            ("X.expect".to_owned(), shared("2")),
        ];
        let events = checks::pair(Source::Shared, documents);
        let broken = Outcome::Broken("so".to_owned());
        assert_eq!(places(&events[0], &broken), [None]);
    }
}
