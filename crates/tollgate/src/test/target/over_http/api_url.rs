//! The URL of an API, as it is given on the command line.

use std::fmt;

use http::Uri;
use http::uri::{Authority, Scheme};

/// Where an API is: a stage's invoke URL, a custom domain, a function URL, a load balancer.
#[derive(Clone, Debug)]
pub(in crate::test) struct ApiUrl {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    /// Of the stage, without a slash at its end; empty for `$default`.
    pub(super) path: String,
}

impl ApiUrl {
    /// # Errors
    /// For people, why the text is no such URL, and what to give instead.
    pub(in crate::test) fn parse(text: &str) -> Result<Self, String> {
        let remedy = "give the API's own URL, for example https://abc123.execute-api.eu-west-1.amazonaws.com/prod";
        let fail = |problem: &str| Err(format!("the API's URL {text:?} {problem}; {remedy}"));
        let Ok(uri) = text.parse::<Uri>() else {
            return fail("is no URL");
        };
        let path = uri.path().trim_end_matches('/').to_owned();
        let has_query = uri.query().is_some() || text.contains('#');
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return fail("does not begin with https:// or http://");
        };
        if *scheme != Scheme::HTTPS && *scheme != Scheme::HTTP {
            return fail("does not begin with https:// or http://");
        }
        if has_query {
            return fail("has a query, which belongs into the events");
        }
        if authority.as_str().contains('@') {
            return Err(format!(
                "the API's URL has a user name in it, which would not be sent; write it into the events' headers; {remedy}"
            ));
        }
        Ok(Self {
            scheme: scheme.clone(),
            authority: authority.clone(),
            path,
        })
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_apis() {
        for (text, expected) in [
            ("https://a.example", Ok("https://a.example")),
            ("http://127.0.0.1:3000/", Ok("http://127.0.0.1:3000")),
            ("https://a.example/Prod/", Ok("https://a.example/Prod")),
            ("a.example/prod", Err("is no URL")),
            ("a.example", Err("does not begin with")),
            ("ftp://a.example", Err("does not begin with")),
            ("https://a.example/?x=1", Err("has a query")),
            ("https://a.example/#x", Err("has a query")),
            ("https://me:hush@a.example/", Err("has a user name")),
            ("", Err("is no URL")),
        ] {
            match (ApiUrl::parse(text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url.to_string(), expected),
                (Err(problem), Err(part)) => {
                    assert!(
                        problem.contains(part) && !problem.contains("hush"),
                        "{problem}"
                    );
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}
