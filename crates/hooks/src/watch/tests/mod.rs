//! Runs of the watch in worlds that are data.

mod by_alias;
mod by_group;
mod fakes;
mod trouble;

use super::{KnownAliases, WatchAnswer};
use fakes::{Counted, Fake, NOW, known};
use serde_json::Value;
use std::time::Duration;

/// The variables with which most worlds are watched.
const APPLICATION: &[(&str, &str)] = &[("WATCH_APPLICATION", "app")];

const EVENT: &str = r#"{"detail-type":"Scheduled Event","time":"2026-01-01T00:05:00Z"}"#;

/// What a run has come to.
struct Ran {
    /// Or the text of the error.
    answer: Result<WatchAnswer, String>,
    /// Lines of the log, but for warnings and errors.
    lines: Vec<Value>,
    /// `function:alias`, and the value.
    published: Vec<(String, f64)>,
}

impl Ran {
    /// The aliases of which something was published, with `0` or `evidence`.
    fn outline(&self) -> String {
        let kind = |value: f64| if value == 0.0 { "0" } else { "evidence" };
        let texts = self
            .published
            .iter()
            .map(|(alias, value)| format!("{alias} {}", kind(*value)));
        texts.collect::<Vec<_>>().join(", ")
    }

    fn error(&self) -> &str {
        self.answer.as_ref().err().map_or("", String::as_str)
    }
}

async fn run(fake: &Fake, variables: &[(&str, &str)]) -> Ran {
    run_again(fake, variables, &KnownAliases::default()).await
}

/// Runs in an execution environment that knows something.
async fn run_again(fake: &Fake, variables: &[(&str, &str)], known: &KnownAliases) -> Ran {
    run_with(fake, variables, known, EVENT).await
}

async fn run_with(
    fake: &Fake,
    variables: &[(&str, &str)],
    known: &KnownAliases,
    payload: &str,
) -> Ran {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let mut lines = Vec::new();
    let log = |line: &str| {
        assert!(line.len() < 256 * 1024 - 26, "{}", line.len());
        lines.push(serde_json::from_str(line).unwrap());
    };
    let invocation = super::Invocation {
        payload,
        left: Some(Duration::from_secs(30)),
    };
    let begun = tokio::time::Instant::now();
    let answer = super::run(known, invocation, lookup, fake, log).await;
    assert!(begun.elapsed() < Duration::from_secs(30));
    let put = std::mem::take(&mut *fake.calls.put.lock().unwrap());
    let published = put.into_iter().map(|(namespace, datum)| {
        assert_eq!(
            (namespace, datum.metric_name),
            ("Tollgate", "CanaryEvidence")
        );
        assert_eq!(datum.timestamp, NOW - 60);
        let names: Vec<&str> = datum.dimensions.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["function", "alias"]);
        let values: Vec<String> = datum
            .dimensions
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        (values.join(":"), datum.value)
    });
    Ran {
        answer: answer.map_err(|error| crate::reason::reason(&error)),
        published: published.collect(),
        lines,
    }
}

/// Minutes 0 to 4, of which 1 to 4 belong to the shift: two errors of the new version at a share of a tenth. Those of the
/// minute before it are an earlier shift's.
fn two_errors() -> Counted {
    let clean = known((10, 0), (90, 0));
    let error = known((10, 1), (90, 0));
    vec![
        (0, known((10, 10), (90, 0))),
        (1, clean),
        (2, error),
        (3, clean),
        (4, error),
    ]
}

/// Two canary errors at w = 0.1 (reference/statistics.md, section 5).
fn of_two_errors() -> f64 {
    36.947_828_043_8_f64.ln()
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}
