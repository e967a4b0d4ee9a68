//! What is denied, throttled, incomplete or unusable: nothing of it is published, and everything else is.

use super::fakes::{Fake, NOW, Trouble, deployment, known};
use super::{APPLICATION, EVENT, KnownAliases, run, run_with, two_errors};
use crate::ports::CallErrorKind;

/// `F:live` and `G:live` shift, `H:live` does not.
fn world() -> Fake {
    let shifting = |id: &str, function| {
        vec![deployment(
            id,
            function,
            "InProgress",
            "Succeeded InProgress Pending",
        )]
    };
    let done = deployment("d-3", "H", "Succeeded", "Succeeded Succeeded Succeeded");
    Fake {
        groups: vec![
            ("f", shifting("d-1", "F")),
            ("g", shifting("d-2", "G")),
            ("h", vec![done]),
        ],
        counted: [("F:live", two_errors()), ("G:live", two_errors())].into(),
        ..Fake::default()
    }
}

/// What is published, and what the error says of the rest.
async fn check(change: impl FnOnce(&mut Fake), published: &str, errors: &[&str]) {
    let mut fake = world();
    change(&mut fake);
    let ran = run(&fake, APPLICATION).await;
    assert_eq!(ran.outline(), published, "{errors:?}: {}", ran.error());
    assert_eq!(ran.answer.is_err(), !errors.is_empty(), "{errors:?}");
    for error in errors {
        assert!(ran.error().contains(error), "{error}: {}", ran.error());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_is_not_published_and_everything_else_is() {
    const ALL: &str = "F:live evidence, G:live evidence, H:live 0";
    check(|_| {}, ALL, &[]).await;
    check(
        |fake| fake.deny("cloudwatch:GetMetricData"),
        "H:live 0",
        &[
            "F:live (cloudwatch:GetMetricData failed",
            "G:live (cloudwatch:GetMetricData failed",
        ],
    )
    .await;
    for status in ["PartialData", "InternalError", "Forbidden"] {
        check(
            |fake| fake.status("G:live", status),
            "F:live evidence, H:live 0",
            &["no evidence was published of G:live (cloudwatch:GetMetricData has the status"],
        )
        .await;
    }
    check(
        |fake| fake.deny("codedeploy:ListDeployments g some"),
        "F:live evidence, H:live 0",
        &["published of deployment group app/g (codedeploy:ListDeployments failed"],
    )
    .await;
    for action in [
        "GetDeployment",
        "ListDeploymentTargets",
        "GetDeploymentTarget",
    ] {
        let action: &'static str = format!("codedeploy:{action} d-2").leak();
        check(
            |fake| fake.deny(action),
            "F:live evidence, H:live 0",
            &["deployment group app/g (deployment d-2: denied"],
        )
        .await;
    }
    check(
        |fake| fake.deny("codedeploy:ListDeploymentGroups"),
        "",
        &["published of application app (codedeploy:ListDeploymentGroups failed"],
    )
    .await;
    check(
        |fake| fake.deny("cloudwatch:PutMetricData"),
        "",
        &[
            "F:live (cloudwatch:PutMetricData failed",
            "G:live (",
            "H:live (",
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_alias_is_known_is_named_by_it() {
    let mut fake = world();
    let known = KnownAliases::default();
    assert!(
        run_with(&fake, APPLICATION, &known, EVENT)
            .await
            .answer
            .is_ok()
    );
    fake.deny("codedeploy:ListDeployments g some");
    let ran = run_with(&fake, APPLICATION, &known, EVENT).await;
    assert_eq!(ran.outline(), "F:live evidence, H:live 0");
    let expected = "published of G:live (deployment group app/g: codedeploy:ListDeployments";
    assert!(ran.error().contains(expected), "{}", ran.error());
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_waited_for_and_what_lasts_ends_in_time() {
    const ALL: &str = "F:live evidence, G:live evidence, H:live 0";
    // What is published all the same when it lasts.
    let actions = [
        ("codedeploy:ListDeploymentGroups", ""),
        ("codedeploy:ListDeployments", ""),
        // Of an alias that does not shift, only the target of its last deployment is read.
        ("codedeploy:GetDeployment", "H:live 0"),
        ("codedeploy:ListDeploymentTargets", ""),
        ("codedeploy:GetDeploymentTarget", ""),
        ("cloudwatch:GetMetricData", "H:live 0"),
        ("cloudwatch:PutMetricData", ""),
    ];
    let throttled = Trouble::Fails(CallErrorKind::Throttled);
    let passing = [
        throttled,
        Trouble::Fails(CallErrorKind::Unavailable),
        Trouble::Hangs,
    ];
    for (action, published) in actions {
        for trouble in passing {
            let script = |fake: &mut Fake| {
                fake.passing.lock().unwrap().insert(action, (2, trouble));
            };
            check(script, ALL, &[]).await;
        }
        // That the run is over before its deadline, is seen to in `run_with`.
        for trouble in [throttled, Trouble::Hangs] {
            let mut fake = world();
            fake.troubles.insert(action, trouble);
            let ran = run(&fake, APPLICATION).await;
            assert_eq!(ran.outline(), published, "{action}: {}", ran.error());
            assert!(
                ran.error().contains("no evidence was published of"),
                "{action}"
            );
        }
    }
}

#[tokio::test]
async fn an_unusable_event_or_variable_publishes_nothing_and_says_why() {
    async fn check(payload: &str, variables: &[(&str, &str)], expected: &str) {
        let fake = world();
        let ran = run_with(&fake, variables, &KnownAliases::default(), payload).await;
        assert!(ran.error().contains(expected), "{}", ran.error());
        assert!(fake.calls.made.lock().unwrap().is_empty(), "{expected}");
    }
    check("{}", APPLICATION, "the event has no `time`").await;
    check(
        EVENT,
        &[],
        "neither WATCH_APPLICATION nor WATCH_ALIASES is set",
    )
    .await;
    check(EVENT, &[("WATCH_ALIASES", "F")], "WATCH_ALIASES has `F`").await;
}

#[tokio::test]
async fn a_shift_of_two_days_is_logged_in_parts() {
    const MINUTES: i64 = 2 * 24 * 60;
    let mut fake = world();
    fake.groups.truncate(1);
    let target = fake.groups[0].1[0].target.as_mut().unwrap();
    target.allow_traffic_start = Some(NOW - MINUTES * 60);
    let billions = known((1_000_000_000, 1_000_000), (2_000_000_000, 2_000_000));
    let counted = (5 - MINUTES..5).map(|minute| (minute, billions)).collect();
    fake.counted.insert("F:live", counted);
    let ran = run(&fake, APPLICATION).await;
    assert_eq!(ran.outline(), "F:live evidence");
    let parts: Vec<_> = ran
        .lines
        .iter()
        .map(|line| (&line["part"], &line["parts"]))
        .collect();
    assert_eq!(
        format!("{parts:?}").matches("Number(4)").count(),
        5,
        "{parts:?}"
    );
    let minutes = ran
        .lines
        .iter()
        .map(|line| line["minutes"].as_array().unwrap().len());
    assert_eq!(minutes.sum::<usize>(), 2_880);
    let times: Vec<_> = ran
        .lines
        .iter()
        .flat_map(|line| line["minutes"].as_array().unwrap())
        .collect();
    assert!(times.is_sorted_by_key(|minute| minute["at"].as_str()));
}
