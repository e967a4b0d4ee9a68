//! Reports in parts, each no longer than a log line may be.

use checks::{CheckedEvent, Difference, Mismatch, Outcome, Report, Source};
use serde_json::{Value, json};

const LIMIT: usize = 16 << 10;

fn mismatch(text: &str) -> Mismatch {
    Mismatch {
        path: "body.a".to_owned(),
        expected: json!(text),
        actual: Some(json!(text)),
        compared_with: None,
    }
}

fn unmet(name: &str, mismatches: usize) -> CheckedEvent {
    let found = vec![mismatch(&"x".repeat(100)); mismatches];
    CheckedEvent::new(name, Source::Bundled, Outcome::Unmet(found))
}

fn report(events: Vec<CheckedEvent>) -> Report {
    Report {
        deployment_id: Some("d-1".to_owned()),
        lifecycle_event: Some("BeforeAllowTraffic".to_owned()),
        function: Some("F".to_owned()),
        ..Report::of(events)
    }
}

/// The parts as JSON, each within the limit, with all events in order.
fn parts(report: &Report, limit: usize) -> Vec<Value> {
    let parts = report.parts(limit);
    let mut names = Vec::new();
    let mut read = Vec::new();
    for part in &parts {
        let text = serde_json::to_string(part).unwrap();
        assert!(text.len() <= limit.max(LIMIT), "{} bytes", text.len());
        let part: Value = serde_json::from_str(&text).unwrap();
        let events: Vec<CheckedEvent> = serde_json::from_value(part["events"].clone()).unwrap();
        names.extend(events.into_iter().map(|event| event.name));
        read.push(part);
    }
    let expected: Vec<&String> = report.events.iter().map(|event| &event.name).collect();
    if expected.iter().all(|name| name.len() < 100) {
        assert_eq!(names.iter().collect::<Vec<_>>(), expected);
    } else {
        assert_eq!(names.len(), expected.len());
    }
    read
}

#[test]
fn a_report_that_fits_is_one_part_and_as_ever() {
    let mut report = report(vec![unmet("A", 2), unmet("B", 1)]);
    report.notes.push("a note".to_owned());
    for report in [report, Report::failed("unknown")] {
        let parts = report.parts(1 << 18);
        assert_eq!(parts.len(), 1);
        assert_eq!(
            serde_json::to_string(&parts[0]).unwrap(),
            serde_json::to_string(&report).unwrap()
        );
    }
}

#[test]
fn many_events_go_on_in_further_parts() {
    let events = (0..500)
        .map(|number| unmet(&format!("E{number}"), 2))
        .collect();
    let report = report(events);
    let parts = parts(&report, LIMIT);
    assert!((10..25).contains(&parts.len()), "{}", parts.len());
    for (index, part) in parts.iter().enumerate() {
        assert_eq!(part["part"], index + 1);
        assert_eq!(part["parts"], parts.len());
        assert_eq!(part["deploymentId"], "d-1");
        assert_eq!(part["lifecycleEvent"], "BeforeAllowTraffic");
        assert_eq!(part.get("verdict").is_some(), index == 0);
        assert!(!part["events"].as_array().unwrap().is_empty());
    }
    assert_eq!(parts[0]["reason"], "500 of 500 events unmet");
    assert_eq!(parts[0]["function"], "F");
    let events: Vec<Value> = parts
        .iter()
        .flat_map(|part| part["events"].as_array().unwrap().clone())
        .collect();
    assert_eq!(Value::from(events), json!(report.events));
}

#[test]
fn an_event_that_is_too_large_keeps_what_fits() {
    let mut large = unmet("Large", 400);
    large.left_out.mismatches = 5;
    large.differences = vec![
        Difference {
            path: "a".to_owned(),
            current: Some(json!(1)),
            target: None
        };
        90
    ];
    large.ignored = vec!["b".to_owned(); 80];
    large.reproduce = Some("aws lambda invoke".to_owned());
    let report = report(vec![unmet("A", 1), large, unmet("B", 1)]);
    let parts = parts(&report, LIMIT);
    let large = &parts[1]["events"][0];
    let kept = large["mismatches"].as_array().unwrap().len();
    assert!((40..70).contains(&kept), "{kept}");
    assert_eq!(
        large["leftOut"]["mismatches"].as_u64().unwrap(),
        u64::try_from(405 - kept).unwrap()
    );
    let count = |list: &str| large[list].as_array().map_or(0, Vec::len);
    let left = |list: &str| large["leftOut"][list].as_u64().unwrap_or(0);
    assert_eq!(
        left("differences"),
        u64::try_from(90 - count("differences")).unwrap()
    );
    assert_eq!(
        left("ignored"),
        u64::try_from(80 - count("ignored")).unwrap()
    );
    assert_eq!(large["reproduce"], "aws lambda invoke");
    assert_eq!(parts.len(), 3);
}

#[test]
fn nothing_makes_a_part_too_long() {
    let odd = "\u{1}".repeat(100_000);
    let broken = CheckedEvent {
        not_compared: Some(odd.clone()),
        reproduce: Some(odd.clone()),
        ..CheckedEvent::new(&odd, Source::Shared, Outcome::Broken(odd.clone()))
    };
    let mut unmet = unmet(&odd, 1);
    // The longest that `shown` lets through.
    let long = mismatch(&"\"".repeat(1024));
    unmet.outcome = Outcome::Unmet(vec![
        Mismatch {
            path: "\u{1}".repeat(256),
            ..long
        };
        3
    ]);
    unmet.not_compared = Some(odd.clone());
    let mut report = report(vec![broken.clone(), unmet, broken]);
    for limit in [0, LIMIT, LIMIT + 1, 1 << 18] {
        parts(&report, limit);
    }
    report.notes = vec!["note".repeat(10); 5000];
    let said = parts(&report, LIMIT)[0]["notes"].clone();
    let said = said.as_array().unwrap();
    let last = said.last().unwrap().as_str().unwrap();
    assert_eq!(
        last,
        format!("{} notes are too long for a log line", 5001 - said.len())
    );
    report.reason = odd.clone();
    parts(&report, LIMIT);
    report = Report {
        lifecycle_event: Some(odd.clone()),
        deployment_id: Some(odd.clone()),
        function: Some(odd.clone()),
        alias: Some(odd.clone()),
        current_version: Some(odd.clone()),
        target_version: Some(odd),
        ..report
    };
    parts(&report, LIMIT);
}
