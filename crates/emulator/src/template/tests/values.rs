//! Functions, parameters and conditions, seen through an environment variable.

use super::super::NoteKind;
use super::{context, function, notes, resolve, with_function};

/// What else the templates of these tables have.
const REST: &str = "
  A:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmName: too many errors, Namespace: N, MetricName: M, Statistic: Sum, Period: 60,
      EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: GreaterThanThreshold}
  L:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: events}
  Api:
    Type: AWS::Serverless::HttpApi
  Absent:
    Type: AWS::Serverless::Function
    Condition: IsProd
    Properties: {CodeUri: x}
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Wrong: {Type: String, Default: qa, AllowedValues: [dev, prod]}
  Count: {Type: Number, Default: 010}
  Missing: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: \"a, b,c\"}
  Secret: {Type: AWS::SSM::Parameter::Value<String>, Default: /x}
Mappings:
  Sizes:
    dev: {memory: 128, zones: [x, y]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [Condition: IsProd]
  Both: !And [!Condition IsDev, !Condition IsProd]
  Either: {Fn::Or: [{Condition: IsDev}, !Condition IsProd]}
  Loop: !Not [!Condition Loop]
  Odd: !Ref Stage
  OnSecret: !Equals [!Ref Secret, x]
  One: !And [!Condition IsDev]
";

/// The line of `V`, on which every value of these tables stands.
const PROPERTIES: &str = "AutoPublishAlias: prod\nEnvironment:\n  Variables:\n    V: ";

fn value(written: &str) -> Result<String, String> {
    let function = function(&format!("{PROPERTIES}{written}"), REST)?;
    Ok(function
        .environment
        .get("V")
        .cloned()
        .unwrap_or_else(|| "(absent)".to_owned()))
}

#[test]
fn functions_give_values() {
    let check = |written: &str, expected: &str| {
        assert_eq!(value(written).as_deref(), Ok(expected), "{written}");
    };
    check("text", "text");
    check("on", "true");
    check("'on'", "on");
    check("!!str on", "on");
    check("! on", "on");
    check("!Ref AWS::Region", "eu-west-1");
    check("!Ref AWS::AccountId", "123456789012");
    check("!Ref AWS::Partition", "aws");
    check("!Ref AWS::StackName", "shop");
    check("!Ref AWS::URLSuffix", "amazonaws.com");
    check(
        "!Ref AWS::StackId",
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/00000000-0000-0000-0000-000000000000",
    );
    check("!Ref AWS::NoValue", "(absent)");
    check("!Ref Stage", "dev");
    check("!Ref Count", "8");
    check("!Ref F", "orders");
    check(
        "!Ref F.Alias",
        "arn:aws:lambda:eu-west-1:123456789012:function:orders:prod",
    );
    check(
        "!Ref F.Version",
        "arn:aws:lambda:eu-west-1:123456789012:function:orders:7",
    );
    check("!Ref A", "too many errors");
    check("!Ref L", "arn:aws:lambda:eu-west-1:123456789012:layer:L:1");
    check(
        "!GetAtt F.Arn",
        "arn:aws:lambda:eu-west-1:123456789012:function:orders",
    );
    check("!GetAtt F.Version.Version", "7");
    check("!GetAtt [F, Version.Version]", "7");
    check("!GetAtt [F, Version, Version]", "7");
    check(
        "!GetAtt A.Arn",
        "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:too many errors",
    );
    check("!Sub a", "a");
    check("!Sub \"${F}:prod\"", "orders:prod");
    check(
        "!Sub \"${F.Version.Version} ${F.Arn} ${F.Alias}\"",
        "7 arn:aws:lambda:eu-west-1:123456789012:function:orders \
         arn:aws:lambda:eu-west-1:123456789012:function:orders:prod",
    );
    check(
        "!Sub \"$5 $ ${!Literal} ${Stage}} ${open\"",
        "$5 $ ${Literal} dev} ${open",
    );
    check(
        "!Sub [\"${x}-${F}-${Stage}\", {x: !Ref AWS::Region, Stage: mine}]",
        "eu-west-1-orders-mine",
    );
    check(
        "!Join [\"-\", [a, !Ref Stage, !Ref AWS::NoValue, 1.50]]",
        "a-dev-1.5",
    );
    check("!Join [\"\", !Ref Zones]", "abc");
    check("!Join [\"+\", !Split [\"/\", \"a/b//c\"]]", "a+b++c");
    check("!Select [1, !Ref Zones]", "b");
    check("!Select [\"0\", [!Ref Stage, b]]", "dev");
    check("!FindInMap [Sizes, !Ref Stage, memory]", "128");
    check("!Select [1, !FindInMap [Sizes, dev, zones]]", "y");
    check("!If [IsProd, a, b]", "b");
    check("!If [IsDev, a, !Ref Nothing]", "a");
    check("!If [Both, a, !Ref AWS::NoValue]", "(absent)");
    check("!If [Either, !If [IsProd, a, b], c]", "b");
    check(
        "{\"Fn::Join\": [\":\", [{Ref: F}, {\"Fn::GetAtt\": \"F.Version.Version\"}]]}",
        "orders:7",
    );
}

#[test]
fn faults_name_place_and_remedy() {
    let at = |column: usize, path: &str| {
        format!("11:{column}: Resources.F.Properties.Environment.Variables.V{path}: ")
    };
    let check = |written: &str, column: usize, path: &str, expected: &str| {
        let error = value(written).expect_err(written);
        assert_eq!(error, at(column, path) + expected, "{written}");
    };
    check("", 12, "", "null values are not allowed in templates");
    check("[a]", 14, "", "expected a string, found a list");
    check("!Ref [F]", 14, ".Ref", "expected a string, found a list");
    check(
        "!Ref Nothing",
        14,
        ".Ref",
        "unresolved resource dependencies [Nothing] in the Resources block of the template",
    );
    check(
        "!Ref AWS::Nothing",
        14,
        ".Ref",
        "there is no pseudo parameter AWS::Nothing",
    );
    check(
        "!Ref Missing",
        14,
        ".Ref",
        "parameter Missing has no value; give it one, or a Default in the template",
    );
    check(
        "!Ref Absent",
        14,
        ".Ref",
        "Absent is not created, because its condition is false",
    );
    check("!Ref Zones", 14, "", "expected a string, found a list");
    check(
        "!GetAtt Absent.Arn",
        14,
        ".Fn::GetAtt",
        "Absent is not created, because its condition is false",
    );
    check(
        "!GetAtt F",
        14,
        ".Fn::GetAtt",
        "Fn::GetAtt takes a logical id and an attribute",
    );
    check(
        "!GetAtt [F]",
        14,
        ".Fn::GetAtt",
        "Fn::GetAtt takes a logical id and an attribute",
    );
    check(
        "!GetAtt F.Version",
        14,
        ".Fn::GetAtt",
        "AWS::Serverless::Function has no attribute Version; its ARN is `!Ref F.Version`",
    );
    check(
        "!Sub \"${Nothing}\"",
        14,
        ".Fn::Sub",
        "unresolved resource dependencies [Nothing] in the Resources block of the template",
    );
    check(
        "!Sub \"${VAR:-x}\"",
        14,
        ".Fn::Sub",
        "${VAR:-x}: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, \
         periods, and colons; write ${!VAR:-x} for the text itself",
    );
    check(
        "!Sub \"${}\"",
        14,
        ".Fn::Sub",
        "${}: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, \
         periods, and colons; write ${!} for the text itself",
    );
    check(
        "!Sub [a]",
        14,
        ".Fn::Sub",
        "Fn::Sub takes 2 arguments, found 1",
    );
    check(
        "!Sub [a, b]",
        23,
        ".Fn::Sub[1]",
        "expected a mapping, found a scalar",
    );
    check(
        "!Join [a, b]",
        24,
        ".Fn::Join[1]",
        "expected a list, found \"b\"",
    );
    check(
        "!Split [\"\", b]",
        14,
        ".Fn::Split",
        "Fn::Split needs a delimiter",
    );
    check(
        "!Select [3, !Ref Zones]",
        14,
        ".Fn::Select",
        "Fn::Select takes item 3 of a list of 3",
    );
    check(
        "!Select [x, [a]]",
        23,
        ".Fn::Select[0]",
        "expected an index from 0, found \"x\"",
    );
    check(
        "!FindInMap [Sizes, prod, memory]",
        33,
        ".Fn::FindInMap[1]",
        "unable to get mapping: there is no \"prod\"",
    );
    check(
        "!If [Nothing, a, b]",
        19,
        ".Fn::If[0]",
        "unresolved condition dependency Nothing",
    );
    check(
        "!If [IsProd, a]",
        14,
        ".Fn::If",
        "Fn::If takes 3 arguments, found 2",
    );
    check(
        "!Equals [a, a]",
        14,
        ".Fn::Equals",
        "Fn::Equals is only allowed in Conditions",
    );
    check(
        "{\"Fn::Sub\": a, b: c}",
        26,
        ".Fn::Sub",
        "Fn::Sub cannot stand beside other keys",
    );
}

#[test]
fn faults_of_declarations_are_where_they_are_declared() {
    let check = |written: &str, path: &str, expected: &str| {
        let error = value(written).expect_err(written);
        let (_, located) = error.split_once(": ").expect("a place");
        assert_eq!(located, format!("{path}: {expected}"), "{written}");
    };
    check(
        "!Ref Wrong",
        "Parameters.Wrong",
        "parameter Wrong must be one of dev, prod",
    );
    check(
        "!If [Loop, a, b]",
        "Conditions.Loop",
        "condition Loop depends on itself",
    );
    check(
        "!If [Odd, a, b]",
        "Conditions.Odd",
        "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition",
    );
    check(
        "!If [OnSecret, a, b]",
        "Conditions.OnSecret.Fn::Equals[0]",
        "a value is needed here, and parameter Secret is read from SSM when the stack is deployed",
    );
    check(
        "!If [One, a, b]",
        "Conditions.One.Fn::And",
        "Fn::And takes 2 to 10 conditions",
    );
}

#[test]
fn what_only_aws_knows_is_left_out_with_a_note() {
    let check = |written: &str, reason: &str| {
        let text = with_function(&format!("{PROPERTIES}{written}"), REST);
        let stack = resolve(&text, &context()).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert!(stack.functions[0].environment.is_empty(), "{written}");
        let expected = format!("11 F.Environment.V: left out, because {reason}");
        assert_eq!(notes(&stack, NoteKind::Unresolved), [expected], "{written}");
    };
    let api = "Api (AWS::Serverless::HttpApi) does not exist in a rehearsal";
    check("!Ref Api", api);
    check("!Sub \"https://${Api}.example.com\"", api);
    check("!Join [\"\", [a, !Ref Api]]", api);
    check("!Join [\"\", !Split [a, !Ref Api]]", api);
    check("!Select [0, !Split [a, !Ref Api]]", api);
    check("!Sub [\"${x}\", {x: !Ref Api}]", api);
    check(
        "!GetAtt Api.ApiEndpoint",
        "only AWS knows ApiEndpoint of Api (AWS::Serverless::HttpApi)",
    );
    check(
        "!Ref ServerlessHttpApi",
        "ServerlessHttpApi, if SAM generates it, does not exist in a rehearsal",
    );
    check(
        "!GetAtt FVersion.Arn",
        "FVersion, if SAM generates it, does not exist in a rehearsal",
    );
    check(
        "!ImportValue x",
        "Fn::ImportValue is not evaluated in a rehearsal",
    );
    check("!Base64 x", "Fn::Base64 is not evaluated in a rehearsal");
    check(
        "!Ref Secret",
        "parameter Secret is read from SSM when the stack is deployed",
    );
    check(
        "\"{{resolve:ssm:/x}}\"",
        "a dynamic reference ({{resolve:…}}) is fetched when the stack is deployed",
    );
}

#[test]
fn context_wins_over_defaults() {
    let text = with_function(
        &format!("{PROPERTIES}!Sub \"${{Stage}} ${{F.Version.Version}} ${{AWS::Partition}}\""),
        REST,
    );
    let check = |parameters: &[(&str, &str)], expected: Result<&str, &str>| {
        let mut context = context();
        context.region = "cn-north-1".to_owned();
        context.parameters.extend(
            parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let value =
            resolve(&text, &context).map(|stack| stack.functions[0].environment["V"].clone());
        assert_eq!(value.as_deref().map_err(String::as_str), expected);
    };
    check(&[], Ok("dev 7 aws-cn"));
    check(
        &[("Nothing", "x")],
        Err("1:1: Parameters: [Nothing] do not exist in the template"),
    );
    check(
        &[("Stage", "qa")],
        Err("27:10: Parameters.Stage: parameter Stage must be one of dev, prod"),
    );

    let mut unpublished = context();
    unpublished.versions.clear();
    let stack = resolve(&text, &unpublished).expect("it resolves");
    let expected = "11 F.Environment.V: left out, because no version of F is published yet";
    assert_eq!(notes(&stack, NoteKind::Unresolved), [expected]);
}
