//! Edge cases: their laws on arbitrary events, their order, what the schema adds; and how failures are told apart.

use std::collections::BTreeSet;

use checks::edge_cases::{EventSchema, Failure, Original, ROBUSTNESS};
use checks::{Answer, Expectation, Outcome, judge};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::arbitrary::json;

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 32,
        ..crate::properties::config()
    }
}

const LAMBDA_LIMIT: usize = 6 * 1024 * 1024;

const CREATE: &str = r#"{"action": "create", "customerId": "CUST-001", "items": [{"productId": "PROD-A", "quantity": 2}]}"#;

/// Names and payloads.
fn derived(event: &str, schema: EventSchema, most: usize) -> Vec<(String, String)> {
    let original = Original::parse(event, schema).unwrap();
    let cases = original.edge_cases("E").take(most);
    cases
        .map(|case| (case.name.clone(), case.payload()))
        .collect()
}

fn plain(event: &str) -> Vec<(String, String)> {
    derived(event, EventSchema::default(), usize::MAX)
}

fn payload<'c>(cases: &'c [(String, String)], name: &str) -> &'c str {
    let found = cases.iter().find(|(other, _)| other == name);
    &found
        .unwrap_or_else(|| panic!("no case {name}: {:?}", names(cases)))
        .1
}

fn names(cases: &[(String, String)]) -> Vec<&str> {
    cases.iter().map(|(name, _)| name.as_str()).collect()
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !name.ends_with(".expect")
        && !name.starts_with('.')
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn edge_cases_are_events_of_their_own(event in json(), event_name in ".{0,70}") {
        let text = event.to_string();
        let original = Original::parse(&text, EventSchema::default()).unwrap();
        let mut seen = BTreeSet::new();
        let mut payloads = BTreeSet::new();
        for case in original.edge_cases(&event_name) {
            let payload = case.payload();
            prop_assert!(is_name(&case.name), "{}", case.name);
            prop_assert!(seen.insert(case.name.to_ascii_lowercase()), "{} twice", case.name);
            prop_assert!(payload.len() <= LAMBDA_LIMIT);
            prop_assert!(serde_json::from_str::<IgnoredAny>(&payload).is_ok(), "{}", payload);
            prop_assert_ne!(&payload, &text, "{}", case.name);
            prop_assert!(payloads.insert(payload), "{} is another's", case.name);
        }
        prop_assert!(seen.len() >= 5, "{} of {}", seen.len(), text);
        let again: Vec<String> = original.edge_cases(&event_name).map(|case| case.name).collect();
        prop_assert_eq!(again.len(), seen.len());
    }

    #[test]
    fn a_failure_is_what_the_expectation_is_not_met_by(answer in json(), status in json()) {
        let mut shaped = answer.clone();
        if let Value::Object(members) = &mut shaped {
            members.insert("statusCode".to_owned(), status);
        }
        for answer in [answer, shaped] {
            let answer = crate::answer(answer.to_string());
            let expectation = Expectation::parse(ROBUSTNESS).unwrap();
            let outcome = judge(Some(&expectation), &answer);
            prop_assert_eq!(Failure::of(&answer).is_none(), outcome == Outcome::Met);
        }
    }
}

#[test]
fn each_field_is_changed_in_each_way() {
    let cases = plain(CREATE);
    for (name, expected) in [
        ("E.event-null", "null"),
        ("E.event-empty-object", "{}"),
        (
            "E.event-in-an-array",
            r#"[{"action":"create","customerId":"CUST-001","items":[{"productId":"PROD-A","quantity":2}]}]"#,
        ),
        (
            "E.customerId-absent",
            r#"{"action":"create","items":[{"productId":"PROD-A","quantity":2}]}"#,
        ),
        (
            "E.customerId-null",
            r#"{"action":"create","customerId":null,"items":[{"productId":"PROD-A","quantity":2}]}"#,
        ),
        (
            "E.items-0-absent",
            r#"{"action":"create","customerId":"CUST-001","items":[]}"#,
        ),
        (
            "E.items-null-element",
            r#"{"action":"create","customerId":"CUST-001","items":[null]}"#,
        ),
        (
            "E.items-0-quantity-as-text",
            r#"{"action":"create","customerId":"CUST-001","items":[{"productId":"PROD-A","quantity":"2"}]}"#,
        ),
        (
            "E.items-0-quantity-i64-max-plus-1",
            r#"{"action":"create","customerId":"CUST-001","items":[{"productId":"PROD-A","quantity":9223372036854775808}]}"#,
        ),
        (
            "E.items-0-unknown-field",
            r#"{"action":"create","customerId":"CUST-001","items":[{"productId":"PROD-A","quantity":2,"unknownField":"x"}]}"#,
        ),
    ] {
        assert_eq!(payload(&cases, name), expected, "{name}");
    }
    // An array without its only element, and the empty array, are one event.
    assert!(!names(&cases).contains(&"E.items-empty-array"));
}

#[test]
fn few_edge_cases_still_touch_each_place_in_all_ways() {
    let first = derived(CREATE, EventSchema::default(), 7);
    assert_eq!(
        names(&first),
        [
            "E.event-null",
            "E.action-null",
            "E.customerId-empty-string",
            "E.items-empty-object",
            "E.items-0-unknown-field",
            "E.items-0-productId-one-character",
            "E.items-0-quantity-fraction",
        ]
    );
    // However many there are, the first rounds are the same.
    assert_eq!(plain(CREATE)[..7], first);
}

#[test]
fn a_body_is_changed_as_the_json_that_it_holds() {
    let event = r#"{"body": "{\"id\": 1.0, \"tags\": [\"a\"]}", "isBase64Encoded": false}"#;
    let cases = plain(event);
    for (name, expected) in [
        ("E.body-no-json", json!("{")),
        ("E.body-decoded", json!({"id": 1.0, "tags": ["a"]})),
        ("E.body-truncated", json!("{\"id\": 1.0, \"")),
        ("E.body-id-absent", json!("{\"tags\":[\"a\"]}")),
        ("E.body-tags-0-zero", json!("{\"id\":1.0,\"tags\":[0]}")),
        // What RFC 8259 leaves to readers is for the function's own code to read.
        (
            "E.body-id-too-large-for-a-double",
            json!("{\"id\":1e400,\"tags\":[\"a\"]}"),
        ),
        (
            "E.body-tags-0-lone-surrogate",
            json!("{\"id\":1.0,\"tags\":[\"\\ud800\"]}"),
        ),
    ] {
        let case: Value = serde_json::from_str(payload(&cases, name)).unwrap();
        assert_eq!(case["body"], expected, "{name}");
    }
    let direct = plain(r#"{"id": 1.0, "tags": ["a"]}"#);
    for (name, payload) in &direct {
        let read = serde_json::from_str::<Value>(payload);
        assert!(read.is_ok(), "a runtime refuses {name}: {payload}");
    }
}

#[test]
fn the_schema_knows_what_the_event_lacks() {
    let content = json!({"openapi": "3.0.0", "components": {
        "schemas": {
            "Event": {
                "type": "object", "required": ["action"],
                "properties": {
                    "action": {"type": "string", "enum": ["create", "status"]},
                    "priority": {"type": "integer", "maximum": 9},
                    "due": {"type": "string", "format": "date-time"},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "loop": {"$ref": "#/components/schemas/Loop"},
                },
            },
            "Item": {"type": "object", "properties": {"gift": {"type": "boolean"}}},
            "Loop": {"$ref": "#/components/schemas/Loop"},
        },
        "examples": {"a": {"value": 1}},
    }});
    let schema = || EventSchema::parse(&content.to_string()).unwrap();
    let event = r#"{"action":"create","items":[{"id":1}]}"#;
    let cases = derived(event, schema(), usize::MAX);
    for (name, expected) in [
        (
            "E.action-enum-status",
            r#"{"action":"status","items":[{"id":1}]}"#,
        ),
        (
            "E.action-enum-create-other-case",
            r#"{"action":"CREATE","items":[{"id":1}]}"#,
        ),
        (
            "E.priority-present",
            r#"{"action":"create","items":[{"id":1}],"priority":1}"#,
        ),
        (
            "E.priority-maximum-plus-1",
            r#"{"action":"create","items":[{"id":1}],"priority":10}"#,
        ),
        (
            "E.due-leap-second",
            r#"{"action":"create","items":[{"id":1}],"due":"2016-12-31T23:59:60Z"}"#,
        ),
        (
            "E.items-0-gift-present",
            r#"{"action":"create","items":[{"id":1,"gift":true}]}"#,
        ),
        (
            "E.items-0-gift-null",
            r#"{"action":"create","items":[{"id":1,"gift":null}]}"#,
        ),
        ("E.action-absent", r#"{"items":[{"id":1}]}"#),
    ] {
        assert_eq!(payload(&cases, name), expected, "{name}");
    }
    let without = plain(event);
    assert!(
        without
            .iter()
            .all(|case| cases.iter().any(|(_, payload)| *payload == case.1))
    );
    for content in ["[]", "{}", r#"{"components":{"schemas":[]}}"#] {
        assert!(EventSchema::parse(content).is_err(), "{content}");
    }
    let silent = EventSchema::parse(r#"{"components":{}}"#).unwrap();
    assert_eq!(derived(event, silent, usize::MAX), without);
}

#[test]
fn large_events_are_changed_one_by_one() {
    let fields: Vec<String> = (0..10_000)
        .map(|field| format!("\"field{field}\":\"x\""))
        .collect();
    let wide = format!("{{{}}}", fields.join(","));
    let original = Original::parse(&wide, EventSchema::default()).unwrap();
    assert_eq!(original.edge_cases("E").take(20).count(), 20);
    // None is larger than Lambda takes: there is no room for 64 KiB more.
    let full = format!(
        "{{\"a\":\"{}\",\"b\":\"x\"}}",
        "x".repeat(LAMBDA_LIMIT - 20)
    );
    let original = Original::parse(&full, EventSchema::default()).unwrap();
    let mut sizes = original
        .edge_cases("E")
        .take(16)
        .map(|case| case.payload().len());
    assert!(sizes.all(|size| size <= LAMBDA_LIMIT));
    let list = format!("[{}]", vec!["1"; 1000].join(","));
    let elements: BTreeSet<String> = plain(&list)
        .into_iter()
        .filter_map(|(name, _)| {
            name.strip_prefix("E.")?
                .split('-')
                .next()
                .map(str::to_owned)
        })
        .collect();
    let elements: Vec<_> = elements.into_iter().collect();
    assert_eq!(elements, ["0", "1", "2", "999", "event"]);
    let deep = "[".repeat(2000) + &"]".repeat(2000);
    assert!(plain(&deep).len() > 100);
}

#[test]
fn failures_of_one_defect_are_equal() {
    let error = |kind: &str, message: &str| {
        Some(Failure::FunctionError {
            error_type: kind.to_owned(),
            message: message.to_owned(),
        })
    };
    let status = |text: &str| Some(Failure::Status(text.to_owned()));
    let rows: [(&str, bool, Option<Failure>); 22] = [
        ("null", false, None),
        ("", false, None),
        ("5", false, None),
        ("\"text\"", false, None),
        ("[500]", false, None),
        ("{}", false, None),
        (r#"{"statusCode":200}"#, false, None),
        (r#"{"statusCode":499}"#, false, None),
        (r#"{"statusCode":"404"}"#, false, None),
        (r#"{"statusCode":"done"}"#, false, None),
        (r#"{"statusCode":""}"#, false, None),
        (r#"{"statusCode":null}"#, false, None),
        (r#"{"statusCode":{"a":1}}"#, false, None),
        (r#"{"statusCode":500}"#, false, status("500")),
        (r#"{"statusCode":500.0}"#, false, status("500.0")),
        (r#"{"statusCode":1000}"#, false, status("1000")),
        (
            r#"{"statusCode":"502","body":"x"}"#,
            false,
            status("\"502\""),
        ),
        ("no JSON", false, Some(Failure::NotJson)),
        (
            r#"{"errorType":"KeyError","errorMessage":"'items'","stackTrace":[]}"#,
            true,
            error("KeyError", "'…'"),
        ),
        (
            r#"{"errorType":"E","errorMessage":"line 7"}"#,
            true,
            error("E", "line #"),
        ),
        ("boom", true, error("", "boom")),
        ("", true, error("", "")),
    ];
    for (payload, is_error, expected) in rows {
        let answer = Answer {
            function_error: is_error.then(|| "Unhandled".to_owned()),
            ..crate::answer(payload)
        };
        assert_eq!(Failure::of(&answer), expected, "{payload}");
    }
}
