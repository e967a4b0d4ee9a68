//! Lambda's control plane: functions, immutable versions, aliases with weights, layers, and what belongs to them.
//!
//! Every record is kept by itself, so that a change of one writes that one alone. Those of a function are under its
//! name, a colon, and what tells them apart.

mod alias;
mod api;
mod arn;
mod concurrency;
pub(crate) mod configuration;
mod event_invoke;
pub(crate) mod events;
mod functions;
mod layers;
mod policy;
mod validation;
mod variables;
mod version;

#[cfg(test)]
mod tests;

pub use alias::Alias;
pub(crate) use alias::AliasUpdate;
pub use api::Call;
pub(crate) use api::{invoke, invoked, routes};
pub use arn::Account;
pub(crate) use arn::FunctionRef;
pub(crate) use concurrency::{Concurrency, Slot};
pub(crate) use configuration::FunctionConfiguration;
pub(crate) use event_invoke::EventInvokeConfig;
pub use policy::FunctionPermission;
pub(crate) use policy::Permission;
pub(crate) use variables::check as check_variables;
pub(crate) use version::Version;

use std::ops::Range;
use std::sync::Arc;

use crate::ServiceError;
use crate::identity::Identities;
use crate::kept::{Collections, Kept};
use functions::Function;
use layers::LayerVersion;
use policy::Policy;
use validation::resource_not_found;

/// All functions and layers of the account.
#[derive(Debug)]
pub(crate) struct Lambda {
    account: Account,
    /// By name.
    functions: Kept<String, Function>,
    /// By function and number, `$LATEST` being 0.
    versions: Kept<String, Arc<Version>>,
    /// The number of the last version of each function, by name. It outlives the function, because version numbers
    /// are never reused, even if the function is deleted and created again (developer guide).
    published: Kept<String, u64>,
    /// By function and name.
    aliases: Kept<String, Alias>,
    /// By function and qualifier, which is empty for the function itself.
    policies: Kept<String, Policy>,
    /// By function and qualifier.
    event_invoke_configs: Kept<String, EventInvokeConfig>,
    /// By layer and number.
    layer_versions: Kept<String, LayerVersion>,
    /// The number of the last version of each layer, by name; outlives its versions.
    published_layers: Kept<String, u64>,
}

/// The version that an invocation reaches, after alias routing.
#[derive(Clone, Debug)]
pub(crate) struct Routed {
    pub(crate) version: Arc<Version>,
    /// The alias through which it was invoked.
    pub(crate) alias: Option<String>,
}

/// The key of a record that belongs to a function or layer.
fn key(name: &str, part: &str) -> String {
    format!("{name}:{part}")
}

/// The keys of all records that belong to a function or layer. Names have no colon, and no character that comes
/// directly after it.
fn all_of(name: &str) -> Range<String> {
    format!("{name}:")..format!("{name};")
}

impl Lambda {
    pub(crate) fn new(account: Account) -> Self {
        Self {
            account,
            functions: Kept::default(),
            versions: Kept::default(),
            published: Kept::default(),
            aliases: Kept::default(),
            policies: Kept::default(),
            event_invoke_configs: Kept::default(),
            layer_versions: Kept::default(),
            published_layers: Kept::default(),
        }
    }

    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            account: _,
            functions,
            versions,
            published,
            aliases,
            policies,
            event_invoke_configs,
            layer_versions,
            published_layers,
        } = self;
        vec![
            ("lambda-functions", functions),
            ("lambda-versions", versions),
            ("lambda-published", published),
            ("lambda-aliases", aliases),
            ("lambda-policies", policies),
            ("lambda-event-invoke-configs", event_invoke_configs),
            ("lambda-layer-versions", layer_versions),
            ("lambda-published-layers", published_layers),
        ]
    }

    /// The version that one invocation of `target` reaches; a weighted alias draws once.
    pub(crate) fn route(
        &self,
        target: &FunctionRef,
        ids: &mut Identities,
    ) -> Result<Routed, ServiceError> {
        let qualifier = target.qualifier.as_deref().unwrap_or(version::LATEST);
        if let Some(alias) = self.find_alias(&target.name, qualifier) {
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

    /// Whether there is something to invoke: as [`Lambda::route`], without a draw.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub(crate) fn check_target(&self, target: &FunctionRef) -> Result<(), ServiceError> {
        let qualifier = target.qualifier.as_deref().unwrap_or(version::LATEST);
        if self.find_alias(&target.name, qualifier).is_some() {
            return Ok(());
        }
        self.version(&target.name, qualifier).map(drop)
    }

    fn not_found(&self, name: &str, qualifier: Option<&str>) -> ServiceError {
        let arn = self.account.function_arn(name, qualifier);
        resource_not_found(format!("Function not found: {arn}"))
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
