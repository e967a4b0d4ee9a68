//! The check of one event: invoked, judged, and compared with what the current version answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::compare::{Compared, Said, compare};
use crate::{
    Answer, CheckedEvent, Comparison, Invoke, Outcome, Run, Side, Source, TestEvent, judge,
};

/// The most mismatches from its expectation that one event lists; the rest is counted. More than a person reads, and
/// bounded, because the results of all events are in memory at once.
const LISTED: usize = 1000;

/// What the target's answer was judged to be, kept as soon as it is known: whatever cuts the check short then, a panic or
/// the end of the time, does not lose it.
#[derive(Debug, Default)]
pub(crate) struct Judged(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    outcome: Outcome,
    duration: Option<Duration>,
    /// How many of the mismatches are not listed.
    left_out: usize,
}

impl Judged {
    fn keep(&self, mut outcome: Outcome, duration: Option<Duration>) {
        let mut left_out = 0;
        if let Outcome::Unmet(mismatches) = &mut outcome {
            left_out = mismatches.len().saturating_sub(LISTED);
            mismatches.truncate(LISTED);
            mismatches.shrink_to_fit();
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept {
            outcome,
            duration,
            left_out,
        });
    }

    /// The event as it is reported, now that its check has ended: as it should, or for the given reason.
    pub(crate) fn end(
        &self,
        name: String,
        source: Source,
        ended: Result<Compared, String>,
        comparison: Option<Comparison<'_>>,
    ) -> CheckedEvent {
        let judged = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let left_out = judged.as_ref().map_or(0, |kept| kept.left_out);
        let judged = judged.map(|kept| (kept.outcome, kept.duration));
        let (outcome, duration, mut compared) = match (judged, ended) {
            (None, Err(reason)) => (Outcome::Broken(reason), None, Compared::default()),
            (None, Ok(_)) => {
                let reason = "it was not judged".to_owned();
                (Outcome::Broken(reason), None, Compared::default())
            }
            (Some((outcome, duration)), Ok(mut compared)) => {
                let mismatches = std::mem::take(&mut compared.mismatches);
                (outcome.and(mismatches), duration, compared)
            }
            (Some((outcome, duration)), Err(reason)) => match (outcome, comparison) {
                (Outcome::Met, Some(comparison)) if comparison.fails => {
                    let reason = format!(
                        "the answer is as expected, and could not be compared with version {}: {reason}",
                        comparison.current_version
                    );
                    (Outcome::Broken(reason), duration, Compared::default())
                }
                (outcome, _) => (outcome, duration, Compared::not_made(reason)),
            },
        };
        compared.left_out.mismatches += left_out;
        CheckedEvent {
            duration,
            differences: compared.differences,
            ignored: compared.ignored,
            not_compared: compared.not_compared,
            left_out: compared.left_out,
            ..CheckedEvent::new(name, source, outcome)
        }
    }
}

/// Checks one event, the one at `index`.
///
/// # Errors
///
/// For people, why the check ended early: before the target was `judged` it could not be made, after that the answers
/// could not be compared.
pub(crate) async fn check<D, T: AsRef<str>>(
    index: usize,
    event: &TestEvent<D>,
    read: impl Fn(&D) -> Result<T, String>,
    port: &impl Invoke,
    run: Run<'_>,
    judged: &Judged,
) -> Result<Compared, String> {
    let content = event.content(read)?;
    let expectation = content.expectation.as_ref();
    let opted_out = expectation.is_some_and(|expectation| !expectation.compare);
    let comparison = run.comparison.filter(|_| !opted_out);
    let order = comparison.map_or(&TARGET_ALONE[..], |comparison| {
        order(comparison.seed, index)
    });

    let mut target = None;
    let mut current: Vec<Said> = Vec::new();
    let mut problem = None;
    for &side in order {
        // Without an answer of the current version there is nothing to compare, and the target is still to be judged.
        if side == Side::Current && problem.is_some() {
            continue;
        }
        let answer = port.invoke(side, &event.name, &content.payload).await;
        match (side, comparison) {
            (Side::Current, Some(comparison)) => match current_answer(answer, comparison) {
                Ok(answer) => {
                    let said = Said::of(answer, current.iter().chain(&target));
                    current.push(said);
                }
                Err(reason) => problem = Some(reason),
            },
            (Side::Current, None) | (Side::Target, _) => {
                let answer = answer?;
                if let Some(reason) = wrong_version(run.executed_version, &answer) {
                    judged.keep(Outcome::Broken(reason), Some(answer.duration));
                    return Ok(Compared::default());
                }
                judged.keep(judge(expectation, &answer), Some(answer.duration));
                target = comparison.map(|_| Said::of(answer, &current));
            }
        }
    }
    match (problem, comparison, target, <[Said; 2]>::try_from(current)) {
        (Some(reason), ..) => Err(reason),
        (None, Some(comparison), Some(target), Ok(current)) => {
            Ok(compare(&target, &current, expectation, comparison))
        }
        _ if opted_out && run.comparison.is_some() => Ok(Compared::not_made(
            "its expectation says `$compare: false`".to_owned(),
        )),
        _ => Ok(Compared::default()),
    }
}

const TARGET_ALONE: [Side; 1] = [Side::Target];

/// The order in which the versions are asked: each of the three is as likely as the others, so that no version always
/// meets what another one has left behind.
fn order(seed: u64, index: usize) -> &'static [Side] {
    use Side::{Current, Target};
    const ORDERS: [[Side; 3]; 3] = [
        [Target, Current, Current],
        [Current, Target, Current],
        [Current, Current, Target],
    ];
    let place = u64::try_from(index).unwrap_or(u64::MAX);
    let drawn = mixed(mixed(seed).wrapping_add(place)) % 3;
    usize::try_from(drawn)
        .ok()
        .and_then(|drawn| ORDERS.get(drawn))
        .map_or(&ORDERS[0], |order| order)
}

/// SplitMix64's mix of a counter into a number that looks random
/// (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn mixed(counter: u64) -> u64 {
    let mut mixed = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn current_answer(
    answer: Result<Answer, String>,
    comparison: Comparison<'_>,
) -> Result<Answer, String> {
    let version = comparison.current_version;
    let answer = answer.map_err(|reason| format!("version {version} gave no answer: {reason}"))?;
    match wrong_version(Some(version), &answer) {
        Some(reason) => Err(reason),
        None => Ok(answer),
    }
}

fn wrong_version(expected: Option<&str>, answer: &Answer) -> Option<String> {
    match (expected, answer.executed_version.as_deref()) {
        (None, _) => None,
        (Some(expected), Some(executed)) if expected == executed => None,
        (Some(expected), Some(executed)) => Some(format!(
            "version {executed} answered instead of version {expected}"
        )),
        (Some(expected), None) => Some(format!(
            "the answer does not say which version executed it; it must be version {expected}"
        )),
    }
}
