//! Hook functions with one fault each, for the scenarios in which a hook misbehaves.
//!
//! The emulator runs this very program as such a function: nothing else is needed to rehearse a hook that never
//! reports, in whatever stack.

use clap::ValueEnum;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

/// How a stand-in behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StandIn {
    /// Answers at once and never calls `PutLifecycleEventHookExecutionStatus`.
    NeverReports,
    /// Ends its process in the middle of each invocation.
    Crashes,
}

impl StandIn {
    /// The arguments with which `tollgate` becomes this stand-in.
    pub(crate) fn args(self) -> Vec<String> {
        let value = self
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        vec!["stand-in".to_owned(), value]
    }

    /// Serves invocations until the emulator ends the process.
    pub(crate) async fn serve(self) -> Result<(), lambda_runtime::Error> {
        lambda_runtime::run(service_fn(move |_: LambdaEvent<Value>| async move {
            match self {
                Self::NeverReports => Ok::<_, lambda_runtime::Error>("done, and nobody is told"),
                Self::Crashes => crash(),
            }
        }))
        .await
    }
}

/// Ends the process in the middle of a call; an abort would leave a core dump behind.
#[expect(clippy::exit, reason = "crashing is what this stand-in is for")]
fn crash() -> Result<&'static str, lambda_runtime::Error> {
    std::process::exit(1)
}
