//! Which deployment type to take.

use evidence::{Alpha, clean_invocations};
use serde::Serialize;

use super::figures::{count, of_all, percent};
use super::model::{ForType, Judged, bad_rates};
use super::traffic::Traffic;

/// A version that errs so often is to be seen.
const WANTED: f64 = 0.05;

/// In so many of the shifts.
const SURE: f64 = 0.95;

/// Good versions may be rolled back so often; above this, it is too often.
pub(super) const TOLERABLE: f64 = 0.05;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recommendation {
    /// `None` where no type sees anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment_type: Option<String>,
    /// A version that errs so often is rolled back in 95 of 100 shifts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sees_error_rate: Option<f64>,
    /// For people.
    pub(super) reason: String,
}

impl Recommendation {
    /// The shortest of the types by which the watch sees a version with 5 % errors, or the least rate that any sees.
    pub(super) fn of(traffic: &Traffic, types: &[ForType]) -> Self {
        // What is no worse than the current version cannot be wanted.
        let rates = bad_rates()
            .into_iter()
            .filter(|rate| *rate >= WANTED && *rate > traffic.error_rate);
        let wanted = rates.clone().next();
        let mut seen = rates.filter_map(|rate| Some((rate, shortest(types, rate)?)));
        let calls = count(traffic.calls_per_minute);
        let (deployment_type, reason) = match (seen.next(), wanted) {
            (Some((rate, found)), Some(wanted)) if rate > wanted => (
                Some((rate, found)),
                format!(
                    "At {calls} calls a minute no shift of these shows a version with {} errors in 95 of 100 runs; this \
                     is the shortest that shows {}. For less, the cure is more test events: {}",
                    percent(wanted),
                    caught(found, rate),
                    clean(wanted),
                ),
            ),
            (Some((rate, found)), _) => (
                Some((rate, found)),
                format!(
                    "The shortest shift of these in which the watch catches {}.{}",
                    caught(found, rate),
                    of_tripwire(found),
                ),
            ),
            (None, Some(wanted)) => (
                None,
                format!(
                    "At {calls} calls a minute no shift of these shows even a version of which every call fails in 95 of \
                     100 runs: too few calls are judged before it ends. The cure is a longer shift, or more test events: {}",
                    clean(wanted),
                ),
            ),
            (None, None) => (
                None,
                "Nothing is much worse than the current version.".to_owned(),
            ),
        };
        Self {
            deployment_type: deployment_type.map(|(_, found)| found.deployment_type.clone()),
            sees_error_rate: deployment_type.map(|(rate, _)| rate),
            reason,
        }
    }
}

fn shortest(types: &[ForType], rate: f64) -> Option<&ForType> {
    let sees = |found: &&ForType| {
        let good = found.good();
        found
            .bad(rate)
            .is_some_and(|shifts| shifts.watch.rolled_back >= SURE)
            && good.is_some_and(|shifts| shifts.watch.rolled_back <= TOLERABLE)
    };
    types.iter().filter(sees).min_by_key(|found| found.minutes)
}

/// `5 % errors: in 97.1 % of the runs, half of these by minute 4`
fn caught(found: &ForType, rate: f64) -> String {
    let errors = format!("{} errors", percent(rate));
    let Some(Judged {
        rolled_back,
        median_seconds: Some(seconds),
    }) = found.bad(rate).map(|shifts| &shifts.watch)
    else {
        return errors;
    };
    format!(
        "{errors}: in {} % of the runs, half of these by minute {}",
        of_all(*rolled_back),
        seconds.div_ceil(60)
    )
}

/// What the tripwire would cost.
fn of_tripwire(found: &ForType) -> String {
    match found.good() {
        Some(shifts) if shifts.tripwire.rolled_back > TOLERABLE => format!(
            " The tripwire would roll back {} % of the good versions.",
            of_all(shifts.tripwire.rolled_back)
        ),
        _ => String::new(),
    }
}

/// How many clean test events exclude a rate.
fn clean(rate: f64) -> String {
    // A version of which every call fails is excluded by one.
    let events = clean_invocations(rate, Alpha::ONE_IN_TWENTY).unwrap_or(1);
    format!(
        "{events} that all pass exclude {} errors with 95 % confidence.",
        percent(rate)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::model::{NewVersion, Shifts};

    fn judged(rolled_back: f64) -> Judged {
        Judged {
            rolled_back,
            median_seconds: (rolled_back > 0.0).then_some(150),
        }
    }

    /// A type of so many minutes: how often a good version is rolled back, and those with 5, 20 and 100 % errors.
    fn of(minutes: u64, good: f64, caught: [f64; 3]) -> ForType {
        let shifts = |new_version, error_rate, watch| Shifts {
            new_version,
            error_rate,
            watch: judged(watch),
            tripwire: judged(0.8),
        };
        let bad = [0.05, 0.2, 1.0].into_iter().zip(caught);
        let bad = bad.map(|(rate, caught)| shifts(NewVersion::Bad, rate, caught));
        ForType {
            deployment_type: format!("of {minutes}"),
            deployment_config: None,
            minutes,
            calls_in_time: 0.0,
            shifts: [shifts(NewVersion::Good, 0.005, good)]
                .into_iter()
                .chain(bad)
                .collect(),
        }
    }

    /// `expected`: the type, the rate that it sees, and a part of the reason.
    fn check(types: &[ForType], error_rate: f64, expected: (Option<&str>, Option<f64>, &str)) {
        let traffic = Traffic {
            calls_per_minute: 120.0,
            error_rate,
            measured: None,
        };
        let found = Recommendation::of(&traffic, types);
        let (name, rate, part) = expected;
        assert_eq!(
            (found.deployment_type.as_deref(), found.sees_error_rate),
            (name, rate),
            "{found:?}"
        );
        assert!(found.reason.contains(part), "{found:?}");
    }

    #[test]
    fn the_shortest_that_sees_what_is_wanted() {
        let all = [1.0, 1.0, 1.0];
        check(
            &[
                of(30, 0.01, all),
                of(10, 0.01, [0.96, 1.0, 1.0]),
                of(5, 0.01, [0.94, 1.0, 1.0]),
            ],
            0.005,
            (
                Some("of 10"),
                Some(0.05),
                "catches 5 % errors: in 96.0 % of the runs, half of these by minute 3. The tripwire would roll back 80.0 %",
            ),
        );
        // What rolls good versions back is no judge.
        check(
            &[of(30, 0.01, all), of(10, 0.06, all)],
            0.005,
            (Some("of 30"), Some(0.05), "catches 5 % errors"),
        );
        check(
            &[of(30, 0.01, [0.9, 1.0, 1.0]), of(10, 0.01, [0.1, 0.9, 1.0])],
            0.005,
            (
                Some("of 30"),
                Some(0.2),
                "a version with 5 % errors in 95 of 100 runs; this is the shortest that shows 20 % errors",
            ),
        );
        check(
            &[of(30, 0.01, [0.0, 0.5, 0.94])],
            0.005,
            (None, None, "59 that all pass exclude 5 % errors"),
        );
        // After a version with 10 % errors, 5 % are none too many.
        check(
            &[of(30, 0.01, [0.0, 0.96, 1.0])],
            0.1,
            (Some("of 30"), Some(0.2), "catches 20 % errors"),
        );
        check(
            &[of(30, 0.01, [0.0, 0.0, 0.5])],
            0.2,
            (None, None, "1 that all pass exclude 100 % errors"),
        );
    }
}
