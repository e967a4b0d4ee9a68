//! Layers: content that functions find under `/opt`.
//!
//! Texts: captures of AWS.

use std::path::PathBuf;

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use super::arn::Account;
use super::configuration::LayerReference;
use super::validation::{
    Violations, invalid_parameter, is_account, is_partition, is_region, is_word, resource_not_found,
};
use super::{Lambda, all_of, key};
use crate::ServiceError;
use crate::calendar::iso_with_zone;
use crate::execution::Snapshot;

/// The most layers that a function may have.
const MAX_LAYERS: usize = 5;

/// The pattern of a layer version's ARN.
pub(super) const LAYER_VERSION_ARN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)";

/// A version of a layer; nothing changes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LayerVersion {
    /// The layer's name.
    pub layer_name: String,
    /// From 1.
    pub version: u64,
    /// For people.
    pub description: String,
    /// Its content.
    pub content: Snapshot,
    /// The runtimes that it is for; shown, and used by the lists.
    pub compatible_runtimes: Vec<String>,
    /// The architectures that it is for; shown, and used by the lists.
    pub compatible_architectures: Vec<String>,
    /// Its licence.
    pub license_info: Option<String>,
    /// `2026-01-01T00:00:00.000+0000`.
    pub created_date: String,
}

/// What `PublishLayerVersion` gives.
#[derive(Clone, Debug)]
pub(crate) struct NewLayerVersion {
    pub(crate) description: String,
    pub(crate) content: Snapshot,
    pub(crate) compatible_runtimes: Vec<String>,
    pub(crate) compatible_architectures: Vec<String>,
    pub(crate) license_info: Option<String>,
}

/// Numbers that grow downwards, so that the last version is the first by key.
fn layer_key(name: &str, version: u64) -> String {
    key(name, &format!("{:020}", u64::MAX - version))
}

/// A layer version as an ARN names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerVersionRef {
    region: String,
    account_id: String,
    pub(crate) name: String,
    pub(crate) version: u64,
}

/// Reads a layer version's ARN; `None` where a text is none.
pub(super) fn layer_version_ref(arn: &str) -> Option<LayerVersionRef> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        [
            "arn",
            partition,
            "lambda",
            region,
            account,
            "layer",
            name,
            version,
        ] if is_partition(partition)
            && is_region(region)
            && is_account(account)
            && is_word(name, b"-_") =>
        {
            Some(LayerVersionRef {
                region: (*region).to_owned(),
                account_id: (*account).to_owned(),
                name: (*name).to_owned(),
                version: version.parse().ok()?,
            })
        }
        _ => None,
    }
}

impl Account {
    /// The ARN of a layer, with its version where one is given.
    pub(crate) fn layer_arn(&self, name: &str, version: Option<u64>) -> String {
        let Self { region, account_id } = self;
        let layer = format!("arn:aws:lambda:{region}:{account_id}:layer:{name}");
        match version {
            Some(version) => format!("{layer}:{version}"),
            None => layer,
        }
    }

    /// The name in a `LayerName` parameter, which is a name or an ARN.
    ///
    /// # Errors
    /// `ValidationException`; `ResourceNotFoundException` when it is another account's or Region's.
    pub(crate) fn layer_name(&self, text: &str) -> Result<String, ServiceError> {
        let name = text
            .strip_prefix(&self.layer_arn("", None))
            .unwrap_or(text)
            .to_owned();
        if name.starts_with("arn:") {
            return Err(resource_not_found(
                "The resource you requested does not exist.",
            ));
        }
        let mut violations = Violations::default();
        violations.pattern(
            Some(text),
            "layerName",
            r"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]{1,140}|[a-zA-Z0-9-_]{1,140})",
            |_| name.len() <= 140 && is_word(&name, b"-_"),
        );
        violations.finish()?;
        Ok(name)
    }
}

impl Lambda {
    pub(crate) fn publish_layer_version(
        &mut self,
        name: &str,
        new: NewLayerVersion,
        now: Timestamp,
    ) -> LayerVersion {
        let version = self.published_layers.get(name).copied().unwrap_or_default() + 1;
        let layer = LayerVersion {
            layer_name: name.to_owned(),
            version,
            description: new.description,
            content: new.content,
            compatible_runtimes: new.compatible_runtimes,
            compatible_architectures: new.compatible_architectures,
            license_info: new.license_info,
            created_date: iso_with_zone(now.as_millis()),
        };
        self.published_layers.insert(name.to_owned(), version);
        self.layer_versions
            .insert(layer_key(name, version), layer.clone());
        layer
    }

    /// # Errors
    /// `ResourceNotFoundException`; `InvalidParameterValueException` for a number below 1.
    pub(crate) fn layer_version(
        &self,
        name: &str,
        version: i64,
    ) -> Result<&LayerVersion, ServiceError> {
        let version = layer_number(version)?;
        self.layer_versions
            .get(&layer_key(name, version))
            .ok_or_else(|| resource_not_found("The resource you requested does not exist."))
    }

    /// Deletes a version of a layer; functions that have it keep its content, and one that is not there is as good
    /// as deleted (captures).
    ///
    /// # Errors
    /// `InvalidParameterValueException` for a number below 1.
    pub(crate) fn delete_layer_version(
        &mut self,
        name: &str,
        version: i64,
    ) -> Result<(), ServiceError> {
        let version = layer_number(version)?;
        self.layer_versions.remove(&layer_key(name, version));
        Ok(())
    }

    /// The layer's versions with their keys, the last one first.
    pub(crate) fn layer_versions(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (&String, &LayerVersion)> {
        self.layer_versions.range(all_of(name))
    }

    /// The layers' names, in order, those without a version included.
    pub(crate) fn layer_names(&self) -> impl Iterator<Item = &String> {
        self.published_layers.keys()
    }

    /// All versions of all layers.
    pub(crate) fn all_layer_versions(&self) -> impl Iterator<Item = &LayerVersion> {
        self.layer_versions.values()
    }

    /// What a function's `Layers` mean: the references, and the directories of the layers' content.
    ///
    /// # Errors
    /// `ValidationException`, `InvalidParameterValueException`.
    pub(crate) fn referenced_layers(
        &self,
        arns: &[String],
    ) -> Result<(Vec<LayerReference>, Vec<PathBuf>), ServiceError> {
        let mut violations = Violations::default();
        let read: Vec<(&String, LayerVersionRef)> = arns
            .iter()
            .filter_map(|arn| Some((arn, layer_version_ref(arn)?)))
            .collect();
        if read.len() < arns.len() {
            violations.add(
                format!("[{}]", arns.join(", ")),
                "layers",
                format!(
                    "Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must \
                     have length greater than or equal to 1, Member must satisfy regular expression pattern: \
                     {LAYER_VERSION_ARN}, Member must not be null]"
                ),
            );
        }
        violations.finish()?;
        if arns.len() > MAX_LAYERS {
            return Err(invalid_parameter("Cannot reference more than 5 layers."));
        }
        let (mut references, mut directories) = (Vec::new(), Vec::new());
        for (index, (arn, layer)) in read.iter().enumerate() {
            if layer.region != self.account.region {
                return Err(invalid_parameter(format!(
                    "Layers are not in the same region as the function. Layers are expected to be in region {}.",
                    self.account.region
                )));
            }
            let found = (layer.account_id == self.account.account_id)
                .then(|| {
                    self.layer_versions
                        .get(&layer_key(&layer.name, layer.version))
                })
                .flatten();
            let Some(found) = found else {
                return Err(invalid_parameter(format!(
                    "Layer version {arn} does not exist."
                )));
            };
            let before = read.iter().take(index);
            if let Some((other, _)) = before.clone().find(|(_, other)| other.name == layer.name) {
                return Err(invalid_parameter(format!(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. \
                     {other} and {arn} are versions of the same layer."
                )));
            }
            references.push(LayerReference {
                arn: (*arn).clone(),
                code_size: found.content.code_size,
                unzipped_size: found.content.unzipped_size,
            });
            directories.push(found.content.task_root.clone());
        }
        Ok((references, directories))
    }
}

fn layer_number(version: i64) -> Result<u64, ServiceError> {
    u64::try_from(version)
        .ok()
        .filter(|version| *version > 0)
        .ok_or_else(|| invalid_parameter("Layer Version Cannot be less than 1"))
}
