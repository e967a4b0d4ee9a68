//! Aliases that are named in `WATCH_ALIASES`.

use super::fakes::{Fake, deployment, known};
use super::{APPLICATION, assert_close, of_two_errors, run, two_errors};
use crate::ports::Alias;

const ALIASES: &[(&str, &str)] = &[("WATCH_ALIASES", "F:live")];

fn alias(version: &str, weights: &[(&str, f64)]) -> Alias {
    let weights = weights
        .iter()
        .map(|(version, weight)| ((*version).to_owned(), *weight));
    Alias {
        function_version: version.to_owned(),
        additional_version_weights: weights.collect(),
    }
}

fn world(alias: Alias) -> Fake {
    Fake {
        aliases: [("F:live", alias)].into(),
        counted: [("F:live", two_errors())].into(),
        ..Fake::default()
    }
}

#[tokio::test]
async fn its_weights_say_whether_it_shifts() {
    async fn check(version: &str, weights: &[(&str, f64)], expected: &str, error: &str) {
        let ran = run(&world(alias(version, weights)), ALIASES).await;
        assert_eq!(
            ran.outline(),
            expected,
            "{version} {weights:?}: {}",
            ran.error()
        );
        assert!(
            ran.error().contains(error),
            "{version} {weights:?}: {}",
            ran.error()
        );
    }
    check("2", &[], "F:live 0", "").await;
    check("$LATEST", &[], "F:live 0", "").await;
    check("2", &[("3", 0.0)], "F:live 0", "").await;
    check("2", &[("3", 0.1)], "F:live evidence", "").await;
    check("2", &[("3", 1.0)], "F:live evidence", "").await;
    check(
        "2",
        &[("3", 1.1)],
        "",
        "F:live (lambda:GetAlias gives version 3 the weight 1.1",
    )
    .await;
    check("2", &[("3", -0.1)], "", "the weight -0.1").await;
    check("2", &[("3", f64::NAN)], "", "the weight NaN").await;
    check(
        "2",
        &[("3", 0.1), ("4", 0.1)],
        "",
        "no shift from one version to another",
    )
    .await;
    check(
        "2",
        &[("2", 0.1)],
        "",
        "no shift from one version to another",
    )
    .await;
    check(
        "$LATEST",
        &[("3", 0.1)],
        "",
        "no shift from one version to another",
    )
    .await;
}

#[tokio::test]
async fn its_shift_begins_with_the_new_versions_first_data() {
    let mut fake = world(alias("2", &[("3", 0.1)]));
    // Before the first minute the current version alone was called, and failed.
    let mut counted = two_errors();
    counted[0] = (0, known((0, 0), (100, 50)));
    counted.insert(0, (-120, known((0, 0), (100, 50))));
    fake.counted.insert("F:live", counted);
    let ran = run(&fake, ALIASES).await;
    assert_close(ran.published[0].1, of_two_errors());
    let answer = ran.answer.unwrap();
    let shift = &answer.shifts[0];
    assert_eq!(
        (shift.since.as_str(), shift.minutes.len()),
        ("2026-01-01T00:01:00Z", 4)
    );
    assert_eq!(shift.deployment_id, None);
    // CloudWatch was asked for three hours.
    let asked = |fake: &Fake| fake.calls.read.lock().unwrap()[0].clone();
    assert_eq!((asked(&fake).end - asked(&fake).start) / 60, 180);
    // Nobody has called the new version yet.
    fake.counted.clear();
    let ran = run(&fake, ALIASES).await;
    assert_close(ran.published[0].1, 0.0);
    let answer = ran.answer.unwrap();
    let shift = &answer.shifts[0];
    assert_eq!((&shift.since, shift.minutes.len()), (&shift.until, 0));
}

const BOTH: &[(&str, &str)] = &[APPLICATION[0], ALIASES[0]];

#[tokio::test]
async fn an_alias_that_is_seen_both_ways_is_codedeploys() {
    let mut fake = world(alias("2", &[("3", 0.1)]));
    let shifting = deployment("d-1", "F", "InProgress", "Succeeded InProgress Pending");
    fake.groups = vec![("g", vec![shifting])];
    let ran = run(&fake, BOTH).await;
    assert_eq!(ran.outline(), "F:live evidence");
    assert_eq!(
        ran.answer.unwrap().shifts[0].deployment_id.as_deref(),
        Some("d-1")
    );
    let made = fake.calls.made.into_inner().unwrap();
    assert!(
        !made.iter().any(|call| call.starts_with("lambda:")),
        "{made:?}"
    );
}

/// Which aliases an unreadable group has is not known, so that an alias without weights may be one that CodeDeploy has
/// just promoted.
#[tokio::test]
async fn an_alias_without_weights_is_not_idle_where_codedeploy_cannot_be_asked() {
    for denied in [
        "codedeploy:ListDeploymentGroups",
        "codedeploy:ListDeployments g some",
    ] {
        for (weights, expected) in [(&[][..], ""), (&[("3", 0.1)][..], "F:live evidence")] {
            let mut fake = world(alias("2", weights));
            fake.groups = vec![("g", Vec::new())];
            fake.deny(denied);
            let ran = run(&fake, BOTH).await;
            assert_eq!(ran.outline(), expected, "{denied}");
            let named = ran.error().contains("F:live (it may be shifting");
            assert_eq!(named, expected.is_empty(), "{}", ran.error());
        }
    }
    // A group that has not deployed hides nothing.
    let mut fake = world(alias("2", &[]));
    fake.groups = vec![("g", Vec::new())];
    assert_eq!(run(&fake, BOTH).await.outline(), "F:live 0");
}
