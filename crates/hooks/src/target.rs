//! What is checked: a function, and how its new version is reached.

use crate::lifecycle_event::LifecycleEvent;

/// The function version under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The function's name; its test events are found by it.
    pub(crate) function: String,
    /// Lambda's `FunctionName` parameter: the name, or the unqualified ARN of `GATE_TARGET`.
    pub(crate) address: String,
    /// Where the test events are sent: the target version (PreTraffic) or the alias (PostTraffic).
    pub(crate) qualifier: String,
    /// Unknown to a PreTraffic hook with `GATE_TARGET`.
    pub(crate) alias: Option<String>,
    /// Unknown with `GATE_TARGET`.
    pub(crate) current_version: Option<String>,
    /// Unknown to a PostTraffic hook with `GATE_TARGET` until it has read the alias.
    pub(crate) target_version: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("GATE_TARGET of a BeforeAllowTraffic hook must end in a version, not in `{0}`")]
    NotAVersion(String),
    #[error("GATE_TARGET of an AfterAllowTraffic hook must end in an alias, not in version `{0}`")]
    NotAnAlias(String),
}

impl Target {
    /// The target that `GATE_TARGET` names: by version before traffic, by alias after it.
    pub(crate) fn from_arn(hook: LifecycleEvent, arn: &FunctionArn) -> Result<Self, TargetError> {
        let qualifier = arn.qualifier.clone();
        let (alias, target_version) = match (hook, is_version(&qualifier)) {
            (LifecycleEvent::BeforeAllowTraffic, true) => (None, Some(qualifier.clone())),
            (LifecycleEvent::AfterAllowTraffic, false) => (Some(qualifier.clone()), None),
            (LifecycleEvent::BeforeAllowTraffic, false) => {
                return Err(TargetError::NotAVersion(qualifier));
            }
            (LifecycleEvent::AfterAllowTraffic, true) => {
                return Err(TargetError::NotAnAlias(qualifier));
            }
        };
        Ok(Self {
            function: arn.function.clone(),
            address: arn.unqualified.clone(),
            qualifier,
            alias,
            current_version: None,
            target_version,
        })
    }
}

/// A qualified function ARN, `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionArn {
    /// The ARN without its qualifier.
    pub(crate) unqualified: String,
    pub(crate) function: String,
    /// A version number or an alias, never `$LATEST`.
    pub(crate) qualifier: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FunctionArnError {
    #[error("not a Lambda function ARN, arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER")]
    NotAFunctionArn,
    #[error("the ARN has no version or alias at its end")]
    Unqualified,
    #[error("$LATEST is not a published version and cannot be gated")]
    Latest,
    #[error("`{0}` is neither a version nor an alias")]
    Qualifier(String),
}

impl FunctionArn {
    pub(crate) fn parse(arn: &str) -> Result<Self, FunctionArnError> {
        let parts: Vec<&str> = arn.split(':').collect();
        let [
            "arn",
            partition,
            "lambda",
            region,
            account,
            "function",
            function,
            rest @ ..,
        ] = parts.as_slice()
        else {
            return Err(FunctionArnError::NotAFunctionArn);
        };
        if [partition, region, account]
            .iter()
            .any(|part| part.is_empty())
            || !is_function_name(function)
        {
            return Err(FunctionArnError::NotAFunctionArn);
        }
        match *rest {
            [] | [""] => Err(FunctionArnError::Unqualified),
            ["$LATEST"] => Err(FunctionArnError::Latest),
            [qualifier] if is_version(qualifier) || is_alias(qualifier) => Ok(Self {
                unqualified: arn[..arn.len() - qualifier.len() - 1].to_owned(),
                function: (*function).to_owned(),
                qualifier: qualifier.to_owned(),
            }),
            [qualifier] => Err(FunctionArnError::Qualifier(qualifier.to_owned())),
            _ => Err(FunctionArnError::NotAFunctionArn),
        }
    }
}

/// What [`is_function_name`] asks for.
pub(crate) const FUNCTION_NAME: &str = "the name of a function";

/// What [`is_alias`] asks for.
pub(crate) const ALIAS_NAME: &str = "the name of an alias";

/// What [`is_version`] asks for.
pub(crate) const PUBLISHED_VERSION: &str = "a published version";

/// The function's name in any of the forms that Lambda's `FunctionName` may have: the name, an ARN, or the part of an
/// ARN from the account on (`123456789012:function:NAME`), each with or without a version or alias at its end.
pub(crate) fn function_name(reference: &str) -> &str {
    let name = reference
        .split_once(":function:")
        .map_or(reference, |(_, name)| name);
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// Whether this may name a function: `[a-zA-Z0-9-_]{1,64}`, of Lambda's `FunctionName`.
///
/// The name becomes part of a path, so nothing else may pass.
pub(crate) fn is_function_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(is_name_byte)
}

/// Whether this may name an alias: `(?!^[0-9]+$)([a-zA-Z0-9-_]+)`, up to 128 characters, of Lambda's `Alias`.
pub(crate) fn is_alias(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(is_name_byte)
        && !name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether this is the number of a published version: `[1-9][0-9]*`.
pub(crate) fn is_version(version: &str) -> bool {
    version.bytes().all(|byte| byte.is_ascii_digit())
        && version.bytes().next().is_some_and(|first| first != b'0')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: LifecycleEvent = LifecycleEvent::BeforeAllowTraffic;
    const AFTER: LifecycleEvent = LifecycleEvent::AfterAllowTraffic;

    fn check_arn(arn: &str, expected: Result<(&str, &str), FunctionArnError>) {
        let found = FunctionArn::parse(arn);
        let parts = found
            .as_ref()
            .map(|arn| (arn.function.as_str(), arn.qualifier.as_str()));
        assert_eq!(parts.map_err(Clone::clone), expected, "{arn}");
        if let Ok(found) = found {
            assert_eq!(format!("{}:{}", found.unqualified, found.qualifier), arn);
        }
    }

    #[test]
    fn reads_qualified_arns_only() {
        use FunctionArnError::{Latest, NotAFunctionArn, Qualifier, Unqualified};
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:F:7",
            Ok(("F", "7")),
        );
        check_arn(
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:My_F-1:live",
            Ok(("My_F-1", "live")),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:F",
            Err(Unqualified),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:F:",
            Err(Unqualified),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:F:$LATEST",
            Err(Latest),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:F:a b",
            Err(Qualifier("a b".to_owned())),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:F:0",
            Err(Qualifier("0".to_owned())),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:F:7:8",
            Err(NotAFunctionArn),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:function:../F:7",
            Err(NotAFunctionArn),
        );
        check_arn(
            "arn:aws:lambda:eu-west-1:123456789012:layer:F:7",
            Err(NotAFunctionArn),
        );
        check_arn(
            "arn:aws:lambda::123456789012:function:F:7",
            Err(NotAFunctionArn),
        );
        check_arn("F:7", Err(NotAFunctionArn));
        check_arn("", Err(NotAFunctionArn));
    }

    #[test]
    fn finds_the_name_in_every_form_of_a_reference() {
        for reference in [
            "F",
            "F:7",
            "F:live",
            "F:$LATEST",
            "123456789012:function:F",
            "123456789012:function:F:live",
            "arn:aws:lambda:eu-west-1:123456789012:function:F",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:F:7",
        ] {
            assert_eq!(function_name(reference), "F", "{reference}");
        }
        for reference in ["", "G", "f", "F-2", "G:F", "123456789012:function:G:F"] {
            assert_ne!(function_name(reference), "F", "{reference}");
        }
        assert_eq!(function_name("function:live"), "function");
    }

    fn check_target(
        hook: LifecycleEvent,
        qualifier: &str,
        expected: Result<(Option<&str>, Option<&str>), TargetError>,
    ) {
        let arn = FunctionArn {
            unqualified: "arn:F".to_owned(),
            function: "F".to_owned(),
            qualifier: qualifier.to_owned(),
        };
        let found = Target::from_arn(hook, &arn);
        let parts = found
            .as_ref()
            .map(|target| (target.alias.as_deref(), target.target_version.as_deref()));
        assert_eq!(parts.map_err(Clone::clone), expected, "{hook} {qualifier}");
        if let Ok(target) = found {
            assert_eq!(
                (target.address.as_str(), target.qualifier.as_str()),
                ("arn:F", qualifier)
            );
        }
    }

    #[test]
    fn wants_a_version_before_traffic_and_an_alias_after_it() {
        check_target(BEFORE, "7", Ok((None, Some("7"))));
        check_target(
            BEFORE,
            "live",
            Err(TargetError::NotAVersion("live".to_owned())),
        );
        check_target(AFTER, "live", Ok((Some("live"), None)));
        check_target(AFTER, "7", Err(TargetError::NotAnAlias("7".to_owned())));
    }
}
