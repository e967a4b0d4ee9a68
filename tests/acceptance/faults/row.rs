//! The rows of `tests/faults/*.json`, as data.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Step;
use super::layer::numbered;
use crate::harness::top_level;

/// One row: what is unusual, and what must come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Row {
    /// What is unusual: the row's name.
    pub(super) unusual: String,
    #[serde(default)]
    pub(super) hook: Hooks,
    /// The lifecycle event that is in progress, where it is not the hook's own.
    #[serde(default)]
    pub(super) during: Option<String>,
    /// Nothing is wrong in this row, so `Succeeded` needs no reason.
    #[serde(default)]
    pub(super) healthy: bool,
    /// Why `Succeeded` is right although something is wrong.
    #[serde(default)]
    pub(super) right: Option<String>,
    /// What the hook is invoked with, instead of CodeDeploy's payload.
    #[serde(default)]
    pub(super) payload: Option<Value>,
    /// Variables of the hook beside the template's.
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
    /// The events layer, by path. Text is written as it is, other JSON as JSON, and see [`super::layer`].
    #[serde(default = "bundled")]
    pub(super) bundled: BTreeMap<String, Value>,
    /// How many files and events a name with `*` in it stands for.
    #[serde(default)]
    pub(super) copies: usize,
    /// The document of the shared registry; there is none where it is left out.
    #[serde(default)]
    pub(super) shared: Option<Value>,
    /// What the endpoints answer instead of their defaults, by action; see [`super::answer`].
    #[serde(default)]
    pub(super) script: BTreeMap<String, Vec<Step>>,
    /// The status that CodeDeploy has of the lifecycle event before the hook is invoked.
    #[serde(default)]
    pub(super) settled: Option<String>,
    /// The hook's timeout.
    #[serde(default = "deadline_ms")]
    pub(super) deadline_ms: u64,
    /// A second delivery of the same payload.
    #[serde(default)]
    pub(super) again: Option<Again>,
    /// What CodeDeploy has of the lifecycle event in the end: `Succeeded`, `Failed` or `nothing`.
    pub(super) received: String,
    /// The error in which the last delivery ends; it ends in a report where this is left out.
    #[serde(default)]
    pub(super) error: Option<FunctionError>,
    /// The verdict of the report, where it may differ from what CodeDeploy has.
    #[serde(default)]
    pub(super) verdict: Option<String>,
    /// Parts of the report's reason.
    #[serde(default)]
    pub(super) reason: Vec<String>,
    /// Every event of the report: name, source, outcome, parts of its entry as JSON. Where this is left out,
    /// `Succeeded` has the bundled event `Ask`, met, and whatever else has none.
    #[serde(default)]
    pub(super) events: Option<Vec<Vec<String>>>,
    /// Parts of the report's notes, one for each.
    #[serde(default)]
    pub(super) notes: Vec<String>,
    /// Parts of what the report says of the calls of the shift.
    #[serde(default)]
    pub(super) canary: Vec<String>,
    /// Function, alias, current and target version in the report; `-` for what is not in it.
    #[serde(default)]
    pub(super) target: Option<String>,
    /// How often an action was called, in all deliveries together.
    #[serde(default)]
    pub(super) calls: BTreeMap<String, usize>,
}

/// The hooks that a row is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Hooks {
    PreTraffic,
    PostTraffic,
    #[default]
    Both,
}

/// One of the two binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hook {
    PreTraffic,
    PostTraffic,
}

/// A second delivery.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Again {
    /// Where it arrives.
    #[serde(rename = "in")]
    pub(super) place: Place,
    /// How the first delivery ends; in a report where this is left out.
    #[serde(default)]
    pub(super) first_error: Option<FunctionError>,
    /// The script from here on.
    #[serde(default)]
    pub(super) script: BTreeMap<String, Vec<Step>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Place {
    /// After the first, in the same execution environment.
    SameProcess,
    /// After the first, in another execution environment.
    OtherProcess,
    /// At once with the first, in another execution environment.
    AtOnce,
}

/// A function error.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FunctionError {
    pub(super) error_type: String,
    /// Parts of its message.
    #[serde(default)]
    pub(super) message: Vec<String>,
}

impl Hooks {
    pub(super) fn each(self) -> &'static [Hook] {
        match self {
            Self::PreTraffic => &[Hook::PreTraffic],
            Self::PostTraffic => &[Hook::PostTraffic],
            Self::Both => &[Hook::PreTraffic, Hook::PostTraffic],
        }
    }
}

impl Hook {
    pub(super) fn binary(self) -> &'static str {
        match self {
            Self::PreTraffic => "pre-traffic",
            Self::PostTraffic => "post-traffic",
        }
    }

    pub(super) fn lifecycle_event(self) -> &'static str {
        match self {
            Self::PreTraffic => "BeforeAllowTraffic",
            Self::PostTraffic => "AfterAllowTraffic",
        }
    }
}

impl Row {
    /// The lifecycle event that CodeDeploy waits for.
    pub(super) fn lifecycle_event(&self, hook: Hook) -> &str {
        self.during.as_deref().unwrap_or(hook.lifecycle_event())
    }

    /// Whether the hook runs as the template configures it, serving the one lifecycle event that it is there for.
    pub(super) fn is_as_in_template(&self) -> bool {
        self.variables.is_empty() && self.during.is_none()
    }

    /// Every event that the report must have.
    pub(super) fn expected_events(&self) -> Vec<Vec<String>> {
        let met = || vec![["Ask", "bundled", "met"].map(str::to_owned).to_vec()];
        match &self.events {
            Some(events) => events
                .iter()
                .flat_map(|event| {
                    let names = numbered(&event[0], self.copies).into_iter();
                    names.map(|name| [&[name][..], &event[1..]].concat())
                })
                .collect(),
            None if self.received == "Succeeded" => met(),
            None => Vec::new(),
        }
    }
}

/// An area of the matrix: a file of `tests/faults`.
pub(super) struct Area {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

/// All of them, in the order of their names.
pub(super) fn areas() -> Vec<Area> {
    let mut files: Vec<_> = fs::read_dir(top_level().join("tests/faults"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(file).unwrap();
            let rows =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}.json: {error}"));
            Area { name, rows }
        })
        .collect()
}

/// A secret of the customers', the function's and the hook's own: it must not show anywhere.
pub(super) const CANARY: &str = "hush-4-nobody-but-us";

/// The events layer of a row that says nothing of it: one event that a healthy function meets.
pub(super) fn bundled() -> BTreeMap<String, Value> {
    let event = json!({ "customer": "C-1", "password": CANARY, "remark": CANARY });
    BTreeMap::from([
        ("VersionedOrderAPI/Ask.json".to_owned(), event),
        (
            "VersionedOrderAPI/Ask.expect.json".to_owned(),
            json!({ "statusCode": 200, "body": { "orderId": "A-1" } }),
        ),
    ])
}

/// No row runs into this; those that are about time say so.
fn deadline_ms() -> u64 {
    30_000
}
