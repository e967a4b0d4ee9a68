//! The bundled test events of a function, from which users' requests are drawn.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use checks::{Expectation, Source, TestEvent, document_name, pair};
use serde::de::IgnoredAny;

/// The events' payloads, in the order of their names.
///
/// A malformed file is an error here: on AWS its event would be broken and fail the gate, for a reason that is not
/// the release's.
pub(crate) fn payloads(folder: &Path) -> Result<Vec<String>> {
    let documents = documents(folder)?;
    for (name, text) in &documents {
        let problem = match name.strip_suffix(".expect") {
            Some(_) => Expectation::parse(text)
                .err()
                .map(|error| error.to_string()),
            None if text.starts_with('\u{feff}') => {
                Some("begins with a byte order mark: save it without".to_owned())
            }
            None => serde_json::from_str::<IgnoredAny>(text)
                .err()
                .map(|error| format!("not JSON: {error}")),
        };
        if let Some(problem) = problem {
            bail!(
                "{}: {problem}",
                folder.join(format!("{name}.json")).display()
            );
        }
    }
    let payload = |event: TestEvent<String>| match event.content(|text| Ok(text.clone())) {
        Ok(content) => Ok(content.payload),
        Err(problem) => bail!("{}: {problem}", folder.display()),
    };
    pair(Source::Bundled, documents)
        .into_iter()
        .map(payload)
        .collect()
}

/// The JSON files of a folder, by their names without `.json`, in the order of the names.
fn documents(folder: &Path) -> Result<Vec<(String, String)>> {
    let unreadable = || format!("cannot read the test events in {}", folder.display());
    let mut documents = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(document_name);
        if let Some(name) = name.filter(|_| !path.is_dir()) {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            documents.push((name.to_owned(), text));
        }
    }
    documents.sort();
    Ok(documents)
}
