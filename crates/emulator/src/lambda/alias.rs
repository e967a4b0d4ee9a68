//! Aliases: a pointer to one version, or a weighted pair.
//!
//! Rules: Lambda developer guide, "Create an alias for a Lambda function" and "Implement Lambda canary
//! deployments using a weighted alias"; texts as recorded in the project's reference on emulators.

use serde::{Deserialize, Serialize};

use super::{Lambda, Version};
use crate::ServiceError;
use crate::identity::Identities;

/// An alias of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    /// Its name.
    pub name: String,
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
}

/// A new state of an alias.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AliasUpdate {
    /// Unchanged when `None`.
    pub(crate) function_version: Option<String>,
    /// Unchanged when `None`; cleared by an empty list.
    pub(crate) additional_version_weights: Option<Vec<(String, f64)>>,
    /// The call is refused when the alias has another.
    pub(crate) revision_id: Option<String>,
}

impl Lambda {
    pub(crate) fn alias(&self, function: &str, name: &str) -> Result<&Alias, ServiceError> {
        self.function(function)?;
        let alias = self.aliases.get(&(function.to_owned(), name.to_owned()));
        alias.ok_or_else(|| {
            let arn = self.account.function_arn(function, Some(name));
            ServiceError::with_status(
                404,
                "ResourceNotFoundException",
                format!("Cannot find alias arn: {arn}"),
            )
        })
    }

    pub(crate) fn create_alias(
        &mut self,
        function: &str,
        name: &str,
        function_version: &str,
        additional_version_weights: &[(String, f64)],
        ids: &mut Identities,
    ) -> Result<Alias, ServiceError> {
        if !is_alias_name(name) {
            return Err(ServiceError::bad_request(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: \
                     Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
                ),
            ));
        }
        let weight = self.checked_weight(function, function_version, additional_version_weights)?;
        let arn = self.account.function_arn(function, Some(name));
        let key = (function.to_owned(), name.to_owned());
        if self.aliases.contains_key(&key) {
            return Err(ServiceError::with_status(
                409,
                "ResourceConflictException",
                format!("Alias already exists: {arn}"),
            ));
        }
        let alias = Alias {
            name: name.to_owned(),
            function_version: function_version.to_owned(),
            additional_version_weight: weight,
            revision_id: ids.uuid(),
        };
        self.aliases.insert(key, alias.clone());
        Ok(alias)
    }

    pub(crate) fn update_alias(
        &mut self,
        function: &str,
        name: &str,
        update: &AliasUpdate,
        ids: &mut Identities,
    ) -> Result<Alias, ServiceError> {
        let current = self.alias(function, name)?.clone();
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
            additional_version_weight: self.checked_weight(
                function,
                &function_version,
                &weights,
            )?,
            function_version,
            revision_id: ids.uuid(),
        };
        self.aliases
            .insert((function.to_owned(), name.to_owned()), alias.clone());
        Ok(alias)
    }

    /// Checks the pair of versions that an alias is to point at.
    fn checked_weight(
        &self,
        function: &str,
        function_version: &str,
        weights: &[(String, f64)],
    ) -> Result<Option<(String, f64)>, ServiceError> {
        let invalid = |message: String| {
            Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                message,
            ))
        };
        let _: &Version = self.version(function, function_version)?;
        let (version, weight) = match weights {
            [] => return Ok(None),
            [one] => one,
            _ => {
                return invalid(
                    "Number of items in AdditionalVersionWeights cannot be greater than 1"
                        .to_owned(),
                );
            }
        };
        if !(0.0..=1.0).contains(weight)
            || !version.bytes().all(|byte| byte.is_ascii_digit())
            || version.is_empty()
        {
            return Err(ServiceError::bad_request(
                "ValidationException",
                format!(
                    "1 validation error detected: Value '{{{version}={weight}}}' at \
                     'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy \
                     constraint: [Member must have value less than or equal to 1.0, Member must have value greater \
                     than or equal to 0.0, Member must not be null] and map keys must be version numbers"
                ),
            ));
        }
        if function_version == "$LATEST" {
            return invalid(
                "$LATEST is not supported for an alias pointing to more than 1 version".to_owned(),
            );
        }
        if version == function_version {
            return invalid(format!(
                "Function version {version} is already included in routing configuration."
            ));
        }
        let _: &Version = self.version(function, version)?;
        Ok(Some((version.clone(), *weight)))
    }
}

fn is_alias_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && !name.bytes().all(|byte| byte.is_ascii_digit())
}
