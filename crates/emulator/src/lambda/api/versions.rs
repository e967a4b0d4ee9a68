//! Versions.

use serde::Deserialize;
use serde_json::Value;

use super::configuration;
use super::request::{Request, listed};
use crate::ServiceError;
use crate::lambda::FunctionRef;
use crate::lambda::validation::{Violations, invalid_parameter};
use crate::lambda::version::LATEST;
use crate::page::page;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishVersion {
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
    publish_to: Option<Value>,
}

pub(super) fn publish(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function()?;
    if target
        .qualifier
        .as_deref()
        .is_some_and(|qualifier| qualifier != LATEST)
    {
        return Err(super::request::functions_only());
    }
    let wanted: PublishVersion = request.body()?;
    let mut violations = Violations::default();
    violations.length(wanted.description.as_deref(), "description", 0..=256);
    violations.finish()?;
    if wanted.publish_to.is_some() {
        return Err(invalid_parameter("the emulator does not support PublishTo"));
    }
    let mut state = request.authorized_on(&target)?;
    let revision = wanted.revision_id.as_deref();
    let latest = state.lambda.latest_at(&target.name, revision)?;
    let current = &latest.configuration.code.code_sha256;
    if let Some(sha) = wanted
        .code_sha256
        .filter(|sha| !sha.is_empty() && sha != current)
    {
        return Err(invalid_parameter(format!(
            "CodeSHA256 ({sha}) is different from current CodeSHA256 in $LATEST ({current}). Please try again with \
             the CodeSHA256 in $LATEST."
        )));
    }
    let description = wanted.description.filter(|text| !text.is_empty());
    let version = state.publish_version(&target.name, description)?;
    let named = FunctionRef {
        qualifier: Some(version.version.clone()),
        name: target.name,
    };
    Ok(configuration::shown(
        &request.shared.account,
        &version,
        &named,
    ))
}

pub(super) fn list(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let (after, limit) = request.page(10_000)?;
    let account = &request.shared.account;
    let state = request.authorized_on(&target)?;
    let versions = state.lambda.versions(&target.name)?;
    let (found, next) = page(versions, after.as_deref(), limit);
    let found = found
        .into_iter()
        .map(|version| {
            let named = FunctionRef {
                name: target.name.clone(),
                qualifier: Some(version.version.clone()),
            };
            configuration::listed(account, version, &named)
        })
        .collect();
    Ok(listed("Versions", found, next))
}
