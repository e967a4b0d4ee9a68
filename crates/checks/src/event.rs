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
///
/// `D` is a document that may still have to be read: a path, or the text itself. Reading it when its turn comes keeps only
/// the events in flight in memory. Its `Debug` shows no document, because payloads must not reach logs.
#[derive(Clone)]
pub struct TestEvent<D> {
    /// The name of its file without `.json`, or of its example in the registry; any string.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    documents: Documents<D>,
}

impl<D> fmt::Debug for TestEvent<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestEvent")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
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

#[derive(Clone)]
struct Documents<D> {
    event: Option<D>,
    expectation: Option<D>,
    repeated: bool,
}

/// The name of the document in a file: the file's without `.json`; `None` for any other file, and for hidden ones such
/// as the `._X.json` that archives made on macOS hold.
pub fn document_name(file_name: &str) -> Option<&str> {
    file_name
        .strip_suffix(".json")
        .filter(|name| !name.is_empty() && !name.starts_with('.'))
}

/// The name of the file that holds a document, of which [`document_name`] makes the document's name again.
pub fn file_name(document_name: &str) -> String {
    format!("{document_name}.json")
}

/// The name of the document with a test event's expectation.
pub fn expectation_name(event_name: &str) -> String {
    format!("{event_name}.expect")
}

/// Pairs each event with its expectation: the document `X.expect` is the expectation of the document `X`.
///
/// `documents` are names (a file's without `.json`) with their documents, none of which is read. The events come in the
/// order in which their names, with or without `.expect`, first appear. No document disappears: an event that cannot be
/// used says why when its [`content`](TestEvent::content) is asked for.
pub fn pair<D>(
    source: Source,
    documents: impl IntoIterator<Item = (String, D)>,
) -> Vec<TestEvent<D>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut events: Vec<TestEvent<D>> = Vec::new();
    for (name, document) in documents {
        let stem = name.strip_suffix(".expect");
        let event = stem.unwrap_or(&name);
        let place = *places.entry(event.to_owned()).or_insert(events.len());
        if place == events.len() {
            events.push(TestEvent {
                name: event.to_owned(),
                source,
                documents: Documents {
                    event: None,
                    expectation: None,
                    repeated: false,
                },
            });
        }
        let found = &mut events[place].documents;
        let slot = if stem.is_some() {
            &mut found.expectation
        } else {
            &mut found.event
        };
        found.repeated |= slot.replace(document).is_some();
    }
    events
}

impl<D> TestEvent<D> {
    /// The document with its payload, where it has one.
    pub fn event_document(&self) -> Option<&D> {
        self.documents.event.as_ref()
    }

    /// The document with its expectation, where it has one.
    pub fn expectation_document(&self) -> Option<&D> {
        self.documents.expectation.as_ref()
    }

    /// What the event says, from its documents, which `read` gives as text or says for people why it cannot.
    ///
    /// # Errors
    ///
    /// For people, why the event cannot be used: `read`'s own reason, a malformed document, an expectation without its
    /// event, two documents of one name. Such an event is never invoked, and is [`broken`](crate::Outcome::Broken).
    pub fn content<T: AsRef<str>>(
        &self,
        read: impl Fn(&D) -> Result<T, String>,
    ) -> Result<Content, String> {
        let name = &self.name;
        if self.documents.repeated {
            return Err(format!(
                "two documents share the name `{name}` or `{name}.expect`; rename or remove one"
            ));
        }
        let Some(event) = &self.documents.event else {
            return Err(format!(
                "the expectation `{name}.expect` has no event `{name}`; add the event or remove the expectation"
            ));
        };
        let payload = read(event)?.as_ref().to_owned();
        if payload.starts_with('\u{feff}') {
            return Err(format!(
                "the event `{name}` starts with a byte order mark; save it as UTF-8 without one"
            ));
        }
        // `IgnoredAny` checks the syntax without recursion, so an event may nest as deeply as Lambda lets it.
        serde_json::from_str::<IgnoredAny>(&payload)
            .map_err(|error| format!("the event `{name}` is not JSON: {error}"))?;
        let expectation = match &self.documents.expectation {
            None => None,
            Some(document) => Some(Expectation::parse(read(document)?.as_ref()).map_err(
                |error| format!("the expectation `{name}.expect` cannot be used: {error}"),
            )?),
        };
        Ok(Content {
            payload,
            expectation,
        })
    }
}

/// The bundled events followed by those shared events whose names are not bundled too,
/// and the names that clashed, whose shared events are left out.
pub fn merge<D>(
    bundled: Vec<TestEvent<D>>,
    shared: Vec<TestEvent<D>>,
) -> (Vec<TestEvent<D>>, Vec<String>) {
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
        let read = |text: &String| match text.strip_prefix("unreadable: ") {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(text.clone()),
        };
        let lines: Vec<String> = pair(Source::Bundled, documents)
            .into_iter()
            .map(|event| match event.content(read) {
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
            &[("A", "\u{feff}{}")],
            &["A ! the event `A` starts with a byte order mark; save it as UTF-8 without one"],
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
        let documents = |names: &[&str]| -> Vec<(String, ())> {
            names.iter().map(|name| ((*name).to_owned(), ())).collect()
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
    fn what_cannot_be_read_says_why() {
        check(&[("A", "unreadable: it is gone")], &["A ! it is gone"]);
        check(
            &[("A", "1"), ("A.expect", "unreadable: access denied")],
            &["A ! access denied"],
        );
    }

    #[test]
    fn debug_shows_no_payload() {
        let events = pair(Source::Shared, [("A".to_owned(), "\"hush\"")]);
        let text = format!("{events:?} {:?}", events[0].content(|text| Ok(*text)));
        assert!(text.contains("6 bytes") && !text.contains("hush"), "{text}");
    }
}
