//! That CodeDeploy is told, in time, or that Lambda is.

use super::fakes::{Step, answer};
use super::{Scenario, TIMEOUT, fails, passes, play};
use crate::lifecycle_event::LifecycleEvent::{self, AfterAllowTraffic, BeforeAllowTraffic};
use crate::ports::CallErrorKind::{
    AccessDenied, AlreadyCompleted, NoAnswer, NoSuchHost, NotFound, NotSent, Refused, Throttled,
    Unavailable,
};
use crate::reason::reason;
use checks::Verdict::{Failed, Succeeded};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn reports_before_the_deadline_whatever_hangs() {
    let hook = BeforeAllowTraffic;
    async fn hangs(
        hook: LifecycleEvent,
        change: impl FnOnce(&mut Scenario),
        said: &str,
        after: u64,
    ) {
        let played = fails(hook, change, &[said]).await;
        assert_eq!(played.took, Duration::from_millis(after), "{said}");
    }
    // What is read may take half of the time that is left, or 20 s, so that something is left.
    let said = "codedeploy:GetDeployment failed: no answer within";
    hangs(hook, |s| s.aws.deployment = Step::Hang, said, 20_000).await;
    let said = "codedeploy:GetApplicationRevision failed: no answer within";
    hangs(hook, |s| s.aws.revision = Step::Hang, said, 20_000).await;
    let said = "schemas:DescribeSchema failed: no answer within";
    hangs(hook, |s| s.aws.schema = Step::Hang, said, 20_000).await;
    let said = "lambda:GetAlias failed: no answer within";
    hangs(
        AfterAllowTraffic,
        |s| s.aws.alias = Step::Hang,
        said,
        20_000,
    )
    .await;
    let lambdas_default = |s: &mut Scenario| {
        s.aws.deployment = Step::Hang;
        s.left = Some(Duration::from_secs(3));
    };
    let said = "codedeploy:GetDeployment failed: no answer within";
    hangs(hook, lambdas_default, said, 1_200).await;
    for left in [0, 5, 999] {
        let nearly_there = |s: &mut Scenario| {
            s.aws.deployment = Step::Hang;
            s.left = Some(Duration::from_millis(left));
        };
        let said =
            "out of time before anything was checked: Lambda stops the hook in less than 1000 ms";
        hangs(hook, nearly_there, said, 0).await;
    }

    let one_hangs = |payload: &str, _| match payload {
        r#"{"a":1}"# => Step::Hang,
        _ => answer("{}", "3"),
    };
    let said = [
        "1 of 2 events broken",
        "out of time before there was an answer",
        "10000 ms",
        r#""outcome":"met""#,
    ];
    let played = fails(hook, |s| s.invoke(one_hangs), &said).await;
    assert_eq!(played.took, Duration::from_secs(50));
    let lambdas_default = |s: &mut Scenario| {
        s.invoke(one_hangs);
        s.left = Some(Duration::from_secs(3));
    };
    let played = fails(hook, lambdas_default, &["600 ms"]).await;
    assert_eq!(played.took, Duration::from_millis(2_400));
    let unknown = |s: &mut Scenario| {
        s.invoke(one_hangs);
        s.left = None;
    };
    let played = play(hook, unknown).await;
    assert_eq!(
        (played.told, played.took),
        (vec![Failed], Duration::from_secs(890))
    );
}

#[tokio::test(start_paused = true)]
async fn reporting_is_tried_again_within_the_reserve() {
    let hook = BeforeAllowTraffic;
    let after = |failures, step: Step<()>| {
        move |before| {
            if before < failures {
                step.clone()
            } else {
                Step::Answer(())
            }
        }
    };
    for kind in [
        AccessDenied,
        Throttled,
        Unavailable,
        NoAnswer,
        NotSent,
        NoSuchHost,
    ] {
        passes(hook, |s| s.put(after(2, Step::Fail(kind))), &[]).await;
    }
    passes(hook, |s| s.put(after(1, Step::Hang)), &[]).await;
    // Also when the checks have used all of their time.
    let late = |s: &mut Scenario| {
        s.invoke(|_, _| Step::Hang);
        s.put(after(1, Step::Hang));
    };
    fails(hook, late, &["2 of 2 events broken"]).await;

    let played = play(hook, |s| s.put(|_| Step::Fail(AlreadyCompleted))).await;
    assert_eq!(
        (played.result.unwrap().verdict, played.puts),
        (Succeeded, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_reported_is_an_error() {
    async fn check(put: Step<()>, checks_hang: bool, attempts: std::ops::RangeInclusive<u32>) {
        let row = format!("{put:?}, {checks_hang}");
        let change = |s: &mut Scenario| {
            s.put(move |_| put.clone());
            if checks_hang {
                s.invoke(|_, _| Step::Hang);
            }
        };
        let played = play(BeforeAllowTraffic, change).await;
        let text = reason(&played.result.unwrap_err());
        assert!(
            text.starts_with("CodeDeploy could not be told that deployment d-1"),
            "{row}: {text}"
        );
        assert!(
            text.contains("codedeploy:PutLifecycleEventHookExecutionStatus failed"),
            "{row}: {text}"
        );
        assert!(attempts.contains(&played.puts), "{row}: {}", played.puts);
        assert!(played.told.is_empty(), "{row}");
        let note = played.logged[0]["notes"][0].as_str().unwrap();
        assert!(note.starts_with("CodeDeploy could not be told: "), "{note}");
        assert!(played.took < TIMEOUT, "{row}: {:?}", played.took);
    }
    for checks_hang in [false, true] {
        check(Step::Fail(Refused), checks_hang, 1..=1).await;
        check(Step::Fail(NotFound), checks_hang, 1..=1).await;
        check(Step::Fail(AccessDenied), checks_hang, 4..=20).await;
        check(Step::Hang, checks_hang, 4..=8).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_payload_without_ids_is_an_error() {
    for payload in ["{}", r#"{"DeploymentId":"d-1"}"#, r#""d-1""#, "null", ""] {
        let played = play(BeforeAllowTraffic, |s| s.payload = payload.to_owned()).await;
        let text = reason(&played.result.unwrap_err());
        assert!(
            text.starts_with("nothing can be reported to CodeDeploy: the payload is not"),
            "{text}"
        );
        assert!(played.logged.is_empty() && played.puts == 0, "{text}");
    }
    passes(
        BeforeAllowTraffic,
        |s| s.payload.insert_str(1, r#""CombinedEvent":["?"],"#),
        &[],
    )
    .await;
}

/// The hook's only thread is held by one answer for longer than there is time, as by a slow `$regex`.
#[tokio::test(start_paused = true)]
async fn a_hook_that_is_too_busy_to_report_is_reported_by_another_thread() {
    let (overdue, busy_until) = channel();
    let busy_until = Mutex::new(busy_until);
    let seen = Arc::new(Mutex::new(None));
    let shared = Arc::clone(&seen);
    let played = play(BeforeAllowTraffic, |scenario| {
        scenario.left = Some(Duration::from_secs(1));
        scenario.overdue = Box::new(move |ids, ran, within| {
            overdue.send((ids.deployment_id, ran, within)).unwrap();
        });
        scenario.invoke(move |_, _| {
            if let Ok(told) = busy_until.lock().unwrap().recv() {
                *shared.lock().unwrap() = Some(told);
            }
            answer("{}", "3")
        });
    })
    .await;
    let told = seen.lock().unwrap().take();
    let expected = (
        "d-1".to_owned(),
        Duration::from_millis(850),
        Duration::from_millis(100),
    );
    assert_eq!(told, Some(expected));
    // What it comes to after all is CodeDeploy's to accept or to refuse.
    assert_eq!(played.puts, 1);
}
