//! Expectation files for the test events that have none.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::de::IgnoredAny;

/// An expectation that says nothing: what is asked of an answer is what is asked without a file. Anything that is said
/// replaces that, so nothing can be said here without changing what passes.
pub(crate) const DEFAULT: &str = "{}\n";

/// The expectation files that the events in `folder` lack.
///
/// # Errors
/// The folder or an event cannot be read, or an event is no JSON.
pub(crate) fn missing(folder: &Path) -> Result<Vec<PathBuf>> {
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
        if let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
            anyhow::bail!(
                "{} is no JSON: {error}",
                folder.join(format!("{}.json", event.name)).display()
            );
        }
        files.push(folder.join(format!("{}.expect.json", event.name)));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use checks::{Answer, Expectation, judge};

    use super::*;

    #[test]
    fn the_events_without_an_expectation_are_found() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("Http.json", r#"{"httpMethod": "GET"}"#),
            ("Plain.json", "{}"),
            ("Has.json", "{}"),
            ("Has.expect.json", r#"{"a": 1}"#),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let expected =
            ["Http.expect.json", "Plain.expect.json"].map(|name| folder.path().join(name));
        assert_eq!(missing(folder.path()).unwrap(), expected);
        assert!(missing(&folder.path().join("none")).unwrap().is_empty());
        fs::write(folder.path().join("Bad.json"), "{").unwrap();
        let error = missing(folder.path()).unwrap_err().to_string();
        assert!(error.contains("Bad.json is no JSON"), "{error}");
    }

    #[test]
    fn what_is_written_judges_as_no_expectation_does() {
        let written = Expectation::parse(DEFAULT).unwrap();
        for (payload, function_error) in [
            ("", None),
            ("null", None),
            ("hello", None),
            ("[1]", None),
            (r#"{"ok": true}"#, None),
            (r#"{"statusCode": 200}"#, None),
            (r#"{"statusCode": "200"}"#, None),
            (r#"{"statusCode": "500"}"#, None),
            (r#"{"statusCode": 200.5}"#, None),
            (r#"{"statusCode": 399}"#, None),
            (r#"{"statusCode": 400}"#, None),
            (r#"{"statusCode": 500}"#, None),
            (r#"{"statusCode": null}"#, None),
            (r#"{"policyDocument": {}, "principalId": "a"}"#, None),
            (r#"{"errorType": "E"}"#, Some("Unhandled")),
        ] {
            let answer = Answer {
                payload: payload.into(),
                function_error: function_error.map(str::to_owned),
                executed_version: None,
                duration: Duration::ZERO,
            };
            assert_eq!(
                judge(Some(&written), &answer),
                judge(None, &answer),
                "{payload}"
            );
        }
    }
}
