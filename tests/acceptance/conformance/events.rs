//! Asynchronous invocation, with a function that fails as it is asked to.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use emulator::Timestamp;

use super::world::World;

/// The times at which attempts have begun, in seconds since `begun`; all of them with one request id.
async fn attempts(world: &World, begun: Timestamp) -> Vec<u64> {
    let found = world
        .cloudwatch_logs()
        .filter_log_events()
        .log_group_name("/aws/lambda/mirror")
        .filter_pattern("START")
        .send()
        .await
        .unwrap();
    let mut ids = std::collections::BTreeSet::new();
    let mut times = Vec::new();
    for event in found.events() {
        let id = event.message().unwrap().split_whitespace().nth(2).unwrap();
        ids.insert(id.to_owned());
        let at = u64::try_from(event.timestamp().unwrap()).unwrap();
        times.push((at - begun.as_millis()) / 1000);
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
    times
}

/// Lets everything happen that is due until then.
async fn pass(world: &World, until: Timestamp) {
    loop {
        world.emulator.settle().await;
        if world.emulator.advance_to(until) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_accepted_at_once_and_tried_three_times() {
    // What the event asks for, and when attempts begin.
    let rows: [(&str, &[u64]); 3] = [
        (r#"{"do": "fail"}"#, &[0, 60, 180]),
        (r#"{"do": "exit"}"#, &[0, 60, 180]),
        ("{}", &[0]),
    ];
    for (payload, expected) in rows {
        let world = World::new().await;
        world.deploy("one");
        let begun = world.emulator.now();
        let accepted = world
            .lambda()
            .invoke()
            .function_name("mirror:live")
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(payload))
            .send()
            .await
            .unwrap();
        assert_eq!(accepted.status_code(), 202);
        assert!(
            accepted
                .payload()
                .is_none_or(|payload| payload.as_ref().is_empty())
        );
        assert_eq!(accepted.executed_version(), None);
        let at = |seconds| begun + Duration::from_secs(seconds);
        for seconds in [0, 59, 60, 179, 180, 3600] {
            pass(&world, at(seconds)).await;
            let until_now: Vec<u64> = expected
                .iter()
                .copied()
                .filter(|begins| *begins <= seconds)
                .collect();
            assert_eq!(
                attempts(&world, begun).await,
                until_now,
                "{payload} {seconds}"
            );
        }
    }
}
