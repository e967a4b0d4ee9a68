//! `DeploymentPreference`: how CodeDeploy shifts traffic to a new version.
//!
//! Source of rules and words: samtranslator/model/preferences/deployment_preference.py and
//! deployment_preference_collection.py.

use super::error::{NoteKind, Notes, TemplateError};
use super::generated;
use super::model::{AlarmRef, DeploymentPreference, HookRef};
use super::names;
use super::roles;
use super::scope::Scope;
use super::value::{Kind, Value};

/// SAM's names for the deployment configurations that CodeDeploy predefines for Lambda: each is
/// `CodeDeployDefault.Lambda` and this.
pub const DEPLOYMENT_TYPES: [&str; 9] = [
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
];

/// The predefined deployment type that is meant by a misspelt one: the closest one, if no more than
/// a third of the letters differ.
pub fn suggest(deployment_type: &str) -> Option<&'static str> {
    let written = deployment_type
        .strip_prefix("CodeDeployDefault.")
        .unwrap_or(deployment_type);
    let written = written
        .strip_prefix("Lambda")
        .unwrap_or(written)
        .to_ascii_lowercase();
    let distance = |name: &&str| edits(&written, &name.to_ascii_lowercase());
    let closest = DEPLOYMENT_TYPES.into_iter().min_by_key(distance)?;
    (distance(&closest) * 3 <= closest.len()).then_some(closest)
}

/// The Levenshtein distance, by rows.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut last = index + 1;
        if let Some(first) = row.first_mut() {
            *first = last;
        }
        for (cell, to) in row.iter_mut().skip(1).zip(&right) {
            let change = diagonal + usize::from(from != *to);
            diagonal = *cell;
            last = change.min(last + 1).min(diagonal + 1);
            *cell = last;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Reads the preference of function `id`; `None` if it is not enabled.
pub(super) fn read(
    id: &str,
    value: Value,
    has_alias: bool,
    scope: &mut Scope<'_>,
    notes: &mut Notes,
) -> Result<Option<DeploymentPreference>, TemplateError> {
    let at = value.at.clone();
    let mut map = value.into_map()?;
    if let Some(enabled) = map.shift_remove("Enabled")
        && matches!(enabled.into_text()?.as_str(), "false" | "False")
    {
        return Ok(None);
    }
    let Some(deployment_type) = map.shift_remove("Type") else {
        let message = "'DeploymentPreference' is missing required Property 'Type'";
        return Err(TemplateError::new(&at, message)
            .remedy("give it one, for example Canary10Percent5Minutes, or `Enabled: false`"));
    };
    if !has_alias {
        let message = "'DeploymentPreference' requires AutoPublishAlias property to be specified.";
        return Err(TemplateError::new(&at, message)
            .remedy("add for example `AutoPublishAlias: live` to the function"));
    }
    let alarms = match map.shift_remove("Alarms") {
        Some(alarms) => self::alarms(alarms, scope)?,
        None => Vec::new(),
    };
    let mut hooks = match map.shift_remove("Hooks") {
        Some(Value {
            kind: Kind::Map(hooks),
            ..
        }) => hooks,
        Some(hooks) => {
            let message = "'Hooks' property of 'DeploymentPreference' must be a dictionary";
            return Err(TemplateError::new(&hooks.at, message));
        }
        None => Default::default(),
    };
    let mut hook = |name: &str| {
        hooks
            .shift_remove(name)
            .map(|value| self::hook(value, scope))
            .transpose()
    };
    let (pre_traffic, post_traffic) = (hook("PreTraffic")?, hook("PostTraffic")?);
    let given = map.shift_remove("Role");
    let custom_role = given.is_some();
    let role = match given {
        Some(role) => {
            let subject = format!("{id}.DeploymentPreference.Role");
            roles::given(role, &subject, &format!("{id}DeploymentRole"), scope, notes)?
        }
        None => scope.iam("role", "/", generated::SERVICE_ROLE),
    };

    for (name, value) in hooks {
        let detail = "SAM knows the hooks PreTraffic and PostTraffic";
        let subject = format!("{id}.DeploymentPreference.Hooks.{name}");
        notes.add(NoteKind::NotPlayed, &value.at, subject, detail);
    }
    for (name, value) in map {
        let is_irrelevant = matches!(
            name.as_str(),
            "TriggerConfigurations" | "PassthroughCondition"
        );
        let kind = if is_irrelevant {
            NoteKind::Irrelevant
        } else {
            NoteKind::NotPlayed
        };
        notes.add(
            kind,
            &value.at,
            format!("{id}.DeploymentPreference.{name}"),
            "",
        );
    }
    Ok(Some(DeploymentPreference {
        type_place: deployment_type.at.place(),
        deployment_type: deployment_type.into_text()?,
        alarms,
        pre_traffic,
        post_traffic,
        custom_role,
        role,
        place: at.place(),
    }))
}

fn alarms(alarms: Value, scope: &mut Scope<'_>) -> Result<Vec<AlarmRef>, TemplateError> {
    let Kind::List(alarms) = alarms.kind else {
        return Err(TemplateError::new(&alarms.at, "Alarms must be a list"));
    };
    let alarm = |alarm: Value| {
        let place = alarm.at.place();
        // An alarm of another stack, or of a kind that is not played: nobody here knows its name.
        if let Kind::Unresolved(reason) = alarm.kind {
            return Ok(AlarmRef {
                name: format!("({reason})"),
                in_template: false,
                place,
            });
        }
        let name = alarm.into_text()?;
        Ok(AlarmRef {
            in_template: scope.has_alarm(&name)?,
            name,
            place,
        })
    };
    alarms.into_iter().map(alarm).collect()
}

fn hook(value: Value, scope: &mut Scope<'_>) -> Result<HookRef, TemplateError> {
    let place = value.at.place();
    let function = value.into_text()?;
    let in_template = scope.function_id(&function)?;
    Ok(HookRef {
        function_name: names::function_name(&function).to_owned(),
        in_template,
        place,
    })
}
