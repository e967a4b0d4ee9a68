use std::collections::BTreeSet;
use std::time::Duration;

use deployment::{
    AliasRouting, AutoRollbackEvent, CallError, DeploymentConfig, DeploymentStatus, PutStatusError,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

use crate::model::{Outcome, Shape, predict};
use crate::script::{Hook, Script, T0, ms, secs, weighted};
use crate::world::{World, render};

/// 48 h of shifting and an hour for each hook (user guide, "Limits"), after the start's own delay.
const LONGEST: Duration = Duration::from_secs(50 * 3600 + 2);

fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20_141_006),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn punctual_runs_come_to_what_the_model_says((shape, script) in scripts()) {
        let expected = predict(shape, &script);
        let world = World::play_and_keep(script, 16);
        prop_assert_eq!(outcome(&world), expected);
        prop_assert!(world.original().complete_time().unwrap().since(T0) <= LONGEST);
        invariants(&world)?;
    }

    #[test]
    fn whatever_comes_late_the_invariants_hold((_, mut script) in scripts(), disturbance in disturbances()) {
        (script.delays, script.puts) = disturbance;
        let world = World::play_and_keep(script, 16);
        prop_assert!(world.original().complete_time().unwrap().since(T0) <= LONGEST + world.delayed);
        invariants(&world)?;
    }
}

fn outcome(world: &World) -> Outcome {
    let original = world.original();
    Outcome {
        status: original.status().as_str().into(),
        code: original
            .error_information()
            .map(|error| error.code.as_str().into()),
        at: original.complete_time().unwrap().since(T0),
        writes: writes_of(world, 0)
            .map(|(at, alias)| (at, render(Some(alias))))
            .collect(),
        rollback: world
            .rollback()
            .map(|rollback| rollback.status().as_str().into()),
        alias: render(world.alias.as_ref()),
    }
}

fn invariants(world: &World) -> Result<(), TestCaseError> {
    let script = &world.script;
    let original = world.original();
    let status = original.status();
    prop_assert!(status.is_terminal());
    prop_assert_eq!(original.next_due(), None);

    // Weights never fall before the rollback.
    let shares: Vec<f64> = writes_of(world, 0)
        .map(|(_, alias)| share_of_target(alias))
        .collect();
    prop_assert!(shares.is_sorted(), "{:?}", shares);
    prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
    prop_assert_eq!(
        original.weight().fraction(),
        shares.last().copied().unwrap_or(0.0)
    );

    // The events fail in the one that was running, and what follows is skipped.
    let events: Vec<&str> = original
        .lifecycle_events()
        .iter()
        .map(|event| event.status.as_str())
        .collect();
    let failed = [
        "Failed/Skipped/Skipped",
        "Succeeded/Failed/Skipped",
        "Succeeded/Succeeded/Failed",
    ];
    if status == DeploymentStatus::Succeeded {
        prop_assert_eq!(&events.join("/"), "Succeeded/Succeeded/Succeeded");
        prop_assert_eq!(share_of_target(world.alias.as_ref().unwrap()), 1.0);
        prop_assert!(original.error_information().is_none());
        let hooks = [
            &script.spec.before_allow_traffic,
            &script.spec.after_allow_traffic,
        ];
        let reported = world.puts.iter().filter(|put| put.is_ok()).count();
        prop_assert_eq!(
            reported,
            hooks.into_iter().flatten().count(),
            "each hook has reported once"
        );
    } else {
        prop_assert!(failed.contains(&events.join("/").as_str()), "{:?}", events);
        prop_assert!(original.error_information().is_some());
    }

    // A rollback that could be done leaves no trace of the target version.
    if let Some(rollback) = world.rollback() {
        prop_assert!(status != DeploymentStatus::Succeeded);
        prop_assert!(rollback.status().is_terminal());
        prop_assert!(
            rollback
                .lifecycle_events()
                .iter()
                .all(|event| event.end_time.is_some())
                || rollback.status() == DeploymentStatus::Failed
        );
        if rollback.status() == DeploymentStatus::Succeeded {
            prop_assert_eq!(world.alias.as_ref(), Some(&AliasRouting::to_version("1")));
        }
    }
    let all_rollbacks = script.spec.auto_rollback.len() == AutoRollbackEvent::ALL.len();
    if all_rollbacks {
        prop_assert_eq!(
            world.rollback().is_some(),
            status != DeploymentStatus::Succeeded
        );
        let sound = script.update_fails.is_none() && script.alias_read_fails.is_none();
        let ours = script
            .alias
            .as_ref()
            .is_some_and(|alias| ["1", "2"].contains(&alias.function_version.as_str()));
        if sound && ours {
            let expected = if status == DeploymentStatus::Succeeded {
                "2"
            } else {
                "1"
            };
            prop_assert_eq!(render(world.alias.as_ref()), expected);
        }
    }

    // After the end every report is too late, and nothing changes.
    let ids: BTreeSet<_> = world.handed_out.iter().collect();
    prop_assert!(ids.len() <= 2);
    let mut ended = original.clone();
    for id in ids {
        prop_assert!(world.handed_out.iter().filter(|other| *other == id).count() <= 3);
        for report in ["Succeeded", "Failed"] {
            let put = ended.put_lifecycle_event_hook_execution_status(T0, id.as_str(), report);
            prop_assert_eq!(
                put.err(),
                Some(PutStatusError::LifecycleEventAlreadyCompleted)
            );
        }
    }
    prop_assert_eq!(ended.status(), status);
    Ok(())
}

fn writes_of(world: &World, deployment: usize) -> impl Iterator<Item = (Duration, &AliasRouting)> {
    world
        .writes
        .iter()
        .filter(move |(by, ..)| *by == deployment)
        .map(|(_, at, alias)| (*at, alias))
}

fn share_of_target(alias: &AliasRouting) -> f64 {
    match alias.function_version.as_str() {
        "2" => 1.0,
        _ => alias
            .additional_version_weights
            .get("2")
            .copied()
            .unwrap_or(0.0),
    }
}

fn scripts() -> impl Strategy<Value = (Shape, Script)> {
    let spec = (
        shapes(),
        subsequence(vec!["errors".to_owned(), "latency".to_owned()], 0..=2),
        any::<bool>(),
        prop_oneof![
            Just(AutoRollbackEvent::ALL.to_vec()),
            subsequence(AutoRollbackEvent::ALL.to_vec(), 0..=3),
        ],
    );
    let world = (
        aliases(),
        proptest::option::weighted(0.3, moments()),
        proptest::option::weighted(0.15, (moments(), errors())),
        proptest::option::weighted(0.05, errors()),
        proptest::option::weighted(0.15, (0..4_usize, errors())),
        // The fraction keeps a stop apart from everything else, so that the model needs no order within a moment.
        proptest::option::weighted(0.2, (moments().prop_map(|at| at + ms(100)), any::<bool>())),
    );
    let hooks = (
        proptest::option::weighted(0.8, hooks()),
        proptest::option::weighted(0.8, hooks()),
    );
    (spec, world, hooks).prop_map(
        |((shape, alarms, ignore, events), world, (before, after))| {
            let mut script = Script::default();
            script.spec.config = match shape {
                Shape::AllAtOnce => DeploymentConfig::lambda_all_at_once(),
                Shape::Canary(percentage, interval) => {
                    DeploymentConfig::custom_canary("canary", percentage, interval).unwrap()
                }
                Shape::Linear(percentage, interval) => {
                    DeploymentConfig::custom_linear("linear", percentage, interval).unwrap()
                }
            };
            // Only `latency` fires in these worlds, so a deployment without it is one that no alarm stops.
            script.alarm_at = world
                .1
                .filter(|_| alarms.iter().any(|name| name == "latency"));
            script.spec.alarms = alarms;
            script.spec.ignore_poll_alarm_failure = ignore;
            script.spec.auto_rollback = events.into_iter().collect();
            (script.alias, script.polls_fail, script.alias_read_fails) =
                (world.0, world.2, world.3);
            (script.update_fails, script.stop) = (world.4, world.5);
            script.spec.before_allow_traffic = before.is_some().then(|| "pre".to_owned());
            script.spec.after_allow_traffic = after.is_some().then(|| "post".to_owned());
            script.before = before.unwrap_or(Hook::Silent);
            script.after = after.unwrap_or(Hook::Silent);
            (shape, script)
        },
    )
}

fn shapes() -> impl Strategy<Value = Shape> {
    let linear = (1..=99).prop_flat_map(|percentage: i32| {
        let longest = 2880 / (100 + percentage - 1).div_euclid(percentage);
        (
            Just(percentage),
            prop_oneof![4 => 1..=longest.min(10), 1 => 1..=longest],
        )
    });
    prop_oneof![
        1 => Just(Shape::AllAtOnce),
        3 => (1..=99, prop_oneof![9 => 1..=30, 1 => 1..=2880]).prop_map(|(p, i)| Shape::Canary(p, i)),
        3 => linear.prop_map(|(p, i)| Shape::Linear(p, i)),
    ]
}

fn aliases() -> impl Strategy<Value = Option<AliasRouting>> {
    prop_oneof![
        12 => Just(Some(AliasRouting::to_version("1"))),
        1 => select(vec!["2", "7", "$LATEST"]).prop_map(|version| Some(AliasRouting::to_version(version))),
        1 => (select(vec!["1", "2", "7"]), 0..=10).prop_map(|(version, weight)| {
            Some(weighted(version, "9", f64::from(weight) / 10.0))
        }),
        1 => Just(None),
    ]
}

fn hooks() -> impl Strategy<Value = Hook> {
    let after =
        prop_oneof![6 => 0..120_u64, 1 => 3000..4000_u64].prop_map(|after| secs(after) + ms(250));
    let status = prop_oneof![4 => Just("Succeeded"), 1 => Just("Failed")];
    prop_oneof![
        8 => (after.clone(), status.clone()).prop_map(|(after, status)| Hook::Reports(after, status)),
        1 => Just(Hook::Silent),
        2 => (0..=4_u8, after, status).prop_map(|(times, after, status)| Hook::Crashes(times, after, status)),
        1 => errors().prop_map(Hook::Refused),
    ]
}

fn moments() -> impl Strategy<Value = Duration> {
    prop_oneof![3 => 0..900_u64, 1 => 0..12_000_u64].prop_map(secs)
}

fn errors() -> impl Strategy<Value = CallError> {
    select(vec![
        CallError::AccessDenied,
        CallError::NotFound,
        CallError::Throttled,
        CallError::Other("connection reset".into()),
    ])
}

/// Delays of ticks and answers, and reports at any time.
fn disturbances() -> impl Strategy<Value = (Vec<Duration>, Vec<(Duration, &'static str)>)> {
    let delay =
        prop_oneof![6 => Just(0_u64), 3 => 0..20_000_u64, 1 => 0..5_000_000_u64].prop_map(ms);
    let report = select(vec!["Succeeded", "Failed", "InProgress"]);
    (
        proptest::collection::vec(delay, 1..12),
        proptest::collection::vec((moments(), report), 0..4),
    )
}
