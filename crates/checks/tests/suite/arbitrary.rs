//! Arbitrary JSON, and values made from others.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

/// Names that mean something to matching are frequent.
pub(crate) fn name() -> impl Strategy<Value = String> {
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

pub(crate) fn json() -> impl Strategy<Value = Value> {
    json_of(name().boxed())
}

/// JSON whose objects may be instructions, right and wrong.
pub(crate) fn instructed() -> impl Strategy<Value = Value> {
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
pub(crate) fn monotone() -> impl Strategy<Value = Value> {
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
pub(crate) fn escaped(value: &Value) -> Value {
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

pub(crate) fn reversed(value: &Value) -> Value {
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
pub(crate) fn extended(value: &Value, extra: &Map<String, Value>) -> Value {
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
pub(crate) fn doubled(value: &Value) -> Value {
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

/// The expectation without some of its members; its instructions stay.
pub(crate) fn weakened(expectation: &Value, drop: &mut impl FnMut() -> bool) -> Value {
    match expectation {
        Value::Array(items) => items.iter().map(|item| weakened(item, drop)).collect(),
        Value::Object(members) => members
            .iter()
            .filter_map(|(name, value)| {
                let is_word = name.starts_with('$') && !name.starts_with("$$");
                (is_word || !drop()).then(|| (name.clone(), weakened(value, drop)))
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => expectation.clone(),
    }
}

/// The value with some of what is in it changed, removed, or twice there.
pub(crate) fn varied(value: &Value, vary: &mut impl FnMut() -> bool) -> Value {
    match value {
        _ if vary() && vary() => json!([1]),
        Value::Array(items) => {
            let mut varied = Vec::new();
            for item in items {
                let item = self::varied(item, vary);
                match (vary(), vary()) {
                    (true, true) => {}
                    (true, false) => varied.extend([item.clone(), item]),
                    (false, _) => varied.push(item),
                }
            }
            Value::from(varied)
        }
        Value::Object(members) => members
            .iter()
            .filter_map(|(name, value)| {
                let kept = !(vary() && vary());
                kept.then(|| (name.clone(), varied(value, vary)))
            })
            .collect(),
        _ if vary() => json!("varied"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Answers from a list, over and over.
pub(crate) fn cycling(choices: &[bool]) -> impl FnMut() -> bool + use<'_> {
    let mut choices = choices.iter().copied().cycle();
    move || choices.next().unwrap_or(false)
}
