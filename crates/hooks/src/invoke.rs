//! Sending a test event to the function under test.

use crate::durations::{Times, Took};
use crate::log_tail::Reported;
use crate::memory::Memory;
use crate::ports::{CallError, CallErrorKind, InvokeFunction, InvokeRequest};
use crate::reason::reason;
use crate::retry::{Limits, retry};
use checks::{Answer, Invoke, Side};
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument;

/// Whatever made Lambda turn an invocation away, five seconds are a long time to it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Invokes one function at a qualifier for each side, synchronously.
#[derive(Debug)]
pub(crate) struct Invoker<'a, P> {
    pub(crate) lambda: &'a P,
    /// A name or an unqualified ARN.
    pub(crate) function: &'a str,
    /// The version or the alias under test.
    pub(crate) target: &'a str,
    /// The version that it is compared with, where there is one.
    pub(crate) current: Option<&'a str>,
    /// In which the answers are looked at.
    pub(crate) memory: Memory,
    /// Nothing is sent again after this.
    pub(crate) until: Instant,
    /// The current version is not waited for after this: what it does not answer must not keep the target from being
    /// checked, whichever of them is asked first, and however many events there are.
    pub(crate) current_until: Instant,
    /// How the function under test can tell a probe from a user's request.
    pub(crate) client_context: &'a str,
    /// Where how long each of them took is kept, where durations are compared.
    pub(crate) times: Option<&'a Times>,
}

/// An answer, and how long it took by Lambda's own words.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    /// Where the end of the log was asked for, and says so.
    pub(crate) reported: Option<Reported>,
}

impl<P: InvokeFunction + Sync> Invoke for Invoker<'_, P> {
    /// The answer, timed from the attempt that was answered.
    ///
    /// An attempt that did not reach the service, or that it turned away (throttling, 5xx, a version that is not ready), has
    /// not run the function, or not to an end that anyone could judge, and is made again until the time is up. A function error is
    /// an answer. A lost connection is not retried: the function may have run, and its test event need not be repeatable.
    async fn invoke(&self, side: Side, event_name: &str, payload: &str) -> Result<Answer, String> {
        let (qualifier, until) = match side {
            Side::Target => (self.target, self.until),
            Side::Current if Instant::now() >= self.current_until => {
                return Err(
                    "half of the time was up, and the rest is kept for the target".to_owned(),
                );
            }
            Side::Current => (
                self.current
                    .ok_or_else(|| "the current version is not known".to_owned())?,
                self.current_until,
            ),
        };
        let request = InvokeRequest {
            function: self.function,
            qualifier: Some(qualifier),
            payload,
            client_context: self.client_context,
            log_tail: self.times.is_some(),
        };
        // An error's level, so that the warnings within it name the event whatever the level is.
        let span = tracing::error_span!("test event", event = event_name, qualifier);
        let answered = answer(self.lambda, request, until, worth_retrying)
            .instrument(span)
            .await;
        let Answered { answer, reported } = answered.map_err(|error| reason(&error))?;
        if let Some(times) = self.times {
            let took = Took {
                side,
                measured: answer.duration,
                reported,
            };
            times.keep(event_name, took);
        }
        let documents = if self.current.is_some() { 3 } else { 1 };
        self.memory.suffices(&answer.payload, documents)?;
        Ok(answer)
    }
}

/// The answer, timed from the attempt that was answered; none is waited for after `until`.
pub(crate) async fn answer(
    lambda: &impl InvokeFunction,
    request: InvokeRequest<'_>,
    until: Instant,
    worth_retrying: impl Fn(CallErrorKind) -> bool,
) -> Result<Answered, CallError> {
    let limits = Limits {
        until,
        attempt: None,
        wait: LONGEST_WAIT,
    };
    let call = async || {
        let started = Instant::now();
        let response = lambda.invoke_function(request).await?;
        let answer = Answer {
            payload: response.payload,
            function_error: response.function_error,
            executed_version: response.executed_version,
            duration: started.elapsed(),
        };
        let reported = response.log_tail.as_deref().and_then(Reported::read);
        Ok(Answered { answer, reported })
    };
    let answered = retry("lambda:InvokeFunction", limits, worth_retrying, call).await;
    match &answered {
        Ok(Answered { answer, .. }) => tracing::info!(
            duration_ms = answer.duration.as_millis(),
            bytes = answer.payload.len(),
            function_error = answer.function_error,
            "answered"
        ),
        Err(error) => tracing::info!(%error, "not answered"),
    }
    answered
}

/// Whether an invocation that was not answered has not run the function either, or not to an end that anyone could judge.
pub(crate) fn worth_retrying(kind: CallErrorKind) -> bool {
    match kind {
        CallErrorKind::Throttled
        | CallErrorKind::Unavailable
        | CallErrorKind::NotReady
        | CallErrorKind::NotSent => true,
        CallErrorKind::NotFound
        | CallErrorKind::AccessDenied
        | CallErrorKind::NoAnswer
        | CallErrorKind::NoSuchHost
        | CallErrorKind::AlreadyCompleted
        | CallErrorKind::Refused => false,
    }
}
