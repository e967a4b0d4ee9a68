//! `Condition`: what of it is evaluated.
//!
//! Source: IAM user guide, "IAM JSON policy elements: Condition operators".

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pattern::{self, Match};
use super::request::Request;

/// One operator with one key, for example `StringEquals` of `aws:PrincipalAccount`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// How an operator compares.
#[derive(Clone, Copy)]
enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    /// `Null`: whether the key is absent.
    Null,
}

/// Reads the `Condition` element, `{"OPERATOR": {"KEY": VALUE or list of them}}`.
pub(super) fn read(value: &Value) -> Result<Vec<Condition>, String> {
    let malformed = || format!("malformed Condition: {value}");
    let mut conditions = Vec::new();
    for (operator, keys) in value.as_object().ok_or_else(malformed)? {
        for (key, values) in keys.as_object().ok_or_else(malformed)? {
            let values = match values {
                Value::Array(values) => values.iter().collect(),
                one => vec![one],
            };
            let values = values.into_iter().map(text).collect::<Option<Vec<_>>>();
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: values.ok_or_else(malformed)?,
            });
        }
    }
    Ok(conditions)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The operator, and whether it is negated. `…IfExists` makes no difference: the keys that are known here are always
/// there, but for `cloudwatch:namespace`, by which an Allow is for `PutMetricData` alone.
fn operator(name: &str) -> Option<(Comparison, bool)> {
    Some(match name.strip_suffix("IfExists").unwrap_or(name) {
        "StringEquals" | "Bool" => (Comparison::Equals, false),
        "StringNotEquals" => (Comparison::Equals, true),
        "StringEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, true),
        // "ArnEquals and ArnLike behave identically"
        "StringLike" | "ArnEquals" | "ArnLike" => (Comparison::Like, false),
        "StringNotLike" | "ArnNotEquals" | "ArnNotLike" => (Comparison::Like, true),
        "Null" => (Comparison::Null, false),
        _ => return None,
    })
}

impl Condition {
    /// Whether it holds; unknown for operators and keys that are not evaluated here.
    pub(super) fn holds(&self, request: &Request<'_>, variables: bool) -> Match {
        // Whether a key is absent on AWS is not known of one that is not known here.
        let (Some((comparison, negated)), Some(actual)) =
            (operator(&self.operator), request.value(&self.key))
        else {
            return Match::Unknown;
        };
        let variables = variables.then_some(request);
        let mut unknown = false;
        let mut any = false;
        for value in &self.values {
            let same = match comparison {
                Comparison::Like => pattern::matches(value, &actual, variables),
                Comparison::Equals => equal(value, variables, |value| value == actual),
                Comparison::EqualsIgnoreCase => equal(value, variables, |value| {
                    value.eq_ignore_ascii_case(&actual)
                }),
                Comparison::Null => (value == "false").into(),
            };
            any |= same == Match::Yes;
            unknown |= same == Match::Unknown;
        }
        match (any, unknown) {
            (true, _) => (!negated).into(),
            (false, true) => Match::Unknown,
            (false, false) => negated.into(),
        }
    }

    /// What of it is not evaluated, for example `IpAddress of aws:SourceIp`.
    pub(super) fn unsupported(&self) -> Option<String> {
        let is_known = operator(&self.operator).is_some() && Request::knows(&self.key);
        (!is_known).then(|| format!("{} of {}", self.operator, self.key))
    }
}

fn equal(value: &str, variables: Option<&Request<'_>>, is_same: impl Fn(&str) -> bool) -> Match {
    pattern::plain(value, variables).map_or(Match::Unknown, |value| is_same(&value).into())
}
