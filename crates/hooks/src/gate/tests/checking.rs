//! What is invoked, and what its answers lead to.

use super::fakes::{Step, answer};
use super::{ARN, Scenario, blocks, check, fails, passes};
use crate::lifecycle_event::LifecycleEvent::{AfterAllowTraffic, BeforeAllowTraffic};
use crate::ports::CallErrorKind::{
    self, AccessDenied, NoAnswer, NotFound, NotReady, NotSent, Refused, Throttled, Unavailable,
};
use crate::ports::InvokeResponse;
use checks::Verdict;
use checks::Verdict::{Failed, Succeeded};
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn passes_when_every_event_is_met() {
    let played = passes(BeforeAllowTraffic, |_| {}, &[]).await;
    let expected = json!({
        "verdict": "Succeeded", "reason": "2 of 2 events met", "lifecycleEvent": "BeforeAllowTraffic",
        "deploymentId": "d-1", "function": "F", "alias": "live", "currentVersion": "2", "targetVersion": "3",
        "events": [
            {"name": "A", "source": "bundled", "outcome": "met", "durationMs": 0},
            {"name": "B", "source": "bundled", "outcome": "met", "durationMs": 0},
        ],
    });
    assert_eq!(
        serde_json::to_value(played.result.unwrap()).unwrap(),
        expected
    );
    assert_eq!(
        played.invoked,
        [r#"F:3 {"custom":{"tollgate":"BeforeAllowTraffic"}}"#; 2]
    );

    let played = passes(AfterAllowTraffic, |_| {}, &["2 of 2 events met"]).await;
    assert_eq!(
        played.invoked,
        [r#"F:live {"custom":{"tollgate":"AfterAllowTraffic"}}"#; 2]
    );
}

#[tokio::test(start_paused = true)]
async fn checks_the_target_that_it_is_given() {
    let given = |qualifier: &'static str| {
        move |s: &mut Scenario| {
            s.variable("GATE_TARGET", format!("{ARN}:{qualifier}"));
            s.aws.deployment = Step::Panic;
        }
    };
    let played = passes(
        BeforeAllowTraffic,
        given("3"),
        &[r#""function":"F","targetVersion":"3""#],
    )
    .await;
    assert!(
        played.invoked[0].starts_with(&format!("{ARN}:3 ")),
        "{:?}",
        played.invoked
    );
    let subject = r#""function":"F","alias":"live","targetVersion":"3""#;
    let played = passes(AfterAllowTraffic, given("live"), &[subject]).await;
    assert!(
        played.invoked[0].starts_with(&format!("{ARN}:live ")),
        "{:?}",
        played.invoked
    );
    blocks(
        BeforeAllowTraffic,
        given("live"),
        &["must end in a version, not in `live`"],
    )
    .await;
    blocks(
        AfterAllowTraffic,
        given("3"),
        &["must end in an alias, not in version `3`"],
    )
    .await;
    blocks(
        BeforeAllowTraffic,
        given("$LATEST"),
        &["$LATEST is not a published version"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn fails_on_an_answer_that_is_wrong_or_missing() {
    let hook = BeforeAllowTraffic;
    let unmet = |payload: &str, _| match payload {
        r#"{"a":1}"# => answer(r#"{"statusCode":500}"#, "3"),
        _ => answer("{}", "3"),
    };
    fails(
        hook,
        |s| s.invoke(unmet),
        &["1 of 2 events unmet", "statusCode", r#""outcome":"met""#],
    )
    .await;
    let function_error = |_: &str, _| {
        Step::Answer(InvokeResponse {
            payload: b"{}".to_vec(),
            function_error: Some("Unhandled".to_owned()),
            executed_version: Some("3".to_owned()),
            log_tail: None,
        })
    };
    let played = fails(hook, |s| s.invoke(function_error), &["2 of 2 events unmet"]).await;
    assert_eq!(played.invoked.len(), 2, "a function error is never retried");
    let said = [
        "2 of 2 events broken",
        "version 2 answered instead of version 3",
    ];
    fails(
        AfterAllowTraffic,
        |s| s.invoke(|_, _| answer("{}", "2")),
        &said,
    )
    .await;
    fails(
        BeforeAllowTraffic,
        |s| s.invoke(|_, _| answer("{}", "2")),
        &said,
    )
    .await;
    let said = [
        "the check panicked: lambda:InvokeFunction",
        r#""targetVersion":"3""#,
    ];
    fails(hook, |s| s.invoke(|_, _| Step::Panic), &said).await;
    blocks(
        hook,
        |s| s.aws.deployment = Step::Panic,
        &["panicked while reading the deployment"],
    )
    .await;
    blocks(
        hook,
        |s| s.aws.schema = Step::Panic,
        &["panicked while reading the test events"],
    )
    .await;
    let dense = format!("[{}0]", "0,".repeat(1_000_000));
    let too_much = move |s: &mut Scenario| {
        s.variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        s.invoke(move |_, _| answer(&dense, "3"));
    };
    let said = ["2 of 2 events broken", "too many for a hook with 128 MB"];
    fails(hook, too_much, &said).await;
    for kind in [AccessDenied, NotFound, NoAnswer, Refused] {
        let said = format!("lambda:InvokeFunction failed: {kind:?}");
        let played = fails(
            hook,
            |s| s.invoke(move |_, _| Step::Fail(kind)),
            &["2 of 2 events broken", &said],
        )
        .await;
        assert_eq!(played.invoked.len(), 2, "{kind:?} is not retried");
    }
}

#[tokio::test(start_paused = true)]
async fn what_lambda_turns_away_is_sent_again_until_the_time_is_up() {
    async fn played(
        kind: CallErrorKind,
        failures: u32,
        verdict: Verdict,
        said: &[&str],
    ) -> (usize, Duration) {
        let change = |s: &mut Scenario| {
            s.bundled.truncate(1);
            s.invoke(move |_, before| {
                if before < failures {
                    Step::Fail(kind)
                } else {
                    answer("{}", "3")
                }
            });
        };
        let played = check(BeforeAllowTraffic, change, verdict, said).await;
        (played.invoked.len(), played.took)
    }
    for kind in [Throttled, Unavailable, NotReady, NotSent] {
        // The waits between the attempts are no part of the measured duration.
        let (attempts, took) = played(kind, 9, Succeeded, &[r#""durationMs":0"#]).await;
        assert_eq!(attempts, 10, "{kind:?}");
        assert!(took > Duration::from_secs(10), "{kind:?}: {took:?}");
        // It is known why there is no answer, and so that is said, and not that the time is up.
        let said = [
            "1 of 1 events broken",
            "lambda:InvokeFunction failed: ",
            "attempts)",
        ];
        let (_, took) = played(kind, 999, Failed, &said).await;
        let end = Duration::from_secs(50);
        assert!(
            took <= end && took > end - Duration::from_millis(100),
            "{kind:?}: {took:?}"
        );
    }
}
