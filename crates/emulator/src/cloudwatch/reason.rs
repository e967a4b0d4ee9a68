//! Why an alarm changed its state: the texts of `StateReason` and `StateReasonData`.
//!
//! The wording is that of alarms captured on AWS. Where no capture shows it (four data points and the
//! list of a long way back to OK) it is inferred from its neighbours.

use serde_json::{Value, json};

use super::alarm::AlarmDefinition;
use super::evaluation::Evaluation;
use super::metrics::StatisticSet;
use super::names::{ComparisonOperator, StateValue, TreatMissingData};
use crate::calendar::{Date, Time, iso};

/// The reason of an alarm that has not been evaluated yet.
pub(super) const INITIAL: &str = "Unchecked: Initial alarm creation";

/// The longest `StateReasonData` that the service model allows, in characters.
const REASON_DATA_LIMIT: usize = 4000;

/// From this many data points on, the text lists only the newest ones, as many as this.
const LONG_LIST: usize = 5;

/// One evaluation with all that its reason tells.
pub(super) struct Evaluated<'a> {
    pub(super) definition: &'a AlarmDefinition,
    pub(super) evaluation: &'a Evaluation,
    /// The evaluation range, newest first.
    pub(super) points: &'a [Option<StatisticSet>],
    /// End of the newest window, in seconds since the Unix epoch.
    pub(super) end: i64,
    /// The state that the evaluation led to.
    pub(super) state: StateValue,
}

impl Evaluated<'_> {
    /// The text for people.
    pub(super) fn reason(&self) -> String {
        let Evaluation {
            breaching,
            not_breaching,
            missing,
            ..
        } = self.evaluation;
        if self.state == StateValue::InsufficientData {
            return format!(
                "Insufficient Data: {} unknown.",
                counted(missing.len(), "datapoint was", "datapoints were")
            );
        }
        let supporting = self.supporting();
        let treated = self.missing_clause(supporting.is_empty());
        if supporting.is_empty() {
            let received = match breaching.len() + not_breaching.len() {
                0 => "no datapoints were".to_owned(),
                real => counted(real, "datapoint was", "datapoints were"),
            };
            let periods = counted(
                self.definition.criteria().evaluation_periods,
                "period",
                "periods",
            );
            return format!(
                "Threshold Crossed: {received} received for {periods}{treated}{}.",
                self.minimum_clause()
            );
        }

        let count = supporting.len();
        let subject = match self.definition.datapoints_to_alarm {
            Some(_) => format!(
                "{count} out of the last {} datapoints",
                self.definition.evaluation_periods
            ),
            None => counted(count, "datapoint", "datapoints"),
        };
        let newest: Vec<_> = supporting
            .iter()
            .take(LONG_LIST)
            .filter_map(|position| self.rendered(*position))
            .collect();
        let newest = newest.join(", ");
        let verb = if count == 1 { "was" } else { "were" };
        let not = if self.state == StateValue::Ok {
            "not "
        } else {
            ""
        };
        let compared = comparison(self.definition.comparison_operator);
        let threshold = java_double(self.definition.threshold);
        let crossed = format!("{verb} {not}{compared} the threshold ({threshold}){treated}");
        let minimum = self.minimum_clause();
        if count < LONG_LIST {
            format!("Threshold Crossed: {subject} [{newest}] {crossed}{minimum}.")
        } else {
            let which = if self.state == StateValue::Ok {
                ""
            } else {
                " which crossed the threshold"
            };
            format!(
                "Threshold Crossed: {subject} {crossed}. The most recent datapoints{which}: [{newest}]{minimum}."
            )
        }
    }

    /// The same for programs: JSON text.
    pub(super) fn reason_data(&self, query_date_millis: i64) -> String {
        let mut real: Vec<_> = self
            .evaluation
            .breaching
            .iter()
            .chain(&self.evaluation.not_breaching)
            .copied()
            .collect();
        real.sort_unstable();
        let mut evaluated = self.deciding();
        // The oldest are left out where the lists are too long; AWS's own way of shortening is unknown.
        real.truncate(REASON_DATA_LIMIT / 40);
        evaluated.truncate(REASON_DATA_LIMIT / 40);
        loop {
            let text = self
                .reason_data_of(query_date_millis, &real, &evaluated)
                .to_string();
            if text.len() <= REASON_DATA_LIMIT
                || (evaluated.pop().is_none() && real.pop().is_none())
            {
                return text;
            }
        }
    }

    fn reason_data_of(&self, query_date_millis: i64, real: &[usize], evaluated: &[usize]) -> Value {
        let definition = self.definition;
        let value = |position: usize| {
            Some(
                self.points
                    .get(position)?
                    .as_ref()?
                    .get(definition.statistic),
            )
        };
        let mut data = json!({"version": "1.0", "queryDate": captured(query_date_millis)});
        if let Some(oldest) = real.last() {
            data["startDate"] = captured(self.start_of(*oldest).saturating_mul(1000)).into();
        }
        if let Some(unit) = definition.unit {
            data["unit"] = unit.as_str().into();
        }
        data["statistic"] = definition.statistic.as_str().into();
        data["period"] = definition.period.into();
        data["recentDatapoints"] = real
            .iter()
            .rev()
            .filter_map(|position| value(*position))
            .collect();
        data["threshold"] = definition.threshold.into();
        data["evaluatedDatapoints"] = evaluated
            .iter()
            .map(|position| {
                let timestamp = captured(self.start_of(*position).saturating_mul(1000));
                match self.points.get(*position).copied().flatten() {
                    Some(point) => json!({
                        "timestamp": timestamp,
                        "sampleCount": point.sample_count,
                        "value": point.get(definition.statistic),
                    }),
                    None => json!({"timestamp": timestamp}),
                }
            })
            .collect();
        data
    }

    /// The real data points on the side of the state.
    fn supporting(&self) -> &[usize] {
        match self.state {
            StateValue::Alarm => &self.evaluation.breaching,
            StateValue::Ok => &self.evaluation.not_breaching,
            StateValue::InsufficientData => &[],
        }
    }

    /// The newest data points that decided the state, no more than it takes. Inferred from captures: all
    /// three of a 3-of-3 alarm going to ALARM, one of the three when it goes back.
    fn deciding(&self) -> Vec<usize> {
        let missing_count = match self.definition.treat_missing_data() {
            TreatMissingData::Breaching => self.state == StateValue::Alarm,
            TreatMissingData::NotBreaching => self.state == StateValue::Ok,
            TreatMissingData::Missing | TreatMissingData::Ignore => {
                self.state == StateValue::InsufficientData
            }
        };
        let mut deciding = self.supporting().to_vec();
        if missing_count {
            deciding.extend(&self.evaluation.missing);
        }
        if let Some(needed) = self.needed() {
            deciding.truncate(needed);
        }
        deciding.sort_unstable();
        deciding
    }

    /// How many data points a change to the state takes: M for ALARM, N − M + 1 for OK.
    fn needed(&self) -> Option<usize> {
        let criteria = self.definition.criteria();
        match self.state {
            StateValue::Alarm => Some(criteria.datapoints_to_alarm),
            StateValue::Ok => Some(criteria.evaluation_periods - criteria.datapoints_to_alarm + 1),
            StateValue::InsufficientData => None,
        }
    }

    fn missing_clause(&self, always: bool) -> String {
        let treated = match self.definition.treat_missing_data() {
            TreatMissingData::Breaching => "Breaching",
            TreatMissingData::NotBreaching => "NonBreaching",
            TreatMissingData::Missing | TreatMissingData::Ignore if always => "Missing",
            TreatMissingData::Missing | TreatMissingData::Ignore => return String::new(),
        };
        match self.evaluation.missing.len() {
            0 => String::new(),
            missing => {
                let were = counted(missing, "missing datapoint was", "missing datapoints were");
                format!(" and {were} treated as [{treated}]")
            }
        }
    }

    /// Said only by alarms whose `DatapointsToAlarm` is set.
    fn minimum_clause(&self) -> String {
        let (Some(_), Some(needed)) = (self.definition.datapoints_to_alarm, self.needed()) else {
            return String::new();
        };
        let transition = if self.state == StateValue::Ok {
            "ALARM -> OK"
        } else {
            "OK -> ALARM"
        };
        format!(
            " (minimum {} for {transition} transition)",
            counted(needed, "datapoint", "datapoints")
        )
    }

    fn rendered(&self, position: usize) -> Option<String> {
        let point = self.points.get(position)?.as_ref()?;
        let value = java_double(point.get(self.definition.statistic));
        let (date, time) = (
            Date::of(self.start_of(position)),
            Time::of(self.start_of(position)),
        );
        let year = date.year.rem_euclid(100);
        Some(format!(
            "{value} ({:02}/{:02}/{year:02} {time})",
            date.day, date.month
        ))
    }

    fn start_of(&self, position: usize) -> i64 {
        let back = i64::try_from(position)
            .unwrap_or(i64::MAX)
            .saturating_add(1);
        self.end
            .saturating_sub(back.saturating_mul(i64::from(self.definition.period)))
    }
}

/// `HistoryData` of a change of state: JSON text. The longest that the service model allows is 4095
/// characters; where the reason's data would exceed it, it is left out.
pub(super) fn history_data(
    from: (StateValue, &str),
    to: (StateValue, &str),
    reason_data: Option<&str>,
) -> String {
    let state = |(state, reason): (StateValue, &str)| json!({"stateValue": state.as_str(), "stateReason": reason});
    let mut data = json!({"version": "1.0", "oldState": state(from), "newState": state(to)});
    let short = data.to_string();
    match reason_data.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        Some(reason_data) if short.len() + reason_data.to_string().len() < REASON_DATA_LIMIT => {
            data["newState"]["stateReasonData"] = reason_data;
            data.to_string()
        }
        _ => short,
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn comparison(operator: ComparisonOperator) -> &'static str {
    match operator {
        ComparisonOperator::GreaterThanOrEqualToThreshold => "greater than or equal to",
        ComparisonOperator::GreaterThanThreshold => "greater than",
        ComparisonOperator::LessThanThreshold => "less than",
        ComparisonOperator::LessThanOrEqualToThreshold => "less than or equal to",
    }
}

/// A number as Java prints it, for AWS does: `1.0`, `8.3714617344E10`, `5.0E-4`.
fn java_double(value: f64) -> String {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    match scientific.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => format!("{mantissa}E{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
        None => scientific,
    }
}

/// A time as `StateReasonData` has it: `2025-05-15T15:31:44.984+0000`.
fn captured(millis: i64) -> String {
    format!("{}+0000", iso(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_java_prints_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (70.0, "70.0"),
            (0.059, "0.059"),
            (-2.5, "-2.5"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (2.147483648e10, "2.147483648E10"),
            (5e-4, "5.0E-4"),
            (3.4666088898518357, "3.4666088898518357"),
        ] {
            assert_eq!(java_double(value), expected);
        }
    }
}
