//! What SAM makes for CodeDeploy.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{DEPLOYMENT_TYPES, Document};
use super::{OURS, with_function};

fn processed(text: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
    let parameters: BTreeMap<String, String> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let document = Document::read(text).map_err(|error| error.to_string())?;
    document
        .processed(&parameters)
        .map_err(|error| error.to_string())
}

/// The resources that function `F` with these properties is made into, beside itself.
fn made(properties: &str, rest: &str, parameters: &[(&str, &str)]) -> Value {
    let mut template = processed(&with_function(properties, rest), parameters).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap();
    let function = resources.shift_remove("F").unwrap();
    assert_eq!(function["Type"], "AWS::Lambda::Function");
    template["Resources"].take()
}

#[test]
fn aliases_are_what_sam_makes_them() {
    let rows = [
        ("", vec![]),
        ("DeploymentPreference: {Type: AllAtOnce}", vec![]),
        ("AutoPublishAlias: live", vec!["FAliaslive"]),
        ("AutoPublishAlias: !Ref Stage", vec!["FAliasdev"]),
        ("AutoPublishAlias: blue-green_1", vec!["FAliasblueDgreenU1"]),
        // SAM takes text, or a parameter.
        ("AutoPublishAlias: !If [A, b, c]", vec![]),
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Enabled: false, Type: AllAtOnce}",
            vec!["FAliaslive"],
        ),
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Enabled: !Ref Off, Type: AllAtOnce}",
            vec!["FAliaslive"],
        ),
        (
            "AutoPublishAlias: live\nDeploymentPreference: {Enabled: true, Type: AllAtOnce}",
            vec![
                "ServerlessDeploymentApplication",
                "FDeploymentGroup",
                "FAliaslive",
            ],
        ),
    ];
    let parameters = "Parameters:\n  Stage: {Type: String, Default: prod}\n  Off: {Type: String, Default: \"false\"}\n";
    for (properties, expected) in rows {
        let made = made(properties, parameters, &[("Stage", "dev")]);
        let ids: Vec<&String> = made.as_object().unwrap().keys().collect();
        assert_eq!(ids, expected, "{properties}");
    }
}

#[test]
fn deployment_groups_are_what_sam_makes_them() {
    let rows = [
        ("Type: Mine", json!({ "DeploymentConfigName": "Mine" })),
        (
            "Type: !Ref T",
            json!({ "DeploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce" }),
        ),
        // SAM does not know it when it makes the group, and leaves it to CloudFormation.
        (
            "Type: !Ref FromSsm",
            json!({ "DeploymentConfigName": { "Ref": "FromSsm" } }),
        ),
        (
            "Type: !If [Fast, AllAtOnce, Mine]",
            json!({ "DeploymentConfigName": { "Fn::If": ["Fast", "CodeDeployDefault.LambdaAllAtOnce", "Mine"] } }),
        ),
        (
            "{Type: Mine, Alarms: [!Ref A, b]}",
            json!({
                "DeploymentConfigName": "Mine",
                "AlarmConfiguration": { "Enabled": "true", "Alarms": [{ "Name": { "Ref": "A" } }, { "Name": "b" }] },
            }),
        ),
        (
            "{Type: Mine, Alarms: !If [Fast, [a], !Ref AWS::NoValue]}",
            json!({
                "DeploymentConfigName": "Mine",
                "AlarmConfiguration": { "Fn::If": [
                    "Fast", { "Enabled": "true", "Alarms": [{ "Name": "a" }] }, { "Ref": "AWS::NoValue" },
                ] },
            }),
        ),
    ];
    let parameters = "Parameters:\n  T: {Type: String, Default: AllAtOnce}\n  FromSsm: {Type: AWS::SSM::Parameter::Value<String>, Default: /a}\n";
    for (preference, mut expected) in rows {
        let preference = preference.trim_matches(['{', '}']);
        let properties = format!("AutoPublishAlias: live\nDeploymentPreference: {{{preference}}}");
        let made = made(&properties, parameters, &[]);
        expected["ApplicationName"] = json!({ "Ref": "ServerlessDeploymentApplication" });
        assert_eq!(
            made["FDeploymentGroup"]["Properties"], expected,
            "{preference}"
        );
    }
    for name in DEPLOYMENT_TYPES {
        let properties = format!("AutoPublishAlias: live\nDeploymentPreference: {{Type: {name}}}");
        let made = made(&properties, "", &[]);
        assert_eq!(
            made["FDeploymentGroup"]["Properties"]["DeploymentConfigName"],
            format!("CodeDeployDefault.Lambda{name}")
        );
    }
}

#[test]
fn ours_is_gated_and_globals_count() {
    let expected = json!({
        "ApplicationName": { "Ref": "ServerlessDeploymentApplication" },
        "DeploymentGroupName": { "Ref": "VersionedOrderAPIDeploymentGroup" },
        "BeforeAllowTrafficHook": { "Ref": "CodeDeployHookPreTraffic" },
        "AfterAllowTrafficHook": { "Ref": "CodeDeployHookPostTraffic" },
    });
    let ours = processed(OURS, &[]).unwrap();
    let update = "/Resources/VersionedOrderAPIAliasprod/UpdatePolicy/CodeDeployLambdaAliasUpdate";
    assert_eq!(ours.pointer(update), Some(&expected));

    let globals = "Globals:\n  Function:\n    AutoPublishAlias: live\n    DeploymentPreference: {Type: Mine, Alarms: [a]}\n";
    let made = made(
        "DeploymentPreference: {Alarms: [b], Hooks: {PreTraffic: p}}",
        globals,
        &[],
    );
    let update = &made["FAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"];
    assert_eq!(update["BeforeAllowTrafficHook"], "p");
    assert_eq!(
        made["FDeploymentGroup"]["Properties"],
        json!({
            "ApplicationName": { "Ref": "ServerlessDeploymentApplication" }, "DeploymentConfigName": "Mine",
            "AlarmConfiguration": { "Enabled": "true", "Alarms": [{ "Name": "a" }, { "Name": "b" }] },
        })
    );
}

#[test]
fn other_templates_stay_as_they_are() {
    for text in [
        "{}",
        "a",
        "Resources: [1]",
        "{Resources: {A: 1, B: {Type: AWS::SNS::Topic}, \"Fn::ForEach::C\": [x]}}",
    ] {
        let as_written = Document::read(text).unwrap().into_json();
        assert_eq!(processed(text, &[]), Ok(as_written), "{text}");
    }
    let error = processed("{Globals: 1, Resources: {}}", &[]).unwrap_err();
    assert_eq!(error, "1:11: Globals: expected a mapping, found a scalar");
}
