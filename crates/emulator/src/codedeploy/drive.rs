//! Doing what a deployment asks for, and telling it what came of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::body::Bytes;
use deployment::{
    Action, AlarmState, AliasRouting, CallError, Deployment, DeploymentStatus, HookExecutionId,
    HookOutcome, Input, LifecycleEventName, LifecycleEventStatus,
};
use serde_json::json;

use super::create::create_rollback;
use crate::ServiceError;
use crate::cloudwatch::StateValue;
use crate::lambda::{AliasUpdate, Call, FunctionRef};
use crate::panics::outcome_of;
use crate::shared::{Invoked, Shared, State};
use crate::timeline::{Answer, Happening};

/// Lets every deployment do what is due by now; the others' records stay untouched.
pub(crate) fn pass_time(shared: &Arc<Shared>, state: &mut State) {
    for id in state.codedeploy.index.due_by(state.now) {
        deliver(shared, state, &id, Input::TimePassed);
    }
}

/// Invokes the hooks again that were running when the process before this one ended: as Lambda may deliver an
/// asynchronous invocation more than once, with the same payload and as the same attempt.
pub(crate) fn repeat_lost_hooks(shared: &Arc<Shared>, state: &mut State) {
    for id in state.codedeploy.index.active() {
        let now = state.now;
        let lost = |deployment: &Deployment| deployment.running_hook(now);
        let Some(action) = state.codedeploy.deployment(&id).and_then(lost) else {
            continue;
        };
        if let Some(input) = perform(shared, state, &id, action) {
            deliver(shared, state, &id, input);
        }
    }
}

/// Gives a deployment one input, and does what it asks for in return until it asks no more.
pub(super) fn deliver(shared: &Arc<Shared>, state: &mut State, id: &str, input: Input) {
    let now = state.now;
    change(shared, state, id, |deployment| {
        Ok::<_, std::convert::Infallible>(((), deployment.handle(now, input)))
    })
    .unwrap_or_default()
    .unwrap_or_default();
}

/// Changes a deployment by `how`, records what that changed, and does the actions; `None` when there is no such
/// deployment.
pub(super) fn change<T, E>(
    shared: &Arc<Shared>,
    state: &mut State,
    id: &str,
    how: impl FnOnce(&mut Deployment) -> Result<(T, Vec<Action>), E>,
) -> Result<Option<T>, E> {
    let changed = state.codedeploy.change_run(id, |run| {
        let before = Watched::of(&run.deployment);
        how(&mut run.deployment).map(|answer| (before, answer))
    });
    let Some((before, (answer, actions))) = changed.transpose()? else {
        return Ok(None);
    };
    record_changes(state, id, before);
    let mut waiting = VecDeque::from(actions);
    while let Some(action) = waiting.pop_front() {
        let Some(input) = perform(shared, state, id, action) else {
            continue;
        };
        let now = state.now;
        let changed = state.codedeploy.change_run(id, |run| {
            let before = Watched::of(&run.deployment);
            (before, run.deployment.handle(now, input))
        });
        let Some((before, actions)) = changed else {
            break;
        };
        waiting.extend(actions);
        record_changes(state, id, before);
    }
    Ok(Some(answer))
}

/// Makes the call of an action, and gives the answer where there is one at once.
fn perform(shared: &Arc<Shared>, state: &mut State, id: &str, action: Action) -> Option<Input> {
    let spec = state.codedeploy.deployment(id)?.spec().clone();
    match action {
        Action::PollAlarms { names } => {
            let states = names
                .iter()
                .filter_map(|name| Some((name.clone(), alarm_state(state, name)?)))
                .collect();
            Some(Input::AlarmsPolled(Ok(states)))
        }
        Action::ReadAlias => {
            let alias = state.lambda.alias(&spec.function, &spec.alias);
            let read = alias
                .map_err(|error| call_error(&error))
                .map(|alias| AliasRouting {
                    function_version: alias.function_version.clone(),
                    additional_version_weights: alias
                        .additional_version_weight
                        .clone()
                        .into_iter()
                        .collect(),
                });
            Some(Input::AliasRead(read))
        }
        Action::UpdateAlias(routing) => {
            let update = AliasUpdate {
                function_version: Some(routing.function_version),
                additional_version_weights: Some(
                    routing.additional_version_weights.into_iter().collect(),
                ),
                ..AliasUpdate::default()
            };
            let updated = state.update_alias(&spec.function, &spec.alias, &update);
            Some(Input::AliasUpdated(
                updated.map(drop).map_err(|error| call_error(&error)),
            ))
        }
        Action::InvokeHook {
            function,
            event,
            execution_id,
            attempt,
        } => {
            let hook = Hook {
                deployment_id: id.to_owned(),
                event: event.as_str(),
                execution_id,
                attempt,
            };
            Some(invoke_hook(shared, state, &function, hook))
        }
        Action::StartRollback => {
            create_rollback(state, id);
            None
        }
    }
}

fn alarm_state(state: &State, name: &str) -> Option<AlarmState> {
    Some(match state.cloudwatch.alarm_state(name)? {
        StateValue::Alarm => AlarmState::Alarm,
        StateValue::Ok => AlarmState::Ok,
        StateValue::InsufficientData => AlarmState::InsufficientData,
    })
}

/// One attempt to run a hook.
struct Hook {
    deployment_id: String,
    event: &'static str,
    execution_id: HookExecutionId,
    attempt: u8,
}

/// Invokes a hook asynchronously; the answer says whether Lambda took the call.
fn invoke_hook(shared: &Arc<Shared>, state: &mut State, function: &str, hook: Hook) -> Input {
    let execution_id = hook.execution_id.clone();
    let refused = |error| Input::HookInvoked {
        execution_id: execution_id.clone(),
        result: Err(error),
    };
    let target = match shared.account.function_ref(function, None) {
        Ok(target) => target,
        Err(error) => return refused(call_error(&error)),
    };
    let Some(run) = state.codedeploy.run(&hook.deployment_id) else {
        return refused(CallError::AccessDenied);
    };
    let caller = run.service_role.principal();
    let arn = target.arn(&shared.account);
    if let Err(error) = state.check(&caller, "lambda:InvokeFunction", &arn) {
        return refused(call_error(&error));
    }
    if let Err(error) = state.lambda.check_target(&target) {
        return refused(call_error(&error));
    }
    state.record(Happening::HookInvoked {
        deployment_id: hook.deployment_id.clone(),
        event: hook.event,
        function: target.name.clone(),
        attempt: hook.attempt,
    });
    if let Some(clock) = &mut state.clock {
        clock.run_begins();
    }
    let worker = Arc::clone(shared);
    shared.in_background(async move { run_hook(&worker, &target, hook).await });
    Input::HookInvoked {
        execution_id,
        result: Ok(()),
    }
}

/// Runs a hook to its end, and tells its deployment.
async fn run_hook(shared: &Arc<Shared>, target: &FunctionRef, hook: Hook) {
    let payload = json!({
        "DeploymentId": hook.deployment_id,
        "LifecycleEventHookExecutionId": hook.execution_id.as_str(),
    });
    let call = Call {
        payload: Bytes::from(payload.to_string()),
        client_context: None,
    };
    end_after(shared, shared.invoke(target, call), target, hook).await;
}

/// Waits for the invocation of a hook, and tells its deployment what came of it.
async fn end_after(
    shared: &Arc<Shared>,
    invocation: impl Future<Output = Result<Invoked, ServiceError>>,
    target: &FunctionRef,
    hook: Hook,
) {
    let Hook {
        deployment_id,
        event,
        execution_id,
        attempt,
    } = hook;
    let invoked = outcome_of(invocation).await;
    let mut state = shared.state();
    if let Some(clock) = &mut state.clock {
        clock.run_ends();
    }
    let Answer {
        payload,
        function_error,
        log_tail,
    } = Answer::of(invoked);
    state.record(Happening::HookEnded {
        deployment_id: deployment_id.clone(),
        event,
        function: target.name.clone(),
        attempt,
        payload,
        function_error,
        log_tail,
    });
    let outcome = if function_error {
        HookOutcome::FunctionError
    } else {
        HookOutcome::Returned
    };
    deliver(
        shared,
        &mut state,
        &deployment_id,
        Input::HookEnded {
            execution_id,
            attempt,
            outcome,
        },
    );
}

fn call_error(error: &ServiceError) -> CallError {
    match error.code.as_ref() {
        "ResourceNotFoundException" => CallError::NotFound,
        "AccessDeniedException" => CallError::AccessDenied,
        "TooManyRequestsException" => CallError::Throttled,
        _ => CallError::Other(error.to_string()),
    }
}

/// What the timeline shows of a deployment's state.
struct Watched {
    events: BTreeMap<LifecycleEventName, LifecycleEventStatus>,
    status: DeploymentStatus,
}

impl Watched {
    fn of(deployment: &Deployment) -> Self {
        let events = deployment
            .lifecycle_events()
            .iter()
            .map(|event| (event.name, event.status))
            .collect();
        Self {
            events,
            status: deployment.status(),
        }
    }
}

fn record_changes(state: &mut State, id: &str, before: Watched) {
    let Some(run) = state.codedeploy.run(id) else {
        return;
    };
    let deployment = &run.deployment;
    let status = deployment.status();
    let mut happenings: Vec<Happening> = deployment
        .lifecycle_events()
        .iter()
        .filter(|event| before.events.get(&event.name) != Some(&event.status))
        .map(|event| Happening::LifecycleEvent {
            deployment_id: id.to_owned(),
            name: event.name.as_str(),
            status: event.status.as_str(),
        })
        .collect();
    if status != before.status && status.is_terminal() {
        happenings.push(Happening::DeploymentEnded {
            deployment_id: id.to_owned(),
            status: status.as_str(),
            error: deployment
                .error_information()
                .map(|error| (error.code.as_str(), error.message.clone())),
        });
    }
    if status != before.status && status == DeploymentStatus::Succeeded {
        let (group_id, revision) = (run.group_id.clone(), run.revision.clone());
        if let Some(group) = state.codedeploy.group_mut_by_id(&group_id) {
            group.last_successful = Some(id.to_owned());
            group.target_revision = Some(revision);
        }
    }
    for happening in happenings {
        state.record(happening);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use deployment::Timestamp;

    use super::*;
    use crate::Beginning;
    use crate::execution::CodeStore;
    use crate::lambda::Account;

    #[tokio::test]
    async fn a_hook_whose_invocation_panics_has_ended() {
        let beginning = Beginning {
            account: Account::default(),
            seed: 1,
            now: Timestamp::from_millis(0),
            time_scale: NonZeroU32::new(60),
            port: 0,
            store: CodeStore::create().unwrap(),
            reaper: None,
        };
        let shared = Shared::new(beginning, "http://127.0.0.1:1".to_owned(), None).unwrap();
        shared.state().clock.as_mut().unwrap().run_begins();
        let target = shared.account.function_ref("hook", None).unwrap();
        let hook = Hook {
            deployment_id: "d-1".to_owned(),
            event: "BeforeAllowTraffic",
            execution_id: serde_json::from_value(json!("e")).unwrap(),
            attempt: 1,
        };
        let panics = async { panic!("on purpose") };
        end_after(&shared, panics, &target, hook).await;
        let mut state = shared.state();
        assert!(!state.clock.as_ref().unwrap().has_runs());
        let ended = std::mem::take(&mut state.timeline);
        let happening = ended.into_iter().next().map(|entry| entry.happening);
        let Some(Happening::HookEnded {
            payload,
            function_error,
            ..
        }) = happening
        else {
            panic!("{happening:?}");
        };
        assert!(function_error);
        assert!(payload.starts_with("ServiceException"), "{payload}");
    }
}
