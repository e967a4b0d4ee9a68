//! Execution environments kept for reuse, by function version.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deployment::Timestamp;

use super::environment::{Environment, Invoked, Launch, StartFailure};
use super::faults::Fault;
use super::idle::{Idle, IdleLimits, Ticket};
use super::{Completion, Invocation};
use crate::logs::Phase;
use crate::reaper::Reaper;

/// The idle environments of all function versions.
pub(crate) struct Pool {
    /// None once the pool is closed.
    idle: Mutex<Option<Idle<Environment>>>,
    limits: Option<IdleLimits>,
    /// When the limit of time was last looked at.
    looked: Mutex<Instant>,
    /// What hears of every process.
    reaper: Option<Reaper>,
}

impl Pool {
    /// An empty pool that keeps idle environments within `limits`, if there are any; `reaper` ends its processes when
    /// nothing else can.
    pub(crate) fn new(limits: Option<IdleLimits>, reaper: Option<Reaper>) -> Self {
        Self {
            idle: Mutex::new(Some(Idle::default())),
            limits,
            looked: Mutex::new(Instant::now()),
            reaper,
        }
    }

    /// Runs one invocation of the version `key`, for at most `timeout`, in an idle environment or in a new one, which
    /// is started as `launch` says.
    pub(crate) async fn invoke(
        &self,
        key: &str,
        timeout: Duration,
        launch: impl Fn() -> Launch,
        mut invocation: Invocation,
    ) -> Completion {
        loop {
            // A closed pool has nothing, and keeps nothing.
            let taken = self
                .idle()
                .as_mut()
                .map(|idle| idle.take(key, Instant::now()));
            let (ticket, environment) = taken.unzip();
            let environment = environment.flatten();
            let is_new = environment.is_none();
            let environment = match environment {
                Some(environment) => environment,
                None => {
                    let launch = launch();
                    // On the heap: every call would otherwise carry the room for a start.
                    let start = Box::pin(Environment::start(
                        &launch,
                        invocation.at,
                        self.reaper.as_ref(),
                    ));
                    match start.await {
                        Ok(environment) => environment,
                        Err(failure) => return failure.completion(&invocation),
                    }
                }
            };
            match environment.invoke(invocation, timeout).await {
                Invoked::Answered(completion, environment) => {
                    self.keep(key, ticket, environment);
                    return completion;
                }
                Invoked::Died(completion) => return completion,
                // A new one that does not even take its first request would not the next time.
                Invoked::Unused(returned, fault) if is_new => {
                    return failed(&fault, &returned.request_id, String::new(), String::new());
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
        let ticket = self
            .idle()
            .as_mut()
            .map(|idle| idle.ticket(key, Instant::now()));
        match Environment::start(launch, at, self.reaper.as_ref()).await {
            Ok(environment) => {
                self.keep(key, ticket, environment);
                Ok(())
            }
            Err(failure) => {
                let log_result = failure.log.tail();
                Err(failed(&failure.fault, "init", failure.log_tail, log_result))
            }
        }
    }

    /// Ends the idle environments of all versions whose key begins with `prefix`, and those at work when their call
    /// ends.
    pub(crate) fn forget(&self, prefix: &str) {
        if let Some(idle) = self.idle().as_mut() {
            idle.forget(prefix);
        }
    }

    /// Ends the environments that have been idle for too long.
    pub(crate) fn end_idle(&self) {
        let Some(limits) = self.limits else { return };
        let now = Instant::now();
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        // Looking costs the more, the more versions there are, and a tenth of the time late is soon enough.
        if *looked + limits.time / 10 > now {
            return;
        }
        *looked = now;
        if let Some((idle, then)) = self.idle().as_mut().zip(now.checked_sub(limits.time)) {
            idle.end_before(then);
        }
    }

    /// Ends all idle environments, and those at work when their call ends.
    pub(crate) fn close(&self) {
        *self.idle() = None;
    }

    fn keep(&self, key: &str, ticket: Option<Ticket>, environment: Environment) {
        if let Some((idle, ticket)) = self.idle().as_mut().zip(ticket) {
            idle.keep(key, ticket, environment, Instant::now());
            if let Some(limits) = self.limits {
                idle.end_beyond(limits.count);
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<Idle<Environment>>> {
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
            .end(Phase::Invoke, request_id, (Duration::ZERO, None), error);
        failed(&self.fault, request_id, self.log_tail, self.log.tail())
    }
}

fn failed(fault: &Fault, request_id: &str, log_tail: String, log_result: String) -> Completion {
    Completion {
        payload: fault.payload(request_id),
        function_error: true,
        duration: Duration::ZERO,
        log_tail,
        log_result,
        process_ended: true,
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let idle = self.idle();
        let counts = idle.iter().flat_map(Idle::counts);
        f.debug_map().entries(counts).finish()
    }
}
