//! Expectation files for the test events that have none.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// What is asked of any answer of a function that API Gateway invokes.
fn of_http() -> Value {
    json!({ "statusCode": { "$gte": 200, "$lte": 399 } })
}

/// What is asked of any other answer: that there is one.
fn of_any() -> Value {
    json!({ "$any": true })
}

/// The expectation files that the events in `folder` lack, with their texts: each asks what is asked without it.
///
/// # Errors
/// The folder or an event cannot be read.
pub(crate) fn missing(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let events = hooks::bundled_events(folder)?;
    let mut files = Vec::new();
    for event in events
        .iter()
        .filter(|event| event.expectation_document().is_none())
    {
        let Some(document) = event.event_document() else {
            continue;
        };
        let text = document
            .read()
            .map_err(|error| anyhow::anyhow!(error))
            .with_context(|| format!("the test event {}", event.name))?;
        let expectation = match serde_json::from_str::<Value>(&text) {
            Ok(payload) if is_http(&payload) => of_http(),
            Ok(_) => of_any(),
            Err(error) => anyhow::bail!(
                "{} is no JSON: {error}",
                folder.join(format!("{}.json", event.name)).display()
            ),
        };
        let file = folder.join(format!("{}.expect.json", event.name));
        files.push((file, format!("{expectation:#}\n")));
    }
    Ok(files)
}

/// Whether API Gateway, an Application Load Balancer or a function URL sends such an event.
/// Source: their payload formats, Lambda Developer Guide.
fn is_http(payload: &Value) -> bool {
    payload.get("httpMethod").is_some_and(Value::is_string)
        || payload.pointer("/requestContext/http/method").is_some()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_event_without_an_expectation_gets_what_is_asked_without_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("Http.json", r#"{"httpMethod": "GET"}"#),
            (
                "Url.json",
                r#"{"requestContext": {"http": {"method": "GET"}}}"#,
            ),
            ("Plain.json", "{}"),
            ("Has.json", "{}"),
            ("Has.expect.json", r#"{"a": 1}"#),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let found: Vec<(String, Value)> = missing(folder.path())
            .unwrap()
            .into_iter()
            .map(|(file, text)| {
                let name = file.file_name().unwrap().to_str().unwrap().to_owned();
                (name, serde_json::from_str(&text).unwrap())
            })
            .collect();
        let expected = [
            ("Http.expect.json", of_http()),
            ("Plain.expect.json", of_any()),
            ("Url.expect.json", of_http()),
        ];
        assert_eq!(
            found,
            expected.map(|(name, value)| (name.to_owned(), value))
        );
        assert!(missing(&folder.path().join("none")).unwrap().is_empty());
        fs::write(folder.path().join("Bad.json"), "{").unwrap();
        let error = missing(folder.path()).unwrap_err().to_string();
        assert!(error.contains("Bad.json is no JSON"), "{error}");
    }
}
