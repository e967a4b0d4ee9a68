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

use crate::ServiceError;
use crate::caller::Caller;
use crate::kept::{Collections, Kept};
use crate::lambda::{Account, Lambda};
use access_key::AccessKeys;
use decision::Policies;
use request::Request;

/// Who may do what in the account.
#[derive(Debug)]
pub(crate) struct Permissions {
    account: Account,
    keys: AccessKeys,
    /// The ARN of each function's execution role, by the function's name.
    execution_roles: Kept<String, String>,
    /// The roles whose policies are known, by ARN.
    roles: Kept<String, Role>,
}

impl Permissions {
    pub(crate) fn new(account: Account, seed: u64) -> Self {
        Self {
            account,
            keys: AccessKeys::new(seed),
            execution_roles: Kept::default(),
            roles: Kept::default(),
        }
    }

    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            account: _,
            keys: _,
            execution_roles,
            roles,
        } = self;
        vec![
            ("iam-execution-roles", execution_roles),
            ("iam-roles", roles),
        ]
    }

    /// The access key id of a function's processes.
    pub(crate) fn access_key_id(&self, function: &str) -> String {
        self.keys.id(function)
    }

    /// Says with which role a function runs, by ARN: what `CreateFunction` and `UpdateFunctionConfiguration` set.
    pub(crate) fn set_execution_role(&mut self, function: &str, role_arn: &str) {
        if self
            .execution_roles
            .get(function)
            .is_none_or(|known| known != role_arn)
        {
            self.execution_roles
                .insert(function.to_owned(), role_arn.to_owned());
        }
    }

    /// The ARN of the role with which a function runs; one with the function's name where nothing has said it.
    pub(crate) fn execution_role(&self, function: &str) -> String {
        self.execution_roles
            .get(function)
            .cloned()
            .unwrap_or_else(|| format!("arn:aws:iam::{}:role/{function}", self.account.account_id))
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

    /// Whether a principal may do `action` on `resource`, to which this resource-based policy is attached. The
    /// owner may do everything, and so may a role of which nothing is known.
    ///
    /// # Errors
    /// `AccessDeniedException` in the words and with the status of the action's service.
    pub(crate) fn check(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
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
        let function = lambda
            .function_names()
            .find(|function| self.keys.id(function) == key);
        match function {
            // The session of an execution role has the function's name.
            Some(function) => Ok(Principal::Session {
                role_arn: self.execution_role(function),
                session: function.to_owned(),
            }),
            None => Err(ServiceError::with_status(
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )),
        }
    }
}
