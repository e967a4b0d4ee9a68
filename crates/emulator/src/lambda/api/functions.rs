//! Functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::code::{Code, refused};
use super::configuration;
use super::members::Settings;
use super::packages;
use super::request::{Request, functions_only, listed};
use super::tags;
use crate::ServiceError;
use crate::execution::LayerContent;
use crate::lambda::configuration::LayerReference;
use crate::lambda::validation::{Violations, invalid_parameter};
use crate::lambda::version::LATEST;
use crate::lambda::{FunctionConfiguration, FunctionRef, Version};
use crate::page::page;
use crate::shared::State;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateFunction {
    function_name: Option<String>,
    code: Option<Code>,
    package_type: Option<String>,
    architectures: Option<Vec<String>>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    publish: bool,
    #[serde(flatten)]
    settings: Settings,
}

pub(super) fn create(request: &Request) -> Result<Value, ServiceError> {
    let wanted: CreateFunction = request.body()?;
    let mut violations = Violations::default();
    violations.required(wanted.function_name.as_ref(), "functionName");
    violations.required(wanted.settings.role.as_ref(), "role");
    violations.required(wanted.code.as_ref(), "code");
    let packages = ["Zip", "Image"];
    violations.one_of(wanted.package_type.as_deref(), "packageType", &packages);
    check_architectures(&mut violations, wanted.architectures.as_deref());
    wanted.settings.check(&mut violations);
    let code = wanted.code.unwrap_or_default();
    code.check(&mut violations, "code.");
    violations.finish()?;
    let name = wanted.function_name.unwrap_or_default();
    let target = request.shared.account.function_name(&name)?;
    if target.qualifier.is_some() {
        return Err(functions_only());
    }
    if target.name.len() > 64 {
        return Err(invalid_parameter(format!(
            "1 validation error detected: Value '{}' at 'functionName' failed to satisfy constraint: Member must have \
             length less than or equal to 64",
            target.name
        )));
    }
    request
        .authorized_on(&target)?
        .lambda
        .check_is_new(&target.name)?;
    if wanted.package_type.as_deref() == Some("Image") {
        return Err(invalid_parameter(
            "the emulator runs no container images: use PackageType Zip",
        ));
    }
    wanted.settings.refuse()?;
    if wanted.settings.runtime.is_none() || wanted.settings.handler.is_none() {
        return Err(invalid_parameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ));
    }
    let tags = wanted.tags.unwrap_or_default();
    tags::check(&tags)?;
    let store = &request.shared.code;
    let code = code.snapshot(store)?;
    let opt = store.layer_content(&[]).map_err(refused)?;
    let mut configuration = FunctionConfiguration::new(&target.name, code, opt);
    if let Some(architecture) = wanted.architectures.into_iter().flatten().next() {
        configuration.architecture = architecture;
    }
    let mut settings = wanted.settings;
    let layers = layers(request, settings.layers.take())?;
    configure(settings, layers, &mut configuration)?;
    let mut state = request.authorized_on(&target)?;
    let state = &mut *state;
    let latest = state.lambda.create_function(
        &target.name,
        configuration,
        tags,
        state.now,
        &mut state.ids,
    )?;
    if wanted.publish {
        // Under the function's own ARN, as in captures.
        let version = state.publish_version(&target.name, None)?;
        return Ok(configuration::shown(
            &request.shared.account,
            &version,
            &target,
        ));
    }
    Ok(configuration::shown(
        &request.shared.account,
        &latest,
        &target,
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateFunctionCode {
    architectures: Option<Vec<String>>,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    dry_run: bool,
    revision_id: Option<String>,
    publish_to: Option<Value>,
    #[serde(flatten)]
    code: Code,
}

pub(super) fn update_code(request: &Request) -> Result<Value, ServiceError> {
    let target = updated(request)?;
    let wanted: UpdateFunctionCode = request.body()?;
    let mut violations = Violations::default();
    check_architectures(&mut violations, wanted.architectures.as_deref());
    wanted.code.check(&mut violations, "");
    violations.finish()?;
    let revision = wanted.revision_id.as_deref();
    let current = {
        let state = request.authorized_on(&target)?;
        state.lambda.latest_at(&target.name, revision)?.clone()
    };
    if wanted.code.is_image() {
        return Err(invalid_parameter(
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        ));
    }
    if wanted.publish_to.is_some() {
        return Err(invalid_parameter("the emulator does not support PublishTo"));
    }
    let code = wanted.code.snapshot(&request.shared.code)?;
    let architecture = wanted.architectures.into_iter().flatten().next();
    let mut configuration = FunctionConfiguration {
        code,
        ..current.configuration.as_ref().clone()
    };
    if let Some(architecture) = architecture {
        configuration.architecture = architecture;
    }
    configuration.check_size()?;
    if wanted.dry_run {
        let planned = Version {
            configuration: configuration.into(),
            ..current
        };
        return Ok(configuration::shown(
            &request.shared.account,
            &planned,
            &target,
        ));
    }
    let mut state = request.authorized_on(&target)?;
    // What another client has set since the code was read stays.
    let latest = state.lambda.latest_at(&target.name, revision)?;
    let configuration = FunctionConfiguration {
        code: configuration.code,
        architecture: configuration.architecture,
        ..latest.configuration.as_ref().clone()
    };
    configuration.check_size()?;
    let latest = put(&mut state, &target, revision, configuration)?;
    request
        .shared
        .forget_environments(&target.name, Some("$LATEST"));
    if wanted.publish {
        let version = state.publish_version(&target.name, None)?;
        let named = FunctionRef {
            qualifier: Some(version.version.clone()),
            name: target.name,
        };
        return Ok(configuration::shown(
            &request.shared.account,
            &version,
            &named,
        ));
    }
    Ok(configuration::shown(
        &request.shared.account,
        &latest,
        &target,
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateFunctionConfiguration {
    revision_id: Option<String>,
    #[serde(flatten)]
    settings: Settings,
}

pub(super) fn update_configuration(request: &Request) -> Result<Value, ServiceError> {
    let target = updated(request)?;
    let wanted: UpdateFunctionConfiguration = request.body()?;
    let mut violations = Violations::default();
    wanted.settings.check(&mut violations);
    violations.finish()?;
    let revision = wanted.revision_id.as_deref();
    let state = request.authorized_on(&target)?;
    state.lambda.latest_at(&target.name, revision)?;
    drop(state);
    let mut settings = wanted.settings;
    settings.refuse()?;
    let layers = layers(request, settings.layers.take())?;
    let mut state = request.authorized_on(&target)?;
    // What another client has set since stays, unless this request sets it.
    let latest = state.lambda.latest_at(&target.name, revision)?;
    let mut configuration = latest.configuration.as_ref().clone();
    configure(settings, layers, &mut configuration)?;
    let latest = put(&mut state, &target, revision, configuration)?;
    request
        .shared
        .forget_environments(&target.name, Some("$LATEST"));
    Ok(configuration::shown(
        &request.shared.account,
        &latest,
        &target,
    ))
}

fn put(
    state: &mut State,
    target: &FunctionRef,
    revision: Option<&str>,
    configuration: FunctionConfiguration,
) -> Result<Arc<Version>, ServiceError> {
    state.lambda.update_function(
        &target.name,
        revision,
        configuration,
        state.now,
        &mut state.ids,
    )
}

/// The function whose `$LATEST` is to change; nothing changes a version that is published.
fn updated(request: &Request) -> Result<FunctionRef, ServiceError> {
    let target = request.function()?;
    match target.qualifier.as_deref() {
        None | Some(LATEST) => Ok(FunctionRef {
            qualifier: None,
            ..target
        }),
        Some(_) => Err(functions_only()),
    }
}

/// The layers that a request names, copied over each other.
struct Layers {
    references: Vec<LayerReference>,
    content: LayerContent,
}

/// Copies the layers where a request names any, also none; it takes time, and nothing is held meanwhile.
fn layers(request: &Request, arns: Option<Vec<String>>) -> Result<Option<Layers>, ServiceError> {
    let Some(arns) = arns else {
        return Ok(None);
    };
    let state = request.shared.state();
    let (references, directories) = state.lambda.referenced_layers(&arns)?;
    drop(state);
    let content = request.shared.code.layer_content(&directories);
    Ok(Some(Layers {
        references,
        content: content.map_err(refused)?,
    }))
}

/// Applies the members that are there, and the layers.
fn configure(
    settings: Settings,
    layers: Option<Layers>,
    configuration: &mut FunctionConfiguration,
) -> Result<(), ServiceError> {
    settings.apply(configuration)?;
    if let Some(layers) = layers {
        configuration.layers = layers.references;
        configuration.opt = layers.content.directory;
        configuration.opt_sha256 = layers.content.sha256;
    }
    configuration.check_size()
}

fn check_architectures(violations: &mut Violations, architectures: Option<&[String]>) {
    let Some(architectures) = architectures else {
        return;
    };
    let value = format!("[{}]", architectures.join(", "));
    if architectures.len() > 1 {
        let constraint = "Member must have length less than or equal to 1";
        violations.add(&value, "architectures", constraint);
    }
    if architectures.is_empty() {
        let constraint = "Member must have length greater than or equal to 1";
        violations.add(&value, "architectures", constraint);
    }
    if !architectures
        .iter()
        .all(|architecture| ["x86_64", "arm64"].contains(&architecture.as_str()))
    {
        let constraint = "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member \
                          must not be null]";
        violations.add(&value, "architectures", constraint);
    }
}

pub(super) fn get(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let state = request.authorized_on(&target)?;
    let version = state.lambda.named_version(&target)?;
    let function = state.lambda.function(&target.name)?;
    let mut answer = json!({
        "Configuration": configuration::shown(&request.shared.account, version, &target),
        "Code": {
            "RepositoryType": "S3",
            "Location": packages::function_location(&request.shared, version),
        },
    });
    if let Some(members) = answer.as_object_mut() {
        if !function.tags.is_empty() {
            members.insert("Tags".to_owned(), json!(function.tags));
        }
        if let Some(reserved) = function.reserved_concurrent_executions {
            let concurrency = json!({ "ReservedConcurrentExecutions": reserved });
            members.insert("Concurrency".to_owned(), concurrency);
        }
    }
    Ok(answer)
}

pub(super) fn get_configuration(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let state = request.authorized_on(&target)?;
    let version = state.lambda.named_version(&target)?;
    Ok(configuration::shown(
        &request.shared.account,
        version,
        &target,
    ))
}

pub(super) fn delete(request: &Request) -> Result<Value, ServiceError> {
    let target = request.target()?;
    let mut state = request.authorized_on(&target)?;
    match &target.qualifier {
        Some(version) => state.lambda.delete_version(&target.name, version)?,
        None => state.lambda.delete_function(&target.name)?,
    }
    let version = target.qualifier.as_deref();
    request.shared.forget_environments(&target.name, version);
    Ok(Value::Null)
}

pub(super) fn list(request: &Request) -> Result<Value, ServiceError> {
    let (versions, master) = (
        request.query("FunctionVersion"),
        request.query("MasterRegion"),
    );
    let mut violations = Violations::default();
    violations.one_of(versions, "functionVersion", &["ALL"]);
    violations.finish()?;
    let (after, limit) = request.page(10_000)?;
    if master.is_some() && versions.is_none() {
        return Err(invalid_parameter(
            "FunctionVersion must be set to ALL when MasterRegion is specified",
        ));
    }
    let account = &request.shared.account;
    let state = request.authorized("*")?;
    let all = state
        .lambda
        .all_versions()
        // Functions that were replicated from another Region are Lambda@Edge's, and there are none.
        .filter(|_| master.is_none_or(|region| region == "ALL"))
        .filter(|(_, version)| versions.is_some() || version.version == LATEST);
    let (found, next) = page(all, after.as_deref(), limit);
    let found = found
        .into_iter()
        .map(|version| {
            let named = FunctionRef {
                name: version.function_name.clone(),
                qualifier: versions.map(|_| version.version.clone()),
            };
            configuration::listed(account, version, &named)
        })
        .collect();
    Ok(listed("Functions", found, next))
}
