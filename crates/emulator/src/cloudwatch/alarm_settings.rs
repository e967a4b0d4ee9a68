//! What can be asked of alarms and changed in them besides their definition: actions on and off, tags, and which
//! ones watch a metric.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::input::{Members, Violations, validation};
use super::names::{Statistic, Unit};
use super::operations::alarm_names;
use super::{Alarm, CloudWatch};
use crate::ServiceError;

/// The most tags of a resource (`TagResource`).
const TAGS_LIMIT: usize = 50;

/// Names and values.
pub(super) type Tags = BTreeMap<String, String>;

impl CloudWatch {
    /// Alarms that watch exactly that metric, with these dimensions and no others.
    pub(super) fn describe_alarms_for_metric(&self, input: &Value) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        let metric_name = violations.required_text(members.text("MetricName")?, "metricName", 255);
        let namespace = violations.required_text(members.text("Namespace")?, "namespace", 255);
        let dimensions = members.dimensions("dimensions", &mut violations)?;
        let statistic = violations.named(
            members.text("Statistic")?,
            "statistic",
            Statistic::NAMES,
            Statistic::parse,
        );
        let unit = violations.named(members.text("Unit")?, "unit", Unit::NAMES, Unit::parse);
        let period = members.integer("Period")?;
        violations.at_least(period.unwrap_or(1), "period", 1);
        violations.finish()?;
        let watches = |alarm: &&Alarm| {
            let definition = &alarm.definition;
            let metric = &definition.metric;
            metric.metric_name == metric_name
                && metric.namespace == namespace
                && metric.dimensions == dimensions
                && statistic.is_none_or(|statistic| definition.statistic == statistic)
                && unit.is_none_or(|unit| definition.unit == Some(unit))
                && period.is_none_or(|period| i64::from(definition.period) == period)
                // An alarm on a percentile is refused when it is put.
                && !members.has("ExtendedStatistic")
        };
        let alarms = self.alarms.values().filter(watches);
        let alarms: Vec<Value> = alarms.map(|alarm| self.describe(alarm)).collect();
        Ok(json!({ "MetricAlarms": alarms }))
    }

    /// `EnableAlarmActions` and `DisableAlarmActions`. Inferred: names without an alarm are passed over.
    pub(super) fn set_actions_enabled(
        &mut self,
        input: &Value,
        enabled: bool,
    ) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        violations.present(members.has("AlarmNames"), "alarmNames");
        let names = alarm_names(members, &mut violations)?;
        violations.finish()?;
        for name in &names {
            if let Some(alarm) = self.alarms.get_mut(name) {
                alarm.definition.actions_enabled = enabled;
            }
        }
        Ok(json!({}))
    }

    pub(super) fn tag_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        violations.present(members.has("Tags"), "tags");
        let new = tags(members, &mut violations)?;
        let name = self.alarm_of_arn(members, violations)?;
        if let Some(alarm) = self.alarms.get_mut(&name) {
            let mut tags = alarm.tags.clone();
            tags.extend(new);
            if tags.len() > TAGS_LIMIT {
                return Err(validation(format!(
                    "A resource can have at most {TAGS_LIMIT} tags."
                )));
            }
            alarm.tags = tags;
        }
        Ok(json!({}))
    }

    pub(super) fn untag_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        violations.present(members.has("TagKeys"), "tagKeys");
        let keys = members.texts("TagKeys")?;
        let name = self.alarm_of_arn(members, violations)?;
        if let Some(alarm) = self.alarms.get_mut(&name) {
            alarm.tags.retain(|key, _| !keys.contains(key));
        }
        Ok(json!({}))
    }

    pub(super) fn list_tags_for_resource(&self, input: &Value) -> Result<Value, ServiceError> {
        let name = self.alarm_of_arn(Members::of(input)?, Violations::default())?;
        let tags: Vec<Value> = self
            .alarms
            .get(&name)
            .into_iter()
            .flat_map(|alarm| &alarm.tags)
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
        Ok(json!({ "Tags": tags }))
    }

    /// The alarm that `ResourceARN` names; of all that can be tagged there are only alarms here.
    fn alarm_of_arn(
        &self,
        members: Members<'_>,
        mut violations: Violations,
    ) -> Result<String, ServiceError> {
        let arn = members.text("ResourceARN")?;
        let arn = violations.required_text(arn, "resourceARN", 1024);
        violations.finish()?;
        let name = arn.strip_prefix(&self.alarm_arn(""));
        name.filter(|name| self.alarms.contains_key(*name))
            .map(str::to_owned)
            .ok_or_else(|| {
                ServiceError::with_status(
                    404,
                    "ResourceNotFoundException",
                    format!("Resource {arn} does not exist."),
                )
            })
    }
}

/// Reads the member `Tags`.
pub(super) fn tags(
    members: Members<'_>,
    violations: &mut Violations,
) -> Result<Tags, ServiceError> {
    let items = members.list("Tags")?.unwrap_or_default();
    violations.length_at_most(items.len(), "tags", TAGS_LIMIT);
    let mut tags = Tags::new();
    for (index, item) in items.iter().enumerate() {
        let tag = Members::of(item)?;
        let path = format!("tags.{}.member", index + 1);
        let key = violations.required_text(tag.text("Key")?, &format!("{path}.key"), 128);
        let value = tag.text("Value")?;
        violations.present(value.is_some(), &format!("{path}.value"));
        violations.text(value, &format!("{path}.value"), 256);
        tags.insert(key.to_owned(), value.unwrap_or_default().to_owned());
    }
    crate::tags::check_keys(tags.keys()).map_err(validation)?;
    Ok(tags)
}
