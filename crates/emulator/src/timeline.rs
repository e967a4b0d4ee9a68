//! What happened, in simulated time: the emulator's only output besides its answers.

use deployment::Timestamp;

use crate::ServiceError;
use crate::shared::Invoked;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEntry {
    /// When, in simulated time.
    pub at: Timestamp,
    /// What.
    pub happening: Happening,
}

/// Everything that a deployment's timeline is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A deployment was created.
    DeploymentCreated {
        /// Its id.
        deployment_id: String,
        /// The deployment that it rolls back, where it is a rollback.
        rolls_back: Option<String>,
    },
    /// A lifecycle event has a new status.
    LifecycleEvent {
        /// The deployment.
        deployment_id: String,
        /// `BeforeAllowTraffic`, `AllowTraffic` or `AfterAllowTraffic`.
        name: &'static str,
        /// `InProgress`, `Succeeded`, `Failed` or `Skipped`.
        status: &'static str,
    },
    /// CodeDeploy invoked a hook function.
    HookInvoked {
        /// The deployment.
        deployment_id: String,
        /// The lifecycle event that it serves.
        event: &'static str,
        /// The function's name.
        function: String,
        /// 1, or 2 and 3 for Lambda's retries of a failed asynchronous invocation.
        attempt: u8,
    },
    /// The hook function ended, one way or another.
    HookEnded {
        /// The deployment.
        deployment_id: String,
        /// The lifecycle event that it served.
        event: &'static str,
        /// The function's name.
        function: String,
        /// As of the invocation.
        attempt: u8,
        /// What it answered, or the error object.
        payload: String,
        /// Whether it is a function error.
        function_error: bool,
        /// The last lines of its output, where its process ended.
        log_tail: String,
    },
    /// A hook reported through `PutLifecycleEventHookExecutionStatus`.
    HookReported {
        /// The deployment.
        deployment_id: String,
        /// `Succeeded` or `Failed`.
        status: String,
    },
    /// An invocation that a schedule asked for ended, one way or another: each attempt of Lambda's, where it is retried, also
    /// one that did not run.
    ScheduledRunEnded {
        /// The rule's name.
        rule: String,
        /// The function's name.
        function: String,
        /// What it answered, the error object, or why Lambda refused the call.
        payload: String,
        /// Whether it is a function error, which a refusal counts as.
        function_error: bool,
        /// The last lines of its output, where its process ended.
        log_tail: String,
    },
    /// An alias points elsewhere.
    AliasUpdated {
        /// The function's name.
        function: String,
        /// The alias.
        alias: String,
        /// The version it points at.
        function_version: String,
        /// A second version and its share, 0 to 1.
        additional_version_weight: Option<(String, f64)>,
    },
    /// An alarm changed its state.
    AlarmState {
        /// The alarm's name.
        name: String,
        /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
        state: String,
        /// CloudWatch's own words.
        reason: String,
    },
    /// A deployment has ended.
    DeploymentEnded {
        /// Its id.
        deployment_id: String,
        /// `Succeeded`, `Failed` or `Stopped`.
        status: &'static str,
        /// `errorInformation`: code and message.
        error: Option<(&'static str, String)>,
    },
}

/// What came of an invocation, as a timeline shows it: nothing in it depends on the run.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the function answered, the error object, or the text of the error with which Lambda refused the call.
    pub(crate) payload: String,
    pub(crate) function_error: bool,
    /// The last lines of its output, where its process ended.
    pub(crate) log_tail: String,
}

impl Answer {
    /// What became of an attempt to invoke a function; one that was refused shows why, as a function error.
    pub(crate) fn of(attempt: Result<Invoked, ServiceError>) -> Self {
        match attempt {
            Ok(invoked) => Self::of_function(invoked),
            Err(error) => Self {
                payload: error.to_string(),
                function_error: true,
                log_tail: String::new(),
            },
        }
    }

    fn of_function(invoked: Invoked) -> Self {
        let Invoked {
            completion,
            version,
            ..
        } = invoked;
        // A timeline must not depend on where this run keeps its copies.
        let completion = completion.with_texts(|text| version.as_on_lambda(text));
        // What a process that goes on has written may arrive now or later, and a timeline must not depend on it.
        let log_tail = if completion.process_ended {
            completion.log_tail
        } else {
            String::new()
        };
        Self {
            payload: String::from_utf8_lossy(&completion.payload).into_owned(),
            function_error: completion.function_error,
            log_tail,
        }
    }
}
