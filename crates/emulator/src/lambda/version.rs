//! Function versions: `$LATEST`, which changes, and numbered ones, which nothing changes.

use std::path::Path;
use std::sync::Arc;

use deployment::Timestamp;
use serde::{Deserialize, Serialize};

use super::alias::is_alias_name;
use super::validation::{invalid_parameter, resource_conflict};
use super::{Account, FunctionConfiguration, FunctionRef, Lambda, all_of, variables};
use crate::ServiceError;
use crate::calendar::iso_with_zone;
use crate::execution::Launch;
use crate::identity::Identities;
use crate::logs::{Destination, Logs};

/// The name of the version that changes.
pub(crate) const LATEST: &str = "$LATEST";

/// A function version: a configuration under a number, or `$LATEST`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    /// The function's name.
    pub function_name: String,
    /// `$LATEST` or a number from 1.
    pub version: String,
    /// What it runs; never changes for a numbered version.
    pub configuration: Arc<FunctionConfiguration>,
    /// The description that it was published with, where that is not the configuration's.
    pub description: Option<String>,
    /// When code or configuration were last changed, `2026-01-01T00:00:00.000+0000`.
    pub last_modified: String,
    /// Changes with every change of the version, and that of `$LATEST` also when a version is published (captures).
    pub revision_id: String,
    /// The `RevisionId` of `$LATEST` when it got this configuration.
    pub configured: String,
}

impl Version {
    /// The key of the version's execution environments.
    pub(crate) fn pool_key(&self) -> String {
        [
            &self.function_name,
            ":",
            &self.version,
            ":",
            &self.configured,
        ]
        .concat()
    }

    /// A text of the function's with the paths that it would have on Lambda.
    pub(crate) fn as_on_lambda(&self, text: &str) -> String {
        let places = self.places();
        places
            .into_iter()
            .fold(text.to_owned(), |text, (path, instead)| {
                text.replace(&path, instead)
            })
    }

    /// The directories of its processes, and where they are on Lambda.
    fn places(&self) -> Vec<(String, &'static str)> {
        let FunctionConfiguration { opt, code, .. } = self.configuration.as_ref();
        let text = |path: &Path| path.display().to_string();
        vec![(text(opt), "/opt"), (text(&code.task_root), "/var/task")]
    }

    /// How its processes are started, `endpoint` being where they find AWS, and `access_key_id` how they sign.
    pub(crate) fn launch(
        &self,
        account: &Account,
        endpoint: &str,
        access_key_id: &str,
        logs: &Arc<Logs>,
    ) -> Launch {
        let configuration = &self.configuration;
        Launch {
            code: configuration.code.clone(),
            runtime: configuration.runtime.clone(),
            handler: configuration.handler.clone(),
            variables: variables::of_process(self, account, endpoint, access_key_id),
            log: Destination {
                logs: Arc::clone(logs),
                group: configuration.log_group.as_str().into(),
                version: self.version.clone(),
                memory_size: configuration.memory_size,
                format: configuration.log_format,
                places: self.places(),
            },
        }
    }
}

/// The number of a version, 0 for `$LATEST`; `None` for text that is not how Lambda writes one.
fn number(version: &str) -> Option<u64> {
    if version == LATEST {
        return Some(0);
    }
    let number = version.parse().ok()?;
    (number > 0 && u64::to_string(&number) == version).then_some(number)
}

/// Numbers with leading zeros, so that their order is that of the keys.
fn version_key(function: &str, number: u64) -> String {
    format!("{function}:{number:020}")
}

impl Lambda {
    /// Gives `$LATEST` this code and configuration.
    pub(super) fn put_latest(
        &mut self,
        name: &str,
        configuration: FunctionConfiguration,
        now: Timestamp,
        ids: &mut Identities,
    ) -> Arc<Version> {
        let revision_id = ids.uuid();
        let latest = Arc::new(Version {
            function_name: name.to_owned(),
            version: LATEST.to_owned(),
            configuration: Arc::new(configuration),
            description: None,
            last_modified: iso_with_zone(now.as_millis()),
            configured: revision_id.clone(),
            revision_id,
        });
        self.versions
            .insert(version_key(name, 0), Arc::clone(&latest));
        latest
    }

    /// Publishes `$LATEST`; where code and configuration have not changed since the last version, that one is
    /// returned, whatever the description ("Lambda doesn't publish a version if the function's configuration and code
    /// haven't changed", API reference, PublishVersion; captures).
    pub(crate) fn publish_version(
        &mut self,
        name: &str,
        description: Option<String>,
        ids: &mut Identities,
    ) -> Result<Arc<Version>, ServiceError> {
        let latest = self.version(name, LATEST)?;
        let last = self.published.get(name).copied().unwrap_or_default();
        if let Some(last) = self.versions.get(&version_key(name, last))
            && last.version != LATEST
            && last.configuration.same_as(&latest.configuration)
        {
            return Ok(Arc::clone(last));
        }
        let number = last + 1;
        let version = Arc::new(Version {
            version: number.to_string(),
            revision_id: ids.uuid(),
            description,
            ..Version::clone(latest)
        });
        self.published.insert(name.to_owned(), number);
        self.versions
            .insert(version_key(name, number), Arc::clone(&version));
        if let Some(latest) = self.versions.get_mut(&version_key(name, 0)) {
            let latest = Arc::make_mut(latest);
            latest.revision_id = ids.uuid_of(&latest.revision_id);
        }
        Ok(version)
    }

    /// The version under a number or `$LATEST`.
    pub(crate) fn version(&self, name: &str, version: &str) -> Result<&Arc<Version>, ServiceError> {
        number(version)
            .and_then(|number| self.versions.get(&version_key(name, number)))
            .ok_or_else(|| self.not_found(name, Some(version)))
    }

    /// The version that a name with its qualifier means; of an alias, the one that it points at.
    pub(crate) fn named_version(
        &self,
        target: &FunctionRef,
    ) -> Result<&Arc<Version>, ServiceError> {
        let Some(qualifier) = target.qualifier.as_deref() else {
            self.function(&target.name)?;
            return self.version(&target.name, LATEST);
        };
        match self.find_alias(&target.name, qualifier) {
            Some(alias) => self.version(&target.name, &alias.function_version),
            None => self.version(&target.name, qualifier),
        }
    }

    /// The function's versions with their keys, `$LATEST` first, then by number.
    pub(crate) fn versions(
        &self,
        name: &str,
    ) -> Result<impl Iterator<Item = (&String, &Arc<Version>)>, ServiceError> {
        self.function(name)?;
        Ok(self.versions.range(all_of(name)))
    }

    /// The versions of all functions, with their keys.
    pub(crate) fn all_versions(&self) -> impl Iterator<Item = (&String, &Arc<Version>)> {
        self.versions.iter()
    }

    /// Deletes one numbered version. One that is not there is as good as deleted (measured on AWS by another
    /// project, reference emulators.md).
    pub(crate) fn delete_version(&mut self, name: &str, version: &str) -> Result<(), ServiceError> {
        if version == LATEST {
            return Err(invalid_parameter(
                "$LATEST version cannot be deleted without deleting the function.",
            ));
        }
        if is_alias_name(version) {
            return Err(invalid_parameter(
                "Deletion of aliases is not currently supported.",
            ));
        }
        self.function(name)?;
        let referring: Vec<&str> = self
            .aliases_of(name)
            .filter(|(_, alias)| alias.versions().any(|pointed_at| pointed_at == version))
            .map(|(_, alias)| alias.name.as_str())
            .collect();
        if !referring.is_empty() {
            return Err(resource_conflict(format!(
                "Unable to delete version because the following aliases reference it: [{}]",
                referring.join(", ")
            )));
        }
        if let Some(number) = number(version) {
            self.versions.remove(&version_key(name, number));
            self.forget_qualifier(name, version);
        }
        Ok(())
    }
}
