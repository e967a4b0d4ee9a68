//! Which function is meant, at which version or alias.

use anyhow::{Result, bail};

use crate::function_name::{is_function_name, is_word};

/// A function as Lambda's `FunctionName` parameter names it, and its qualifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionReference {
    /// The name, the partial or the full ARN, without a qualifier.
    pub(crate) address: String,
    /// The name alone: the folder of its test events has it.
    pub(crate) name: String,
    /// A version or an alias; `None` is `$LATEST`.
    pub(crate) qualifier: Option<String>,
}

impl FunctionReference {
    /// Takes the forms of `FunctionName` ("Invoke", AWS Lambda API Reference): `NAME`, `ACCOUNT:function:NAME`,
    /// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`, each with or without `:QUALIFIER` at its end.
    ///
    /// # Errors
    /// It is none of these, or the qualifier within is another than the one beside it.
    pub(crate) fn parse(function: &str, qualifier: Option<&str>) -> Result<Self> {
        let parts: Vec<&str> = function.split(':').collect();
        let (name, within) = match *parts.as_slice() {
            [name] | [_, "function", name] | ["arn", _, "lambda", _, _, "function", name] => {
                (name, None)
            }
            [name, within]
            | [_, "function", name, within]
            | ["arn", _, "lambda", _, _, "function", name, within] => (name, Some(within)),
            _ => ("", None),
        };
        if !is_function_name(name) || parts.iter().any(|part| part.is_empty()) {
            bail!(
                "--function {function}: this is no function: give its name or its ARN, also with a version or an alias \
                 behind a colon"
            );
        }
        let address = match within {
            Some(within) => function
                .strip_suffix(within)
                .and_then(|address| address.strip_suffix(':'))
                .unwrap_or(function),
            None => function,
        };
        let qualifier = match (within, qualifier) {
            (Some(within), Some(beside)) if within != beside => bail!(
                "--function {function} says {within}, and --qualifier {beside}: give one of them"
            ),
            (within, beside) => beside.or(within),
        };
        if let Some(qualifier) = qualifier.filter(|qualifier| !is_qualifier(qualifier)) {
            bail!(
                "{qualifier:?} is neither a version nor an alias: give a number, the name of an alias, or $LATEST"
            );
        }
        Ok(Self {
            address: address.to_owned(),
            name: name.to_owned(),
            qualifier: qualifier.map(str::to_owned),
        })
    }

    /// The Region that a full ARN names.
    pub(crate) fn region(&self) -> Option<&str> {
        match *self.address.split(':').collect::<Vec<_>>() {
            ["arn", _, "lambda", region, ..] => Some(region),
            _ => None,
        }
    }

    /// The name with what is behind the colon, as people say it.
    pub(crate) fn shown(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.name),
            None => self.name.clone(),
        }
    }
}

fn is_qualifier(qualifier: &str) -> bool {
    is_version(qualifier) || is_word(qualifier)
}

/// Whether a qualifier is a version: the names of aliases are no numbers ("CreateAlias", AWS Lambda API Reference).
pub(crate) fn is_version(qualifier: &str) -> bool {
    qualifier == "$LATEST"
        || !qualifier.is_empty() && qualifier.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected`: address, name, qualifier; or a part of the error.
    fn check(
        function: &str,
        qualifier: Option<&str>,
        expected: Result<(&str, &str, Option<&str>), &str>,
    ) {
        match (FunctionReference::parse(function, qualifier), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(
                (&*found.address, &*found.name, found.qualifier.as_deref()),
                expected,
                "{function}"
            ),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{function}: {error}");
            }
            (found, expected) => panic!("{function}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn a_function_in_every_form_with_one_qualifier() {
        const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:F";
        check("F", None, Ok(("F", "F", None)));
        check("F:7", None, Ok(("F", "F", Some("7"))));
        check("F", Some("live"), Ok(("F", "F", Some("live"))));
        check("F:live", Some("live"), Ok(("F", "F", Some("live"))));
        check("F:$LATEST", None, Ok(("F", "F", Some("$LATEST"))));
        check("F:F", None, Ok(("F", "F", Some("F"))));
        check(ARN, None, Ok((ARN, "F", None)));
        check(&format!("{ARN}:live"), None, Ok((ARN, "F", Some("live"))));
        let partial = "123456789012:function:F";
        check(partial, Some("7"), Ok((partial, "F", Some("7"))));
        check(
            &format!("{partial}:7"),
            Some("7"),
            Ok((partial, "F", Some("7"))),
        );
        check(
            "F:7",
            Some("8"),
            Err("--function F:7 says 7, and --qualifier 8"),
        );
        check(
            "F",
            Some("a b"),
            Err("\"a b\" is neither a version nor an alias"),
        );
        let region = |function: &str| {
            let reference = FunctionReference::parse(function, None).unwrap();
            reference.region().map(str::to_owned)
        };
        assert_eq!(region(ARN).as_deref(), Some("eu-west-1"));
        assert_eq!(region(partial), None);
        for wrong in [
            "",
            ":",
            "F:",
            ":7",
            "../F",
            "F:7:8",
            "arn:aws:lambda:eu-west-1:123456789012:layer:F:7",
            "arn:aws:lambda::123456789012:function:F",
            "arn:aws:lambda:eu-west-1:123456789012:function:F:7:8",
        ] {
            check(wrong, None, Err("this is no function"));
        }
    }
}
