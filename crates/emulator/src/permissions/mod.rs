//! IAM as far as the emulated services ask it: who calls, and what they may do.
//!
//! Pure: policies in, an answer out. `policy` reads documents, `decision` combines them, `managed` knows AWS's own.

mod access_key;
mod condition;
mod decision;
mod managed;
mod pattern;
mod policy;
mod principal;
mod request;
mod role;
#[cfg(test)]
mod tests;

pub use policy::PolicyDocument;
pub use role::Role;

pub(crate) use managed::policy as managed_policy;
pub(crate) use principal::Principal;

use std::collections::HashMap;

use crate::ServiceError;
use crate::caller::Caller;
use crate::kept::{Collections, Kept};
use crate::lambda::{Account, Lambda, Version};
use access_key::AccessKeys;
use decision::Policies;
use request::Request;

/// Who may do what in the account.
#[derive(Debug)]
pub(crate) struct Permissions {
    account: Account,
    keys: AccessKeys,
    /// The sessions of execution roles that processes have been started with, by access key id. Processes do not
    /// outlive the emulator, and neither do these.
    sessions: HashMap<String, Principal>,
    /// The roles whose policies are known, by ARN.
    roles: Kept<String, Role>,
}

impl Permissions {
    pub(crate) fn new(account: Account, seed: u64) -> Self {
        Self {
            account,
            keys: AccessKeys::new(seed),
            sessions: HashMap::new(),
            roles: Kept::default(),
        }
    }

    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            account: _,
            keys: _,
            sessions: _,
            roles,
        } = self;
        vec![("iam-roles", roles)]
    }

    /// The access key id of a version's processes, by which their calls are from now on known as those of a session of
    /// the version's role.
    pub(crate) fn access_key_id(&mut self, version: &Version) -> String {
        let (function, role) = (&version.function_name, &version.configuration.role);
        let id = self.keys.id(function, role);
        if !self.sessions.contains_key(&id) {
            let session = Principal::Session {
                role_arn: role.clone(),
                // The session of an execution role has the function's name.
                session: function.clone(),
            };
            self.sessions.insert(id.clone(), session);
        }
        id
    }

    /// Creates or replaces the roles of a template, whose policies decide from here on what they may do. Of the
    /// others those stay as they were for which `is_needed` says so by their ARN.
    pub(crate) fn put_roles(&mut self, roles: &[Role], is_needed: impl Fn(&str) -> bool) {
        let gone: Vec<String> = self
            .roles
            .keys()
            .filter(|arn| !roles.iter().any(|role| role.arn == **arn) && !is_needed(arn))
            .cloned()
            .collect();
        for arn in gone {
            self.roles.remove(&arn);
        }
        for role in roles {
            if self.roles.get(&role.arn) != Some(role) {
                self.roles.insert(role.arn.clone(), role.clone());
            }
        }
    }

    /// Whether a principal may do `action` on `resource`, to which this resource-based policy is attached, with metrics
    /// of `namespace` if it puts any. The owner may do everything, and so may a role of which nothing is known.
    ///
    /// # Errors
    /// `AccessDeniedException` in the words and with the status of the action's service.
    pub(crate) fn check(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
        namespace: Option<&str>,
        attached: impl FnOnce() -> Option<PolicyDocument>,
    ) -> Result<(), ServiceError> {
        let Principal::Session { role_arn, .. } = principal else {
            return Ok(());
        };
        let Some(role) = self.roles.get(role_arn) else {
            return Ok(());
        };
        let request = Request {
            account: &self.account,
            principal,
            action,
            resource,
            namespace,
        };
        let attached = attached();
        let policies = Policies {
            identity: &role.policies,
            boundary: role.boundary.as_ref(),
            resource: attached.as_slice(),
        };
        decision::decide(&policies, &request)
            .map_err(|denial| decision::access_denied(denial, &request))
    }

    /// Who makes a call.
    ///
    /// # Errors
    /// `UnrecognizedClientException` for the key of a function that is not in `lambda` any more.
    pub(crate) fn principal(
        &self,
        lambda: &Lambda,
        caller: &Caller,
    ) -> Result<Principal, ServiceError> {
        let Some(key) = caller
            .access_key_id
            .as_deref()
            .filter(|key| AccessKeys::is_a_functions(key))
        else {
            return Ok(Principal::Owner);
        };
        let is_there = |principal: &&Principal| match principal {
            Principal::Session { session, .. } => lambda.function(session).is_ok(),
            Principal::Owner => false,
        };
        let session = self.sessions.get(key).filter(is_there);
        session.cloned().ok_or_else(|| {
            ServiceError::with_status(
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )
        })
    }
}
