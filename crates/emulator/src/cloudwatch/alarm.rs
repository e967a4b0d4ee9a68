//! An alarm's definition: what `PutMetricAlarm` takes, what it refuses, and how `DescribeAlarms` shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::evaluation::Criteria;
use super::input::{Members, Violations, validation};
use super::metrics::Metric;
use super::names::{ComparisonOperator, Statistic, TreatMissingData, Unit};
use crate::ServiceError;

/// Members of `PutMetricAlarm` that ask for something this emulator does not do.
const NOT_EMULATED: &[(&str, &str)] = &[
    ("Metrics", "metric math"),
    ("ThresholdMetricId", "anomaly detection"),
    ("ExtendedStatistic", "percentile statistics"),
    ("EvaluateLowSampleCountPercentile", "percentile statistics"),
    ("EvaluationCriteria", "PromQL alarms"),
    ("EvaluationInterval", "PromQL alarms"),
    ("WarmUpConfiguration", "warm-up"),
    ("ActionConfiguration", "tags on alarm actions"),
];

/// A single-metric alarm with a static threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AlarmDefinition {
    pub(super) alarm_name: String,
    alarm_description: Option<String>,
    pub(super) actions_enabled: bool,
    ok_actions: Vec<String>,
    pub(super) alarm_actions: Vec<String>,
    insufficient_data_actions: Vec<String>,
    pub(super) metric: Metric,
    pub(super) statistic: Statistic,
    pub(super) unit: Option<Unit>,
    /// In seconds: 10, 20, 30 or a multiple of 60.
    pub(super) period: u32,
    pub(super) evaluation_periods: u32,
    pub(super) datapoints_to_alarm: Option<u32>,
    pub(super) threshold: f64,
    pub(super) comparison_operator: ComparisonOperator,
    treat_missing_data: Option<TreatMissingData>,
    sliding_window: bool,
}

impl AlarmDefinition {
    /// Reads the input of `PutMetricAlarm`.
    ///
    /// # Errors
    ///
    /// `ValidationError` for everything that the service model or the service forbids, and for what is
    /// not emulated; `SerializationException` for members of the wrong type.
    pub(super) fn parse(input: &Value) -> Result<Self, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        let alarm_name = violations.required_text(members.text("AlarmName")?, "alarmName", 255);
        violations.text(members.text("AlarmDescription")?, "alarmDescription", 1024);
        let mut actions = |name, path| {
            let actions = members.texts(name)?;
            violations.length_at_most(actions.len(), path, 5);
            for action in &actions {
                violations.text(Some(action), path, 1024);
            }
            Ok::<_, ServiceError>(actions)
        };
        let ok_actions = actions("OKActions", "oKActions")?;
        let alarm_actions = actions("AlarmActions", "alarmActions")?;
        let insufficient_data_actions =
            actions("InsufficientDataActions", "insufficientDataActions")?;

        let metric_name = members.text("MetricName")?;
        let namespace = members.text("Namespace")?;
        violations.text(metric_name, "metricName", 255);
        violations.text(namespace, "namespace", 255);
        let dimensions = members.dimensions("dimensions", &mut violations)?;
        let statistic = violations.named(
            members.text("Statistic")?,
            "statistic",
            Statistic::NAMES,
            Statistic::parse,
        );
        let unit = violations.named(members.text("Unit")?, "unit", Unit::NAMES, Unit::parse);
        let operator = members.text("ComparisonOperator")?;
        let comparison_operator = violations.named(
            operator,
            "comparisonOperator",
            ComparisonOperator::NAMES,
            ComparisonOperator::parse,
        );
        let period = members.integer("Period")?;
        let evaluation_periods = members.integer("EvaluationPeriods")?;
        let datapoints_to_alarm = members.integer("DatapointsToAlarm")?;
        for (value, path) in [
            (period, "period"),
            (evaluation_periods, "evaluationPeriods"),
            (datapoints_to_alarm, "datapointsToAlarm"),
        ] {
            violations.at_least(value.unwrap_or(1), path, 1);
            violations.at_most(value.unwrap_or(1), path, i64::from(i32::MAX));
        }
        let treat = members.text("TreatMissingData")?;
        let treat_missing_data = violations.named(
            treat,
            "treatMissingData",
            TreatMissingData::NAMES,
            TreatMissingData::parse,
        );
        let threshold = members.double("Threshold")?;
        violations.finish()?;

        refuse_what_is_not_emulated(members)?;
        let period = positive(period, "Period")?;
        let evaluation_periods = positive(evaluation_periods, "EvaluationPeriods")?;
        let datapoints_to_alarm = datapoints_to_alarm
            .map(|value| positive(Some(value), "DatapointsToAlarm"))
            .transpose()?;
        let definition = Self {
            alarm_name: alarm_name.to_owned(),
            alarm_description: members.text("AlarmDescription")?.map(str::to_owned),
            actions_enabled: members.boolean("ActionsEnabled")?.unwrap_or(true),
            ok_actions,
            alarm_actions,
            insufficient_data_actions,
            metric: Metric {
                metric_name: given(metric_name.filter(|name| !name.is_empty()), "MetricName")?
                    .to_owned(),
                namespace: given(namespace.filter(|name| !name.is_empty()), "Namespace")?
                    .to_owned(),
                dimensions,
            },
            statistic: given(statistic, "Statistic")?,
            unit,
            period,
            evaluation_periods,
            datapoints_to_alarm,
            threshold: given(threshold, "Threshold")?,
            comparison_operator: given(comparison_operator, "ComparisonOperator")?,
            treat_missing_data,
            sliding_window: members.has("EvaluationWindow"),
        };
        definition.check()?;
        Ok(definition)
    }

    /// What only the members together can violate.
    fn check(&self) -> Result<(), ServiceError> {
        let Self {
            period,
            evaluation_periods,
            ..
        } = *self;
        if !matches!(period, 10 | 20 | 30) && !period.is_multiple_of(60) {
            return Err(validation("Period must be 10, 20, 30 or a multiple of 60"));
        }
        if period < 60 && self.metric.namespace.starts_with("AWS/") {
            return Err(validation(
                "Only a period greater than 60s is supported for metrics in the \"AWS/\" namespaces",
            ));
        }
        if self
            .datapoints_to_alarm
            .is_some_and(|datapoints| datapoints > evaluation_periods)
        {
            return Err(validation(
                "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
            ));
        }
        let seconds = u64::from(period) * u64::from(evaluation_periods);
        if period < 3600 && seconds > 86_400 {
            return Err(validation(
                "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) \
                 for alarms using period < 3600",
            ));
        }
        if seconds > 604_800 {
            return Err(validation(
                "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) \
                 for alarms using period >= 3600",
            ));
        }
        if !self.threshold.is_finite() {
            return Err(validation(format!(
                "The value {} for parameter Threshold is invalid.",
                self.threshold
            )));
        }
        Ok(())
    }

    /// How often the alarm is evaluated, in seconds: every minute, for periods below a minute every ten
    /// seconds, and for alarms that look back more than a day every hour. Source: CloudWatch user guide,
    /// "Alarm evaluation".
    pub(super) fn cadence(&self) -> u64 {
        if self.period < 60 {
            10
        } else if u64::from(self.period) * u64::from(self.evaluation_periods) > 86_400 {
            3600
        } else {
            60
        }
    }

    pub(super) fn treat_missing_data(&self) -> TreatMissingData {
        self.treat_missing_data.unwrap_or(TreatMissingData::Missing)
    }

    pub(super) fn criteria(&self) -> Criteria {
        // Both are bounded by `check`: a week in periods of ten seconds.
        let evaluation_periods = usize::try_from(self.evaluation_periods).unwrap_or(usize::MAX);
        Criteria {
            evaluation_periods,
            datapoints_to_alarm: self
                .datapoints_to_alarm
                .and_then(|datapoints| usize::try_from(datapoints).ok())
                .unwrap_or(evaluation_periods),
            threshold: self.threshold,
            comparison_operator: self.comparison_operator,
            treat_missing_data: self.treat_missing_data(),
        }
    }

    /// The members of `MetricAlarm` that come from the definition.
    pub(super) fn describe(&self) -> Map<String, Value> {
        let dimensions: Vec<_> = self
            .metric
            .dimensions
            .iter()
            .map(|(name, value)| json!({"Name": name, "Value": value}))
            .collect();
        let members = [
            ("AlarmName", Some(json!(self.alarm_name))),
            (
                "AlarmDescription",
                self.alarm_description.as_ref().map(|text| json!(text)),
            ),
            ("ActionsEnabled", Some(json!(self.actions_enabled))),
            ("OKActions", Some(json!(self.ok_actions))),
            ("AlarmActions", Some(json!(self.alarm_actions))),
            (
                "InsufficientDataActions",
                Some(json!(self.insufficient_data_actions)),
            ),
            ("MetricName", Some(json!(self.metric.metric_name))),
            ("Namespace", Some(json!(self.metric.namespace))),
            ("Statistic", Some(json!(self.statistic.as_str()))),
            ("Dimensions", Some(json!(dimensions))),
            ("Period", Some(json!(self.period))),
            ("Unit", self.unit.map(|unit| json!(unit.as_str()))),
            ("EvaluationPeriods", Some(json!(self.evaluation_periods))),
            (
                "DatapointsToAlarm",
                self.datapoints_to_alarm.map(|datapoints| json!(datapoints)),
            ),
            ("Threshold", Some(json!(self.threshold))),
            (
                "ComparisonOperator",
                Some(json!(self.comparison_operator.as_str())),
            ),
            (
                "TreatMissingData",
                self.treat_missing_data.map(|treat| json!(treat.as_str())),
            ),
            (
                "EvaluationWindow",
                self.sliding_window.then(|| json!({"SlidingWindow": {}})),
            ),
        ];
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

fn refuse_what_is_not_emulated(members: Members<'_>) -> Result<(), ServiceError> {
    for (name, what) in NOT_EMULATED {
        if members.has(name) {
            return Err(validation(format!("{name}: {what} is not emulated")));
        }
    }
    if let Some(window) = members.structure("EvaluationWindow")?
        && !window.has("SlidingWindow")
    {
        return Err(validation(
            "EvaluationWindow: only SlidingWindow is emulated",
        ));
    }
    Ok(())
}

/// A member that single-metric alarms need. The text is known for `MetricName` and `Period`, and assumed
/// for the others.
fn given<T>(value: Option<T>, name: &str) -> Result<T, ServiceError> {
    value.ok_or_else(|| validation(format!("{name} must not be null")))
}

/// A member that is known to lie in 1 to 2^31 − 1 where it is present.
fn positive(value: Option<i64>, name: &str) -> Result<u32, ServiceError> {
    given(value.and_then(|value| u32::try_from(value).ok()), name)
}
