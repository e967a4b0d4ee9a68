//! Which pages and names requests may come by.
//!
//! A loopback port can be reached by every page in a browser of this machine: directly, with its own `Origin`, or as
//! what its own host's name is made to mean (DNS rebinding), with its own `Host`.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Uri, Version};

use crate::ServiceError;

/// Refuses requests that were sent to another name than one of this machine's, or by a page of another.
///
/// # Errors
/// 403 `AccessDeniedException`; 400 where the name is missing or no name.
pub(crate) fn check(head: &Parts) -> Result<(), ServiceError> {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => check_host(host)?,
        // HTTP/1.0 needs none.
        (None, None) if head.version == Version::HTTP_10 => {}
        (None, _) | (Some(_), Some(_)) => {
            return Err(ServiceError::bad_request(
                "ValidationException",
                "a request needs one Host header",
            ));
        }
    }
    if head.uri.host().is_some_and(|host| !is_local(host)) {
        return Err(foreign("was sent to another host"));
    }
    let mut origins = head.headers.get_all(ORIGIN).iter();
    if origins.any(|origin| !is_local_origin(origin)) || is_blindly_sent(head) {
        return Err(foreign("comes from a page of another host"));
    }
    Ok(())
}

/// Whether a page of another site asks for something that it will not see: such a GET has no `Origin`.
///
/// Source: Fetch Metadata Request Headers (W3C), `Sec-Fetch-Site`, which pages cannot set.
fn is_blindly_sent(head: &Parts) -> bool {
    let site = head.headers.get("sec-fetch-site");
    site.is_some_and(|site| site.as_bytes() == b"cross-site") && !head.headers.contains_key(ORIGIN)
}

fn check_host(host: &HeaderValue) -> Result<(), ServiceError> {
    // What nearly every request has, without reading it as an authority.
    if is_plainly_local(host.as_bytes()) {
        return Ok(());
    }
    let authority = host
        .to_str()
        .ok()
        .and_then(|host| host.parse::<Authority>().ok());
    match authority {
        // A Host has no user.
        Some(authority) if is_local(authority.host()) && !authority.as_str().contains('@') => {
            Ok(())
        }
        Some(_) | None => Err(foreign("was sent to another host")),
    }
}

/// Whether it is one of the usual names, with a port or without.
fn is_plainly_local(host: &[u8]) -> bool {
    let rest = [b"127.0.0.1".as_slice(), b"localhost", b"[::1]"]
        .iter()
        .find_map(|name| host.strip_prefix(*name));
    match rest {
        Some([]) => true,
        Some([b':', port @ ..]) => {
            (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)
        }
        Some(_) | None => false,
    }
}

fn is_local_origin(origin: &HeaderValue) -> bool {
    let uri = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.parse::<Uri>().ok());
    uri.is_some_and(|uri| uri.scheme().is_some() && uri.host().is_some_and(is_local))
}

/// `localhost`, a name below it (SDKs put an account or a bucket there), or one of the loopback addresses.
fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
        || host
            .strip_suffix(".localhost")
            .is_some_and(|name| !name.is_empty())
}

fn foreign(what: &str) -> ServiceError {
    ServiceError::with_status(
        403,
        "AccessDeniedException",
        format!("the emulator answers this machine only, and the request {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_of_another_site_sends_blindly_is_refused() {
        let rows = [
            (None, None, 0),
            (Some("cross-site"), None, 403),
            (Some("cross-site"), Some("http://localhost:3000"), 0),
            (Some("cross-site"), Some("http://evil.example"), 403),
            (Some("same-site"), None, 0),
            (Some("none"), None, 0),
        ];
        for (site, origin, expected) in rows {
            let mut request = axum::http::Request::builder().header(HOST, "127.0.0.1:1");
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            let status = check(&head).map_or_else(|error| error.status, |()| 0);
            assert_eq!(status, expected, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let rows = [
            (Some("127.0.0.1:4566"), None, 0),
            (Some("127.0.0.1"), None, 0),
            (Some("localhost:1"), None, 0),
            (Some("LOCALHOST"), None, 0),
            (Some("[::1]:4566"), None, 0),
            (Some("123456789012.localhost:4566"), None, 0),
            (Some("localhost"), Some("http://localhost:3000"), 0),
            (Some("localhost"), Some("https://127.0.0.1"), 0),
            (Some("localhost"), Some("http://[::1]:80"), 0),
            (None, None, 400),
            (Some(""), None, 403),
            (Some("evil.example"), None, 403),
            (Some("evil.example:4566"), None, 403),
            (Some("localhost.evil.example"), None, 403),
            (Some("evillocalhost"), None, 403),
            (Some(".localhost"), None, 403),
            (Some("127.0.0.1.evil.example"), None, 403),
            (Some("127.0.0.2"), None, 403),
            (Some("0.0.0.0"), None, 403),
            (Some("localhost@evil.example"), None, 403),
            (Some("user@localhost"), None, 403),
            (Some("localhost"), Some("http://evil.example"), 403),
            (Some("localhost"), Some("null"), 403),
            (Some("localhost"), Some("localhost"), 403),
            (
                Some("localhost"),
                Some("http://localhost.evil.example"),
                403,
            ),
            (Some("localhost"), Some(""), 403),
        ];
        for (host, origin, expected) in rows {
            let mut request = axum::http::Request::builder().uri("/");
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            if let Some(origin) = origin {
                request = request.header(ORIGIN, origin);
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            let status = check(&head).err().map_or(0, |error| error.status);
            assert_eq!(status, expected, "{host:?} {origin:?}");
        }
        let absolute = axum::http::Request::builder()
            .uri("http://evil.example/")
            .header(HOST, "localhost")
            .body(())
            .unwrap();
        assert!(check(&absolute.into_parts().0).is_err());
        let twice = axum::http::Request::builder()
            .header(HOST, "localhost")
            .header(HOST, "localhost")
            .body(())
            .unwrap();
        assert!(check(&twice.into_parts().0).is_err());
    }
}
