//! Release 2.0.0, event by event.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it does not expect must fail"
)]

use order_api::handle;
use serde_json::{Value, json};

/// Checks the answer's status, and its body as JSON.
#[track_caller]
fn check(event: Value, status: u16, body: Value) {
    let answer = handle(&event, "7");
    let text = answer["body"].as_str().expect("body must be a string");
    let actual: Value = serde_json::from_str(text).expect("body must be JSON");
    assert_eq!(
        (&answer["statusCode"], &actual),
        (&json!(status), &body),
        "for {event}"
    );
    assert_eq!(
        answer["headers"],
        json!({"content-type": "application/json"}),
        "for {event}"
    );
}

fn accepted(action: Value) -> Value {
    json!({
        "message": "Order API",
        "version": "2.0.0",
        "functionVersion": "7",
        "action": action,
        "improvement": "Added input validation",
    })
}

fn error(message: &str) -> Value {
    json!({ "error": message })
}

#[test]
fn direct_orders() {
    check(
        json!({"action": "create", "customerId": "CUST-001", "items": [{"productId": "PROD-A", "quantity": 2}]}),
        200,
        accepted(json!("create")),
    );
    check(
        json!({"action": "status", "orderId": "ORD-2024-001"}),
        200,
        accepted(json!("status")),
    );
    check(json!({}), 200, accepted(json!("none")));
    check(json!({"action": null}), 200, accepted(json!("none")));
    check(json!({"action": ""}), 200, accepted(json!("")));
    check(json!({"action": "Create"}), 200, accepted(json!("Create")));
    check(
        json!({"action": ["create"]}),
        200,
        accepted(json!(["create"])),
    );
    check(
        json!({"action": "größe \"\u{0}\u{1f4e6}"}),
        200,
        accepted(json!("größe \"\u{0}\u{1f4e6}")),
    );
    // Words of API Gateway's alone do not make a request.
    check(
        json!({"action": "status", "body": "{", "path": "/x", "httpMethod": "PUT"}),
        200,
        accepted(json!("status")),
    );
    check(
        json!({"action": "status", "requestContext": "none"}),
        200,
        accepted(json!("status")),
    );
    check(
        json!({"action": "status", "requestContext": {"http": {}}}),
        200,
        accepted(json!("status")),
    );
}

#[test]
fn events_that_are_not_objects() {
    for event in [
        json!(null),
        json!([]),
        json!([{"action": "create"}]),
        json!("create"),
        json!(7),
        json!(true),
    ] {
        check(event, 400, error("the event must be a JSON object"));
    }
}

#[test]
fn create_needs_a_customer() {
    check(
        json!({"action": "create", "items": []}),
        400,
        error("customerId is required"),
    );
    for empty in [
        json!(null),
        json!(""),
        json!("   "),
        json!("\t\n\u{a0}"),
        json!([]),
        json!({}),
    ] {
        check(
            json!({"action": "create", "customerId": empty}),
            400,
            error("customerId is required"),
        );
    }
    for present in [
        json!("C"),
        json!(" C "),
        json!(0),
        json!(false),
        json!([null]),
        json!({"id": ""}),
    ] {
        check(
            json!({"action": "create", "customerId": present}),
            200,
            accepted(json!("create")),
        );
    }
    check(
        json!({"action": "create", "customerid": "CUST-001"}),
        400,
        error("customerId is required"),
    );
    check(
        json!({"action": "cancel", "customerId": ""}),
        200,
        accepted(json!("cancel")),
    );
}

/// A request as an HTTP API sends it in payload format 2.0.
fn http(method: &str, path: &str, body: Value) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": false,
    })
}

/// A request as a REST API sends it: payload format 1.0.
fn rest(method: &str, path: &str, body: Value) -> Value {
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "requestContext": {"httpMethod": method, "path": format!("/prod{path}"), "stage": "prod"},
        "body": body,
        "isBase64Encoded": false,
    })
}

fn with(mut event: Value, field: &str, value: Value) -> Value {
    *event.pointer_mut(field).expect("no such field") = value;
    event
}

#[test]
fn requests() {
    for request in [http, rest] {
        let create = r#"{"action":"create","customerId":"CUST-001","items":[]}"#;
        check(
            request("POST", "/orders", json!(create)),
            200,
            accepted(json!("create")),
        );
        check(
            request("POST", "/orders", json!(r#"{"action":"create"}"#)),
            400,
            error("customerId is required"),
        );
        check(
            request("POST", "/orders", json!(r#"{"action":"status"}"#)),
            200,
            accepted(json!("status")),
        );
        check(
            request("POST", "/orders", json!("{}")),
            200,
            accepted(json!("none")),
        );
        check(
            request("GET", "/orders/ORD-2024-001", json!(null)),
            200,
            accepted(json!("status")),
        );
        check(
            request("GET", "/orders/ORD%2F1", json!("not looked at")),
            200,
            accepted(json!("status")),
        );
    }
}

#[test]
fn stages_other_than_the_default_are_part_of_the_raw_path() {
    let staged = |path: &str| {
        with(
            http("GET", path, json!(null)),
            "/requestContext/stage",
            json!("dev"),
        )
    };
    check(staged("/dev/orders/1"), 200, accepted(json!("status")));
    check(staged("/orders/1"), 200, accepted(json!("status")));
    check(staged("/develop/orders/1"), 404, error("no such route"));
    check(staged("/dev"), 404, error("no such route"));
}

#[test]
fn unknown_routes() {
    for request in [http, rest] {
        for (method, path) in [
            ("GET", "/orders"),
            ("GET", "/orders/"),
            ("GET", "/orders/1/items"),
            ("GET", "/orders1"),
            ("GET", "//orders/1"),
            ("GET", "/"),
            ("GET", ""),
            ("POST", "/"),
            ("POST", "/orders/"),
            ("POST", "/orders/1"),
            ("POST", "/Orders"),
            ("DELETE", "/orders/1"),
            ("post", "/orders"),
        ] {
            check(
                request(method, path, json!("{}")),
                404,
                error("no such route"),
            );
        }
    }
}

#[test]
fn bodies_that_are_not_objects() {
    let not_object = "the request body must be a JSON object";
    let not_json = "the request body is not valid JSON";
    for request in [http, rest] {
        for (body, message) in [
            (json!(null), not_object),
            (json!({"action": "create"}), not_object),
            (json!("[]"), not_object),
            (json!("\"create\""), not_object),
            (json!("null"), not_object),
            (json!("1"), not_object),
            (json!(""), not_json),
            (json!("{"), not_json),
            (json!("{} {}"), not_json),
            (json!("action=create"), not_json),
            (json!("{\"n\":1e999}"), not_json),
            (json!("[".repeat(100_000)), not_json),
        ] {
            check(request("POST", "/orders", body), 400, error(message));
        }
    }
}

#[test]
fn base64_bodies() {
    let encoded = |body: &str| {
        with(
            http("POST", "/orders", json!(body)),
            "/isBase64Encoded",
            json!(true),
        )
    };
    check(
        encoded("eyJhY3Rpb24iOiJzdGF0dXMifQ=="),
        200,
        accepted(json!("status")),
    );
    check(
        encoded("eyJhY3Rpb24iOiJjcmVhdGUifQ=="),
        400,
        error("customerId is required"),
    );
    check(
        encoded(r#"{"action":"status"}"#),
        400,
        error("the request body is not valid base64"),
    );
    check(
        encoded("/w=="),
        400,
        error("the request body is not valid JSON"),
    );
    check(
        encoded(""),
        400,
        error("the request body is not valid JSON"),
    );
    check(
        encoded("W10="),
        400,
        error("the request body must be a JSON object"),
    );
    let plain = http("POST", "/orders", json!("eyJhY3Rpb24iOiJzdGF0dXMifQ=="));
    check(plain, 400, error("the request body is not valid JSON"));
}
