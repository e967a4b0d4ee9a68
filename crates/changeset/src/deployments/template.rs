//! What a template says of functions, their versions and their aliases, and of how CodeDeploy shifts those.
//!
//! Source: CloudFormation template reference, "UpdatePolicy attribute" (`CodeDeployLambdaAliasUpdate`) and
//! `AWS::CodeDeploy::DeploymentGroup`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::values::{Chosen, Known, Scope};
use super::{CodeDeploy, Named};
use crate::model::Parameter;

pub(super) const FUNCTION: &str = "AWS::Lambda::Function";
pub(super) const ALIAS: &str = "AWS::Lambda::Alias";

/// A template, with an index of what aliases and versions belong to.
pub(super) struct Template<'t> {
    scope: Scope<'t>,
    /// The logical IDs of the functions with names of the team's own.
    functions: BTreeMap<String, &'t str>,
}

/// An alias in the template.
pub(super) struct Alias {
    /// `Name`, where it is known.
    pub(super) name: Option<String>,
    pub(super) target: Target,
    pub(super) policy: Policy,
}

/// What an alias's `FunctionVersion` is.
pub(super) enum Target {
    /// Whatever was uploaded last.
    Latest,
    /// The `AWS::Lambda::Version` with this logical ID.
    Version(String),
    Other,
}

/// Whether CodeDeploy shifts an alias.
pub(super) enum Policy {
    /// It does.
    CodeDeploy(Box<CodeDeploy>),
    /// It does not: there is no `CodeDeployLambdaAliasUpdate`.
    Absent,
    /// That depends on this condition.
    Undecided(String),
}

impl<'t> Template<'t> {
    pub(super) fn new(template: &'t Value, parameters: &'t [Parameter]) -> Self {
        let scope = Scope::new(template, parameters);
        let mut functions = BTreeMap::new();
        for (id, resource) in resources(template) {
            if is_a(resource, FUNCTION)
                && let Known::Text(name) = scope.known(property(resource, "FunctionName"))
            {
                functions.insert(name, id);
            }
        }
        Self { scope, functions }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.scope.resource(id).is_some()
    }

    /// The logical IDs of the aliases, each with its function's where that is in the template.
    pub(super) fn aliases(&self, template: &'t Value) -> Vec<(&'t str, Option<String>)> {
        let aliases = resources(template).filter(|(_, resource)| is_a(resource, ALIAS));
        aliases.map(|(id, _)| (id, self.function_of(id))).collect()
    }

    /// The logical ID of the function that an alias or a version is of, where that is in the template.
    pub(super) fn function_of(&self, id: &str) -> Option<String> {
        let resource = self.scope.resource(id)?;
        match self.scope.known(property(resource, "FunctionName")) {
            Known::Resource(id) => Some(id),
            Known::Text(name) => {
                let name = name_in(&name);
                self.functions.get(name).map(|id| (*id).to_owned())
            }
            Known::Nothing | Known::Elsewhere(_) | Known::Undecided(_) => None,
        }
    }

    /// The alias with this logical ID.
    pub(super) fn alias(&self, id: &str) -> Option<Alias> {
        let resource = self
            .scope
            .resource(id)
            .filter(|resource| is_a(resource, ALIAS))?;
        let name = match self.scope.known(property(resource, "Name")) {
            Known::Text(name) => Some(name),
            Known::Nothing | Known::Resource(_) | Known::Elsewhere(_) | Known::Undecided(_) => None,
        };
        let target = match self.scope.known(property(resource, "FunctionVersion")) {
            Known::Text(version) if version == "$LATEST" => Target::Latest,
            Known::Resource(id) => Target::Version(id),
            Known::Text(_) | Known::Nothing | Known::Elsewhere(_) | Known::Undecided(_) => {
                Target::Other
            }
        };
        Some(Alias {
            name,
            target,
            policy: self.policy(resource),
        })
    }

    fn policy(&self, alias: &'t Value) -> Policy {
        let policy = match self.scope.chosen(alias.get("UpdatePolicy")) {
            Chosen::Nothing => return Policy::Absent,
            Chosen::Undecided(condition) => return Policy::Undecided(condition.to_owned()),
            Chosen::Value(policy) => policy,
        };
        let update = match self.scope.chosen(policy.get("CodeDeployLambdaAliasUpdate")) {
            Chosen::Nothing => return Policy::Absent,
            Chosen::Undecided(condition) => return Policy::Undecided(condition.to_owned()),
            Chosen::Value(update) => update,
        };
        let may_be =
            |property| matches!(self.scope.known(update.get(property)), Known::Undecided(_));
        let may_run_a_hook = may_be("BeforeAllowTrafficHook") || may_be("AfterAllowTrafficHook");
        let mut unknown = Vec::new();
        let mut named = |what: &str, value| self.named(what, self.scope.known(value), &mut unknown);
        let application = named("the application", update.get("ApplicationName"));
        let group = named("the deployment group", update.get("DeploymentGroupName"));
        let mut hook = |what: &str, property| {
            let mut hook = named(what, update.get(property))?;
            if let Some(name) = &hook.name
                && hook.logical_id.is_none()
            {
                hook.logical_id = self.functions.get(name).map(|id| (*id).to_owned());
            }
            Some(hook)
        };
        let before = hook("the BeforeAllowTraffic hook", "BeforeAllowTrafficHook");
        let after = hook("the AfterAllowTraffic hook", "AfterAllowTrafficHook");
        let in_template = group.as_ref().and_then(|group| group.logical_id.as_deref());
        let properties = in_template
            .and_then(|id| self.scope.resource(id))
            .and_then(|group| group.get("Properties"));
        if properties.is_none() {
            unknown.push(
                "the deployment group is not in the template, which would say the configuration and the alarms"
                    .to_owned(),
            );
        }
        let configuration = properties.and_then(|group| group.get("DeploymentConfigName"));
        let configuration = self.named(
            "the configuration",
            self.scope.known(configuration),
            &mut unknown,
        );
        let alarms = self.alarms(properties, &mut unknown);
        Policy::CodeDeploy(Box::new(CodeDeploy {
            application,
            deployment_group: group,
            configuration: configuration.map(|configuration| configuration.to_string()),
            before_allow_traffic_hook: before,
            after_allow_traffic_hook: after,
            alarms,
            unknown,
            may_run_a_hook,
        }))
    }

    fn alarms(&self, group: Option<&'t Value>, unknown: &mut Vec<String>) -> Vec<Named> {
        let mut all = Vec::new();
        let mut undecided = |condition: &str| {
            unknown.push(depends("which alarms stop the deployment", condition));
        };
        let configuration = group.and_then(|group| group.get("AlarmConfiguration"));
        let configuration = match self.scope.chosen(configuration) {
            Chosen::Value(configuration) => configuration,
            Chosen::Nothing => return all,
            Chosen::Undecided(condition) => {
                undecided(condition);
                return all;
            }
        };
        if self.scope.known(configuration.get("Enabled")) == Known::Text("false".to_owned()) {
            return all;
        }
        let alarms = match self.scope.chosen(configuration.get("Alarms")) {
            Chosen::Value(alarms) => alarms.as_array().map(Vec::as_slice).unwrap_or_default(),
            Chosen::Nothing => return all,
            Chosen::Undecided(condition) => {
                undecided(condition);
                return all;
            }
        };
        for alarm in alarms {
            match self.scope.chosen(Some(alarm)) {
                Chosen::Value(alarm) => {
                    let name = self.scope.known(alarm.get("Name"));
                    all.extend(self.named("an alarm", name, unknown));
                }
                Chosen::Nothing => {}
                Chosen::Undecided(condition) => {
                    unknown.push(depends("whether an alarm is watched", condition));
                }
            }
        }
        all
    }

    /// What a value names; `None` if that is nothing, or it is not known whether there is anything.
    fn named(&self, what: &str, value: Known, unknown: &mut Vec<String>) -> Option<Named> {
        match value {
            Known::Nothing => None,
            Known::Text(text) => Some(Named {
                name: Some(name_in(&text).to_owned()),
                ..Named::default()
            }),
            Known::Resource(id) => {
                let resource = self.scope.resource(&id);
                let name = resource.and_then(|resource| {
                    let property = match resource.get("Type")?.as_str()? {
                        FUNCTION => "FunctionName",
                        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => "AlarmName",
                        "AWS::CodeDeploy::Application" => "ApplicationName",
                        "AWS::CodeDeploy::DeploymentGroup" => "DeploymentGroupName",
                        "AWS::CodeDeploy::DeploymentConfig" => "DeploymentConfigName",
                        _ => return None,
                    };
                    match self.scope.known(self::property(resource, property)) {
                        Known::Text(name) => Some(name),
                        _ => None,
                    }
                });
                Some(Named {
                    logical_id: Some(id),
                    name,
                    source: None,
                })
            }
            Known::Elsewhere(source) => Some(Named {
                source: Some(source),
                ..Named::default()
            }),
            Known::Undecided(condition) => {
                unknown.push(depends(
                    &format!("{what}, and whether there is one,"),
                    &condition,
                ));
                None
            }
        }
    }
}

/// The function's name in a name, an ARN or a qualified ARN.
pub(super) fn name_in(function: &str) -> &str {
    let is_arn = function.starts_with("arn:");
    let name = is_arn.then(|| function.split(':').nth(6)).flatten();
    name.unwrap_or(function)
}

fn depends(what: &str, condition: &str) -> String {
    format!("{what} depends on the condition {condition}, which is not known")
}

fn resources(template: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let resources = template.get("Resources").and_then(Value::as_object);
    let resources = resources.into_iter().flatten();
    resources.map(|(id, resource)| (id.as_str(), resource))
}

fn is_a(resource: &Value, resource_type: &str) -> bool {
    resource.get("Type").and_then(Value::as_str) == Some(resource_type)
}

fn property<'t>(resource: &'t Value, name: &str) -> Option<&'t Value> {
    resource.get("Properties")?.get(name)
}
