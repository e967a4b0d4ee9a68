//! What stops a run before anything is invoked.

use super::fakes::{APP_SPEC, Step, alias, revision};
use super::{ARN, Scenario, blocks, passes, play};
use crate::lifecycle_event::LifecycleEvent::{AfterAllowTraffic, BeforeAllowTraffic};
use crate::ports::CallErrorKind::{
    AccessDenied, NoAnswer, NoSuchHost, NotFound, Refused, Throttled, Unavailable,
};
use crate::ports::{Alias, DeploymentTarget};
use checks::Verdict::Succeeded;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn blocks_on_a_bad_configuration() {
    let hook = BeforeAllowTraffic;
    for (name, value) in [
        ("GATE_SHARED_EVENTS", "maybe"),
        ("GATE_CONCURRENCY", "0"),
        ("GATE_COMPARE", "both"),
        ("GATE_TARGET", "F"),
    ] {
        blocks(hook, |s| s.variable(name, value), &[name, value]).await;
    }
    let given = |compare: &'static str| {
        move |s: &mut Scenario| {
            s.variable("GATE_TARGET", format!("{ARN}:3"));
            s.variable("GATE_COMPARE", compare);
        }
    };
    let note = r#""notes":["GATE_COMPARE is `report`, and nothing was compared: with GATE_TARGET"#;
    let played = passes(hook, given("report"), &[note]).await;
    assert_eq!(played.invoked.len(), 2);
    let said = "GATE_COMPARE is `fail`, and nothing can be compared: with GATE_TARGET";
    blocks(hook, given("fail"), &[said]).await;
}

#[tokio::test(start_paused = true)]
async fn blocks_when_the_target_is_unknown() {
    let hook = BeforeAllowTraffic;
    for kind in [
        AccessDenied,
        NotFound,
        Throttled,
        Unavailable,
        NoAnswer,
        Refused,
    ] {
        let unknown = "cannot find out what deployment d-1 deploys";
        let target = "codedeploy:ListDeploymentTargets failed: AccessDenied";
        let said = format!("codedeploy:GetDeployment failed: {kind:?}");
        let denied = |s: &mut Scenario| s.aws.deployment = Step::Fail(kind);
        blocks(hook, denied, &[unknown, &said, target]).await;
        let said = format!("codedeploy:GetApplicationRevision failed: {kind:?}");
        let denied = |s: &mut Scenario| s.aws.revision = Step::Fail(kind);
        blocks(hook, denied, &[unknown, &said, target]).await;
    }
    blocks(
        hook,
        |s| s.deployment(Some("ECS"), None),
        &["compute platform ECS, not Lambda"],
    )
    .await;
    blocks(
        hook,
        |s| s.deployment(None, None),
        &["the deployment has no revision"],
    )
    .await;
    blocks(
        hook,
        |s| s.deployment(None, Some(revision("S3", None))),
        &["is of type `S3`"],
    )
    .await;
    blocks(
        hook,
        |s| s.aws.revision = Step::Answer(None),
        &["no content"],
    )
    .await;
    blocks(
        hook,
        |s| s.aws.revision = Step::Answer(Some(revision("String", None))),
        &["no content"],
    )
    .await;
    blocks(hook, |s| s.app_spec(" \n"), &["no content"]).await;
    blocks(
        hook,
        |s| s.app_spec("version: 0.0"),
        &["the AppSpec has no Resources"],
    )
    .await;
    blocks(
        hook,
        |s| s.app_spec(&APP_SPEC.replace(r#""3""#, r#""2""#)),
        &["both 2"],
    )
    .await;
    blocks(
        hook,
        |s| s.app_spec(&APP_SPEC.replace(r#""3""#, r#""$LATEST""#)),
        &["$LATEST"],
    )
    .await;
    let content = |s: &mut Scenario| {
        s.deployment(None, Some(revision("AppSpecContent", None)));
        s.aws.revision = Step::Answer(Some(revision("AppSpecContent", Some(APP_SPEC))));
    };
    passes(hook, content, &["2 of 2"]).await;
}

#[tokio::test(start_paused = true)]
async fn serves_the_lifecycle_event_that_the_deployment_names() {
    let events = |before: &str, after: &str| DeploymentTarget {
        lifecycle_events: vec![
            ("BeforeAllowTraffic".to_owned(), before.to_owned()),
            ("AfterAllowTraffic".to_owned(), after.to_owned()),
        ],
        ..DeploymentTarget::default()
    };
    let one_hook = |hook: &str| {
        let hooks = format!(r#""Hooks":[{{"{hook}":"CodeDeployHook_h"}}]"#);
        APP_SPEC.replace(r#""Hooks":[]"#, &hooks)
    };
    let both = APP_SPEC.replace(
        r#""Hooks":[]"#,
        r#""Hooks":{"BeforeAllowTraffic":"CodeDeployHook_h","AfterAllowTraffic":"CodeDeployHook_h"}"#,
    );
    for (made_for, other) in [
        (BeforeAllowTraffic, AfterAllowTraffic),
        (AfterAllowTraffic, BeforeAllowTraffic),
    ] {
        let part = format!("this is the hook for {made_for}, and validates {other}");
        let lifecycle_event = format!(r#""lifecycleEvent":"{other}""#);
        let said = [part.as_str(), &lifecycle_event];
        let alone = |s: &mut Scenario| s.app_spec(&one_hook(other.as_str()));
        let of_two = |s: &mut Scenario| {
            s.app_spec(&both);
            s.aws.targets = Step::Answer(vec!["F:live".to_owned()]);
            s.aws.deployment_target = Step::Answer(match other {
                BeforeAllowTraffic => events("InProgress", "Pending"),
                AfterAllowTraffic => events("Succeeded", "InProgress"),
            });
        };
        let address = match other {
            BeforeAllowTraffic => r#"F:3 {"custom":{"tollgate":"BeforeAllowTraffic"}}"#,
            AfterAllowTraffic => r#"F:live {"custom":{"tollgate":"AfterAllowTraffic"}}"#,
        };
        for played in [play(made_for, alone).await, play(made_for, of_two).await] {
            let text = serde_json::to_string(&played.result.unwrap()).unwrap();
            assert!(said.iter().all(|part| text.contains(part)), "{text}");
            assert_eq!(played.told, [Succeeded], "{text}");
            assert_eq!(played.invoked, [address, address], "{text}");
        }
        // GATE_TARGET asks nobody.
        let arn = match made_for {
            BeforeAllowTraffic => format!("{ARN}:3"),
            AfterAllowTraffic => format!("{ARN}:live"),
        };
        let fixed = |s: &mut Scenario| {
            s.app_spec(&one_hook(other.as_str()));
            s.variable("GATE_TARGET", arn);
        };
        passes(made_for, fixed, &["2 of 2"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_unless_the_alias_has_settled() {
    let hook = AfterAllowTraffic;
    let subject = r#""function":"F","alias":"live""#;
    let said = "points at version 2, not at the target version 3";
    blocks(hook, |s| s.aws.alias = alias("2", &[]), &[said, subject]).await;
    blocks(hook, |s| s.aws.alias = alias("2", &[("3", 0.1)]), &[said]).await;
    let said = "still sends traffic elsewhere (version 2: 25 %)";
    blocks(hook, |s| s.aws.alias = alias("3", &[("2", 0.25)]), &[said]).await;
    let said = "cannot read where alias live of F points: lambda:GetAlias failed";
    blocks(hook, |s| s.aws.alias = Step::Fail(AccessDenied), &[said]).await;
    let latest = |s: &mut Scenario| {
        s.variable("GATE_TARGET", format!("{ARN}:live"));
        s.aws.alias = alias("$LATEST", &[]);
    };
    blocks(hook, latest, &["$LATEST, which is not a published version"]).await;
    // A hook may be faster than what it is told about; five seconds are enough, or a fifth of a short run.
    let settles = |reads: u32, step: Step<Alias>| {
        move |s: &mut Scenario| s.aws.alias_at_first = (reads, step)
    };
    passes(hook, settles(3, alias("2", &[("3", 0.9)])), &[]).await;
    passes(hook, settles(4, alias("3", &[("2", 0.1)])), &[]).await;
    blocks(hook, settles(99, alias("2", &[])), &["points at version 2"]).await;
    let short = |s: &mut Scenario| {
        settles(4, alias("2", &[]))(s);
        s.left = Some(Duration::from_secs(3));
    };
    blocks(hook, short, &["points at version 2"]).await;

    // Before any traffic the alias is none of the hook's business.
    passes(BeforeAllowTraffic, |s| s.aws.alias = Step::Panic, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_checked_is_never_a_pass() {
    let hook = BeforeAllowTraffic;
    let places = [
        "/F/*.json",
        "lambda-testevent-schemas/_F-schema",
        "/F/<EventName>.json",
        "sam remote test-event put",
    ];
    blocks(hook, |s| s.bundled.clear(), &places).await;
    let empty = |s: &mut Scenario| {
        s.bundled.clear();
        s.aws.schema = Step::Answer(r#"{"components":{"examples":{}}}"#.to_owned());
    };
    blocks(hook, empty, &places).await;
    let off = |s: &mut Scenario| {
        s.bundled.clear();
        s.variable("GATE_SHARED_EVENTS", "off");
        s.aws.schema = Step::Panic;
    };
    blocks(hook, off, &["/F/*.json", "GATE_SHARED_EVENTS is off"]).await;
    blocks(
        hook,
        |s| s.bundled = vec![("A.expect.json", "{}")],
        &["1 of 1 events broken"],
    )
    .await;
    blocks(
        hook,
        |s| s.bundled = vec![("A.json", "{")],
        &["1 of 1 events broken", "is not JSON"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn reads_the_shared_events_too() {
    let hook = BeforeAllowTraffic;
    let shared = |s: &mut Scenario| {
        s.aws.schema = Step::Answer(
            r#"{"components":{"examples":{"B":{"value":7},"C":{"value":{}}}}}"#.to_owned(),
        );
    };
    let played = passes(
        hook,
        shared,
        &["3 of 3", "the test event B is bundled and shared"],
    )
    .await;
    assert_eq!(played.invoked.len(), 3);
    let alone = |s: &mut Scenario| {
        shared(s);
        s.bundled.clear();
    };
    passes(hook, alone, &["2 of 2", r#""source":"shared""#]).await;

    let said = "schemas:DescribeSchema failed";
    for kind in [AccessDenied, NoSuchHost] {
        let note = "\"notes\":[\"cannot read the shared test events";
        passes(hook, |s| s.aws.schema = Step::Fail(kind), &[note, said]).await;
        let alone = |s: &mut Scenario| {
            s.aws.schema = Step::Fail(kind);
            s.bundled.clear();
        };
        blocks(hook, alone, &["no test events for F", said]).await;
    }
    for kind in [Throttled, Unavailable, NoAnswer, Refused] {
        blocks(
            hook,
            |s| s.aws.schema = Step::Fail(kind),
            &[said, "GATE_SHARED_EVENTS=off"],
        )
        .await;
    }
    let malformed = |s: &mut Scenario| s.aws.schema = Step::Answer("{".to_owned());
    blocks(
        hook,
        malformed,
        &["cannot understand the shared test events"],
    )
    .await;
}
