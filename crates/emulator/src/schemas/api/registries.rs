//! Operations of registries, and of the tags of all resources.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode, Uri};
use serde_json::{Value, json};

use super::super::input::{
    Parameters, RegistryInput, TagsInput, check_names, description, missing,
};
use super::super::{Registry, Resource, bad_request, not_found};
use super::{answer, parse, registry_arn, with};
use crate::ServiceError;
use crate::caller::Caller;
use crate::lambda::Account;
use crate::page::page;
use crate::shared::Shared;

pub(super) async fn create_registry(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Response<Body> {
    answer(StatusCode::CREATED, || {
        let input: RegistryInput = parse(&body)?;
        check_names(&name, None)?;
        description(input.description.as_deref())?;
        let arn = registry_arn(&shared.account, &name);
        let mut state = shared.authorized(&caller, "schemas:CreateRegistry", &arn)?;
        let registry = Registry {
            description: input.description,
            tags: input.tags,
        };
        state.schemas.create_registry(&name, registry.clone())?;
        Ok(describe_one_registry(&arn, &name, &registry))
    })
}

pub(super) async fn describe_registry(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let arn = registry_arn(&shared.account, &name);
        let state = shared.authorized(&caller, "schemas:DescribeRegistry", &arn)?;
        let registry = state.schemas.registry(&name)?;
        Ok(describe_one_registry(&arn, &name, registry))
    })
}

pub(super) async fn update_registry(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let input: RegistryInput = parse(&body)?;
        description(input.description.as_deref())?;
        let arn = registry_arn(&shared.account, &name);
        let mut state = shared.authorized(&caller, "schemas:UpdateRegistry", &arn)?;
        let registry = state.schemas.update_registry(&name, input.description)?;
        Ok(describe_one_registry(&arn, &name, registry))
    })
}

pub(super) async fn delete_registry(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Response<Body> {
    answer(StatusCode::NO_CONTENT, || {
        let arn = registry_arn(&shared.account, &name);
        let mut state = shared.authorized(&caller, "schemas:DeleteRegistry", &arn)?;
        state.schemas.delete_registry(&name)?;
        Ok(Value::Null)
    })
}

pub(super) async fn list_registries(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    uri: Uri,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let parameters = Parameters::of(&uri);
        let (limit, after) = parameters.page()?;
        let scope = parameters.get("scope").unwrap_or("LOCAL");
        if !["LOCAL", "AWS"].contains(&scope) {
            return Err(bad_request(format!("Scope {scope:?} is not valid.")));
        }
        let prefix = parameters.get("registryNamePrefix").unwrap_or_default();
        let any = registry_arn(&shared.account, "*");
        let state = shared.authorized(&caller, "schemas:ListRegistries", &any)?;
        let registries = state
            .schemas
            .registries
            .iter()
            // There are no registries of AWS here.
            .filter(|(name, _)| scope == "LOCAL" && name.starts_with(prefix))
            .map(|(name, registry)| {
                let arn = registry_arn(&shared.account, name);
                let summary =
                    json!({ "RegistryArn": arn, "RegistryName": name, "tags": registry.tags });
                (name, summary)
            });
        let (registries, next) = page(registries, after.as_deref(), limit);
        Ok(with(json!({ "Registries": registries }), "NextToken", next))
    })
}

pub(super) async fn list_tags_for_resource(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(arn): Path<String>,
) -> Response<Body> {
    answer(StatusCode::OK, || {
        let state = shared.authorized(&caller, "schemas:ListTagsForResource", &arn)?;
        let tags = state.schemas.tags(&resource(&shared.account, &arn)?)?;
        Ok(json!({ "tags": tags }))
    })
}

pub(super) async fn tag_resource(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(arn): Path<String>,
    body: Bytes,
) -> Response<Body> {
    answer(StatusCode::NO_CONTENT, || {
        let input: TagsInput = parse(&body)?;
        let new = input.tags.ok_or_else(|| missing("tags"))?;
        let mut state = shared.authorized(&caller, "schemas:TagResource", &arn)?;
        let tags = state.schemas.tags_mut(&resource(&shared.account, &arn)?)?;
        tags.extend(new);
        Ok(Value::Null)
    })
}

pub(super) async fn untag_resource(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(arn): Path<String>,
    uri: Uri,
) -> Response<Body> {
    answer(StatusCode::NO_CONTENT, || {
        let parameters = Parameters::of(&uri);
        let mut state = shared.authorized(&caller, "schemas:UntagResource", &arn)?;
        let tags = state.schemas.tags_mut(&resource(&shared.account, &arn)?)?;
        for key in parameters.all("tagKeys") {
            tags.remove(key);
        }
        Ok(Value::Null)
    })
}

fn describe_one_registry(arn: &str, name: &str, registry: &Registry) -> Value {
    let output = json!({ "RegistryArn": arn, "RegistryName": name, "tags": registry.tags });
    with(output, "Description", registry.description.clone())
}

/// What an ARN of this account and Region names.
fn resource<'a>(account: &Account, arn: &'a str) -> Result<Resource<'a>, ServiceError> {
    let Account { region, account_id } = account;
    let own = arn.strip_prefix(&format!("arn:aws:schemas:{region}:{account_id}:"));
    let parts: Vec<&str> = own.unwrap_or_default().split('/').collect();
    match parts.as_slice() {
        ["registry", name] => Ok(Resource::Registry(name)),
        ["schema", registry, name] => Ok(Resource::Schema(registry, name)),
        _ => Err(not_found(format!("Resource {arn} does not exist."))),
    }
}
