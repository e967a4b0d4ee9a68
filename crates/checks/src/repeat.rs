//! The same event several times: how often it is met, and what was found when it was not.

use std::time::Duration;

use serde::Serialize;

use crate::{CheckedEvent, Mismatch, Outcome};

/// What became of one event in a number of runs.
///
/// An event that is met in all of them is met. One that is unmet in any is unmet, however often it was met; else, one that
/// is broken in any is broken.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeats {
    /// How often the event was run; at least once.
    runs: u32,
    met: u32,
    broken: u32,
    /// Of the runs that were answered, in their order.
    durations: Vec<Duration>,
    /// Each once, in the order in which they were first found.
    findings: Vec<Finding>,
    /// The first run, which stands for what is the same in all.
    first: CheckedEvent,
}

/// What was found in some of the runs: a mismatch, or why a check could not be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// In how many.
    pub runs: u32,
    /// Whether the answers differed there; `what` is then the first.
    pub varies: bool,
    /// What was found.
    #[serde(flatten)]
    pub what: Found,
}

/// What a [`Finding`] is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Found {
    /// The answer was not as expected.
    Mismatch(Mismatch),
    /// The check could not be made.
    Broken {
        /// Why, for people.
        reason: String,
    },
}

impl Found {
    /// Whether both are the same in what they say of the event; the answers may differ.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Mismatch(one), Self::Mismatch(other)) => {
                one.path == other.path
                    && one.expected == other.expected
                    && one.compared_with == other.compared_with
            }
            _ => self == other,
        }
    }
}

/// The shares, from 0 to 1, between which the true one lies with a confidence of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Repeats {
    /// An event that was run once.
    pub fn of(event: CheckedEvent) -> Self {
        let mut repeats = Self {
            runs: 0,
            met: 0,
            broken: 0,
            durations: Vec::new(),
            findings: Vec::new(),
            first: CheckedEvent {
                outcome: Outcome::Met,
                ..event.clone()
            },
        };
        repeats.add(event);
        repeats
    }

    /// One more run of the same event.
    pub fn add(&mut self, event: CheckedEvent) {
        self.runs += 1;
        self.durations.extend(event.duration);
        match event.outcome {
            Outcome::Met => self.met += 1,
            Outcome::Unmet(mismatches) => {
                for mismatch in mismatches {
                    self.find(Found::Mismatch(mismatch));
                }
            }
            Outcome::Broken(reason) => {
                self.broken += 1;
                self.find(Found::Broken { reason });
            }
        }
    }

    fn find(&mut self, what: Found) {
        match self
            .findings
            .iter_mut()
            .find(|finding| finding.what.is_like(&what))
        {
            Some(finding) => {
                finding.runs += 1;
                finding.varies |= finding.what != what;
            }
            None => self.findings.push(Finding {
                runs: 1,
                varies: false,
                what,
            }),
        }
    }

    /// How often the event was run.
    pub fn runs(&self) -> u32 {
        self.runs
    }

    /// How often it was met.
    pub fn met(&self) -> u32 {
        self.met
    }

    /// How often the check could not be made.
    pub fn broken(&self) -> u32 {
        self.broken
    }

    /// Whether the event is met only sometimes.
    pub fn is_flaky(&self) -> bool {
        0 < self.met && self.met < self.runs
    }

    /// The share of runs in which the event is met in the long run, as far as these tell.
    pub fn share(&self) -> Interval {
        wilson(self.met, self.runs)
    }

    /// What was found, in the order in which it was first found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The middle one of the durations (the longer of two), where there was an answer.
    pub fn median(&self) -> Option<Duration> {
        let mut durations = self.durations.clone();
        durations.sort_unstable();
        durations.get(durations.len() / 2).copied()
    }

    /// The longest duration, where there was an answer.
    pub fn longest(&self) -> Option<Duration> {
        self.durations.iter().max().copied()
    }

    /// The event as one that was checked once: with everything that was found, and the median of its durations.
    pub fn summary(&self) -> CheckedEvent {
        let mismatches: Vec<Mismatch> = self
            .findings
            .iter()
            .filter_map(|finding| match &finding.what {
                Found::Mismatch(mismatch) => Some(mismatch.clone()),
                Found::Broken { .. } => None,
            })
            .collect();
        let reason = self
            .findings
            .iter()
            .find_map(|finding| match &finding.what {
                Found::Broken { reason } => Some(reason.clone()),
                Found::Mismatch(_) => None,
            });
        CheckedEvent {
            outcome: match reason {
                _ if !mismatches.is_empty() => Outcome::Unmet(mismatches),
                Some(reason) => Outcome::Broken(reason),
                None => Outcome::Met,
            },
            duration: self.median(),
            ..self.first.clone()
        }
    }
}

/// The 97.5th percentile of the standard normal distribution, for a confidence of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The score interval of a binomial proportion (E. B. Wilson, "Probable inference, the law of succession, and statistical
/// inference", Journal of the American Statistical Association 22, 1927), without continuity correction. Unlike the
/// textbook's one it stays within 0 and 1, and has a width also when all or none succeed.
fn wilson(successes: u32, trials: u32) -> Interval {
    let (n, z2) = (f64::from(trials.max(1)), Z * Z);
    let share = f64::from(successes) / n;
    let centre = share + z2 / (2.0 * n);
    let margin = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    Interval {
        low: ((centre - margin) / scale).max(0.0),
        high: ((centre + margin) / scale).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Source;

    /// The rows of Table I, method 3 (score), in R. G. Newcombe, "Two-sided confidence intervals for the single
    /// proportion: comparison of seven methods", Statistics in Medicine 17, 1998; and one by hand.
    #[test]
    fn wilson_is_as_published() {
        for (successes, trials, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (20, 20, 0.8389, 1.0),
            (17, 20, 0.6396, 0.9476),
        ] {
            let found = wilson(successes, trials);
            let is_close = |one: f64, other: f64| (one - other).abs() < 0.000_05;
            assert!(
                is_close(found.low, low) && is_close(found.high, high),
                "{successes} of {trials}: {found:?}"
            );
        }
    }

    fn run(outcome: Outcome, millis: Option<u64>) -> CheckedEvent {
        CheckedEvent {
            duration: millis.map(Duration::from_millis),
            ..CheckedEvent::new("A", Source::Bundled, outcome)
        }
    }

    fn unmet(mismatches: &[(&str, Value)]) -> Outcome {
        let mismatch = |(path, actual): &(&str, Value)| Mismatch {
            path: (*path).to_owned(),
            expected: 1.into(),
            actual: Some(actual.clone()),
            compared_with: None,
        };
        Outcome::Unmet(mismatches.iter().map(mismatch).collect())
    }

    /// `outcome` is the summary's, `expected` its counts (runs, met, broken), and the findings.
    fn check(outcomes: &[Outcome], outcome: &Outcome, counts: (u32, u32, u32), findings: &Value) {
        let mut runs = outcomes.iter().map(|outcome| run(outcome.clone(), None));
        let mut repeats = Repeats::of(runs.next().unwrap());
        runs.for_each(|run| repeats.add(run));
        assert_eq!(repeats.summary().outcome, *outcome, "{outcomes:?}");
        assert_eq!(
            (repeats.runs(), repeats.met(), repeats.broken()),
            counts,
            "{outcomes:?}"
        );
        assert_eq!(
            serde_json::to_value(repeats.findings()).unwrap(),
            *findings,
            "{outcomes:?}"
        );
        assert_eq!(repeats.is_flaky(), counts.1 > 0 && counts.1 < counts.0);
    }

    #[test]
    fn runs_of_an_event_are_one_outcome() {
        use Outcome::Met;
        let broken = || Outcome::Broken("no answer".to_owned());
        check(&[Met], &Met, (1, 1, 0), &json!([]));
        check(&[Met, Met, Met], &Met, (3, 3, 0), &json!([]));
        check(
            &[
                Met,
                unmet(&[("a", json!(2)), ("b", json!(3))]),
                unmet(&[("b", json!(4)), ("a", json!(2))]),
            ],
            &unmet(&[("a", json!(2)), ("b", json!(3))]),
            (3, 1, 0),
            &json!([
                {"runs": 2, "varies": false, "path": "a", "expected": 1, "actual": 2},
                {"runs": 2, "varies": true, "path": "b", "expected": 1, "actual": 3},
            ]),
        );
        check(
            &[unmet(&[("a", json!(2))]), broken()],
            &unmet(&[("a", json!(2))]),
            (2, 0, 1),
            &json!([
                {"runs": 1, "varies": false, "path": "a", "expected": 1, "actual": 2},
                {"runs": 1, "varies": false, "reason": "no answer"},
            ]),
        );
        check(
            &[broken(), Met, broken()],
            &broken(),
            (3, 1, 2),
            &json!([{"runs": 2, "varies": false, "reason": "no answer"}]),
        );
    }

    #[test]
    fn durations_are_those_of_answers() {
        for (millis, median, longest) in [
            (&[None][..], None, None),
            (&[Some(7)], Some(7), Some(7)),
            (&[Some(9), None, Some(1), Some(2)], Some(2), Some(9)),
            (&[Some(9), Some(1)], Some(9), Some(9)),
        ] {
            let mut runs = millis.iter().map(|millis| run(Outcome::Met, *millis));
            let mut repeats = Repeats::of(runs.next().unwrap());
            runs.for_each(|run| repeats.add(run));
            let median: Option<Duration> = median.map(Duration::from_millis);
            assert_eq!(repeats.median(), median, "{millis:?}");
            assert_eq!(repeats.summary().duration, median, "{millis:?}");
            assert_eq!(repeats.longest(), longest.map(Duration::from_millis));
        }
    }
}
