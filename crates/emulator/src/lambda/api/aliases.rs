//! Aliases.

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{Request, listed};
use crate::ServiceError;
use crate::lambda::validation::Violations;
use crate::lambda::{Account, Alias, AliasUpdate};
use crate::page::page;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateAlias {
    name: Option<String>,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateAlias {
    function_version: Option<String>,
    description: Option<String>,
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

pub(super) fn create(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function_alone()?;
    let wanted: CreateAlias = request.body()?;
    let mut violations = Violations::default();
    violations.required(wanted.name.as_ref(), "name");
    violations.required(wanted.function_version.as_ref(), "functionVersion");
    violations.finish()?;
    let weights = wanted.routing_config.map(RoutingConfig::weights);
    let mut state = request.authorized_on(&target)?;
    let alias = state.create_alias(
        &target.name,
        &wanted.name.unwrap_or_default(),
        &wanted.function_version.unwrap_or_default(),
        &wanted.description.unwrap_or_default(),
        &weights.unwrap_or_default(),
    )?;
    Ok(shown(&request.shared.account, &target.name, &alias))
}

pub(super) fn update(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function_alone()?;
    let wanted: UpdateAlias = request.body()?;
    let update = AliasUpdate {
        function_version: wanted.function_version,
        description: wanted.description,
        additional_version_weights: wanted.routing_config.map(RoutingConfig::weights),
        revision_id: wanted.revision_id,
    };
    let mut state = request.authorized_on(&target)?;
    let alias = state.update_alias(&target.name, request.path("alias"), &update)?;
    Ok(shown(&request.shared.account, &target.name, &alias))
}

pub(super) fn get(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function_alone()?;
    let state = request.authorized_on(&target)?;
    let alias = state.lambda.alias(&target.name, request.path("alias"))?;
    Ok(shown(&request.shared.account, &target.name, alias))
}

pub(super) fn delete(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function_alone()?;
    let mut state = request.authorized_on(&target)?;
    state
        .lambda
        .delete_alias(&target.name, request.path("alias"))?;
    Ok(Value::Null)
}

pub(super) fn list(request: &Request) -> Result<Value, ServiceError> {
    let target = request.function_alone()?;
    let (after, limit) = request.page(10_000)?;
    let wanted = request.query("FunctionVersion");
    let state = request.authorized_on(&target)?;
    state.lambda.function(&target.name)?;
    let aliases = state
        .lambda
        .aliases_of(&target.name)
        // "Aliases that invoke that version" (API reference, ListAliases), with whatever weight.
        .filter(|(_, alias)| {
            wanted.is_none_or(|wanted| alias.versions().any(|version| version == wanted))
        });
    let (found, next) = page(aliases, after.as_deref(), limit);
    let found = found
        .into_iter()
        .map(|alias| shown(&request.shared.account, &target.name, alias))
        .collect();
    Ok(listed("Aliases", found, next))
}

fn shown(account: &Account, function: &str, alias: &Alias) -> Value {
    let mut configuration = json!({
        "AliasArn": account.function_arn(function, Some(&alias.name)),
        "Name": alias.name,
        "FunctionVersion": alias.function_version,
        "Description": alias.description,
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
