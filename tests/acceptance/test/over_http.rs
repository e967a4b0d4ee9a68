//! `tollgate test --api-url`: the HTTP requests among the test events, sent over HTTP.

use std::net::TcpListener;

use axum::response::Response;
use serde_json::{Value, json};

use super::api::{Api, Folder, http_event, json_response};
use crate::harness::Ran;

#[test]
fn requests_are_sent_and_responses_judged() {
    let api = Api::answering(|received, _| match received.line.as_str() {
        "GET /v1/orders/A%20B?q=1" => json_response(200, &json!({"status": "NEW", "id": 7})),
        "POST /v1/orders" => Response::builder()
            .status(201)
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2; Secure")
            .body("\u{1f4e6}".into())
            .unwrap(),
        "DELETE /v1/orders/1" => Response::builder()
            .status(302)
            .header("location", "/v1/elsewhere")
            .body("".into())
            .unwrap(),
        other => json_response(404, &json!({"message": other})),
    });
    let mut get = http_event("GET", "/prod/orders/A%20B");
    get["requestContext"]["stage"] = "prod".into();
    get["rawQueryString"] = "q=1".into();
    let folder = Folder::new()
        .event("Orders/Get", &get, Some("{\n  \"statusCode\": 200,\n  \"body\": { \"status\": \"PAID\", \"id\": 8 }\n}"))
        .event(
            "Orders/Create",
            &json!({
                "httpMethod": "POST", "path": "/orders", "requestContext": {"stage": "Prod", "path": "/Prod/orders"},
                "multiValueHeaders": {"X-List": ["1", "2"], "Host": ["other"]},
                "body": "aGk=", "isBase64Encoded": true,
            }),
            Some(r#"{"statusCode": 201, "body": "📦", "cookies": {"$contains": "a=1"}, "headers": {"set-cookie": "b=2; Secure"}}"#),
        )
        // A redirection is an answer.
        .event("Orders/Delete", &http_event("DELETE", "/orders/1"), Some(r#"{"statusCode": 302, "headers": {"Location": "/v1/elsewhere"}}"#))
        .event("Orders/Direct", &json!({"action": "create"}), None)
        .event("Orders/Fails", &http_event("GET", "/fails"), Some(r#"{"$error": true}"#))
        .event("Other/Missing", &http_event("GET", "/missing"), None)
        .event("Neither/Direct", &json!({"action": "create"}), None);

    let url = format!("{}/v1/", api.url);
    let ran = folder.test(
        &["--api-url", &url, "--format", "json", "--concurrency", "1"],
        &[],
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let document = ran.json();
    let functions = document["functions"].as_array().unwrap();
    let names: Vec<&Value> = functions
        .iter()
        .map(|function| &function["function"])
        .collect();
    assert_eq!(names, ["Orders", "Other"]);
    let orders = &functions[0];
    assert_eq!(orders["target"], format!("{}/v1", api.url));
    assert_eq!(orders["reason"], "1 of 3 events unmet");
    let outcomes: Vec<(&Value, &Value)> = orders["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (&event["name"], &event["outcome"]))
        .collect();
    let expected = [json!("Create"), json!("Delete"), json!("Get")];
    let outcome = [json!("met"), json!("met"), json!("unmet")];
    assert_eq!(outcomes, expected.iter().zip(&outcome).collect::<Vec<_>>());
    let file = "events/Orders/Get.expect.json";
    assert_eq!(
        orders["events"][2]["mismatches"],
        json!([
            {"path": "body.status", "expected": "PAID", "actual": "NEW", "file": file, "line": 3, "column": 13},
            {"path": "body.id", "expected": 8, "actual": 7, "file": file, "line": 3, "column": 31},
        ])
    );
    assert_eq!(
        orders["skipped"],
        json!([
            {"name": "Direct", "reason": "it is no HTTP request"},
            {"name": "Fails", "reason": "its expectation is of a function error, which does not show over HTTP"},
        ])
    );
    // Without an expectation file there is the event's own.
    let missing = &functions[1]["events"][0]["mismatches"][0];
    assert_eq!(
        (&missing["file"], &missing["line"]),
        (&json!("events/Other/Missing.json"), &json!(1))
    );

    let received = api.received();
    let lines: Vec<&str> = received.iter().map(|one| one.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "POST /v1/orders",
            "DELETE /v1/orders/1",
            "GET /v1/orders/A%20B?q=1",
            "GET /v1/missing"
        ]
    );
    assert_eq!(received[0].body, "hi");
    let list: Vec<&str> = received[0]
        .headers
        .get_all("x-list")
        .iter()
        .map(|one| one.to_str().unwrap())
        .collect();
    assert_eq!(list, ["1", "2"]);
    assert_eq!(
        received[0].headers["host"],
        api.url.trim_start_matches("http://")
    );

    let ran = folder.test(
        &["--api-url", &url, "--function", "Orders", "--only", "Get"],
        &[],
    );
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    for line in [
        format!("{}/v1  events/Orders", api.url),
        "      body.status: expected \"PAID\", got \"NEW\"  events/Orders/Get.expect.json:3:13"
            .to_owned(),
        "1 of 1 events unmet".to_owned(),
    ] {
        assert!(
            ran.stdout.lines().any(|one| one == line),
            "{line:?} is not in\n{}",
            ran.stdout
        );
    }
}

/// The example's own events, over HTTP, to the example's own function.
#[test]
fn the_api_of_the_example() {
    let api = Api::answering(|received, _| {
        let (method, path) = received.line.split_once(' ').unwrap();
        let mut event = http_event(method, path);
        event["body"] = received.body.as_str().into();
        let answer = order_api::handle(&event, "1");
        let mut response = Response::builder()
            .status(u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap());
        for (name, value) in answer["headers"].as_object().unwrap() {
            response = response.header(name, value.as_str().unwrap());
        }
        response
            .body(answer["body"].as_str().unwrap().to_owned().into())
            .unwrap()
    });
    let ran = crate::harness::run(["test", "--api-url", &api.url]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("2 of 2 events met"), "{}", ran.stdout);
}

/// One message, exit status 2, and no event judged.
fn check(ran: &Ran, expected: &[&str]) {
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    for part in expected {
        assert!(
            ran.stderr.contains(part),
            "{part:?} is not in {}",
            ran.stderr
        );
    }
    let errors = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "));
    assert_eq!(errors.count(), 1, "{}", ran.stderr);
}

#[test]
fn an_api_that_cannot_be_reached_is_one_error() {
    let mut folder = Folder::new();
    for number in 0..30 {
        folder = folder.event(&format!("F/E{number}"), &http_event("GET", "/"), None);
    }
    let closed = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let plain = Api::answering(|_, _| json_response(200, &json!({})));
    let not_tls = plain.url.replace("http://", "https://");
    for (url, expected) in [
        (format!("http://{closed}"), "Connection refused"),
        ("https://no-such-host.invalid".to_owned(), "dns error"),
        (not_tls, "InvalidContentType"),
    ] {
        let ran = folder.test(&["--api-url", &url], &[]);
        check(
            &ran,
            &["cannot reach the API at", &url, expected, "check --api-url"],
        );
    }
    assert_eq!(plain.received().len(), 0);
}

#[test]
fn an_answer_that_does_not_come_breaks_its_event_only() {
    let folder = Folder::new()
        .event("F/A", &http_event("GET", "/"), None)
        .event("F/B", &http_event("GET", "/"), None);
    let api = Api::answering(|_, before| match before {
        0 => json_response(200, &json!({})),
        _ => Response::builder()
            .header("content-length", "7")
            .body("short".into())
            .unwrap(),
    });
    let ran = folder.test(&["--api-url", &api.url, "--concurrency", "1"], &[]);
    assert_eq!(ran.status, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("1 of 2 events broken"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("events/F/B.json:1:1"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_sent_is_one_error() {
    let folder = Folder::new().event("F/A", &json!({"action": "create"}), None);
    for (args, expected) in [
        (
            &["--api-url", "api.example/prod"][..],
            &["the API's URL", "https://"][..],
        ),
        (
            &["--api-url", "http://127.0.0.1:9"],
            &["events/*/*.json", "is an HTTP request", "generate-event"],
        ),
        (
            &["--api-url", "http://127.0.0.1:9", "--function", "F"],
            &["events/F/*.json"],
        ),
        (
            &["--api-url", "http://127.0.0.1:9", "--function", "G"],
            &["events/G/*.json"],
        ),
        (
            &["--api-url", "http://127.0.0.1:9", "--events", "gone"],
            &["cannot list the folder of test events gone"],
        ),
        (
            &["--api-url", "http://127.0.0.1:9", "--only", "B"],
            &["--only B", "there is A"],
        ),
    ] {
        check(&folder.test(args, &[]), expected);
    }
}

#[test]
fn a_proxy_is_taken_from_the_environment() {
    let folder = Folder::new().event("F/A", &http_event("GET", "/orders"), None);
    let proxy = Api::answering(|_, _| json_response(200, &json!({})));
    let ran = folder.test(
        &["--api-url", "http://api.invalid/v1"],
        &[("http_proxy", &proxy.url)],
    );
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(proxy.received()[0].line, "GET http://api.invalid/v1/orders");
}
