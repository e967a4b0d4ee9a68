//! The calls of a hook, for whoever makes them outside of one: a command line, a build.

use crate::aws::Aws;
use crate::budget::Budget;
use crate::invoke::{answer, worth_retrying};
use crate::ports::{
    Alias, CallError, CallErrorKind, DescribeSchema as _, GetAlias as _, InvokeRequest,
};
use crate::reads::Reads;
use aws_types::SdkConfig;
use checks::Answer;
use std::time::Duration;
use tokio::time::Instant;

/// How long Lambda may turn an invocation away: longer than a burst takes to pass, or a function to become active.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a connection may be refused, which does not last where there is a service.
const PATIENCE_TO_CONNECT: Duration = Duration::from_secs(5);

/// Somebody waits: of this, [`Budget::read_by`] gives a call 8 s.
const TIME_TO_READ: Duration = Duration::from_secs(20);

/// No answer comes after this: a function runs 15 minutes at most ("Lambda quotas", AWS Lambda Developer Guide), and
/// its start and the way there and back take less than another.
const LONGEST_CALL: Duration = Duration::from_secs(16 * 60);

/// The AWS clients of a hook in the account and Region of somebody else's configuration.
#[derive(Debug)]
pub struct Client {
    aws: Aws,
}

/// One synchronous invocation (`InvocationType` `RequestResponse`).
#[derive(Clone, Copy)]
pub struct Invocation<'a> {
    /// Lambda's `FunctionName` parameter: a name, a partial or a full ARN.
    pub function: &'a str,
    /// A version or an alias; `None` leaves the parameter out, which is `$LATEST`.
    pub qualifier: Option<&'a str>,
    /// JSON text, at most 6 MB.
    pub payload: &'a str,
    /// The client context as JSON text: how the function can tell a probe from a user's request.
    pub client_context: &'a str,
}

impl std::fmt::Debug for Invocation<'_> {
    /// Shows no payload, because payloads must not reach logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invocation")
            .field("function", &self.function)
            .field("qualifier", &self.qualifier)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Clients that take Region, credentials, endpoint and HTTP client from `config`; how often and how long they try is
    /// their own. Connects to nothing yet.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            aws: Aws::with(config),
        }
    }

    /// Invokes a function as hooks do, and waits for its answer, however long the function may run.
    ///
    /// What did not reach the service, or was turned away by it (throttling, 5xx, a version that is not ready), is sent again
    /// for a minute, or for five seconds where there is no connection. A function error is an answer. A lost connection is
    /// not retried: the function may have run, and its test event need not be repeatable.
    ///
    /// # Errors
    ///
    /// There is no answer, for the reason that the kind names.
    pub async fn invoke(&self, invocation: Invocation<'_>) -> Result<Answer, CallError> {
        let begun = Instant::now();
        let again = |kind| {
            let patience = match kind {
                CallErrorKind::NotSent => PATIENCE_TO_CONNECT,
                _ => PATIENCE,
            };
            worth_retrying(kind) && begun.elapsed() < patience
        };
        let request = InvokeRequest {
            function: invocation.function,
            qualifier: invocation.qualifier,
            payload: invocation.payload,
            client_context: invocation.client_context,
            log_tail: false,
        };
        let answered = answer(&self.aws, request, begun + LONGEST_CALL, again).await?;
        Ok(answered.answer)
    }

    /// Where an alias sends its traffic (`lambda:GetAlias`). `function` is a name, a partial or a full ARN.
    ///
    /// Throttling, 5xx and lost connections are tried again, for 8 seconds at most.
    ///
    /// # Errors
    ///
    /// There is no answer, for the reason that the kind names.
    pub async fn alias(&self, function: &str, alias: &str) -> Result<Alias, CallError> {
        self.reads().get_alias(function, alias).await
    }

    /// The newest document of a schema (`schemas:DescribeSchema`).
    ///
    /// Throttling, 5xx and lost connections are tried again, for 8 seconds at most.
    ///
    /// # Errors
    ///
    /// There is no answer, for the reason that the kind names; a missing registry and a missing schema look the same.
    pub async fn describe_schema(&self, registry: &str, schema: &str) -> Result<String, CallError> {
        self.reads().describe_schema(registry, schema).await
    }

    fn reads(&self) -> Reads<'_, Aws> {
        Reads {
            ports: &self.aws,
            budget: Budget::starting_now(Some(TIME_TO_READ)),
        }
    }
}
