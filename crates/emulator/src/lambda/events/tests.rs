use super::super::{Account, Function};
use super::*;
use crate::Beginning;
use crate::execution::CodeStore;

const BEGUN: u64 = 1_000_000;

fn event(failures: u32, throttles: u32) -> QueuedEvent {
    QueuedEvent {
        function_name: "f".to_owned(),
        qualifier: None,
        payload: "{}".to_owned(),
        received: BEGUN,
        due: BEGUN,
        failures,
        throttles,
        rule: None,
    }
}

#[test]
fn what_follows_from_an_attempt() {
    let seconds = Duration::from_secs;
    let throttled = || Err(ServiceError::throttled("any"));
    let refused = ServiceError::throttled("any");
    let missing = || {
        Err(ServiceError::with_status(
            404,
            "ResourceNotFoundException",
            "",
        ))
    };
    let rows = [
        (event(0, 0), Ok(false), Next::Done),
        (event(2, 0), Ok(false), Next::Done),
        (event(0, 0), Ok(true), Next::Failed(seconds(60))),
        (event(1, 9), Ok(true), Next::Failed(seconds(120))),
        (event(2, 0), Ok(true), Next::Dropped),
        (event(0, 0), throttled(), Next::Throttled(seconds(1))),
        (event(2, 1), throttled(), Next::Throttled(seconds(2))),
        (event(0, 8), throttled(), Next::Throttled(seconds(256))),
        (event(0, 9), throttled(), Next::Throttled(seconds(300))),
        (event(0, 99), throttled(), Next::Throttled(seconds(300))),
        (event(0, 0), missing(), Next::Dropped),
    ];
    let mut lambda = Lambda::new(Account::default());
    for (event, outcome, expected) in &rows {
        assert_eq!(
            event.after(outcome.as_ref().copied(), &lambda),
            *expected,
            "{event:?} {outcome:?}"
        );
    }
    lambda.functions.insert("f".to_owned(), Function::default());
    lambda.reserve_concurrency("f", Some(0)).unwrap();
    assert_eq!(event(0, 0).after(Err(&refused), &lambda), Next::Dropped);
    lambda.reserve_concurrency("f", Some(1)).unwrap();
    assert_eq!(
        event(0, 0).after(Err(&refused), &lambda),
        Next::Throttled(seconds(1))
    );
}

#[test]
fn as_many_are_tried_at_once_as_there_is_room_for_and_the_oldest_first() {
    let at = Timestamp::from_millis;
    let mut queue = EventQueue::default();
    for number in 0..100 {
        let mut event = event(0, 0);
        event.due += 99 - number;
        // As it is after a restart, when the first ones have been loaded.
        if number < 50 {
            queue.events.insert(format!("{number:02}"), event);
        } else {
            queue.put(format!("{number:02}"), event);
        }
    }
    assert_eq!(queue.next_due(), Some(at(BEGUN)));
    let take = |queue: &mut EventQueue, now: u64| -> Vec<String> {
        let taken = std::iter::from_fn(|| queue.take_due(at(now)));
        taken.map(|(id, _)| id).collect()
    };
    assert_eq!(take(&mut queue, BEGUN + 1), ["99", "98"]);
    assert_eq!(
        queue.next_due(),
        Some(at(BEGUN + 2)),
        "what runs is not due"
    );
    assert_eq!(take(&mut queue, BEGUN + 1000).len(), MAX_RUNNING - 2);
    assert_eq!(queue.next_due(), None, "there is no room");
    queue.running -= 1;
    assert_eq!(take(&mut queue, BEGUN + 1000), ["35"]);
}

#[test]
fn an_event_outlives_its_process_as_text() {
    let event = event(1, 2);
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<QueuedEvent>(&text).unwrap(), event);
}

#[test]
fn what_is_configured_replaces_lambda_s_own_limits() {
    let config = |retries, age| {
        let mut config = EventInvokeConfig::default();
        (
            config.maximum_retry_attempts,
            config.maximum_event_age_in_seconds,
        ) = (retries, age);
        config
    };
    let rows = [
        (None, (2, 21_600)),
        (Some(config(None, None)), (2, 21_600)),
        (Some(config(Some(0), Some(60))), (0, 60)),
        (Some(config(Some(1), None)), (1, 21_600)),
    ];
    for (config, (retries, seconds)) in rows {
        let age = Duration::from_secs(seconds);
        assert_eq!(Limits::of(config.as_ref()), Limits { retries, age });
    }
}

#[tokio::test]
async fn an_event_whose_invocation_panics_is_tried_again() {
    let beginning = Beginning {
        account: Account::default(),
        seed: 1,
        now: Timestamp::from_millis(BEGUN),
        time_scale: None,
        port: 0,
        store: CodeStore::create().unwrap(),
        reaper: None,
    };
    let shared = Shared::new(beginning, "http://127.0.0.1:1".to_owned(), None).unwrap();
    let taken = {
        let mut state = shared.state();
        state.events.put("id".to_owned(), event(0, 0));
        state.events.take_due(Timestamp::from_millis(BEGUN))
    };
    let (id, taken) = taken.unwrap();
    settle_after(&shared, async { panic!("on purpose") }, &id, taken).await;
    let state = shared.state();
    assert_eq!(state.events.running, 0);
    let due = Timestamp::from_millis(BEGUN + 1000);
    assert_eq!(state.events.next_due(), Some(due));
}
