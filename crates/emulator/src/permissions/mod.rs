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
pub use role::{FunctionPermission, Role};

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
    /// The functions' resource-based policies, by function name and statement id.
    functions: Kept<(String, String), FunctionPermission>,
}

impl Permissions {
    pub(crate) fn new(account: Account, seed: u64) -> Self {
        Self {
            account,
            keys: AccessKeys::new(seed),
            execution_roles: Kept::default(),
            roles: Kept::default(),
            functions: Kept::default(),
        }
    }

    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            account: _,
            keys: _,
            execution_roles,
            roles,
            functions,
        } = self;
        vec![
            ("iam-execution-roles", execution_roles),
            ("iam-roles", roles),
            ("iam-function-permissions", functions),
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

    /// Creates or replaces a role: from here on its policies decide what it may do.
    pub(crate) fn put_role(&mut self, role: Role) {
        if self.roles.get(&role.arn) != Some(&role) {
            self.roles.insert(role.arn.clone(), role);
        }
    }

    /// Adds a statement to a function's resource-based policy, or replaces the one with its id.
    pub(crate) fn put_function_permission(&mut self, permission: FunctionPermission) {
        let key = (
            permission.function_name.clone(),
            permission.statement_id.clone(),
        );
        if self.functions.get(&key) != Some(&permission) {
            self.functions.insert(key, permission);
        }
    }

    /// Whether a principal may do `action` on `resource`, to which these resource-based policies are attached. The
    /// owner may do everything, and so may a role of which nothing is known.
    ///
    /// # Errors
    /// `AccessDeniedException` in the words and with the status of the action's service.
    pub(crate) fn check(
        &self,
        principal: &Principal,
        action: &str,
        resource: &str,
        attached: &[PolicyDocument],
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
        let policies = Policies {
            identity: &role.policies,
            boundary: role.boundary.as_ref(),
            resource: attached,
        };
        decision::decide(&policies, &request)
            .map_err(|denial| decision::access_denied(denial, &request))
    }

    /// The resource-based policies that the template attaches to a resource, which is a function if it has any.
    pub(crate) fn attached_to(&self, resource: &str) -> Vec<PolicyDocument> {
        let Some((_, function)) = resource.split_once(":function:") else {
            return Vec::new();
        };
        let name = function.split(':').next().unwrap_or_default();
        self.functions
            .values()
            .filter(|permission| permission.function_name == name)
            .map(|permission| permission.policy.clone())
            .collect()
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
