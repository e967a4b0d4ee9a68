//! Calls that are worth making again, with exponential backoff and jitter.

use crate::ports::{CallError, CallErrorKind};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

const FIRST_WAIT: Duration = Duration::from_millis(200);

/// With less time than this there is no further attempt.
const LEAST_TIME: Duration = Duration::from_millis(50);

/// An attempt that may be given up is given this long, as far as there is time: opening a connection takes a while
/// where a function has a fourteenth of a processor, as it has with 128 MB.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(500);

/// When to stop, and how long to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// No attempt goes on after this.
    pub(crate) until: Instant,
    /// An attempt without an answer is given up after half of the time that is left, or after this time if that is
    /// less, and counts as [`CallErrorKind::NoAnswer`]. `None`: only at the end.
    pub(crate) attempt: Option<Duration>,
    /// The longest wait between two attempts.
    pub(crate) wait: Duration,
}

impl Limits {
    fn attempt_ends(&self) -> Instant {
        let now = Instant::now();
        let left = self.until.saturating_duration_since(now);
        match self.attempt {
            None => self.until,
            Some(longest) => now + (left / 2).min(longest).max(SHORTEST_ATTEMPT).min(left),
        }
    }

    /// The limits of further attempts when the service has said something. They end a little earlier, so that its words
    /// are still told to whoever waits until the end.
    fn of_further_attempts(self) -> Self {
        let until = self.until.checked_sub(LEAST_TIME).unwrap_or(self.until);
        Self { until, ..self }
    }
}

/// Calls until it succeeds, fails in a way that `worth_retrying` rejects, or the time is up.
///
/// Waits 200 ms, then twice as long each time up to the limit; of each wait a random half is left out, so that
/// the many invocations of one run do not come back together. A wait that would last until the end is shortened to half
/// of what is left, so that the last attempt is a late one.
///
/// # Errors
///
/// The last failure that the service had words for, else the last one: an attempt that the end cuts short says nothing.
pub(crate) async fn retry<T, F>(
    action: &'static str,
    mut limits: Limits,
    worth_retrying: impl Fn(CallErrorKind) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    let mut wait = FIRST_WAIT;
    let mut attempt = 1;
    let further = limits.of_further_attempts();
    let mut said = None;
    loop {
        let started = Instant::now();
        let error = match timeout_at(limits.attempt_ends(), call()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                said = Some((attempt, error.clone()));
                error
            }
            Err(_elapsed) => CallError {
                action,
                kind: CallErrorKind::NoAnswer,
                message: format!("no answer within {} ms", started.elapsed().as_millis()),
            },
        };
        if said.is_some() {
            limits = further;
        }
        let left = limits.until.saturating_duration_since(Instant::now());
        if !worth_retrying(error.kind) || left < LEAST_TIME {
            return Err(failure(attempt, error, said));
        }
        let pause = wait.min(limits.wait).mul_f64(0.5 + fastrand::f64() / 2.0);
        tracing::warn!(%error, attempt, "retrying");
        sleep(pause.min(left / 2)).await;
        wait = wait.saturating_mul(2);
        attempt += 1;
    }
}

/// A failure says how often it was tried to get past it.
fn failure(attempts: u32, last: CallError, said: Option<(u32, CallError)>) -> CallError {
    let (attempt, error) = said.unwrap_or((attempts, last));
    let message = match (attempt, attempts) {
        (_, 1) => error.message,
        (attempt, attempts) if attempt == attempts => {
            format!("{} (the last of {attempts} attempts)", error.message)
        }
        (attempt, attempts) => format!(
            "{} (attempt {attempt} of {attempts}, and no answer since)",
            error.message
        ),
    };
    CallError { message, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::future::pending;

    const ACTION: &str = "lambda:InvokeFunction";

    fn limits(seconds: u64) -> Limits {
        Limits {
            until: Instant::now() + Duration::from_secs(seconds),
            attempt: Some(Duration::from_secs(5)),
            wait: Duration::from_secs(4),
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
            limits(60),
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
    async fn tries_again_only_where_it_helps() {
        assert_eq!(attempts(CallErrorKind::Throttled, 0).await, (1, true));
        assert_eq!(attempts(CallErrorKind::Throttled, 12).await, (13, true));
        assert_eq!(attempts(CallErrorKind::Refused, 9).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn tries_until_the_time_is_up_with_growing_waits() {
        let start = Instant::now();
        let times = RefCell::new(Vec::new());
        let error = retry(
            ACTION,
            limits(60),
            |_| true,
            || {
                times.borrow_mut().push(start.elapsed());
                async { Err::<(), _>(failure(CallErrorKind::Throttled)) }
            },
        )
        .await
        .unwrap_err();
        let times = times.into_inner();
        let said = format!("as scripted (the last of {} attempts)", times.len());
        assert_eq!(
            (error.kind, error.message),
            (CallErrorKind::Throttled, said)
        );
        let last = *times.last().unwrap();
        let end = Duration::from_secs(60);
        assert!(
            last < end && end - last < Duration::from_millis(100),
            "{last:?}"
        );
        let waits: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        for (wait, longest) in waits
            .iter()
            .zip([200, 400, 800, 1_600, 3_200, 4_000, 4_000])
        {
            let longest = Duration::from_millis(longest + 2);
            assert!(
                *wait <= longest && *wait >= longest / 2 - Duration::from_millis(2),
                "{waits:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_an_attempt_without_answer_and_stops_at_the_limit() {
        async fn check(seconds: u64, attempt: Option<Duration>, expected: &[u128]) {
            let start = Instant::now();
            let made = RefCell::new(Vec::new());
            let limits = Limits {
                attempt,
                wait: Duration::ZERO,
                ..limits(seconds)
            };
            let error = retry(
                ACTION,
                limits,
                |_| true,
                || {
                    made.borrow_mut().push(start.elapsed().as_millis());
                    pending::<Result<(), CallError>>()
                },
            )
            .await
            .unwrap_err();
            assert_eq!(error.kind, CallErrorKind::NoAnswer);
            assert_eq!(made.into_inner(), expected);
            assert!(start.elapsed() <= Duration::from_secs(seconds));
        }
        let longest = Some(Duration::from_secs(5));
        check(2, longest, &[0, 1_000, 1_500]).await;
        check(12, longest, &[0, 5_000, 8_500, 10_250, 11_125, 11_625]).await;
        check(12, None, &[0]).await;
    }

    /// What the service said is worth more than that it was not heard again.
    #[tokio::test(start_paused = true)]
    async fn a_last_attempt_without_answer_does_not_hide_what_was_said() {
        async fn check(answers: u32, attempt: Option<Duration>, expected: &str) {
            let start = Instant::now();
            let made = Cell::new(0);
            let error = retry(
                ACTION,
                Limits {
                    attempt,
                    ..limits(2)
                },
                |_| true,
                || {
                    made.set(made.get() + 1);
                    let says = made.get() <= answers;
                    async move {
                        match says {
                            true => Err::<(), _>(failure(CallErrorKind::Throttled)),
                            false => pending().await,
                        }
                    }
                },
            )
            .await
            .unwrap_err();
            assert_eq!(error.kind, CallErrorKind::Throttled);
            assert_eq!(error.message, expected);
            // Before whoever gives up at the limit.
            assert!(start.elapsed() < Duration::from_secs(2), "{expected}");
        }
        let said = "as scripted (attempt 1 of 2, and no answer since)";
        check(1, None, said).await;
        let said = "as scripted (attempt 2 of 3, and no answer since)";
        check(2, None, said).await;
        let attempt = Some(Duration::from_millis(500));
        let said = "as scripted (attempt 1 of 4, and no answer since)";
        check(1, attempt, said).await;
    }
}
