use std::collections::BTreeMap;
use std::time::Duration;

use deployment::{
    Action, AlarmState, AliasRouting, Deployment, DeploymentId, HookExecutionId, HookOutcome,
    Input, LifecycleEventName, PutStatusError, Timestamp,
};

use crate::script::{Hook, Script, T0, deployment, ms};

/// Everything that came of playing a script to its end.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) alias: Option<AliasRouting>,
    /// The deployment, then its rollback if there is one.
    pub(crate) deployments: Vec<Deployment>,
    /// `(deployment, since T0, alias)` for each update that succeeded.
    pub(crate) writes: Vec<(usize, Duration, AliasRouting)>,
    /// `(since T0, what)` in the order of happening.
    pub(crate) log: Vec<(Duration, String)>,
    pub(crate) puts: Vec<Result<(), PutStatusError>>,
    pub(crate) handed_out: Vec<HookExecutionId>,
    pub(crate) script: Script,
    /// The sum of all delays.
    pub(crate) delayed: Duration,
    /// Which deployments wait for the answer to a call.
    awaiting: Vec<bool>,
    now: Timestamp,
    updates: usize,
    delays: usize,
    pending: BTreeMap<(Timestamp, usize), External>,
    scheduled: usize,
    told: usize,
    keep_every: usize,
}

#[derive(Debug)]
enum External {
    Tell(usize, Input),
    Put(HookExecutionId, &'static str),
    PutAgain(&'static str),
    Stop(bool),
}

impl World {
    /// Plays the script until nothing more can happen.
    pub(crate) fn play(script: Script) -> Self {
        Self::play_and_keep(script, 1)
    }

    /// The same, with deployments that are kept, and go on as what was kept, at every so manieth input.
    pub(crate) fn play_and_keep(script: Script, every: usize) -> Self {
        let mut world = Self {
            alias: script.alias.clone(),
            deployments: vec![deployment(script.spec.clone())],
            writes: Vec::new(),
            log: Vec::new(),
            puts: Vec::new(),
            handed_out: Vec::new(),
            delayed: Duration::ZERO,
            awaiting: vec![false; 2],
            now: T0,
            updates: 0,
            delays: 0,
            pending: BTreeMap::new(),
            scheduled: 0,
            told: 0,
            keep_every: every,
            script,
        };
        if let Some((at, rollback)) = world.script.stop {
            world.schedule(at, External::Stop(rollback));
        }
        for (at, status) in world.script.puts.clone() {
            world.schedule(at, External::PutAgain(status));
        }
        // No script comes near this many moments unless the machine goes in circles.
        for _ in 0..100_000 {
            if !world.turn() {
                return world;
            }
        }
        panic!("the deployment does not end: {:?}", world.script);
    }

    pub(crate) fn original(&self) -> &Deployment {
        &self.deployments[0]
    }

    pub(crate) fn rollback(&self) -> Option<&Deployment> {
        self.deployments.get(1)
    }

    /// One line that says how it all ended.
    pub(crate) fn summary(&self) -> String {
        let mut parts = vec![summary_of(self.original())];
        let shifted: Vec<String> = self
            .writes
            .iter()
            .map(|(_, at, alias)| format!("{}@{}", render(Some(alias)), at.as_secs_f64()))
            .collect();
        parts.push(format!("wrote [{}]", shifted.join(" ")));
        parts.push(format!("alias {}", render(self.alias.as_ref())));
        parts.push(self.rollback().map_or("no rollback".into(), |rollback| {
            format!("rollback {}", summary_of(rollback))
        }));
        parts.join("; ")
    }

    fn turn(&mut self) -> bool {
        let due = self
            .deployments
            .iter()
            .enumerate()
            .filter_map(|(index, deployment)| Some((deployment.next_due()?, index)));
        let tick = due.min();
        let external = self.pending.keys().next().copied();
        match (external, tick) {
            (Some(key), tick) if tick.is_none_or(|(due, _)| key.0 <= due) => {
                let what = self.pending.remove(&key);
                self.now = self.now.max(key.0);
                what.into_iter().for_each(|what| self.deliver(what));
            }
            (_, Some((due, index))) => {
                let late = self.delay();
                self.now = self.now.max(due + late);
                self.tell(index, Input::TimePassed);
            }
            (_, None) => return false,
        }
        true
    }

    fn deliver(&mut self, external: External) {
        match external {
            External::Tell(index, input) => self.tell(index, input),
            External::Put(id, status) => {
                let result = self.deployments[0].put_lifecycle_event_hook_execution_status(
                    self.now,
                    id.as_str(),
                    status,
                );
                self.note(format!(
                    "Put {status}: {:?}",
                    result.as_ref().map(|_| ()).map_err(|e| e.exception())
                ));
                self.puts
                    .push(result.as_ref().map(|_| ()).map_err(|error| *error));
                if let Ok((answered, actions)) = result {
                    assert_eq!(answered, id);
                    self.perform(0, actions);
                }
            }
            External::PutAgain(status) => {
                if let Some(id) = self.handed_out.last().cloned() {
                    self.deliver(External::Put(id, status));
                }
            }
            External::Stop(rollback) => {
                let result = self.deployments[0].stop(self.now, rollback);
                self.note(format!(
                    "Stop: {:?}",
                    result.as_ref().map(|(status, _)| status.as_str())
                ));
                if let Ok((_, actions)) = result {
                    self.perform(0, actions);
                }
            }
        }
    }

    fn tell(&mut self, index: usize, input: Input) {
        if matches!(
            input,
            Input::AlarmsPolled(_) | Input::AliasRead(_) | Input::AliasUpdated(_)
        ) {
            self.awaiting[index] = false;
        }
        self.told += 1;
        if self.told.is_multiple_of(self.keep_every) {
            let kept = serde_json::to_string(&self.deployments[index]).unwrap();
            self.deployments[index] = serde_json::from_str(&kept).unwrap();
        }
        let ended = match &input {
            Input::HookEnded { execution_id, .. } => Some(execution_id.clone()),
            _ => None,
        };
        let actions = self.deployments[index].handle(self.now, input);
        let running = self.deployments[index].running_hook(self.now);
        let is_hook = |action: &&Action| matches!(action, Action::InvokeHook { .. });
        if let Some(hook) = actions.iter().find(is_hook) {
            assert_eq!(running.as_ref(), Some(hook), "it can be repeated");
        } else if let Some(Action::InvokeHook { execution_id, .. }) = running {
            assert_ne!(Some(execution_id), ended, "it has ended");
        }
        let due = self.deployments[index].next_due();
        assert!(
            due.is_none_or(|due| due > self.now),
            "{due:?} was due and not done at {}",
            self.now
        );
        self.perform(index, actions);
    }

    fn perform(&mut self, index: usize, actions: Vec<Action>) {
        for action in actions {
            if matches!(
                action,
                Action::PollAlarms { .. } | Action::ReadAlias | Action::UpdateAlias(_)
            ) {
                assert!(!self.awaiting[index], "two calls at a time");
                self.awaiting[index] = true;
            }
            match action {
                Action::PollAlarms { names } => {
                    self.note("PollAlarms".into());
                    let answer = self.poll(&names);
                    self.answer(index, answer);
                }
                Action::ReadAlias => {
                    self.note("ReadAlias".into());
                    let answer = match (&self.script.alias_read_fails, &self.alias) {
                        (Some(error), _) => Err(error.clone()),
                        (None, Some(alias)) => Ok(alias.clone()),
                        (None, None) => Err(deployment::CallError::NotFound),
                    };
                    self.answer(index, Input::AliasRead(answer));
                }
                Action::UpdateAlias(update) => {
                    let update_fails = self
                        .script
                        .update_fails
                        .clone()
                        .filter(|(nth, _)| *nth == self.updates);
                    self.updates += 1;
                    self.note(format!("UpdateAlias {}", render(Some(&update))));
                    let answer = match update_fails {
                        Some((_, error)) => Err(error),
                        None => {
                            self.writes
                                .push((index, self.now.since(T0), update.clone()));
                            self.alias = Some(update);
                            Ok(())
                        }
                    };
                    self.answer(index, Input::AliasUpdated(answer));
                }
                Action::InvokeHook {
                    function,
                    event,
                    execution_id,
                    attempt,
                } => {
                    self.note(format!("InvokeHook {function} {attempt}"));
                    assert_eq!(
                        self.deployments[index].spec().hook(event),
                        Some(function.as_str())
                    );
                    self.handed_out.push(execution_id.clone());
                    self.invoke(event, execution_id, attempt);
                }
                Action::StartRollback => {
                    self.note("StartRollback".into());
                    let id = DeploymentId::from_entropy(2);
                    let rollback =
                        Deployment::rollback_of(&mut self.deployments[index], id, self.now);
                    self.deployments.push(rollback.unwrap());
                }
            }
        }
    }

    fn poll(&self, names: &[String]) -> Input {
        let passed = self.now.since(T0);
        if let Some((from, error)) = &self.script.polls_fail
            && *from <= passed
        {
            return Input::AlarmsPolled(Err(error.clone()));
        }
        let fires = self.script.alarm_at.is_some_and(|at| at <= passed);
        let state = |name: &String| match name.as_str() {
            "latency" if fires => AlarmState::Alarm,
            "latency" => AlarmState::InsufficientData,
            _ => AlarmState::Ok,
        };
        Input::AlarmsPolled(Ok(names
            .iter()
            .map(|name| (name.clone(), state(name)))
            .collect()))
    }

    fn invoke(&mut self, event: LifecycleEventName, execution_id: HookExecutionId, attempt: u8) {
        let hook = match event {
            LifecycleEventName::BeforeAllowTraffic => self.script.before.clone(),
            _ => self.script.after.clone(),
        };
        let ended = |outcome| {
            External::Tell(
                0,
                Input::HookEnded {
                    execution_id: execution_id.clone(),
                    attempt,
                    outcome,
                },
            )
        };
        if let Hook::Refused(error) = hook {
            return self.answer(
                0,
                Input::HookInvoked {
                    execution_id,
                    result: Err(error),
                },
            );
        }
        match hook {
            Hook::Crashes(times, ..) if attempt <= times => {
                self.schedule(self.now.since(T0), ended(HookOutcome::FunctionError));
            }
            Hook::Reports(after, status) | Hook::Crashes(_, after, status) => {
                let at = self.now.since(T0) + after;
                self.schedule(at, External::Put(execution_id.clone(), status));
                self.schedule(at + ms(1), ended(HookOutcome::Returned));
            }
            Hook::Silent => self.schedule(self.now.since(T0), ended(HookOutcome::Returned)),
            Hook::Refused(_) => {}
        }
    }

    fn answer(&mut self, index: usize, input: Input) {
        let at = self.now.since(T0) + self.delay();
        self.schedule(at, External::Tell(index, input));
    }

    fn schedule(&mut self, at: Duration, external: External) {
        self.scheduled += 1;
        self.pending.insert((T0 + at, self.scheduled), external);
    }

    fn delay(&mut self) -> Duration {
        self.delays += 1;
        let delays = &self.script.delays;
        let delay = delays
            .get(self.delays % delays.len().max(1))
            .copied()
            .unwrap_or_default();
        self.delayed += delay;
        delay
    }

    fn note(&mut self, what: String) {
        self.log.push((self.now.since(T0), what));
    }
}

/// The alias as `version` or `version+other:weight`.
pub(crate) fn render(alias: Option<&AliasRouting>) -> String {
    let Some(alias) = alias else {
        return "missing".into();
    };
    let mut text = alias.function_version.clone();
    for (version, weight) in &alias.additional_version_weights {
        text.push_str(&format!("+{version}:{weight}"));
    }
    text
}

fn summary_of(deployment: &Deployment) -> String {
    let events: Vec<&str> = deployment
        .lifecycle_events()
        .iter()
        .map(|event| event.status.as_str())
        .collect();
    let code = deployment
        .error_information()
        .map_or("", |error| error.code.as_str());
    let took = deployment
        .complete_time()
        .map_or(f64::NAN, |end| end.since(T0).as_secs_f64());
    format!(
        "{}({code})@{took} {}",
        deployment.status().as_str(),
        events.join("/")
    )
}
