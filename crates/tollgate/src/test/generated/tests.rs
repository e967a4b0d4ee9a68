//! The whole of it with a function that answers in memory, down to what is printed.

use std::fs;
use std::time::Duration;

use checks::{Answer, Invoke, Report, Side};
use clap::Parser as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::test::output::{self, JunitFile};

/// A function that fails with the error type that it is told, and else answers `null`.
struct Function<F>(F);

impl<F: Fn(&Value) -> Option<String> + Sync> Invoke for Function<F> {
    async fn invoke(&self, _: Side, _: &str, payload: &str) -> Result<Answer, String> {
        let event = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        let error = (self.0)(&event);
        Ok(Answer {
            payload: match &error {
                Some(error) => json!({ "errorType": error, "errorMessage": "no" }),
                None => Value::Null,
            }
            .to_string()
            .into_bytes(),
            function_error: error.map(|_| "Unhandled".to_owned()),
            executed_version: None,
            duration: Duration::from_millis(1),
        })
    }
}

impl<F: Fn(&Value) -> Option<String> + Sync> Target for Function<F> {
    fn shown(&self) -> String {
        "F".to_owned()
    }

    fn identified(&self, report: Report) -> Report {
        report
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    async fn given_up(&self) -> String {
        std::future::pending().await
    }

    fn reason(&self) -> Option<String> {
        None
    }
}

fn args(more: &[&str]) -> Test {
    let all = ["tollgate", "test", "--generated"].iter().chain(more);
    match Cli::try_parse_from(all).unwrap().command {
        Command::Test(args) => *args,
        other => panic!("{other:?}"),
    }
}

/// A folder with documents: names without `.json`, and their text.
fn folder(documents: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in documents {
        fs::write(folder.path().join(format!("{name}.json")), text).unwrap();
    }
    folder
}

async fn tested(
    folder: &TempDir,
    args: &Test,
    function: impl Fn(&Value) -> Option<String> + Sync,
) -> Tested {
    tested_by(&EventSchema::default(), folder, args, function).await
}

async fn tested_by(
    schema: &EventSchema,
    folder: &TempDir,
    args: &Test,
    function: impl Fn(&Value) -> Option<String> + Sync,
) -> Tested {
    let suite = Suite {
        function: "F".to_owned(),
        folder: folder.path().to_owned(),
        events: hooks::bundled_events(folder.path()).unwrap(),
        notes: Vec::new(),
        skipped: Vec::new(),
    };
    let suite = suite.chosen(&args.only).unwrap();
    generated(suite, schema, &Function(function), args, &mut Vec::new())
        .await
        .unwrap()
}

/// The names of the report's entries, each with the sign that it is drawn with.
fn drawn(tested: &Tested) -> Vec<String> {
    let entries = tested.report.events.iter();
    let sign = |outcome: &Outcome| match outcome {
        Outcome::Met => '✓',
        Outcome::Unmet(_) => '✗',
        Outcome::Broken(_) => '!',
    };
    entries
        .map(|entry| format!("{} {}", sign(&entry.outcome), entry.name))
        .collect()
}

const TWO_EVENTS: [(&str, &str); 4] = [
    ("One", r#"{"a":"x"}"#),
    ("One.expect", r#"{"$any":true}"#),
    ("Two", r#"{"b":"x"}"#),
    ("Two.expect", r#"{"$any":true}"#),
];

#[tokio::test]
async fn each_form_of_output_has_all_defects_at_the_event_that_they_come_from() {
    let folder = folder(&TWO_EVENTS);
    let junit = folder.path().join("junit.xml");
    let of_a = |event: &Value| match event.get("a")? {
        Value::Null => Some("Null".to_owned()),
        Value::Bool(_) => Some("Bool".to_owned()),
        Value::Array(_) => Some("Array".to_owned()),
        _ => None,
    };
    let expected = [
        "✗ One.a-null",
        "✗ One.a-empty-array",
        "✗ One.a-true",
        "✓ Two",
    ];
    let of_one = format!("{}:1:1", folder.path().join("One.json").display());
    for format in ["text", "json"] {
        let args = args(&["--format", format]);
        let tested = tested(&folder, &args, of_a).await;
        let mut found = drawn(&tested);
        let mut all = expected.map(str::to_owned).to_vec();
        found.sort();
        all.sort();
        assert_eq!(found, all);
        let mut out = Vec::new();
        let file = JunitFile::at(&junit).unwrap();
        let exit = output::write(&args, Ok(vec![tested]), Some(file), &mut out).unwrap();
        assert_eq!(exit, Exit::WouldRollBack);
        let out = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        let junit = fs::read_to_string(&junit).unwrap();
        for entry in expected {
            let name = &entry["✗ ".len()..];
            assert!(
                junit.contains(&format!("<testcase name=\"{name}\"")),
                "{junit}"
            );
            let is_there = match format {
                "text" => out.contains(entry),
                _ => out.contains(&format!("\"name\": \"{name}\"")),
            };
            assert!(is_there, "{entry}: {out}");
        }
        assert_eq!(junit.matches(of_one.as_str()).count(), 6, "{junit}");
        let places = match format {
            "text" => out.matches(of_one.as_str()).count(),
            _ => out.matches("One.json\"").count(),
        };
        assert_eq!(places, 3, "{out}");
        for elsewhere in [".expect.json", "Two.json"] {
            assert!(
                !out.contains(elsewhere) && !junit.contains(elsewhere),
                "{out}{junit}"
            );
        }
    }
}

#[tokio::test]
async fn an_event_whose_edge_cases_fail_like_those_of_another_is_not_met() {
    let three = folder(&[
        ("One", r#"{"a":"x"}"#),
        ("Three", r#"{"b":"x"}"#),
        ("Two", r#"{"a":"y"}"#),
    ]);
    let of_a = |event: &Value| event.get("a")?.is_null().then(|| "Null".to_owned());
    let tested = tested(&three, &args(&[]), of_a).await;
    assert_eq!(drawn(&tested), ["✗ One.a-null", "✓ Three"]);
    let notes = tested.report.notes.join("\n");
    let events = "One.a-null: 2 edge cases of One, Two fail so";
    assert!(notes.contains(events), "{notes}");
}

#[tokio::test]
async fn an_event_that_cannot_be_used_hides_nothing_of_the_others() {
    type Documents<'a> = &'a [(&'a str, &'a str)];
    let of_a = |event: &Value| event.get("a")?.is_null().then(|| "Null".to_owned());
    let rows: [(Documents<'_>, &[&str], Exit, &str); 4] = [
        (&[], &["✗ One.a-null"], Exit::WouldRollBack, "1 defect in "),
        (
            &[("Bad", "{\n\"a\":")],
            &["! Bad", "✗ One.a-null"],
            Exit::WouldRollBack,
            "Bad.json:2:4",
        ),
        (
            &[
                ("Bad", "[]"),
                ("Bad.expect", r#"{"$nope":1}"#),
                ("One", "{}"),
            ],
            &["! Bad", "✓ One"],
            Exit::Undecided,
            "Bad.expect.json:1:2",
        ),
        (
            &[("One", "no JSON")],
            &["! One"],
            Exit::Undecided,
            "no defects in 0 edge cases of no events; 1 of 1 events broken",
        ),
    ];
    for (documents, expected, exit, part) in rows {
        let folder = folder(&[&[("One", r#"{"a":"x"}"#)], documents].concat());
        let args = args(&[]);
        let tested = tested(&folder, &args, of_a).await;
        assert_eq!(drawn(&tested), expected);
        let mut out = Vec::new();
        let status = output::write(&args, Ok(vec![tested]), None, &mut out).unwrap();
        let out = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        assert_eq!(status, exit, "{out}");
        assert!(out.contains(part), "{part:?}: {out}");
    }
}

#[tokio::test]
async fn the_smallest_events_of_the_first_defects_are_enough() {
    let one = folder(&[("One", r#"{"a":"x"}"#)]);
    // Each event fails in a way of its own.
    let always = |event: &Value| Some(event.to_string().chars().take(40).collect());
    let tested = tested(&one, &args(&[]), always).await;
    let defects = tested.report.events.len();
    assert!(defects > 25, "{defects}");
    let notes = tested.report.notes.iter();
    let not_shrunk = notes.filter(|note| note.contains("not shrunk: 20 defects are at most"));
    assert_eq!(not_shrunk.count(), defects - 20);
}

#[tokio::test]
async fn only_what_is_an_edge_case_gives_nothing_to_derive_from() {
    let robustness = ROBUSTNESS.replace('\n', "");
    let folder = folder(&[
        ("Orders", "[]"),
        ("Orders.a-null", "[]"),
        ("Orders.a-null.expect", &robustness),
        ("Orders.v1", "[]"),
        ("Orders.v2", "[]"),
        ("Orders.v2.expect", r#"{"statusCode":200}"#),
        ("Other.a-null", "[]"),
        ("Other.a-null.expect", ROBUSTNESS),
    ]);
    let tested = tested(&folder, &args(&[]), |_| None).await;
    let expected = ["✓ Orders", "✓ Orders.v1", "✓ Orders.v2", "✓ Other.a-null"];
    assert_eq!(drawn(&tested), expected);
}

#[tokio::test]
async fn what_is_kept_says_what_was_there() {
    for (there, expected) in [
        (&[][..], "kept in FOLDER"),
        (&[("One.a-null", r#"{"a": null}"#)], "kept in FOLDER"),
        (
            &[("One.a-null", "7")],
            "not kept, because FOLDER has another event of that name",
        ),
        (
            &[("One.a-null.expect", "{}")],
            "kept in FOLDER, with the expectation that it has there, which is another",
        ),
    ] {
        let one = [("One", r#"{"a":"x"}"#)];
        let folder = folder(&[&one, there].concat());
        let of_a = |event: &Value| event.get("a")?.is_null().then(|| "Null".to_owned());
        let suite_of = args(&["--keep", "--only", "One"]);
        let tested = tested(&folder, &suite_of, of_a).await;
        let folder = folder.path().display().to_string();
        let expected = format!("One.a-null: {}", expected.replace("FOLDER", &folder));
        assert!(
            tested.report.notes.contains(&expected),
            "{expected}: {:?}",
            tested.report.notes
        );
    }
}

#[tokio::test]
async fn the_schema_knows_fields_that_no_event_has() {
    let document = json!({ "components": { "schemas": { "Event": {
        "type": "object", "properties": { "priority": { "type": "integer", "maximum": 9 } },
    } } } });
    let schema = EventSchema::parse(&document.to_string()).unwrap();
    let one = folder(&[("One", r#"{"a":"x"}"#)]);
    let too_high = |event: &Value| {
        let is_too_high = event.get("priority")?.as_i64()? == 10;
        is_too_high.then(|| "TooHigh".to_owned())
    };
    let with = tested_by(&schema, &one, &args(&[]), too_high).await;
    assert_eq!(drawn(&with), ["✗ One.priority-maximum-plus-1"]);
    let without = tested(&one, &args(&[]), too_high).await;
    assert_eq!(drawn(&without), ["✓ One"]);
}
