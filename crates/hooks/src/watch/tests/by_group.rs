//! Aliases that CodeDeploy's deployment groups lead to.

use super::fakes::{ALLOWED, Fake, NOW, Played, deployment, known};
use super::{
    APPLICATION, KnownAliases, Ran, assert_close, of_two_errors, run, run_again, two_errors,
};
use crate::ports::CallErrorKind;
use crate::watch::CountedMinute;
use evidence::{CanaryEvidence, Minute};

fn world(played: Vec<Played>) -> Fake {
    Fake {
        groups: vec![("g", played)],
        counted: [("F:live", two_errors())].into(),
        ..Fake::default()
    }
}

#[tokio::test]
async fn what_a_deployment_is_doing_decides_what_is_published() {
    async fn check(status: &'static str, events: &str, change: fn(&mut Played), expected: &str) {
        let mut played = deployment("d-1", "F", status, events);
        change(&mut played);
        let ran = run(&world(vec![played]), APPLICATION).await;
        // Of what is an error, nothing is published.
        let (published, error) = match expected.strip_prefix("! ") {
            Some(error) => ("", error),
            None => (expected, ""),
        };
        let told = format!("{status} {events}: {}", ran.error());
        assert_eq!(ran.outline(), published, "{told}");
        assert_eq!(ran.answer.is_err(), !error.is_empty(), "{told}");
        assert!(ran.error().contains(error), "{told}");
    }
    let same = |_: &mut Played| {};
    // Nothing shifts yet, or any more.
    check("Created", "Pending Pending Pending", same, "F:live 0").await;
    check("Queued", "Pending Pending Pending", same, "F:live 0").await;
    check("InProgress", "Pending Pending Pending", same, "F:live 0").await;
    check("InProgress", "InProgress Pending Pending", same, "F:live 0").await;
    check("InProgress", "Failed Skipped Skipped", same, "F:live 0").await;
    check("InProgress", "Succeeded Failed Skipped", same, "F:live 0").await;
    check(
        "InProgress",
        "Succeeded Succeeded Succeeded",
        same,
        "F:live 0",
    )
    .await;
    check(
        "Succeeded",
        "Succeeded Succeeded Succeeded",
        same,
        "F:live 0",
    )
    .await;
    check("Stopped", "Succeeded Failed Skipped", same, "F:live 0").await;
    // Traffic shifts, or CodeDeploy still looks at alarms.
    check(
        "InProgress",
        "Succeeded InProgress Pending",
        same,
        "F:live evidence",
    )
    .await;
    check(
        "InProgress",
        "Succeeded Succeeded Pending",
        same,
        "F:live evidence",
    )
    .await;
    check(
        "InProgress",
        "Succeeded Succeeded InProgress",
        same,
        "F:live evidence",
    )
    .await;
    let rollback = |played: &mut Played| played.is_rollback = true;
    check(
        "InProgress",
        "Succeeded InProgress Pending",
        rollback,
        "F:live 0",
    )
    .await;
    // What contradicts itself is not published.
    check(
        "InProgress",
        "Succeeded Unknown Pending",
        same,
        "! AllowTraffic is `Unknown`",
    )
    .await;
    check("InProgress", "", same, "! nothing of AllowTraffic").await;
    let no_start = |played: &mut Played| played.target.as_mut().unwrap().allow_traffic_start = None;
    check(
        "InProgress",
        "Succeeded InProgress Pending",
        no_start,
        "! when AllowTraffic began",
    )
    .await;
    let same_version = |played: &mut Played| {
        played.target.as_mut().unwrap().target_version = Some("2".to_owned());
    };
    check(
        "InProgress",
        "Succeeded InProgress Pending",
        same_version,
        "! are both 2",
    )
    .await;
    let no_alias = |played: &mut Played| played.target.as_mut().unwrap().alias = None;
    check(
        "InProgress",
        "Succeeded InProgress Pending",
        no_alias,
        "! alias none",
    )
    .await;
    let unreadable = |played: &mut Played| played.target = Err(CallErrorKind::AccessDenied);
    check(
        "InProgress",
        "Succeeded InProgress Pending",
        unreadable,
        "! deployment group app/g",
    )
    .await;
}

/// The run in the middle of a shift, and its value.
async fn shifting() -> (Fake, Ran) {
    let fake = world(vec![deployment(
        "d-1",
        "F",
        "InProgress",
        "Succeeded InProgress Pending",
    )]);
    let ran = run(&fake, APPLICATION).await;
    (fake, ran)
}

#[tokio::test]
async fn the_evidence_is_that_of_the_minutes_since_traffic_was_allowed() {
    let (fake, ran) = shifting().await;
    let [(_, value)] = ran.published.as_slice() else {
        panic!("{:?}", ran.published)
    };
    assert_close(*value, of_two_errors());
    let read = fake.calls.read.into_inner().unwrap();
    let spans: Vec<(i64, i64)> = read.iter().map(|one| (one.start, one.end)).collect();
    assert_eq!(spans, [(ALLOWED - 17, NOW)]);
}

#[tokio::test]
async fn the_log_line_is_enough_to_compute_the_value_again() {
    let (_, ran) = shifting().await;
    let answer = ran.answer.unwrap();
    assert_eq!(
        (answer.time.as_str(), &answer.idle[..]),
        ("2026-01-01T00:05:00Z", &[][..])
    );
    let line = &ran.lines[0];
    assert_eq!(ran.lines.len(), 1);
    let shift = serde_json::to_value(&answer.shifts[0]).unwrap();
    assert_eq!(line, &shift);
    for (member, expected) in [
        ("function", "F"),
        ("alias", "live"),
        ("deploymentId", "d-1"),
        ("currentVersion", "2"),
        ("newVersion", "3"),
        ("since", "2026-01-01T00:01:00Z"),
        ("until", "2026-01-01T00:05:00Z"),
    ] {
        assert_eq!(line[member], expected, "{member}");
    }
    let minutes: Vec<CountedMinute> = serde_json::from_value(line["minutes"].clone()).unwrap();
    let times: Vec<&str> = minutes.iter().map(|minute| &minute.at[11..16]).collect();
    assert_eq!(times, ["00:01", "00:02", "00:03", "00:04"]);
    let read: Vec<Minute> = minutes.iter().map(CountedMinute::read).collect();
    assert_close(CanaryEvidence::of(&read).value(), ran.published[0].1);
    assert_close(line["evidence"].as_f64().unwrap(), ran.published[0].1);
}

/// Every call of both versions fails since traffic shifts, which is since the 57th second of minute 1, and 3 of the 600 calls
/// of that minute.
#[tokio::test]
async fn an_outage_that_begins_with_the_shift_convicts_nobody() {
    let outage = known((60, 60), (540, 540));
    let mut played = deployment("d-1", "F", "InProgress", "Succeeded InProgress Pending");
    if let Ok(target) = &mut played.target {
        target.allow_traffic_start = Some(ALLOWED + 40);
    }
    let mut fake = world(vec![played]);
    fake.counted
        .insert("F:live", vec![(1, known((3, 3), (597, 27))), (2, outage)]);
    let ran = run(&fake, APPLICATION).await;
    assert!(ran.published[0].1 < 0.0, "{:?}", ran.published);
    let shift = &ran.answer.unwrap().shifts[0];
    let parts: Vec<f64> = shift.minutes.iter().map(|minute| minute.part).collect();
    assert_eq!(parts, [0.05, 1.0, 1.0, 1.0]);
}

#[tokio::test]
async fn what_has_not_arrived_convicts_nobody() {
    // Of the two minutes with errors only the new version's errors are there.
    let mut late = two_errors();
    for (_, seen) in &mut late {
        seen.alias = evidence::Counts::default();
        seen.current = evidence::Counts::default();
        seen.new.invocations = None;
        seen.new.error_samples = None;
    }
    let mut fake = world(vec![deployment(
        "d-1",
        "F",
        "InProgress",
        "Succeeded InProgress Pending",
    )]);
    fake.counted.insert("F:live", late);
    let ran = run(&fake, APPLICATION).await;
    assert!(ran.published[0].1 <= of_two_errors(), "{:?}", ran.published);
    // Nothing has arrived at all.
    fake.counted.clear();
    let ran = run(&fake, APPLICATION).await;
    assert_close(ran.published[0].1, 0.0);
    assert_eq!(ran.answer.unwrap().shifts[0].minutes.len(), 4);
}

#[tokio::test]
async fn a_rollback_counts_while_the_deployment_that_it_undoes_still_runs() {
    let mut back = deployment("d-2", "F", "InProgress", "Succeeded InProgress Pending");
    back.is_rollback = true;
    let stopped = deployment("d-1", "F", "InProgress", "Succeeded InProgress Pending");
    let ran = run(&world(vec![back, stopped]), APPLICATION).await;
    assert_eq!(ran.outline(), "F:live 0");
}

#[tokio::test]
async fn an_idle_group_is_asked_for_its_alias_once() {
    let failed = Played {
        target: Err(CallErrorKind::Refused),
        ..deployment("d-2", "F", "Failed", "")
    };
    let done = deployment("d-1", "F", "Succeeded", "Succeeded Succeeded Succeeded");
    let mut fake = world(vec![failed.clone(), done]);
    let known = KnownAliases::default();
    // The pages of that list have one deployment each.
    for expected in [2, 0] {
        let ran = run_again(&fake, APPLICATION, &known).await;
        assert_eq!(ran.outline(), "F:live 0", "{}", ran.error());
        let made = std::mem::take(&mut *fake.calls.made.lock().unwrap());
        let asked = made
            .iter()
            .filter(|call| call.as_str() == "codedeploy:ListDeployments g all");
        assert_eq!(asked.count(), expected);
    }
    // Another execution environment knows nothing, and now no deployment says what it was.
    fake.groups = vec![("g", vec![failed])];
    let ran = run(&fake, APPLICATION).await;
    assert_eq!(ran.outline(), "");
    assert!(
        ran.error().contains("deployment d-2 does not say"),
        "{}",
        ran.error()
    );
    let ran = run_again(&fake, APPLICATION, &known).await;
    assert_eq!(ran.outline(), "F:live 0");
}

#[tokio::test]
async fn a_group_that_never_deployed_has_no_alias() {
    let ran = run(&world(Vec::new()), APPLICATION).await;
    assert_eq!((ran.outline().as_str(), ran.error()), ("", ""));
    let ran = run(&Fake::default(), APPLICATION).await;
    assert_eq!((ran.outline().as_str(), ran.error()), ("", ""));
}

#[tokio::test]
async fn several_groups_are_judged_on_their_own() {
    let shifting =
        |id: &str, function| deployment(id, function, "InProgress", "Succeeded InProgress Pending");
    let mut fake = world(vec![shifting("d-1", "F")]);
    fake.groups.push(("h", vec![shifting("d-2", "G")]));
    fake.groups.push((
        "i",
        vec![deployment(
            "d-3",
            "H",
            "Succeeded",
            "Succeeded Succeeded Succeeded",
        )],
    ));
    fake.counted
        .insert("G:live", vec![(2, known((10, 0), (90, 9)))]);
    let ran = run(&fake, APPLICATION).await;
    assert_eq!(ran.outline(), "F:live evidence, G:live evidence, H:live 0");
    assert_close(ran.published[0].1, of_two_errors());
    assert!(ran.published[1].1 < 0.0);
    // All shifts were read at once, and all values were published at once.
    let made = fake.calls.made.into_inner().unwrap();
    let count = |action: &str| made.iter().filter(|call| call.starts_with(action)).count();
    assert_eq!(
        (
            count("cloudwatch:GetMetricData"),
            count("cloudwatch:PutMetricData")
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn two_groups_that_shift_one_alias_are_not_understood() {
    let shifting = |id: &str| deployment(id, "F", "InProgress", "Succeeded InProgress Pending");
    let mut fake = world(vec![shifting("d-1")]);
    fake.groups.push(("h", vec![shifting("d-2")]));
    let ran = run(&fake, APPLICATION).await;
    assert_eq!(ran.outline(), "");
    assert!(
        ran.error().contains("d-1 and d-2 both shift it"),
        "{}",
        ran.error()
    );
    // One that does not shift it changes nothing.
    fake.groups[1].1[0].status = "Succeeded";
    let ran = run(&fake, APPLICATION).await;
    assert_eq!(ran.outline(), "F:live evidence", "{}", ran.error());
}
