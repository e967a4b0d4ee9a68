use std::collections::BTreeMap;

use deployment::{
    Action, AlarmState, AliasRouting, CallError, Deployment, DeploymentConfig, DeploymentStatus,
    HookOutcome, Input,
};

use crate::script::{Script, T0, deployment, secs, spec};
use crate::world::World;

fn all_ok() -> Input {
    let states = ["errors", "latency"].map(|name| (name.to_owned(), AlarmState::Ok));
    Input::AlarmsPolled(Ok(BTreeMap::from(states)))
}

/// A deployment without alarms and hooks, at the start of its traffic.
fn shifting(sam_type: &str) -> Deployment {
    let mut spec = spec();
    spec.alarms.clear();
    spec.before_allow_traffic = None;
    spec.after_allow_traffic = None;
    spec.config = DeploymentConfig::from_sam_type(sam_type).unwrap();
    let mut deployment = deployment(spec);
    assert_eq!(
        deployment.handle(T0, Input::TimePassed),
        [Action::ReadAlias]
    );
    let read = Input::AliasRead(Ok(AliasRouting::to_version("1")));
    assert_eq!(deployment.handle(T0, read), []);
    assert_eq!(deployment.next_due(), Some(T0 + secs(2)));
    deployment
}

fn share_of_update(actions: &[Action]) -> Option<f64> {
    match actions {
        [Action::UpdateAlias(update)] => Some(
            update
                .additional_version_weights
                .get("2")
                .copied()
                .unwrap_or(1.0),
        ),
        [] => None,
        other => panic!("more than an update: {other:?}"),
    }
}

#[test]
fn steps_that_are_late_happen_in_order_one_at_a_time() {
    let mut deployment = shifting("Linear10PercentEvery1Minute");
    assert_eq!(
        share_of_update(&deployment.handle(T0 + secs(2), Input::TimePassed)),
        Some(0.1)
    );
    assert_eq!(deployment.next_due(), None, "an update is out");
    assert_eq!(
        deployment.handle(T0 + secs(2), Input::AliasUpdated(Ok(()))),
        []
    );
    assert_eq!(deployment.next_due(), Some(T0 + secs(62)));

    let late = T0 + secs(2 + 3 * 60 + 30);
    let mut shares = vec![share_of_update(&deployment.handle(late, Input::TimePassed))];
    while shares.last() != Some(&None) {
        shares.push(share_of_update(
            &deployment.handle(late, Input::AliasUpdated(Ok(()))),
        ));
    }
    assert_eq!(shares, [Some(0.2), Some(0.3), Some(0.4), None]);
    assert_eq!(
        deployment.next_due(),
        Some(T0 + secs(2 + 4 * 60)),
        "the schedule does not slip"
    );
}

#[test]
fn early_ticks_change_nothing() {
    let mut deployment = shifting("AllAtOnce");
    assert_eq!(deployment.handle(T0 + secs(1), Input::TimePassed), []);
    assert_eq!(deployment.next_due(), Some(T0 + secs(2)));
}

#[test]
fn the_first_poll_comes_before_anything_else() {
    let mut deployment = deployment(spec());
    assert_eq!(deployment.status(), DeploymentStatus::Created);
    assert_eq!(deployment.next_due(), Some(T0));
    let names = vec!["errors".to_owned(), "latency".to_owned()];
    assert_eq!(
        deployment.handle(T0, Input::TimePassed),
        [Action::PollAlarms { names }]
    );
    assert_eq!(deployment.status(), DeploymentStatus::InProgress);
    assert_eq!(
        deployment.handle(T0 + secs(60), Input::TimePassed),
        [],
        "nothing happens before the answer"
    );
    assert_eq!(
        deployment.handle(T0 + secs(60), Input::AliasUpdated(Ok(()))),
        [],
        "not the answer that is awaited"
    );
    // The answer is later than the next poll would have been: what waited goes first, so that slow answers stop nothing.
    assert_eq!(
        deployment.handle(T0 + secs(61), all_ok()),
        [Action::ReadAlias]
    );
    deployment.handle(
        T0 + secs(61),
        Input::AliasRead(Ok(AliasRouting::to_version("1"))),
    );
    assert_eq!(deployment.next_due(), Some(T0 + secs(70)));
}

#[test]
fn missed_polls_become_one_and_keep_their_period() {
    let mut deployment = deployment(spec());
    deployment.handle(T0, Input::TimePassed);
    deployment.handle(T0, all_ok());
    deployment.handle(T0, Input::AliasRead(Ok(AliasRouting::to_version("1"))));
    let is_poll = |actions: Vec<Action>| matches!(actions[..], [Action::PollAlarms { .. }]);
    assert!(is_poll(deployment.handle(T0 + secs(35), Input::TimePassed)));
    // The hook was due as well, and waits for the answer.
    let invoked = deployment.handle(T0 + secs(35), all_ok());
    assert!(
        matches!(invoked[..], [Action::InvokeHook { attempt: 1, .. }]),
        "{invoked:?}"
    );
    assert_eq!(deployment.next_due(), Some(T0 + secs(40)));
    assert!(is_poll(deployment.handle(T0 + secs(40), Input::TimePassed)));
    deployment.handle(T0 + secs(41), all_ok());
    assert_eq!(deployment.next_due(), Some(T0 + secs(50)));
}

#[test]
fn a_late_tick_polls_before_it_shifts() {
    let mut spec = spec();
    spec.before_allow_traffic = None;
    let mut deployment = deployment(spec);
    deployment.handle(T0, Input::TimePassed);
    deployment.handle(T0, all_ok());
    deployment.handle(T0, Input::AliasRead(Ok(AliasRouting::to_version("1"))));
    // The first shift was due at 2 s, the poll at 10 s: the alarm still comes first.
    let polled = deployment.handle(T0 + secs(15), Input::TimePassed);
    assert!(
        matches!(polled[..], [Action::PollAlarms { .. }]),
        "{polled:?}"
    );
    let states = ["errors", "latency"].map(|name| (name.to_owned(), AlarmState::Alarm));
    let alarmed = Input::AlarmsPolled(Ok(BTreeMap::from(states)));
    assert_eq!(
        deployment.handle(T0 + secs(15), alarmed),
        [Action::StartRollback]
    );
    assert_eq!(deployment.weight().percent(), 0);
}

#[test]
fn slow_answers_slow_it_down_and_do_not_stop_it() {
    for delay in [9, 10, 11, 100, 10_000] {
        let world = World::play(Script {
            delays: vec![secs(delay)],
            ..Script::default()
        });
        assert_eq!(
            world.original().status(),
            DeploymentStatus::Succeeded,
            "{delay} s: {}",
            world.summary()
        );
    }
}

#[test]
fn a_poll_that_leaves_out_an_alarm_has_failed() {
    let check = |ignore: bool, state: AlarmState, expected: DeploymentStatus| {
        let mut spec = spec();
        spec.ignore_poll_alarm_failure = ignore;
        let mut deployment = deployment(spec);
        deployment.handle(T0, Input::TimePassed);
        let states = BTreeMap::from([("latency".to_owned(), state)]);
        deployment.handle(T0, Input::AlarmsPolled(Ok(states)));
        assert_eq!(deployment.status(), expected);
        deployment
            .error_information()
            .map(|error| error.code.as_str())
    };
    assert_eq!(
        check(false, AlarmState::Ok, DeploymentStatus::Stopped),
        Some("INTERNAL_ERROR")
    );
    assert_eq!(
        check(false, AlarmState::Alarm, DeploymentStatus::Stopped),
        Some("ALARM_ACTIVE")
    );
    assert_eq!(
        check(true, AlarmState::Alarm, DeploymentStatus::Stopped),
        Some("ALARM_ACTIVE")
    );
    assert_eq!(
        check(
            true,
            AlarmState::InsufficientData,
            DeploymentStatus::InProgress
        ),
        None
    );
}

#[test]
fn alarms_in_the_order_of_the_group() {
    let mut spec = spec();
    spec.alarms = vec!["z".into(), "b".into(), "a".into()];
    let mut deployment = deployment(spec);
    deployment.handle(T0, Input::TimePassed);
    let states = [
        ("a", AlarmState::Alarm),
        ("b", AlarmState::Ok),
        ("z", AlarmState::Alarm),
    ];
    let states = states.map(|(name, state)| (name.to_owned(), state));
    deployment.handle(T0, Input::AlarmsPolled(Ok(BTreeMap::from(states))));
    let message = &deployment.error_information().unwrap().message;
    assert!(message.ends_with("Activated alarms: <z> <a>"), "{message}");
}

#[test]
fn stray_inputs_change_nothing() {
    let mut spec = spec();
    spec.alarms.clear();
    let mut deployment = deployment(spec);
    deployment.handle(T0, Input::TimePassed);
    deployment.handle(T0, Input::AliasRead(Ok(AliasRouting::to_version("1"))));
    let now = T0 + secs(2);
    let invoked = deployment.handle(now, Input::TimePassed);
    let [Action::InvokeHook { execution_id, .. }] = &invoked[..] else {
        panic!("{invoked:?}")
    };
    let ended = |attempt, outcome| Input::HookEnded {
        execution_id: execution_id.clone(),
        attempt,
        outcome,
    };
    let hour = Some(now + secs(3600));
    let strays = [
        all_ok(),
        Input::AlarmsPolled(Err(CallError::AccessDenied)),
        Input::AliasRead(Err(CallError::NotFound)),
        Input::AliasUpdated(Err(CallError::AccessDenied)),
        Input::HookInvoked {
            execution_id: execution_id.clone(),
            result: Ok(()),
        },
        ended(2, HookOutcome::FunctionError),
        ended(0, HookOutcome::FunctionError),
        ended(1, HookOutcome::Returned),
    ];
    for stray in strays {
        assert_eq!(deployment.handle(now, stray.clone()), [], "{stray:?}");
        assert_eq!(deployment.next_due(), hour, "{stray:?}");
    }
    // The same end told twice brings one retry, and a refusal of it is Lambda's affair.
    let crashed = ended(1, HookOutcome::FunctionError);
    deployment.handle(now, crashed.clone());
    deployment.handle(now + secs(30), crashed.clone());
    assert_eq!(deployment.next_due(), Some(now + secs(60)));
    let again = deployment.handle(now + secs(60), Input::TimePassed);
    assert!(matches!(again[..], [Action::InvokeHook { attempt: 2, .. }]));
    deployment.handle(now + secs(60), crashed);
    let refused = Input::HookInvoked {
        execution_id: execution_id.clone(),
        result: Err(CallError::AccessDenied),
    };
    assert_eq!(deployment.handle(now + secs(60), refused), []);
    assert_eq!(deployment.next_due(), hour);
}
