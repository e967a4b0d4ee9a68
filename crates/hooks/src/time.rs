//! Points in time: seconds since 1970 for calculating, RFC 3339 for everybody else.

use aws_sdk_cloudwatch::primitives::{DateTime, DateTimeFormat};

/// Seconds of a minute.
pub(crate) const MINUTE: i64 = 60;

/// The start of the minute of this time.
pub(crate) fn minute(time: i64) -> i64 {
    time - time.rem_euclid(MINUTE)
}

/// `2026-01-01T00:01:00Z`; a time that no calendar has stays a number.
pub(crate) fn text(time: i64) -> String {
    let text = DateTime::from_secs(time).fmt(DateTimeFormat::DateTime);
    text.unwrap_or_else(|_| time.to_string())
}

/// Reads the time that [`text`] writes; fractions of a second are left out.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let time = DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset).ok()?;
    Some(time.secs())
}
