//! The ways in which clients name a function: name, partial ARN, full ARN, each with a qualifier or without.

use std::sync::LazyLock;

use super::validation::{
    Violations, invalid_parameter, is_account, is_partition, is_region, is_word, resource_not_found,
};
use crate::ServiceError;

/// Whose account and Region the emulator plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// For example `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account_id: String,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
        }
    }
}

impl Account {
    /// The ARN of a function, with `qualifier` where there is one.
    pub(crate) fn function_arn(&self, name: &str, qualifier: Option<&str>) -> String {
        let Self { region, account_id } = self;
        let (colon, qualifier) = qualifier.map_or(("", ""), |qualifier| (":", qualifier));
        [
            "arn:aws:lambda:",
            region,
            ":",
            account_id,
            ":function:",
            name,
            colon,
            qualifier,
        ]
        .concat()
    }

    /// Reads the `FunctionName` parameter of a call together with its `Qualifier`, for operations on functions,
    /// versions and aliases.
    ///
    /// # Errors
    /// `InvalidParameterValueException` when the two qualifiers contradict, `ValidationException` when one is none,
    /// `ResourceNotFoundException` when the ARN is another Region's, `AccessDeniedException` when it is another
    /// account's.
    pub(crate) fn function_ref(
        &self,
        function_name: &str,
        qualifier: Option<&str>,
    ) -> Result<FunctionRef, ServiceError> {
        let mut violations = Violations::default();
        violations.length(qualifier, "qualifier", 1..=128);
        violations.pattern(qualifier, "qualifier", QUALIFIER, |text| {
            is_word(text, b"-_$") || text == "$LATEST.PUBLISHED"
        });
        violations.length(Some(function_name), "functionName", 1..=256);
        let found = parts(function_name, b"-_.");
        violations.pattern(Some(function_name), "functionName", &NAME, |_| {
            found.is_some()
        });
        violations.finish()?;
        self.resolved(found.unwrap_or_default(), qualifier)
    }

    /// Reads the `FunctionName` parameter of an operation on the function itself, whose pattern is narrower.
    ///
    /// # Errors
    /// As [`Account::function_ref`].
    pub(crate) fn function_name(&self, function_name: &str) -> Result<FunctionRef, ServiceError> {
        let mut violations = Violations::default();
        violations.length(Some(function_name), "functionName", 1..=140);
        let found = parts(function_name, b"-_");
        let pattern = format!("{PREFIX}{UNSPACED}");
        violations.pattern(Some(function_name), "functionName", &pattern, |_| {
            found.is_some()
        });
        violations.finish()?;
        self.resolved(found.unwrap_or_default(), None)
    }

    fn resolved(
        &self,
        found: Parts<'_>,
        qualifier: Option<&str>,
    ) -> Result<FunctionRef, ServiceError> {
        if let (Some(one), Some(other)) = (found.qualifier, qualifier)
            && one != other
        {
            return Err(invalid_parameter(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        if let Some(region) = found.region.filter(|region| *region != self.region) {
            return Err(resource_not_found(format!(
                "Functions from '{region}' are not reachable in this region ('{}')",
                self.region
            )));
        }
        if let Some(account) = found.account.filter(|account| *account != self.account_id) {
            return Err(ServiceError::with_status(
                403,
                "AccessDeniedException",
                format!(
                    "account {account} has granted nothing to this one, which is {}",
                    self.account_id
                ),
            ));
        }
        Ok(FunctionRef {
            name: found.name.to_owned(),
            qualifier: found.qualifier.or(qualifier).map(str::to_owned),
        })
    }
}

/// What the patterns of function names begin with.
const PREFIX: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?";
/// What they end with, where versions and aliases may be meant.
const NAMESPACED: &str = r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
/// The pattern where versions and aliases may be meant, which every call is checked against.
static NAME: LazyLock<String> = LazyLock::new(|| format!("{PREFIX}{NAMESPACED}"));
/// What they end with, where the function itself is meant.
const UNSPACED: &str = r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";
/// The pattern of `Qualifier`.
const QUALIFIER: &str = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";

/// What a `FunctionName` parameter says.
#[derive(Default)]
struct Parts<'a> {
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

/// Reads a name as the regular expression does: every part before the name may be absent, and the function itself
/// may have the name of such a part. A name may have letters, digits, and `others`.
fn parts<'a>(function_name: &'a str, others: &[u8]) -> Option<Parts<'a>> {
    let all: Vec<&str> = function_name.split(':').collect();
    let mut rest = match all.as_slice() {
        ["arn", partition, "lambda", rest @ ..] if is_partition(partition) => rest,
        rest => rest,
    };
    let mut next = |matches: &dyn Fn(&str) -> bool| match rest {
        [part, after @ ..] if !after.is_empty() && matches(part) => {
            rest = after;
            Some(*part)
        }
        _ => None,
    };
    let (region, account) = (next(&is_region), next(&is_account));
    let prefixed = next(&|part| part == "function");
    let (name, qualifier) = match (rest, prefixed) {
        // A function of that name.
        ([qualifier], Some(name)) if !is_word(qualifier, others) => (name, Some(*qualifier)),
        ([name], _) => (*name, None),
        ([name, qualifier], _) => (*name, Some(*qualifier)),
        _ => return None,
    };
    let is_qualifier = |text: &str| {
        is_word(text, b"-_")
            || text == "$LATEST"
            || (text == "$LATEST.PUBLISHED" && others.contains(&b'.'))
    };
    (is_word(name, others) && qualifier.is_none_or(is_qualifier)).then_some(Parts {
        region,
        account,
        name,
        qualifier,
    })
}

/// A function and, where the client gave one, the version or alias of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionRef {
    /// The function's name.
    pub name: String,
    /// A version number, `$LATEST` or an alias name.
    pub qualifier: Option<String>,
}

impl FunctionRef {
    /// Its ARN, with the qualifier where the client gave one.
    pub(crate) fn arn(&self, account: &Account) -> String {
        account.function_arn(&self.name, self.qualifier.as_deref())
    }

    /// The value of the dimension `Resource` of its metrics, `alias` being the one that it was invoked through.
    pub(crate) fn resource(&self, alias: Option<&str>) -> String {
        match alias.or(self.qualifier.as_deref()) {
            Some(qualifier) => format!("{}:{qualifier}", self.name),
            None => self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name_is_read() {
        type Named = (&'static str, Option<&'static str>);
        let rows: &[(&str, Option<&str>, Result<Named, &str>)] = &[
            ("f", None, Ok(("f", None))),
            ("f", Some("7"), Ok(("f", Some("7")))),
            ("f:7", None, Ok(("f", Some("7")))),
            ("f:prod", Some("prod"), Ok(("f", Some("prod")))),
            ("f:$LATEST", None, Ok(("f", Some("$LATEST")))),
            ("function:f", None, Ok(("f", None))),
            ("123456789012:function:f:1", None, Ok(("f", Some("1")))),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:f",
                None,
                Ok(("f", None)),
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:f:prod",
                None,
                Ok(("f", Some("prod"))),
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:f",
                None,
                Err("ResourceNotFoundException"),
            ),
            (
                "999999999999:function:f",
                None,
                Err("AccessDeniedException"),
            ),
            ("f:1", Some("2"), Err("InvalidParameterValueException")),
            ("f:1:2", None, Err("ValidationException")),
            ("us-east-1:123456789012:function:f", None, Ok(("f", None))),
            ("123456789012:f:1", None, Ok(("f", Some("1")))),
            // As captures show them: the regular expression takes these for names.
            ("function", None, Ok(("function", None))),
            (
                "arn:aws:lambda:us-east-1:123456789012:function",
                None,
                Ok(("function", None)),
            ),
            ("function:$LATEST", None, Ok(("function", Some("$LATEST")))),
            (
                "arn:aws:lambda::123456789012:function:f",
                None,
                Err("ValidationException"),
            ),
            (
                "arn:aws:lambda:us-east-1::function:f",
                None,
                Err("ValidationException"),
            ),
            (
                "arn:aws:ec2:us-east-1:123456789012:instance:i-1",
                None,
                Err("ValidationException"),
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:f:$LATES",
                None,
                Err("ValidationException"),
            ),
            (
                "invalid-account:function:f",
                None,
                Err("ValidationException"),
            ),
            ("f", Some("$latest"), Ok(("f", Some("$latest")))),
            ("", None, Err("ValidationException")),
            ("a b", None, Err("ValidationException")),
            ("f", Some("no such/qualifier"), Err("ValidationException")),
        ];
        for (name, qualifier, expected) in rows {
            let read = Account::default().function_ref(name, *qualifier);
            let read = read
                .as_ref()
                .map(|found| (found.name.as_str(), found.qualifier.as_deref()));
            assert_eq!(
                read.map_err(|error| error.code.as_ref()),
                *expected,
                "{name} {qualifier:?}"
            );
        }
    }

    /// Every way of naming a function that the patterns allow means the same function.
    #[test]
    fn all_forms_mean_the_same_function() {
        let account = Account::default();
        let prefixes = [
            "",
            "function:",
            "123456789012:",
            "123456789012:function:",
            "us-east-1:123456789012:function:",
            "arn:aws:lambda:us-east-1:123456789012:function:",
            "arn::lambda:us-east-1:123456789012:function:",
        ];
        let mut rng = fastrand::Rng::with_seed(4);
        let mut word = |length: usize| -> String {
            std::iter::repeat_with(|| *b"abcXYZ019-_".get(rng.usize(..11)).unwrap())
                .take(length)
                .map(char::from)
                .collect()
        };
        for round in 0..200 {
            // One letter more, so that no name is an account's number.
            let name = format!("f{}", word(round % 63));
            let qualifiers = [
                None,
                Some("$LATEST".to_owned()),
                Some(word(1 + round % 128)),
            ];
            for (prefix, qualifier) in prefixes
                .iter()
                .flat_map(|prefix| qualifiers.iter().map(move |qualifier| (prefix, qualifier)))
            {
                let expected = FunctionRef {
                    name: name.clone(),
                    qualifier: qualifier.clone(),
                };
                let written = match qualifier {
                    Some(qualifier) => format!("{prefix}{name}:{qualifier}"),
                    None => format!("{prefix}{name}"),
                };
                let check = |read: Result<FunctionRef, ServiceError>| {
                    assert_eq!(read.as_ref(), Ok(&expected), "{written}");
                };
                if written.len() <= 256 {
                    check(account.function_ref(&written, None));
                }
                if written.len() <= 140 {
                    check(account.function_name(&written));
                }
                check(account.function_ref(&format!("{prefix}{name}"), qualifier.as_deref()));
            }
        }
    }
}
