//! What a template says of a gate.

use changeset::{Gating, Templates, deployments};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{SHIFTS, UPDATE, changed, code_of, found, gated, lines, new_version};
use crate::{arbitrary, parsed, set_of};

#[test]
fn what_the_template_says_of_the_gate() {
    let update = |member: &str, value: Value| changed(&format!("{UPDATE}/{member}"), value);
    let by = |expected: &str| format!("Orders {expected}");
    let shifts = |from: &str, to: &str| format!("Orders gated: {}", SHIFTS.replace(from, to));
    let if_prod = |yes: Value| json!({ "Fn::If": ["IsProd", yes, { "Ref": "AWS::NoValue" }] });
    let no_value = json!({ "Ref": "AWS::NoValue" });
    let hooks_if = |value: &Value| {
        let mut template = update("BeforeAllowTrafficHook", value.clone());
        template.pointer_mut(UPDATE).unwrap()["AfterAllowTrafficHook"] = value.clone();
        template
    };
    let ungated =
        "OrdersAliasprod (prod) CodeDeploy CodeDeployDefault.LambdaAllAtOnce - - [orders-errors]";
    let rows: Vec<(&str, Value, Option<&str>, String)> = vec![
        (
            "no UpdatePolicy",
            changed("/Resources/OrdersAliasprod/UpdatePolicy", Value::Null),
            None,
            by("NOT gated: OrdersAliasprod (prod) at once"),
        ),
        (
            "another UpdatePolicy",
            changed(
                "/Resources/OrdersAliasprod/UpdatePolicy",
                json!({ "UseOnlineResharding": true }),
            ),
            None,
            by("NOT gated: OrdersAliasprod (prod) at once"),
        ),
        (
            "an UpdatePolicy by a condition that nobody knows",
            changed(
                "/Resources/OrdersAliasprod/UpdatePolicy",
                if_prod(json!({})),
            ),
            None,
            by("unknown: OrdersAliasprod (prod) unknown"),
        ),
        (
            "an UpdatePolicy by a condition that is false",
            changed(
                "/Resources/OrdersAliasprod/UpdatePolicy",
                if_prod(json!({})),
            ),
            Some("dev"),
            by("NOT gated: OrdersAliasprod (prod) at once"),
        ),
        (
            "no hooks",
            hooks_if(&no_value),
            None,
            by(&format!("NOT gated: {ungated}")),
        ),
        (
            "hooks by a condition that nobody knows",
            hooks_if(&if_prod(json!("pre"))),
            None,
            by(&format!("unknown: {ungated}")),
        ),
        (
            "hooks in production",
            hooks_if(&if_prod(json!({ "Ref": "Pre" }))),
            Some("prod"),
            shifts("Pre Post", "Pre CodeDeployHook_Pre"),
        ),
        (
            "hooks elsewhere",
            hooks_if(&if_prod(json!("pre"))),
            Some("dev"),
            by(&format!("NOT gated: {ungated}")),
        ),
        (
            "one hook",
            update("BeforeAllowTrafficHook", no_value.clone()),
            None,
            shifts("CodeDeployHook_Pre", "-"),
        ),
        (
            "a hook by name",
            update(
                "BeforeAllowTrafficHook",
                json!("arn:aws:lambda:us-east-1:123456789012:function:elsewhere:live"),
            ),
            None,
            shifts("CodeDeployHook_Pre", "elsewhere"),
        ),
        (
            "another stack's hook",
            update(
                "BeforeAllowTrafficHook",
                json!({ "Fn::ImportValue": "Pre" }),
            ),
            None,
            shifts("CodeDeployHook_Pre", "(Fn::ImportValue)"),
        ),
        (
            "a nested stack's hook",
            update(
                "AfterAllowTrafficHook",
                json!({ "Fn::GetAtt": "Hooks.Outputs.Post" }),
            ),
            None,
            shifts("Pre Post", "Pre (Hooks.Outputs.Post)"),
        ),
        (
            "another stack's deployment group",
            update("DeploymentGroupName", json!("shared")),
            None,
            shifts(
                "CodeDeployDefault.LambdaAllAtOnce CodeDeployHook_Pre Post [orders-errors]",
                "- CodeDeployHook_Pre Post []",
            ),
        ),
        (
            "a configuration of their own",
            changed(
                "/Resources/Group/Properties/DeploymentConfigName",
                json!("Slowly"),
            ),
            None,
            shifts("CodeDeployDefault.LambdaAllAtOnce", "Slowly"),
        ),
        (
            "a configuration by a condition",
            changed(
                "/Resources/Group/Properties/DeploymentConfigName",
                json!({ "Fn::If": ["IsNotProd", "Fast", { "Fn::Sub": "Slow${Stage}" }] }),
            ),
            Some("prod"),
            shifts("CodeDeployDefault.LambdaAllAtOnce", "Slowprod"),
        ),
        (
            "alarms that are switched off",
            changed(
                "/Resources/Group/Properties/AlarmConfiguration/Enabled",
                json!("false"),
            ),
            None,
            shifts("orders-errors", ""),
        ),
        (
            "alarms by conditions",
            changed(
                "/Resources/Group/Properties/AlarmConfiguration/Alarms",
                json!([if_prod(json!({ "Name": "more" })), { "Name": { "Ref": "Elsewhere" } }]),
            ),
            Some("prod"),
            shifts("orders-errors", "more (Elsewhere)"),
        ),
    ];
    for (name, template, stage, expected) in rows {
        let mut set = set_of(&new_version());
        if let Some(stage) = stage {
            set["Parameters"] = json!([{ "ParameterKey": "Stage", "ParameterValue": stage }]);
        }
        let templates = Templates {
            root: Some(template),
            ..Templates::default()
        };
        let found = deployments(&[parsed(&set)], &templates).unwrap();
        assert_eq!(lines(&found), [expected], "{name}");
    }
}

#[test]
fn hostile_templates_are_bounded() {
    // Each condition asks the one before it twice.
    let mut conditions = json!({});
    for index in (1..50_000).rev() {
        let before = json!({ "Condition": format!("C{}", index - 1) });
        conditions[format!("C{index}")] = json!({ "Fn::And": [before, before] });
    }
    conditions["C0"] = json!({ "Fn::Equals": ["same", "same"] });
    conditions["Self"] = json!({ "Condition": "Self" });
    let mut template = changed(
        "/Resources/Group/Properties/DeploymentConfigName",
        json!({ "Fn::Sub": "${Type}".repeat(10_000) }),
    );
    template["Parameters"]["Type"]["Default"] = json!("x".repeat(4_000));
    template["Conditions"] = conditions;
    template["Resources"]["Group"]["Properties"]["AlarmConfiguration"] =
        json!({ "Fn::If": ["Self", {}, {}] });
    let bounded = found(&new_version(), Some(template));
    let deployment = bounded[0].shifts[0].code_deploy.as_ref().unwrap();
    assert_eq!(deployment.configuration.as_deref(), Some("(Fn::Sub)"));
    assert_eq!(
        deployment.unknown,
        ["which alarms stop the deployment depends on the condition Self, which is not known"]
    );
    for shapeless in [
        json!(null),
        json!([1]),
        json!({ "Resources": [] }),
        json!({ "Resources": { "Orders": 1 } }),
    ] {
        assert_eq!(
            lines(&found(&[code_of("Orders")], Some(shapeless))),
            ["Orders NOT gated"]
        );
    }
}

proptest! {
    #[test]
    fn only_an_alias_that_is_modified_and_a_template_make_a_gate(
        changes in prop::collection::vec(arbitrary::change(), 0..8), is_of_version: bool,
    ) {
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|mut change| {
                let (id, kind) = match change["LogicalResourceId"].as_str() {
                    Some("A") => ("OrdersAliasprod", "Alias"),
                    Some("B") => ("Orders", "Function"),
                    Some("C") => ("OrdersVersion0123456789", "Version"),
                    Some("D") => ("Pre", "Function"),
                    _ => ("Other", "Alias"),
                };
                change["LogicalResourceId"] = id.into();
                change["ResourceType"] = format!("AWS::Lambda::{kind}").into();
                if is_of_version && let Some(detail) = change["Details"].get_mut(0) {
                    detail["Target"]["Path"] = "/Properties/FunctionVersion".into();
                }
                change
            })
            .collect();
        let is_any_gated = |template| {
            let found = found(&changes, template);
            found.iter().any(|deployment| deployment.gating == Gating::Gated)
        };
        prop_assert!(!is_any_gated(None));
        let is_modified = changes.iter().any(|change| {
            change["LogicalResourceId"] == "OrdersAliasprod" && change["Action"] == "Modify"
        });
        prop_assert!(is_modified || !is_any_gated(Some(gated())));
    }
}
