//! Running test events: a bounded number at once, each judged as it is answered.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream;

use crate::{Answer, CheckedEvent, Content, Outcome, TestEvent, judge};

/// The port through which functions are invoked.
pub trait Invoke {
    /// Invokes the function with a test event and waits for its answer (`InvocationType` `RequestResponse`).
    ///
    /// A function error is an answer. `Err` says for people why there is none, and makes the event broken.
    fn invoke(
        &self,
        event: &TestEvent,
        payload: &str,
    ) -> impl Future<Output = Result<Answer, String>> + Send;
}

/// How events are run.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The most events in flight.
    pub concurrency: NonZeroUsize,
    /// The version that every answer must come from, by its `ExecutedVersion`; another, or none, breaks the event.
    pub executed_version: Option<&'a str>,
}

/// Invokes and judges each event; the results are in the order of the events.
///
/// When `cut_off` completes, with a reason, no further event is started, those in flight are dropped,
/// and all that have no result yet are broken for that reason. Answers are judged and dropped as they come,
/// so that memory grows with the mismatches only.
pub async fn run(
    events: &[TestEvent],
    port: &impl Invoke,
    run: Run<'_>,
    cut_off: impl Future<Output = String>,
) -> Vec<CheckedEvent> {
    let mut results: Vec<Option<Checked>> = events
        .iter()
        .map(|event| {
            let reason = event.content.as_ref().err()?;
            Some((Outcome::Broken(reason.clone()), None))
        })
        .collect();
    // By index: a closure over references would keep this future from being `Send`.
    let checks = (0..events.len()).filter_map(|index| {
        let event = &events[index];
        let content = event.content.as_ref().ok()?;
        Some(async move { (index, check(event, content, port, run).await) })
    });
    // Not `buffered`: behind a slow first event it would start no more than fit into its window.
    let mut checks = pin!(stream::iter(checks).buffer_unordered(run.concurrency.get()));
    let mut cut_off = pin!(cut_off);
    let reason = loop {
        // `select` asks `cut_off` first, so that a port that is always ready cannot outrun it.
        match select(cut_off.as_mut(), checks.next()).await {
            Either::Left((reason, _)) => break reason,
            Either::Right((Some((index, checked)), _)) => results[index] = Some(checked),
            Either::Right((None, _)) => break "it was not answered".to_owned(),
        }
    };
    events
        .iter()
        .zip(results)
        .map(|(event, result)| {
            let (outcome, duration) = result.unwrap_or((Outcome::Broken(reason.clone()), None));
            CheckedEvent {
                name: event.name.clone(),
                source: event.source,
                outcome,
                duration,
            }
        })
        .collect()
}

type Checked = (Outcome, Option<Duration>);

async fn check(event: &TestEvent, content: &Content, port: &impl Invoke, run: Run<'_>) -> Checked {
    match port.invoke(event, &content.payload).await {
        Ok(answer) => {
            let outcome = match wrong_version(run.executed_version, &answer) {
                Some(reason) => Outcome::Broken(reason),
                None => judge(content.expectation.as_ref(), &answer),
            };
            (outcome, Some(answer.duration))
        }
        Err(reason) => (Outcome::Broken(reason), None),
    }
}

fn wrong_version(expected: Option<&str>, answer: &Answer) -> Option<String> {
    match (expected, answer.executed_version.as_deref()) {
        (None, _) => None,
        (Some(expected), Some(executed)) if expected == executed => None,
        (Some(expected), Some(executed)) => Some(format!(
            "version {executed} answered instead of version {expected}"
        )),
        (Some(expected), None) => Some(format!(
            "the answer does not say which version executed it; it must be version {expected}"
        )),
    }
}
