//! Deployment preferences, and the alarms and aliases beside them.

use std::time::Duration;

use super::super::{AlarmRule, Alias, MetricRule, NoteKind, suggest};
use super::{context, function, notes, resolve, with_function};

const ALARM: &str = "
  A:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: too many
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{Name: FunctionName, Value: !Ref F}, {Name: ExecutedVersion, Value: !GetAtt F.Version.Version}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 2
      DatapointsToAlarm: 1
      Threshold: 0.5
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
";

#[test]
fn faults_of_deployment_preferences_are_sams() {
    let check = |preference: &str, expected: &str| {
        let properties = format!("AutoPublishAlias: prod\nDeploymentPreference: {preference}");
        let error = function(&properties, ALARM).expect_err(preference);
        let expected = expected.replace("DP", "Resources.F.Properties.DeploymentPreference");
        assert_eq!(error, expected, "{preference}");
    };
    check(
        "{}",
        "9:29: DP: 'DeploymentPreference' is missing required Property 'Type'; \
        give it one, for example Canary10Percent5Minutes, or `Enabled: false`",
    );
    check("x", "9:29: DP: expected a mapping, found \"x\"");
    check(
        "{Type: [x]}",
        "9:36: DP.Type: expected a string, found a list",
    );
    check(
        "{Type: AllAtOnce, Alarms: x}",
        "9:55: DP.Alarms: Alarms must be a list",
    );
    check(
        "{Type: AllAtOnce, Hooks: [x]}",
        "9:54: DP.Hooks: 'Hooks' property of 'DeploymentPreference' must be a dictionary",
    );
    check(
        "{Type: AllAtOnce, Hooks: {PreTraffic: !ImportValue x}}",
        "9:67: DP.Hooks.PreTraffic: a value is needed here, and Fn::ImportValue is not evaluated in a rehearsal",
    );
    // Nobody here knows an alarm of another stack, and the rehearsal goes on without it.
    let alarms = function(
        "AutoPublishAlias: prod\nDeploymentPreference: {Type: AllAtOnce, Alarms: [!ImportValue x]}",
        "",
    )
    .unwrap()
    .deployment_preference
    .unwrap()
    .alarms;
    assert_eq!(
        alarms[0].name,
        "(Fn::ImportValue is not evaluated in a rehearsal)"
    );
    assert!(!alarms[0].in_template);
    let error = function("DeploymentPreference: {Type: AllAtOnce}", "").expect_err("no alias");
    assert_eq!(
        error,
        "8:29: Resources.F.Properties.DeploymentPreference: 'DeploymentPreference' requires \
        AutoPublishAlias property to be specified.; add for example `AutoPublishAlias: live` to the function"
    );
}

#[test]
fn deployment_preferences_are_read() {
    let read = |preference: &str| {
        let properties = format!("AutoPublishAlias: prod\nDeploymentPreference: {preference}");
        function(&properties, ALARM)
            .unwrap_or_else(|error| panic!("{preference}: {error}"))
            .deployment_preference
    };
    for off in [
        "{Enabled: false}",
        "{Enabled: 'False', Type: x}",
        "{Enabled: no}",
        "!Ref AWS::NoValue",
    ] {
        assert_eq!(read(off), None, "{off}");
    }
    let read =
        |preference: &str| read(preference).unwrap_or_else(|| panic!("{preference}: not enabled"));
    assert_eq!(read("{Enabled: true, Type: Mine}").deployment_type, "Mine");
    assert_eq!(
        read("{Type: Mine}").type_place.to_string(),
        "9:36: Resources.F.Properties.DeploymentPreference.Type"
    );
    assert!(read("{Type: AllAtOnce, Role: !GetAtt FRole.Arn}").custom_role);

    let alarms = |alarms: &str| {
        let preference = read(&format!("{{Type: AllAtOnce, Alarms: {alarms}}}"));
        preference
            .alarms
            .into_iter()
            .map(|alarm| (alarm.name, alarm.in_template))
            .collect::<Vec<_>>()
    };
    assert_eq!(alarms("[]"), []);
    assert_eq!(
        alarms("[!Ref AWS::NoValue, mine]"),
        [("mine".to_owned(), false)]
    );
    let (name, in_template) = alarms("[!Ref A]").remove(0);
    assert!(name.starts_with("shop-A-") && in_template, "{name}");

    let hook = |hook: &str| {
        let hook = read(&format!(
            "{{Type: AllAtOnce, Hooks: {{PostTraffic: {hook}}}}}"
        ))
        .post_traffic
        .expect(hook);
        (hook.function_name, hook.in_template)
    };
    let ours = ("orders".to_owned(), Some("F".to_owned()));
    for written in [
        "!Ref F",
        "orders",
        "!GetAtt F.Arn",
        "!Ref F.Version",
        "!Sub \"${F}:prod\"",
    ] {
        assert_eq!(hook(written), ours, "{written}");
    }
    assert_eq!(hook("other"), ("other".to_owned(), None));
    assert_eq!(
        hook("arn:aws:lambda:eu-west-1:1:function:other"),
        ("other".to_owned(), None)
    );
}

#[test]
fn misspelt_deployment_types_have_a_suggestion() {
    let check =
        |written: &str, expected: Option<&str>| assert_eq!(suggest(written), expected, "{written}");
    check("Canary10Percent5Minute", Some("Canary10Percent5Minutes"));
    check("canary10percent15minutes", Some("Canary10Percent15Minutes"));
    check(
        "Linear10PercentEvery1Minutes",
        Some("Linear10PercentEvery1Minute"),
    );
    check("CodeDeployDefault.LambdaAllAtOnce", Some("AllAtOnce"));
    check("AllAtOnec", Some("AllAtOnce"));
    check("Canary", None);
    check("BlueGreen", None);
    check("", None);
}

#[test]
fn alarms_are_read() {
    let read = |change: (&str, &str)| {
        let text = with_function("AutoPublishAlias: prod", &ALARM.replace(change.0, change.1));
        resolve(&text, &context()).map(|stack| stack.alarms[0].rule.clone())
    };
    let expected = MetricRule {
        namespace: "AWS/Lambda".to_owned(),
        metric_name: "Errors".to_owned(),
        dimensions: [("FunctionName", "orders"), ("ExecutedVersion", "7")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
        statistic: "Sum".to_owned(),
        period: Duration::from_secs(60),
        evaluation_periods: 2,
        datapoints_to_alarm: Some(1),
        threshold: 0.5,
        comparison_operator: "GreaterThanThreshold".to_owned(),
        treat_missing_data: Some("notBreaching".to_owned()),
    };
    assert_eq!(
        read(("", "")),
        Ok(AlarmRule::Metric(Box::new(expected.clone())))
    );
    assert_eq!(
        read(("Statistic: Sum", "ExtendedStatistic: p99")),
        Ok(AlarmRule::Unsupported(
            "a percentile (ExtendedStatistic)".to_owned()
        ))
    );

    let unsupported = |change, expected: &str| {
        assert_eq!(
            read(change),
            Ok(AlarmRule::Unsupported(expected.to_owned())),
            "{change:?}"
        );
    };
    unsupported(
        ("MetricName: Errors", "Metrics: []"),
        "metric math (Metrics)",
    );
    unsupported(
        ("Threshold: 0.5", "ThresholdMetricId: e1"),
        "anomaly detection (ThresholdMetricId)",
    );
    unsupported(
        ("!GetAtt F.Version.Version", "!ImportValue x"),
        "dimension ExecutedVersion: Fn::ImportValue is not evaluated in a rehearsal",
    );

    let fault = |change, expected: &str| {
        assert_eq!(
            read(change),
            Err(expected.replace("A.P", "Resources.A.Properties")),
            "{change:?}"
        );
    };
    fault(
        ("Statistic: Sum", "Unit: Count"),
        "10:3: Resources.A: missing required property 'Statistic'",
    );
    fault(
        ("Threshold: 0.5", "Unit: Count"),
        "10:3: Resources.A: missing required property 'Threshold'",
    );
    fault(
        ("Threshold: 0.5", "Threshold: inf"),
        "21:18: A.P.Threshold: expected a number, found \"inf\"",
    );
    fault(
        ("Period: 60", "Period: 0"),
        "18:15: A.P.Period: expected whole seconds from 1, found \"0\"",
    );
    fault(
        ("DatapointsToAlarm: 1", "DatapointsToAlarm: -1"),
        "20:26: A.P.DatapointsToAlarm: expected a whole number from 1, found \"-1\"",
    );
    fault(
        ("{Name: FunctionName, Value: !Ref F}", "{Name: x}"),
        "16:20: A.P.Dimensions[0]: a dimension has a Name and a Value",
    );
}

#[test]
fn aliases_are_read() {
    let read = |properties: &str| {
        let alias =
            format!("  X:\n    Type: AWS::Lambda::Alias\n    Properties: {{{properties}}}\n");
        resolve(&with_function("AutoPublishAlias: prod", &alias), &context()).map(|mut stack| {
            let notes = notes(&stack, NoteKind::NotPlayed);
            (stack.aliases.pop(), notes)
        })
    };
    let alias = |function_version: &str, routing: Option<(&str, f64)>, properties: &str| {
        let (alias, notes) =
            read(properties).unwrap_or_else(|error| panic!("{properties}: {error}"));
        let alias = alias.expect(properties);
        let expected = Alias {
            logical_id: "X".to_owned(),
            name: "staging".to_owned(),
            function: "F".to_owned(),
            function_version: function_version.to_owned(),
            description: None,
            routing: routing.map(|(version, weight)| (version.to_owned(), weight)),
            place: alias.place.clone(),
        };
        assert_eq!((alias, notes), (expected, vec![]), "{properties}");
    };
    alias(
        "$LATEST",
        None,
        "Name: staging, FunctionName: !Ref F, FunctionVersion: $LATEST",
    );
    alias(
        "7",
        None,
        "Name: staging, FunctionName: !GetAtt F.Arn, FunctionVersion: !GetAtt F.Version.Version",
    );
    alias(
        "3",
        Some(("7", 0.25)),
        "Name: staging, FunctionName: orders, FunctionVersion: 3, RoutingConfig: \
        {AdditionalVersionWeights: [{FunctionVersion: !GetAtt F.Version.Version, FunctionWeight: 0.25}]}",
    );

    let not_played = |expected: &str, properties: &str| {
        assert_eq!(
            read(properties),
            Ok((None, vec![expected.to_owned()])),
            "{properties}"
        );
    };
    not_played(
        "11 X (AWS::Lambda::Alias): its function is not an AWS::Serverless::Function of this template",
        "Name: a, FunctionName: other, FunctionVersion: 1",
    );
    not_played(
        "11 X (AWS::Lambda::Alias): Fn::ImportValue is not evaluated in a rehearsal",
        "Name: a, FunctionName: !Ref F, FunctionVersion: !ImportValue x",
    );

    let fault =
        |expected: &str, properties: &str| assert_eq!(read(properties), Err(expected.to_owned()));
    fault(
        "9:3: Resources.X: missing required property 'Name'",
        "FunctionName: F, FunctionVersion: 1",
    );
    fault(
        "11:66: Resources.X.Properties.FunctionVersion: expected $LATEST or a version number, found \"one\"",
        "Name: a, FunctionName: !Ref F, FunctionVersion: one",
    );
}
