//! Whether a change set can be judged at all.

use crate::model::{ChangeSet, ExecutionStatus, Status};

/// What CloudFormation says where a template changes nothing. (SAM CLI and rain go by these texts, too.)
const NOTHING_TO_CHANGE: [&str; 2] = [
    "The submitted information didn't contain changes. Submit different information to create a change set.",
    "No updates are to be performed.",
];

/// How what CloudFormation says begins where a set is not all that it should be: "`[WARN] --include-property-values option can
/// return incomplete ChangeSet data`" is the one that is known.
const WARNING: &str = "[WARN]";

/// What CloudFormation says of a nested change set that is as it should be.
const ONLY_BY_ITS_ROOT: &str = "Only executable from the root change set";

/// Whether a change set can be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// There is nothing in it.
    NoChanges,
    /// It is being created: it can be judged later.
    InProgress,
    /// It cannot, for this reason. Never a pass.
    NotReady(String),
}

impl ChangeSet {
    /// Whether this can be judged; a nested one, which only its root executes, as well.
    pub fn readiness(&self) -> Readiness {
        let reason = self.status_reason.as_deref().unwrap_or_default();
        if self.next_token.is_some() {
            return not_ready(
                "its NextToken says that there are more changes on a next page: describe it without --no-paginate and \
                 --max-items",
            );
        }
        match &self.status {
            // The console's export of changes.
            None | Some(Status::CreateComplete) => {}
            Some(Status::CreatePending | Status::CreateInProgress) => return Readiness::InProgress,
            Some(Status::Failed) => {
                let is_empty = NOTHING_TO_CHANGE.iter().any(|text| reason.trim() == *text);
                return if is_empty && self.changes.is_empty() {
                    Readiness::NoChanges
                } else {
                    not_ready(&format!("it is FAILED: {}", or_unknown(reason)))
                };
            }
            Some(
                status @ (Status::DeletePending
                | Status::DeleteInProgress
                | Status::DeleteComplete
                | Status::DeleteFailed
                | Status::Other(_)),
            ) => {
                return not_ready(&format!("its Status is {}", status.as_str()));
            }
        }
        match &self.execution_status {
            None | Some(ExecutionStatus::Available | ExecutionStatus::Unavailable) => {}
            Some(ExecutionStatus::Obsolete) => {
                return not_ready(
                    "it is OBSOLETE, because its stack was changed since: create a new one",
                );
            }
            Some(
                status @ (ExecutionStatus::ExecuteInProgress
                | ExecutionStatus::ExecuteComplete
                | ExecutionStatus::ExecuteFailed
                | ExecutionStatus::Other(_)),
            ) => {
                return not_ready(&format!(
                    "its ExecutionStatus is {}: it is no longer the plan",
                    status.as_str()
                ));
            }
        }
        let is_nested = self.is_nested() || reason.starts_with(ONLY_BY_ITS_ROOT);
        if self.execution_status == Some(ExecutionStatus::Unavailable) && !is_nested {
            return not_ready(&format!(
                "it cannot be executed (ExecutionStatus UNAVAILABLE): {}",
                or_unknown(reason)
            ));
        }
        if reason.contains(WARNING) {
            return not_ready(&format!(
                "CloudFormation warns that changes may be missing in it: describe it without --include-property-values ({reason})"
            ));
        }
        Readiness::Ready
    }
}

impl ChangeSet {
    /// Whether this is a nested one; a root may name itself as its root.
    pub fn is_nested(&self) -> bool {
        self.parent_id.is_some() || (self.root_id.is_some() && self.root_id != self.id)
    }
}

fn not_ready(reason: &str) -> Readiness {
    Readiness::NotReady(reason.to_owned())
}

fn or_unknown(reason: &str) -> &str {
    if reason.is_empty() {
        "CloudFormation gives no reason"
    } else {
        reason
    }
}
