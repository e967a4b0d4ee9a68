//! `AWS::CloudWatch::Alarm`.

use std::time::Duration;

use indexmap::IndexMap;

use super::error::{NoteKind, Notes, TemplateError};
use super::fields::Fields;
use super::model::{AlarmRule, MetricAlarm, MetricRule};
use super::scope::Scope;
use super::sections::Resource;
use super::value::{Kind, Value};

/// The properties that change nothing that a rehearsal shows: it sends no notifications.
const IRRELEVANT: [&str; 6] = [
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "InsufficientDataActions",
    "OKActions",
    "Tags",
];

/// The properties of alarms on anything but a plain statistic and a fixed threshold, and what they are called.
const UNSUPPORTED: [(&str, &str); 4] = [
    ("ExtendedStatistic", "a percentile (ExtendedStatistic)"),
    ("Metrics", "metric math (Metrics)"),
    ("ThresholdMetricId", "anomaly detection (ThresholdMetricId)"),
    ("EvaluationCriteria", "EvaluationCriteria"),
];

pub(super) fn read(
    id: &str,
    resource: &Resource,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<MetricAlarm, TemplateError> {
    let mut fields = Fields::new(id, resource)?;
    let name = fields.name(scope, "AlarmName", notes)?;
    let unsupported = UNSUPPORTED
        .into_iter()
        .find(|(property, _)| fields.has(property));
    let rule = match unsupported {
        Some((_, what)) => AlarmRule::Unsupported(what.to_owned()),
        None => rule(&mut fields, scope)?,
    };
    let place = fields.at().place();
    match &rule {
        AlarmRule::Unsupported(reason) => {
            notes.add(
                NoteKind::NotPlayed,
                fields.at(),
                format!("{id} ({})", resource.kind),
                reason,
            );
        }
        AlarmRule::Metric(_) => fields.note_others(notes, |name| IRRELEVANT.contains(&name)),
    }
    Ok(MetricAlarm {
        logical_id: id.to_owned(),
        name,
        rule,
        place,
    })
}

fn rule(fields: &mut Fields<'_>, scope: &mut Scope<'_>) -> Result<AlarmRule, TemplateError> {
    let dimensions = match fields.value(scope, "Dimensions")? {
        Some(value) => match dimensions(value)? {
            Dimensions::Known(dimensions) => dimensions,
            Dimensions::Unknown(reason) => return Ok(AlarmRule::Unsupported(reason)),
        },
        None => IndexMap::new(),
    };
    let statistic = fields
        .text(scope, "Statistic")?
        .ok_or_else(|| fields.missing("Statistic"))?;
    let whole = "a whole number from 1";
    let period: u64 = fields
        .number(scope, "Period", "whole seconds from 1", |seconds| {
            *seconds > 0
        })?
        .ok_or_else(|| fields.missing("Period"))?;
    let evaluation_periods = fields
        .number(scope, "EvaluationPeriods", whole, |count| *count > 0)?
        .ok_or_else(|| fields.missing("EvaluationPeriods"))?;
    let threshold = fields
        .number(scope, "Threshold", "a number", |threshold: &f64| {
            threshold.is_finite()
        })?
        .ok_or_else(|| fields.missing("Threshold"))?;
    let mut required = |name| {
        fields
            .text(scope, name)?
            .ok_or_else(|| fields.missing(name))
    };
    let namespace = required("Namespace")?;
    let metric_name = required("MetricName")?;
    let comparison_operator = required("ComparisonOperator")?;
    Ok(AlarmRule::Metric(Box::new(MetricRule {
        namespace,
        metric_name,
        dimensions,
        statistic,
        period: Duration::from_secs(period),
        evaluation_periods,
        datapoints_to_alarm: fields
            .number(scope, "DatapointsToAlarm", whole, |count| *count > 0)?,
        threshold,
        comparison_operator,
        treat_missing_data: fields.text(scope, "TreatMissingData")?,
    })))
}

enum Dimensions {
    Known(IndexMap<String, String>),
    /// One has a value that a rehearsal does not have; the text says which and why.
    Unknown(String),
}

fn dimensions(value: Value) -> Result<Dimensions, TemplateError> {
    let mut dimensions = IndexMap::new();
    for dimension in value.into_list()? {
        let at = dimension.at.clone();
        let mut map = dimension.into_map()?;
        let (Some(name), Some(value)) = (map.shift_remove("Name"), map.shift_remove("Value"))
        else {
            return Err(TemplateError::new(
                &at,
                "a dimension has a Name and a Value",
            ));
        };
        let name = name.into_text()?;
        if let Kind::Unresolved(reason) = value.kind {
            return Ok(Dimensions::Unknown(format!("dimension {name}: {reason}")));
        }
        dimensions.insert(name, value.into_text()?);
    }
    Ok(Dimensions::Known(dimensions))
}
