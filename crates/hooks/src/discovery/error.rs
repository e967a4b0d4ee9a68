//! Why it is not known what a deployment deploys. Denied, missing and contradictory are different things to mend.

use super::shift::ShiftError;
use crate::app_spec::AppSpecError;
use crate::ports::{CallError, CallErrorKind};

/// Why nothing can be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoveryError {
    #[error("deployment {deployment} is for the compute platform {platform}, not Lambda")]
    NotLambda {
        deployment: String,
        platform: String,
    },
    #[error("deployment {deployment} has ended already ({how}), so there is nothing left to check")]
    Ended { deployment: String, how: String },
    #[error("what deployment {deployment} deploys cannot be gated")]
    AppSpec {
        deployment: String,
        source: AppSpecError,
    },
    #[error("what the AppSpec of deployment {deployment} asks for cannot be gated")]
    Shift {
        deployment: String,
        source: ShiftError,
    },
    #[error(
        "cannot find out what deployment {deployment} deploys; its AppSpec: {app_spec}; its deployment target: {target}; GATE_TARGET would go without both"
    )]
    Unknown {
        deployment: String,
        app_spec: String,
        target: String,
    },
    #[error(
        "the sources of deployment {deployment} contradict each other; its AppSpec: {app_spec}; its deployment target: {target}"
    )]
    Contradiction {
        deployment: String,
        app_spec: String,
        target: String,
    },
    #[error(
        "deployment {deployment} names {function} for both of its hooks, and which of them is asked cannot be told (two functions could); its deployment target: {target}; its alias: {alias}"
    )]
    LifecycleEvent {
        deployment: String,
        function: String,
        target: String,
        alias: String,
    },
}

/// Why one source does not say what is needed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("denied")]
    Denied(#[source] CallError),
    #[error("missing")]
    NotFound(#[source] CallError),
    #[error("not available")]
    Unavailable(#[source] CallError),
    #[error("missing: {0}")]
    Missing(&'static str),
    #[error("not in CodeDeploy: the revision is of type `{0}`")]
    Elsewhere(String),
    #[error("not understood")]
    AppSpec(#[source] AppSpecError),
    #[error("not understood")]
    Shift(#[source] ShiftError),
    #[error("not understood: there are {0} of them, and a Lambda deployment has exactly one")]
    Targets(usize),
}

impl From<CallError> for SourceError {
    fn from(error: CallError) -> Self {
        match error.kind {
            CallErrorKind::AccessDenied => Self::Denied(error),
            CallErrorKind::NotFound => Self::NotFound(error),
            CallErrorKind::Throttled
            | CallErrorKind::NotReady
            | CallErrorKind::Unavailable
            | CallErrorKind::NotSent
            | CallErrorKind::NoAnswer
            | CallErrorKind::NoSuchHost
            | CallErrorKind::AlreadyCompleted
            | CallErrorKind::Refused => Self::Unavailable(error),
        }
    }
}
