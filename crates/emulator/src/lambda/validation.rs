//! The constraints of Lambda's service model, and the words in which Lambda refuses what breaks them.
//!
//! Texts: captures of AWS, `1 validation error detected: Value 'x' at 'functionName' failed to satisfy constraint: …`.
//! Where several are broken, AWS names all of them in one message, in no documented order; here it is that of the
//! checks.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::ServiceError;

/// What is wrong with the members of one request.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<String>);

impl Violations {
    /// The value of the member `at`, a path like `vpcConfig.subnetIds`, breaks `constraint`.
    pub(crate) fn add(&mut self, value: impl Display, at: &str, constraint: impl Display) {
        self.0.push(format!(
            "Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"
        ));
    }

    /// A member that must be there.
    pub(crate) fn required<T: ?Sized>(&mut self, value: Option<&T>, at: &str) {
        if value.is_none() {
            self.0.push(format!(
                "Value null at '{at}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }

    /// A text of a length in characters.
    pub(crate) fn length(&mut self, value: Option<&str>, at: &str, range: RangeInclusive<usize>) {
        let Some(value) = value else { return };
        let length = value.chars().count();
        if length > *range.end() {
            let constraint = format!(
                "Member must have length less than or equal to {}",
                range.end()
            );
            self.add(value, at, constraint);
        }
        if length < *range.start() {
            let constraint = format!(
                "Member must have length greater than or equal to {}",
                range.start()
            );
            self.add(value, at, constraint);
        }
    }

    /// A number within limits.
    pub(crate) fn range(&mut self, value: Option<i64>, at: &str, range: RangeInclusive<i64>) {
        let Some(value) = value else { return };
        if value > *range.end() {
            let constraint = format!(
                "Member must have value less than or equal to {}",
                range.end()
            );
            self.add(value, at, constraint);
        }
        if value < *range.start() {
            let constraint = format!(
                "Member must have value greater than or equal to {}",
                range.start()
            );
            self.add(value, at, constraint);
        }
    }

    /// A text that `matches` a regular expression.
    pub(crate) fn pattern(
        &mut self,
        value: Option<&str>,
        at: &str,
        pattern: &str,
        matches: impl Fn(&str) -> bool,
    ) {
        if let Some(value) = value.filter(|value| !matches(value)) {
            let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
            self.add(value, at, constraint);
        }
    }

    /// A text that is one of a few.
    pub(crate) fn one_of(&mut self, value: Option<&str>, at: &str, values: &[&str]) {
        if let Some(value) = value.filter(|value| !values.contains(value)) {
            let constraint = format!(
                "Member must satisfy enum value set: [{}]",
                values.join(", ")
            );
            self.add(value, at, constraint);
        }
    }

    /// # Errors
    /// `ValidationException` where anything was wrong.
    pub(crate) fn finish(self) -> Result<(), ServiceError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let count = self.0.len();
        let errors = if count == 1 { "error" } else { "errors" };
        Err(ServiceError::bad_request(
            "ValidationException",
            format!(
                "{count} validation {errors} detected: {}",
                self.0.join("; ")
            ),
        ))
    }
}

/// `InvalidParameterValueException`.
pub(crate) fn invalid_parameter(message: impl Into<String>) -> ServiceError {
    ServiceError::bad_request("InvalidParameterValueException", message)
}

/// `ResourceNotFoundException`.
pub(crate) fn resource_not_found(message: impl Into<String>) -> ServiceError {
    ServiceError::with_status(404, "ResourceNotFoundException", message)
}

/// `ResourceConflictException`.
pub(crate) fn resource_conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::with_status(409, "ResourceConflictException", message)
}

/// Whether all characters of a text that has some are ASCII letters, digits, or among `others`.
pub(crate) fn is_word(text: &str, others: &[u8]) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

/// Whether a text is a role's ARN, `arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`.
pub(crate) fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, "iam", "", account, role]
        if is_partition(partition)
            && is_account(account)
            && role.strip_prefix("role").is_some_and(|role| is_word(role, b"+=,.@-_/")))
}

/// Whether a text may stand for a partition, `(aws[a-zA-Z-]*)?`.
pub(crate) fn is_partition(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix("aws").is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
        })
}

/// Whether a text is an account's number.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text may be a Region's name,
/// `(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}`.
pub(crate) fn is_region(text: &str) -> bool {
    let text = text.strip_prefix("eusc-").unwrap_or(text);
    let parts: Vec<&str> = text.split('-').collect();
    let (country, place, number) = match parts.as_slice() {
        [country, place, number] => (country, place, number),
        [country, kind, place, number]
            if *kind == "gov"
                || kind.strip_prefix("iso").is_some_and(|rest| {
                    rest.len() <= 1 && rest.bytes().all(|byte| byte.is_ascii_lowercase())
                }) =>
        {
            (country, place, number)
        }
        _ => return false,
    };
    let lower = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    country.len() == 2
        && lower(country)
        && lower(place)
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_regions_are_told_from_other_text() {
        let check = |matches: fn(&str) -> bool, rows: &[(&str, bool)]| {
            for (text, expected) in rows {
                assert_eq!(matches(text), *expected, "{text}");
            }
        };
        check(
            is_role_arn,
            &[
                ("arn:aws:iam::123456789012:role/service/lambda", true),
                ("arn:aws-us-gov:iam::123456789012:role/r", true),
                ("r1", false),
                ("arn:aws:iam::1234:role/r", false),
                ("arn:aws:iam::123456789012:user/r", false),
                ("arn:aws:iam::123456789012:role/a b", false),
                ("arn:aws:iam::123456789012:role", false),
            ],
        );
        check(
            is_region,
            &[
                ("us-east-1", true),
                ("us-gov-west-1", true),
                ("us-isob-east-1", true),
                ("eusc-de-east-1", true),
                ("invalid-region", false),
                ("us-east-12", false),
                ("us-xyz-east-1", false),
                ("", false),
            ],
        );
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let mut violations = Violations::default();
        violations.range(Some(901), "timeout", 1..=900);
        violations.length(Some("ok"), "description", 0..=256);
        violations.required(None::<&str>, "role");
        let error = violations.finish().unwrap_err();
        assert_eq!(
            error.message,
            "2 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have \
             value less than or equal to 900; Value null at 'role' failed to satisfy constraint: Member must not be \
             null"
        );
        assert!(Violations::default().finish().is_ok());
    }
}
