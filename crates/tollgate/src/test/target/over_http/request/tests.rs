use serde_json::json;

use super::*;

const API: &str = "https://api.example:8443/v1/";

/// What is sent, in one line per part; or why nothing is.
fn sent(event: &Value, api: &str) -> String {
    match request(event, &ApiUrl::parse(api).unwrap()) {
        Err(problem) => problem,
        Ok(None) => "no request".to_owned(),
        Ok(Some(request)) => {
            let mut lines = vec![format!("{} {}", request.method(), request.uri())];
            for (name, value) in request.headers() {
                if name != header::USER_AGENT {
                    lines.push(format!("{name}: {}", value.to_str().unwrap_or("bytes")));
                }
            }
            if !request.body().is_empty() {
                lines.push(String::from_utf8_lossy(request.body()).into_owned());
            }
            lines.join("\n")
        }
    }
}

fn check(event: &Value, expected: &[&str]) {
    assert_eq!(sent(event, API), expected.join("\n"), "{event}");
}

#[test]
fn payload_format_2_0() {
    let two = |stage: &str, path: &str, query: &str| {
        json!({
            "version": "2.0", "rawPath": path, "rawQueryString": query,
            "requestContext": {"stage": stage, "http": {"method": "GET", "path": path}},
        })
    };
    check(
        &two("$default", "/orders/A%20B", "a=1&b=x%26y&a=2"),
        &["GET https://api.example:8443/v1/orders/A%20B?a=1&b=x%26y&a=2"],
    );
    check(
        &two("prod", "/prod/orders", ""),
        &["GET https://api.example:8443/v1/orders"],
    );
    check(
        &two("prod", "/prod", ""),
        &["GET https://api.example:8443/v1"],
    );
    check(
        &two("prod", "/products", ""),
        &["GET https://api.example:8443/v1/products"],
    );
    check(
        &two("", "/ü b%/?#{}", "q=ü {}%"),
        &["GET https://api.example:8443/v1/%C3%BC%20b%25/%3F%23%7B%7D?q=%C3%BC%20%7B%7D%25"],
    );
    assert_eq!(
        sent(&two("prod", "/prod", ""), "http://127.0.0.1:8000"),
        "GET http://127.0.0.1:8000/"
    );
    check(
        &json!({
            "rawPath": "/orders",
            "requestContext": {"http": {"method": "POST"}},
            "queryStringParameters": {"a b": "1,2&", "c": "+"},
            "headers": {"Content-Type": "text/plain", "host": "other", "X-Forwarded-For": "1.2.3.4",
                "accept-encoding": "gzip", "x-list": "1,2"},
            "cookies": ["a=1", "b=2"],
            "body": "hällo",
        }),
        &[
            "POST https://api.example:8443/v1/orders?a%20b=1%2C2%26&c=%2B",
            "content-type: text/plain",
            "x-list: 1,2",
            "cookie: a=1; b=2",
            "hällo",
        ],
    );
}

#[test]
fn payload_format_1_0() {
    check(
        &json!({
            "httpMethod": "PUT", "path": "/orders/1",
            "requestContext": {"stage": "Prod", "path": "/Prod/orders/1"},
            "headers": {"X-One": "last", "X-Two": "2"},
            "multiValueHeaders": {"x-one": ["first", "last"]},
            "queryStringParameters": {"a": "2"},
            "multiValueQueryStringParameters": {"a": ["1 ", "2"]},
            "body": "aGk=", "isBase64Encoded": true,
        }),
        &[
            "PUT https://api.example:8443/v1/orders/1?a=1%20&a=2",
            "x-one: first",
            "x-one: last",
            "x-two: 2",
            "hi",
        ],
    );
    // An HTTP API with payload format 1.0.
    check(
        &json!({"version": "1.0", "httpMethod": "GET", "path": "/dev/a",
            "requestContext": {"stage": "dev", "path": "/dev/a"}, "queryStringParameters": null}),
        &["GET https://api.example:8443/v1/a"],
    );
    // A load balancer leaves the query as it came.
    check(
        &json!({"httpMethod": "GET", "path": "/a", "requestContext": {"elb": {"targetGroupArn": "arn"}},
            "queryStringParameters": {"q": "a%20b+c"}, "body": "", "headers": {}}),
        &["GET https://api.example:8443/v1/a?q=a%20b+c"],
    );
}

#[test]
fn what_is_no_request() {
    for event in [
        json!({"action": "create"}),
        json!(null),
        json!([]),
        json!({"requestContext": {"connectionId": "c", "eventType": "MESSAGE"}, "body": "x"}),
        json!({"requestContext": {"http": {"method": 1}}, "rawPath": "/"}),
        json!({"httpMethod": "GET"}),
        json!({"type": "REQUEST", "methodArn": "arn", "httpMethod": "GET", "path": "/"}),
        json!({"version": "2.0", "type": "REQUEST", "routeArn": "arn", "rawPath": "/",
            "requestContext": {"http": {"method": "GET"}}}),
    ] {
        check(&event, &["no request"]);
    }
}

#[test]
fn what_cannot_be_sent() {
    let with = |name: &str, value: Value| {
        let mut event = json!({"httpMethod": "GET", "path": "/"});
        event[name] = value;
        event
    };
    for (event, expected) in [
        (
            with("httpMethod", json!("G T")),
            "\"G T\" is no method of HTTP",
        ),
        (
            with("body", json!({"a": 1})),
            "its `body` is not a string, as in API Gateway's requests",
        ),
        (
            with("headers", json!({"a b": "1"})),
            "\"a b\" is no name of an HTTP header",
        ),
        (
            with("headers", json!({"token": "hush\n"})),
            "the value of the header \"token\" cannot be sent over HTTP",
        ),
    ] {
        check(&event, &[expected]);
    }
    let mut event = with("body", json!("*"));
    event["isBase64Encoded"] = true.into();
    check(
        &event,
        &["its `body` is not base64, as `isBase64Encoded` says"],
    );
}
