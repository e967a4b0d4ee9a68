//! How asynchronous invocations of a function, version or alias are retried.
//!
//! Texts: captures of AWS.

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use super::validation::{invalid_parameter, resource_not_found};
use super::version::LATEST;
use super::{FunctionRef, Lambda, all_of, key};
use crate::ServiceError;

/// The services to which Lambda sends records of asynchronous invocations (developer guide, "Capturing records of
/// Lambda asynchronous invocations").
const DESTINATIONS: [&str; 5] = ["sns", "sqs", "lambda", "events", "s3"];

/// An `EventInvokeConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventInvokeConfig {
    /// How often an invocation that fails is tried again, 0 to 2; Lambda's default is 2.
    pub maximum_retry_attempts: Option<u32>,
    /// How many seconds an invocation may wait, 60 to 21,600; Lambda's default is 21,600.
    pub maximum_event_age_in_seconds: Option<u32>,
    /// The ARN that records of successes go to.
    pub on_success: Option<String>,
    /// The ARN that records of failures go to.
    pub on_failure: Option<String>,
    /// When it was put, in milliseconds since the Unix epoch.
    pub last_modified: u64,
    /// The version, `$LATEST` or alias that it is for.
    pub qualifier: String,
    /// Whether the template says so, and no client has since.
    #[serde(default)]
    pub is_of_template: bool,
}

impl Lambda {
    /// The configuration of the function's version or alias, where it has one.
    pub(crate) fn event_invoke_config(
        &self,
        name: &str,
        qualifier: Option<&str>,
    ) -> Option<&EventInvokeConfig> {
        self.event_invoke_configs
            .get(&key(name, qualifier.unwrap_or(LATEST)))
    }

    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn get_event_invoke_config(
        &self,
        target: &FunctionRef,
    ) -> Result<&EventInvokeConfig, ServiceError> {
        let qualifier = target.qualifier.as_deref();
        self.event_invoke_config(&target.name, qualifier)
            .ok_or_else(|| {
                let arn = self
                    .account
                    .function_arn(&target.name, Some(qualifier.unwrap_or(LATEST)));
                resource_not_found(format!(
                    "The function {arn} doesn't have an EventInvokeConfig"
                ))
            })
    }

    /// Puts a configuration; with `merged`, what it leaves out stays as it is.
    ///
    /// # Errors
    /// `ResourceNotFoundException`; `InvalidParameterValueException` for one that says nothing, and for destinations
    /// that can be none.
    pub(crate) fn put_event_invoke_config(
        &mut self,
        target: &FunctionRef,
        wanted: EventInvokeConfig,
        merged: bool,
        now: Timestamp,
    ) -> Result<EventInvokeConfig, ServiceError> {
        let nothing = EventInvokeConfig::default();
        if wanted == nothing {
            return Err(invalid_parameter(
                "You must specify at least one of error handling or destination setting.",
            ));
        }
        if self.named_version(target).is_err() {
            return Err(resource_not_found("The function doesn't exist."));
        }
        let current = if merged {
            self.get_event_invoke_config(target)?.clone()
        } else {
            nothing
        };
        self.check_destinations(target, &wanted)?;
        let put = EventInvokeConfig {
            maximum_retry_attempts: wanted
                .maximum_retry_attempts
                .or(current.maximum_retry_attempts),
            maximum_event_age_in_seconds: wanted
                .maximum_event_age_in_seconds
                .or(current.maximum_event_age_in_seconds),
            on_success: wanted.on_success.or(current.on_success),
            on_failure: wanted.on_failure.or(current.on_failure),
            last_modified: now.as_millis(),
            qualifier: target.qualifier.clone().unwrap_or(LATEST.to_owned()),
            is_of_template: wanted.is_of_template,
        };
        self.event_invoke_configs
            .insert(key(&target.name, &put.qualifier), put.clone());
        Ok(put)
    }

    /// Takes back what the template has said, but of these functions, versions and aliases; what clients have put since
    /// stays.
    pub(crate) fn end_template_event_invoke_configs(&mut self, but: &[FunctionRef]) {
        let kept: Vec<String> = but.iter().map(key_of).collect();
        let configs = self.event_invoke_configs.iter();
        let gone = configs.filter(|(key, config)| config.is_of_template && !kept.contains(key));
        let gone: Vec<String> = gone.map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.event_invoke_configs.remove(&key);
        }
    }

    /// Puts what a template says; CloudFormation touches nothing that it has said before.
    ///
    /// # Errors
    /// As [`Lambda::put_event_invoke_config`].
    pub(crate) fn put_template_event_invoke_config(
        &mut self,
        target: &FunctionRef,
        wanted: EventInvokeConfig,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let said = |known: &EventInvokeConfig| {
            known.is_of_template
                && known.maximum_retry_attempts == wanted.maximum_retry_attempts
                && known.maximum_event_age_in_seconds == wanted.maximum_event_age_in_seconds
        };
        let known = self.event_invoke_configs.get(&key_of(target));
        if known.is_some_and(said) {
            return Ok(());
        }
        let wanted = EventInvokeConfig {
            is_of_template: true,
            ..wanted
        };
        self.put_event_invoke_config(target, wanted, false, now)
            .map(drop)
    }

    fn check_destinations(
        &self,
        target: &FunctionRef,
        wanted: &EventInvokeConfig,
    ) -> Result<(), ServiceError> {
        for arn in [&wanted.on_success, &wanted.on_failure]
            .into_iter()
            .flatten()
        {
            let service = arn.split(':').nth(2).unwrap_or_default();
            if !DESTINATIONS.contains(&service) {
                let side = |name: &str, kind: &str, arn: &Option<String>| match arn {
                    Some(arn) => format!("{name}={kind}(destination={arn})"),
                    None => format!("{name}=null"),
                };
                return Err(invalid_parameter(format!(
                    "The provided destination config DestinationConfig({}, {}) is invalid.",
                    side("onSuccess", "OnSuccess", &wanted.on_success),
                    side("onFailure", "OnFailure", &wanted.on_failure)
                )));
            }
            if service == "lambda" {
                let function = self.account.function_name(arn)?;
                if function.name == target.name {
                    return Err(invalid_parameter(
                        "You can't specify the function as a destination for itself.",
                    ));
                }
                if self.named_version(&function).is_err() {
                    return Err(invalid_parameter(format!(
                        "The destination ARN {arn} is invalid."
                    )));
                }
            }
        }
        Ok(())
    }

    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn delete_event_invoke_config(
        &mut self,
        target: &FunctionRef,
    ) -> Result<(), ServiceError> {
        let qualifier = self.get_event_invoke_config(target)?.qualifier.clone();
        self.event_invoke_configs
            .remove(&key(&target.name, &qualifier));
        Ok(())
    }

    /// The function's configurations with their keys, by qualifier.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn event_invoke_configs_of(
        &self,
        name: &str,
    ) -> Result<impl Iterator<Item = (&String, &EventInvokeConfig)>, ServiceError> {
        if self.function(name).is_err() {
            return Err(resource_not_found("The function doesn't exist."));
        }
        Ok(self.event_invoke_configs.range(all_of(name)))
    }
}

fn key_of(target: &FunctionRef) -> String {
    key(&target.name, target.qualifier.as_deref().unwrap_or(LATEST))
}
