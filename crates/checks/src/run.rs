//! Running test events: a bounded number at once, each judged as it is answered.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt, stream};

use crate::{Answer, CheckedEvent, Outcome, TestEvent, judge};

/// Which of a function's versions is invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The version that is being deployed, whose answers are judged.
    Target,
    /// The version that serves now, with whose answers those of the target are compared.
    Current,
}

/// The port through which functions are invoked.
pub trait Invoke {
    /// Invokes one version with a test event and waits for its answer (`InvocationType` `RequestResponse`).
    ///
    /// A function error is an answer. `Err` says for people why there is none, and makes the event broken.
    fn invoke(
        &self,
        side: Side,
        event_name: &str,
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

/// Reads, invokes and judges each event; the results are in the order of the events.
///
/// `read` gives the text of an event's document, or says for people why it cannot ([`TestEvent::content`]).
///
/// When `cut_off` completes, with a reason, no further event is started, those in flight are dropped,
/// and all that have no result yet are broken for that reason. Events are read when their turn comes, and answers are
/// judged and dropped as they come, so that memory grows with the mismatches only.
///
/// A panic while one event is read, invoked or judged makes that event broken, and the others go on.
pub async fn run<D, T: AsRef<str>>(
    events: &[TestEvent<D>],
    read: impl Fn(&D) -> Result<T, String>,
    port: &impl Invoke,
    run: Run<'_>,
    cut_off: impl Future<Output = String>,
) -> Vec<CheckedEvent> {
    let mut results: Vec<Option<Checked>> = events.iter().map(|_| None).collect();
    let read = &read;
    // By index: a closure over references would keep this future from being `Send`.
    let checks = (0..events.len()).map(|index| {
        let check = check(&events[index], read, port, run);
        async move {
            // What a panic leaves half done belongs to this event alone, and is dropped with it.
            let checked = AssertUnwindSafe(check).catch_unwind().await;
            let broken = |panic: Box<dyn Any + Send>| {
                let reason = format!("the check panicked: {}", panic_message(panic.as_ref()));
                (Outcome::Broken(reason), None)
            };
            (index, checked.unwrap_or_else(broken))
        }
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

async fn check<D, T: AsRef<str>>(
    event: &TestEvent<D>,
    read: impl Fn(&D) -> Result<T, String>,
    port: &impl Invoke,
    run: Run<'_>,
) -> Checked {
    let content = match event.content(read) {
        Ok(content) => content,
        Err(reason) => return (Outcome::Broken(reason), None),
    };
    let answer = port
        .invoke(Side::Target, &event.name, &content.payload)
        .await;
    match answer {
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

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
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
