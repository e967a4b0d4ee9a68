//! How the data points of an evaluation range become a state: a pure function.
//!
//! Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data", whose two
//! tables are this module's tests.

use super::names::{ComparisonOperator, StateValue, TreatMissingData};

/// What an alarm asks of its data points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Criteria {
    /// N, at least 1.
    pub(super) evaluation_periods: usize,
    /// M, from 1 to N.
    pub(super) datapoints_to_alarm: usize,
    pub(super) threshold: f64,
    pub(super) comparison_operator: ComparisonOperator,
    pub(super) treat_missing_data: TreatMissingData,
}

/// The state that data points lead to, and which of them were looked at. Positions count from the
/// newest data point, which is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evaluation {
    /// `None`: the alarm keeps its state.
    pub(super) state: Option<StateValue>,
    /// The real data points that breach the threshold, newest first.
    pub(super) breaching: Vec<usize>,
    /// The real data points that do not, newest first.
    pub(super) not_breaching: Vec<usize>,
    /// The missing data points that stand in for real ones, newest first.
    pub(super) missing: Vec<usize>,
}

impl Criteria {
    /// How many data points are retrieved: more than the evaluation periods, so that a few missing ones
    /// can be passed over.
    ///
    /// Inferred: AWS says only that it is more; 5 for 3 periods and 3 for 1 are known from the user
    /// guide.
    pub(super) fn evaluation_range(&self) -> usize {
        self.evaluation_periods + (self.evaluation_periods / 3).max(2)
    }

    pub(super) fn breaches(&self, value: f64) -> bool {
        match self.comparison_operator {
            ComparisonOperator::GreaterThanOrEqualToThreshold => value >= self.threshold,
            ComparisonOperator::GreaterThanThreshold => value > self.threshold,
            ComparisonOperator::LessThanThreshold => value < self.threshold,
            ComparisonOperator::LessThanOrEqualToThreshold => value <= self.threshold,
        }
    }
}

/// Evaluates the data points of an evaluation range, newest first, `None` where one is missing.
pub(super) fn evaluate(newest_first: &[Option<f64>], criteria: &Criteria) -> Evaluation {
    // As many real data points as there are evaluation periods are enough, wherever in the range they
    // are; only what they lack is made up from missing ones.
    let (mut breaching, mut not_breaching) = (Vec::new(), Vec::new());
    let real = newest_first
        .iter()
        .enumerate()
        .filter_map(|(position, value)| Some((position, (*value)?)));
    for (position, value) in real.take(criteria.evaluation_periods) {
        let side = if criteria.breaches(value) {
            &mut breaching
        } else {
            &mut not_breaching
        };
        side.push(position);
    }
    let lacking = criteria.evaluation_periods - breaching.len() - not_breaching.len();
    let gaps = newest_first
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_none());
    let missing: Vec<_> = gaps.map(|(position, _)| position).take(lacking).collect();

    let state = if breaching.len() >= criteria.datapoints_to_alarm {
        Some(StateValue::Alarm)
    } else if missing.is_empty() {
        Some(StateValue::Ok)
    } else {
        with_missing(&breaching, &not_breaching, missing.len(), criteria)
    };
    Evaluation {
        state,
        breaching,
        not_breaching,
        missing,
    }
}

/// The state when real data points alone neither raise the alarm nor fill the evaluation periods.
fn with_missing(
    breaching: &[usize],
    not_breaching: &[usize],
    missing: usize,
    criteria: &Criteria,
) -> Option<StateValue> {
    match criteria.treat_missing_data {
        TreatMissingData::Breaching
            if breaching.len() + missing >= criteria.datapoints_to_alarm =>
        {
            Some(StateValue::Alarm)
        }
        TreatMissingData::Breaching | TreatMissingData::NotBreaching => Some(StateValue::Ok),
        TreatMissingData::Ignore | TreatMissingData::Missing if !not_breaching.is_empty() => {
            Some(StateValue::Ok)
        }
        TreatMissingData::Ignore => None,
        TreatMissingData::Missing => Some(match breaching.last() {
            None => StateValue::InsufficientData,
            // "Avoiding premature transitions to alarm state": whatever came breached, but the next data
            // point may not, so the alarm waits until the oldest of them is M periods old.
            Some(oldest) if oldest + 1 >= criteria.datapoints_to_alarm => StateValue::Alarm,
            Some(_) => StateValue::Ok,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TreatMissingData::{Breaching, Ignore, Missing, NotBreaching};

    /// `points` reads as in AWS's tables: oldest first, `0` not breaching, `X` breaching, `-` missing.
    fn check(
        evaluation_periods: usize,
        datapoints_to_alarm: usize,
        points: &str,
        fill: usize,
        expected: [&str; 4],
    ) {
        let newest_first: Vec<_> = points
            .split_whitespace()
            .rev()
            .map(|point| match point {
                "0" => Some(0.0),
                "X" => Some(1.0),
                _ => None,
            })
            .collect();
        for (treat_missing_data, expected) in [Missing, Ignore, Breaching, NotBreaching]
            .into_iter()
            .zip(expected)
        {
            let criteria = Criteria {
                evaluation_periods,
                datapoints_to_alarm,
                threshold: 0.0,
                comparison_operator: ComparisonOperator::GreaterThanThreshold,
                treat_missing_data,
            };
            assert_eq!(newest_first.len(), criteria.evaluation_range(), "{points}");
            let evaluation = evaluate(&newest_first, &criteria);
            let state = evaluation.state.map_or("keep", StateValue::as_str);
            let place = format!(
                "{points}, {datapoints_to_alarm} of {evaluation_periods}, {treat_missing_data:?}"
            );
            assert_eq!(state, expected, "{place}");
            assert_eq!(evaluation.missing.len(), fill, "{place}");
        }
    }

    #[test]
    fn tables_of_the_user_guide() {
        check(3, 3, "0 - X - X", 0, ["OK", "OK", "OK", "OK"]);
        check(3, 3, "0 - - - -", 2, ["OK", "OK", "OK", "OK"]);
        check(
            3,
            3,
            "- - - - -",
            3,
            ["INSUFFICIENT_DATA", "keep", "ALARM", "OK"],
        );
        check(3, 3, "0 X X - X", 0, ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(3, 3, "- - X - -", 2, ["ALARM", "keep", "ALARM", "OK"]);

        check(3, 2, "0 - X - X", 0, ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(3, 2, "0 0 X 0 X", 0, ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(3, 2, "0 - X - -", 1, ["OK", "OK", "ALARM", "OK"]);
        check(3, 2, "- - - - 0", 2, ["OK", "OK", "ALARM", "OK"]);
        check(3, 2, "- - - X -", 2, ["ALARM", "keep", "ALARM", "OK"]);
    }

    #[test]
    fn an_alarm_does_not_go_off_prematurely() {
        check(3, 3, "- - - - X", 2, ["OK", "keep", "ALARM", "OK"]);
        check(3, 3, "- - - X -", 2, ["OK", "keep", "ALARM", "OK"]);
        check(2, 2, "- - - X", 1, ["OK", "keep", "ALARM", "OK"]);
        check(2, 2, "- - X -", 1, ["ALARM", "keep", "ALARM", "OK"]);
    }

    #[test]
    fn one_period_reuses_the_last_real_data_point() {
        check(1, 1, "X - -", 0, ["ALARM", "ALARM", "ALARM", "ALARM"]);
        check(1, 1, "X - 0", 0, ["OK", "OK", "OK", "OK"]);
        check(
            1,
            1,
            "- - -",
            1,
            ["INSUFFICIENT_DATA", "keep", "ALARM", "OK"],
        );
    }

    #[test]
    fn comparison() {
        use ComparisonOperator::{
            GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanOrEqualToThreshold,
            LessThanThreshold,
        };
        for (comparison_operator, expected) in [
            (GreaterThanOrEqualToThreshold, [false, true, true]),
            (GreaterThanThreshold, [false, false, true]),
            (LessThanThreshold, [true, false, false]),
            (LessThanOrEqualToThreshold, [true, true, false]),
        ] {
            let criteria = Criteria {
                evaluation_periods: 1,
                datapoints_to_alarm: 1,
                threshold: 2.5,
                comparison_operator,
                treat_missing_data: Missing,
            };
            assert_eq!(
                [2.0, 2.5, 3.0].map(|value| criteria.breaches(value)),
                expected,
                "{comparison_operator:?}"
            );
        }
    }
}
