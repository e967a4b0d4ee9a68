//! Proposing expectations. A row of `cases/proposing.json` is `{name, existing?, answers, new | updated | unchanged |
//! refused, changes?}`, with answers as in the other files, `refused` a part of the error's message, and now 22 November
//! 2026, 22:37:21 UTC.

use std::time::{Duration, SystemTime};

use checks::{Answer, Expectation, NotProposed, Outcome, Proposal, Proposed, judge};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::answer;
use crate::arbitrary::{cycling, escaped, instructed, json, varied, weakened};
use crate::cases;
use crate::properties::config;

fn propose(existing: Option<&str>, answers: &[Answer]) -> Result<Proposed, NotProposed> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_387_041);
    checks::propose(existing, answers, now)
}

/// What came of a row, in the words of the file; `changes` only where the row has some.
fn outcome(row: &Value) -> Value {
    let existing = row.get("existing").map(Value::to_string);
    let answers: Vec<Answer> = row["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(cases::answer)
        .collect();
    let proposal = |kind: &str, proposal: Proposal| {
        let document: Value = serde_json::from_str(&proposal.text).unwrap();
        let mut came = json!({ kind: document });
        if row.get("changes").is_some() {
            came["changes"] = serde_json::to_value(proposal.changes).unwrap();
        }
        came
    };
    match propose(existing.as_deref(), &answers) {
        Ok(Proposed::Unchanged) => json!({"unchanged": true}),
        Ok(Proposed::New(found)) => proposal("new", found),
        Ok(Proposed::Updated(found)) => proposal("updated", found),
        Err(error) => json!({"refused": error.to_string()}),
    }
}

#[test]
fn every_row_is_proposed_as_it_says() {
    let rows = cases::rows(cases::PROPOSING);
    let mut failures = String::new();
    for row in &rows {
        let mut expected = row.clone();
        for key in ["name", "existing", "answers"] {
            expected.as_object_mut().unwrap().shift_remove(key);
        }
        let came = outcome(row);
        let refused = match (&came["refused"], &expected["refused"]) {
            (Value::String(message), Value::String(part)) => message.contains(part),
            _ => false,
        };
        // As text: the order of members counts.
        let [came, expected] = [came, expected].map(|value| value.to_string());
        if !refused && came != expected {
            let name = &row["name"];
            failures += &format!("\n{name}\n  expected {expected}\n  came     {came}\n");
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(rows.len() >= 70, "only {} rows", rows.len());
}

/// The text of a proposal.
fn text(proposed: Proposed) -> Option<String> {
    match proposed {
        Proposed::Unchanged => None,
        Proposed::New(proposal) | Proposed::Updated(proposal) => Some(proposal.text),
    }
}

#[test]
fn a_new_file_is_drawn_for_reviews() {
    let proposed = propose(None, &[answer(r#"{"b": [1, {}], "a": "x"}"#)]).unwrap();
    let expected = "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": \"x\"\n}\n";
    assert_eq!(text(proposed).unwrap(), expected);
}

#[test]
fn an_updated_file_changes_where_its_expectations_do() {
    fn check(existing: &str, payload: &str, expected: &str) {
        let proposed = propose(Some(existing), &[answer(payload)]).unwrap();
        assert_eq!(text(proposed).as_deref(), Some(expected));
    }
    check(
        "{ \"a\" : 1.0,\r\n\t\"b\": { \"$any\": true },  \"c\":[ 1,2 ] }\r\n\r\n",
        r#"{"a": 1, "b": 1, "c": [1, 3]}"#,
        "{ \"a\" : 1.0,\r\n\t\"b\": { \"$any\": true },  \"c\":[ 1,3 ] }\r\n\r\n",
    );
    // Removed at the start, in the middle and at the end.
    check(
        "{\n  \"x\": 1,\n  \"a\": 1\n}",
        r#"{"a": 1}"#,
        "{\n  \"a\": 1\n}",
    );
    check(
        "{\"a\": 1, \"x\": 1, \"b\": 1}",
        r#"{"a": 1, "b": 1}"#,
        "{\"a\": 1, \"b\": 1}",
    );
    check(
        "{\n  \"a\": 1,\n  \"x\": 1\n}\n",
        r#"{"a": 1}"#,
        "{\n  \"a\": 1\n}\n",
    );
    // What takes several lines is indented as its place is.
    check(
        "{\n    \"a\": {\n        \"b\": 1\n    }\n}\n",
        r#"{"a": {"b": {"c": 1}}}"#,
        "{\n    \"a\": {\n        \"b\": {\n          \"c\": 1\n        }\n    }\n}\n",
    );
    // Added.
    check("[\n  1\n]\n", "[1, 2]", "[\n  1,\n  2\n]\n");
    check(" [ 1 ] ", "[1, 2]", " [ 1, 2 ] ");
    check(
        "{\"$maxDurationMs\": 9}\n",
        r#"{"statusCode": 404}"#,
        "{\"$maxDurationMs\": 9, \"statusCode\": 404}\n",
    );
    // Nothing is left to go by.
    check("{\"a\": {\"x\": 1}}", r#"{"a": {}}"#, "{\"a\": {}}");
    check("1 \n", "2", "2 \n");
}

#[test]
fn hostile_answers_are_refused_or_proposed() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let long = json!("x".repeat(2000)).to_string();
    let many = json!(vec![1; 101]).to_string();
    let wide: Value = (0..20_000)
        .map(|n| (n.to_string(), json!("value")))
        .collect();
    let cases = [
        (nested(128), "the answer is not JSON"),
        (nested(127), ""),
        (
            json!({"statusCode": 200, "body": nested(127)}).to_string(),
            "",
        ),
        (
            json!({"statusCode": 200, "body": nested(1_000_000)}).to_string(),
            "",
        ),
        (long, ""),
        (many, ""),
        (wide.to_string(), "bytes long, more than anyone reviews"),
    ];
    for (payload, part) in cases {
        let answers = [answer(payload.clone()), answer(payload.clone())];
        match (propose(None, &answers), part) {
            (Ok(Proposed::New(_)), "") => {}
            (Err(error), part) if !part.is_empty() && error.to_string().contains(part) => {}
            (came, _) => panic!("{}: {came:?}", &payload[..100]),
        }
    }
}

#[test]
fn what_is_long_or_deep_is_of_its_type() {
    let long = json!({"text": "x".repeat(1025), "many": vec![1; 101], "most": "x".repeat(1024)});
    let proposed = text(propose(None, &[answer(long.to_string())]).unwrap()).unwrap();
    let document: Value = serde_json::from_str(&proposed).unwrap();
    assert_eq!(document["text"], json!({"$type": "string"}));
    assert_eq!(document["many"], json!({"$type": "array", "$len": 101}));
    assert_eq!(document["most"], long["most"]);
}

fn is_met(text: &str, answers: &[Answer]) -> bool {
    let expectation = Expectation::parse(text).expect(text);
    answers
        .iter()
        .all(|answer| judge(Some(&expectation), answer) == Outcome::Met)
}

/// Whether an expectation leaves the response to what is asked without one.
fn says_nothing(text: &str) -> bool {
    let document: Value = serde_json::from_str(text).unwrap();
    let is_beside = |name: &String| ["$maxDurationMs", "$compare"].contains(&name.as_str());
    document
        .as_object()
        .is_some_and(|members| members.keys().all(is_beside))
}

/// What holds of every proposal, whatever the answers.
fn check_laws(existing: Option<&str>, answers: &[Answer]) -> Result<Proposed, NotProposed> {
    let proposed = propose(existing, answers);
    let text = match (&proposed, existing) {
        (Ok(Proposed::Unchanged), Some(existing)) => existing,
        (Ok(Proposed::New(proposal)), None) => &proposal.text,
        (Ok(Proposed::Updated(proposal)), Some(existing)) => {
            let is_due = says_nothing(existing) || !is_met(existing, answers);
            assert!(is_due, "an update of what is met");
            assert!(!proposal.changes.is_empty(), "an update without a change");
            &proposal.text
        }
        (Ok(proposed), existing) => panic!("{proposed:?} of {existing:?}"),
        (Err(NotProposed::NotMet(place)), _) => panic!("not met at {place}: {existing:?}"),
        (Err(_), _) => return proposed,
    };
    assert!(is_met(text, answers), "{text}");
    assert_eq!(propose(Some(text), answers).unwrap(), Proposed::Unchanged);
    proposed
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn answers_meet_what_is_made_of_them(
        one in json(),
        vary in vec(any::<bool>(), 1..24),
        status in prop::option::of(200_u16..499),
        drop in vec(any::<bool>(), 1..16),
    ) {
        let mut one = one;
        if let (Some(status), Value::Object(members)) = (status, &mut one) {
            members.insert("statusCode".to_owned(), status.into());
        }
        let other = varied(&one, &mut cycling(&vary));
        let answers = [&one, &other].map(|value| answer(value.to_string()));
        // Of answers that are alike, an expectation can always be made.
        let alone = check_laws(None, &answers[..1]);
        let refused = matches!(&alone, Err(NotProposed::FailedStatus(_)));
        prop_assert!(alone.is_ok() || refused, "{:?}", alone);
        check_laws(None, &answers).ok();
        // And what was expected of another answer can be brought up to date.
        let weaker = weakened(&escaped(&one), &mut cycling(&drop)).to_string();
        check_laws(Some(&weaker), &answers).ok();
        check_laws(Some(&weaker), &answers[1..]).ok();
    }

    #[test]
    fn any_expectation_is_brought_up_to_date(
        existing in instructed(),
        one in json(),
        vary in vec(any::<bool>(), 1..24),
        failed: bool,
    ) {
        let other = varied(&one, &mut cycling(&vary));
        let function_error = failed.then(|| "Unhandled".to_owned());
        let answers = [&one, &other].map(|value| Answer {
            function_error: function_error.clone(),
            ..answer(value.to_string())
        });
        let existing = existing.to_string();
        if Expectation::parse(&existing).is_ok() {
            check_laws(Some(&existing), &answers).ok();
        }
    }

    #[test]
    fn any_bytes_are_refused_or_proposed(
        payloads in vec(vec(any::<u8>(), 0..24), 1..3),
        existing in prop::option::of(instructed()),
    ) {
        let answers: Vec<Answer> = payloads.into_iter().map(answer).collect();
        let existing = existing.map(|existing| existing.to_string());
        if existing.as_deref().is_none_or(|text| Expectation::parse(text).is_ok()) {
            check_laws(existing.as_deref(), &answers).ok();
        }
    }

    #[test]
    fn texts_meet_the_pattern_that_they_have_in_common(
        texts in vec("([a-c1-3]{0,4}[-. :é]){0,3}[a-f0-9]{0,12}|arn:aws:[a-z]{0,2}:[a-b]{0,2}:[0-9]{0,2}:[a-z:/]{0,6}|[0-9]{1,2}\\.[0-9]\\.[0-9](-rc)?|2026-11-2[0-9]T0[0-9]:00:00(\\.[0-9])?(Z|\\+0[0-9]:?00)?", 2..4),
        name in prop::sample::select(vec!["id", "version", "body"]),
    ) {
        let answers: Vec<Answer> = texts
            .iter()
            .map(|text| answer(json!({ name: text, "statusCode": 200 }).to_string()))
            .collect();
        prop_assert!(check_laws(None, &answers).is_ok());
    }
}
