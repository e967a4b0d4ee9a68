//! Layers.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::code::Code;
use super::packages;
use super::request::{Request, listed};
use super::runtimes;
use crate::ServiceError;
use crate::lambda::Account;
use crate::lambda::layers::{LAYER_VERSION_ARN, LayerVersion, NewLayerVersion, layer_version_ref};
use crate::lambda::validation::{Violations, resource_not_found};
use crate::page::page;

/// The most items that a page may be asked to have.
const MAX_ITEMS: i64 = 50;

const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishLayerVersion {
    description: Option<String>,
    content: Option<Code>,
    compatible_runtimes: Option<Vec<String>>,
    compatible_architectures: Option<Vec<String>>,
    license_info: Option<String>,
}

impl PublishLayerVersion {
    fn check(&self) -> Result<(), ServiceError> {
        let mut violations = Violations::default();
        violations.required(self.content.as_ref(), "content");
        if let Some(content) = &self.content {
            content.check(&mut violations, "content.");
        }
        violations.length(self.description.as_deref(), "description", 0..=256);
        violations.length(self.license_info.as_deref(), "licenseInfo", 0..=512);
        let unknown = |values: &[String], known: &[&str]| {
            let unknown = values.iter().any(|value| !known.contains(&value.as_str()));
            unknown.then(|| format!("[{}]", values.join(", ")))
        };
        let runtimes = self.compatible_runtimes.as_deref().unwrap_or_default();
        if let Some(value) = unknown(runtimes, &runtimes::SUPPORTED) {
            let known = runtimes::SUPPORTED.join(", ");
            let constraint = format!("Member must satisfy enum value set: [{known}]");
            violations.add(value, "compatibleRuntimes", constraint);
        }
        let architectures = self.compatible_architectures.as_deref().unwrap_or_default();
        if let Some(value) = unknown(architectures, &ARCHITECTURES) {
            let constraint = "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], \
                              Member must not be null]";
            violations.add(value, "compatibleArchitectures", constraint);
        }
        violations.finish()
    }
}

pub(super) fn publish(request: &Request) -> Result<Value, ServiceError> {
    let account = &request.shared.account;
    let name = account.layer_name(request.path("layer"))?;
    let wanted: PublishLayerVersion = request.body()?;
    wanted.check()?;
    let arn = account.layer_arn(&name, None);
    drop(request.authorized(&arn)?);
    let content = wanted.content.unwrap_or_default();
    let content = content.snapshot(&request.shared.code)?;
    let new = NewLayerVersion {
        description: wanted.description.unwrap_or_default(),
        content,
        compatible_runtimes: wanted.compatible_runtimes.unwrap_or_default(),
        compatible_architectures: wanted.compatible_architectures.unwrap_or_default(),
        license_info: wanted.license_info,
    };
    let mut state = request.authorized(&arn)?;
    let now = state.now;
    let layer = state.lambda.publish_layer_version(&name, new, now);
    Ok(with_content(request, &layer))
}

pub(super) fn get(request: &Request) -> Result<Value, ServiceError> {
    let (name, version) = named(request)?;
    one(request, &name, version)
}

pub(super) fn delete(request: &Request) -> Result<Value, ServiceError> {
    let (name, version) = named(request)?;
    let arn = request
        .shared
        .account
        .layer_arn(&name, u64::try_from(version).ok());
    let mut state = request.authorized(&arn)?;
    state.lambda.delete_layer_version(&name, version)?;
    Ok(Value::Null)
}

pub(super) fn list(request: &Request) -> Result<Value, ServiceError> {
    if request.query("find") == Some("LayerVersion") {
        return by_arn(request);
    }
    let wanted = Compatible::read(request)?;
    let (after, limit) = request.page(MAX_ITEMS)?;
    let account = &request.shared.account;
    let state = request.authorized("*")?;
    let layers = state.lambda.layer_names().filter_map(|name| {
        let latest = state
            .lambda
            .layer_versions(name)
            .find(|(_, layer)| wanted.includes(layer));
        latest.map(|(_, layer)| (name, layer))
    });
    let (found, next) = page(layers, after.as_deref(), limit);
    let found = found
        .into_iter()
        .map(|layer| {
            json!({
                "LayerName": layer.layer_name,
                "LayerArn": account.layer_arn(&layer.layer_name, None),
                "LatestMatchingVersion": members(account, layer),
            })
        })
        .collect();
    Ok(listed("Layers", found, next))
}

pub(super) fn list_versions(request: &Request) -> Result<Value, ServiceError> {
    let account = &request.shared.account;
    let name = account.layer_name(request.path("layer"))?;
    let wanted = Compatible::read(request)?;
    let (after, limit) = request.page(MAX_ITEMS)?;
    let state = request.authorized(&account.layer_arn(&name, None))?;
    let versions = state.lambda.layer_versions(&name);
    let versions = versions.filter(|(_, layer)| wanted.includes(layer));
    let (found, next) = page(versions, after.as_deref(), limit);
    let found = found
        .into_iter()
        .map(|layer| Value::Object(members(account, layer)))
        .collect();
    Ok(listed("LayerVersions", found, next))
}

/// `GetLayerVersionByArn`.
fn by_arn(request: &Request) -> Result<Value, ServiceError> {
    let arn = request.query("Arn");
    let found = arn.and_then(layer_version_ref);
    let mut violations = Violations::default();
    violations.required(arn, "arn");
    violations.pattern(arn, "arn", LAYER_VERSION_ARN, |_| found.is_some());
    violations.finish()?;
    let account = &request.shared.account;
    match found.filter(|found| arn == Some(&account.layer_arn(&found.name, Some(found.version)))) {
        Some(found) => one(
            request,
            &found.name,
            i64::try_from(found.version).unwrap_or_default(),
        ),
        None => Err(resource_not_found(
            "The resource you requested does not exist.",
        )),
    }
}

fn one(request: &Request, name: &str, version: i64) -> Result<Value, ServiceError> {
    let arn = request
        .shared
        .account
        .layer_arn(name, u64::try_from(version).ok());
    let state = request.authorized_for("GetLayerVersion", &arn)?;
    let layer = state.lambda.layer_version(name, version)?;
    Ok(with_content(request, layer))
}

fn named(request: &Request) -> Result<(String, i64), ServiceError> {
    let name = request.shared.account.layer_name(request.path("layer"))?;
    let version = request.path("version").parse().map_err(|_| {
        let message = format!("VersionNumber is no integer: {}", request.path("version"));
        ServiceError::bad_request("SerializationException", message)
    })?;
    Ok((name, version))
}

/// For which runtime and architecture the layers of a list must be.
struct Compatible<'a> {
    runtime: Option<&'a str>,
    architecture: Option<&'a str>,
}

impl<'a> Compatible<'a> {
    fn read(request: &'a Request) -> Result<Self, ServiceError> {
        let wanted = Self {
            runtime: request.query("CompatibleRuntime"),
            architecture: request.query("CompatibleArchitecture"),
        };
        let mut violations = Violations::default();
        violations.one_of(wanted.runtime, "compatibleRuntime", &runtimes::SUPPORTED);
        violations.one_of(
            wanted.architecture,
            "compatibleArchitecture",
            &ARCHITECTURES,
        );
        violations.finish()?;
        Ok(wanted)
    }

    fn includes(&self, layer: &LayerVersion) -> bool {
        let has = |wanted: Option<&str>, all: &[String]| {
            wanted.is_none_or(|wanted| all.iter().any(|one| one == wanted))
        };
        has(self.runtime, &layer.compatible_runtimes)
            && has(self.architecture, &layer.compatible_architectures)
    }
}

fn members(account: &Account, layer: &LayerVersion) -> Map<String, Value> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    let arn = account.layer_arn(&layer.layer_name, Some(layer.version));
    put("LayerVersionArn", json!(arn));
    put("Version", json!(layer.version));
    put("Description", json!(layer.description));
    put("CreatedDate", json!(layer.created_date));
    put("CompatibleRuntimes", json!(layer.compatible_runtimes));
    put(
        "CompatibleArchitectures",
        json!(layer.compatible_architectures),
    );
    if let Some(license) = &layer.license_info {
        put("LicenseInfo", json!(license));
    }
    members
}

fn with_content(request: &Request, layer: &LayerVersion) -> Value {
    let account = &request.shared.account;
    let mut members = members(account, layer);
    let arn = account.layer_arn(&layer.layer_name, None);
    members.insert("LayerArn".to_owned(), json!(arn));
    let content = json!({
        "Location": packages::layer_location(&request.shared, layer),
        "CodeSha256": layer.content.code_sha256,
        "CodeSize": layer.content.code_size,
    });
    members.insert("Content".to_owned(), content);
    Value::Object(members)
}
