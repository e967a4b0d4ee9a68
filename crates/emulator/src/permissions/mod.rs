//! IAM as far as the emulated services ask it: who calls, and what they may do.

#![expect(dead_code, reason = "policies come next, and STS")]

mod access_key;
mod principal;

pub(crate) use access_key::AccessKeys;
pub(crate) use principal::Principal;

use crate::ServiceError;
use crate::caller::Caller;
use crate::kept::{Collections, Kept};
use crate::lambda::{Account, Lambda};

/// Who may do what in the account.
#[derive(Debug)]
pub(crate) struct Permissions {
    account: Account,
    keys: AccessKeys,
    /// The ARN of each function's execution role, by the function's name.
    execution_roles: Kept<String, String>,
}

impl Permissions {
    pub(crate) fn new(account: Account, seed: u64) -> Self {
        Self {
            account,
            keys: AccessKeys::new(seed),
            execution_roles: Kept::default(),
        }
    }

    /// What must outlive the process.
    pub(crate) fn collections(&mut self) -> Collections<'_> {
        let Self {
            account: _,
            keys: _,
            execution_roles,
        } = self;
        vec![("iam-execution-roles", execution_roles)]
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
