//! Execution environments kept for reuse, by function version.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployment::Timestamp;

use super::environment::{Environment, Invoked, Launch, StartFailure};
use super::faults::Fault;
use super::{Completion, Invocation};
use crate::logs::Phase;
use crate::reaper::Reaper;

/// The idle environments of all function versions; none once the pool is closed.
pub(crate) struct Pool {
    idle: Mutex<Option<BTreeMap<String, Vec<Environment>>>>,
    /// What hears of every process.
    reaper: Option<Reaper>,
}

impl Pool {
    /// A pool without environments; `reaper` ends its processes when nothing else can.
    pub(crate) fn new(reaper: Option<Reaper>) -> Self {
        Self {
            idle: Mutex::new(Some(BTreeMap::new())),
            reaper,
        }
    }

    /// Runs one invocation of the version `key` in an idle environment, or in a new one.
    pub(crate) async fn invoke(
        &self,
        key: &str,
        launch: &Launch,
        mut invocation: Invocation,
    ) -> Completion {
        loop {
            let idle = self.take_idle(key);
            let is_new = idle.is_none();
            let environment = match idle {
                Some(environment) => environment,
                None => match Environment::start(launch, invocation.at, self.reaper.as_ref()).await
                {
                    Ok(environment) => environment,
                    Err(failure) => return failure.completion(&invocation),
                },
            };
            match environment.invoke(invocation, launch.timeout).await {
                Invoked::Answered(completion, environment) => {
                    self.keep(key, environment);
                    return completion;
                }
                Invoked::Died(completion) => return completion,
                // A new one that does not even take its first request would not the next time.
                Invoked::Unused(returned, fault) if is_new => {
                    return failed(&fault, &returned.request_id, String::new());
                }
                Invoked::Unused(returned, _) => invocation = returned,
            }
        }
    }

    /// Starts an environment of the version `key` and keeps it; the error is the completion of a call that would
    /// have needed it.
    pub(crate) async fn start(
        &self,
        key: &str,
        launch: &Launch,
        at: Timestamp,
    ) -> Result<(), Completion> {
        match Environment::start(launch, at, self.reaper.as_ref()).await {
            Ok(environment) => {
                self.keep(key, environment);
                Ok(())
            }
            Err(failure) => Err(failed(&failure.fault, "init", failure.log_tail)),
        }
    }

    /// Ends all idle environments, and those at work when their call ends.
    pub(crate) fn close(&self) {
        *self.idle() = None;
    }

    fn keep(&self, key: &str, environment: Environment) {
        if let Some(idle) = self.idle().as_mut() {
            idle.entry(key.to_owned()).or_default().push(environment);
        }
    }

    fn take_idle(&self, key: &str) -> Option<Environment> {
        self.idle().as_mut()?.get_mut(key)?.pop()
    }

    fn idle(&self) -> MutexGuard<'_, Option<BTreeMap<String, Vec<Environment>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StartFailure {
    /// Of the invocation that needed the environment, which ends before it reaches a process.
    fn completion(self, invocation: &Invocation) -> Completion {
        let Invocation { request_id, at, .. } = invocation;
        let (error_type, what) = self.fault.words();
        self.log.begin(*at, request_id);
        let error = Some((&*error_type, &*what));
        self.log
            .end(Phase::Invoke, request_id, Duration::ZERO, error);
        failed(&self.fault, request_id, self.log_tail)
    }
}

fn failed(fault: &Fault, request_id: &str, log_tail: String) -> Completion {
    Completion {
        payload: fault.payload(request_id),
        function_error: true,
        duration: Duration::ZERO,
        log_tail,
        process_ended: true,
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let idle = self.idle();
        let counts = idle
            .iter()
            .flatten()
            .map(|(key, environments)| (key, environments.len()));
        f.debug_map().entries(counts).finish()
    }
}
