//! What a hook reads of the shared registry's document, and what `tollgate events` changes in it.
#![no_main]

use checks::{Source, Spelled, registry};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

fuzz_target!(|text: &str| {
    let Ok(documents) = registry::documents(text) else {
        return;
    };
    // Every text is a part of the document as it was written, and is JSON.
    let length: usize = documents.iter().map(|(_, text)| text.len()).sum();
    assert!(length <= text.len());
    for (name, document) in &documents {
        assert!(text.contains(document.as_str()), "{name}: {document}");
        assert!(
            serde_json::from_str::<&RawValue>(document).is_ok(),
            "{name}: {document}"
        );
    }
    // None is lost, and none is made up, where serde_json reads it all (it keeps the last of equal keys).
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let examples = value["components"]["examples"].as_object();
        let with_value: BTreeSet<&str> = examples
            .into_iter()
            .flatten()
            .filter(|(_, example)| example.get("value").is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        let all: BTreeSet<&str> = examples
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        let found: BTreeSet<&str> = documents.iter().map(|(name, _)| name.as_str()).collect();
        assert!(with_value.is_subset(&found), "{with_value:?} {found:?}");
        assert!(found.is_subset(&all), "{found:?} {all:?}");
    }
    // Each event has one name, and each name that has a document has an event.
    let names: BTreeSet<String> = documents
        .iter()
        .map(|(name, _)| name.strip_suffix(".expect").unwrap_or(name).to_owned())
        .collect();
    let count = documents.len();
    let events = checks::pair(Source::Shared, documents);
    assert!(events.len() <= count);
    assert_eq!(events.len(), names.len());
    assert!(events.iter().all(|event| names.contains(&event.name)));
    change(text);
});

/// A change is there, changes nothing else, and goes again.
fn change(text: &str) {
    let Ok(changed) = registry::put(text, "new", "[1e400]") else {
        return;
    };
    let other = |(name, _): &(String, String)| name != "new";
    let others = |text: &str| -> Vec<_> {
        let documents = registry::documents(text).expect("it is a document");
        documents.into_iter().filter(other).collect()
    };
    assert!(
        registry::documents(&changed).is_ok_and(|documents| {
            documents.contains(&("new".to_owned(), "[1e400]".to_owned()))
        })
    );
    assert_eq!(others(text), others(&changed));
    let gone = registry::delete(&changed, "new").expect("it is a document");
    assert_eq!(
        others(text),
        registry::documents(&gone).expect("it is a document")
    );
    let merged = registry::merge(Some(text), Some(&changed), Some(&gone)).expect("documents");
    assert!(
        merged.kept.is_empty() || registry::documents(text).is_ok_and(|all| !all.iter().all(other))
    );
    let spelled = Spelled::parse(text).expect("it is JSON");
    assert!(Spelled::parse(&spelled.pretty()).is_ok_and(|again| again == spelled));
}
