//! How long each answer to a test event took, and which two of them make a pair.

use crate::log_tail::Reported;
use checks::{CheckedEvent, Outcome, Side, Timed, TimedBy};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long the answers took, in the order in which they came, by the event's name.
#[derive(Debug, Default)]
pub(crate) struct Times(Mutex<HashMap<String, Vec<Took>>>);

/// How long one answer took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    pub(crate) side: Side,
    /// By the hook's clock.
    pub(crate) measured: Duration,
    /// By Lambda's own words, where it has said so.
    pub(crate) reported: Option<Reported>,
}

impl Times {
    /// Keeps how long one more answer to an event took.
    pub(crate) fn keep(&self, event_name: &str, took: Took) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(event_name.to_owned()).or_default().push(took);
    }

    /// The pair of an event whose answers were compared.
    pub(crate) fn of(&self, event: &CheckedEvent, seed: u64) -> Option<Timed> {
        if event.not_compared.is_some() || matches!(event.outcome, Outcome::Broken(_)) {
            return None;
        }
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Drawn for each event: 64-bit FNV-1a, whose lowest bit is no draw.
        let drawn = event.name.bytes().fold(seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        pair(all.get(&event.name)?, drawn >> 32)
    }
}

/// Pairs the target's answer with one of the current version's two.
///
/// Wilcoxon's test asks that, where both versions are alike, either may be the slower one. So one answer is held against
/// one, not against the mean of two, and a target that was asked first, between or last has a partner that was as often
/// asked after it as before: the neighbour, or of two neighbours the one that is `drawn`. A partner with a cold start
/// is exchanged for one without.
fn pair(took: &[Took], drawn: u64) -> Option<Timed> {
    let (one, other, target) = match took {
        [target, next, last] if target.side == Side::Target => (next, last, target),
        [first, before, target] if target.side == Side::Target => (before, first, target),
        [before, target, after] if target.side == Side::Target => match drawn % 2 {
            0 => (before, after, target),
            _ => (after, before, target),
        },
        _ => return None,
    };
    let is_cold = |took: &Took| {
        let reported = took.reported.as_ref();
        reported.is_some_and(|reported| reported.init_ms.is_some())
    };
    let current = if is_cold(one) && other.reported.is_some() && !is_cold(other) {
        other
    } else {
        one
    };
    Some(match (target.reported, current.reported) {
        (Some(target), Some(current)) => Timed {
            by: TimedBy::Lambda,
            target: by_lambda(target),
            current: by_lambda(current),
        },
        _ => Timed {
            by: TimedBy::Client,
            target: by_clock(target.measured),
            current: by_clock(current.measured),
        },
    })
}

fn by_lambda(reported: Reported) -> checks::Took {
    checks::Took {
        ms: reported.duration_ms,
        init_ms: reported.init_ms,
    }
}

/// To the microsecond.
fn by_clock(measured: Duration) -> checks::Took {
    checks::Took {
        ms: (measured.as_secs_f64() * 1e6).round() / 1e3,
        init_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Side::{Current, Target};

    const COLD: Option<f64> = Some(100.0);

    /// `(side, reported, init)`; the hook has measured 5 ms more than was reported, and 50 where nothing was.
    type Answer = (Side, Option<f64>, Option<f64>);

    /// The expected pair: who measured, the target's time, the current version's, whether one is cold.
    fn check(answers: &[Answer], seed: u64, expected: Option<(TimedBy, f64, f64, bool)>) {
        let took: Vec<Took> = answers
            .iter()
            .map(|&(side, reported, init_ms)| Took {
                side,
                measured: Duration::from_secs_f64((reported.unwrap_or(45.0) + 5.0) / 1e3),
                reported: reported.map(|duration_ms| Reported {
                    duration_ms,
                    init_ms,
                }),
            })
            .collect();
        let found = pair(&took, seed);
        let found = found.map(|pair| (pair.by, pair.target.ms, pair.current.ms, pair.is_cold()));
        assert_eq!(found, expected, "{answers:?} {seed}");
    }

    #[test]
    fn the_target_is_paired_with_its_neighbour() {
        let warm = |side, ms| (side, Some(ms), None);
        let (t, one, two) = (warm(Target, 7.0), warm(Current, 1.0), warm(Current, 2.0));
        let by_lambda = |current| Some((TimedBy::Lambda, 7.0, current, false));
        for seed in [0, 1] {
            check(&[t, one, two], seed, by_lambda(1.0));
            check(&[one, two, t], seed, by_lambda(2.0));
        }
        check(&[one, t, two], 0, by_lambda(1.0));
        check(&[one, t, two], 1, by_lambda(2.0));
        check(&[one, two], 0, None);
        check(&[t, one], 0, None);
        check(&[], 0, None);
    }

    #[test]
    fn cold_starts_are_set_apart_and_what_lambda_does_not_say_is_measured() {
        let t = (Target, Some(7.0), None);
        let (cold, warm) = ((Current, Some(1.0), COLD), (Current, Some(2.0), None));
        let unknown = (Current, None, None);
        check(
            &[t, cold, warm],
            0,
            Some((TimedBy::Lambda, 7.0, 2.0, false)),
        );
        check(&[t, cold, cold], 0, Some((TimedBy::Lambda, 7.0, 1.0, true)));
        let cold_target = (Target, Some(7.0), COLD);
        check(
            &[cold_target, warm, warm],
            0,
            Some((TimedBy::Lambda, 7.0, 2.0, true)),
        );
        // Both by the same clock.
        check(
            &[t, unknown, warm],
            0,
            Some((TimedBy::Client, 12.0, 50.0, false)),
        );
        check(
            &[t, cold, unknown],
            0,
            Some((TimedBy::Lambda, 7.0, 1.0, true)),
        );
        check(
            &[(Target, None, None), warm, warm],
            0,
            Some((TimedBy::Client, 50.0, 7.0, false)),
        );
    }
}
