//! An HTTP response, as the payload in which a function would have answered it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

/// The payload that stands for a response: `statusCode`, `headers`, `multiValueHeaders`, `cookies` where any are set,
/// `body` and `isBase64Encoded`. So the expectations of the function's own answers judge it, of either payload format;
/// the names of headers are in lower case.
///
/// A body that is no text is base64.
pub(super) fn payload<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: &[u8],
) -> Value {
    let mut single: Map<String, Value> = Map::new();
    let mut lists: Map<String, Value> = Map::new();
    let mut cookies: Vec<Value> = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let is_cookie = name == "set-cookie";
        if is_cookie {
            cookies.push(value.into());
        }
        if let Value::Array(values) = lists.entry(name.clone()).or_insert_with(|| json!([])) {
            values.push(value.into());
        }
        if is_cookie {
            // They cannot be joined: their dates have commas.
            continue;
        }
        // API Gateway joins them so, too, for payload format 2.0.
        let joined = match single.get(&name).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.to_owned(),
        };
        single.insert(name, joined.into());
    }
    let (body, is_base64) = match str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (BASE64_STANDARD.encode(body), true),
    };
    let mut payload = json!({
        "statusCode": status,
        "headers": single,
        "multiValueHeaders": lists,
        "body": body,
        "isBase64Encoded": is_base64,
    });
    if !cookies.is_empty() {
        payload["cookies"] = cookies.into();
    }
    payload
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use checks::{Answer, Expectation, Outcome, judge};

    use super::*;

    /// Whether the expectation is met by the response.
    fn check(headers: &[(&str, &str)], body: &[u8], expectation: &Value, met: bool) {
        let payload = payload(201, headers.iter().copied(), body);
        let answer = Answer {
            payload: payload.to_string().into_bytes(),
            function_error: None,
            executed_version: None,
            duration: Duration::ZERO,
        };
        let expectation = Expectation::parse(&expectation.to_string()).unwrap();
        let outcome = judge(Some(&expectation), &answer);
        assert_eq!(outcome == Outcome::Met, met, "{payload}: {outcome:?}");
    }

    #[test]
    fn expectations_of_functions_judge_responses() {
        let json = ("Content-Type", "application/json");
        check(
            &[json],
            br#"{"id": 1}"#,
            &json!({"statusCode": 201, "headers": {"content-type": "application/json"}, "body": {"id": 1},
                "isBase64Encoded": false, "cookies": {"$absent": true}}),
            true,
        );
        check(&[json], br#"{"id": 2}"#, &json!({"body": {"id": 1}}), false);
        let cookies = [("set-cookie", "a=1; Secure"), ("set-cookie", "b=2")];
        check(
            &cookies,
            b"",
            &json!({"cookies": ["a=1; Secure", "b=2"], "multiValueHeaders": {"set-cookie": {"$len": 2}},
                "headers": {"Set-Cookie": ["a=1; Secure", "b=2"]}}),
            true,
        );
        check(
            &cookies,
            b"",
            &json!({"headers": {"set-cookie": "b=2"}}),
            true,
        );
        check(
            &cookies,
            b"",
            &json!({"headers": {"set-cookie": "b=3"}}),
            false,
        );
        let vary = [("vary", "a"), ("vary", "b")];
        check(&vary, b"", &json!({"headers": {"vary": "a,b"}}), true);
        check(
            &[],
            b"\xff",
            &json!({"body": "/w==", "isBase64Encoded": true}),
            true,
        );
    }
}
