//! A template as CloudFormation meets it, as far as CodeDeploy is concerned: what SAM makes of `AutoPublishAlias` and
//! `DeploymentPreference`.
//!
//! Source: samtranslator/model/sam_resources.py and
//! samtranslator/model/preferences/deployment_preference_collection.py.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error::TemplateError;
use super::generated::{self, APPLICATION};
use super::node::{Data, Node};
use super::preference::DEPLOYMENT_TYPES;
use super::sections::{self, ALIAS, FUNCTION};
use super::written::Document;

const LAMBDA_FUNCTION: &str = "AWS::Lambda::Function";

impl Document {
    /// The whole as JSON, as [`into_json`](Self::into_json), in which functions of SAM's are Lambda's, with the aliases,
    /// the CodeDeploy application and the deployment groups that SAM makes of them. Versions, roles and everything else that
    /// SAM makes are left out. A template without functions of SAM's stays as it is.
    ///
    /// `parameters` are values of the template's parameters; those that are not here have their `Default`.
    ///
    /// # Errors
    /// `Globals`, or a function, are not shaped as SAM has them.
    pub fn processed(self, parameters: &BTreeMap<String, String>) -> Result<Value, TemplateError> {
        let Document(mut root) = self;
        let mut functions = Vec::new();
        if let Data::Map(sections) = &mut root.data {
            let globals = sections
                .get("Globals")
                .map(Node::as_map)
                .transpose()?
                .and_then(|globals| globals.get("Function"))
                .cloned();
            if let Some(Node {
                data: Data::Map(resources),
                ..
            }) = sections.get_mut("Resources")
            {
                for (id, node) in resources.iter_mut().filter(|(_, node)| is_function(node)) {
                    let function = sections::resource(id, node.clone(), globals.as_ref())?;
                    if let Data::Map(members) = &mut node.data {
                        members.insert("Properties".to_owned(), function.properties);
                    }
                    functions.push(id.clone());
                }
            }
        }
        let mut template = root.into_json();
        let values = values(&template, parameters);
        for id in functions {
            let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut)
            else {
                continue;
            };
            process(&id, resources, &values);
        }
        Ok(template)
    }
}

fn is_function(node: &Node) -> bool {
    let Data::Map(members) = &node.data else {
        return false;
    };
    let kind = members.get("Type").map(|kind| &kind.data);
    matches!(kind, Some(Data::Scalar { text, .. }) if text == FUNCTION)
}

/// The parameters' values that SAM has before it makes anything; those from SSM are not among them.
fn values(template: &Value, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let declared = template.get("Parameters").and_then(Value::as_object);
    let declared = declared.into_iter().flatten();
    declared
        .filter(|(_, parameter)| {
            let kind = parameter.get("Type").and_then(Value::as_str);
            !kind.is_some_and(|kind| kind.starts_with("AWS::SSM::"))
        })
        .filter_map(|(name, parameter)| {
            let given = given.get(name).map(String::as_str);
            let value = given.or_else(|| parameter.get("Default")?.as_str())?;
            Some((name.clone(), value.to_owned()))
        })
        .collect()
}

fn process(id: &str, resources: &mut Map<String, Value>, values: &BTreeMap<String, String>) {
    let Some(function) = resources.get_mut(id) else {
        return;
    };
    function["Type"] = LAMBDA_FUNCTION.into();
    let property = |name| {
        let property = function.get("Properties")?.get(name)?;
        Some(resolved(property, values))
    };
    let Some(Value::String(alias)) = property("AutoPublishAlias") else {
        return;
    };
    let preference = property("DeploymentPreference").filter(|preference| {
        let enabled = preference.get("Enabled").and_then(Value::as_str);
        preference.is_object() && !matches!(enabled, Some("false" | "False"))
    });
    let mut made = json!({
        "Type": ALIAS,
        "Properties": {
            "Name": alias,
            "FunctionName": { "Ref": id },
            "FunctionVersion": { "Fn::GetAtt": [format!("{id}.Version"), "Version"] },
        },
    });
    if let Some(preference) = preference {
        let group = generated::deployment_group(id);
        let mut update = json!({
            "ApplicationName": { "Ref": APPLICATION },
            "DeploymentGroupName": { "Ref": group },
        });
        for (hook, name) in [
            ("PreTraffic", "BeforeAllowTrafficHook"),
            ("PostTraffic", "AfterAllowTrafficHook"),
        ] {
            if let Some(function) = preference.get("Hooks").and_then(|hooks| hooks.get(hook)) {
                update[name] = function.clone();
            }
        }
        made["UpdatePolicy"] = json!({ "CodeDeployLambdaAliasUpdate": update });
        resources.insert(
            APPLICATION.to_owned(),
            json!({ "Type": "AWS::CodeDeploy::Application" }),
        );
        resources.insert(group, deployment_group(&preference));
    }
    let suffix = alias.replace('-', "D").replace('_', "U");
    resources.insert(format!("{id}Alias{suffix}"), made);
}

fn deployment_group(preference: &Value) -> Value {
    let mut properties = json!({ "ApplicationName": { "Ref": APPLICATION } });
    if let Some(deployment_type) = preference.get("Type") {
        properties["DeploymentConfigName"] = configuration(deployment_type);
    }
    if let Some(alarms) = preference.get("Alarms") {
        properties["AlarmConfiguration"] = alarm_configuration(alarms);
    }
    json!({ "Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": properties })
}

/// A deployment type, or those in a function, with CodeDeploy's names for SAM's.
fn configuration(written: &Value) -> Value {
    match written {
        Value::String(name) if DEPLOYMENT_TYPES.contains(&name.as_str()) => {
            format!("CodeDeployDefault.Lambda{name}").into()
        }
        Value::Array(items) => items.iter().map(configuration).collect(),
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(name, member)| (name.clone(), configuration(member)))
                .collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => written.clone(),
    }
}

fn alarm_configuration(alarms: &Value) -> Value {
    match (alarms, alarms.get("Fn::If").and_then(Value::as_array)) {
        (_, Some(arguments)) => match arguments.as_slice() {
            [condition, yes, no] => {
                json!({ "Fn::If": [condition, alarm_configuration(yes), alarm_configuration(no)] })
            }
            _ => alarms.clone(),
        },
        (Value::Array(names), None) => {
            let named: Vec<Value> = names.iter().map(|name| json!({ "Name": name })).collect();
            json!({ "Enabled": "true", "Alarms": named })
        }
        (_, None) => alarms.clone(),
    }
}

/// A value with the parameters that are known in it, as SAM itself replaces them.
fn resolved(written: &Value, values: &BTreeMap<String, String>) -> Value {
    match written {
        Value::Object(members) => {
            let reference = members.get("Ref").and_then(Value::as_str);
            let value = reference.and_then(|name| values.get(name));
            if let (Some(value), 1) = (value, members.len()) {
                return value.as_str().into();
            }
            let members = members.iter();
            members
                .map(|(name, member)| (name.clone(), resolved(member, values)))
                .collect()
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, values)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => written.clone(),
    }
}
