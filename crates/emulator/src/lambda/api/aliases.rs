//! Aliases.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::respond;
use crate::caller::Caller;
use crate::lambda::{Account, Alias, AliasUpdate};
use crate::server::parse_body;
use crate::shared::Shared;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateAlias {
    name: String,
    function_version: String,
    routing_config: Option<RoutingConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateAlias {
    function_version: Option<String>,
    routing_config: Option<RoutingConfig>,
    revision_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoutingConfig {
    #[serde(default)]
    additional_version_weights: Option<indexmap::IndexMap<String, f64>>,
}

impl RoutingConfig {
    fn weights(self) -> Vec<(String, f64)> {
        self.additional_version_weights
            .unwrap_or_default()
            .into_iter()
            .collect()
    }
}

pub(super) async fn create_alias(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(function): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let wanted: CreateAlias = parse_body(&body)?;
        let weights = wanted
            .routing_config
            .map(RoutingConfig::weights)
            .unwrap_or_default();
        let arn = target.arn(&shared.account);
        let mut state = shared.authorized(&caller, "lambda:CreateAlias", &arn)?;
        let alias = state.create_alias(
            &target.name,
            &wanted.name,
            &wanted.function_version,
            &weights,
        )?;
        Ok(alias_configuration(&shared.account, &target.name, &alias))
    };
    respond(StatusCode::CREATED, answer())
}

pub(super) async fn update_alias(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((function, alias)): Path<(String, String)>,
    body: Bytes,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let wanted: UpdateAlias = parse_body(&body)?;
        let update = AliasUpdate {
            function_version: wanted.function_version,
            additional_version_weights: wanted.routing_config.map(RoutingConfig::weights),
            revision_id: wanted.revision_id,
        };
        let arn = target.arn(&shared.account);
        let mut state = shared.authorized(&caller, "lambda:UpdateAlias", &arn)?;
        let alias = state.update_alias(&target.name, &alias, &update)?;
        Ok(alias_configuration(&shared.account, &target.name, &alias))
    };
    respond(StatusCode::OK, answer())
}

pub(super) async fn get_alias(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((function, alias)): Path<(String, String)>,
) -> Response<Body> {
    let answer = || {
        let target = shared.account.function_ref(&function, None)?;
        let arn = target.arn(&shared.account);
        let state = shared.authorized(&caller, "lambda:GetAlias", &arn)?;
        let alias = state.lambda.alias(&target.name, &alias)?;
        Ok(alias_configuration(&shared.account, &target.name, alias))
    };
    respond(StatusCode::OK, answer())
}

fn alias_configuration(account: &Account, function: &str, alias: &Alias) -> Value {
    let mut configuration = json!({
        "AliasArn": account.function_arn(function, Some(&alias.name)),
        "Name": alias.name,
        "FunctionVersion": alias.function_version,
        "Description": "",
        "RevisionId": alias.revision_id,
    });
    // Left out when there are no weights, as GetAlias does.
    if let (Some((version, weight)), Some(members)) = (
        &alias.additional_version_weight,
        configuration.as_object_mut(),
    ) {
        members.insert(
            "RoutingConfig".to_owned(),
            json!({ "AdditionalVersionWeights": { version: weight } }),
        );
    }
    configuration
}
