//! `GATE_CANARY` and `GATE_REQUIRED_BOUND`: what users met of the target while traffic shifted.

use super::fakes::{Fake, Step};
use super::{Scenario, check, fails, passes};
use crate::lifecycle_event::LifecycleEvent::{AfterAllowTraffic, BeforeAllowTraffic};
use crate::ports::CallErrorKind::{AccessDenied, Throttled, Unavailable};
use crate::ports::DeploymentTarget;
use checks::Verdict::{self, Failed, Succeeded};
use checks::{Calls, Canary};
use std::time::Duration;

/// 10 s after 00:01 on 1 January 2026.
const START: i64 = 1_767_225_670;

/// A shift of five minutes and a little more. Of each: calls and errors of the target, and of the current version.
fn shifted(minutes: Vec<[u64; 4]>) -> impl Fn(&mut Scenario) {
    move |s| {
        shift_of(&mut s.aws, 300);
        s.aws.minutes = Step::Answer(minutes.clone());
    }
}

fn shift_of(aws: &mut Fake, seconds: i64) {
    aws.targets = Step::Answer(vec!["F:live".to_owned()]);
    aws.deployment_target = Step::Answer(DeploymentTarget {
        allow_traffic_start: Some(START),
        allow_traffic_end: Some(START + seconds),
        ..DeploymentTarget::default()
    });
}

/// What the report says of the shift.
async fn canary(change: impl Fn(&mut Scenario), verdict: Verdict, said: &[&str]) -> Canary {
    let played = check(AfterAllowTraffic, change, verdict, said).await;
    assert_eq!(played.invoked.len(), 2, "the test events are run");
    played.result.unwrap().canary.unwrap()
}

/// With `GATE_CANARY` and `GATE_REQUIRED_BOUND`, where they are not empty.
fn demanding(
    policy: &'static str,
    bound: &'static str,
    change: impl Fn(&mut Scenario),
) -> impl Fn(&mut Scenario) {
    move |s| {
        change(s);
        s.variable("GATE_CANARY", policy);
        s.variable("GATE_REQUIRED_BOUND", bound);
    }
}

#[tokio::test(start_paused = true)]
async fn clean_calls_are_a_bound() {
    let found = canary(shifted(vec![[82, 0, 738, 3]; 5]), Succeeded, &[]).await;
    let bound = found.bound.unwrap();
    assert!((bound - 0.007_28).abs() < 0.000_01, "{bound}");
    let expected = Canary {
        summary: "410 clean calls: an error rate of 0.73 % or more would have shown (95 %)"
            .to_owned(),
        since: Some("2026-01-01T00:01:00Z".to_owned()),
        until: Some("2026-01-01T00:06:00Z".to_owned()),
        target: Some(Calls {
            calls: 410,
            errors: 0,
        }),
        current: Some(Calls {
            calls: 3690,
            errors: 15,
        }),
        p: Some(1.0),
        bound: Some(bound),
    };
    assert_eq!(found, expected);
    for (calls, said) in [
        (
            1,
            "1 clean call: an error rate of 95 % or more would have shown (95 %); that is little traffic: 59 would show 5 %",
        ),
        (
            58,
            "58 clean calls: an error rate of 5.1 % or more would have shown (95 %); that is little traffic: 59 would show 5 %",
        ),
        (
            59,
            "59 clean calls: an error rate of 5 % or more would have shown (95 %)",
        ),
    ] {
        let minutes = vec![[calls, 0, 9, 0], [0; 4], [0; 4], [0; 4], [0, 0, 1, 0]];
        assert_eq!(canary(shifted(minutes), Succeeded, &[]).await.summary, said);
    }
}

#[tokio::test(start_paused = true)]
async fn errors_are_held_against_the_current_versions() {
    // In each of two minutes the one error fell to the version with a tenth of the calls; and Clopper and Pearson's bound.
    const WORSE: &str = "version 3 errs more often than version 2: 2 of 10 calls against 0 of 90 (p = 0.01, minute by minute); its error rate is below 51 % (95 %)";
    let worse = || {
        shifted(vec![
            [2, 0, 18, 0],
            [2, 1, 18, 0],
            [2, 1, 18, 0],
            [2, 0, 18, 0],
            [2, 0, 18, 0],
        ])
    };
    let found = canary(worse(), Succeeded, &[WORSE]).await;
    assert!((found.p.unwrap() - 0.01).abs() < 1e-12);
    let reason = format!(r#""reason":"2 of 2 events met; {WORSE}""#);
    canary(demanding("fail", "", worse()), Failed, &[&reason]).await;
    canary(demanding("report", "", worse()), Succeeded, &[WORSE]).await;
    let alike = shifted(vec![
        [2, 0, 18, 0],
        [2, 1, 18, 1],
        [2, 0, 18, 0],
        [2, 0, 18, 0],
        [2, 0, 18, 0],
    ]);
    let said = "version 3 is not shown to err more often than version 2: 1 of 10 calls against 1 of 90 (p = 0.19, minute by minute)";
    canary(demanding("fail", "", alike), Succeeded, &[said]).await;
    // Errors that nothing can be held against: the current version has no calls, or only in the minute in which it began.
    for minutes in [
        vec![[10, 4, 0, 0]; 5],
        vec![[50, 20, 1130, 0], [0; 4], [0; 4], [0; 4], [0, 0, 1, 0]],
    ] {
        let said = "version 3 erred in 20 of 50 calls, and in no whole minute did version 2 have any beside them to compare with";
        let found = canary(shifted(minutes.clone()), Succeeded, &[said]).await;
        assert_eq!(found.p, None);
        canary(demanding("fail", "", shifted(minutes)), Failed, &[said]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_both_versions_is_not_the_new_ones() {
    for minutes in [
        // When the new version has most of the calls, as late in a linear shift: 45 of its 60 calls fail, and 5 of 40.
        vec![
            [2, 0, 18, 0],
            [4, 0, 16, 0],
            [10, 0, 0, 0],
            [18, 18, 2, 2],
            [27, 27, 3, 3],
        ],
        // When the shift begins, 50 s into a minute: until then the current version had all calls, and none failed.
        vec![
            [20, 20, 1180, 180],
            [20, 0, 180, 0],
            [0; 4],
            [0; 4],
            [0, 0, 1, 0],
        ],
    ] {
        let said = "version 3 is not shown to err more often than version 2";
        canary(demanding("fail", "", shifted(minutes)), Succeeded, &[said]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_bound_is_shown_or_fails() {
    let clean = |calls| shifted(vec![[calls, 0, 90, 0]; 5]);
    let said = "GATE_REQUIRED_BOUND is 5 %, and the shift does not show an error rate below that: 55 clean calls";
    for policy in ["report", "fail", ""] {
        canary(
            demanding(policy, "5%", clean(12)),
            Succeeded,
            &["60 clean calls"],
        )
        .await;
        let parts = [said, "(without errors it takes 59 calls)"];
        canary(demanding(policy, "0.05", clean(11)), Failed, &parts).await;
        let erring = shifted(vec![[20, 1, 90, 1]; 5]);
        canary(demanding(policy, "5%", erring), Failed, &["5 of 100 calls"]).await;
    }
}

/// Silence is no pass where anything is demanded, and is named where nothing is.
#[tokio::test(start_paused = true)]
async fn what_was_not_seen_is_said() {
    type Change = fn(&mut Scenario);
    let denied = "(the hook's role needs cloudwatch:GetMetricData on `*`)";
    let rows: [(Change, &str); 10] = [
        (
            |s| shifted(vec![[0, 0, 9, 0]; 5])(s),
            "version 3 had no call while traffic shifted, so nothing is known",
        ),
        (
            |s| shifted(Vec::new())(s),
            "CloudWatch has nothing of 2026-01-01T00:01:00Z to 2026-01-01T00:06:00Z yet",
        ),
        (
            |s| {
                shifted(vec![[9, 0, 9, 0]; 5])(s);
                shift_of(&mut s.aws, 20);
            },
            "nothing is known of the calls that version 3 had while traffic shifted; traffic shifted within a minute",
        ),
        (
            |s| {
                shifted(Vec::new())(s);
                s.aws.minutes = Step::Fail(AccessDenied);
            },
            denied,
        ),
        (
            |s| {
                shifted(Vec::new())(s);
                s.aws.minutes = Step::Panic;
            },
            "the hook panicked: cloudwatch:GetMetricData as scripted",
        ),
        (
            |s| {
                shifted(Vec::new())(s);
                s.aws.minutes = Step::Fail(Unavailable);
            },
            "its counts cannot be read: cloudwatch:GetMetricData failed: Unavailable",
        ),
        (
            |s| {
                shifted(Vec::new())(s);
                s.aws.deployment_target = Step::Fail(AccessDenied);
            },
            "(the hook's role needs codedeploy:ListDeploymentTargets and codedeploy:GetDeploymentTarget)",
        ),
        (
            |s| {
                shifted(Vec::new())(s);
                s.aws.deployment_target = Step::Answer(DeploymentTarget::default());
            },
            "its deployment target does not say when AllowTraffic began",
        ),
        (
            |s| {
                shifted(Vec::new())(s);
                s.aws.minutes = Step::Hang;
            },
            "cloudwatch:GetMetricData failed: no answer within",
        ),
        (
            |s| s.variable("GATE_TARGET", format!("{}:live", super::ARN)),
            "with GATE_TARGET it is not known which version served before",
        ),
    ];
    for (change, said) in rows {
        let found = canary(change, Succeeded, &[said]).await;
        assert_eq!((found.p, found.bound), (None, None), "{said}");
        assert!(!found.summary.contains("clean"), "{found:?}");
        canary(demanding("fail", "", change), Failed, &[said]).await;
        canary(demanding("report", "5%", change), Failed, &[said]).await;
    }
    let late = shifted(vec![[82, 0, 738, 3]; 4]);
    let said = "328 clean calls: an error rate of 0.91 % or more would have shown (95 %); counted until 2026-01-01T00:05:00Z, and CloudWatch has nothing of the time from then to 2026-01-01T00:06:00Z yet";
    let found = canary(late, Succeeded, &[]).await;
    assert_eq!(
        (found.summary.as_str(), found.until.as_deref()),
        (said, Some("2026-01-01T00:05:00Z"))
    );
}

#[tokio::test(start_paused = true)]
async fn it_costs_half_of_the_time_at_most() {
    for (step, said) in [
        (Step::Hang, "no answer"),
        (Step::Fail(Throttled), "Throttled"),
    ] {
        let change = |s: &mut Scenario| {
            shifted(Vec::new())(s);
            s.aws.minutes = step.clone();
        };
        let played = passes(AfterAllowTraffic, change, &[said]).await;
        let half = Duration::from_secs(25);
        assert!(played.took <= half, "{:?}", played.took);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_where_nobody_wants_to_know() {
    let off = demanding("off", "", shifted(vec![[9, 9, 9, 0]; 5]));
    let played = passes(AfterAllowTraffic, off, &[]).await;
    assert_eq!(played.metric_reads, 0);
    assert_eq!(played.result.unwrap().canary, None);
    let failing = demanding("fail", "5%", shifted(vec![[9, 9, 9, 0]; 5]));
    let played = passes(BeforeAllowTraffic, failing, &[]).await;
    assert_eq!(played.metric_reads, 0);
    assert_eq!(played.result.unwrap().canary, None);
    let both = demanding("off", "5%", |_| {});
    fails(
        AfterAllowTraffic,
        both,
        &["GATE_REQUIRED_BOUND is set, and nothing shows it"],
    )
    .await;
}
