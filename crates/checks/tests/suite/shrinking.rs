//! The smallest event that still fails: its laws on arbitrary events, and the boundary that numbers and texts shrink to.

use std::collections::BTreeSet;

use checks::edge_cases::Shrink;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary::{json, name};
use crate::edge_cases::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_smallest_event_with_a_member_is_that_member(
        before in json(),
        key in name(),
        value in prop_oneof![Just(json!(null)), Just(json!("x")), Just(json!(7)), Just(json!(true))],
        wrap in prop::collection::vec(any::<bool>(), 0..6),
    ) {
        let has = |text: &str| -> bool {
            fn within(node: &Value, key: &str, value: &Value) -> bool {
                match node {
                    Value::Array(items) => items.iter().any(|item| within(item, key, value)),
                    Value::Object(members) => members
                        .iter()
                        .any(|(name, found)| name == key && found == value || within(found, key, value)),
                    _ => false,
                }
            }
            within(&serde_json::from_str(text).unwrap(), &key, &value)
        };
        let mut event = json!({"first": before, (key.clone()): value, "last": [before]});
        for as_array in wrap {
            event = if as_array { json!([before, event]) } else { json!({"w": event, "v": before}) };
        }
        let mut shrink = Shrink::of(&event.to_string(), 5000).unwrap();
        let mut calls = 0;
        while let Some(candidate) = shrink.candidate() {
            calls += 1;
            prop_assert!(calls <= 5000);
            shrink.answered(has(&candidate));
        }
        prop_assert_eq!(shrink.attempts(), calls);
        prop_assert!(shrink.is_minimal());
        let mut expected = serde_json::Map::new();
        expected.insert(key.clone(), value.clone());
        prop_assert_eq!(shrink.smallest(), Value::Object(expected).to_string());
    }

    #[test]
    fn what_is_not_a_failure_is_never_returned(event in json(), fails in prop::collection::vec(any::<bool>(), 1..40), most in 0_usize..200) {
        let mut failing = BTreeSet::from([Shrink::of(&event.to_string(), 0).unwrap().smallest()]);
        let mut shrink = Shrink::of(&event.to_string(), most).unwrap();
        let mut fails = fails.iter().copied().cycle();
        let mut calls = 0;
        while let Some(candidate) = shrink.candidate() {
            let again = shrink.candidate();
            prop_assert_eq!(again.as_deref(), Some(candidate.as_str()));
            calls += 1;
            let fails = fails.next().unwrap_or_default();
            shrink.answered(fails);
            if fails {
                failing.insert(candidate);
            }
            prop_assert!(failing.contains(&shrink.smallest()));
        }
        prop_assert!(calls <= most);
    }
}

/// Shrinks an event while a predicate holds of its text.
fn shrunk(event: &str, fails: impl Fn(&str) -> bool) -> (String, usize) {
    let mut shrink = Shrink::of(event, 1000).unwrap();
    while let Some(candidate) = shrink.candidate() {
        shrink.answered(fails(&candidate));
    }
    assert!(shrink.is_minimal(), "{}", shrink.smallest());
    (shrink.smallest(), shrink.attempts())
}

#[test]
fn numbers_and_texts_shrink_to_the_boundary() {
    fn check(event: &str, fails: impl Fn(&Value) -> bool, expected: &str, most: usize) {
        let fails = |text: &str| serde_json::from_str(text).is_ok_and(|value| fails(&value));
        assert!(fails(event), "{event}");
        let (smallest, attempts) = shrunk(event, fails);
        assert_eq!(smallest, expected);
        assert!(attempts <= most, "{attempts} attempts");
    }
    let quantity =
        |event: &Value| event["items"][0]["quantity"].as_u64().unwrap_or_default() > 2_147_483_647;
    check(
        r#"{"action":"create","customerId":"C","items":[{"productId":"PROD-A","quantity":9223372036854775807}]}"#,
        quantity,
        r#"{"items":[{"quantity":2147483648}]}"#,
        400,
    );
    let text = |event: &Value| {
        event["id"]
            .as_str()
            .is_some_and(|id| id.chars().count() > 40)
    };
    check(
        &json!({"id": "é".repeat(20_000), "n": 1}).to_string(),
        text,
        &json!({"id": "é".repeat(41)}).to_string(),
        400,
    );
    let split = |event: &Value| {
        event["id"]
            .as_str()
            .is_some_and(|id| id.len() > 4 && !id.is_char_boundary(4))
    };
    check(
        r#"{"id":"漢字かな交じり文","b":true}"#,
        split,
        r#"{"id":"り文"}"#,
        60,
    );
    check(
        r#"{"a":-7.5}"#,
        |event| event["a"].is_number(),
        r#"{"a":0}"#,
        10,
    );
    check(
        r#"{"a":true}"#,
        |event| event["a"].is_boolean(),
        r#"{"a":false}"#,
        10,
    );
    let held = |event: &Value| {
        let body = event["body"].as_str().unwrap_or_default();
        serde_json::from_str::<Value>(body).is_ok_and(|body| body["b"].is_array())
    };
    check(
        r#"{"body":"{\"a\": 1, \"b\":[]}","x":[1,2,3]}"#,
        held,
        r#"{"body":"{\"b\":[]}"}"#,
        60,
    );
    let nested = |event: &Value| event.to_string().contains("[[[");
    let deep = "[".repeat(100) + &"]".repeat(100);
    check(&deep, nested, "[[[]]]", 600);
}
