//! How long a hook may work, and what it keeps back to report.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Lambda's longest function timeout ("Lambda quotas", AWS Lambda Developer Guide), assumed when the deadline is unknown.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Lambda's shortest function timeout. With less than this left there is no time for checks, only for reporting.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

/// More than this is never kept back for reporting.
const LARGEST_RESERVE: Duration = Duration::from_secs(10);

/// One answer that does not come must leave time for the next attempt, and for the calls after this one.
const LONGEST_READ: Duration = Duration::from_secs(20);

/// A deadline that is further back than this was never meant as one.
const LONGEST_CLOCK_JUMP: Duration = Duration::from_secs(60 * 60);

/// The time until Lambda stops the function, by the clock `now`; `None` is "unknown".
///
/// A deadline long past is unknown: cargo-lambda gives every invocation one in 1970. One that has just passed, as
/// after a jump of the clock, leaves nothing.
pub(crate) fn time_left(deadline: SystemTime, now: SystemTime) -> Option<Duration> {
    match deadline.duration_since(now) {
        Ok(left) => Some(left),
        Err(past) if past.duration() <= LONGEST_CLOCK_JUMP => Some(Duration::ZERO),
        Err(_) => None,
    }
}

/// The time of one invocation of a hook. It is measured by the monotonic clock, which does not jump.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    start: Instant,
    deadline: Instant,
    reserve: Duration,
}

impl Budget {
    /// A budget that starts now. `left` is the time until Lambda stops the function; `None` is "unknown".
    ///
    /// The reserve is 10 s or a fifth of what is left, whichever is less. With less than a second left nothing can be
    /// checked: the reserve is that second, because an attempt that Lambda may cut short is better than none.
    pub(crate) fn starting_now(left: Option<Duration>) -> Self {
        let left = left.unwrap_or(LONGEST_TIMEOUT).min(LONGEST_TIMEOUT);
        let (left, reserve) = if left < SHORTEST_TIMEOUT {
            (SHORTEST_TIMEOUT, SHORTEST_TIMEOUT)
        } else {
            (left, LARGEST_RESERVE.min(left / 5))
        };
        let start = Instant::now();
        Self {
            start,
            deadline: start + left,
            reserve,
        }
    }

    /// A budget for what is read while reporting, with nothing in reserve.
    pub(crate) fn until(deadline: Instant) -> Self {
        Self {
            start: Instant::now(),
            deadline,
            reserve: Duration::ZERO,
        }
    }

    /// How long the run has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// How long the checks may take, at most.
    pub(crate) fn work(&self) -> Duration {
        self.cut_off() - self.start
    }

    /// When the checks end, finished or not.
    pub(crate) fn cut_off(&self) -> Instant {
        self.deadline - self.reserve
    }

    /// Half of the time from now until the cut-off.
    pub(crate) fn half_time(&self) -> Instant {
        let now = Instant::now();
        now + self.cut_off().saturating_duration_since(now) / 2
    }

    /// When a call that only reads, and starts now, is given up: after half of the time until the cut-off, or 20 s.
    pub(crate) fn read_by(&self) -> Instant {
        let now = Instant::now();
        let left = self.cut_off().saturating_duration_since(now);
        now + LONGEST_READ.min(left / 2)
    }

    /// When a hook that has not come to a verdict yet is too busy to notice that the time is up: its own cut-off is past,
    /// and most of the reserve is left.
    pub(crate) fn overdue(&self) -> Duration {
        self.work() + self.reserve / 4
    }

    /// How long reporting may take.
    pub(crate) fn reserve(&self) -> Duration {
        self.reserve
    }

    /// When reporting that starts now ends: after the reserve, and a little before Lambda stops the function,
    /// so that a report that fails still becomes an error that Lambda retries.
    pub(crate) fn report_by(&self) -> Instant {
        (Instant::now() + self.reserve).min(self.deadline - self.reserve / 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: Option<u64>, work: u64, reserve: u64) {
        let budget = Budget::starting_now(left.map(Duration::from_millis));
        assert_eq!(budget.work(), Duration::from_millis(work), "{left:?}");
        assert_eq!(budget.reserve(), Duration::from_millis(reserve), "{left:?}");
        assert!(budget.report_by() <= budget.deadline, "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_ten_seconds_or_a_fifth() {
        check(Some(300_000), 290_000, 10_000);
        check(Some(50_000), 40_000, 10_000);
        check(Some(30_000), 24_000, 6_000);
        check(Some(3_000), 2_400, 600);
        check(Some(1_000), 800, 200);
        check(None, 890_000, 10_000);
        // A deadline that Lambda cannot have given is treated as unknown.
        check(Some(u64::MAX), 890_000, 10_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_is_nearly_there_leaves_time_for_a_report_only() {
        for left in [0, 5, 999] {
            check(Some(left), 0, 1_000);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn reporting_ends_before_lambda_does() {
        let budget = Budget::starting_now(Some(Duration::from_secs(100)));
        assert_eq!(budget.report_by() - Instant::now(), Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(95)).await;
        assert_eq!(
            budget.report_by() - Instant::now(),
            Duration::from_millis(4_500)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn reading_leaves_time_for_what_comes_after_it() {
        let read = |budget: &Budget| (budget.read_by() - Instant::now()).as_millis();
        let budget = Budget::starting_now(Some(Duration::from_secs(100)));
        assert_eq!(read(&budget), 20_000);
        tokio::time::advance(Duration::from_secs(80)).await;
        assert_eq!(read(&budget), 5_000);
        tokio::time::advance(Duration::from_secs(15)).await;
        assert_eq!(read(&budget), 0);
        assert_eq!(
            read(&Budget::starting_now(Some(Duration::from_secs(3)))),
            1_200
        );
        let reporting = Budget::until(Instant::now() + Duration::from_secs(4));
        assert_eq!(read(&reporting), 2_000);
    }

    #[test]
    fn a_deadline_in_the_past_is_unknown_unless_it_has_just_passed() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let second = Duration::from_secs(1);
        let rows = [
            (now + second, Some(second)),
            (now, Some(Duration::ZERO)),
            (now - second, Some(Duration::ZERO)),
            (now - 3_600 * second, Some(Duration::ZERO)),
            (now - 3_601 * second, None),
            // cargo-lambda's.
            (SystemTime::UNIX_EPOCH + 600 * second, None),
        ];
        for (deadline, expected) in rows {
            assert_eq!(time_left(deadline, now), expected, "{deadline:?}");
        }
    }
}
