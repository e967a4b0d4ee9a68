use std::time::Duration;

use checks::{CheckedEvent, Difference, LeftOut, Mismatch, Outcome, Report, Source, Verdict};
use serde_json::{Value, json};

fn event(name: &str, outcome: Outcome) -> CheckedEvent {
    CheckedEvent {
        duration: Some(Duration::from_micros(12_900)),
        ..CheckedEvent::new(name, Source::Bundled, outcome)
    }
}

fn unmet() -> Outcome {
    Outcome::Unmet(vec![Mismatch {
        path: "statusCode".to_owned(),
        expected: json!(400),
        actual: Some(json!(200)),
        compared_with: None,
    }])
}

fn broken() -> Outcome {
    Outcome::Broken("throttled".to_owned())
}

/// The report's JSON text is the one given, and reads back as the same report.
fn check(report: &Report, expected: &str) {
    let text = serde_json::to_string(report).unwrap();
    assert_eq!(text, expected);
    let read: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), expected);
}

#[test]
fn the_report_is_the_json_of_the_design() {
    // DESIGN.md, "The hooks", with the two events that its example leaves out.
    let some = |text: &str| Some(text.to_owned());
    let report = Report {
        lifecycle_event: some("BeforeAllowTraffic"),
        deployment_id: some("d-ABCDEFGHI"),
        function: some("VersionedOrderAPI"),
        alias: some("prod"),
        current_version: some("1"),
        target_version: some("2"),
        ..Report::of(vec![
            event("CreateOrderMissingCustomer", unmet()),
            event("CreateOrderValid", Outcome::Met),
            event("GetOrderStatus", Outcome::Met),
        ])
    };
    check(
        &report,
        concat!(
            r#"{"verdict":"Failed","reason":"1 of 3 events unmet","lifecycleEvent":"BeforeAllowTraffic","#,
            r#""deploymentId":"d-ABCDEFGHI","function":"VersionedOrderAPI","alias":"prod","#,
            r#""currentVersion":"1","targetVersion":"2","#,
            r#""events":[{"name":"CreateOrderMissingCustomer","source":"bundled","outcome":"unmet","durationMs":12,"#,
            r#""mismatches":[{"path":"statusCode","expected":400,"actual":200}]},"#,
            r#"{"name":"CreateOrderValid","source":"bundled","outcome":"met","durationMs":12},"#,
            r#"{"name":"GetOrderStatus","source":"bundled","outcome":"met","durationMs":12}]}"#
        ),
    );
}

#[test]
fn what_is_not_known_is_left_out() {
    check(
        &Report::failed("the target is unknown"),
        r#"{"verdict":"Failed","reason":"the target is unknown","events":[]}"#,
    );
    let mut report = Report::of(vec![CheckedEvent::new("A", Source::Shared, broken())]);
    report.notes.push("a note".to_owned());
    check(
        &report,
        concat!(
            r#"{"verdict":"Failed","reason":"1 of 1 events broken","notes":["a note"],"#,
            r#""events":[{"name":"A","source":"shared","outcome":"broken","reason":"throttled"}]}"#
        ),
    );
}

#[test]
fn what_comparing_found_is_beside_the_outcome() {
    let mut outcome = unmet();
    if let Outcome::Unmet(mismatches) = &mut outcome {
        mismatches[0].compared_with = Some("1".to_owned());
    }
    let difference = |current: Option<Value>, target: Option<Value>| Difference {
        path: "a".to_owned(),
        current,
        target,
    };
    let compared = CheckedEvent {
        differences: vec![
            difference(Some(json!(1)), Some(Value::Null)),
            difference(Some(Value::Null), None),
            difference(None, Some(json!("x"))),
        ],
        ignored: vec!["b".to_owned(), "c".to_owned()],
        left_out: LeftOut {
            mismatches: 1,
            differences: 2,
            ignored: 0,
        },
        reproduce: Some("aws lambda invoke".to_owned()),
        ..event("A", outcome)
    };
    let not_compared = CheckedEvent {
        not_compared: Some("out of time".to_owned()),
        ..event("B", Outcome::Met)
    };
    let report = Report::of(vec![compared, not_compared]);
    check(
        &report,
        concat!(
            r#"{"verdict":"Failed","reason":"1 of 2 events unmet","events":["#,
            r#"{"name":"A","source":"bundled","outcome":"unmet","durationMs":12,"#,
            r#""mismatches":[{"path":"statusCode","expected":400,"actual":200,"comparedWith":"1"}],"#,
            r#""differences":[{"path":"a","current":1,"target":null},{"path":"a","current":null},{"path":"a","target":"x"}],"#,
            r#""ignored":["b","c"],"leftOut":{"mismatches":1,"differences":2},"reproduce":"aws lambda invoke"},"#,
            r#"{"name":"B","source":"bundled","outcome":"met","durationMs":12,"notCompared":"out of time"}]}"#
        ),
    );
    let text = serde_json::to_string(&report).unwrap();
    let read: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(read.events[0].differences, report.events[0].differences);
}

#[test]
fn absent_and_null_are_told_apart() {
    let mismatch = |actual| Mismatch {
        path: "a".to_owned(),
        expected: Value::Null,
        actual,
        compared_with: None,
    };
    let report = Report::of(vec![event(
        "A",
        Outcome::Unmet(vec![mismatch(None), mismatch(Some(Value::Null))]),
    )]);
    let text = serde_json::to_string(&report).unwrap();
    assert!(
        text.contains(
            r#"[{"path":"a","expected":null},{"path":"a","expected":null,"actual":null}]"#
        ),
        "{text}"
    );
    let read: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(read.events[0].outcome, report.events[0].outcome);
}

#[test]
fn the_verdict_follows_from_the_outcomes() {
    fn check(outcomes: Vec<Outcome>, verdict: Verdict, reason: &str) {
        let events = outcomes
            .into_iter()
            .map(|outcome| event("A", outcome))
            .collect();
        let report = Report::of(events);
        assert_eq!((report.verdict, report.reason.as_str()), (verdict, reason));
    }
    use Outcome::Met;
    use Verdict::{Failed, Succeeded};
    check(
        vec![],
        Failed,
        "no test events were found, so nothing was checked",
    );
    check(vec![Met], Succeeded, "1 of 1 events met");
    check(vec![Met, Met], Succeeded, "2 of 2 events met");
    check(vec![Met, unmet(), Met], Failed, "1 of 3 events unmet");
    check(
        vec![broken(), broken(), Met],
        Failed,
        "2 of 3 events broken",
    );
    check(
        vec![unmet(), broken(), unmet()],
        Failed,
        "2 of 3 events unmet, 1 broken",
    );
}

#[test]
fn a_report_that_contradicts_itself_is_not_read() {
    fn check(event: &str, problem: &str) {
        let text = format!(r#"{{"verdict":"Failed","reason":"","events":[{event}]}}"#);
        let error = serde_json::from_str::<Report>(&text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(problem), "{error}");
    }
    check(
        r#"{"name":"A","source":"bundled","outcome":"unmet"}"#,
        "an unmet event has no `mismatches`",
    );
    check(
        r#"{"name":"A","source":"bundled","outcome":"broken"}"#,
        "a broken event has no `reason`",
    );
    check(
        r#"{"name":"A","source":"bundled","outcome":"fine"}"#,
        "unknown variant",
    );
}
