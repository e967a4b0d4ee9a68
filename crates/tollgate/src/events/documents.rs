//! Test events and expectations by name, from either place, and what is the same in both.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use checks::registry::{self, RegistryError};
use checks::{Spelled, expectation_name};

use crate::printable::shortened;

/// The documents of one place, in its order: events under their names, the expectation of `X` under `X.expect`.
#[derive(Debug, Default)]
pub(super) struct Documents {
    order: Vec<String>,
    found: BTreeMap<String, Found>,
}

/// A document.
#[derive(Debug, PartialEq)]
enum Found {
    Read(Spelled),
    /// A file that is not what it should be.
    Malformed {
        /// Empty where it is none.
        text: String,
        /// For people, with the file's name.
        reason: String,
    },
}

/// Where a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Files,
    Shared,
    Both,
    /// In both places, and not the same.
    Differ,
}

impl Documents {
    /// Those of the schema's document.
    ///
    /// # Errors
    /// It is no such document, or has a name twice.
    pub(super) fn shared(content: Option<&str>) -> Result<Self> {
        let mut documents = Self::default();
        let Some(content) = content else {
            return Ok(documents);
        };
        for (name, text) in registry::documents(content)? {
            if documents.found.contains_key(&name) {
                bail!(RegistryError::Repeated(name));
            }
            let value = Spelled::parse(&text)
                .with_context(|| format!("the shared test event {name:?} cannot be read"))?;
            documents.add(name, value);
        }
        Ok(documents)
    }

    pub(super) fn add(&mut self, name: String, document: Spelled) {
        self.order.push(name.clone());
        self.found.insert(name, Found::Read(document));
    }

    pub(super) fn add_malformed(&mut self, name: String, text: String, reason: String) {
        self.order.push(name.clone());
        self.found.insert(name, Found::Malformed { text, reason });
    }

    /// What the document says; `None` where there is none, and where it is malformed.
    pub(super) fn get(&self, name: &str) -> Option<&Spelled> {
        match self.found.get(name)? {
            Found::Read(document) => Some(document),
            Found::Malformed { .. } => None,
        }
    }

    /// Why the document is not what it should be, where that is so.
    pub(super) fn why_malformed(&self, name: &str) -> Option<&str> {
        match self.found.get(name)? {
            Found::Read(_) => None,
            Found::Malformed { reason, .. } => Some(reason),
        }
    }

    /// Whether the two are the same there, or have both nothing.
    pub(super) fn agrees(&self, other: &Self, name: &str) -> bool {
        self.found.get(name) == other.found.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.found.contains_key(name)
    }

    /// In the order of the place.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// Leaves only these test events, each with its expectation; all where none is named.
    pub(super) fn only(mut self, wanted: &[String]) -> Self {
        self.order.retain(|name| is_wanted(wanted, name));
        self.found.retain(|name, _| is_wanted(wanted, name));
        self
    }
}

/// Both places of one function.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) files: Documents,
    pub(super) shared: Documents,
}

impl Places {
    /// The documents of both places: the files' first, as they stand in the folder, then what is only shared.
    pub(super) fn names(&self) -> Vec<&str> {
        let shared = self.shared.names();
        let only_shared = shared.filter(|name| !self.files.has(name));
        self.files.names().chain(only_shared).collect()
    }

    /// The test events of both places, in the same order.
    pub(super) fn events(&self) -> Vec<&str> {
        let mut events: Vec<&str> = Vec::new();
        let mut seen = BTreeSet::new();
        for name in self.names() {
            let event = event_of(name);
            if seen.insert(event) {
                events.push(event);
            }
        }
        events
    }

    /// Where a document is; `None` where it is nowhere.
    pub(super) fn place(&self, name: &str) -> Option<Place> {
        match (self.files.found.get(name), self.shared.found.get(name)) {
            (Some(file), Some(shared)) if file == shared => Some(Place::Both),
            (Some(_), Some(_)) => Some(Place::Differ),
            (Some(_), None) => Some(Place::Files),
            (None, Some(_)) => Some(Place::Shared),
            (None, None) => None,
        }
    }

    /// The documents that are in that place.
    pub(super) fn at(&self, place: Place) -> Vec<&str> {
        let mut names = self.names();
        names.retain(|name| self.place(name) == Some(place));
        names
    }

    /// Leaves only these test events, each with its expectation; all where none is named.
    ///
    /// # Errors
    /// A name that neither place has.
    pub(super) fn only(self, wanted: &[String]) -> Result<Self> {
        let known: BTreeSet<&str> = self.events().into_iter().collect();
        for name in wanted {
            let event = event_of(name);
            if !known.contains(event) {
                let known: Vec<&str> = known.into_iter().collect();
                bail!(
                    "there is no test event {name:?}; there are: {}",
                    listed(&known)
                );
            }
        }
        Ok(Self {
            files: self.files.only(wanted),
            shared: self.shared.only(wanted),
        })
    }
}

/// The names, for people.
pub(super) fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    shortened(&names.join(", "))
}

/// Whether a document is one of these test events' or their expectations'; each is where none is named.
pub(super) fn is_wanted(wanted: &[String], name: &str) -> bool {
    let is_of = |wanted: &String| event_of(wanted) == event_of(name);
    wanted.is_empty() || wanted.iter().any(is_of)
}

/// The test event that a document belongs to.
pub(super) fn event_of(name: &str) -> &str {
    name.strip_suffix(".expect").unwrap_or(name)
}

/// The names of a test event's two documents; the name of its expectation means the same test event.
pub(super) fn names(name: &str) -> [String; 2] {
    let event = event_of(name);
    [event.to_owned(), expectation_name(event)]
}
