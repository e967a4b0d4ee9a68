//! Execution environments kept for reuse, by function version.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::environment::{Environment, Invoked, Launch};
use super::{Completion, Invocation};

/// The idle environments of all function versions.
///
/// Dropping the pool ends their processes.
#[derive(Default)]
pub(crate) struct Pool {
    idle: Mutex<BTreeMap<String, Vec<Environment>>>,
}

impl Pool {
    /// Runs one invocation of the version `key` in an idle environment, or in a new one.
    pub(crate) async fn invoke(
        &self,
        key: &str,
        launch: &Launch,
        mut invocation: Invocation,
    ) -> Completion {
        loop {
            let environment = match self.take_idle(key) {
                Some(environment) => environment,
                None => match Environment::start(launch).await {
                    Ok(environment) => environment,
                    Err(failure) => {
                        return Completion {
                            payload: failure.fault.payload(&invocation.request_id),
                            function_error: true,
                            duration: Duration::ZERO,
                            log_tail: failure.log_tail,
                        };
                    }
                },
            };
            match environment.invoke(invocation, launch.timeout).await {
                Invoked::Answered(completion, environment) => {
                    self.idle()
                        .entry(key.to_owned())
                        .or_default()
                        .push(environment);
                    return completion;
                }
                Invoked::Died(completion) => return completion,
                Invoked::Unused(returned) => invocation = returned,
            }
        }
    }

    /// Ends all idle environments; those at work end with their call.
    pub(crate) fn clear(&self) {
        self.idle().clear();
    }

    fn take_idle(&self, key: &str) -> Option<Environment> {
        self.idle().get_mut(key).and_then(Vec::pop)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<Environment>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let idle = self.idle();
        f.debug_map()
            .entries(
                idle.iter()
                    .map(|(key, environments)| (key, environments.len())),
            )
            .finish()
    }
}
