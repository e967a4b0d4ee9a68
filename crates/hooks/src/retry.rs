//! Calls that are worth making again, with exponential backoff and jitter.

use crate::ports::{CallError, CallErrorKind};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// At most this many attempts.
    pub(crate) attempts: u32,
    /// No attempt goes on after this.
    pub(crate) until: Instant,
    /// An attempt without an answer in this time is given up, and counts as [`CallErrorKind::NoAnswer`].
    pub(crate) attempt_timeout: Duration,
}

/// Calls until it succeeds, fails in a way that `worth_retrying` rejects, or a limit is reached.
///
/// Waits 200 ms, then twice as long each time, up to 5 s; of each wait a random half is left out, so that
/// the many invocations of one run do not come back together.
///
/// # Errors
///
/// The last failure.
pub(crate) async fn retry<T, F>(
    action: &'static str,
    limits: Limits,
    worth_retrying: fn(CallErrorKind) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    let mut wait = FIRST_WAIT;
    let mut attempt = 1;
    loop {
        let started = Instant::now();
        let attempt_ends = limits.until.min(started + limits.attempt_timeout);
        let error = match timeout_at(attempt_ends, call()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_elapsed) => CallError {
                action,
                kind: CallErrorKind::NoAnswer,
                message: format!("no answer within {} ms", started.elapsed().as_millis()),
            },
        };
        let pause = wait.mul_f64(0.5 + fastrand::f64() / 2.0);
        if attempt >= limits.attempts
            || !worth_retrying(error.kind)
            || Instant::now() + pause >= limits.until
        {
            return Err(error);
        }
        tracing::warn!(%error, attempt, "retrying");
        sleep(pause).await;
        wait = LONGEST_WAIT.min(wait * 2);
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::future::pending;

    const ACTION: &str = "lambda:InvokeFunction";

    fn limits() -> Limits {
        Limits {
            attempts: 4,
            until: Instant::now() + Duration::from_secs(60),
            attempt_timeout: Duration::from_secs(20),
        }
    }

    fn failure(kind: CallErrorKind) -> CallError {
        CallError {
            action: ACTION,
            kind,
            message: "as scripted".to_owned(),
        }
    }

    /// Fails `failures` times with `kind`; the number of attempts made, and whether it succeeded in the end.
    async fn attempts(kind: CallErrorKind, failures: u32) -> (u32, bool) {
        let made = Cell::new(0);
        let result = retry(
            ACTION,
            limits(),
            |kind| kind == CallErrorKind::Throttled,
            || {
                made.set(made.get() + 1);
                let answer = if made.get() > failures {
                    Ok(())
                } else {
                    Err(failure(kind))
                };
                async { answer }
            },
        )
        .await;
        (made.get(), result.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn tries_again_only_where_it_helps_and_only_so_often() {
        assert_eq!(attempts(CallErrorKind::Throttled, 0).await, (1, true));
        assert_eq!(attempts(CallErrorKind::Throttled, 3).await, (4, true));
        assert_eq!(attempts(CallErrorKind::Throttled, 9).await, (4, false));
        assert_eq!(attempts(CallErrorKind::Refused, 9).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_an_attempt_without_answer_and_stops_at_the_limit() {
        let start = Instant::now();
        let made = Cell::new(0);
        let error = retry(
            ACTION,
            limits(),
            |_| true,
            || {
                made.set(made.get() + 1);
                pending::<Result<(), CallError>>()
            },
        )
        .await
        .unwrap_err();
        assert_eq!(error.kind, CallErrorKind::NoAnswer);
        assert_eq!(made.get(), 3);
        assert!(
            start.elapsed() <= Duration::from_secs(61),
            "{:?}",
            start.elapsed()
        );
    }
}
