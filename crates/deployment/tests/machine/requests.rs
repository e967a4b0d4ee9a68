use deployment::{
    Action, AliasRouting, Deployment, DeploymentStatus, Input, LifecycleEventStatus,
    PutStatusError, StopStatus,
};

use crate::script::{T0, deployment, secs, spec};

/// Without alarms, after the alias was read.
fn validated() -> Deployment {
    let mut spec = spec();
    spec.alarms.clear();
    let mut deployment = deployment(spec);
    deployment.handle(T0, Input::TimePassed);
    deployment.handle(T0, Input::AliasRead(Ok(AliasRouting::to_version("1"))));
    deployment
}

/// Brings it to the point where the hook has its id, and answers that.
fn invoke(deployment: &mut Deployment, at: u64) -> String {
    let actions = deployment.handle(T0 + secs(at), Input::TimePassed);
    execution_id(&actions)
}

fn execution_id(actions: &[Action]) -> String {
    let [Action::InvokeHook { execution_id, .. }] = actions else {
        panic!("{actions:?}")
    };
    execution_id.as_str().to_owned()
}

fn put(
    deployment: &mut Deployment,
    at: u64,
    id: &str,
    status: &str,
) -> Result<usize, PutStatusError> {
    let before = deployment.clone();
    let result = deployment.put_lifecycle_event_hook_execution_status(T0 + secs(at), id, status);
    if result.is_err() {
        assert_eq!(
            format!("{deployment:?}"),
            format!("{before:?}"),
            "an error changes nothing"
        );
    }
    result.map(|(answered, actions)| {
        assert_eq!(answered.as_str(), id);
        actions.len()
    })
}

const INVALID_STATUS: Result<usize, PutStatusError> =
    Err(PutStatusError::InvalidLifecycleEventHookExecutionStatus);
const INVALID_ID: Result<usize, PutStatusError> =
    Err(PutStatusError::InvalidLifecycleEventHookExecutionId);
const COMPLETED: Result<usize, PutStatusError> =
    Err(PutStatusError::LifecycleEventAlreadyCompleted);

#[test]
fn put_in_every_state() {
    // The ids are the same in every run, so another run of the same deployment knows them early.
    let mut foresight = validated();
    let before = invoke(&mut foresight, 2);

    let mut deployment = validated();
    assert_eq!(
        put(&mut deployment, 1, &before, "Succeeded"),
        INVALID_ID,
        "the hook was not invoked"
    );
    assert_eq!(invoke(&mut deployment, 2), before);
    for status in [
        "Pending",
        "InProgress",
        "Skipped",
        "Unknown",
        "succeeded",
        "",
        "FAILED",
        "Succeeded ",
    ] {
        assert_eq!(
            put(&mut deployment, 3, &before, status),
            INVALID_STATUS,
            "{status:?}"
        );
    }
    for id in ["", "x", "d-AAAAAAAAA", &before[1..], &before.to_lowercase()] {
        assert_eq!(
            put(&mut deployment, 3, id, "Succeeded"),
            INVALID_ID,
            "{id:?}"
        );
    }
    assert_eq!(put(&mut deployment, 3, &before, "Succeeded"), Ok(1));
    assert_eq!(put(&mut deployment, 3, &before, "Succeeded"), COMPLETED);
    assert_eq!(put(&mut deployment, 3, &before, "Failed"), COMPLETED);
    assert_eq!(deployment.status(), DeploymentStatus::InProgress);

    deployment.handle(T0 + secs(3), Input::AliasUpdated(Ok(())));
    deployment.handle(T0 + secs(303), Input::TimePassed);
    let after = execution_id(&deployment.handle(T0 + secs(303), Input::AliasUpdated(Ok(()))));
    assert_ne!(after, before);
    assert_eq!(
        put(&mut deployment, 304, &before, "Failed"),
        COMPLETED,
        "the other hook's id"
    );
    assert_eq!(put(&mut deployment, 304, &after, "Succeeded"), Ok(0));
    assert_eq!(deployment.status(), DeploymentStatus::Succeeded);
    assert_eq!(put(&mut deployment, 304, &after, "Succeeded"), COMPLETED);
}

#[test]
fn put_past_the_hour_is_late_even_before_the_tick() {
    let mut deployment = validated();
    let id = invoke(&mut deployment, 2);
    assert_eq!(put(&mut deployment, 3602, &id, "Succeeded"), COMPLETED);
    assert_eq!(
        deployment.handle(T0 + secs(3602), Input::TimePassed),
        [Action::StartRollback]
    );
    assert_eq!(put(&mut deployment, 3603, &id, "Succeeded"), COMPLETED);
}

#[test]
fn put_errors_carry_the_names_of_aws() {
    let check = |error: PutStatusError, exception| assert_eq!(error.exception(), exception);
    check(
        PutStatusError::InvalidLifecycleEventHookExecutionStatus,
        "InvalidLifecycleEventHookExecutionStatusException",
    );
    check(
        PutStatusError::InvalidLifecycleEventHookExecutionId,
        "InvalidLifecycleEventHookExecutionIdException",
    );
    check(
        PutStatusError::LifecycleEventAlreadyCompleted,
        "LifecycleEventAlreadyCompletedException",
    );
}

#[test]
fn stop_takes_effect_at_once() {
    let mut fresh = deployment(spec());
    let mut waiting = validated();
    let id = invoke(&mut waiting, 2);
    let mut polling = deployment(spec());
    polling.handle(T0, Input::TimePassed);
    for deployment in [&mut fresh, &mut waiting, &mut polling] {
        let now = T0 + secs(5);
        assert_eq!(
            deployment.stop(now, false),
            Ok((StopStatus::Succeeded, vec![Action::StartRollback]))
        );
        assert_eq!(deployment.status(), DeploymentStatus::Stopped);
        assert_eq!(
            deployment.stop(now, true),
            Ok((StopStatus::Succeeded, vec![])),
            "once more"
        );
        assert_eq!(deployment.next_due(), None);
        assert_eq!(deployment.complete_time(), Some(now));
        // The answer to the poll that was out comes too late to matter.
        let denied = Input::AlarmsPolled(Err(deployment::CallError::AccessDenied));
        assert_eq!(deployment.handle(now, denied), []);
        assert_eq!(
            deployment.error_information().unwrap().code.as_str(),
            "MANUAL_STOP"
        );
    }
    assert_eq!(
        put(&mut waiting, 6, &id, "Succeeded"),
        COMPLETED,
        "the hook that was running"
    );
}

#[test]
fn stop_waits_for_the_alias_update_that_is_out() {
    for (result, weight) in [(Ok(()), 10), (Err(deployment::CallError::AccessDenied), 0)] {
        let mut deployment = validated();
        let id = invoke(&mut deployment, 2);
        put(&mut deployment, 3, &id, "Succeeded").unwrap();
        let now = T0 + secs(3);
        assert_eq!(
            deployment.stop(now, false),
            Ok((StopStatus::Pending, vec![]))
        );
        assert_eq!(
            deployment.stop(now, false),
            Ok((StopStatus::Pending, vec![]))
        );
        assert_eq!(deployment.status(), DeploymentStatus::InProgress);
        assert_eq!(
            deployment.handle(now, Input::AliasUpdated(result)),
            [Action::StartRollback]
        );
        assert_eq!(deployment.status(), DeploymentStatus::Stopped);
        assert_eq!(
            deployment.error_information().unwrap().code.as_str(),
            "MANUAL_STOP"
        );
        assert_eq!(deployment.weight().percent(), weight);
        assert_eq!(
            deployment.stop(now, false),
            Ok((StopStatus::Succeeded, vec![]))
        );
    }
}

#[test]
fn stop_rolls_back_when_request_or_configuration_says_so() {
    use deployment::AutoRollbackEvent::{
        DeploymentFailure, DeploymentStopOnAlarm, DeploymentStopOnRequest,
    };
    let check = |requested, events: &[_], expected: &[Action]| {
        let mut spec = spec();
        spec.auto_rollback = events.iter().copied().collect();
        let mut deployment = deployment(spec);
        assert_eq!(deployment.stop(T0, requested).unwrap().1, expected);
    };
    check(false, &[], &[]);
    check(false, &[DeploymentFailure, DeploymentStopOnAlarm], &[]);
    check(true, &[], &[Action::StartRollback]);
    check(false, &[DeploymentStopOnRequest], &[Action::StartRollback]);
}

#[test]
fn stop_after_another_end_is_an_error() {
    let mut failed = validated();
    let id = invoke(&mut failed, 2);
    put(&mut failed, 3, &id, "Failed").unwrap();
    let error = failed.stop(T0 + secs(4), true).unwrap_err();
    assert_eq!(error.exception(), "DeploymentAlreadyCompletedException");
    assert_eq!(failed.status(), DeploymentStatus::Failed);
    assert_eq!(
        failed.lifecycle_events()[0].status,
        LifecycleEventStatus::Failed
    );
}
