//! `tollgate test --repeat`: which events are met only sometimes.

use std::fs;

use serde_json::json;

use super::api::{Api, Folder, http_event, json_response};

#[test]
fn an_event_that_is_met_sometimes_is_flaky() {
    // Every seventh answer of one path is another one, and another one each time.
    let api = Api::answering(|received, before| match received.line.as_str() {
        "GET /flaky" if before % 7 == 0 => json_response(500, &json!({"id": before})),
        "GET /wrong" => json_response(500, &json!({})),
        _ => json_response(200, &json!({"id": 1})),
    });
    let expectation = "{\n  \"statusCode\": 200,\n  \"body\": {\"id\": 1} }";
    let folder = Folder::new()
        .event("F/Flaky", &http_event("GET", "/flaky"), Some(expectation))
        .event("F/Steady", &http_event("GET", "/steady"), Some(expectation))
        .event("F/Wrong", &http_event("GET", "/wrong"), None);
    let args = [
        "--api-url",
        &api.url,
        "--repeat",
        "20",
        "--concurrency",
        "1",
        "--junit",
        "report.xml",
    ];
    let ran = folder.test(&args, &[]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().map(str::trim).collect();
    for line in [
        "flaky: met 17 of 20 (85 %, 95 % interval 64–95 %)",
        "3 of 20: statusCode: expected 200, got 500  events/F/Flaky.expect.json:2:3",
        "3 of 20: body.id: expected 1, got 0, and others  events/F/Flaky.expect.json:3:12",
        "20 of 20: statusCode: expected {\"$gte\":200,\"$lte\":399}, got 500  events/F/Wrong.json:1:1",
        "2 of 3 events unmet",
    ] {
        assert!(lines.contains(&line), "{line:?} is not in\n{}", ran.stdout);
    }
    let measured = lines
        .iter()
        .find(|line| line.starts_with("✓ Steady"))
        .unwrap();
    assert!(
        measured.contains("20 times, median ") && measured.contains(" ms, longest "),
        "{measured}"
    );
    // The runs of an event lie apart.
    let received = api.received();
    let first: Vec<&str> = received
        .iter()
        .take(4)
        .map(|one| one.line.as_str())
        .collect();
    assert_eq!(
        first,
        ["GET /flaky", "GET /steady", "GET /wrong", "GET /flaky"]
    );
    assert_eq!(received.len(), 60);

    let report = fs::read_to_string(folder.path("report.xml")).unwrap();
    for part in [
        r#"tests="3" skipped="0" failures="2" errors="0""#,
        r#"<failure message="met 17 of 20 (85 %, 95 % interval 64–95 %)" type="flaky">flaky: met 17 of 20"#,
        r#"<property name="runs" value="20"/>"#,
        r#"type="unmet">20 of 20: statusCode"#,
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }

    let ran = folder.test(
        &[
            "--api-url",
            &api.url,
            "--repeat",
            "7",
            "--concurrency",
            "1",
            "--only",
            "Flaky",
            "--format",
            "json",
        ],
        &[],
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let repeats = &ran.json()["functions"][0]["events"][0]["repeats"];
    let counts = ["runs", "met", "broken", "flaky"].map(|name| &repeats[name]);
    assert_eq!(counts, [&json!(7), &json!(6), &json!(0), &json!(true)]);
    assert_eq!(repeats["findings"][0]["runs"], 1);
    let low = repeats["metShare"]["low"].as_f64().unwrap();
    assert!((low - 0.4868).abs() < 0.0001, "{low}");
}
