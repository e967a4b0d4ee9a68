//! A run as a JUnit report: a suite per function, a case per event.
//!
//! There is no one specification. This is what Jenkins, GitLab, CodeBuild and GitHub's actions read: `failure` for an event
//! that is unmet (type `unmet`, or `flaky` when it was met sometimes), `error` for one that could not be checked (`broken`),
//! `skipped` for one that was left out. No timestamps: the same run gives the same file, but for measured times.

use std::time::Duration;

use anyhow::{Context as _, Result};
use checks::Outcome;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::view::{EventView, FunctionView};
use crate::printable::printable;
use crate::test::run::Tested;

/// The document of a run.
pub(super) fn document(functions: &[FunctionView<'_>]) -> Result<String> {
    let mut report = Report::new("tollgate test");
    for function in functions {
        report.add_test_suite(suite(function));
    }
    written(report)
}

/// The document of a run that could not be made: one case, an error, so that it shows wherever results are shown.
pub(super) fn of_error(function: &str, error: &str) -> Result<String> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("undecided").set_message(xml(error));
    let mut case = TestCase::new("tollgate test", status);
    case.set_classname(xml(function));
    let mut suite = TestSuite::new(xml(function));
    suite.add_test_case(case);
    let mut report = Report::new("tollgate test");
    report.add_test_suite(suite);
    written(report)
}

fn written(mut report: Report) -> Result<String> {
    let times = report.test_suites.iter().filter_map(|suite| suite.time);
    report.time = Some(times.sum());
    report.to_string().context("cannot write the JUnit report")
}

fn suite(view: &FunctionView<'_>) -> TestSuite {
    let function = view.function();
    let mut suite = TestSuite::new(xml(function));
    let Tested { target, report, .. } = view.tested;
    let properties = [
        ("target", Some(target.as_str())),
        ("alias", report.alias.as_deref()),
        ("version", report.target_version.as_deref()),
        ("tollgate", Some(env!("CARGO_PKG_VERSION"))),
    ];
    for (name, value) in properties {
        if let Some(value) = value {
            suite.add_property(Property::new(name, xml(value)));
        }
    }
    for event in &view.events {
        suite.add_test_case(case(function, event));
    }
    for skipped in &view.tested.suite.skipped {
        let mut status = TestCaseStatus::skipped();
        status.set_message(xml(&skipped.reason));
        let mut case = TestCase::new(xml(&skipped.name), status);
        case.set_classname(xml(function));
        suite.add_test_case(case);
    }
    let times = suite.test_cases.iter().filter_map(|case| case.time);
    let time: Duration = times.sum();
    suite.set_time(time);
    if !report.notes.is_empty() {
        let notes: Vec<String> = report.notes.iter().map(|note| xml(note)).collect();
        suite.set_system_out(notes.join("\n"));
    }
    suite
}

fn case(function: &str, event: &EventView<'_>) -> TestCase {
    let mut case = TestCase::new(xml(&event.checked.name), status(event));
    case.set_classname(xml(function));
    if let Some(duration) = event.checked.duration {
        case.set_time(duration);
    }
    if let Some(repeats) = event.repeats {
        case.add_property(Property::new("runs", repeats.runs().to_string()));
        case.add_property(Property::new("met", repeats.met().to_string()));
        if let Some(longest) = repeats.longest() {
            let millis = longest.as_millis().to_string();
            case.add_property(Property::new("longestMs", millis));
        }
    }
    if let Some(place) = event.place() {
        let attributes = [
            ("file", xml(&place.file.display().to_string())),
            ("line", place.place.line.to_string()),
        ];
        for (name, value) in attributes {
            case.extra.insert(name.into(), value.into());
        }
    }
    case
}

fn status(event: &EventView<'_>) -> TestCaseStatus {
    let findings: Vec<String> = event.lines().iter().map(|line| xml(line)).collect();
    let first = findings.first().cloned().unwrap_or_default();
    let (kind, name, message) = match (&event.checked.outcome, event.flakiness()) {
        (Outcome::Met, _) => return TestCaseStatus::success(),
        (Outcome::Unmet(_), Some(flakiness)) => (NonSuccessKind::Failure, "flaky", xml(&flakiness)),
        (Outcome::Unmet(_), None) => (NonSuccessKind::Failure, "unmet", first),
        (Outcome::Broken(_), _) => (NonSuccessKind::Error, "broken", first),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status
        .set_type(name)
        .set_message(message)
        .set_description(findings.join("\n"));
    status
}

/// Text that XML can hold, and that steers no terminal: control characters become visible, and so do the two characters
/// that are no control characters and that XML forbids all the same (Extensible Markup Language 1.0, "Char").
fn xml(text: &str) -> String {
    printable(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use checks::{CheckedEvent, Mismatch, Place, Repeats, Source};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use quick_xml::Reader;
    use quick_xml::events::Event;
    use serde_json::{Value, json};

    use super::*;
    use crate::test::output::places::FilePlace;
    use crate::test::run::Entries;
    use crate::test::suite::{Skipped, Suite};

    fn unmet(path: &str, actual: Value) -> Mismatch {
        Mismatch {
            path: path.to_owned(),
            expected: 400.into(),
            actual: Some(actual),
            compared_with: None,
        }
    }

    fn event(name: &str, outcome: Outcome) -> CheckedEvent {
        CheckedEvent {
            duration: Some(Duration::from_micros(12_345)),
            ..CheckedEvent::new(name, Source::Bundled, outcome)
        }
    }

    /// A run, without the documents of its events.
    fn tested(events: &[(CheckedEvent, Option<Repeats>)]) -> Tested {
        Tested {
            suite: Suite {
                function: "F".to_owned(),
                folder: "events/F".into(),
                events: Vec::new(),
                notes: Vec::new(),
                skipped: Vec::new(),
            },
            target: "F:staging, version 7".to_owned(),
            report: checks::Report::of(events.iter().map(|(checked, _)| checked.clone()).collect()),
            entries: Entries::Events,
            duration: Duration::ZERO,
            repeats: Vec::new(),
            uninvoked: None,
        }
    }

    fn view<'a>(
        tested: &'a Tested,
        events: &'a [(CheckedEvent, Option<Repeats>)],
    ) -> FunctionView<'a> {
        let place = Some(FilePlace {
            file: "events/F/X.expect.json".into(),
            place: Place { line: 2, column: 3 },
        });
        let view = |(checked, repeats): &'a (CheckedEvent, Option<Repeats>)| EventView {
            checked,
            places: match &checked.outcome {
                Outcome::Met => Vec::new(),
                Outcome::Unmet(_) => vec![place.clone(), None],
                Outcome::Broken(_) => vec![None],
            },
            repeats: repeats.as_ref(),
        };
        FunctionView {
            tested,
            events: events.iter().map(view).collect(),
        }
    }

    #[test]
    fn failures_errors_and_skipped_are_told_apart() {
        let mismatches = vec![
            unmet("statusCode", 200.into()),
            unmet("body.<id>", json!("\u{1b}&\n]]>")),
        ];
        let flaky = {
            let mut repeats = Repeats::of(event("Flaky", Outcome::Met));
            for _ in 0..2 {
                let actual = json!(repeats.runs());
                repeats.add(event(
                    "Flaky",
                    Outcome::Unmet(vec![unmet("statusCode", actual)]),
                ));
            }
            (repeats.summary(), Some(repeats))
        };
        let events = [
            (event("Met", Outcome::Met), None),
            (event("Unmet \"1\"", Outcome::Unmet(mismatches)), None),
            (
                CheckedEvent::new(
                    "Broken",
                    Source::Bundled,
                    Outcome::Broken("no JSON".to_owned()),
                ),
                None,
            ),
            flaky,
        ];
        let mut tested = tested(&events);
        tested.suite.skipped = vec![Skipped {
            name: "Other".to_owned(),
            reason: "it is no HTTP request".to_owned(),
        }];
        tested.report.notes = vec!["a note".to_owned()];
        tested.report.alias = Some("staging".to_owned());
        tested.report.target_version = Some("7".to_owned());
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tollgate test" tests="5" skipped="1" failures="2" errors="1" time="0.037">
    <testsuite name="F" tests="5" skipped="1" errors="1" failures="2" time="0.037">
        <properties>
            <property name="target" value="F:staging, version 7"/>
            <property name="alias" value="staging"/>
            <property name="version" value="7"/>
            <property name="tollgate" value="VERSION"/>
        </properties>
        <testcase name="Met" classname="F" time="0.012"/>
        <testcase name="Unmet &quot;1&quot;" classname="F" time="0.012" file="events/F/X.expect.json" line="2">
            <failure message="statusCode: expected 400, got 200  events/F/X.expect.json:2:3" type="unmet">statusCode: expected 400, got 200  events/F/X.expect.json:2:3
body.&lt;id&gt;: expected 400, got &quot;\u001b&amp;\n]]&gt;&quot;</failure>
        </testcase>
        <testcase name="Broken" classname="F">
            <error message="broken: no JSON" type="broken">broken: no JSON</error>
        </testcase>
        <testcase name="Flaky" classname="F" time="0.012" file="events/F/X.expect.json" line="2">
            <properties>
                <property name="runs" value="3"/>
                <property name="met" value="1"/>
                <property name="longestMs" value="12"/>
            </properties>
            <failure message="met 1 of 3 (33 %, 95 % interval 6–79 %)" type="flaky">flaky: met 1 of 3 (33 %, 95 % interval 6–79 %)
2 of 3: statusCode: expected 400, got 1, and others  events/F/X.expect.json:2:3</failure>
        </testcase>
        <testcase name="Other" classname="F">
            <skipped message="it is no HTTP request"/>
        </testcase>
        <system-out>a note</system-out>
    </testsuite>
</testsuites>
"#;
        let found = document(&[view(&tested, &events)]).unwrap();
        assert_eq!(
            found,
            expected.replace("VERSION", env!("CARGO_PKG_VERSION"))
        );
    }

    #[test]
    fn what_could_not_be_run_shows_too() {
        let found = of_error("F", "there is no function F\nin eu-west-1").unwrap();
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tollgate test" tests="1" skipped="0" failures="0" errors="1" time="0.000">
    <testsuite name="F" tests="1" skipped="0" errors="1" failures="0">
        <testcase name="tollgate test" classname="F">
            <error message="there is no function F␤in eu-west-1" type="undecided"/>
        </testcase>
    </testsuite>
</testsuites>
"#;
        assert_eq!(found, expected);
    }

    /// Names of cases, messages and texts of failures, as another reader of XML finds them.
    fn read(document: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let (mut names, mut messages, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        let mut reader = Reader::from_str(document);
        let mut text: Option<String> = None;
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => return (names, messages, texts),
                Event::Start(tag) | Event::Empty(tag) => {
                    for attribute in tag.attributes() {
                        let attribute = attribute.unwrap();
                        let value = attribute
                            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                            .unwrap()
                            .into_owned();
                        match (tag.name().as_ref(), attribute.key.as_ref()) {
                            (b"testcase", b"name") => names.push(value),
                            (b"failure", b"message") => messages.push(value),
                            _ => {}
                        }
                    }
                    text = (tag.name().as_ref() == b"failure").then(String::new);
                }
                Event::Text(part) => {
                    if let Some(text) = &mut text {
                        text.push_str(&part.decode().unwrap());
                    }
                }
                Event::GeneralRef(part) => {
                    if let Some(text) = &mut text {
                        let name = part.decode().unwrap();
                        let entity = quick_xml::escape::resolve_predefined_entity(&name);
                        text.push_str(entity.unwrap());
                    }
                }
                Event::End(_) => texts.extend(text.take()),
                _ => {}
            }
        }
    }

    /// Whether XML can hold it.
    fn is_char(character: char) -> bool {
        matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    /// Any text, and what XML or a terminal would take for something else.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{fffe}\u{ffff} &<>\"'\\]\\[]{0,8}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(20_261_122),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn names_and_values_arrive(texts in vec((text(), text()), 0..4)) {
            let events: Vec<_> = texts.iter().map(|(name, value)| {
                (event(name, Outcome::Unmet(vec![unmet(value, json!(value))])), None)
            }).collect();
            let tested = tested(&events);
            let view = view(&tested, &events);
            let expected: Vec<String> = view.events.iter().map(|event| xml(&event.lines()[0])).collect();
            let found = document(&[view]).unwrap();
            prop_assert!(found.chars().all(is_char), "{found}");
            let (names, messages, descriptions) = read(&found);
            let as_printed: Vec<String> = texts.iter().map(|(name, _)| xml(name)).collect();
            prop_assert_eq!(names, as_printed);
            prop_assert_eq!(messages, expected.clone());
            prop_assert_eq!(descriptions, expected);
        }
    }
}
