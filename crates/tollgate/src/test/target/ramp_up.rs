//! Calls that do not begin all at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long after the last such call one begins that makes more calls be in flight than there ever were.
///
/// Calls that begin at once are prepared, sent and answered at once, and so are those that take their places: each waits
/// for the others, time and again, while in between nothing is to be done. Tokio's timer makes it two or three a
/// millisecond.
const APART: Duration = Duration::from_micros(400);

/// Has the calls in flight become more step by step.
#[derive(Debug, Default)]
pub(super) struct RampUp {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    in_flight: usize,
    /// The most that there ever were.
    most: usize,
    /// When the call begins that made them so many.
    last: Option<Instant>,
}

/// A call that is in flight for as long as this lives.
#[derive(Debug)]
pub(super) struct InFlight<'r>(&'r RampUp);

impl RampUp {
    /// Waits until a call may begin: one that takes the place of another may at once.
    pub(super) async fn begin(&self) -> InFlight<'_> {
        let (call, turn) = self.join();
        if let Some(turn) = turn {
            sleep_until(turn).await;
        }
        call
    }

    /// Counts a call, and says when it may begin unless that is now.
    fn join(&self) -> (InFlight<'_>, Option<Instant>) {
        let mut state = self.state();
        state.in_flight += 1;
        let turn = (state.in_flight > state.most).then(|| {
            let now = Instant::now();
            let turn = state.last.map_or(now, |last| now.max(last + APART));
            state.most = state.in_flight;
            state.last = Some(turn);
            (turn > now).then_some(turn)
        });
        drop(state);
        (InFlight(self), turn.flatten())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_further_call_in_flight_begins_later_than_the_one_before() {
        let ramp_up = RampUp::default();
        let begun = Instant::now();
        let calls = |count| join_all((0..count).map(|_| ramp_up.begin()));
        let micros = || begun.elapsed().as_micros();

        let one = calls(1).await;
        assert_eq!(micros(), 0, "the first waits for nobody");
        let ten = calls(10).await;
        // Tokio's timer is exact to a millisecond.
        assert!((4_000..=5_000).contains(&micros()), "{}", micros());

        let before = micros();
        drop((one, ten));
        let as_many = calls(11).await;
        assert_eq!(micros(), before, "they take the places of others");
        let further = calls(5).await;
        assert!((2_000..=3_000).contains(&(micros() - before)));
        drop((as_many, further));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_given_up_before_it_began_is_not_in_flight() {
        let ramp_up = RampUp::default();
        let _one = ramp_up.begin().await;
        let two = ramp_up.begin();
        assert!(tokio::time::timeout(Duration::ZERO, two).await.is_err());
        assert_eq!(ramp_up.state().in_flight, 1);
    }
}
