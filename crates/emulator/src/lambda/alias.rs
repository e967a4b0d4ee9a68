//! Aliases: a pointer to one version, or a weighted pair.
//!
//! Rules: Lambda developer guide, "Create an alias for a Lambda function" and "Implement Lambda canary
//! deployments using a weighted alias"; texts as recorded in the project's reference on emulators.

use serde::{Deserialize, Serialize};

use super::validation::{
    Violations, invalid_parameter, is_word, resource_conflict, resource_not_found,
};
use super::{FunctionConfiguration, Lambda, Version, all_of, key};
use crate::ServiceError;
use crate::identity::Identities;

/// An alias of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// The version it points at.
    pub function_version: String,
    /// A second version with its share of the invocations, 0 to 1.
    pub additional_version_weight: Option<(String, f64)>,
    /// Changes with every change of the alias.
    pub revision_id: String,
}

impl Alias {
    /// The version of one invocation; `draw` yields a number from 0 to 1, and is asked only where there are weights.
    pub(super) fn pick(&self, draw: impl FnOnce() -> f64) -> &str {
        match &self.additional_version_weight {
            Some((version, weight)) if draw() < *weight => version,
            _ => &self.function_version,
        }
    }

    /// The versions that it points at, with whatever weight.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &str> {
        let additional = self.additional_version_weight.iter();
        std::iter::once(self.function_version.as_str())
            .chain(additional.map(|(version, _)| version.as_str()))
    }
}

/// A new state of an alias.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AliasUpdate {
    /// Unchanged when `None`.
    pub(crate) function_version: Option<String>,
    /// Unchanged when `None`.
    pub(crate) description: Option<String>,
    /// Unchanged when `None`; cleared by an empty list.
    pub(crate) additional_version_weights: Option<Vec<(String, f64)>>,
    /// The call is refused when the alias has another.
    pub(crate) revision_id: Option<String>,
}

impl Lambda {
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn alias(&self, function: &str, name: &str) -> Result<&Alias, ServiceError> {
        self.function(function)?;
        self.find_alias(function, name).ok_or_else(|| {
            let arn = self.account.function_arn(function, Some(name));
            resource_not_found(format!("Cannot find alias arn: {arn}"))
        })
    }

    /// The alias of that name, where there is one.
    pub(super) fn find_alias(&self, function: &str, name: &str) -> Option<&Alias> {
        self.aliases.get(&key(function, name))
    }

    /// The function's aliases with their keys, by name.
    pub(crate) fn aliases_of(&self, function: &str) -> impl Iterator<Item = (&String, &Alias)> {
        self.aliases.range(all_of(function))
    }

    pub(crate) fn create_alias(
        &mut self,
        function: &str,
        name: &str,
        function_version: &str,
        description: &str,
        additional_version_weights: &[(String, f64)],
        ids: &mut Identities,
    ) -> Result<Alias, ServiceError> {
        let mut violations = Violations::default();
        violations.length(Some(name), "name", 1..=128);
        violations.pattern(Some(name), "name", "(?!^[0-9]+$)([a-zA-Z0-9-_]+)", |name| {
            name.is_empty() || is_alias_name(name)
        });
        check_members(&mut violations, Some(function_version), Some(description));
        violations.finish()?;
        let weight = self.checked_weight(function, function_version, additional_version_weights)?;
        if self.find_alias(function, name).is_some() {
            let arn = self.account.function_arn(function, Some(name));
            return Err(resource_conflict(format!("Alias already exists: {arn}")));
        }
        let alias = Alias {
            name: name.to_owned(),
            description: description.to_owned(),
            function_version: function_version.to_owned(),
            additional_version_weight: weight,
            revision_id: ids.uuid(),
        };
        self.aliases.insert(key(function, name), alias.clone());
        Ok(alias)
    }

    pub(crate) fn update_alias(
        &mut self,
        function: &str,
        name: &str,
        update: &AliasUpdate,
        ids: &mut Identities,
    ) -> Result<Alias, ServiceError> {
        let mut violations = Violations::default();
        let (version, description) = (&update.function_version, &update.description);
        check_members(&mut violations, version.as_deref(), description.as_deref());
        violations.finish()?;
        self.function(function)?;
        let current = self.find_alias(function, name).cloned().ok_or_else(|| {
            let arn = self.account.function_arn(function, Some(name));
            resource_not_found(format!("Alias not found: {arn}"))
        })?;
        if update
            .revision_id
            .as_ref()
            .is_some_and(|revision| *revision != current.revision_id)
        {
            return Err(super::stale_revision_id());
        }
        let function_version = update
            .function_version
            .clone()
            .unwrap_or(current.function_version);
        let weights = match &update.additional_version_weights {
            Some(weights) => weights.clone(),
            None => current.additional_version_weight.into_iter().collect(),
        };
        let alias = Alias {
            name: current.name,
            description: update.description.clone().unwrap_or(current.description),
            additional_version_weight: self.checked_weight(
                function,
                &function_version,
                &weights,
            )?,
            function_version,
            revision_id: ids.uuid(),
        };
        self.aliases.insert(key(function, name), alias.clone());
        Ok(alias)
    }

    /// Deletes an alias; one that is not there is as good as deleted (captures).
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is no such function.
    pub(crate) fn delete_alias(&mut self, function: &str, name: &str) -> Result<(), ServiceError> {
        self.function(function)?;
        if self.aliases.remove(&key(function, name)).is_some() {
            self.forget_qualifier(function, name);
        }
        Ok(())
    }

    /// Checks the pair of versions that an alias is to point at.
    fn checked_weight(
        &self,
        function: &str,
        function_version: &str,
        weights: &[(String, f64)],
    ) -> Result<Option<(String, f64)>, ServiceError> {
        let (version, weight) = match weights {
            [] => {
                let _: &Version = self.version(function, function_version)?;
                return Ok(None);
            }
            [one] => one,
            _ => {
                return Err(invalid_parameter(
                    "Number of items in AdditionalVersionWeights cannot be greater than 1",
                ));
            }
        };
        let (pair, at) = (
            format!("{{{version}={weight:?}}}"),
            "routingConfig.additionalVersionWeights",
        );
        let mut violations = Violations::default();
        if !(0.0..=1.0).contains(weight) {
            violations.add(
                &pair,
                at,
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must \
                 have value greater than or equal to 0.0, Member must not be null]",
            );
        }
        if !is_number(version) {
            violations.add(
                &pair,
                at,
                "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must \
                 have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
            );
        }
        violations.finish()?;
        let first: &Version = self.version(function, function_version)?;
        if function_version == "$LATEST" {
            return Err(invalid_parameter(
                "$LATEST is not supported for an alias pointing to more than 1 version",
            ));
        }
        if version == function_version {
            return Err(invalid_parameter(format!(
                "Invalid function version {version}. Function version {version} is already included in routing \
                 configuration."
            )));
        }
        let second: &Version = self.version(function, version)?;
        check_pair(&first.configuration, &second.configuration)?;
        Ok(Some((version.clone(), *weight)))
    }
}

/// Both versions of a weighted alias have the same execution role and the same dead-letter queue, or none of them one
/// (developer guide, "Implement Lambda canary deployments using a weighted alias").
fn check_pair(
    first: &FunctionConfiguration,
    second: &FunctionConfiguration,
) -> Result<(), ServiceError> {
    let queue = |configuration: &FunctionConfiguration| {
        configuration
            .shown
            .get("DeadLetterConfig")
            .and_then(|queue| queue.get("TargetArn"))
            .cloned()
    };
    let differs = if first.role != second.role {
        "execution role"
    } else if queue(first) != queue(second) {
        "dead-letter queue"
    } else {
        return Ok(());
    };
    Err(invalid_parameter(format!(
        "Specified versions must be associated with the same {differs}"
    )))
}

fn check_members(violations: &mut Violations, version: Option<&str>, description: Option<&str>) {
    violations.pattern(
        version,
        "functionVersion",
        r"(\$LATEST(\.PUBLISHED)?|[0-9]+)",
        |version| version == "$LATEST" || is_number(version),
    );
    violations.length(description, "description", 0..=256);
}

fn is_number(version: &str) -> bool {
    !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text may name an alias, which no number does.
pub(super) fn is_alias_name(name: &str) -> bool {
    name.len() <= 128 && is_word(name, b"-_") && !is_number(name)
}
