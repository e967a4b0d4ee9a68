//! Roles, as far as their policies are known.

use serde::{Deserialize, Serialize};

use super::policy::PolicyDocument;

/// A role whose policies are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What is attached to it, inline and managed.
    pub policies: Vec<PolicyDocument>,
    /// Its permissions boundary, where it has one that is known.
    pub boundary: Option<PolicyDocument>,
}

/// A statement of a function's resource-based policy, as `AddPermission` makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionPermission {
    /// The name of the function.
    pub function_name: String,
    /// The version or alias that it is about; without one it is the function itself.
    pub qualifier: Option<String>,
    /// Its `Sid`.
    pub statement_id: String,
    /// A policy with that one statement.
    pub policy: PolicyDocument,
}
