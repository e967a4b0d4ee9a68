//! From a shift's counts to the evidence.

use super::answer::{CountedMinute, WatchedShift};
use super::finding::{NotKnown, Shift, Since};
use crate::ports::GetMetricData;
use crate::reason::reason;
use crate::shift_counts::{self, Minutes, ShiftQuery};
use crate::time;
use evidence::{CanaryEvidence, Counts, Minute};

/// How far the watch looks back for the beginning of a shift of which the alias alone tells, in seconds: longer than
/// the longest of CodeDeploy's predefined ways of shifting takes (90 minutes), and as far back as CloudWatch reads
/// quickly ("GetMetricData", CloudWatch API Reference).
const LOOK_BACK: i64 = 3 * 60 * 60;

/// The evidence of each shift up to `until`, which is the end of the last minute.
pub(super) async fn judge(
    cloudwatch: &impl GetMetricData,
    shifts: Vec<Shift>,
    until: i64,
) -> Vec<Result<WatchedShift, NotKnown>> {
    let queries: Vec<ShiftQuery> = shifts.iter().map(|shift| query(shift, until)).collect();
    let counts = shift_counts::read(cloudwatch, &queries).await;
    shifts
        .into_iter()
        .zip(counts)
        .map(|(shift, counts)| match counts {
            Ok(minutes) => Ok(judged(shift, minutes, until)),
            Err(error) => Err(NotKnown::alias(&shift.alias, reason(&error))),
        })
        .collect()
}

fn query(shift: &Shift, until: i64) -> ShiftQuery {
    ShiftQuery {
        function: shift.alias.function.clone(),
        alias: shift.alias.alias.clone(),
        new_version: shift.new_version.clone(),
        current_version: shift.current_version.clone(),
        since: match shift.since {
            Since::At(start) => start,
            Since::FirstData => until - LOOK_BACK,
        },
        until,
    }
}

fn judged(shift: Shift, mut minutes: Minutes, until: i64) -> WatchedShift {
    if shift.since == Since::FirstData {
        // What was before is no part of the shift, and would add exactly 0 where everything is known.
        let first = minutes.iter().position(|(_, seen)| was_invoked(&seen.new));
        minutes.drain(..first.unwrap_or(minutes.len()));
    }
    let since = match (minutes.first(), shift.since) {
        (Some((start, _)), _) => *start,
        (None, Since::At(start)) => time::minute(start),
        (None, Since::FirstData) => until,
    };
    let minutes = CountedMinute::all(&minutes, shift.since.part_of_first_minute());
    let read: Vec<Minute> = minutes.iter().map(CountedMinute::read).collect();
    WatchedShift {
        alias: shift.alias,
        deployment_id: shift.deployment_id,
        current_version: shift.current_version,
        new_version: shift.new_version,
        since: time::text(since),
        until: time::text(until),
        evidence: CanaryEvidence::of(&read).value(),
        minutes,
    }
}

fn was_invoked(counts: &Counts) -> bool {
    let Counts {
        invocations,
        errors,
        error_samples,
    } = counts;
    [invocations, errors, error_samples]
        .into_iter()
        .any(|count| count.is_some_and(|count| count > 0))
}
