//! Reserved concurrency.

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{Request, functions_only};
use crate::ServiceError;
use crate::lambda::validation::Violations;
use crate::lambda::version::LATEST;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Concurrency {
    reserved_concurrent_executions: Option<i64>,
}

pub(super) fn put(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function()?;
    let wanted: Concurrency = request.body()?;
    let reserved = wanted.reserved_concurrent_executions;
    let mut violations = Violations::default();
    let at = "reservedConcurrentExecutions";
    violations.required(reserved.as_ref(), at);
    violations.range(reserved, at, 0..=i64::from(u32::MAX));
    violations.finish()?;
    let reserved = reserved.and_then(|reserved| u32::try_from(reserved).ok());
    let mut state = request.authorized_on(&target)?;
    // The function comes before the qualifier, and is named with that of $LATEST (captures).
    if state.lambda.function(&target.name).is_err() {
        state.lambda.version(&target.name, LATEST)?;
    }
    if target.qualifier.is_some() {
        return Err(functions_only());
    }
    state.lambda.reserve_concurrency(&target.name, reserved)?;
    Ok(json!({ "ReservedConcurrentExecutions": reserved }))
}

pub(super) fn get(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function_alone()?;
    let state = request.authorized_on(&target)?;
    state.lambda.function(&target.name)?;
    Ok(match state.lambda.reserved_concurrency(&target.name) {
        Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
        None => json!({}),
    })
}

pub(super) fn delete(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function_alone()?;
    let mut state = request.authorized_on(&target)?;
    state.lambda.reserve_concurrency(&target.name, None)?;
    Ok(Value::Null)
}
