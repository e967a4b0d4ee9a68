//! Comparing with the current version: the rows of `cases/comparing.json`, and what holds whatever the order.
//!
//! A row is that of `cases.rs` with `target` and `current` for the answers (`current` is two, or one given twice), an answer
//! of which may be `{none: reason}`; with `fails`, where differences fail; and with what the report says of the event.

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use checks::{Answer, CheckedEvent, Comparison, Invoke, Outcome, Run, Side, Source, pair, run};
use serde_json::{Map, Value, json};

use crate::cases;
use crate::run::{done, poll};

/// The seeds of a few orders, all three among them.
const SEEDS: std::ops::Range<u64> = 0..8;

struct Port {
    target: Result<Answer, String>,
    current: [Result<Answer, String>; 2],
    asked: AtomicUsize,
    sides: Mutex<Vec<Side>>,
}

impl Invoke for Port {
    async fn invoke(&self, side: Side, _: &str, _: &str) -> Result<Answer, String> {
        self.sides.lock().unwrap().push(side);
        match side {
            Side::Target => self.target.clone(),
            Side::Current => self.current[self.asked.fetch_add(1, Ordering::Relaxed)].clone(),
        }
    }
}

/// What comes of an event with these answers, for one seed.
pub(crate) fn checked(
    expectation: Option<&Value>,
    target: Result<Answer, String>,
    current: [Result<Answer, String>; 2],
    fails: bool,
    seed: u64,
) -> (CheckedEvent, Vec<Side>) {
    let version = |answer: Result<Answer, String>, version: &str| {
        answer.map(|answer| Answer {
            executed_version: answer.executed_version.or(Some(version.to_owned())),
            ..answer
        })
    };
    let port = Port {
        target: version(target, "2"),
        current: current.map(|answer| version(answer, "1")),
        asked: AtomicUsize::new(0),
        sides: Mutex::default(),
    };
    let expectation = expectation.map(|text| ("A.expect".to_owned(), text.to_string()));
    let documents = [("A".to_owned(), "{}".to_owned())];
    let events = pair(Source::Bundled, documents.into_iter().chain(expectation));
    let how = Run {
        concurrency: NonZeroUsize::MIN,
        executed_version: Some("2"),
        comparison: Some(Comparison {
            current_version: "1",
            seed,
            fails,
        }),
    };
    let read = |text: &String| Ok(text.clone());
    let mut checked = done(poll(pin!(run(
        &events,
        read,
        &port,
        how,
        std::future::pending()
    ))));
    (checked.remove(0), port.sides.into_inner().unwrap())
}

/// What comes of an event with these answers, which is the same in every order.
fn compared(
    expectation: Option<&Value>,
    target: Result<Answer, String>,
    current: [Result<Answer, String>; 2],
    fails: bool,
) -> CheckedEvent {
    let mut events = SEEDS.map(|seed| {
        let (target, current) = (target.clone(), current.clone());
        checked(expectation, target, current, fails, seed).0
    });
    let first = events.next().unwrap();
    for other in events {
        assert_eq!(first, other);
    }
    first
}

fn answer(row: &Value) -> Result<Answer, String> {
    match row.get("none") {
        Some(reason) => Err(reason.as_str().unwrap().to_owned()),
        None => Ok(cases::answer(row)),
    }
}

#[test]
fn every_row_comes_out_as_it_says() {
    let rows = cases::rows("comparing.json");
    let mut failures = String::new();
    for row in &rows {
        let current = match &row["current"] {
            Value::Array(both) => [answer(&both[0]), answer(&both[1])],
            one => [answer(one), answer(one)],
        };
        let fails = row.get("fails").is_some_and(|fails| fails == true);
        let came = compared(
            row.get("expectation"),
            answer(&row["target"]),
            current,
            fails,
        );
        let mut came = serde_json::to_value(&came).unwrap();
        let said = ["name", "source", "durationMs"];
        came.as_object_mut()
            .unwrap()
            .retain(|key, _| !said.contains(&key.as_str()));
        let input = ["name", "expectation", "target", "current", "fails"];
        let expected: Map<String, Value> = row
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| !input.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if came != Value::Object(expected.clone()) {
            let expected = Value::from(expected);
            failures += &format!(
                "\n{}\n  expected {expected}\n  came     {came}\n",
                row["name"]
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(rows.len() >= 60, "only {} rows", rows.len());
}

#[test]
fn the_order_is_drawn_from_the_seed_and_the_place() {
    let sides = |expectation: Option<&Value>, seed| {
        let said = || Ok(crate::answer("1"));
        let (_, sides) = checked(expectation, said(), [said(), said()], false, seed);
        sides
    };
    let mut counts = [0; 3];
    for seed in 0..300 {
        let sides = sides(None, seed);
        assert_eq!(sides.len(), 3);
        let place = sides.iter().position(|side| *side == Side::Target).unwrap();
        counts[place] += 1;
    }
    assert!(counts.iter().all(|count| *count > 70), "{counts:?}");
    assert_eq!(sides(None, 7), sides(None, 7));
    assert_eq!(sides(Some(&json!({"$compare": false})), 7), [Side::Target]);
}

#[test]
fn what_differs_altogether_is_listed_in_part_and_counted() {
    let answer = |from: usize, count: usize| {
        let members = (0..count).map(|index| (format!("m{index}"), json!(from + index)));
        Ok(crate::answer(Value::Object(members.collect()).to_string()))
    };
    let event = compared(
        None,
        answer(1, 250),
        [answer(0, 250), answer(0, 250)],
        false,
    );
    assert_eq!(event.differences.len(), 100);
    assert_eq!(event.left_out.differences, 150);
    let event = compared(None, answer(1, 250), [answer(0, 250), answer(0, 250)], true);
    let found = crate::mismatches(event.outcome);
    assert_eq!((found.len(), event.left_out.mismatches), (100, 150));
    let event = compared(None, answer(1, 250), [answer(0, 250), answer(1, 250)], true);
    assert_eq!((event.ignored.len(), event.left_out.ignored), (100, 150));

    // What the expectation finds has a limit of its own.
    for (expected, listed, left_out) in [(1000, 1000, 0), (1001, 1000, 1)] {
        let members = (0..expected).map(|index| (format!("m{index}"), json!(-1)));
        let expectation = Value::Object(members.collect());
        let same = || answer(0, 1200);
        let event = compared(Some(&expectation), same(), [same(), same()], true);
        let found = crate::mismatches(event.outcome);
        assert_eq!((found.len(), event.left_out.mismatches), (listed, left_out));
    }
    let expectation = json!({"$len": 0});
    let event = compared(
        Some(&expectation),
        answer(1, 250),
        [answer(0, 250), answer(0, 250)],
        true,
    );
    let found = crate::mismatches(event.outcome);
    assert_eq!((found.len(), event.left_out.mismatches), (101, 150));

    let long = |end: &str| {
        let value = json!({"k".repeat(1 << 14): "x".repeat(1 << 14) + end});
        Ok(crate::answer(value.to_string()))
    };
    let event = compared(None, long("1"), [long("2"), long("2")], false);
    let size = serde_json::to_string(&event).unwrap().len();
    assert!(size < 1500, "{size} bytes");
    assert_eq!(event.differences.len(), 1);
}

/// The target answers, and the current version does whatever it does instead.
struct Alone<F>(F);

impl<F: Fn() -> bool + Sync> Invoke for Alone<F> {
    async fn invoke(&self, side: Side, _: &str, _: &str) -> Result<Answer, String> {
        if side == Side::Current && self.0() {
            std::future::pending::<()>().await;
        }
        let mut answer = crate::answer("1");
        answer.executed_version = Some("2".to_owned());
        Ok(answer)
    }
}

#[test]
fn what_was_judged_is_never_lost() {
    fn check(fails: bool, hangs: impl Fn() -> bool + Sync, reason: &str) {
        let events = pair(Source::Bundled, [("A".to_owned(), "1")]);
        let mut judged = 0;
        for seed in SEEDS {
            let how = Run {
                concurrency: NonZeroUsize::MIN,
                executed_version: Some("2"),
                comparison: Some(Comparison {
                    current_version: "1",
                    seed,
                    fails,
                }),
            };
            let mut asked = 0;
            let cut_off = poll_fn(|_| {
                asked += 1;
                match asked {
                    1 => Poll::Pending,
                    _ => Poll::Ready("out of time".to_owned()),
                }
            });
            let port = Alone(&hangs);
            let mut running = pin!(run(&events, |text| Ok(*text), &port, how, cut_off));
            let event = match poll(running.as_mut()) {
                Poll::Ready(mut checked) => checked.remove(0),
                Poll::Pending => done(poll(running.as_mut())).remove(0),
            };
            let not_compared = event.not_compared.as_deref().unwrap_or_default();
            match event.outcome {
                Outcome::Met => {
                    assert!(!fails && not_compared.contains(reason), "{not_compared}");
                    judged += 1;
                }
                Outcome::Broken(said) => {
                    assert!(said.contains(reason), "{said}");
                    assert!(event.not_compared.is_none());
                    judged += i32::from(said.starts_with("the answer is as expected, and could"));
                }
                Outcome::Unmet(_) => panic!("1 is fine"),
            }
        }
        assert!((1..8).contains(&judged), "{judged}");
    }
    check(false, || true, "out of time");
    check(true, || true, "out of time");
    check(false, || panic!("no port"), "the check panicked: no port");
    check(true, || panic!("no port"), "the check panicked: no port");
}
