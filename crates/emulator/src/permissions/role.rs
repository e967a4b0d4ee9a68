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
