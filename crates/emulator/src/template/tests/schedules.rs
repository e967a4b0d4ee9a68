//! Functions that run on a schedule, and how asynchronous invocations of them are retried.

use super::super::{EventInvoke, NoteKind, ScheduleKind, Stack};
use super::{context, notes, resolve, with_function};

/// A template whose function has one event, `Tick`, of these properties.
fn stack(kind: &str, properties: &str) -> Result<Stack, String> {
    let events = format!("Events:\n  Tick:\n    Type: {kind}\n    Properties: {{{properties}}}");
    resolve(&with_function(&events, ""), &context())
}

#[test]
fn events_become_schedules() {
    const RULE: &str = "arn:aws:events:eu-west-1:123456789012:rule/";
    const SCHEDULE: &str = "arn:aws:scheduler:eu-west-1:123456789012:schedule/";
    // The type, its properties; the ARN, the seconds between two runs, whether it runs, and what it sends.
    let rows = [
        (
            "Schedule",
            "Schedule: rate(1 minute), Name: tick",
            (format!("{RULE}tick"), 60, true, None),
        ),
        (
            "Schedule",
            "Schedule: rate(5 minutes), Name: !Sub '${AWS::StackName}-tick', Enabled: true, Input: '{\"a\": 1}'",
            (format!("{RULE}shop-tick"), 300, true, Some("{\"a\": 1}")),
        ),
        (
            "Schedule",
            "Schedule: rate(1 hour), Name: t, Enabled: false, Description: x, RetryPolicy: {}",
            (format!("{RULE}t"), 3600, false, None),
        ),
        (
            "Schedule",
            "Schedule: rate(1 day), Name: t, State: DISABLED",
            (format!("{RULE}t"), 86_400, false, None),
        ),
        (
            "Schedule",
            "Schedule: rate(1 day), Name: t, State: !Ref AWS::NoValue, Input: !Ref AWS::NoValue",
            (format!("{RULE}t"), 86_400, true, None),
        ),
        (
            "ScheduleV2",
            "ScheduleExpression: rate(1 minutes), OmitName: false",
            (format!("{SCHEDULE}default/FTick"), 60, true, None),
        ),
        (
            "ScheduleV2",
            "ScheduleExpression: rate(2 hours), Name: t, GroupName: g, State: ENABLED, Input: '1'",
            (format!("{SCHEDULE}g/t"), 7200, true, Some("1")),
        ),
    ];
    for (kind, properties, (arn, seconds, is_enabled, input)) in rows {
        let stack = stack(kind, properties).expect(properties);
        let [schedule] = stack.schedules.as_slice() else {
            panic!("{properties}: {:?}", stack.schedules)
        };
        assert_eq!(schedule.logical_id, "FTick");
        assert_eq!(
            (schedule.function.as_str(), &schedule.qualifier),
            ("F", &None)
        );
        assert_eq!(schedule.arn, arn);
        assert_eq!(arn.rsplit('/').next(), Some(schedule.name.as_str()));
        assert_eq!(schedule.rate.as_secs(), seconds, "{properties}");
        assert_eq!(schedule.is_enabled, is_enabled, "{properties}");
        assert_eq!(schedule.input.as_deref(), input, "{properties}");
        assert_eq!(notes(&stack, NoteKind::NotPlayed), Vec::<String>::new());
        let is_rule = schedule.kind == ScheduleKind::Rule;
        assert_eq!(stack.permissions.len(), usize::from(is_rule));
    }
}

#[test]
fn sam_permits_eventbridge_to_invoke_the_alias() {
    let events = "AutoPublishAlias: live\nEvents: {Tick: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}}";
    let stack = resolve(&with_function(events, ""), &context()).expect("a stack");
    let [schedule] = stack.schedules.as_slice() else {
        panic!("{:?}", stack.schedules)
    };
    assert_eq!(schedule.qualifier.as_deref(), Some("live"));
    assert!(
        schedule.name.starts_with("shop-FTick-"),
        "{}",
        schedule.name
    );
    let notes = notes(&stack, NoteKind::Assumed);
    assert!(notes.is_empty(), "nothing refers to a rule: {notes:?}");
    let [permission] = stack.permissions.as_slice() else {
        panic!("{:?}", stack.permissions)
    };
    assert_eq!(permission.qualifier.as_deref(), Some("live"));
    let statement = &permission.statement;
    assert_eq!(statement["Principal"]["Service"], "events.amazonaws.com");
    assert_eq!(
        statement["Resource"],
        "arn:aws:lambda:eu-west-1:123456789012:function:orders:live"
    );
    assert_eq!(
        statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        schedule.arn.as_str()
    );
}

#[test]
fn what_is_not_run_is_said() {
    let rows = [
        (
            "Schedule",
            "Schedule: cron(0 10 * * ? *)",
            "F.Events.Tick: cron(…) is not run here, rate(…) is",
        ),
        (
            "ScheduleV2",
            "ScheduleExpression: at(2026-01-01T00:00:00)",
            "F.Events.Tick: at(…) is not run here, rate(…) is",
        ),
        (
            "ScheduleV2",
            "ScheduleExpression: rate(1 hour), EndDate: 2026-01-01T00:00:00Z",
            "F.Events.Tick: not run here, because of its EndDate",
        ),
        (
            "Schedule",
            "Schedule: rate(1 hour), Input: !ImportValue x",
            "F.Events.Tick: not run here, because ",
        ),
        (
            "Schedule",
            "Schedule: !ImportValue x",
            "F.Events.Tick: not run here, because ",
        ),
    ];
    for (kind, properties, expected) in rows {
        let stack = stack(kind, properties).expect(properties);
        assert_eq!(stack.schedules, [], "{properties}");
        let notes = notes(&stack, NoteKind::NotPlayed);
        let [note] = notes.as_slice() else {
            panic!("{properties}: {notes:?}")
        };
        let (line, note) = note.split_once(' ').expect("a line");
        assert!(matches!(line, "9" | "11"), "{properties}: {line}");
        assert!(note.starts_with(expected), "{properties}: {note}");
    }
    // What is unknown of one that runs, and what of other events nobody reads.
    let text = stack("Schedule", "Schedule: rate(1 hour), Name: t, Color: red").expect("a stack");
    assert_eq!(text.schedules.len(), 1);
    assert_eq!(
        notes(&text, NoteKind::NotPlayed),
        ["11 F.Events.Tick.Color"]
    );
    let others = stack("Api", "Path: !GetAtt Nothing.Here").expect("a stack");
    assert_eq!(others.schedules, []);
    assert_eq!(notes(&others, NoteKind::Irrelevant), ["8 F.Events"]);
}

#[test]
fn what_sam_and_eventbridge_refuse_is_located() {
    const REMEDY: &str = "; write for example rate(1 minute) or rate(5 minutes)";
    let not_valid =
        |text: &str| format!("Parameter ScheduleExpression is not valid. ({text:?}){REMEDY}");
    let rows = [
        (
            "Schedule",
            "Schedule: rate(1 minutes)",
            not_valid("rate(1 minutes)"),
        ),
        (
            "Schedule",
            "Schedule: rate(3 minute)",
            not_valid("rate(3 minute)"),
        ),
        (
            "Schedule",
            "Schedule: every minute",
            not_valid("every minute"),
        ),
        (
            "Schedule",
            "Schedule: at(2026-01-01T00:00:00)",
            not_valid("at(2026-01-01T00:00:00)"),
        ),
        (
            "Schedule",
            "Schedule: cron(* * * * *)",
            not_valid("cron(* * * * *)"),
        ),
        (
            "ScheduleV2",
            "ScheduleExpression: rate(1 second)",
            format!("Invalid Schedule Expression (\"rate(1 second)\"){REMEDY}"),
        ),
        (
            "Schedule",
            "Name: t",
            "missing required property 'Schedule'".to_owned(),
        ),
        (
            "ScheduleV2",
            "Name: t",
            "missing required property 'ScheduleExpression'".to_owned(),
        ),
        (
            "Schedule",
            "Schedule: rate(1 minute), State: ENABLED, Enabled: true",
            "State and Enabled Properties cannot both be specified.".to_owned(),
        ),
        (
            "Schedule",
            "Schedule: rate(1 minute), State: 'on'",
            "expected ENABLED or DISABLED, found \"on\"".to_owned(),
        ),
        (
            "Schedule",
            "Schedule: rate(1 minute), Enabled: 1",
            "expected true or false, found \"1\"".to_owned(),
        ),
        (
            "Schedule",
            "Schedule: rate(1 minute), Name: 'a b'",
            "Name \"a b\" may only have letters, digits, `-` and `_` and `.`".to_owned(),
        ),
        (
            "Schedule",
            "Schedule: rate(1 minute), Name: t, Input: '{'",
            "JSON syntax error in input for target FTickLambdaTarget; Input must be JSON text: \
             EOF while parsing an object at line 1 column 1"
                .to_owned(),
        ),
    ];
    for (kind, properties, expected) in rows {
        let error = stack(kind, properties).expect_err(properties);
        let (place, message) = error.split_once(": ").expect("a place");
        let (path, message) = message.split_once(": ").expect("a path");
        assert!(
            place.starts_with("9:") || place.starts_with("11:"),
            "{error}"
        );
        assert!(
            path.starts_with("Resources.F.Properties.Events.Tick"),
            "{error}"
        );
        assert_eq!(message, expected, "{properties}");
    }
}

#[test]
fn retries_of_asynchronous_invocations_are_read() {
    let read = |config: &str| -> Result<Stack, String> {
        resolve(
            &with_function(&format!("EventInvokeConfig: {config}"), ""),
            &context(),
        )
    };
    let limits = |attempts, age| EventInvoke {
        maximum_retry_attempts: attempts,
        maximum_event_age_in_seconds: age,
    };
    for (config, expected) in [
        ("{}", limits(None, None)),
        ("{MaximumRetryAttempts: 0}", limits(Some(0), None)),
        (
            "{MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60}",
            limits(Some(2), Some(60)),
        ),
        (
            "{MaximumRetryAttempts: !Ref AWS::NoValue, MaximumEventAgeInSeconds: 21600}",
            limits(None, Some(21_600)),
        ),
    ] {
        assert_eq!(
            read(config).expect(config).functions[0].event_invoke,
            expected
        );
    }
    for (config, expected) in [
        (
            "{MaximumRetryAttempts: 3}",
            "expected a number from 0 to 2, found \"3\"",
        ),
        (
            "{MaximumRetryAttempts: x}",
            "expected a number from 0 to 2, found \"x\"",
        ),
        (
            "{MaximumEventAgeInSeconds: 59}",
            "expected whole seconds from 60 to 21600, found \"59\"",
        ),
    ] {
        let error = read(config).expect_err(config);
        assert!(error.ends_with(expected), "{error}");
    }
    let noted = read("{DestinationConfig: {OnFailure: {Type: SQS}}}").expect("a stack");
    let expected = ["8 F.EventInvokeConfig.DestinationConfig"];
    assert_eq!(notes(&noted, NoteKind::NotPlayed), expected);
}
