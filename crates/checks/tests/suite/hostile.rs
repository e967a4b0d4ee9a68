//! Input that is meant to break things: it may be unmet or an error, never a panic or an overflow.

use checks::{Expectation, Outcome, Report, judge};
use serde_json::json;

use crate::comparing::checked;
use crate::{answer, judged, mismatches};

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

#[test]
fn depth_bombs_are_answers_that_cannot_be_read() {
    let found = mismatches(judged(r#"{"a": 1}"#, nested(1_000_000)));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, "$");
    assert_eq!(found[0].actual, Some(json!("… (2000000 bytes)")));

    let body = json!({"body": nested(1_000_000)}).to_string();
    let found = mismatches(judged(r#"{"body": []}"#, body));
    assert_eq!(found[0].path, "body");
}

#[test]
fn depth_hides_no_status() {
    let bomb = nested(1_000_000);
    let payload = format!(r#"{{"statusCode":500,"x":{bomb}}}"#);
    assert_eq!(
        mismatches(judge(None, &answer(payload)))[0].path,
        "statusCode"
    );
    let payload = format!(r#"{{"statusCode":200,"x":{bomb}}}"#);
    assert_eq!(judge(None, &answer(payload)), Outcome::Met);
}

#[test]
fn depth_bombs_are_no_expectations() {
    for text in [
        nested(1_000_000),
        r#"{"a":"#.repeat(200) + "1" + &"}".repeat(200),
        r#"{"$contains":"#.repeat(1_000_000),
    ] {
        let error = Expectation::parse(&text).unwrap_err().to_string();
        assert!(
            error.contains("recursion limit exceeded at line 1"),
            "{error}"
        );
    }
}

#[test]
fn the_deepest_that_can_be_read_is_matched_and_reported() {
    let deepest = nested(127);
    assert_eq!(judged(&deepest, deepest.clone()), Outcome::Met);
    let encoded = json!({"body": deepest}).to_string();
    let found = mismatches(judged(r#"{"body": 1}"#, encoded));
    let mut report = Report::failed("deep");
    let (source, outcome) = (checks::Source::Bundled, Outcome::Unmet(found));
    report.events = vec![checks::CheckedEvent::new("Deep", source, outcome)];
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

#[test]
fn the_deepest_that_can_be_read_is_compared() {
    let deepest = |inner: &str| nested(126).replace("[]", &format!("[{inner}]"));
    let compared = |target: String, current: String| {
        let current = || Ok(answer(current.clone()));
        let current = [current(), current()];
        checked(None, Ok(answer(target)), current, false, 0).0
    };
    let event = compared(deepest("2"), deepest("1"));
    assert_eq!(event.differences.len(), 1);
    let body = |inner: &str| json!({"body": deepest(inner)}).to_string();
    let event = compared(body("2"), body("1"));
    assert!(event.differences[0].path.starts_with("body[0][0][0]"));
    assert_eq!(event.differences[0].target, Some(json!(2)));
    let event = compared(nested(1_000_001), nested(1_000_000));
    assert_eq!(event.differences[0].path, "$");
}

#[test]
fn instructions_nested_to_the_limit_are_matched_in_time() {
    // Each level asks both of its alternatives; none of them is asked twice.
    let mut expectation = json!(1);
    for _ in 0..30 {
        expectation = json!({"$oneOf": [{"$contains": 2}, expectation]});
    }
    let found = mismatches(judged(&expectation.to_string(), "0"));
    assert_eq!(found.len(), 1);
}

#[test]
fn long_answers_reach_reports_in_their_first_bytes_only() {
    let long = "x".repeat(1 << 20);
    let payload = json!({"a": long, "b": [long], "token": long}).to_string();
    for expectation in [
        r#"{"a": 1}"#,
        r#"{"b": 1}"#,
        r#"{"token": 1}"#,
        r#"{"$type": "string"}"#,
        r#"{"a": {"$regex": "y"}}"#,
    ] {
        let found = mismatches(judged(expectation, payload.clone()));
        let shown = serde_json::to_string(&found).unwrap();
        assert!(shown.len() < 1200, "{expectation}: {} bytes", shown.len());
    }
}

#[test]
fn long_expectations_reach_reports_in_their_first_bytes_only() {
    let expectation = json!({"a": vec!["x"; 10_000]}).to_string();
    let found = mismatches(judged(&expectation, r#"{"a": 1}"#));
    assert!(serde_json::to_string(&found).unwrap().len() < 2500);
}

#[test]
fn counted_unicode_classes_are_within_the_limit() {
    for pattern in [
        r"^\\w{1,64}@\\w{1,64}$",
        r"^\\d{4}-\\d{2}-\\d{2}T",
        r"(?i)^\\S{1,255}$",
    ] {
        let text = format!(r#"{{"$regex": "{pattern}"}}"#);
        Expectation::parse(&text).expect(pattern);
    }
}
