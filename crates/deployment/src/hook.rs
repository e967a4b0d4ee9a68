//! One hook: its attempts and its time limit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::action::{Action, HookOutcome};
use crate::id::HookExecutionId;
use crate::lifecycle::LifecycleEventName;
use crate::time::Timestamp;

/// How long after its first invocation a hook may report (user guide, "Limits": 3600 s).
pub const HOOK_CALLBACK_LIMIT: Duration = Duration::from_secs(3600);
/// How long Lambda waits before the second and the third attempt of an asynchronous invocation; there is no fourth (Lambda developer guide, "Error handling for asynchronous invocation").
pub const HOOK_RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// A hook that has not reported yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HookRun {
    pub(crate) event: LifecycleEventName,
    pub(crate) execution_id: HookExecutionId,
    pub(crate) function: String,
    /// Attempts made so far.
    attempt: u8,
    /// Whether an attempt has begun and not ended.
    running: bool,
    /// When the next attempt is due; none while one is running, and after the last one.
    invoke_at: Option<Timestamp>,
    /// When the time limit ends; none before the first attempt.
    deadline: Option<Timestamp>,
}

impl HookRun {
    /// A hook whose first attempt is due at `now`.
    pub(crate) fn new(
        event: LifecycleEventName,
        execution_id: HookExecutionId,
        function: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            event,
            execution_id,
            function: function.to_owned(),
            attempt: 0,
            running: false,
            invoke_at: Some(now),
            deadline: None,
        }
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.invoke_at.into_iter().chain(self.deadline).min()
    }

    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Makes the next attempt.
    pub(crate) fn invoke(&mut self, now: Timestamp) -> Action {
        self.attempt += 1;
        self.running = true;
        self.invoke_at = None;
        self.deadline.get_or_insert(now + HOOK_CALLBACK_LIMIT);
        self.invocation()
    }

    /// The attempt that has begun and not ended, to be made again by a driver that has lost it.
    pub(crate) fn running(&self) -> Option<Action> {
        self.running.then(|| self.invocation())
    }

    fn invocation(&self) -> Action {
        Action::InvokeHook {
            function: self.function.clone(),
            event: self.event,
            execution_id: self.execution_id.clone(),
            attempt: self.attempt,
        }
    }

    /// An attempt has ended; only a function error of the running one leads to another.
    pub(crate) fn ended(&mut self, attempt: u8, outcome: HookOutcome, now: Timestamp) {
        if attempt != self.attempt || self.invoke_at.is_some() {
            return;
        }
        self.running = false;
        if outcome == HookOutcome::Returned {
            return;
        }
        let delay = HOOK_RETRY_DELAYS.get(usize::from(attempt.saturating_sub(1)));
        self.invoke_at = delay.map(|delay| now + *delay);
    }

    /// CodeDeploy itself makes only the first attempt, so only its refusal is known to it.
    pub(crate) fn in_first_attempt(&self) -> bool {
        self.attempt == 1 && self.invoke_at.is_none()
    }
}
