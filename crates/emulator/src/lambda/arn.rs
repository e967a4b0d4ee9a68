//! The ways in which clients name a function: name, partial ARN, full ARN, each with a qualifier or without.

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
        let unqualified = format!("arn:aws:lambda:{region}:{account_id}:function:{name}");
        match qualifier {
            Some(qualifier) => format!("{unqualified}:{qualifier}"),
            None => unqualified,
        }
    }

    /// Reads the `FunctionName` parameter of a call together with its `Qualifier`.
    ///
    /// # Errors
    /// `InvalidParameterValueException` when the two qualifiers contradict, `ValidationException` when it is no
    /// function name, `ResourceNotFoundException` when the ARN is another account's or Region's.
    pub(crate) fn function_ref(
        &self,
        function_name: &str,
        qualifier: Option<&str>,
    ) -> Result<FunctionRef, ServiceError> {
        let parts: Vec<&str> = function_name.split(':').collect();
        let (name, in_name) = match parts.as_slice() {
            [
                "arn",
                _,
                "lambda",
                region,
                account,
                "function",
                name,
                rest @ ..,
            ] => {
                if *region != self.region || *account != self.account_id {
                    return Err(not_found(function_name));
                }
                (*name, rest)
            }
            [account, "function", name, rest @ ..] if is_account(account) => {
                if *account != self.account_id {
                    return Err(not_found(function_name));
                }
                (*name, rest)
            }
            ["function", name, rest @ ..] | [name, rest @ ..] => (*name, rest),
            [] => ("", [].as_slice()),
        };
        let in_name = match in_name {
            [] => None,
            [qualifier] => Some(*qualifier),
            _ => return Err(invalid_name(function_name)),
        };
        if !is_name(name) || !in_name.or(qualifier).is_none_or(is_qualifier) {
            return Err(invalid_name(function_name));
        }
        if let (Some(one), Some(other)) = (in_name, qualifier)
            && one != other
        {
            return Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                format!(
                    "The derived qualifier from the function name does not match the specified qualifier. {one} != {other}"
                ),
            ));
        }
        Ok(FunctionRef {
            name: name.to_owned(),
            qualifier: in_name.or(qualifier).map(str::to_owned),
        })
    }
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
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_qualifier(text: &str) -> bool {
    text == "$LATEST"
        || ((1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)))
}

fn not_found(function_name: &str) -> ServiceError {
    ServiceError::with_status(
        404,
        "ResourceNotFoundException",
        format!("Function not found: {function_name}"),
    )
}

fn invalid_name(function_name: &str) -> ServiceError {
    ServiceError::bad_request(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{function_name}' at 'functionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: \
             (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{{2}}(-gov)?-[a-z]+-\\d{{1}}:)?(\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
        ),
    )
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
                Err("ResourceNotFoundException"),
            ),
            ("f:1", Some("2"), Err("InvalidParameterValueException")),
            ("f:1:2", None, Err("ValidationException")),
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
}
