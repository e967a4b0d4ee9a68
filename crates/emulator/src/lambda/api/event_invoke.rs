//! How asynchronous invocations are retried.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::request::{Request, listed};
use crate::ServiceError;
use crate::lambda::event_invoke::EventInvokeConfig;
use crate::lambda::validation::Violations;
use crate::lambda::{Account, FunctionRef};
use crate::page::page;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutConfig {
    maximum_retry_attempts: Option<i64>,
    maximum_event_age_in_seconds: Option<i64>,
    destination_config: Option<DestinationConfig>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DestinationConfig {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    destination: Option<String>,
}

impl PutConfig {
    fn checked(self) -> Result<EventInvokeConfig, ServiceError> {
        let mut violations = Violations::default();
        let (attempts, age) = (
            self.maximum_retry_attempts,
            self.maximum_event_age_in_seconds,
        );
        violations.range(attempts, "maximumRetryAttempts", 0..=2);
        violations.range(age, "maximumEventAgeInSeconds", 60..=21_600);
        violations.finish()?;
        let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        let destinations = self.destination_config.unwrap_or_default();
        let arn = |side: Option<Destination>| side?.destination.filter(|arn| !arn.is_empty());
        Ok(EventInvokeConfig {
            maximum_retry_attempts: number(attempts),
            maximum_event_age_in_seconds: number(age),
            on_success: arn(destinations.on_success),
            on_failure: arn(destinations.on_failure),
            ..EventInvokeConfig::default()
        })
    }
}

pub(super) fn put(request: &Request) -> Result<Value, ServiceError> {
    change(request, false)
}

pub(super) fn update(request: &Request) -> Result<Value, ServiceError> {
    change(request, true)
}

fn change(request: &Request, merged: bool) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let wanted = request.body::<PutConfig>()?.checked()?;
    let mut state = request.authorized_on(&target)?;
    let now = state.now;
    let put = state
        .lambda
        .put_event_invoke_config(&target, wanted, merged, now)?;
    Ok(shown(&request.shared.account, &target, &put))
}

pub(super) fn get(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let state = request.authorized_on(&target)?;
    let config = state.lambda.get_event_invoke_config(&target)?;
    Ok(shown(&request.shared.account, &target, config))
}

pub(super) fn delete(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let mut state = request.authorized_on(&target)?;
    state.lambda.delete_event_invoke_config(&target)?;
    Ok(Value::Null)
}

pub(super) fn list(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let (after, limit) = request.page(50)?;
    let state = request.authorized_on(&target)?;
    let configs = state.lambda.event_invoke_configs_of(&target.name)?;
    let (configs, next) = page(configs, after.as_deref(), limit);
    let configs = configs
        .into_iter()
        .map(|config| shown(&request.shared.account, &target, config))
        .collect();
    Ok(listed("FunctionEventInvokeConfigs", configs, next))
}

fn shown(account: &Account, target: &FunctionRef, config: &EventInvokeConfig) -> Value {
    let destination = |arn: &Option<String>| match arn {
        Some(arn) => json!({ "Destination": arn }),
        None => json!({}),
    };
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    let seconds = std::time::Duration::from_millis(config.last_modified).as_secs_f64();
    put("LastModified", json!(seconds));
    let arn = account.function_arn(&target.name, Some(&config.qualifier));
    put("FunctionArn", json!(arn));
    if let Some(attempts) = config.maximum_retry_attempts {
        put("MaximumRetryAttempts", json!(attempts));
    }
    if let Some(age) = config.maximum_event_age_in_seconds {
        put("MaximumEventAgeInSeconds", json!(age));
    }
    put(
        "DestinationConfig",
        json!({
            "OnSuccess": destination(&config.on_success),
            "OnFailure": destination(&config.on_failure),
        }),
    );
    Value::Object(members)
}
