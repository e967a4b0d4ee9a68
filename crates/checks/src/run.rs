//! Running test events: a bounded number at once, each judged as it is answered.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::{FutureExt, StreamExt, stream};

use crate::check::{Judged, check};
use crate::{Answer, CheckedEvent, TestEvent};

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
    /// A function error is an answer. `Err` says for people why there is none: without one of the target the event is
    /// broken, without those of the current version it is not compared.
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
    /// How answers are compared with the current version's, if they are.
    pub comparison: Option<Comparison<'a>>,
}

/// How answers are compared with the current version's: each event goes to the target once and to the current version
/// twice, one after the other, in an order that is drawn from the seed and the event's place.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// The version that must answer for [`Side::Current`], by its `ExecutedVersion`.
    pub current_version: &'a str,
    /// The same seed draws the same orders.
    pub seed: u64,
    /// Whether the gate fails where the answers differ and the event's own expectation says nothing of it,
    /// and where they could not be compared.
    pub fails: bool,
}

/// Reads, invokes and judges each event; the results are in the order of the events.
///
/// `read` gives the text of an event's document, or says for people why it cannot ([`TestEvent::content`]).
///
/// When `cut_off` completes, with a reason, no further event is started, those in flight are dropped,
/// and all that have no result yet are broken for that reason; a target that was judged already stays judged, and is not
/// compared. Events are read when their turn comes, and answers are judged, compared and dropped as they come, so that
/// memory grows with the mismatches only.
///
/// A panic while one event is read, invoked or judged makes that event broken, and the others go on; once the target is
/// judged, a panic means that the answers could not be compared.
pub async fn run<D, T: AsRef<str>>(
    events: &[TestEvent<D>],
    read: impl Fn(&D) -> Result<T, String>,
    port: &impl Invoke,
    run: Run<'_>,
    cut_off: impl Future<Output = String>,
) -> Vec<CheckedEvent> {
    run_watched(events, read, port, run, cut_off, |_| ()).await
}

/// The same, with `seen` called on each event as soon as its result is there, in the order in which they come.
///
/// Those that the cut-off breaks are not among them.
pub async fn run_watched<D, T: AsRef<str>>(
    events: &[TestEvent<D>],
    read: impl Fn(&D) -> Result<T, String>,
    port: &impl Invoke,
    run: Run<'_>,
    cut_off: impl Future<Output = String>,
    mut seen: impl FnMut(&CheckedEvent),
) -> Vec<CheckedEvent> {
    let judged: Vec<Judged> = events.iter().map(|_| Judged::default()).collect();
    let mut results: Vec<Option<CheckedEvent>> = events.iter().map(|_| None).collect();
    let (read, judged) = (&read, &judged);
    // By index: a closure over references would keep this future from being `Send`.
    let checks = (0..events.len()).map(|index| {
        let check = check(index, &events[index], read, port, run, &judged[index]);
        async move {
            // What a panic leaves half done belongs to this event alone, and is dropped with it.
            let ended = AssertUnwindSafe(check).catch_unwind().await;
            (index, ended.unwrap_or_else(|panic| Err(panicked(&*panic))))
        }
    });
    // Not `buffered`: behind a slow first event it would start no more than fit into its window.
    let mut checks = pin!(stream::iter(checks).buffer_unordered(run.concurrency.get()));
    let mut cut_off = pin!(cut_off);
    let end = |index: usize, ended| {
        let event = &events[index];
        judged[index].end(event.name.clone(), event.source, ended, run.comparison)
    };
    let reason = loop {
        // `select` asks `cut_off` first, so that a port that is always ready cannot outrun it.
        match select(cut_off.as_mut(), checks.next()).await {
            Either::Left((reason, _)) => break reason,
            Either::Right((Some((index, ended)), _)) => {
                let result = end(index, ended);
                seen(&result);
                results[index] = Some(result);
            }
            Either::Right((None, _)) => break "it was not answered".to_owned(),
        }
    };
    let results = results.into_iter().enumerate();
    results
        .map(|(index, result)| result.unwrap_or_else(|| end(index, Err(reason.clone()))))
        .collect()
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the check panicked: {}", text.unwrap_or("no message"))
}
