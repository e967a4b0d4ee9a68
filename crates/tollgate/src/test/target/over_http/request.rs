//! A test event that is an HTTP request, as API Gateway or a load balancer hands it to a function, turned back into the
//! request.
//!
//! Sources of the shapes: "Create AWS Lambda proxy integrations for HTTP APIs" (payload formats 2.0 and 1.0) and "Lambda
//! proxy integrations in API Gateway" (REST APIs) in the API Gateway Developer Guide; "Use Lambda functions as targets"
//! in the user guide of Application Load Balancers.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::api_url::ApiUrl;

/// Headers that an event has from the way it came, and that are the next way's own business: of the connection, of the
/// host, of what API Gateway and load balancers add themselves. And `accept-encoding`, because a function's answer is
/// compressed on the way only, and what is judged is what the function answered.
const OF_THE_WAY: [&str; 17] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-amzn-trace-id",
    "x-forwarded-for",
    "x-forwarded-port",
    "x-forwarded-proto",
];

/// What must be written otherwise in a path: it may hold percent-encoded characters already, as the event has it.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The same in a query, where `?` may stand.
const QUERY: &AsciiSet = &PATH.remove(b'?');

/// All but the unreserved characters of RFC 3986.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Whether an event is an HTTP request, whose answer is an HTTP response.
///
/// What asks an authorizer is none, although it looks so: its answer is a policy.
pub(in crate::test) fn is_http(event: &Value) -> bool {
    let asks_authorizer = event.get("methodArn").is_some() || event.get("routeArn").is_some();
    !asks_authorizer && route(event).is_some()
}

/// The request that the event is, to be sent to the API; `None` where it is none.
///
/// The stage in the event's path is replaced by the path of `api`, so that an event that was recorded in one stage can be
/// sent to any.
///
/// # Errors
/// For people, what of it cannot be sent over HTTP.
pub(super) fn request(event: &Value, api: &ApiUrl) -> Result<Option<Request<Vec<u8>>>, String> {
    let (true, Some(route)) = (is_http(event), route(event)) else {
        return Ok(None);
    };
    let method = Method::from_bytes(route.method.as_bytes())
        .map_err(|_| format!("{:?} is no method of HTTP", route.method))?;
    let mut path_and_query = format!("{}{}", api.path, encoded(route.path, PATH));
    let query = query(event, &route);
    if !query.is_empty() {
        path_and_query = format!("{path_and_query}?{query}");
    }
    if !path_and_query.starts_with('/') {
        path_and_query.insert(0, '/');
    }
    let uri = Uri::builder()
        .scheme(api.scheme.clone())
        .authority(api.authority.clone())
        .path_and_query(path_and_query)
        .build()
        .map_err(|error| format!("its path or query cannot be sent over HTTP: {error}"))?;
    let mut request = Request::new(body(event)?);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers(event)?;
    Ok(Some(request))
}

struct Route<'a> {
    method: &'a str,
    /// Without the stage.
    path: &'a str,
    version: Version,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// HTTP APIs and function URLs: payload format 2.0.
    Two,
    /// REST APIs, and HTTP APIs with payload format 1.0.
    One,
    /// Application Load Balancers, whose queries are not decoded.
    LoadBalancer,
}

fn route(event: &Value) -> Option<Route<'_>> {
    let context = event.get("requestContext");
    let in_context = |name: &str| context?.get(name)?.as_str();
    let stage = in_context("stage").filter(|stage| !stage.is_empty() && *stage != "$default");
    if let Some(http) = context.and_then(|context| context.get("http")) {
        let path = event
            .get("rawPath")
            .or_else(|| http.get("path"))?
            .as_str()?;
        return Some(Route {
            method: http.get("method")?.as_str()?,
            // `rawPath` begins with the stage.
            path: below(stage, path),
            version: Version::Two,
        });
    }
    let path = event.get("path")?.as_str()?;
    Some(Route {
        method: event.get("httpMethod")?.as_str()?,
        // In REST APIs `path` has no stage, and the context's has; in HTTP APIs both have it.
        path: if in_context("path") == Some(path) {
            below(stage, path)
        } else {
            path
        },
        version: if context.is_some_and(|context| context.get("elb").is_some()) {
            Version::LoadBalancer
        } else {
            Version::One
        },
    })
}

fn below<'a>(stage: Option<&str>, path: &'a str) -> &'a str {
    let below = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    below
        .filter(|below| below.is_empty() || below.starts_with('/'))
        .unwrap_or(path)
}

/// Writes otherwise what may not stand in a URL, and leaves what is percent-encoded already.
fn encoded(text: &str, what: &'static AsciiSet) -> String {
    let mut out = String::new();
    for (index, part) in text.split('%').enumerate() {
        if index > 0 {
            let is_encoded = part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
            out.push_str(if is_encoded { "%" } else { "%25" });
        }
        out.extend(utf8_percent_encode(part, what));
    }
    out
}

fn query(event: &Value, route: &Route<'_>) -> String {
    let raw = event.get("rawQueryString").and_then(Value::as_str);
    if let (Version::Two, Some(raw)) = (route.version, raw.filter(|raw| !raw.is_empty())) {
        return encoded(raw, QUERY);
    }
    let written = |text: &str| match route.version {
        Version::LoadBalancer => encoded(text, QUERY),
        Version::Two | Version::One => utf8_percent_encode(text, VALUE).to_string(),
    };
    let pairs: Vec<String> = members(event, "queryStringParameters")
        .iter()
        .map(|(name, value)| format!("{}={}", written(name), written(value)))
        .collect();
    pairs.join("&")
}

/// The members of `multiValue…`, and those of the plain object that are not there too.
fn members(event: &Value, name: &str) -> Vec<(String, String)> {
    let (first, rest) = name.split_at(1);
    let multi = format!("multiValue{}{rest}", first.to_uppercase());
    let object = |name: &str| event.get(name).and_then(Value::as_object);
    let lists = object(&multi);
    let listed = lists.into_iter().flatten().flat_map(|(name, values)| {
        let values = values.as_array().map_or(&[][..], Vec::as_slice);
        values.iter().map(move |value| (name.clone(), text(value)))
    });
    let is_listed = |lists: Option<&Map<String, Value>>, name: &str| {
        lists.is_some_and(|lists| lists.keys().any(|other| other.eq_ignore_ascii_case(name)))
    };
    let single = object(name).into_iter().flatten();
    let single = single
        .filter(|(name, _)| !is_listed(lists, name))
        .map(|(name, value)| (name.clone(), text(value)));
    listed.chain(single).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn headers(event: &Value) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in members(event, "headers") {
        if OF_THE_WAY
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
        {
            continue;
        }
        let known = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("{name:?} is no name of an HTTP header"))?;
        headers.append(known, header_value(&name, &value)?);
    }
    // Payload format 2.0 has them apart.
    let cookies = event.get("cookies").and_then(Value::as_array);
    let cookies: Vec<String> = cookies.into_iter().flatten().map(text).collect();
    if !cookies.is_empty() && !headers.contains_key(header::COOKIE) {
        headers.insert(header::COOKIE, header_value("cookie", &cookies.join("; "))?);
    }
    if !headers.contains_key(header::USER_AGENT) {
        let agent = HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION")));
        headers.insert(header::USER_AGENT, agent);
    }
    Ok(headers)
}

/// Its error does not show the value, which may be a credential.
fn header_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| format!("the value of the header {name:?} cannot be sent over HTTP"))
}

fn body(event: &Value) -> Result<Vec<u8>, String> {
    let is_base64 = event.get("isBase64Encoded") == Some(&Value::Bool(true));
    match event.get("body") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) if is_base64 => BASE64_STANDARD
            .decode(text)
            .map_err(|_| "its `body` is not base64, as `isBase64Encoded` says".to_owned()),
        Some(Value::String(text)) => Ok(text.clone().into_bytes()),
        Some(_) => Err("its `body` is not a string, as in API Gateway's requests".to_owned()),
    }
}

#[cfg(test)]
mod tests;
