//! Laws of matching, on arbitrary JSON. The seed is fixed: the same run, every time.

use checks::{Expectation, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Number, Value, json};

use crate::judged;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Names that mean something to matching are frequent.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "a", "b", "A", "body", "headers", "Headers", "multiValueHeaders", "isBase64Encoded", "statusCode",
            "errorMessage", "token", "$", "$any", "$$any", "$len", "",
        ]).prop_map(str::to_owned),
        1 => ".{0,4}",
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-4_i32..4).prop_map(|halves| json!(f64::from(halves) / 2.0)),
        "[ab]{0,2}".prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        // Bodies: JSON in text, and base64 of it.
        prop::sample::select(vec![
            "{\"a\":1}",
            "[1]",
            "1",
            "null",
            "eyJhIjoxfQ==",
            "MQ=="
        ])
        .prop_map(Value::from),
    ]
}

fn json_of(names: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(Value::from),
            2 => vec((names.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn json() -> impl Strategy<Value = Value> {
    json_of(name().boxed())
}

/// JSON whose objects may be instructions, right and wrong.
fn instructed() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "$any",
        "$absent",
        "$type",
        "$regex",
        "$contains",
        "$oneOf",
        "$gt",
        "$gte",
        "$lt",
        "$lte",
        "$len",
        "$error",
        "$maxDurationMs",
        "$else",
    ])
    .prop_map(str::to_owned);
    json_of(prop_oneof![name(), word].boxed())
}

/// Expectations that hold without `$absent` and `$len`, and so stay met when members are added.
fn monotone() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => scalar(),
        1 => Just(json!({"$any": true})),
        1 => prop::sample::select(vec!["null", "boolean", "number", "string", "array", "object"])
            .prop_map(|name| json!({"$type": name})),
        1 => (-2..3).prop_map(|bound| json!({"$gte": bound})),
        1 => Just(json!({"$regex": "a"})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(inner.clone(), 1..3).prop_map(|nodes| json!({"$oneOf": nodes})),
            inner.clone().prop_map(|node| json!({"$contains": node})),
            vec((name(), inner), 0..3).prop_map(|members| {
                let members = members
                    .into_iter()
                    .filter(|(name, _)| !name.starts_with('$'));
                Value::Object(members.collect())
            }),
        ]
    })
}

/// The expectation of exactly this value: its keys' dollars doubled.
fn escaped(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(escaped).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let dollar = if name.starts_with('$') { "$" } else { "" };
                (format!("{dollar}{name}"), escaped(value))
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(members) => members
            .iter()
            .rev()
            .map(|(name, value)| (name.clone(), reversed(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The value with `extra` added to each of its objects, where they have no such members yet.
fn extended(value: &Value, extra: &Map<String, Value>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| extended(item, extra)).collect(),
        Value::Object(members) => {
            let mut extended: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), self::extended(value, extra)))
                .collect();
            for (name, value) in extra {
                extended.entry(name).or_insert_with(|| value.clone());
            }
            Value::Object(extended)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Every number as a double where that is the same number.
fn doubled(value: &Value) -> Value {
    match value {
        Value::Number(number) => number
            .as_i64()
            .and_then(|integer| i32::try_from(integer).ok())
            .and_then(|integer| Number::from_f64(integer.into()))
            .map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(doubled).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), doubled(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
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

fn expectation_is_valid(expectation: &Value) -> bool {
    Expectation::parse(&expectation.to_string()).is_ok()
}

proptest! {
    #![proptest_config(config())]

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
