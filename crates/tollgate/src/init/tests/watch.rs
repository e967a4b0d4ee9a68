//! The watch, and the alarm on what it publishes.

use std::fs;

use emulator::template::{AlarmRule, MetricRule, Stack};

use super::{HELLO, SECOND, resolved, run};
use crate::project::watches;

/// The rule on the evidence of one function's alias.
fn rule_of<'s>(stack: &'s Stack, function: &str) -> &'s MetricRule {
    let mut rules = stack.alarms.iter().filter_map(|alarm| match &alarm.rule {
        AlarmRule::Metric(rule) => Some(rule.as_ref()),
        AlarmRule::Unsupported(_) => None,
    });
    let of_function = |rule: &&MetricRule| dimension(rule, "function") == Some(function);
    rules.find(of_function).unwrap()
}

fn dimension<'r>(rule: &'r MetricRule, name: &str) -> Option<&'r str> {
    rule.dimensions.get(name).map(String::as_str)
}

/// What is written, and what this repository deploys itself, are one alarm and one watch.
#[test]
fn the_watch_is_that_of_our_own_template() {
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let ours = resolved(&fs::read_to_string(ours).unwrap());
    let written = resolved(&run(HELLO, None).unwrap());
    let (our_rule, rule) = (
        rule_of(&ours, "VersionedOrderAPI"),
        rule_of(&written, "hello"),
    );
    assert_eq!(dimension(our_rule, "alias"), Some("prod"));
    assert_eq!(dimension(rule, "alias"), Some("live"));
    let without = |rule: &MetricRule| MetricRule {
        dimensions: [].into(),
        ..rule.clone()
    };
    assert_eq!(without(rule), without(our_rule));
    assert_eq!(rule.dimensions.len(), 2);

    let watch = |stack: &Stack| {
        let watch = watches(stack).next().unwrap().clone();
        let role = stack.roles.iter().find(|role| role.arn == watch.role);
        let schedule = stack
            .schedules
            .iter()
            .find(|one| one.function == watch.logical_id);
        let log_format = watch.logging_config.log_format;
        (
            (watch.timeout, watch.memory_size, watch.runtime, log_format),
            (
                watch.environment,
                watch.event_invoke,
                schedule.unwrap().rate,
            ),
            role.unwrap().policies.clone(),
        )
    };
    assert_eq!(watch(&written), watch(&ours));
}

/// The stack with an alarm of its own on this metric.
fn alarmed(namespace: &str, name: &str) -> String {
    let properties = "      FunctionName: hello
      AutoPublishAlias: live
      DeploymentPreference:
        Type: AllAtOnce
        Alarms: [!Ref Own]
";
    let alarm = format!(
        "  Own:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: {namespace}
      MetricName: {name}
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 3
      ComparisonOperator: GreaterThanThreshold

"
    );
    let code = "      # where the code is\n";
    HELLO
        .replace(code, &format!("{properties}{code}"))
        .replace("# --- what", &format!("{alarm}# --- what"))
}

#[test]
fn a_watch_is_added_where_an_alarm_needs_one() {
    let and_second = |text: &str| text.replace("# --- what", &format!("{SECOND}# --- what"));
    let errors = alarmed("AWS/Lambda", "Errors");
    let without_watch = and_second(&run(&errors, None).unwrap());
    let with_watch = and_second(&run(HELLO, None).unwrap());
    for (text, id, expected) in [
        (HELLO, None, 1),
        (errors.as_str(), None, 0),
        (&alarmed("Tollgate", "CanaryEvidence"), None, 1),
        (&without_watch, Some("Second"), 1),
        (&with_watch, Some("Second"), 1),
    ] {
        let new = run(text, id).unwrap();
        assert_eq!(new.matches("  CanaryWatch:\n").count(), expected, "{new}");
    }
    // One that watches something else has the name: which of them is right, a person knows.
    let other = with_watch.replace("!Ref ServerlessDeploymentApplication\n", "another\n");
    let error = run(&other, Some("Second")).unwrap_err();
    assert!(error.contains("a resource CanaryWatch already"), "{error}");
}
