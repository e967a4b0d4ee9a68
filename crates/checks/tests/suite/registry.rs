//! What holds of every change of the shared registry's document.

use checks::Spelled;
use checks::registry::{Merged, delete, documents, merge, put};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::arbitrary::{json, name};
use crate::properties::config;

/// Documents of the shape that SAM and the console write, with members in every place that nobody knows.
fn document() -> impl Strategy<Value = Value> {
    let example =
        (prop::option::of(json()), vec((name(), json()), 0..3)).prop_map(|(value, others)| {
            let mut example: Map<String, Value> = others.into_iter().collect();
            example.remove("value");
            example.extend(value.map(|value| ("value".to_owned(), value)));
            Value::Object(example)
        });
    let examples = vec((name(), example), 0..5);
    (prop::option::of(examples), json(), json()).prop_map(|(examples, in_components, around)| {
        let mut components = json!({ "schemas": in_components });
        if let Some(examples) = examples {
            components["examples"] = examples.into_iter().collect();
        }
        json!({ "openapi": "3.0.0", "components": components, "x-around": around })
    })
}

/// The same JSON laid out in one of three ways.
fn laid_out(document: &Value, layout: u8) -> String {
    match layout % 3 {
        0 => document.to_string(),
        1 => format!("{document:#}"),
        _ => Spelled::parse(&document.to_string()).unwrap().one_line(),
    }
}

fn text() -> impl Strategy<Value = String> {
    (document(), any::<u8>()).prop_map(|(document, layout)| laid_out(&document, layout))
}

/// The document without an example's value, which is null then, and so is the whole example where `all` says so.
fn without(content: &str, name: &str, all: bool) -> Value {
    let mut document: Value = serde_json::from_str(content).unwrap();
    if let Some(example) = document["components"]["examples"].get_mut(name) {
        if all {
            *example = Value::Null;
        } else {
            example["value"] = Value::Null;
        }
    }
    document
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_put_is_there_and_nothing_else_changes(content in text(), name in name(), value in json()) {
        let value = value.to_string();
        let before = documents(&content).unwrap();
        let changed = put(&content, &name, &value).unwrap();
        let after = documents(&changed).unwrap();
        prop_assert!(after.contains(&(name.clone(), value.clone())));
        let others = |documents: &[(String, String)]| -> Vec<_> {
            documents.iter().filter(|(other, _)| *other != name).cloned().collect()
        };
        prop_assert_eq!(others(&before), others(&after));
        let was_there = serde_json::from_str::<Value>(&content).unwrap()["components"]["examples"].get(&name).is_some();
        if was_there {
            prop_assert_eq!(without(&content, &name, false), without(&changed, &name, false));
        }
        // Again: nothing more happens.
        prop_assert_eq!(&put(&changed, &name, &value).unwrap(), &changed);
    }

    #[test]
    fn delete_undoes_put(content in text(), name in name(), value in json()) {
        let gone = delete(&content, &name).unwrap();
        prop_assert!(documents(&gone).unwrap().iter().all(|(other, _)| *other != name));
        let again = delete(&put(&gone, &name, &value.to_string()).unwrap(), &name).unwrap();
        let examples = &serde_json::from_str::<Value>(&gone).unwrap()["components"]["examples"];
        if examples.as_object().is_some_and(|examples| !examples.is_empty()) {
            prop_assert_eq!(&again, &gone, "byte for byte");
        } else {
            prop_assert!(documents(&again).unwrap().is_empty());
        }
    }

    #[test]
    fn a_merge_with_no_change_is_the_other_side(base in text(), other in text()) {
        let merged = merge(Some(&base), Some(&base), Some(&other)).unwrap();
        prop_assert_eq!(merged, Merged { content: Some(other.clone()), kept: vec![] });
        let mine = merge(Some(&base), Some(&other), Some(&base)).unwrap();
        prop_assert!(mine.kept.is_empty());
        let (of_mine, of_other) = (documents(mine.content.as_deref().unwrap_or(&base)), documents(&other));
        if mine.content.is_some() {
            let (mut of_mine, mut of_other) = (of_mine.unwrap(), of_other.unwrap());
            of_mine.sort();
            of_other.sort();
            let spelled = |documents: Vec<(String, String)>| -> Vec<_> {
                documents.into_iter().map(|(name, text)| (name, Spelled::parse(&text).unwrap())).collect()
            };
            prop_assert_eq!(spelled(of_mine), spelled(of_other));
        }
    }

    #[test]
    fn nothing_of_the_other_side_is_lost(base in text(), name in name(), value in json(), others in vec((name(), json()), 0..4)) {
        let mine = put(&base, &name, &value.to_string()).unwrap();
        let mut theirs = base.clone();
        for (name, value) in &others {
            theirs = put(&theirs, name, &value.to_string()).unwrap();
        }
        let merged = merge(Some(&base), Some(&mine), Some(&theirs)).unwrap();
        let found = documents(&merged.content.unwrap()).unwrap();
        for (other, text) in documents(&theirs).unwrap() {
            let is_there = found.iter().any(|(name, found)| *name == other && *found == text);
            prop_assert!(is_there || (other == name && merged.kept.is_empty()), "{other}");
        }
        let is_mine = found.contains(&(name.clone(), value.to_string()));
        prop_assert!(is_mine || merged.kept == [name]);
    }

    #[test]
    fn layouts_change_nothing_but_white_space(value in json()) {
        let spelled = Spelled::parse(&value.to_string()).unwrap();
        for text in [spelled.one_line(), spelled.pretty(), format!("{value:#}")] {
            let again = Spelled::parse(&text).unwrap();
            prop_assert!(again == spelled);
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value.clone());
            prop_assert_eq!(again.one_line(), spelled.one_line());
        }
    }
}
