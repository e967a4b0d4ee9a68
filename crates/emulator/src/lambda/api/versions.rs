//! Configurations and versions.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Qualifier, respond};
use crate::ServiceError;
use crate::caller::Caller;
use crate::lambda::{Account, FunctionRef, Version, stale_revision_id};
use crate::server::parse_body;
use crate::shared::Shared;

pub(super) async fn get_function_configuration(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(function): Path<String>,
    Query(Qualifier { qualifier }): Query<Qualifier>,
) -> Response<Body> {
    let answer = || {
        let target = shared
            .account
            .function_ref(&function, qualifier.as_deref())?;
        let arn = target.arn(&shared.account);
        let state = shared.authorized(&caller, "lambda:GetFunctionConfiguration", &arn)?;
        let name = target.qualifier.as_deref().unwrap_or("$LATEST");
        let version = match state.lambda.alias(&target.name, name) {
            Ok(alias) => alias.function_version.clone(),
            Err(_) => name.to_owned(),
        };
        let version = state.lambda.version(&target.name, &version)?;
        Ok(function_configuration(&shared.account, version, &target))
    };
    respond(StatusCode::OK, answer())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishVersion {
    code_sha256: Option<String>,
    revision_id: Option<String>,
}

pub(super) async fn publish_version(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(function): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let wanted: PublishVersion = parse_body(&body)?;
        let arn = target.arn(&shared.account);
        let mut state = shared.authorized(&caller, "lambda:PublishVersion", &arn)?;
        let latest = state.lambda.version(&target.name, "$LATEST")?;
        if wanted
            .code_sha256
            .is_some_and(|sha| sha != latest.configuration.code.code_sha256)
        {
            return Err(ServiceError::bad_request(
                "InvalidParameterValueException",
                format!(
                    "CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST. Please try again with the CodeSHA256 in $LATEST.",
                    latest.configuration.code.code_sha256
                ),
            ));
        }
        if wanted
            .revision_id
            .is_some_and(|revision| revision != latest.revision_id)
        {
            return Err(stale_revision_id());
        }
        let version = state.publish_version(&target.name)?;
        let named = FunctionRef {
            qualifier: Some(version.version.clone()),
            name: target.name,
        };
        Ok(function_configuration(&shared.account, &version, &named))
    };
    respond(StatusCode::CREATED, answer())
}

fn function_configuration(account: &Account, version: &Version, named: &FunctionRef) -> Value {
    let configuration = &version.configuration;
    json!({
        "FunctionName": version.function_name,
        "FunctionArn": account.function_arn(&named.name, named.qualifier.as_deref()),
        "Version": version.version,
        "Runtime": configuration.runtime,
        "Handler": configuration.handler,
        "Timeout": configuration.timeout.as_secs(),
        "MemorySize": configuration.memory_size,
        "Environment": { "Variables": configuration.environment },
        "CodeSha256": configuration.code.code_sha256,
        "CodeSize": configuration.code.code_size,
        "RevisionId": version.revision_id,
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "LoggingConfig": {
            "LogFormat": configuration.log_format.as_str(),
            "LogGroup": configuration.log_group,
        },
    })
}
