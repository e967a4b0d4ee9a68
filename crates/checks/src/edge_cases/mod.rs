//! Edge cases: events that are derived from a test event, each by one change, and the smallest event that still fails.
//!
//! What is tried is in `values.rs`, and by the schema in `schema.rs`.

mod failure;
mod json;
mod name;
mod schema;
mod shrink;
mod values;

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hasher as _};

use serde_json::Value;

pub use failure::{Failure, ROBUSTNESS};
use json::{Edit, Json};
use name::Names;
pub use schema::EventSchema;
pub use shrink::Shrink;
use values::{Alteration, Kind, Make};

/// The largest payload that Lambda takes, in bytes ("Lambda quotas", AWS Lambda Developer Guide: 6 MB for the request of a
/// synchronous invocation).
const LARGEST: usize = 6 * 1024 * 1024;

/// The most places of an event that are changed, the outer ones first.
const MOST_PLACES: usize = 10_000;

/// Of an array, so many elements are changed, and the last one.
const MOST_ELEMENTS: usize = 3;

/// How many alterations of a place are taken in turns: within such a block, each place begins with another one.
const BLOCK: usize = 8;

/// A test event's payload that edge cases are derived from. Its `Debug` shows no text, because payloads must not reach logs.
pub struct Original {
    json: Json,
    /// The same where white space in strings that hold JSON does not count.
    canonical: Json,
    schema: EventSchema,
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original").finish_non_exhaustive()
    }
}

impl Original {
    /// Reads an event's payload, JSON text of at most 6 MB. A schema that says nothing is [`EventSchema::default`].
    ///
    /// # Errors
    ///
    /// The text is not JSON.
    pub fn parse(payload: &str, schema: EventSchema) -> Result<Self, serde_json::Error> {
        let json = Json::parse(payload)?;
        let canonical = json.canonical();
        Ok(Self {
            json,
            canonical,
            schema,
        })
    }

    /// The edge cases of the event, whose name theirs begin with, in this order and always the same:
    ///
    /// - The places of the event (itself, its fields, their fields, …; of an array the first three elements and the last) take turns,
    ///   the outer ones first; so many edge cases as there are places touch each of them.
    /// - What is tried at a place comes in blocks of eight, the likeliest to find a defect first. In a block, each place
    ///   begins with another one, so that the first round tries all eight.
    ///
    /// No two are the same, none is the event, and none is larger than Lambda takes. They are made one by one, as they are asked for:
    /// take as many as there is use for.
    pub fn edge_cases<'o>(&'o self, event_name: &str) -> impl Iterator<Item = EdgeCase<'o>> {
        let mut names = Names::default();
        let mut seen = BTreeSet::from([fingerprint(&self.canonical, None).0]);
        let places = self.places();
        let alterations: Vec<Vec<Alteration>> =
            places.iter().map(|place| place.alterations(self)).collect();
        let most = alterations.iter().map(Vec::len).max().unwrap_or_default();
        let event_name = event_name.to_owned();
        let count = places.len();
        let turns = (0..most.next_multiple_of(BLOCK))
            .flat_map(move |round| (0..count).map(move |place| (round, place)));
        turns.filter_map(move |(round, index)| {
            let place = places.get(index)?;
            let turn = round - round % BLOCK + (round + index) % BLOCK;
            let alteration = alterations.get(index)?.get(turn)?;
            let (path, edit) = place.change(self, alteration)?;
            let (fingerprint, length) =
                fingerprint(&self.canonical, Some((&path, &canonical(&edit))));
            if length > LARGEST || !seen.insert(fingerprint) {
                return None;
            }
            let at = name::place(&self.json, &place.path, place.missing);
            Some(EdgeCase {
                name: names.take(&event_name, &at, &alteration.what),
                original: self,
                path,
                edit,
            })
        })
    }

    /// The event, its fields, their fields, and so on.
    fn places(&self) -> Vec<Place<'_>> {
        let mut places = vec![Place {
            path: Vec::new(),
            missing: None,
            is_held: false,
            levels: 0,
            schema: self.schema.event(),
        }];
        let mut index = 0;
        while let Some(place) = places.get(index)
            && places.len() < MOST_PLACES
        {
            let inner = self.places_in(place);
            places.extend(inner);
            index += 1;
        }
        places.truncate(MOST_PLACES);
        places
    }

    fn places_in<'o>(&'o self, place: &Place<'o>) -> Vec<Place<'o>> {
        let Some(node) = self
            .json
            .at(&place.path)
            .filter(|_| place.missing.is_none())
        else {
            return Vec::new();
        };
        let inner = |index: usize, schema: Option<&'o Value>| Place {
            path: place.path.iter().copied().chain([index]).collect(),
            missing: None,
            is_held: place.is_held,
            levels: place.levels + 1,
            schema,
        };
        match node {
            Json::Raw(_) | Json::Text(_) => Vec::new(),
            // The string itself is the place of its document; its fields are beyond.
            Json::Held { .. } => {
                let document = Place {
                    is_held: true,
                    levels: 0,
                    ..inner(0, None)
                };
                self.places_in(&document)
            }
            Json::Array(items) => {
                let element = place.schema.and_then(|schema| self.schema.element(schema));
                let last = items
                    .len()
                    .checked_sub(1)
                    .filter(|last| *last >= MOST_ELEMENTS);
                (0..items.len().min(MOST_ELEMENTS))
                    .chain(last)
                    .map(|index| inner(index, element))
                    .collect()
            }
            Json::Object(members) => {
                let member = |name: &str| self.schema.member(place.schema?, name);
                let known = place.schema.into_iter().flat_map(schema::names);
                let names: BTreeSet<&str> = members.iter().map(|(name, _)| &**name).collect();
                let missing = known
                    .filter(|name| !names.contains(name.as_str()))
                    .map(|name| Place {
                        path: place.path.clone(),
                        missing: Some(name),
                        schema: member(name),
                        ..inner(0, None)
                    });
                let there = members.iter().enumerate();
                there
                    .map(|(index, (name, _))| inner(index, member(name)))
                    .chain(missing)
                    .collect()
            }
        }
    }
}

/// Where something is tried.
#[derive(Debug)]
struct Place<'o> {
    /// Of the value, or of the object that lacks the field.
    path: Vec<usize>,
    /// The field that is not there and the schema knows.
    missing: Option<&'o str>,
    /// Whether it is in a string that holds JSON.
    is_held: bool,
    /// How many arrays and objects it is in, of those in the same text.
    levels: usize,
    schema: Option<&'o Value>,
}

impl Place<'_> {
    /// What is tried here: the first block by the value's type, then by its schema, then the rest by its type.
    fn alterations(&self, original: &Original) -> Vec<Alteration> {
        let kind = match (self.missing, self.schema) {
            (None, _) => original.json.at(&self.path).map_or(Kind::Null, Kind::of),
            (Some(_), schema) => schema.map_or(Kind::Text, schema::kind),
        };
        let by_type = values::alterations(kind, self.is_held);
        let mut alterations: Vec<Alteration> = match (self.missing, self.schema) {
            (Some(_), Some(schema)) => [Alteration::new("present", schema::sample(schema))]
                .into_iter()
                .chain(by_type.skip(1))
                .collect(),
            // The event itself is always there.
            _ => by_type
                .filter(|one| !(self.path.is_empty() && matches!(one.make, Make::Absent)))
                .collect(),
        };
        let by_schema = self.schema.map(schema::alterations).unwrap_or_default();
        let first = BLOCK.min(alterations.len());
        alterations.splice(first..first, by_schema);
        alterations
    }

    /// The change that is an alteration here: to the value, or to what it is in.
    fn change(&self, original: &Original, alteration: &Alteration) -> Option<(Vec<usize>, Edit)> {
        let path = self.path.clone();
        if let Some(name) = self.missing {
            let nothing = Json::Raw("null".into());
            let Edit::Replace(value) = alteration.edit(&nothing, self.levels)? else {
                return None;
            };
            let name = name.to_owned();
            return Some((path, Edit::With { name, value }));
        }
        if matches!(alteration.make, Make::Absent) {
            let (index, around) = self.path.split_last()?;
            return Some((around.to_vec(), Edit::Without(*index..*index + 1)));
        }
        let value = original.json.at(&self.path)?;
        Some((path, alteration.edit(value, self.levels)?))
    }
}

/// The change in the spelling in which values are compared.
fn canonical(edit: &Edit) -> Edit {
    match edit {
        Edit::Replace(text) => Edit::Replace(
            Json::parse(text).map_or_else(|_| text.clone(), |json| json.compact(None)),
        ),
        Edit::Without(_) | Edit::With { .. } | Edit::Child(_) | Edit::Shorten(_) => edit.clone(),
    }
}

/// What tells two events apart, and the length of the event in bytes.
fn fingerprint(json: &Json, change: Option<json::Change<'_>>) -> (u64, usize) {
    struct Fingerprint(DefaultHasher, usize);
    impl fmt::Write for Fingerprint {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            self.1 += text.len();
            Ok(())
        }
    }
    let mut fingerprint = Fingerprint(DefaultHasher::new(), 0);
    // Writing to it does not fail.
    let _ = json.write(&mut fingerprint, change);
    (fingerprint.0.finish(), fingerprint.1)
}

/// An event as it may appear in a report: credentials masked, also in strings that hold JSON, and cut.
pub fn shown(payload: &str) -> String {
    let value = serde_json::from_str(payload).unwrap_or_else(|_| Value::from(payload));
    match (crate::shown::shown(&value), &value) {
        // What is cut, or could not be read, is text.
        (Value::String(text), Value::Array(_) | Value::Object(_)) => text,
        (Value::String(text), _) if value == payload => text,
        (shown, _) => shown.to_string(),
    }
}

/// One edge case. It holds what is changed, not the whole event: many of a large event may be in memory at once. Its `Debug` shows
/// no payload.
#[derive(Clone)]
pub struct EdgeCase<'o> {
    /// After what it changes: `CreateOrder.items-0-quantity-i64-max-plus-1`. At most 100 of the characters that the shared registry
    /// allows (`A-Za-z0-9._-`), never ending in `.expect`, and unique among those of its event, whatever the case.
    pub name: String,
    original: &'o Original,
    path: Vec<usize>,
    edit: Edit,
}

impl fmt::Debug for EdgeCase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeCase")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl EdgeCase<'_> {
    /// The event as JSON text.
    pub fn payload(&self) -> String {
        self.original.json.compact(Some((&self.path, &self.edit)))
    }
}
