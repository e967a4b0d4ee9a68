//! Functions: what belongs to a function as such, and not to one of its versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use super::validation::{invalid_parameter, resource_conflict};
use super::version::{LATEST, Version};
use super::{FunctionConfiguration, Lambda, all_of, key, stale_revision_id};
use crate::ServiceError;
use crate::identity::Identities;
use crate::kept::Kept;

/// How many invocations of an account may run at once (Lambda quotas).
pub(super) const CONCURRENT_EXECUTIONS: u32 = 1000;

/// How many of them no function can reserve (developer guide, "Configuring reserved concurrency").
const UNRESERVED_MINIMUM: u32 = 100;

/// The most tags that a function may have.
const MAX_TAGS: usize = 50;

/// A function.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Function {
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How many of its invocations may run at once; `None`: as many as the account has left.
    pub reserved_concurrent_executions: Option<u32>,
    /// Whether the template says so.
    #[serde(default)]
    pub is_reserved_by_template: bool,
}

impl Lambda {
    /// Creates the function, or gives `$LATEST` the new code and configuration; nothing happens when it has them.
    pub(crate) fn put_function(
        &mut self,
        name: &str,
        configuration: FunctionConfiguration,
        now: Timestamp,
        ids: &mut Identities,
    ) {
        if let Ok(latest) = self.version(name, LATEST)
            && latest.configuration.same_as(&configuration)
        {
            return;
        }
        if !self.functions.contains_key(name) {
            self.functions.insert(name.to_owned(), Function::default());
        }
        self.put_latest(name, configuration, now, ids);
    }

    /// Creates a function.
    ///
    /// # Errors
    /// `ResourceConflictException` when there is one of that name, and what [`Lambda::tag_function`] refuses.
    pub(crate) fn create_function(
        &mut self,
        name: &str,
        configuration: FunctionConfiguration,
        tags: BTreeMap<String, String>,
        now: Timestamp,
        ids: &mut Identities,
    ) -> Result<Arc<Version>, ServiceError> {
        self.check_is_new(name)?;
        check_tags(&tags)?;
        let function = Function {
            tags,
            ..Function::default()
        };
        self.functions.insert(name.to_owned(), function);
        Ok(self.put_latest(name, configuration, now, ids))
    }

    /// # Errors
    /// `ResourceConflictException` when there is a function of that name.
    pub(crate) fn check_is_new(&self, name: &str) -> Result<(), ServiceError> {
        if self.functions.contains_key(name) {
            return Err(resource_conflict(format!("Function already exist: {name}")));
        }
        Ok(())
    }

    /// Gives `$LATEST` another configuration, also one that is equal.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `PreconditionFailedException`.
    pub(crate) fn update_function(
        &mut self,
        name: &str,
        revision_id: Option<&str>,
        configuration: FunctionConfiguration,
        now: Timestamp,
        ids: &mut Identities,
    ) -> Result<Arc<Version>, ServiceError> {
        self.latest_at(name, revision_id)?;
        Ok(self.put_latest(name, configuration, now, ids))
    }

    /// `$LATEST` of a function that must be at this revision, where one is given.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `PreconditionFailedException`.
    pub(crate) fn latest_at(
        &self,
        name: &str,
        revision_id: Option<&str>,
    ) -> Result<&Version, ServiceError> {
        self.function(name)?;
        let latest = self.version(name, LATEST)?;
        if revision_id.is_some_and(|revision| revision != latest.revision_id) {
            return Err(stale_revision_id());
        }
        Ok(latest)
    }

    /// Deletes the function with everything that belongs to it.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn delete_function(&mut self, name: &str) -> Result<(), ServiceError> {
        self.function(name)?;
        self.functions.remove(name);
        remove_all(&mut self.versions, name);
        remove_all(&mut self.aliases, name);
        remove_all(&mut self.policies, name);
        remove_all(&mut self.event_invoke_configs, name);
        Ok(())
    }

    /// Deletes what belongs to a version or alias that is deleted.
    pub(super) fn forget_qualifier(&mut self, name: &str, qualifier: &str) {
        self.policies.remove(&key(name, qualifier));
        self.event_invoke_configs.remove(&key(name, qualifier));
    }

    /// The function of that name.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn function(&self, name: &str) -> Result<&Function, ServiceError> {
        self.functions
            .get(name)
            .ok_or_else(|| self.not_found(name, None))
    }

    fn function_mut(&mut self, name: &str) -> Result<&mut Function, ServiceError> {
        let missing = self.not_found(name, None);
        self.functions.get_mut(name).ok_or(missing)
    }

    /// The functions' names, in order.
    pub(crate) fn function_names(&self) -> impl Iterator<Item = &String> {
        self.functions.keys()
    }

    /// Adds tags, and replaces those of the same keys.
    ///
    /// # Errors
    /// `ResourceNotFoundException`; `InvalidParameterValueException` when there would be too many.
    pub(crate) fn tag_function(
        &mut self,
        name: &str,
        tags: BTreeMap<String, String>,
    ) -> Result<(), ServiceError> {
        let mut all = self.function(name)?.tags.clone();
        all.extend(tags);
        check_tags(&all)?;
        self.function_mut(name)?.tags = all;
        Ok(())
    }

    /// Removes tags; those that are not there are as good as removed.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn untag_function(
        &mut self,
        name: &str,
        keys: &[String],
    ) -> Result<(), ServiceError> {
        let tags = &mut self.function_mut(name)?.tags;
        tags.retain(|key, _| !keys.contains(key));
        Ok(())
    }

    /// How many invocations of the function may run at once; `None`: as many as the account has left.
    pub(crate) fn reserved_concurrency(&self, name: &str) -> Option<u32> {
        self.functions.get(name)?.reserved_concurrent_executions
    }

    /// How many invocations may run at once of all functions that have reserved none.
    pub(crate) fn unreserved_concurrency(&self) -> u32 {
        let reserved: u32 = self
            .functions
            .values()
            .filter_map(|function| function.reserved_concurrent_executions)
            .sum();
        CONCURRENT_EXECUTIONS.saturating_sub(reserved)
    }

    /// Reserves concurrency, or with `None` ends the reservation.
    ///
    /// # Errors
    /// `ResourceNotFoundException`; `InvalidParameterValueException` when too little would be left for the others.
    pub(crate) fn reserve_concurrency(
        &mut self,
        name: &str,
        reserved: Option<u32>,
    ) -> Result<(), ServiceError> {
        let current = self.function(name)?.reserved_concurrent_executions;
        let free = self.unreserved_concurrency() + current.unwrap_or_default();
        if reserved.is_some_and(|reserved| free.saturating_sub(reserved) < UNRESERVED_MINIMUM) {
            return Err(invalid_parameter(format!(
                "Specified ReservedConcurrentExecutions for function decreases account's \
                 UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_MINIMUM}]."
            )));
        }
        self.function_mut(name)?.reserved_concurrent_executions = reserved;
        Ok(())
    }
}

impl Lambda {
    /// Reserves what a template says.
    ///
    /// # Errors
    /// As [`Lambda::reserve_concurrency`].
    pub(crate) fn reserve_by_template(
        &mut self,
        name: &str,
        reserved: u32,
    ) -> Result<(), ServiceError> {
        let function = self.function(name)?;
        if function.is_reserved_by_template
            && function.reserved_concurrent_executions == Some(reserved)
        {
            return Ok(());
        }
        self.reserve_concurrency(name, Some(reserved))?;
        self.function_mut(name)?.is_reserved_by_template = true;
        Ok(())
    }

    /// Ends the reservation of a function that a template has said, and says no more. What a client has reserved stays.
    pub(crate) fn end_templates_reservation(&mut self, name: &str) {
        let is_reserved = |function: &Function| function.is_reserved_by_template;
        if self.functions.get(name).is_some_and(is_reserved)
            && let Some(function) = self.functions.get_mut(name)
        {
            function.reserved_concurrent_executions = None;
            function.is_reserved_by_template = false;
        }
    }
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), ServiceError> {
    if tags.len() > MAX_TAGS {
        return Err(invalid_parameter(
            "Number of tags exceeds resource tag limit.",
        ));
    }
    crate::tags::check_keys(tags.keys()).map_err(invalid_parameter)
}

fn remove_all<V>(records: &mut Kept<String, V>, name: &str) {
    let keys: Vec<String> = records
        .range(all_of(name))
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        records.remove(&key);
    }
}
