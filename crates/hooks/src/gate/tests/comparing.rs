//! `GATE_COMPARE`: the current version is invoked too.

use super::fakes::{Step, answer};
use super::{Scenario, check, fails, passes};
use crate::lifecycle_event::LifecycleEvent::{AfterAllowTraffic, BeforeAllowTraffic};
use crate::ports::CallErrorKind::{AccessDenied, Throttled};
use checks::Verdict::{Failed, Succeeded};
use std::time::Duration;

/// The target answers 2, where the current version answers 1.
fn differs(compare: &'static str) -> impl FnOnce(&mut Scenario) {
    move |s| {
        s.variable("GATE_COMPARE", compare);
        s.bundled.truncate(1);
        s.invoke(|_, _| answer(r#"{"total":2}"#, "3"));
        s.aws.invoke_current = Box::new(|_, _| answer(r#"{"total":1}"#, "2"));
    }
}

#[tokio::test(start_paused = true)]
async fn each_event_goes_to_the_target_once_and_to_the_current_version_twice() {
    for (hook, target) in [(BeforeAllowTraffic, "F:3"), (AfterAllowTraffic, "F:live")] {
        let difference = r#""differences":[{"path":"total","current":1,"target":2}]"#;
        let played = passes(hook, differs("report"), &[difference]).await;
        let context = format!(r#"{{"custom":{{"tollgate":"{hook}"}}}}"#);
        let mut invoked = played.invoked;
        invoked.sort();
        let expected = ["F:2", "F:2", target].map(|function| format!("{function} {context}"));
        assert_eq!(invoked, expected);
        fails(
            hook,
            differs("fail"),
            &["1 of 1 events unmet", r#""comparedWith":"2""#],
        )
        .await;
    }
    let played = passes(BeforeAllowTraffic, differs("off"), &[]).await;
    assert_eq!(played.invoked.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_order_depends_on_the_deployment_alone() {
    let order = async || {
        let all = |s: &mut Scenario| s.variable("GATE_COMPARE", "report");
        passes(BeforeAllowTraffic, all, &[]).await.invoked
    };
    assert_eq!(order().await, order().await);
}

#[tokio::test(start_paused = true)]
async fn a_comparison_that_cannot_be_made_fails_only_where_it_decides() {
    for (compare, verdict, outcome) in [
        ("report", Succeeded, r#""outcome":"met""#),
        ("fail", Failed, r#""outcome":"broken""#),
    ] {
        let denied = |s: &mut Scenario| {
            differs(compare)(s);
            s.aws.invoke_current = Box::new(|_, _| Step::Fail(AccessDenied));
        };
        let said = "lambda:InvokeFunction failed: AccessDenied";
        check(BeforeAllowTraffic, denied, verdict, &[said, outcome]).await;
        let throttled = |s: &mut Scenario| {
            differs(compare)(s);
            s.aws.invoke_current = Box::new(|_, _| Step::Fail(Throttled));
        };
        let played = check(
            BeforeAllowTraffic,
            throttled,
            verdict,
            &["Throttled", outcome],
        )
        .await;
        assert!(played.took <= Duration::from_secs(50), "{:?}", played.took);
    }
}
