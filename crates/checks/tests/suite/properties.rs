//! Laws of matching and of comparing, on arbitrary JSON. The seed is fixed: the same run, every time.

use checks::{CheckedEvent, Expectation, Outcome, Places};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use crate::arbitrary::{
    cycling, doubled, escaped, extended, instructed, json, monotone, name, reversed, varied,
    weakened,
};
use crate::comparing::checked;
use crate::{judged, mismatches};

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// How many mismatches, and their paths, whatever their order.
fn paths(outcome: &Outcome) -> Vec<String> {
    let mut paths: Vec<String> = match outcome {
        Outcome::Met => Vec::new(),
        Outcome::Unmet(mismatches) => mismatches.iter().map(|m| m.path.clone()).collect(),
        Outcome::Broken(reason) => vec![reason.clone()],
    };
    paths.sort();
    paths
}

/// The differences of three answers, seen in one order; mismatches by comparing are among them.
fn compared(
    target: &Value,
    [one, other]: [&Value; 2],
    expectation: Option<&Value>,
    fails: bool,
    seed: u64,
) -> CheckedEvent {
    let answer = |value: &Value| Ok(crate::answer(value.to_string()));
    let current = [answer(one), answer(other)];
    checked(expectation, answer(target), current, fails, seed).0
}

fn sorted(paths: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut paths: Vec<String> = paths.into_iter().collect();
    paths.sort();
    paths
}

/// The paths at which the answers differ.
fn differences(event: &CheckedEvent) -> Vec<String> {
    sorted(event.differences.iter().map(|found| found.path.clone()))
}

/// Whether the path is the other one, or one below it.
fn is_within(path: &str, other: &str) -> bool {
    let rest = path.strip_prefix(other);
    other == "$" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn expectation_is_valid(expectation: &Value) -> bool {
    Expectation::parse(&expectation.to_string()).is_ok()
}

/// Whether a report shows the value so, where credentials are masked.
fn shows(shown: &Value, value: &Value) -> bool {
    match (shown, value) {
        (Value::String(shown), _) if shown.contains("***") => true,
        (Value::Object(shown), Value::Object(value)) => {
            shown.len() == value.len()
                && shown
                    .iter()
                    .zip(value)
                    .all(|((name, shown), (other, value))| name == other && shows(shown, value))
        }
        (Value::Array(shown), Value::Array(value)) => {
            shown.len() == value.len()
                && shown
                    .iter()
                    .zip(value)
                    .all(|(shown, value)| shows(shown, value))
        }
        _ => shown == value,
    }
}

proptest! {
    #![proptest_config(config())]

    /// What is at a mismatch's place is what the mismatch says was expected.
    #[test]
    fn a_mismatch_points_at_its_expectation(expected in json(), answer in json()) {
        let text = serde_json::to_string_pretty(&escaped(&expected)).unwrap();
        let Outcome::Unmet(mismatches) = judged(&text, answer.to_string()) else { return Ok(()) };
        let places = Places::within(&text);
        for mismatch in mismatches {
            let place = places.of(&mismatch);
            let line = text.split_inclusive('\n').nth(place.line - 1).unwrap();
            let (before, _) = line.char_indices().nth(place.column - 1).unwrap();
            let from = line.as_ptr().addr() - text.as_ptr().addr() + before;
            let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Value>();
            let mut there = values.next().unwrap().unwrap();
            if let Some(behind) = text[from + values.byte_offset()..].strip_prefix(": ") {
                let mut values = serde_json::Deserializer::from_str(behind).into_iter::<Value>();
                there = values.next().unwrap().unwrap();
            }
            let is_there = match mismatch.expected.get("$len") {
                Some(len) => there.as_array().is_some_and(|items| *len == items.len()),
                None => shows(&mismatch.expected, &there),
            };
            prop_assert!(is_there, "{mismatch:?} points at {there}, in {text}");
        }
    }

    #[test]
    fn an_answer_meets_itself(answer in json()) {
        let expectation = escaped(&answer).to_string();
        prop_assert_eq!(judged(&expectation, answer.to_string()), Outcome::Met);
        prop_assert_eq!(judged(&expectation, reversed(&answer).to_string()), Outcome::Met);
        prop_assert_eq!(judged(&expectation, doubled(&answer).to_string()), Outcome::Met);
    }

    #[test]
    fn the_order_of_members_does_not_count(expectation in instructed(), answer in json()) {
        if expectation_is_valid(&expectation) {
            let outcome = judged(&expectation.to_string(), answer.to_string());
            let turned = judged(&reversed(&expectation).to_string(), reversed(&answer).to_string());
            prop_assert_eq!(paths(&outcome), paths(&turned));
        }
    }

    #[test]
    fn nothing_panics(expectation in instructed(), answer in json()) {
        if let Ok(expectation) = Expectation::parse(&expectation.to_string()) {
            let answer = crate::answer(answer.to_string());
            if let Outcome::Unmet(mismatches) = checks::judge(Some(&expectation), &answer) {
                prop_assert!(!mismatches.is_empty());
            }
        }
    }

    #[test]
    fn more_members_never_turn_met_into_unmet(
        expectation in monotone(),
        answer in json(),
        extra in vec((name(), json()), 0..3),
    ) {
        // The flag changes what the body is, and the status is what `{}`, the default, looks at.
        let extra: Map<String, Value> = extra
            .into_iter()
            .filter(|(name, _)| name != "isBase64Encoded" && name != "statusCode")
            .collect();
        let expectation = expectation.to_string();
        if judged(&expectation, answer.to_string()) == Outcome::Met {
            prop_assert_eq!(judged(&expectation, extended(&answer, &extra).to_string()), Outcome::Met);
        }
        // Random pairs are rarely met; an answer and itself always are.
        let itself = escaped(&answer).to_string();
        prop_assert_eq!(judged(&itself, extended(&answer, &extra).to_string()), Outcome::Met);
    }

    #[test]
    fn fewer_members_never_turn_met_into_unmet(
        expectation in monotone(),
        answer in json(),
        drop in vec(any::<bool>(), 1..16),
    ) {
        // Random pairs are rarely met; an answer and itself always are.
        for expectation in [expectation, escaped(&answer)] {
            let weaker = weakened(&expectation, &mut cycling(&drop));
            // `{}` is the default, which looks at the status.
            if weaker != json!({}) && judged(&expectation.to_string(), answer.to_string()) == Outcome::Met {
                prop_assert_eq!(judged(&weaker.to_string(), answer.to_string()), Outcome::Met);
            }
        }
    }

    #[test]
    fn a_value_does_not_differ_from_itself(value in json(), seed in any::<u64>(), fails: bool) {
        for target in [value.clone(), reversed(&value), doubled(&value)] {
            let event = compared(&target, [&value, &value], Some(&json!({"$any": true})), fails, seed);
            prop_assert_eq!(&event.outcome, &Outcome::Met);
            prop_assert_eq!((event.differences.len(), event.ignored.len()), (0, 0));
        }
    }

    #[test]
    fn noise_is_no_difference(
        one in json(),
        vary in vec(any::<bool>(), 1..24),
        vary_target in vec(any::<bool>(), 1..24),
    ) {
        let other = varied(&one, &mut cycling(&vary));
        // Whatever the current version can answer is right for the target, too.
        for target in [&one, &other] {
            let event = compared(target, [&one, &other], None, false, 0);
            prop_assert_eq!(differences(&event), Vec::<String>::new());
        }
        let target = varied(&other, &mut cycling(&vary_target));
        let event = compared(&target, [&one, &other], None, false, 0);
        for difference in differences(&event) {
            let noise = event.ignored.iter().find(|ignored| is_within(&difference, ignored));
            prop_assert!(noise.is_none(), "{} is within {:?}", difference, noise);
        }
        // Neither the order of the answers nor that of their members counts.
        let turned = compared(&reversed(&target), [&other, &reversed(&one)], None, false, 1);
        prop_assert_eq!(differences(&event), differences(&turned));
        prop_assert_eq!(sorted(event.ignored), sorted(turned.ignored));
    }

    #[test]
    fn what_differs_is_listed_or_fails(
        current in json(),
        vary in vec(any::<bool>(), 1..24),
        drop in vec(any::<bool>(), 1..16),
        seed in any::<u64>(),
    ) {
        let target = varied(&current, &mut cycling(&vary));
        let expectation = weakened(&escaped(&target), &mut cycling(&drop));
        let event = |expectation: &Value, fails| {
            compared(&target, [&current, &current], Some(expectation), fails, seed)
        };
        let [reported, failing] = [false, true].map(|fails| event(&expectation, fails));
        let failed = match failing.outcome.clone() {
            Outcome::Met => Vec::new(),
            outcome => mismatches(outcome),
        };
        let failed = failed.into_iter().filter(|found| found.compared_with.is_some());
        let all = failed.map(|found| found.path).chain(differences(&failing));
        prop_assert_eq!(differences(&reported), sorted(all));
        if target == current {
            prop_assert_eq!(differences(&reported), Vec::<String>::new());
        }
    }

    #[test]
    fn any_bytes_are_compared(
        payloads in vec((vec(any::<u8>(), 0..12), any::<bool>()), 3),
        expectation in instructed(),
        seed in any::<u64>(),
    ) {
        let [target, one, other] = [0, 1, 2].map(|place| {
            let (payload, failed) = payloads[place].clone();
            let function_error = failed.then(|| "Unhandled".to_owned());
            Ok(checks::Answer { function_error, ..crate::answer(payload) })
        });
        checked(Some(&expectation), target, [one, other], true, seed);
    }

    #[test]
    fn any_bytes_are_judged(payload in vec(any::<u8>(), 0..64), expectation in instructed()) {
        checks::judge(None, &crate::answer(payload.clone()));
        if let Ok(expectation) = Expectation::parse(&expectation.to_string()) {
            checks::judge(Some(&expectation), &crate::answer(payload));
        }
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in ".{0,64}", documents in vec((".{0,3}(\\.expect)?", ".{0,8}"), 0..6)) {
        let _ = Expectation::parse(&text);
        let _ = checks::registry::documents(&text);
        for event in checks::pair(checks::Source::Shared, documents) {
            let _ = event.content(|text| Ok(text.clone()));
        }
    }
}
