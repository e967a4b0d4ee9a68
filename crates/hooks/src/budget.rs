//! How long a hook may work, and what it keeps back to report.

use std::time::Duration;
use tokio::time::Instant;

/// Lambda's longest function timeout ("Lambda quotas", AWS Lambda Developer Guide), assumed when the deadline is unknown.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// More than this is never kept back for reporting.
const LARGEST_RESERVE: Duration = Duration::from_secs(10);

/// The time of one invocation of a hook.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    deadline: Instant,
    reserve: Duration,
}

impl Budget {
    /// A budget that starts now. `left` is the time until Lambda stops the function; `None` is "unknown".
    ///
    /// The reserve is 10 s or a fifth of what is left, whichever is less.
    pub(crate) fn starting_now(left: Option<Duration>) -> Self {
        let left = left.unwrap_or(LONGEST_TIMEOUT).min(LONGEST_TIMEOUT);
        Self {
            deadline: Instant::now() + left,
            reserve: LARGEST_RESERVE.min(left / 5),
        }
    }

    /// When the checks end, finished or not.
    pub(crate) fn cut_off(&self) -> Instant {
        self.deadline - self.reserve
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
        let start = Instant::now();
        let budget = Budget::starting_now(left.map(Duration::from_millis));
        assert_eq!(
            budget.cut_off() - start,
            Duration::from_millis(work),
            "{left:?}"
        );
        assert_eq!(budget.reserve(), Duration::from_millis(reserve), "{left:?}");
        assert!(budget.report_by() <= budget.deadline, "{left:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_ten_seconds_or_a_fifth() {
        check(Some(300_000), 290_000, 10_000);
        check(Some(50_000), 40_000, 10_000);
        check(Some(30_000), 24_000, 6_000);
        check(Some(3_000), 2_400, 600);
        check(Some(0), 0, 0);
        check(None, 890_000, 10_000);
        // A deadline that Lambda cannot have given is treated as unknown.
        check(Some(u64::MAX), 890_000, 10_000);
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
}
