//! Lambda's control plane: functions, immutable versions, aliases with weights.

mod alias;
mod api;
mod arn;
mod variables;

pub use alias::Alias;
pub(crate) use alias::AliasUpdate;
pub use api::Call;
pub(crate) use api::routes;
pub use arn::Account;
pub(crate) use arn::FunctionRef;
pub(crate) use variables::check as check_variables;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::ServiceError;
use crate::execution::{Launch, Snapshot};
use crate::identity::Identities;
use crate::kept::{Collections, Kept};
use crate::logs::{Destination, Logs};
use crate::template::LogFormat;

/// What `CreateFunction` and the two `UpdateFunction…` calls set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FunctionConfiguration {
    /// The code that is run.
    pub code: Snapshot,
    /// For example `provided.al2023`.
    pub runtime: String,
    /// For example `bootstrap`.
    pub handler: String,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// In MB; given to the function as a value, not enforced.
    pub memory_size: u32,
    /// The function's environment variables.
    pub environment: IndexMap<String, String>,
    /// The directory that stands for `/opt`.
    pub opt: PathBuf,
    /// The log group that its output goes to.
    pub log_group: String,
    /// The form of the lines that Lambda itself writes there.
    pub log_format: LogFormat,
}

impl FunctionConfiguration {
    fn same_as(&self, other: &Self) -> bool {
        self.code.code_sha256 == other.code.code_sha256
            && (
                &self.runtime,
                &self.handler,
                self.timeout,
                self.memory_size,
                &self.environment,
                (&self.log_group, self.log_format),
            ) == (
                &other.runtime,
                &other.handler,
                other.timeout,
                other.memory_size,
                &other.environment,
                (&other.log_group, other.log_format),
            )
    }
}

/// A function version: a configuration under a number, or `$LATEST`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    /// The function's name.
    pub function_name: String,
    /// `$LATEST` or a number from 1.
    pub version: String,
    /// What it runs; never changes for a numbered version.
    pub configuration: Arc<FunctionConfiguration>,
    /// Changes with every change of the version.
    pub revision_id: String,
}

impl Version {
    /// The key of the version's execution environments.
    pub(crate) fn pool_key(&self) -> String {
        format!(
            "{}:{}:{}",
            self.function_name, self.version, self.revision_id
        )
    }

    /// A text of the function's with the paths that it would have on Lambda.
    pub(crate) fn as_on_lambda(&self, text: &str) -> String {
        let places = self.places();
        places
            .into_iter()
            .fold(text.to_owned(), |text, (path, instead)| {
                text.replace(&path.display().to_string(), instead)
            })
    }

    /// The directories of its processes, and where they are on Lambda.
    fn places(&self) -> Vec<(PathBuf, &'static str)> {
        let FunctionConfiguration { opt, code, .. } = self.configuration.as_ref();
        vec![(opt.clone(), "/opt"), (code.task_root.clone(), "/var/task")]
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
            variables: variables::of_process(self, account, endpoint, access_key_id),
            timeout: configuration.timeout,
            log: Destination {
                logs: Arc::clone(logs),
                group: configuration.log_group.clone(),
                version: self.version.clone(),
                memory_size: configuration.memory_size,
                format: configuration.log_format,
                places: self.places(),
            },
        }
    }
}

/// A function, without its versions and aliases, which are records of their own: publishing the thousandth version
/// must not write the others again.
#[derive(Debug, Serialize, Deserialize)]
struct Function {
    latest: Version,
    last_published: u64,
}

/// All functions of the account.
#[derive(Debug)]
pub(crate) struct Lambda {
    account: Account,
    functions: Kept<String, Function>,
    /// Numbered versions, by function and number.
    versions: Kept<(String, u64), Version>,
    /// Aliases, by function and name.
    aliases: Kept<(String, String), Alias>,
}

/// The version that an invocation reaches, after alias routing.
#[derive(Clone, Debug)]
pub(crate) struct Routed {
    pub(crate) version: Version,
    /// The alias through which it was invoked.
    pub(crate) alias: Option<String>,
}

impl Lambda {
    pub(crate) fn new(account: Account) -> Self {
        Self {
            account,
            functions: Kept::default(),
            versions: Kept::default(),
            aliases: Kept::default(),
        }
    }

    /// The names of all functions.
    pub(crate) fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            account: _,
            functions,
            versions,
            aliases,
        } = self;
        vec![
            ("lambda-functions", functions),
            ("lambda-versions", versions),
            ("lambda-aliases", aliases),
        ]
    }

    /// Creates the function, or gives `$LATEST` the new code and configuration; nothing happens when it has them.
    pub(crate) fn put_function(
        &mut self,
        name: &str,
        configuration: FunctionConfiguration,
        ids: &mut Identities,
    ) {
        let latest = |configuration, ids: &mut Identities| Version {
            function_name: name.to_owned(),
            version: "$LATEST".to_owned(),
            configuration: Arc::new(configuration),
            revision_id: ids.uuid(),
        };
        let last_published = match self.functions.get(name) {
            Some(function) if function.latest.configuration.same_as(&configuration) => return,
            Some(function) => function.last_published,
            None => 0,
        };
        let function = Function {
            latest: latest(configuration, ids),
            last_published,
        };
        self.functions.insert(name.to_owned(), function);
    }

    /// Publishes `$LATEST`; where code and configuration have not changed since the last version, that one is
    /// returned ("Lambda doesn't publish a version if the function's configuration and code haven't changed",
    /// API reference, PublishVersion).
    pub(crate) fn publish_version(
        &mut self,
        name: &str,
        ids: &mut Identities,
    ) -> Result<Version, ServiceError> {
        let function = self.function(name)?;
        if let Some(last) = self.numbered(name, function.last_published)
            && last.configuration.same_as(&function.latest.configuration)
        {
            return Ok(last.clone());
        }
        let function = self.function_mut(name)?;
        function.last_published += 1;
        let number = function.last_published;
        let version = Version {
            version: number.to_string(),
            revision_id: ids.uuid(),
            ..function.latest.clone()
        };
        self.versions
            .insert((name.to_owned(), number), version.clone());
        Ok(version)
    }

    /// The version under a number or `$LATEST`.
    pub(crate) fn version(&self, name: &str, version: &str) -> Result<&Version, ServiceError> {
        let function = self.function(name)?;
        let found = if version == "$LATEST" {
            Some(&function.latest)
        } else {
            // The number as Lambda writes it, and no other way of writing it.
            let number = version
                .parse()
                .ok()
                .filter(|number: &u64| number.to_string() == version);
            number.and_then(|number| self.numbered(name, number))
        };
        found.ok_or_else(|| self.not_found(name, Some(version)))
    }

    /// The version that one invocation of `target` reaches; a weighted alias draws once.
    pub(crate) fn route(
        &self,
        target: &FunctionRef,
        ids: &mut Identities,
    ) -> Result<Routed, ServiceError> {
        let qualifier = target.qualifier.as_deref().unwrap_or("$LATEST");
        if let Ok(alias) = self.alias(&target.name, qualifier) {
            let version = alias.pick(|| ids.draw());
            return Ok(Routed {
                version: self.version(&target.name, version)?.clone(),
                alias: Some(alias.name.clone()),
            });
        }
        Ok(Routed {
            version: self.version(&target.name, qualifier)?.clone(),
            alias: None,
        })
    }

    fn numbered(&self, name: &str, number: u64) -> Option<&Version> {
        self.versions.get(&(name.to_owned(), number))
    }

    fn function(&self, name: &str) -> Result<&Function, ServiceError> {
        self.functions
            .get(name)
            .ok_or_else(|| self.not_found(name, None))
    }

    fn function_mut(&mut self, name: &str) -> Result<&mut Function, ServiceError> {
        let missing = self.not_found(name, None);
        self.functions.get_mut(name).ok_or(missing)
    }

    fn not_found(&self, name: &str, qualifier: Option<&str>) -> ServiceError {
        let arn = self.account.function_arn(name, qualifier);
        ServiceError::with_status(
            404,
            "ResourceNotFoundException",
            format!("Function not found: {arn}"),
        )
    }
}

fn stale_revision_id() -> ServiceError {
    ServiceError::with_status(
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve \
         the latest Revision Id",
    )
}
