//! From plan to deployment: what shifts, by whom, and what does not meet a gate.

mod gates;
mod reasons;
mod shifts;

use changeset::{Deployment, Gating, How, Named, Shift, Templates, deployments};
use serde_json::{Value, json};

use crate::{parsed, set_of, with};

/// A stack as SAM makes it of a function with `AutoPublishAlias` and `DeploymentPreference`, with an alias beside it.
fn gated() -> Value {
    json!({
        "Parameters": { "Type": { "Type": "String", "Default": "AllAtOnce" }, "Stage": { "Type": "String" } },
        "Conditions": {
            "IsProd": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] },
            "IsNotProd": { "Fn::Not": [{ "Condition": "IsProd" }] },
        },
        "Resources": {
            "Orders": { "Type": "AWS::Lambda::Function", "Properties": {} },
            "Pre": { "Type": "AWS::Lambda::Function", "Properties": { "FunctionName": "CodeDeployHook_Pre" } },
            "Post": { "Type": "AWS::Lambda::Function", "Properties": {} },
            "OrdersVersion0123456789": {
                "Type": "AWS::Lambda::Version", "Properties": { "FunctionName": { "Ref": "Orders" } },
            },
            "OrdersAliasprod": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "Name": "prod", "FunctionName": { "Ref": "Orders" },
                    "FunctionVersion": { "Fn::GetAtt": ["OrdersVersion0123456789", "Version"] },
                },
                "UpdatePolicy": { "CodeDeployLambdaAliasUpdate": {
                    "ApplicationName": { "Ref": "App" }, "DeploymentGroupName": { "Ref": "Group" },
                    "BeforeAllowTrafficHook": { "Ref": "Pre" }, "AfterAllowTrafficHook": { "Fn::GetAtt": ["Post", "Arn"] },
                } },
            },
            "Staging": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "Name": "staging", "FunctionName": { "Fn::GetAtt": "Orders.Arn" },
                    "FunctionVersion": { "Fn::GetAtt": ["OrdersVersion0123456789", "Version"] },
                },
            },
            "App": { "Type": "AWS::CodeDeploy::Application", "Properties": {} },
            "Errors": { "Type": "AWS::CloudWatch::Alarm", "Properties": { "AlarmName": "orders-errors" } },
            "Group": {
                "Type": "AWS::CodeDeploy::DeploymentGroup",
                "Properties": {
                    "DeploymentConfigName": { "Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", { "ConfigName": { "Ref": "Type" } }] },
                    "AlarmConfiguration": { "Enabled": true, "Alarms": [{ "Name": { "Ref": "Errors" } }] },
                },
            },
        },
    })
}

/// The template with another value at a place.
fn changed(pointer: &str, value: Value) -> Value {
    let mut template = gated();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    template.pointer_mut(parent).unwrap()[member] = value;
    template
}

const UPDATE: &str = "/Resources/OrdersAliasprod/UpdatePolicy/CodeDeployLambdaAliasUpdate";

fn change(id: &str, resource_type: &str, action: &str) -> Value {
    json!({
        "LogicalResourceId": id, "ResourceType": format!("AWS::Lambda::{resource_type}"), "Action": action,
        "Replacement": (action == "Modify").then_some("False"),
        "PolicyAction": (action == "Remove").then_some("Retain"),
    })
}

fn detail(attribute: &str, name: &str, evaluation: &str, cause: Option<&str>) -> Value {
    json!({
        "Target": { "Attribute": attribute, "Name": name, "RequiresRecreation": "Never" },
        "Evaluation": evaluation,
        "ChangeSource": if cause.is_some() { "ResourceAttribute" } else { "DirectModification" },
        "CausingEntity": cause,
    })
}

fn code_of(function: &str) -> Value {
    let detail = detail("Properties", "Code", "Static", None);
    with(
        change(function, "Function", "Modify"),
        &json!({ "PhysicalResourceId": format!("{function}-1A2B"), "Scope": ["Properties"], "Details": [detail] }),
    )
}

fn version_of(alias: &str, function: &str, name: &str) -> Value {
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{function}-1A2B:{name}");
    let detail = detail("Properties", "FunctionVersion", "Dynamic", None);
    with(
        change(alias, "Alias", "Modify"),
        &json!({ "PhysicalResourceId": arn, "Scope": ["Properties"], "Details": [detail] }),
    )
}

/// What CloudFormation reports where SAM deploys new code of `Orders`.
fn new_version() -> Vec<Value> {
    vec![
        change("OrdersVersion0123456789", "Version", "Add"),
        code_of("Orders"),
        version_of("OrdersAliasprod", "Orders", "prod"),
        change("OrdersVersionabcdefabcd", "Version", "Remove"),
    ]
}

fn found(changes: &[Value], template: Option<Value>) -> Vec<Deployment> {
    let templates = Templates {
        root: template,
        ..Templates::default()
    };
    deployments(&[parsed(&set_of(changes))], &templates).unwrap()
}

fn gating(gating: Gating) -> &'static str {
    match gating {
        Gating::Gated => "gated",
        Gating::NotGated => "NOT gated",
        Gating::Unknown => "unknown",
    }
}

fn how(shift: &Shift) -> String {
    let how = match shift.how {
        How::CodeDeploy => "CodeDeploy",
        How::AtOnce => "at once",
        How::First => "first",
        How::Replaced => "replaced",
        How::Unknown => "unknown",
    };
    let name = shift.name.as_deref().unwrap_or("?");
    let sure = if shift.is_certain { "" } else { "?" };
    let mut text = format!("{} ({name}) {how}{sure}", shift.alias);
    if let Some(deployment) = &shift.code_deploy {
        let named = |named: &Option<Named>| named.as_ref().map_or("-".to_owned(), Named::to_string);
        let alarms: Vec<String> = deployment.alarms.iter().map(Named::to_string).collect();
        text.push_str(&format!(
            " {} {} {} [{}]",
            deployment.configuration.as_deref().unwrap_or("-"),
            named(&deployment.before_allow_traffic_hook),
            named(&deployment.after_allow_traffic_hook),
            alarms.join(" "),
        ));
    }
    text
}

/// `Orders gated: Alias (prod) CodeDeploy …`, a line for each function.
fn lines(found: &[Deployment]) -> Vec<String> {
    let line = |deployment: &Deployment| {
        let shifts: Vec<String> = deployment.shifts.iter().map(how).collect();
        let function = deployment.function.as_deref().unwrap_or("?");
        format!(
            "{function} {}: {}",
            gating(deployment.gating),
            shifts.join(", ")
        )
        .trim_end_matches([' ', ':'])
        .to_owned()
    };
    found.iter().map(line).collect()
}

const SHIFTS: &str = "OrdersAliasprod (prod) CodeDeploy CodeDeployDefault.LambdaAllAtOnce CodeDeployHook_Pre Post [orders-errors]";
