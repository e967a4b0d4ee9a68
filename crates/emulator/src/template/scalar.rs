//! What YAML 1.1 makes of a scalar without quotes.
//!
//! CloudFormation reads YAML 1.1, and so does the SAM CLI (PyYAML): `on` is true, `0755` is 493 and
//! `1.10` is 1.1, before Lambda turns them into strings again. Dates stay text, as in the SAM CLI.

use std::borrow::Cow;

/// The text that reaches AWS, or `None` for null.
pub(super) fn plain_text(text: &str) -> Option<Cow<'_, str>> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => None,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            Some("true".into())
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Some("false".into())
        }
        _ => Some(
            integer(text)
                .or_else(|| float(text))
                .map_or(Cow::Borrowed(text), Cow::Owned),
        ),
    }
}

fn integer(text: &str) -> Option<String> {
    let (sign, digits) = split_sign(text);
    let in_base = |digits: &str, base| u128::from_str_radix(&digits.replace('_', ""), base).ok();
    let only = |digits: &str, allowed: fn(&u8) -> bool| {
        !digits.is_empty() && digits.bytes().all(|byte| byte == b'_' || allowed(&byte))
    };
    let value = if let Some(digits) = digits.strip_prefix("0x") {
        only(digits, u8::is_ascii_hexdigit).then(|| in_base(digits, 16))??
    } else if let Some(digits) = digits.strip_prefix("0b") {
        only(digits, |byte| matches!(byte, b'0' | b'1')).then(|| in_base(digits, 2))??
    } else if digits.len() > 1 && digits.starts_with('0') {
        only(digits, |byte| matches!(byte, b'0'..=b'7')).then(|| in_base(digits, 8))??
    } else if digits.contains(':') {
        sexagesimal(digits)?
    } else if digits.starts_with(|first: char| first.is_ascii_digit()) {
        only(digits, u8::is_ascii_digit).then(|| in_base(digits, 10))??
    } else {
        return None;
    };
    Some(if sign && value != 0 {
        format!("-{value}")
    } else {
        value.to_string()
    })
}

/// `22:22` is 1342, as hours and minutes were in YAML 1.1.
fn sexagesimal(digits: &str) -> Option<u128> {
    let mut parts = digits.split(':');
    let first = parts.next()?;
    if !first.starts_with(|c: char| matches!(c, '1'..='9')) {
        return None;
    }
    let mut value: u128 = first.parse().ok()?;
    for part in parts {
        let sixtieth: u128 = part.parse().ok().filter(|sixtieth| *sixtieth < 60)?;
        if part.len() > 2 || part.starts_with('+') {
            return None;
        }
        value = value.checked_mul(60)?.checked_add(sixtieth)?;
    }
    Some(value)
}

/// Only with a point: YAML 1.1 reads `1e3` as text.
fn float(text: &str) -> Option<String> {
    let (sign, digits) = split_sign(text);
    let (whole, rest) = digits.split_once('.')?;
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    let digits_only = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let exponent_is_signed = exponent.is_none_or(|exponent| {
        exponent
            .strip_prefix(['+', '-'])
            .is_some_and(|e| !e.is_empty() && e.bytes().all(|b| b.is_ascii_digit()))
    });
    let begins = digits
        .strip_prefix('.')
        .unwrap_or(digits)
        .starts_with(|c: char| c.is_ascii_digit());
    if !begins || !digits_only(whole) || !digits_only(fraction) || !exponent_is_signed {
        return None;
    }
    let value: f64 = digits.replace('_', "").parse().ok()?;
    value
        .is_finite()
        .then(|| format!("{:?}", if sign { -value } else { value }))
}

/// Whether the number is negative, and its digits.
fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}
