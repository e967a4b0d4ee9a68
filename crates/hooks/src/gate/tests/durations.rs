//! `GATE_COMPARE_DURATION`: whether the target takes longer than the current version.

use super::fakes::{Step, answer, answer_after};
use super::{Scenario, check, fails, passes};
use crate::lifecycle_event::LifecycleEvent::{AfterAllowTraffic, BeforeAllowTraffic};
use checks::Verdict::{Failed, Succeeded};
use checks::{Durations, Report};
use std::time::Duration;

/// So many events, for which both versions take so long, the target longer by a little more for each.
fn takes(events: usize, current_ms: f64, longer_ms: f64) -> impl Fn(&mut Scenario) {
    const NAMES: [&str; 6] = ["A.json", "B.json", "C.json", "D.json", "E.json", "F.json"];
    const EVENTS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];
    move |s| {
        s.variable("GATE_COMPARE", "report");
        s.bundled = NAMES.into_iter().zip(EVENTS).take(events).collect();
        s.invoke(move |payload, _| {
            let number: f64 = payload.parse().unwrap();
            answer_after("3", current_ms + longer_ms + number * 0.01, None)
        });
        s.aws.invoke_current = Box::new(move |_, _| answer_after("2", current_ms, None));
    }
}

fn durations(report: &Report) -> &Durations {
    report.durations.as_ref().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_slower_target_is_reported_and_fails_only_where_it_shall() {
    const SLOWER: &str = "version 3 is slower than version 2: 12 ms longer in the middle of 6 pairs (p = 0.016; 10 ms and p ≤ 0.05 would count)";
    for hook in [BeforeAllowTraffic, AfterAllowTraffic] {
        let slower = takes(6, 20.0, 12.0);
        let played = passes(hook, &slower, &[SLOWER, r#""reason":"6 of 6 events met""#]).await;
        assert_eq!(played.log_tails, 18);
        let report = played.result.unwrap();
        let found = durations(&report);
        assert_eq!((found.pairs, found.cold), (6, 0));
        assert_eq!((found.p, found.least_ms), (Some(0.015_625), Some(10.0)));
        let timed = report.events[0].timed.as_ref().unwrap();
        assert_eq!((timed.target.ms, timed.current.ms), (32.0, 20.0));
        let failing = |s: &mut Scenario| {
            slower(s);
            s.variable("GATE_COMPARE_DURATION", "fail");
        };
        let reason = format!("6 of 6 events met; {SLOWER}");
        let played = fails(hook, failing, &[&reason]).await;
        assert_eq!(played.result.unwrap().reason, reason);
    }
}

/// What `change` makes of a target that takes `longer_ms` longer, where that fails the gate.
async fn judged(
    (events, current_ms, longer_ms): (usize, f64, f64),
    change: impl Fn(&mut Scenario),
    verdict: checks::Verdict,
    said: &str,
) -> Durations {
    let change = |s: &mut Scenario| {
        takes(events, current_ms, longer_ms)(s);
        s.variable("GATE_COMPARE_DURATION", "fail");
        change(s);
    };
    let played = check(BeforeAllowTraffic, change, verdict, &[said]).await;
    durations(&played.result.unwrap()).clone()
}

#[tokio::test(start_paused = true)]
async fn it_takes_both_significance_and_an_effect() {
    let as_it_is = |_: &mut Scenario| {};
    judged(
        (6, 20.0, 9.5),
        as_it_is,
        Succeeded,
        "is not shown to be slower",
    )
    .await;
    judged((6, 200.0, 19.0), as_it_is, Succeeded, "; 20 ms and p").await;
    judged((6, 200.0, 21.0), as_it_is, Failed, "is slower").await;
    judged((6, 20.0, -12.0), as_it_is, Succeeded, ": 12 ms less in").await;
    // The same change, and another limit.
    let strict = |s: &mut Scenario| s.variable("GATE_COMPARE_DURATION_LIMIT", "5ms");
    judged((6, 20.0, 9.5), strict, Failed, "; 5 ms and p").await;
    let lenient = |s: &mut Scenario| s.variable("GATE_COMPARE_DURATION_LIMIT", "50%");
    judged((6, 200.0, 21.0), lenient, Succeeded, "; 100 ms and p").await;
    // No p of four pairs is small enough.
    let said = "durations were not judged: there are 4 pairs of them, and it takes 5 to show anything (p ≤ 0.05)";
    let found = judged((4, 20.0, 500.0), as_it_is, Succeeded, said).await;
    assert_eq!((found.pairs, found.p), (4, None));
    judged((5, 20.0, 500.0), as_it_is, Failed, "is slower").await;
}

#[tokio::test(start_paused = true)]
async fn cold_starts_and_events_that_are_not_met_make_no_pair() {
    let cold = |s: &mut Scenario| {
        s.invoke(|payload, _| match payload {
            "0" | "1" => answer_after("3", 900.0, Some(80.0)),
            _ => answer_after("3", 20.0, None),
        });
    };
    let said = "there are 4 pairs of them, and it takes 5 to show anything (p ≤ 0.05); 2 with a cold start are left out (a smaller GATE_CONCURRENCY has fewer)";
    let found = judged((6, 20.0, 0.0), cold, Succeeded, said).await;
    assert_eq!((found.pairs, found.cold), (4, 2));
    let unmet = |s: &mut Scenario| {
        s.invoke(|payload, _| match payload {
            "0" => answer(r#"{"statusCode":500}"#, "3"),
            _ => answer_after("3", 20.0, None),
        });
    };
    let found = judged((6, 20.0, 0.0), unmet, Failed, "1 of 6 events unmet").await;
    assert_eq!((found.pairs, found.cold), (5, 0));
    let opted_out = |s: &mut Scenario| {
        for name in ["A.expect.json", "B.expect.json"] {
            s.bundled.push((name, r#"{"$compare":false}"#));
        }
    };
    let found = judged((6, 20.0, 50.0), opted_out, Succeeded, "there are 4 pairs").await;
    assert_eq!((found.pairs, found.cold), (4, 0));
}

/// The clock of the tests stands still, so that is what it measures.
#[tokio::test(start_paused = true)]
async fn without_a_report_the_hook_measures() {
    let silent = |s: &mut Scenario| {
        s.invoke(|_, _| answer("{}", "3"));
    };
    let said = "6 by the hook's own clock, because Lambda did not report them";
    let found = judged((6, 20.0, 50.0), silent, Succeeded, said).await;
    assert_eq!((found.pairs, found.shift_ms), (6, Some(0.0)));
}

#[tokio::test(start_paused = true)]
async fn durations_are_not_asked_for_where_nobody_wants_them() {
    let off = |s: &mut Scenario| {
        takes(6, 20.0, 50.0)(s);
        s.variable("GATE_COMPARE_DURATION", "off");
    };
    let played = passes(BeforeAllowTraffic, off, &[]).await;
    assert_eq!(played.log_tails, 0);
    let report = played.result.unwrap();
    assert_eq!((report.durations, &report.events[0].timed), (None, &None));
    let alone = passes(BeforeAllowTraffic, |_| {}, &[]).await;
    assert_eq!(
        (alone.log_tails, alone.result.unwrap().durations),
        (0, None)
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_to_compare_with_blocks_only_where_it_decides() {
    let arn = format!("{}:3", super::ARN);
    for (duration, verdict, said) in [
        (
            "report",
            Succeeded,
            "GATE_COMPARE is `report`, and nothing was compared",
        ),
        (
            "fail",
            Failed,
            "GATE_COMPARE_DURATION is `fail`, and nothing can be compared",
        ),
    ] {
        let change = |s: &mut Scenario| {
            s.variable("GATE_COMPARE", "report");
            s.variable("GATE_COMPARE_DURATION", duration);
            s.variable("GATE_TARGET", &arn);
        };
        check(BeforeAllowTraffic, change, verdict, &[said]).await;
    }
    let hangs = |s: &mut Scenario| {
        takes(6, 20.0, 50.0)(s);
        s.variable("GATE_COMPARE_DURATION", "fail");
        s.aws.invoke_current = Box::new(|_, _| Step::Hang);
    };
    let played = passes(BeforeAllowTraffic, hangs, &["there is no pair of them"]).await;
    assert!(played.took <= Duration::from_secs(50), "{:?}", played.took);
}
