//! The events of a function that invoke it on a schedule: SAM's `Schedule` and `ScheduleV2`.
//!
//! Source of rules and words: samtranslator/model/eventsources/push.py and scheduler.py.

use indexmap::IndexMap;

use super::error::{NoteKind, Notes, TemplateError};
use super::model::{Function, Schedule, ScheduleKind};
use super::names;
use super::node::{At, Map, Node};
use super::scope::Scope;
use super::value::{Kind, Value};
use crate::lambda::{FunctionPermission, Permission};
use crate::schedules::{Dialect, Expression, parse};

/// The properties of both that change nothing that a rehearsal shows: a function that is there always takes the event.
const IRRELEVANT: [&str; 8] = [
    "DeadLetterConfig",
    "Description",
    "KmsKeyArn",
    "OmitName",
    "PermissionsBoundary",
    "RetryPolicy",
    "RoleArn",
    // Of a rate it says nothing.
    "ScheduleExpressionTimezone",
];

/// What a function's events come to.
#[derive(Debug, Default)]
pub(super) struct Scheduled {
    pub(super) schedules: Vec<Schedule>,
    /// What SAM lets EventBridge invoke.
    pub(super) permissions: Vec<FunctionPermission>,
}

/// Reads a function's `Events`; those of other types are noted as what makes no difference.
pub(super) fn read(
    function: &Function,
    events: &Node,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Scheduled, TemplateError> {
    let mut scheduled = Scheduled::default();
    let mut has_others = false;
    for (name, event) in events.as_map()? {
        let subject = format!("{}.Events.{name}", function.logical_id);
        let (kind, properties) = parts(event)?;
        let kind = match kind {
            Some("Schedule") => ScheduleKind::Rule,
            Some("ScheduleV2") => ScheduleKind::Schedule,
            Some(_) | None => {
                has_others = true;
                continue;
            }
        };
        let mut event = Event {
            kind,
            id: format!("{}{name}", function.logical_id),
            at: &event.at,
            subject: &subject,
            properties: evaluated(properties, scope)?,
        };
        let Some(schedule) = event.read(function, scope, notes)? else {
            continue;
        };
        if kind == ScheduleKind::Rule {
            let permission = permission(function, &schedule, scope)
                .map_err(|message| TemplateError::new(event.at, message))?;
            scheduled.permissions.push(permission);
        }
        scheduled.schedules.push(schedule);
    }
    if has_others {
        let subject = format!("{}.Events", function.logical_id);
        notes.add(NoteKind::Irrelevant, &events.at, subject, "");
    }
    Ok(scheduled)
}

/// An event's `Type` and `Properties`.
fn parts(event: &Node) -> Result<(Option<&str>, Option<&Map>), TemplateError> {
    let event = event.as_map()?;
    let kind = event.get("Type").map(Node::as_literal).transpose()?;
    let properties = event.get("Properties").map(Node::as_map).transpose();
    // Of other events nothing is read, so that nothing of them can be wrong.
    Ok((kind, properties.unwrap_or_default()))
}

fn evaluated(
    properties: Option<&Map>,
    scope: &mut Scope<'_>,
) -> Result<IndexMap<String, Value>, TemplateError> {
    let mut values = IndexMap::new();
    for (name, node) in properties.into_iter().flatten() {
        let value = scope.eval(node)?;
        if !matches!(value.kind, Kind::NoValue) {
            values.insert(name.clone(), value);
        }
    }
    Ok(values)
}

/// An event while it is read: what of its properties has not been.
struct Event<'e> {
    kind: ScheduleKind,
    /// The logical id of what SAM makes of it.
    id: String,
    at: &'e At,
    subject: &'e str,
    properties: IndexMap<String, Value>,
}

impl Event<'_> {
    /// `None`, with a note, if it is none that can be played.
    fn read(
        &mut self,
        function: &Function,
        scope: &Scope<'_>,
        notes: &mut Notes,
    ) -> Result<Option<Schedule>, TemplateError> {
        let unresolved = self
            .properties
            .values()
            .find_map(|value| match &value.kind {
                Kind::Unresolved(reason) => Some((value.at.clone(), reason.clone())),
                _ => None,
            });
        let is_enabled = match unresolved {
            Some((at, reason)) => {
                self.not_played(notes, &at, &format!("not run here, because {reason}"));
                return Ok(None);
            }
            None => self.is_enabled()?,
        };
        let expression = self.expression()?;
        let limited = ["StartDate", "EndDate"]
            .iter()
            .find(|name| self.properties.contains_key(**name));
        let why_not = match (expression, limited) {
            (Expression::Rate(_), None) => None,
            (Expression::Rate(_), Some(name)) => {
                Some(format!("not run here, because of its {name}"))
            }
            (Expression::Cron, _) => Some("cron(…) is not run here, rate(…) is".to_owned()),
            (Expression::At, _) => Some("at(…) is not run here, rate(…) is".to_owned()),
        };
        let rate = match (expression, why_not) {
            (Expression::Rate(rate), None) => rate,
            (_, why_not) => {
                self.not_played(notes, self.at, &why_not.unwrap_or_default());
                return Ok(None);
            }
        };
        let input = self.input()?;
        let name = self.name(scope)?;
        let arn = match self.kind {
            ScheduleKind::Rule => scope.arn("events", &format!("rule/{name}")),
            ScheduleKind::Schedule => {
                let group = self.text("GroupName")?;
                let group = group.as_deref().unwrap_or("default");
                scope.arn("scheduler", &format!("schedule/{group}/{name}"))
            }
        };
        for (name, value) in std::mem::take(&mut self.properties) {
            let kind = if IRRELEVANT.contains(&name.as_str()) {
                NoteKind::Irrelevant
            } else {
                NoteKind::NotPlayed
            };
            notes.add(kind, &value.at, format!("{}.{name}", self.subject), "");
        }
        Ok(Some(Schedule {
            logical_id: self.id.clone(),
            name,
            kind: self.kind,
            arn,
            function: function.logical_id.clone(),
            qualifier: function.auto_publish_alias.clone(),
            rate,
            is_enabled,
            input,
        }))
    }

    fn not_played(&self, notes: &mut Notes, at: &At, why: &str) {
        notes.add(NoteKind::NotPlayed, at, self.subject, why);
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, TemplateError> {
        let value = self.properties.shift_remove(name);
        value.map(Value::into_text).transpose()
    }

    fn is_enabled(&mut self) -> Result<bool, TemplateError> {
        let enabled = match self.kind {
            ScheduleKind::Rule => self.properties.shift_remove("Enabled"),
            ScheduleKind::Schedule => None,
        };
        let Some(state) = self.properties.shift_remove("State") else {
            return match &enabled {
                None => Ok(true),
                Some(enabled) => match &enabled.kind {
                    Kind::Text(text) if matches!(text.as_str(), "true" | "True") => Ok(true),
                    Kind::Text(text) if matches!(text.as_str(), "false" | "False") => Ok(false),
                    _ => Err(enabled.wrong("true or false")),
                },
            };
        };
        if enabled.is_some() {
            let message = "State and Enabled Properties cannot both be specified.";
            return Err(TemplateError::new(self.at, message));
        }
        match (&state.kind, self.kind) {
            (Kind::Text(text), _) if text == "ENABLED" => Ok(true),
            (Kind::Text(text), _) if text == "DISABLED" => Ok(false),
            (Kind::Text(text), ScheduleKind::Rule)
                if text == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" =>
            {
                Ok(true)
            }
            _ => Err(state.wrong("ENABLED or DISABLED")),
        }
    }

    fn expression(&mut self) -> Result<Expression, TemplateError> {
        let (property, dialect, refusal) = match self.kind {
            ScheduleKind::Rule => (
                "Schedule",
                Dialect::Rule,
                "Parameter ScheduleExpression is not valid.".to_owned(),
            ),
            ScheduleKind::Schedule => (
                "ScheduleExpression",
                Dialect::Scheduler,
                "Invalid Schedule Expression".to_owned(),
            ),
        };
        let Some(value) = self.properties.shift_remove(property) else {
            let message = format!("missing required property '{property}'");
            return Err(TemplateError::new(self.at, message));
        };
        let at = value.at.clone();
        let text = value.into_text()?;
        parse(&text, dialect).ok_or_else(|| {
            TemplateError::new(&at, format!("{refusal} ({text:?})"))
                .remedy("write for example rate(1 minute) or rate(5 minutes)")
        })
    }

    fn input(&mut self) -> Result<Option<String>, TemplateError> {
        let Some(value) = self.properties.shift_remove("Input") else {
            return Ok(None);
        };
        let at = value.at.clone();
        let text = value.into_text()?;
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            let message = format!(
                "JSON syntax error in input for target {}LambdaTarget",
                self.id
            );
            return Err(TemplateError::new(&at, message)
                .remedy(format!("Input must be JSON text: {error}")));
        }
        Ok(Some(text))
    }

    fn name(&mut self, scope: &Scope<'_>) -> Result<String, TemplateError> {
        let Some(value) = self.properties.shift_remove("Name") else {
            // The Scheduler's is the logical id.
            if self.kind == ScheduleKind::Schedule {
                return Ok(self.id.clone());
            }
            // Unlike a function's or an alarm's, nothing refers to it: that it is another on AWS is not worth a note.
            return Ok(scope.stand_in(&self.id, names::RULE.max_length));
        };
        let at = value.at.clone();
        let name = value.into_text()?;
        names::check(names::RULE, &name).map_err(|message| TemplateError::new(&at, message))?;
        Ok(name)
    }
}

/// The `AWS::Lambda::Permission` that SAM makes beside a rule.
fn permission(
    function: &Function,
    schedule: &Schedule,
    scope: &Scope<'_>,
) -> Result<FunctionPermission, String> {
    let part = match &schedule.qualifier {
        Some(qualifier) => format!("function:{}:{qualifier}", function.name),
        None => format!("function:{}", function.name),
    };
    let permission = Permission {
        statement_id: scope.stand_in(&format!("{}Permission", schedule.logical_id), 100),
        action: "lambda:InvokeFunction".to_owned(),
        principal: "events.amazonaws.com".to_owned(),
        source_arn: Some(schedule.arn.clone()),
        ..Permission::default()
    };
    let statement = permission.statement(&scope.arn("lambda", &part));
    Ok(FunctionPermission {
        function_name: function.name.clone(),
        qualifier: schedule.qualifier.clone(),
        statement: statement.map_err(|error| error.message)?,
    })
}
