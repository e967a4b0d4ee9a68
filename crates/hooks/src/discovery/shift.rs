//! What both sources say of a deployment: which alias of which function moves from which version to which.

use crate::app_spec::AppSpec;
use crate::ports::DeploymentTarget;
use crate::target::{
    ALIAS_NAME, FUNCTION_NAME, PUBLISHED_VERSION, is_alias, is_function_name, is_version,
};
use std::fmt;

/// A shift that can be gated: all names are ones that Lambda would accept, and the versions are two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) function: String,
    pub(crate) alias: String,
    pub(crate) current_version: String,
    pub(crate) target_version: String,
}

/// Why a shift cannot be gated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ShiftError {
    #[error("there is no {0}")]
    Missing(&'static str),
    #[error("{member} is `{value}`, which is not {expected}")]
    Value {
        member: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("its current and target version are both {0}, so there is no new version to check")]
    SameVersion(String),
}

impl Shift {
    pub(super) fn of_app_spec(spec: &AppSpec) -> Result<Self, ShiftError> {
        Self::checked(
            ("Name", Some(&spec.function)),
            ("Alias", Some(&spec.alias)),
            ("CurrentVersion", spec.current_version.as_ref()),
            ("TargetVersion", spec.target_version.as_ref()),
        )
    }

    pub(crate) fn of_target(target: &DeploymentTarget) -> Result<Self, ShiftError> {
        Self::checked(
            ("functionName", target.function.as_ref()),
            ("functionAlias", target.alias.as_ref()),
            ("currentVersion", target.current_version.as_ref()),
            ("targetVersion", target.target_version.as_ref()),
        )
    }

    fn checked(
        function: Member<'_>,
        alias: Member<'_>,
        current_version: Member<'_>,
        target_version: Member<'_>,
    ) -> Result<Self, ShiftError> {
        let shift = Self {
            function: checked(function, is_function_name, FUNCTION_NAME)?,
            alias: checked(alias, is_alias, ALIAS_NAME)?,
            current_version: checked(current_version, is_version, PUBLISHED_VERSION)?,
            target_version: checked(target_version, is_version, PUBLISHED_VERSION)?,
        };
        if shift.current_version == shift.target_version {
            return Err(ShiftError::SameVersion(shift.target_version));
        }
        Ok(shift)
    }

    /// Whether `target` says the same as far as it says anything.
    pub(super) fn agrees_with(&self, target: &DeploymentTarget) -> bool {
        [
            (&self.function, &target.function),
            (&self.alias, &target.alias),
            (&self.current_version, &target.current_version),
            (&self.target_version, &target.target_version),
        ]
        .into_iter()
        .all(|(ours, theirs)| theirs.as_ref().is_none_or(|theirs| theirs == ours))
    }
}

/// A member's name in its source, and its value there.
type Member<'a> = (&'static str, Option<&'a String>);

fn checked(
    (member, value): Member<'_>,
    is_valid: fn(&str) -> bool,
    expected: &'static str,
) -> Result<String, ShiftError> {
    let value = value.ok_or(ShiftError::Missing(member))?.clone();
    if is_valid(&value) {
        return Ok(value);
    }
    Err(ShiftError::Value {
        member,
        value,
        expected,
    })
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            function,
            alias,
            current_version,
            target_version,
        } = self;
        write!(
            f,
            "{alias} of {function} goes from version {current_version} to {target_version}"
        )
    }
}

/// The same sentence of a target, which need not say it all.
pub(super) fn said_by_target(target: &DeploymentTarget) -> String {
    let said = |member: &Option<String>| member.clone().unwrap_or_else(|| "?".to_owned());
    Shift {
        function: said(&target.function),
        alias: said(&target.alias),
        current_version: said(&target.current_version),
        target_version: said(&target.target_version),
    }
    .to_string()
}
