//! Test events, and the pairing of each with its expectation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::Expectation;

/// Where a test event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The files of `events/`, which travel with the stack.
    Bundled,
    /// The registry `lambda-testevent-schemas`, where the Lambda console and `sam remote test-event` share events.
    Shared,
}

/// One test event of one function.
#[derive(Debug, Clone)]
pub struct TestEvent {
    /// The name of its file without `.json`, or of its example in the registry; any string.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// What to invoke the function with, or why that is not known (a malformed file, an expectation without its event).
    /// An event with an `Err` is never invoked and becomes a [`broken`](crate::Outcome::Broken) outcome.
    pub content: Result<Content, String>,
}

/// What a test event says.
///
/// Its `Debug` shows the size of the payload and never its text, because payloads must not reach logs.
#[derive(Clone)]
pub struct Content {
    /// JSON text, exactly as in the file.
    pub payload: String,
    /// What the answer must be; `None` asks for the default of [`judge`](crate::judge).
    pub expectation: Option<Expectation>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .field("expectation", &self.expectation)
            .finish()
    }
}

#[derive(Default)]
struct Documents {
    event: Option<String>,
    expectation: Option<String>,
    repeated: bool,
}

/// The name of the document in a file: the file's without `.json`; `None` for any other file, and for hidden ones such
/// as the `._X.json` that archives made on macOS hold.
pub fn document_name(file_name: &str) -> Option<&str> {
    file_name
        .strip_suffix(".json")
        .filter(|name| !name.is_empty() && !name.starts_with('.'))
}

/// Pairs each event with its expectation: the document `X.expect` is the expectation of the document `X`.
///
/// `documents` are names (a file's without `.json`) with their texts. The events come in the order in which their names,
/// with or without `.expect`, first appear. No document disappears: what cannot be used is an event with an `Err`.
pub fn pair(
    source: Source,
    documents: impl IntoIterator<Item = (String, String)>,
) -> Vec<TestEvent> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut events: Vec<(String, Documents)> = Vec::new();
    for (document, text) in documents {
        let stem = document.strip_suffix(".expect");
        let name = stem.unwrap_or(&document);
        let place = *places.entry(name.to_owned()).or_insert(events.len());
        if place == events.len() {
            events.push((name.to_owned(), Documents::default()));
        }
        let found = &mut events[place].1;
        let slot = if stem.is_some() {
            &mut found.expectation
        } else {
            &mut found.event
        };
        found.repeated |= slot.replace(text).is_some();
    }
    events
        .into_iter()
        .map(|(name, documents)| TestEvent {
            content: content(&name, documents),
            name,
            source,
        })
        .collect()
}

fn content(name: &str, documents: Documents) -> Result<Content, String> {
    if documents.repeated {
        return Err(format!(
            "two documents share the name `{name}` or `{name}.expect`; rename or remove one"
        ));
    }
    let Some(payload) = documents.event else {
        return Err(format!(
            "the expectation `{name}.expect` has no event `{name}`; add the event or remove the expectation"
        ));
    };
    // `IgnoredAny` checks the syntax without recursion, so an event may nest as deeply as Lambda lets it.
    serde_json::from_str::<IgnoredAny>(&payload)
        .map_err(|error| format!("the event `{name}` is not JSON: {error}"))?;
    let expectation = documents
        .expectation
        .map(|text| Expectation::parse(&text))
        .transpose()
        .map_err(|error| format!("the expectation `{name}.expect` cannot be used: {error}"))?;
    Ok(Content {
        payload,
        expectation,
    })
}

/// The bundled events followed by those shared events whose names are not bundled too,
/// and the names that clashed, whose shared events are left out.
pub fn merge(bundled: Vec<TestEvent>, shared: Vec<TestEvent>) -> (Vec<TestEvent>, Vec<String>) {
    let taken: BTreeSet<String> = bundled.iter().map(|event| event.name.clone()).collect();
    let (clashing, shared): (Vec<_>, Vec<_>) = shared
        .into_iter()
        .partition(|event| taken.contains(&event.name));
    let mut events = bundled;
    events.extend(shared);
    let clashes = clashing.into_iter().map(|event| event.name).collect();
    (events, clashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected` holds one line per event: its name, its payload, `+` when it has an expectation; or name, `!`, the reason.
    fn check(documents: &[(&str, &str)], expected: &[&str]) {
        let documents = documents
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let lines: Vec<String> = pair(Source::Bundled, documents)
            .into_iter()
            .map(|event| match event.content {
                Ok(Content {
                    payload,
                    expectation,
                }) => {
                    let mark = if expectation.is_some() { "+" } else { "" };
                    format!("{} {payload}{mark}", event.name)
                }
                Err(reason) => format!("{} ! {reason}", event.name),
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn events_are_paired_in_the_order_of_their_first_document() {
        check(&[], &[]);
        check(
            &[
                ("B", "1"),
                ("A.expect", "{}"),
                ("B.expect", "{}"),
                ("A", "2"),
                ("C", "3"),
            ],
            &["B 1+", "A 2+", "C 3"],
        );
        check(&[("a b/c ü", " { } \n")], &["a b/c ü  { } \n"]);
        let bomb = "[".repeat(100_000) + &"]".repeat(100_000);
        check(&[("Deep", &bomb)], &[&format!("Deep {bomb}")]);
    }

    #[test]
    fn what_cannot_be_used_stays_with_its_reason() {
        check(
            &[("A.expect", "{}")],
            &[
                "A ! the expectation `A.expect` has no event `A`; add the event or remove the expectation",
            ],
        );
        check(
            &[("A.expect.expect", "{}")],
            &[
                "A.expect ! the expectation `A.expect.expect` has no event `A.expect`; \
               add the event or remove the expectation",
            ],
        );
        check(
            &[("A", "{")],
            &["A ! the event `A` is not JSON: EOF while parsing an object at line 1 column 1"],
        );
        check(
            &[("A", "")],
            &["A ! the event `A` is not JSON: EOF while parsing a value at line 1 column 0"],
        );
        check(
            &[("A", "1 2")],
            &["A ! the event `A` is not JSON: trailing characters at line 1 column 3"],
        );
        check(
            &[("A", "1"), ("A.expect", r#"{"id":{"$regexp":"x"}}"#)],
            &[
                "A ! the expectation `A.expect` cannot be used: id.$regexp: unknown instruction `$regexp`; \
               did you mean `$regex`? (a member of that name is written `$$regexp`)",
            ],
        );
        check(
            &[("A", "1"), ("A", "2")],
            &["A ! two documents share the name `A` or `A.expect`; rename or remove one"],
        );
        check(
            &[("A.expect", "1"), ("A.expect", "2"), ("A", "1")],
            &["A ! two documents share the name `A` or `A.expect`; rename or remove one"],
        );
    }

    #[test]
    fn bundled_events_win_over_shared_ones() {
        let documents = |names: &[&str]| -> Vec<(String, String)> {
            names
                .iter()
                .map(|name| ((*name).to_owned(), "1".to_owned()))
                .collect()
        };
        let (events, clashes) = merge(
            pair(Source::Bundled, documents(&["B", "A"])),
            pair(Source::Shared, documents(&["D", "A.expect", "C"])),
        );
        let names: Vec<_> = events
            .iter()
            .map(|event| (event.name.as_str(), event.source))
            .collect();
        assert_eq!(
            names,
            [
                ("B", Source::Bundled),
                ("A", Source::Bundled),
                ("D", Source::Shared),
                ("C", Source::Shared)
            ]
        );
        assert_eq!(clashes, ["A"]);
    }

    #[test]
    fn debug_shows_no_payload() {
        let events = pair(Source::Shared, [("A".to_owned(), "\"hush\"".to_owned())]);
        let text = format!("{events:?}");
        assert!(text.contains("6 bytes") && !text.contains("hush"), "{text}");
    }
}
