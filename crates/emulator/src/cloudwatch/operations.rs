//! The API: one call in JSON, in the member names of the service model.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deployment::Timestamp;
use serde_json::{Value, json};

use super::alarm::AlarmDefinition;
use super::alarm_settings::tags;
use super::input::{Members, Violations, validation};
use super::names::StateValue;
use super::{Alarm, CloudWatch, datapoints, metric_data, metric_list};
use crate::ServiceError;

/// AWS's quota of alarms in a region.
const ALARMS_LIMIT: usize = 5000;

impl CloudWatch {
    /// Performs one operation of the API at `now`.
    ///
    /// `input` and the output are structures of the service model (2010-08-01) as AWS's JSON protocol
    /// carries them, timestamps as seconds since the Unix epoch.
    /// Alarms that are due by `now` are evaluated first, so that a call never sees a stale state.
    ///
    /// # Errors
    ///
    /// The errors that AWS answers with; `code` is the code of the Query protocol, on which clients match
    /// (for example `InvalidParameterValue`, not `InvalidParameterValueException`). An operation that is
    /// not served is an `UnknownOperationException`.
    pub fn call(
        &mut self,
        operation: &str,
        input: &Value,
        now: Timestamp,
    ) -> Result<Value, ServiceError> {
        self.evaluate_due(now);
        match operation {
            "PutMetricData" => datapoints::put_metric_data(&mut self.metrics, input, now),
            "GetMetricStatistics" => datapoints::get_metric_statistics(&self.metrics, input, now),
            "GetMetricData" => {
                metric_data::get_metric_data(&self.metrics, &self.account, input, now)
            }
            "ListMetrics" => metric_list::list_metrics(&self.metrics, input, now),
            "PutMetricAlarm" => self.put_metric_alarm(input, now),
            "DescribeAlarms" => self.describe_alarms(input),
            "DescribeAlarmsForMetric" => self.describe_alarms_for_metric(input),
            "DescribeAlarmHistory" => self.describe_alarm_history(input),
            "SetAlarmState" => self.set_alarm_state(input, now),
            "DeleteAlarms" => self.delete_alarms(input),
            "EnableAlarmActions" => self.set_actions_enabled(input, true),
            "DisableAlarmActions" => self.set_actions_enabled(input, false),
            "TagResource" => self.tag_resource(input),
            "UntagResource" => self.untag_resource(input),
            "ListTagsForResource" => self.list_tags_for_resource(input),
            _ => Err(ServiceError::bad_request(
                "UnknownOperationException",
                format!("The operation {operation} is not known here."),
            )),
        }
    }

    fn put_metric_alarm(&mut self, input: &Value, now: Timestamp) -> Result<Value, ServiceError> {
        let definition = AlarmDefinition::parse(input)?;
        let mut violations = Violations::default();
        let tags = tags(Members::of(input)?, &mut violations)?;
        violations.finish()?;
        if let Some(alarm) = self.alarms.get_mut(&definition.alarm_name) {
            alarm.update(definition, now);
        } else if self.alarms.len() < ALARMS_LIMIT {
            let name = definition.alarm_name.clone();
            // Tags of an alarm that is there change by TagResource only (API reference).
            let alarm = Alarm {
                tags,
                ..Alarm::new(definition, now)
            };
            self.alarms.insert(name, alarm);
        } else {
            let message = format!("The maximum of {ALARMS_LIMIT} alarms has been reached.");
            return Err(ServiceError::bad_request("LimitExceeded", message));
        }
        Ok(json!({}))
    }

    fn describe_alarms(&self, input: &Value) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        for name in ["ChildrenOfAlarmName", "ParentsOfAlarmName"] {
            if members.has(name) {
                return Err(validation(format!(
                    "{name}: composite alarms are not emulated"
                )));
            }
        }
        let mut violations = Violations::default();
        let names = alarm_names(members, &mut violations)?;
        let prefix = members.text("AlarmNamePrefix")?;
        violations.text(prefix, "alarmNamePrefix", 255);
        let state = violations.named(
            members.text("StateValue")?,
            "stateValue",
            StateValue::NAMES,
            StateValue::parse,
        );
        let action_prefix = members.text("ActionPrefix")?;
        let types = members.texts("AlarmTypes")?;
        let page = Page::read(members, 50, &mut violations)?;
        violations.finish()?;
        if !names.is_empty() && prefix.is_some() {
            return Err(validation(
                "AlarmNamePrefix cannot be specified together with AlarmNames.",
            ));
        }

        let wanted = |alarm: &&Alarm| {
            let definition = &alarm.definition;
            (names.is_empty() || names.contains(&definition.alarm_name))
                && prefix.is_none_or(|prefix| definition.alarm_name.starts_with(prefix))
                && state.is_none_or(|state| alarm.state == state)
                && action_prefix.is_none_or(|prefix| {
                    definition
                        .alarm_actions
                        .iter()
                        .any(|action| action.starts_with(prefix))
                })
                && (types.is_empty() || types.iter().any(|name| name == "MetricAlarm"))
        };
        let alarms = self
            .alarms
            .values()
            .filter(wanted)
            .map(|alarm| self.describe(alarm))
            .collect();
        let mut output = json!({"CompositeAlarms": []});
        page.write(alarms, "MetricAlarms", &mut output);
        Ok(output)
    }

    pub(super) fn alarm_arn(&self, name: &str) -> String {
        let Self {
            region, account, ..
        } = self;
        format!("arn:aws:cloudwatch:{region}:{account}:alarm:{name}")
    }

    pub(super) fn describe(&self, alarm: &Alarm) -> Value {
        let mut members = alarm.definition.describe();
        let arn = self.alarm_arn(&alarm.definition.alarm_name);
        let state = [
            ("AlarmArn", json!(arn)),
            (
                "AlarmConfigurationUpdatedTimestamp",
                json!(alarm.configuration_updated.epoch_seconds()),
            ),
            ("StateValue", json!(alarm.state.as_str())),
            ("StateReason", json!(alarm.reason)),
            (
                "StateUpdatedTimestamp",
                json!(alarm.state_updated.epoch_seconds()),
            ),
            (
                "StateTransitionedTimestamp",
                json!(alarm.state_transitioned.epoch_seconds()),
            ),
        ];
        members.extend(state.map(|(name, value)| (name.to_owned(), value)));
        if let Some(data) = &alarm.reason_data {
            members.insert("StateReasonData".to_owned(), json!(data));
        }
        Value::Object(members)
    }

    fn describe_alarm_history(&self, input: &Value) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        let name = members.text("AlarmName")?;
        let types = [
            "ConfigurationUpdate",
            "StateUpdate",
            "Action",
            "AlarmContributorStateUpdate",
            "AlarmContributorAction",
        ];
        let item_type = members.text("HistoryItemType")?;
        violations.named(item_type, "historyItemType", &types, |name| {
            types.contains(&name).then_some(())
        });
        let orders = ["TimestampDescending", "TimestampAscending"];
        let scan_by = members.text("ScanBy")?;
        violations.named(scan_by, "scanBy", &orders, |name| {
            orders.contains(&name).then_some(())
        });
        let (start, end) = (members.time("StartDate")?, members.time("EndDate")?);
        let page = Page::read(members, 100, &mut violations)?;
        violations.finish()?;

        let mut changes: Vec<_> = self
            .history
            .iter()
            .map(|((alarm, _), change)| (alarm, change))
            .filter(|(alarm, _)| name.is_none_or(|name| name == *alarm))
            .filter(|_| item_type.is_none_or(|item_type| item_type == "StateUpdate"))
            .filter(|(_, change)| {
                start.is_none_or(|start| change.at >= start)
                    && end.is_none_or(|end| change.at <= end)
            })
            .collect();
        changes.sort_by_key(|(_, change)| change.at);
        if scan_by != Some("TimestampAscending") {
            changes.reverse();
        }
        let item = |(name, change): (&String, &super::StateChange)| {
            json!({
                "AlarmName": name,
                "AlarmType": "MetricAlarm",
                "Timestamp": change.at.epoch_seconds(),
                "HistoryItemType": "StateUpdate",
                "HistorySummary": change.summary,
                "HistoryData": change.data,
            })
        };
        let mut output = json!({});
        page.write(
            changes.into_iter().map(item).collect(),
            "AlarmHistoryItems",
            &mut output,
        );
        Ok(output)
    }

    fn set_alarm_state(&mut self, input: &Value, now: Timestamp) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        let name = violations.required_text(members.text("AlarmName")?, "alarmName", 255);
        let state = violations.required_text(members.text("StateValue")?, "stateValue", 255);
        let state = violations.named(
            Some(state).filter(|name| !name.is_empty()),
            "stateValue",
            StateValue::NAMES,
            StateValue::parse,
        );
        let reason = members.text("StateReason")?;
        let data = members.text("StateReasonData")?;
        violations.present(reason.is_some(), "stateReason");
        violations.text(reason, "stateReason", 1023);
        violations.text(data, "stateReasonData", 4000);
        violations.finish()?;
        if data.is_some_and(|data| serde_json::from_str::<serde::de::IgnoredAny>(data).is_err()) {
            return Err(ServiceError::bad_request(
                "InvalidFormat",
                "StateReasonData is not valid JSON.",
            ));
        }
        let alarm = self.alarms.get_mut(name).ok_or_else(|| {
            ServiceError::with_status(
                404,
                "ResourceNotFound",
                format!("Alarm {name} does not exist."),
            )
        })?;
        if let Some(state) = state {
            let change = alarm.set_state(
                state,
                reason.unwrap_or_default().to_owned(),
                data.map(str::to_owned),
                now,
            );
            if let Some((transition, entry)) = change {
                self.changes.push(transition);
                super::remember(&mut self.history, name, alarm.transitions, entry);
            }
        }
        Ok(json!({}))
    }

    /// Names without an alarm are passed over (API reference: "if you specify any incorrect alarm names,
    /// the alarms you specify with correct names are still deleted").
    fn delete_alarms(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let members = Members::of(input)?;
        let mut violations = Violations::default();
        violations.present(members.has("AlarmNames"), "alarmNames");
        let names = alarm_names(members, &mut violations)?;
        violations.finish()?;
        for name in &names {
            self.alarms.remove(name);
            let entries = self
                .history
                .range((name.clone(), 0)..=(name.clone(), u64::MAX));
            let entries: Vec<_> = entries.map(|(key, _)| key.clone()).collect();
            for entry in entries {
                self.history.remove(&entry);
            }
        }
        Ok(json!({}))
    }
}

pub(super) fn alarm_names(
    members: Members<'_>,
    violations: &mut Violations,
) -> Result<Vec<String>, ServiceError> {
    let names = members.texts("AlarmNames")?;
    violations.length_at_most(names.len(), "alarmNames", 100);
    Ok(names)
}

/// Which part of a list is wanted.
struct Page {
    from: usize,
    length: usize,
}

impl Page {
    /// Reads `MaxRecords` (1 to 100; what is returned without it is `default`) and `NextToken`, which
    /// holds the position to go on from.
    fn read(
        members: Members<'_>,
        default: usize,
        violations: &mut Violations,
    ) -> Result<Self, ServiceError> {
        let length = members.integer("MaxRecords")?;
        if let Some(length) = length {
            violations.at_least(length, "maxRecords", 1);
            violations.at_most(length, "maxRecords", 100);
        }
        let from = match members.text("NextToken")? {
            None => 0,
            Some(token) => {
                let position = URL_SAFE_NO_PAD
                    .decode(token)
                    .ok()
                    .and_then(|text| String::from_utf8(text).ok()?.parse().ok());
                position.ok_or_else(|| {
                    ServiceError::bad_request(
                        "InvalidNextToken",
                        "The next token specified is invalid.",
                    )
                })?
            }
        };
        Ok(Self {
            from,
            length: length
                .and_then(|length| usize::try_from(length).ok())
                .unwrap_or(default),
        })
    }

    /// Puts the page of `items` under `name`, and the token of the next one beside it.
    fn write(&self, items: Vec<Value>, name: &str, output: &mut Value) {
        let next = self.from.saturating_add(self.length);
        if next < items.len() {
            output["NextToken"] = URL_SAFE_NO_PAD.encode(next.to_string()).into();
        }
        output[name] = items
            .into_iter()
            .skip(self.from)
            .take(self.length)
            .collect();
    }
}
