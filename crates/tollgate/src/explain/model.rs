//! What is known of a deployment that was: what every output format draws from.

use checks::Report;
use serde::Serialize;

use crate::alias::AliasState;
use crate::moment::Moment;

/// How a deployment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    Shipped,
    RolledBack,
    /// It failed, and the rollback has not ended.
    RollingBack,
    /// It failed, and what became of the rollback could not be read.
    RollbackNotKnown,
    /// It failed, and the alias was left where it was.
    NotRolledBack,
    StillRunning,
}

/// A deployment with everything that explains it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explanation {
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
    #[serde(flatten)]
    pub(crate) evidence: Evidence,
}

/// What AWS says of a deployment, and what could not be read.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evidence {
    /// The id that was asked about, where it is that of the rollback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) asked_about: Option<String>,
    pub(crate) deployment: Deployment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shift: Option<Shift>,
    pub(crate) lifecycle_events: Vec<LifecycleEvent>,
    /// The alarms that the error names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) alarms: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rollback: Option<Rollback>,
    /// Where the alias points while this is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alias_now: Option<AliasState>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unknown: Vec<Unknown>,
}

/// CodeDeploy's `DeploymentInfo`, as far as it explains anything.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployment {
    pub(crate) deployment_id: String,
    /// `Created`, `Queued`, `InProgress`, `Baking`, `Succeeded`, `Failed`, `Stopped` or `Ready`.
    pub(crate) status: String,
    pub(crate) application: String,
    pub(crate) deployment_group: String,
    pub(crate) deployment_config: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) creator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) create_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) complete_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_information: Option<ErrorInformation>,
    /// The deployment that rolls this one back.
    #[serde(skip)]
    pub(crate) rollback_deployment_id: Option<String>,
    /// The deployment that this one rolls back.
    #[serde(skip)]
    pub(crate) rollback_triggering_deployment_id: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ErrorInformation {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Which alias moves from which version to which.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shift {
    pub(crate) function: String,
    pub(crate) alias: String,
    pub(crate) current_version: String,
    pub(crate) target_version: String,
}

/// A lifecycle event of the deployment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LifecycleEvent {
    pub(crate) name: String,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Skipped` or `Unknown`.
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hook: Option<Hook>,
}

impl LifecycleEvent {
    /// Whether its hook, if it has one, has been invoked as far as CodeDeploy says.
    pub(crate) fn has_begun(&self) -> bool {
        self.status != "Pending" && self.status != "Skipped"
    }
}

/// The function that validates a lifecycle event, and what its log says.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hook {
    pub(crate) function: String,
    pub(crate) log_group: String,
    /// Whether the log group could be searched.
    pub(crate) log_was_read: bool,
    /// What it reported, the last one last.
    pub(crate) reports: Vec<Reported>,
    /// Reports that another release of the hook may have written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unreadable: Vec<Unreadable>,
    /// The end of what an invocation that did not report has left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) last_lines: Vec<String>,
}

impl Hook {
    /// The report that led to the status of its lifecycle event, if any did; else the last.
    pub(crate) fn report_behind(&self, status: &str) -> Option<&Reported> {
        let agrees = |reported: &&Reported| format!("{:?}", reported.report.verdict) == status;
        let mut reports = self.reports.iter().rev();
        reports.find(agrees).or_else(|| self.reports.last())
    }
}

/// A report whose form is unknown, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unreadable {
    pub(crate) time: Moment,
    #[serde(skip)]
    pub(crate) lifecycle_event: Option<String>,
    pub(crate) verdict: String,
    pub(crate) reason: String,
    /// What could not be read.
    pub(crate) error: String,
}

/// A report in a log.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reported {
    pub(crate) time: Moment,
    pub(crate) log_stream: String,
    pub(crate) report: Report,
    /// Parts of the report that were not found.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) missing_parts: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The deployment that puts the alias back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rollback {
    pub(crate) deployment_id: String,
    /// As of a deployment; absent where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) complete_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_information: Option<ErrorInformation>,
}

/// Something that could not be found out.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Unknown {
    pub(crate) what: String,
    pub(crate) why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}
