//! Filter patterns, as far as they are served: terms, and one equation on a JSON member.
//!
//! Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, filter log
//! events, and Live Tail".

use serde_json::Value;

use crate::ServiceError;

/// A filter pattern that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Events that contain all of these; every event where there are none. Case counts.
    All(Vec<String>),
    /// Events that contain one of these: `?one ?other`.
    Any(Vec<String>),
    /// Events that are JSON and have this text at this member: `{ $.name = "text" }`.
    Json { path: Vec<String>, text: String },
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `InvalidParameterException` for one that is malformed, or of a kind that is not served.
    pub(super) fn read(text: &str) -> Result<Self, ServiceError> {
        let text = text.trim();
        match text.chars().next() {
            None => Ok(Self::All(Vec::new())),
            Some('{') => json(text).ok_or_else(|| unserved(text)),
            Some('[' | '%') => Err(unserved(text)),
            Some(_) => terms(text),
        }
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| message.contains(term.as_str())),
            Self::Any(terms) => terms.iter().any(|term| message.contains(term.as_str())),
            Self::Json { path, text } => {
                let Ok(event) = serde_json::from_str::<Value>(message) else {
                    return false;
                };
                let member = path.iter().try_fold(&event, |value, name| value.get(name));
                member.and_then(Value::as_str) == Some(text)
            }
        }
    }
}

fn terms(text: &str) -> Result<Pattern, ServiceError> {
    let (mut all, mut any) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (optional, after) = match rest.strip_prefix('?') {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let term;
        (term, rest) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (term, after) = quoted.split_once('"').ok_or_else(|| unserved(text))?;
                (term, after)
            }
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        // Without quotes a term is made of letters, digits and underscores; `-` excludes, `*` and `%` are more again.
        let is_plain = term
            .chars()
            .all(|sign| sign.is_alphanumeric() || sign == '_');
        let is_quoted = after.starts_with('"');
        if term.is_empty() || term.contains('\\') || !(is_plain || is_quoted) {
            return Err(unserved(text));
        }
        let terms = if optional { &mut any } else { &mut all };
        terms.push(term.to_owned());
        rest = rest.trim_start();
    }
    match (all.is_empty(), any.is_empty()) {
        (_, true) => Ok(Pattern::All(all)),
        (true, false) => Ok(Pattern::Any(any)),
        // CloudWatch Logs ignores the optional ones then.
        (false, false) => Ok(Pattern::All(all)),
    }
}

/// `{ $.a.b = "text" }`, with or without parentheses around the equation.
fn json(text: &str) -> Option<Pattern> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?.trim();
    let inner = inner
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(inner);
    let (selector, text) = inner.split_once('=')?;
    let text = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    let path: Vec<String> = selector
        .trim()
        .strip_prefix("$.")?
        .split('.')
        .map(str::to_owned)
        .collect();
    let is_name = |name: &String| {
        !name.is_empty()
            && name
                .chars()
                .all(|sign| sign.is_alphanumeric() || sign == '_' || sign == '-')
    };
    let is_plain = !text.contains(['"', '\\', '*']);
    (is_plain && path.iter().all(is_name)).then(|| Pattern::Json {
        path,
        text: text.to_owned(),
    })
}

fn unserved(text: &str) -> ServiceError {
    ServiceError::bad_request(
        "InvalidParameterException",
        format!(
            "the emulator serves filter patterns of terms (word, \"quoted words\", ?optional) and of the form \
             {{ $.member = \"text\" }}, not {text}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_cloudwatch_logs_matches() {
        const REPORT: &str = r#"{"verdict":"Failed","deploymentId":"d-1","a":{"b":"c d"}}"#;
        let rows: &[(&str, &str, Option<bool>)] = &[
            ("", "anything", Some(true)),
            ("  ", "anything", Some(true)),
            ("ERROR", "an ERROR", Some(true)),
            ("ERROR", "an error", Some(false)),
            ("ERROR timed", "timed out: ERROR", Some(true)),
            ("ERROR timed", "ERROR", Some(false)),
            (r#""timed out""#, "Task timed out", Some(true)),
            (r#""timed out""#, "out timed", Some(false)),
            (r#""d-1""#, REPORT, Some(true)),
            (r#""d-2""#, REPORT, Some(false)),
            (r#""d-1" Failed"#, REPORT, Some(true)),
            ("?one ?other", "the other", Some(true)),
            ("?one ?\"an other\"", "the other", Some(false)),
            (r#"{ $.deploymentId = "d-1" }"#, REPORT, Some(true)),
            (r#"{$.deploymentId="d-1"}"#, REPORT, Some(true)),
            (r#"{ ($.deploymentId = "d-1") }"#, REPORT, Some(true)),
            (r#"{ $.deploymentId = "d-2" }"#, REPORT, Some(false)),
            (r#"{ $.a.b = "c d" }"#, REPORT, Some(true)),
            (r#"{ $.a.x = "c d" }"#, REPORT, Some(false)),
            (r#"{ $.a = "d-1" }"#, "d-1, and no JSON", Some(false)),
            (r#"{ $.a = "d-*" }"#, REPORT, None),
            (r#"{ $.a != "x" }"#, REPORT, None),
            (r#"{ $.a = 1 }"#, REPORT, None),
            (r#"{ ($.a = "x") && ($.b = "y") }"#, REPORT, None),
            ("d-1", REPORT, None),
            ("-ERROR", "fine", None),
            ("%d-[0-9]%", REPORT, None),
            ("[a, b]", REPORT, None),
            (r#""open"#, REPORT, None),
            (r#""""#, REPORT, None),
        ];
        for (text, message, expected) in rows {
            let found = Pattern::read(text).map(|pattern| pattern.matches(message));
            assert_eq!(found.as_ref().ok(), expected.as_ref(), "{text}: {found:?}");
        }
    }
}
