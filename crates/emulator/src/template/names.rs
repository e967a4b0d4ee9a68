//! The names that AWS gives and accepts.

use super::sections::{FUNCTION, LAYER, LOG_GROUP, MANAGED_POLICY, ROLE};
use crate::hash::{OFFSET, fnv1a};

/// How resources of one type are named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// The property that holds the name.
    pub(super) property: &'static str,
    pub(super) max_length: usize,
    /// What is allowed besides letters and digits; everything where it is `None`.
    signs: Option<&'static str>,
}

/// The rule for EventBridge's rules and the Scheduler's schedules.
///
/// Source: the API references of EventBridge (`PutRule`) and EventBridge Scheduler (`CreateSchedule`).
pub(super) const RULE: Rule = Rule {
    property: "Name",
    max_length: 64,
    signs: Some("-_."),
};

/// The rule for functions, layers, log groups, roles, policies and, in their absence, alarms.
///
/// Source: the API references of Lambda (`CreateFunction`, `PublishLayerVersion`), CloudWatch Logs
/// (`CreateLogGroup`), IAM (`CreateRole`, `CreatePolicy`) and CloudWatch (`PutMetricAlarm`).
pub(super) fn rule(kind: &str) -> Rule {
    let (property, max_length, signs) = match kind {
        FUNCTION => ("FunctionName", 64, Some("-_")),
        LAYER => ("LayerName", 140, Some("-_")),
        LOG_GROUP => ("LogGroupName", 512, Some("-_./#")),
        ROLE => ("RoleName", 64, Some("+=,.@-_")),
        MANAGED_POLICY => ("ManagedPolicyName", 128, Some("+=,.@-_")),
        _ => ("AlarmName", 255, None),
    };
    Rule {
        property,
        max_length,
        signs,
    }
}

pub(super) fn check(rule: Rule, name: &str) -> Result<(), String> {
    let property = rule.property;
    if name.is_empty() || name.chars().count() > rule.max_length {
        return Err(format!(
            "{property} must have 1 to {} characters",
            rule.max_length
        ));
    }
    match rule.signs {
        Some(signs) if !is_word(name, signs) => {
            let signs: Vec<String> = signs.chars().map(|sign| format!("`{sign}`")).collect();
            Err(format!(
                "{property} {name:?} may only have letters, digits, {}",
                signs.join(" and ")
            ))
        }
        _ => Ok(()),
    }
}

/// An alias's name, which must not look like a version.
/// Source: Lambda API reference, `CreateAlias`.
pub(super) fn check_alias(name: &str) -> Result<(), String> {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    if name.is_empty() || name.len() > 128 || !is_word(name, "-_") || is_number {
        return Err(format!(
            "alias name {name:?} must have 1 to 128 letters, digits, `-` and `_`, and not only digits"
        ));
    }
    Ok(())
}

fn is_word(name: &str, signs: &str) -> bool {
    name.chars()
        .all(|sign| sign.is_ascii_alphanumeric() || signs.contains(sign))
}

/// `<stack>-<logical id>-<12 characters>`, as CloudFormation names what has no name; the characters
/// are random there, and follow from the logical id here.
pub(super) fn stand_in(stack_name: &str, id: &str, max_length: usize) -> String {
    let mut hash = fnv1a(OFFSET, id.as_bytes());
    let mut suffix = String::new();
    for _ in 0..12 {
        let digit = u32::try_from(hash % 36)
            .ok()
            .and_then(|digit| char::from_digit(digit, 36));
        suffix.extend(digit.map(|digit| digit.to_ascii_uppercase()));
        hash /= 36;
    }
    let stem: String = format!("{stack_name}-{id}")
        .chars()
        .take(max_length - 13)
        .collect();
    format!("{stem}-{suffix}")
}

/// The function's name in what names a function: itself, `name:qualifier`, an ARN or a qualified ARN.
pub(super) fn function_name(function: &str) -> &str {
    let mut parts = function.split(':');
    match (parts.next(), parts.nth(1), parts.nth(2), parts.next()) {
        (Some("arn"), Some("lambda"), Some("function"), Some(name)) => name,
        (Some(name), ..) => name,
        (None, ..) => function,
    }
}

pub(super) fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

pub(super) fn url_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}
