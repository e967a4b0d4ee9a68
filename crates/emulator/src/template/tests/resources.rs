//! Functions, deployment preferences, aliases, alarms and layers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::{BuildMethod, NoteKind, Template, TemplateErrors};
use super::{OURS, context, function, notes, resolve, with_function};

const HEAD: &str = "Transform: AWS::Serverless-2016-10-31\n";

#[test]
fn our_template_resolves() {
    let stack = resolve(OURS, &context()).expect("our template");
    let ids: Vec<&str> = stack
        .functions
        .iter()
        .map(|function| function.logical_id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "VersionedOrderAPI",
            "CanaryWatch",
            "CodeDeployHookPreTraffic",
            "CodeDeployHookPostTraffic"
        ]
    );
    let gated = &stack.functions[0];
    assert_eq!(gated.runtime.as_deref(), Some("provided.al2023"));
    assert_eq!(gated.auto_publish_alias.as_deref(), Some("prod"));
    let build = BuildMethod {
        method: "rust-cargolambda".to_owned(),
        binary: Some("order-api".to_owned()),
    };
    assert_eq!(gated.build, Some(build));
    let preference = gated.deployment_preference.as_ref().expect("a preference");
    assert_eq!(preference.deployment_type, "Canary10Percent5Minutes");
    assert!(
        preference.alarms.iter().all(|alarm| alarm.in_template),
        "{:?}",
        preference.alarms
    );
    let hook = preference.pre_traffic.as_ref().expect("a hook");
    assert_eq!(hook.function_name, "CodeDeployHook_PreTraffic");
    assert_eq!(
        hook.in_template.as_deref(),
        Some("CodeDeployHookPreTraffic")
    );
    for ungated in &stack.functions[1..] {
        assert_eq!(ungated.deployment_preference, None);
    }
    assert_eq!(stack.functions[2].layers, ["EventsLayer"]);
    assert_eq!(stack.schedules.len(), 1);
    assert_eq!(stack.schedules[0].function, "CanaryWatch");
    assert_eq!(stack.layers[0].content_uri, Path::new("events/"));
    assert_eq!(stack.alarms.len(), 2);
    assert_eq!(notes(&stack, NoteKind::Unresolved), Vec::<String>::new());
}

#[test]
fn a_function_has_defaults() {
    let function = function("", "").expect("a function");
    assert_eq!(function.name, "orders");
    assert_eq!(function.timeout, Duration::from_secs(3));
    assert_eq!(function.memory_size, 128);
    assert_eq!(function.code_uri, Some(PathBuf::from("target")));
    assert_eq!(
        (function.runtime, function.handler, function.build),
        (None, None, None)
    );
    assert_eq!(
        (function.auto_publish_alias, function.deployment_preference),
        (None, None)
    );
    assert_eq!(function.place.to_string(), "3:3: Resources.F");
}

#[test]
fn globals_merge_as_sam_merges() {
    let text = HEAD.to_owned()
        + "Globals:
  Function:
    Timeout: 10
    MemorySize: 256
    Tracing: Active
    Layers: [!Ref L]
    Environment: {Variables: {A: global, B: global, C: !Ref AWS::Region}}
    AutoPublishAlias: live
    DeploymentPreference: {Type: AllAtOnce, Role: x}
  Api: {}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      CodeUri: x
      Timeout: 20
      Layers: [!Ref M]
      Environment: {Variables: {B: local, C: !Sub local, D: local}}
      DeploymentPreference: {Type: Linear10PercentEvery1Minute}
  G:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [Environment, DeploymentPreference, MemorySize]
    Properties: {FunctionName: g, CodeUri: x}
  H:
    Type: AWS::Serverless::Function
    IgnoreGlobals: \"*\"
    Properties: {FunctionName: h, CodeUri: x}
  L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: l}}
  M: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: m, LayerName: other}}
";
    let stack = resolve(&text, &context()).expect("it resolves");
    let [f, g, h] = stack.functions.as_slice() else {
        panic!("three functions")
    };
    let seconds = |function: &super::Function| function.timeout.as_secs();
    assert_eq!((seconds(f), f.memory_size), (20, 256));
    assert_eq!(f.layers, ["L", "M"]);
    let environment: Vec<_> = f
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(environment, ["A=global", "B=local", "C=local", "D=local"]);
    let preference = f.deployment_preference.as_ref().expect("a preference");
    assert_eq!(preference.deployment_type, "Linear10PercentEvery1Minute");
    assert!(preference.custom_role);
    assert_eq!(
        (seconds(g), g.memory_size, g.environment.len()),
        (10, 128, 0)
    );
    assert_eq!(
        (g.auto_publish_alias.as_deref(), &g.deployment_preference),
        (Some("live"), &None)
    );
    assert_eq!(
        (seconds(h), h.layers.len(), &h.auto_publish_alias),
        (3, 0, &None)
    );
    assert_eq!(
        notes(&stack, NoteKind::Irrelevant),
        ["11 Globals.Api", "6 Globals.Function.Tracing"]
    );
}

#[test]
fn a_function_logs_where_it_says() {
    let check = |properties: &str, rest: &str, expected: Result<(Option<&str>, &str), &str>| {
        let found = function(properties, rest).map(|function| function.logging_config);
        let found = found
            .as_ref()
            .map(|logging| (logging.log_group.as_deref(), logging.log_format.as_str()))
            .map_err(String::as_str);
        assert_eq!(found, expected, "{properties}");
    };
    let named =
        "  G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/hooks/${F}'}}\n";
    check("", "", Ok((None, "Text")));
    check(
        "LoggingConfig: {LogGroup: !Ref G, LogFormat: JSON, SystemLogLevel: WARN}",
        named,
        Ok((Some("/hooks/orders"), "JSON")),
    );
    check("LoggingConfig: {LogFormat: Text}", "", Ok((None, "Text")));
    check(
        "LoggingConfig: {LogGroup: !Ref G}",
        "  G: {Type: AWS::Logs::LogGroup}\n",
        Ok((Some("shop-G-A7G68SL5ZO0O"), "Text")),
    );
    // Only AWS knows the name: the default is taken, with a note.
    check(
        "LoggingConfig: {LogGroup: !Ref G}",
        "  G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !GetAtt X.Id}}\n  X: {Type: Custom::X}\n",
        Ok((None, "Text")),
    );
    check(
        "LoggingConfig: {LogFormat: json}",
        "",
        Err(
            "8:34: Resources.F.Properties.LoggingConfig.LogFormat: expected Text or JSON, found \"json\"",
        ),
    );
    check(
        "LoggingConfig: {LogGroup: !Ref G}",
        "  G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: 'a b'}}\n",
        Err(
            "9:61: Resources.G.Properties.LogGroupName: LogGroupName \"a b\" may only have letters, digits, `-` and `_` \
             and `.` and `/` and `#`",
        ),
    );
    check(
        "LoggingConfig: {LogGroup: !Ref G}",
        "  G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Ref G}}\n",
        Err(
            "9:61: Resources.G.Properties.LogGroupName: this refers to too long a chain of other values",
        ),
    );
    let stack = resolve(&with_function("", named), &context()).expect("it resolves");
    assert_eq!(stack.log_groups, ["/hooks/orders"]);
}

#[test]
fn faults_of_functions() {
    let check = |properties: &str, expected: &str| {
        let error = function(properties, "").expect_err(properties);
        let expected = expected.replace("F.P", "Resources.F.Properties");
        assert_eq!(error, expected, "{properties}");
    };
    check(
        "Timeout: 0",
        "8:16: F.P.Timeout: expected whole seconds from 1 to 900, found \"0\"",
    );
    check(
        "Timeout: 901",
        "8:16: F.P.Timeout: expected whole seconds from 1 to 900, found \"901\"",
    );
    check(
        "Timeout: 1.5",
        "8:16: F.P.Timeout: expected whole seconds from 1 to 900, found \"1.5\"",
    );
    check(
        "Timeout: []",
        "8:16: F.P.Timeout: expected whole seconds from 1 to 900, found a list",
    );
    check(
        "Timeout: !ImportValue x",
        "8:16: F.P.Timeout: a value is needed here, and Fn::ImportValue is not evaluated in a rehearsal",
    );
    check(
        "MemorySize: 64",
        "8:19: F.P.MemorySize: expected whole MB from 128 to 32768, found \"64\"",
    );
    check(
        "Environment: x",
        "8:20: F.P.Environment: expected a mapping, found \"x\"",
    );
    check(
        "Environment:\n  Variables: [A]",
        "9:20: F.P.Environment.Variables: expected a mapping, found a list",
    );
    check(
        "Layers: x",
        "8:15: F.P.Layers: expected a list, found \"x\"",
    );
    check(
        "AutoPublishAlias: \"12\"",
        "8:25: F.P.AutoPublishAlias: alias name \"12\" must have 1 to 128 letters, digits, `-` and `_`, and not only digits",
    );
    check(
        "AutoPublishAlias: !GetAtt X.Y",
        "8:25: F.P.AutoPublishAlias.Fn::GetAtt: unresolved resource dependencies [X] in the Resources block of the template",
    );
}

#[test]
fn names_are_checked_and_made_up() {
    let check = |name: &str, expected: &str| {
        let text = with_function("", "").replace("FunctionName: orders", name);
        let found = match resolve(&text, &context()) {
            Ok(stack) => stack.functions[0].name.clone(),
            Err(error) => error,
        };
        assert_eq!(found, expected);
    };
    check("FunctionName: a_B-1", "a_B-1");
    check("Handler: x", "shop-F-T7I05WMJZO0O");
    check("FunctionName: !Ref AWS::NoValue", "shop-F-T7I05WMJZO0O");
    check(
        "FunctionName: a b",
        "6:21: Resources.F.Properties.FunctionName: FunctionName \"a b\" may only have letters, digits, `-` and `_`",
    );
    check(
        &format!("FunctionName: {}", "a".repeat(65)),
        "6:21: Resources.F.Properties.FunctionName: FunctionName must have 1 to 64 characters",
    );
    check(
        "FunctionName: !Ref F",
        "3:3: Resources.F: the name of F depends on itself",
    );

    let long = super::super::names::stand_in(&"s".repeat(100), "F", 64);
    assert_eq!(
        (long.len(), long.ends_with("s-T7I05WMJZO0O")),
        (64, true),
        "{long}"
    );

    let twice = "  G:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: x, FunctionName: orders}\n";
    let error = resolve(&with_function("", twice), &context()).expect_err("two of a name");
    assert_eq!(
        error,
        "8:3: Resources.G: F and G have the same name, orders"
    );
}

#[test]
fn nothing_is_skipped_silently() {
    let text = with_function(
        "VpcConfig: {SubnetIds: [x]}
Policies: []
Description: x
Environment:
  Variables: {RELEASE: 1.10, DEBUG: on, OK: '1.10'}
Layers: [!Ref Elsewhere, 'arn:aws:lambda:eu-west-1:1:layer:x:1']
AutoPublishAlias: prod
DeploymentPreference: {Type: AllAtOnce, Hooks: {Pretraffic: x}, TriggerConfigurations: [], Colour: x}",
        "    DependsOn: Table
    Metadata: {BuildMethod: makefile, BuildProperties: {Colour: x}}
    UpdatePolicy: {}
  Table: {Type: AWS::DynamoDB::Table}
  User: {Type: AWS::IAM::User}
  Elsewhere: {Type: AWS::Lambda::LayerVersion}
  Image: {Type: AWS::Serverless::Function, Properties: {FunctionName: i, PackageType: Image, ImageUri: x}}
  Inline: {Type: AWS::Serverless::Function, Properties: {FunctionName: n, InlineCode: x}}
  Remote: {Type: AWS::Serverless::Function, Properties: {FunctionName: r, CodeUri: s3://b/k}}
  Unnamed: {Type: AWS::Serverless::Function, Properties: {CodeUri: x}}
  Absent: {Type: AWS::DynamoDB::Table, Condition: Never}
Conditions:
  Never: !Equals [a, b]
Rules: {}
Outputs: {X: {Value: !Ref Nothing}}
",
    );
    let text = text.replace(HEAD, "Transform: [AWS::Serverless-2016-10-31, Mine]\n");
    let stack = resolve(&text, &context()).expect("it resolves");
    let check = |kind, expected: &[&str]| assert_eq!(notes(&stack, kind), expected, "{kind:?}");
    let layer =
        "13 F.Layers: a layer that is not an AWS::Serverless::LayerVersion of this template";
    check(
        NoteKind::NotPlayed,
        &[
            "29 Rules",
            "1 Transform Mine",
            layer,
            layer,
            "15 F.DeploymentPreference.Hooks.Pretraffic: SAM knows the hooks PreTraffic and PostTraffic",
            "15 F.DeploymentPreference.Colour",
            "17 F.BuildProperties.Colour",
            "8 F.VpcConfig",
            "18 F.UpdatePolicy",
            "19 Table (AWS::DynamoDB::Table)",
            "21 Elsewhere (AWS::Lambda::LayerVersion)",
            "22 Image.PackageType: a container image",
            "22 Image.ImageUri",
            "23 Inline.InlineCode",
            "24 Remote.CodeUri: it is not in a local folder",
        ],
    );
    check(
        NoteKind::Irrelevant,
        &[
            "15 F.DeploymentPreference.TriggerConfigurations",
            "10 F.Description",
            "16 F.DependsOn",
            "20 User (AWS::IAM::User)",
        ],
    );
    check(
        NoteKind::NotCreated,
        &["26 Absent (AWS::DynamoDB::Table): its condition is false"],
    );
    check(
        NoteKind::Assumed,
        &[
            "12 F.Environment.RELEASE: YAML 1.1 reads 1.10 as 1.1, quote it to keep it as it is",
            "12 F.Environment.DEBUG: YAML 1.1 reads on as true, quote it to keep it as it is",
            "25 Unnamed.FunctionName: CloudFormation would generate a name, here it is shop-Unnamed-3BREPCG22JNP",
        ],
    );
}

#[test]
fn every_faulty_resource_is_reported_once() {
    let rest = "  G: {Type: AWS::Serverless::Function, Properties: {FunctionName: a b, CodeUri: x}}
  H: {Type: AWS::Serverless::Function, Properties: {FunctionName: h}}
  X: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref G, FunctionVersion: 1, Name: x}}
";
    let template = Template::read(&with_function("Timeout: x", rest)).expect("it is read");
    let TemplateErrors(errors) = template.resolve(&context()).expect_err("three faults");
    let found: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "8:16: Resources.F.Properties.Timeout: expected whole seconds from 1 to 900, found \"x\"",
            "9:67: Resources.G.Properties.FunctionName: FunctionName \"a b\" may only have letters, digits, `-` and `_`",
            "10:6: Resources.H: either 'InlineCode' or 'CodeUri' must be set",
        ]
    );
}
