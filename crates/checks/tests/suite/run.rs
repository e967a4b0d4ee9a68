//! `run` against a port whose answers the test gives one by one; the test itself polls, so nothing depends on time.

use std::collections::BTreeMap;
use std::future::{pending, poll_fn, ready};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use checks::{Answer, CheckedEvent, Invoke, Outcome, Run, Side, Source, TestEvent, pair, run};

#[derive(Default)]
struct Calls {
    started: Vec<String>,
    in_flight: Vec<String>,
    most_in_flight: usize,
    answers: BTreeMap<String, Result<Answer, String>>,
    wakers: BTreeMap<String, Waker>,
}

#[derive(Default)]
struct Port(Mutex<Calls>);

impl Port {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        // A failed assertion poisons the lock, and the calls in flight are still dropped after it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, name: &str, answer: Result<Answer, String>) {
        let mut calls = self.calls();
        calls.answers.insert(name.to_owned(), answer);
        if let Some(waker) = calls.wakers.remove(name) {
            waker.wake();
        }
    }
}

/// Takes the call out of those in flight, also when its future is dropped.
struct InFlight<'a>(&'a Port, &'a str);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.calls().in_flight.retain(|name| name != self.1);
    }
}

impl Invoke for Port {
    async fn invoke(&self, side: Side, name: &str, payload: &str) -> Result<Answer, String> {
        assert_eq!((side, payload), (Side::Target, "{}"));
        {
            let mut calls = self.calls();
            calls.started.push(name.to_owned());
            calls.in_flight.push(name.to_owned());
            calls.most_in_flight = calls.most_in_flight.max(calls.in_flight.len());
        }
        let _in_flight = InFlight(self, name);
        poll_fn(|context| {
            let mut calls = self.calls();
            match calls.answers.remove(name) {
                Some(answer) => Poll::Ready(answer),
                None => {
                    let waker = context.waker().clone();
                    calls.wakers.insert(name.to_owned(), waker);
                    Poll::Pending
                }
            }
        })
        .await
    }
}

type Document = Result<&'static str, String>;

fn events(names: &[&str]) -> Vec<TestEvent<Document>> {
    let documents = names.iter().map(|name| ((*name).to_owned(), Ok("{}")));
    pair(Source::Bundled, documents)
}

/// The event with a document that cannot be read, for that reason.
fn unreadable(name: &str, reason: &str) -> TestEvent<Document> {
    let document = (name.to_owned(), Err(reason.to_owned()));
    pair(Source::Bundled, [document]).remove(0)
}

fn at_once(concurrency: usize) -> Run<'static> {
    Run {
        concurrency: NonZeroUsize::new(concurrency).unwrap(),
        executed_version: None,
        comparison: None,
    }
}

fn answer(milliseconds: u64) -> Answer {
    Answer {
        payload: b"null".to_vec(),
        function_error: None,
        executed_version: Some("2".to_owned()),
        duration: Duration::from_millis(milliseconds),
    }
}

pub(crate) fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// One word per event: its name and `met`, `unmet` or the reason why it is broken, and its milliseconds.
fn words(checked: &[CheckedEvent]) -> Vec<String> {
    checked
        .iter()
        .map(|event| {
            let outcome = match &event.outcome {
                Outcome::Met => "met",
                Outcome::Unmet(_) => "unmet",
                Outcome::Broken(reason) => reason,
            };
            match event.duration {
                Some(duration) => format!("{} {outcome} {}", event.name, duration.as_millis()),
                None => format!("{} {outcome}", event.name),
            }
        })
        .collect()
}

pub(crate) fn done<T>(poll: Poll<T>) -> T {
    match poll {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the run is not over"),
    }
}

#[test]
fn results_are_in_the_order_of_the_events() {
    let (events, port) = (events(&["A", "B", "C"]), Port::default());
    let mut running = pin!(run(&events, Document::clone, &port, at_once(3), pending()));
    for (name, milliseconds) in [("C", 3), ("A", 1), ("B", 2)] {
        assert!(poll(running.as_mut()).is_pending());
        port.give(name, Ok(answer(milliseconds)));
    }
    let checked = done(poll(running.as_mut()));
    assert_eq!(words(&checked), ["A met 1", "B met 2", "C met 3"]);
}

#[test]
fn a_slow_first_event_takes_one_place_only() {
    let names: Vec<String> = (0..20).map(|number| format!("E{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (events, port) = (events(&names), Port::default());
    let mut running = pin!(run(&events, Document::clone, &port, at_once(3), pending()));
    assert!(poll(running.as_mut()).is_pending());
    assert_eq!(port.calls().in_flight, ["E00", "E01", "E02"]);
    for (answered, name) in names.iter().enumerate().skip(1) {
        port.give(name, Ok(answer(0)));
        assert!(poll(running.as_mut()).is_pending());
        let expected = 3.min(20 - answered);
        assert_eq!(port.calls().in_flight.len(), expected, "after {answered}");
    }
    assert_eq!(port.calls().in_flight, ["E00"]);
    port.give("E00", Ok(answer(0)));
    assert_eq!(done(poll(running.as_mut())).len(), 20);
    assert_eq!(port.calls().most_in_flight, 3);
    assert_eq!(port.calls().started, names);
}

#[test]
fn what_is_unanswered_at_the_cut_off_is_broken() {
    let mut events = events(&["A", "B", "C", "D"]);
    events[3] = unreadable("D", "cannot be read");
    let port = Port::default();
    let late = Mutex::new(false);
    let cut_off = poll_fn(|_| match *late.lock().unwrap() {
        true => Poll::Ready("out of time".to_owned()),
        false => Poll::Pending,
    });
    let mut running = pin!(run(&events, Document::clone, &port, at_once(2), cut_off));
    assert!(poll(running.as_mut()).is_pending());
    port.give("B", Ok(answer(7)));
    assert!(poll(running.as_mut()).is_pending());
    assert_eq!(port.calls().in_flight, ["A", "C"]);
    *late.lock().unwrap() = true;
    let checked = done(poll(running.as_mut()));
    assert_eq!(
        words(&checked),
        ["A out of time", "B met 7", "C out of time", "D out of time"]
    );
}

#[test]
fn calls_in_flight_are_dropped_with_the_run() {
    let (events, port) = (events(&["A"]), Port::default());
    {
        let mut running = pin!(run(&events, Document::clone, &port, at_once(1), pending()));
        assert!(poll(running.as_mut()).is_pending());
        assert_eq!(port.calls().in_flight, ["A"]);
    }
    assert!(port.calls().in_flight.is_empty());
}

#[test]
fn after_the_cut_off_nothing_starts() {
    let (events, port) = (events(&["A", "B"]), Port::default());
    let cut_off = ready("no time at all".to_owned());
    let checked = done(poll(pin!(run(
        &events,
        Document::clone,
        &port,
        at_once(2),
        cut_off
    ))));
    assert_eq!(words(&checked), ["A no time at all", "B no time at all"]);
    assert!(port.calls().started.is_empty());
}

#[test]
fn a_port_that_is_always_ready_cannot_outrun_the_cut_off() {
    let names: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (events, port) = (events(&names), Port::default());
    for name in &names {
        port.give(name, Ok(answer(0)));
    }
    let mut asked = 0;
    let cut_off = poll_fn(|_| {
        asked += 1;
        match asked {
            0..=10 => Poll::Pending,
            _ => Poll::Ready("cut off".to_owned()),
        }
    });
    let checked = done(poll(pin!(run(
        &events,
        Document::clone,
        &port,
        at_once(4),
        cut_off
    ))));
    let met = checked.iter().filter(|event| event.outcome == Outcome::Met);
    assert_eq!(met.count(), 10);
    assert_eq!(checked.len(), 100);
}

#[test]
fn an_event_without_content_is_never_invoked() {
    let mut events = events(&["A", "B"]);
    events[0] = unreadable("A", "cannot be read");
    let port = Port::default();
    port.give("B", Err("throttled for too long".to_owned()));
    let checked = done(poll(pin!(run(
        &events,
        Document::clone,
        &port,
        at_once(1),
        pending()
    ))));
    assert_eq!(
        words(&checked),
        ["A cannot be read", "B throttled for too long"]
    );
    assert_eq!(port.calls().started, ["B"]);
}

#[test]
fn no_events_are_no_results() {
    let checked = done(poll(pin!(run(
        &[],
        Document::clone,
        &Port::default(),
        at_once(1),
        pending()
    ))));
    assert!(checked.is_empty());
}

#[test]
fn answers_must_come_from_the_version_that_is_asked() {
    fn check(asked: Option<&str>, executed: Option<&str>, function_error: bool, expected: &str) {
        let (events, port) = (events(&["A"]), Port::default());
        port.give(
            "A",
            Ok(Answer {
                executed_version: executed.map(str::to_owned),
                function_error: function_error.then(|| "Unhandled".to_owned()),
                ..answer(1)
            }),
        );
        let asked = Run {
            executed_version: asked,
            ..at_once(1)
        };
        let checked = done(poll(pin!(run(
            &events,
            Document::clone,
            &port,
            asked,
            pending()
        ))));
        assert_eq!(words(&checked), [format!("A {expected} 1")]);
    }
    check(None, None, false, "met");
    check(None, Some("1"), false, "met");
    check(Some("2"), Some("2"), false, "met");
    check(Some("2"), Some("2"), true, "unmet");
    check(
        Some("2"),
        Some("1"),
        false,
        "version 1 answered instead of version 2",
    );
    check(
        Some("2"),
        Some("1"),
        true,
        "version 1 answered instead of version 2",
    );
    check(
        Some("2"),
        Some("$LATEST"),
        false,
        "version $LATEST answered instead of version 2",
    );
    check(
        Some("2"),
        None,
        false,
        "the answer does not say which version executed it; it must be version 2",
    );
}

#[test]
fn a_run_can_move_between_threads() {
    fn assert_send<T: Send>(_: T) {}
    assert_send(run(
        &[],
        Document::clone,
        &Port::default(),
        at_once(1),
        pending(),
    ));
}

#[test]
fn events_are_read_when_their_turn_comes() {
    let (events, port) = (events(&["A", "B", "C"]), Port::default());
    let reads = AtomicUsize::new(0);
    let read = |document: &Document| {
        reads.fetch_add(1, Ordering::Relaxed);
        document.clone()
    };
    let mut running = pin!(run(&events, read, &port, at_once(1), pending()));
    for (read, name) in [(1, "A"), (2, "B"), (3, "C")] {
        assert!(poll(running.as_mut()).is_pending());
        assert_eq!(reads.load(Ordering::Relaxed), read);
        port.give(name, Ok(answer(0)));
    }
    assert_eq!(
        words(&done(poll(running.as_mut()))),
        ["A met 0", "B met 0", "C met 0"]
    );
}

#[test]
fn a_panic_breaks_its_event_only() {
    struct Panics;
    impl Invoke for Panics {
        async fn invoke(&self, _: Side, name: &str, _: &str) -> Result<Answer, String> {
            assert_ne!(name, "B", "no port for B");
            Ok(answer(1))
        }
    }
    let mut events = events(&["A", "B", "C", "D"]);
    events[2] = unreadable("C", "panic");
    let read = |document: &Document| {
        assert_ne!(document.as_ref().err().map(String::as_str), Some("panic"));
        document.clone()
    };
    let checked = done(poll(pin!(run(
        &events,
        read,
        &Panics,
        at_once(2),
        pending()
    ))));
    let words = words(&checked);
    assert_eq!([&words[0], &words[3]], ["A met 1", "D met 1"]);
    assert!(words[1].starts_with("B the check panicked: "), "{words:?}");
    assert!(words[1].contains("no port for B"), "{words:?}");
    assert!(words[2].starts_with("C the check panicked: "), "{words:?}");
}
