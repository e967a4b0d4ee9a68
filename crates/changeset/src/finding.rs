//! What is said of one change.

use serde::Serialize;

use crate::fate::Fate;
use crate::judge::{Effect, Verdict};

/// One change with its verdict.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The logical ID; in a nested stack with those of the stacks around it, as in `Storage/Orders`.
    pub path: String,
    /// Such as `AWS::DynamoDB::Table`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The physical ID, of a resource that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// `Action`, `Replacement` and `PolicyAction` as CloudFormation gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// See `action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// See `action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<String>,
    /// What happens to the resource.
    pub effect: Effect,
    /// What becomes of the old resource, where it leaves its stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
    /// The verdict by the table; what was allowed keeps its own.
    pub verdict: Verdict,
    /// Whether it comes with every deployment, and nobody needs to look at it.
    pub is_routine: bool,
    /// The `--allow` or `--allow-type` that lets it pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<String>,
    /// Why, for people; the first is the main one.
    pub reasons: Vec<String>,
    /// What keeps the resource, where it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What changes of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
}

/// Why an attribute or property changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// `/Properties/TableName`, or as much as CloudFormation says of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `RequiresRecreation` as CloudFormation gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_recreation: Option<String>,
    /// `ChangeSource` as CloudFormation gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `CausingEntity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// `BeforeValue`: it may be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// `AfterValue`: it may be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Finding {
    /// Whether it stops the change set: by its verdict, and nobody has allowed it.
    pub fn is_blocking(&self) -> bool {
        self.effective() == Verdict::Blocked
    }

    /// The verdict as it counts: what was allowed passes.
    pub fn effective(&self) -> Verdict {
        if self.allowed_by.is_some() {
            Verdict::Safe
        } else {
            self.verdict
        }
    }
}
