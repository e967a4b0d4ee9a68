use deployment::{AliasRouting, AutoRollbackEvent, CallError, DeploymentConfig};

use crate::script::{Hook, Script, ms, secs, weighted};
use crate::world::World;

fn play(change: impl FnOnce(&mut Script)) -> World {
    let mut script = Script::default();
    change(&mut script);
    World::play(script)
}

fn check(change: impl FnOnce(&mut Script), expected: &str) {
    assert_eq!(play(change).summary(), expected);
}

fn silent(script: &mut Script) {
    script.spec.before_allow_traffic = None;
    script.spec.after_allow_traffic = None;
    script.spec.alarms.clear();
}

fn config(script: &mut Script, sam_type: &str) {
    script.spec.config = DeploymentConfig::from_sam_type(sam_type).unwrap();
}

#[test]
fn it_ships() {
    check(
        |_| {},
        "Succeeded()@304 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@3 2@303]; alias 2; no rollback",
    );
    check(
        silent,
        "Succeeded()@302 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@2 2@302]; alias 2; no rollback",
    );
    check(
        |s| config(s, "AllAtOnce"),
        "Succeeded()@4 Succeeded/Succeeded/Succeeded; wrote [2@3]; alias 2; no rollback",
    );
    check(
        |s| s.spec.config = DeploymentConfig::custom_linear("l", 30, 1).unwrap(),
        "Succeeded()@184 Succeeded/Succeeded/Succeeded; \
         wrote [1+2:0.3@3 1+2:0.6@63 1+2:0.9@123 2@183]; alias 2; no rollback",
    );
    check(
        |s| s.spec.before_allow_traffic = None,
        "Succeeded()@303 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@2 2@302]; alias 2; no rollback",
    );
    check(
        |s| s.spec.after_allow_traffic = None,
        "Succeeded()@303 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@3 2@303]; alias 2; no rollback",
    );
    // Only AllAtOnce may deploy the version that is there.
    check(
        |s| {
            config(s, "AllAtOnce");
            s.spec.target_version = "1".into();
        },
        "Succeeded()@4 Succeeded/Succeeded/Succeeded; wrote [1@3]; alias 1; no rollback",
    );
}

#[test]
fn the_whole_of_a_canary() {
    let world = play(|s| s.spec.alarms.clear());
    let log: Vec<String> = world
        .log
        .iter()
        .map(|(at, what)| format!("{:>5} {what}", at.as_secs_f64()))
        .collect();
    let expected = [
        "    0 ReadAlias",
        "    2 InvokeHook CodeDeployHook_pre 1",
        "    3 Put Succeeded: Ok(())",
        "    3 UpdateAlias 1+2:0.1",
        "  303 UpdateAlias 2",
        "  303 InvokeHook CodeDeployHook_post 1",
        "  304 Put Succeeded: Ok(())",
    ];
    assert_eq!(log, expected);
}

#[test]
fn hooks() {
    check(
        |s| s.before = Hook::Reports(secs(5), "Failed"),
        "Failed(HOOK_EXECUTION_FAILURE)@7 Failed/Skipped/Skipped; wrote [1@9]; alias 1; \
         rollback Succeeded()@9 Succeeded/Succeeded/Succeeded",
    );
    check(
        |s| s.after = Hook::Reports(secs(5), "Failed"),
        "Failed(HOOK_EXECUTION_FAILURE)@308 Succeeded/Succeeded/Failed; wrote [1+2:0.1@3 2@303 1@310]; alias 1; \
         rollback Succeeded()@310 Succeeded/Succeeded/Succeeded",
    );
    check(
        |s| s.before = Hook::Silent,
        "Failed(TIMEOUT)@3602 Failed/Skipped/Skipped; wrote [1@3604]; alias 1; \
         rollback Succeeded()@3604 Succeeded/Succeeded/Succeeded",
    );
    check(
        |s| s.after = Hook::Silent,
        "Failed(TIMEOUT)@3903 Succeeded/Succeeded/Failed; wrote [1+2:0.1@3 2@303 1@3905]; alias 1; \
         rollback Succeeded()@3905 Succeeded/Succeeded/Succeeded",
    );
    // A report in the hour's last millisecond still counts, one at its end does not.
    check(
        |s| s.after = Hook::Reports(secs(3600) - ms(1), "Succeeded"),
        "Succeeded()@3902.999 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@3 2@303]; alias 2; no rollback",
    );
    let late = play(|s| s.after = Hook::Reports(secs(3600), "Succeeded"));
    assert_eq!(
        late.puts[1].unwrap_err().exception(),
        "LifecycleEventAlreadyCompletedException"
    );
    assert!(
        late.summary().starts_with("Failed(TIMEOUT)@3903"),
        "{}",
        late.summary()
    );
}

#[test]
fn a_crashing_hook_is_retried_twice() {
    let check = |crashes, expected: &[&str]| {
        let world = play(|s| {
            s.spec.alarms.clear();
            s.spec.after_allow_traffic = None;
            s.before = Hook::Crashes(crashes, secs(1), "Succeeded");
        });
        let log: Vec<String> = world
            .log
            .iter()
            .map(|(at, what)| format!("{} {what}", at.as_secs()))
            .collect();
        assert_eq!(log[1..=expected.len()], *expected);
        world
    };
    let one = check(
        1,
        &[
            "2 InvokeHook CodeDeployHook_pre 1",
            "62 InvokeHook CodeDeployHook_pre 2",
            "63 Put Succeeded: Ok(())",
        ],
    );
    assert_eq!(one.handed_out[0], one.handed_out[1]);
    check(
        2,
        &[
            "2 InvokeHook CodeDeployHook_pre 1",
            "62 InvokeHook CodeDeployHook_pre 2",
            "182 InvokeHook CodeDeployHook_pre 3",
            "183 Put Succeeded: Ok(())",
        ],
    );
    // After the third attempt only the hour's end is left.
    let three = check(
        3,
        &[
            "2 InvokeHook CodeDeployHook_pre 1",
            "62 InvokeHook CodeDeployHook_pre 2",
            "182 InvokeHook CodeDeployHook_pre 3",
            "3602 StartRollback",
        ],
    );
    assert!(
        three.summary().starts_with("Failed(TIMEOUT)@3602 "),
        "{}",
        three.summary()
    );
}

#[test]
fn refused_hooks() {
    check(
        |s| s.before = Hook::Refused(CallError::AccessDenied),
        "Failed(IAM_ROLE_PERMISSIONS)@2 Failed/Skipped/Skipped; wrote [1@4]; alias 1; \
         rollback Succeeded()@4 Succeeded/Succeeded/Succeeded",
    );
    check(
        |s| s.after = Hook::Refused(CallError::NotFound),
        "Failed(INVALID_LAMBDA_FUNCTION)@303 Succeeded/Succeeded/Failed; wrote [1+2:0.1@3 2@303 1@305]; alias 1; \
         rollback Succeeded()@305 Succeeded/Succeeded/Succeeded",
    );
}

#[test]
fn alarms() {
    // Already in ALARM: nothing is touched, no hook runs, and the rollback is created all the same.
    let world = play(|s| s.alarm_at = Some(secs(0)));
    assert_eq!(
        world.summary(),
        "Stopped(ALARM_ACTIVE)@0 Failed/Skipped/Skipped; wrote [1@2]; alias 1; \
         rollback Succeeded()@2 Succeeded/Succeeded/Succeeded"
    );
    let log: Vec<&str> = world.log.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(
        log,
        ["PollAlarms", "StartRollback", "ReadAlias", "UpdateAlias 1"]
    );

    // During each event, at the next poll.
    check(
        |s| {
            s.before = Hook::Reports(secs(30), "Succeeded");
            s.alarm_at = Some(secs(11));
        },
        "Stopped(ALARM_ACTIVE)@20 Failed/Skipped/Skipped; wrote [1@22]; alias 1; \
         rollback Succeeded()@22 Succeeded/Succeeded/Succeeded",
    );
    check(
        |s| s.alarm_at = Some(secs(100)),
        "Stopped(ALARM_ACTIVE)@100 Succeeded/Failed/Skipped; wrote [1+2:0.1@3 1@102]; alias 1; \
         rollback Succeeded()@102 Succeeded/Succeeded/Succeeded",
    );
    check(
        |s| {
            s.after = Hook::Reports(secs(30), "Succeeded");
            s.alarm_at = Some(secs(304));
        },
        "Stopped(ALARM_ACTIVE)@310 Succeeded/Succeeded/Failed; wrote [1+2:0.1@3 2@303 1@312]; alias 1; \
         rollback Succeeded()@312 Succeeded/Succeeded/Succeeded",
    );
    // After the end nobody looks.
    check(
        |s| s.alarm_at = Some(secs(305)),
        "Succeeded()@304 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@3 2@303]; alias 2; no rollback",
    );
    // AllAtOnce is checked as well.
    check(
        |s| {
            config(s, "AllAtOnce");
            s.alarm_at = Some(secs(0));
            s.spec.auto_rollback.clear();
        },
        "Stopped(ALARM_ACTIVE)@0 Failed/Skipped/Skipped; wrote []; alias 1; no rollback",
    );
    // Alarms that the deployment does not have do not stop it.
    check(
        |s| {
            s.spec.alarms = vec!["errors".into()];
            s.alarm_at = Some(secs(0));
        },
        "Succeeded()@304 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@3 2@303]; alias 2; no rollback",
    );
}

#[test]
fn alarms_that_cannot_be_read() {
    let failing = |ignore: bool, from| {
        move |s: &mut Script| {
            s.spec.ignore_poll_alarm_failure = ignore;
            s.polls_fail = Some((secs(from), CallError::AccessDenied));
        }
    };
    check(
        failing(false, 0),
        "Stopped(IAM_ROLE_PERMISSIONS)@0 Failed/Skipped/Skipped; wrote [1@2]; alias 1; \
         rollback Succeeded()@2 Succeeded/Succeeded/Succeeded",
    );
    check(
        failing(false, 200),
        "Stopped(IAM_ROLE_PERMISSIONS)@200 Succeeded/Failed/Skipped; wrote [1+2:0.1@3 1@202]; alias 1; \
         rollback Succeeded()@202 Succeeded/Succeeded/Succeeded",
    );
    check(
        failing(true, 0),
        "Succeeded()@304 Succeeded/Succeeded/Succeeded; wrote [1+2:0.1@3 2@303]; alias 2; no rollback",
    );
}

#[test]
fn the_alias_must_fit() {
    let failed = |alias: &str, rollback: &str| {
        format!(
            "Failed(INVALID_LAMBDA_CONFIGURATION)@0 Failed/Skipped/Skipped; {alias}; rollback {rollback}"
        )
    };
    let healed = "Succeeded()@2 Succeeded/Succeeded/Succeeded";
    let left_alone = "Failed(INVALID_LAMBDA_CONFIGURATION)@0 Failed/Skipped/Skipped";
    // Weights that someone else left: the rollback clears them.
    check(
        |s| s.alias = Some(weighted("1", "2", 0.1)),
        &failed("wrote [1@2]; alias 1", healed),
    );
    check(
        |s| s.alias = Some(weighted("1", "7", 0.5)),
        &failed("wrote [1@2]; alias 1", healed),
    );
    check(
        |s| s.alias = Some(weighted("1", "2", 0.0)),
        &failed("wrote [1@2]; alias 1", healed),
    );
    check(
        |s| s.alias = Some(AliasRouting::to_version("2")),
        &failed("wrote [1@2]; alias 1", healed),
    );
    // An alias at another version, or none, is not the rollback's to move.
    check(
        |s| s.alias = Some(AliasRouting::to_version("7")),
        &failed("wrote []; alias 7", left_alone),
    );
    check(
        |s| s.alias = Some(weighted("7", "2", 0.5)),
        &failed("wrote []; alias 7+2:0.5", left_alone),
    );
    check(
        |s| s.alias = None,
        &failed("wrote []; alias missing", left_alone),
    );
    // A revision that is no AppSpec says nothing of where to go back to.
    check(
        |s| s.spec.appspec_fault = Some("The template cannot be parsed.".to_owned()),
        "Failed(INVALID_LAMBDA_CONFIGURATION)@0 Failed/Skipped/Skipped; wrote []; alias 1; no rollback",
    );
    // Without a rollback it stays as it was.
    check(
        |s| {
            s.spec.auto_rollback.clear();
            s.alias = Some(weighted("1", "2", 0.1));
        },
        "Failed(INVALID_LAMBDA_CONFIGURATION)@0 Failed/Skipped/Skipped; wrote []; alias 1+2:0.1; no rollback",
    );
}

#[test]
fn updates_that_fail() {
    check(
        |s| s.update_fails = Some((0, CallError::NotFound)),
        "Failed(INVALID_LAMBDA_CONFIGURATION)@3 Succeeded/Failed/Skipped; wrote [1@5]; alias 1; \
         rollback Succeeded()@5 Succeeded/Succeeded/Succeeded",
    );
    check(
        |s| s.update_fails = Some((1, CallError::AccessDenied)),
        "Failed(IAM_ROLE_PERMISSIONS)@303 Succeeded/Failed/Skipped; wrote [1+2:0.1@3 1@305]; alias 1; \
         rollback Succeeded()@305 Succeeded/Succeeded/Succeeded",
    );
    // The rollback's own update fails: it has no rollback, and the alias stays weighted.
    check(
        |s| {
            s.alarm_at = Some(secs(20));
            s.update_fails = Some((1, CallError::AccessDenied));
        },
        "Stopped(ALARM_ACTIVE)@20 Succeeded/Failed/Skipped; wrote [1+2:0.1@3]; alias 1+2:0.1; \
         rollback Failed(IAM_ROLE_PERMISSIONS)@22 Succeeded/Failed/Skipped",
    );
}

#[test]
fn without_rollback_the_alias_stays_where_it_is() {
    let without = |events: Vec<AutoRollbackEvent>, change: fn(&mut Script), expected: &str| {
        let world = play(|s| {
            change(s);
            s.spec.auto_rollback = events.into_iter().collect();
        });
        assert_eq!(world.summary(), expected);
    };
    use AutoRollbackEvent::{DeploymentFailure, DeploymentStopOnAlarm, DeploymentStopOnRequest};
    without(
        vec![DeploymentStopOnAlarm, DeploymentStopOnRequest],
        |s| s.after = Hook::Reports(secs(1), "Failed"),
        "Failed(HOOK_EXECUTION_FAILURE)@304 Succeeded/Succeeded/Failed; wrote [1+2:0.1@3 2@303]; alias 2; no rollback",
    );
    without(
        vec![DeploymentFailure, DeploymentStopOnRequest],
        |s| s.alarm_at = Some(secs(50)),
        "Stopped(ALARM_ACTIVE)@50 Succeeded/Failed/Skipped; wrote [1+2:0.1@3]; alias 1+2:0.1; no rollback",
    );
    without(
        vec![DeploymentFailure, DeploymentStopOnAlarm],
        |s| s.stop = Some((secs(50), false)),
        "Stopped(MANUAL_STOP)@50 Succeeded/Failed/Skipped; wrote [1+2:0.1@3]; alias 1+2:0.1; no rollback",
    );
}
