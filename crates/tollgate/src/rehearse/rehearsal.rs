//! A played deployment as data: what every output format draws from.

use serde::Serialize;

use super::scenario::End;
use crate::alias::AliasState;
use crate::exit::Exit;
use crate::timeline::{Line, What};

/// A rehearsal, from the creation of the deployment to the last state of the alias.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rehearsal {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scenario: Option<&'static str>,
    pub(crate) function: String,
    pub(crate) alias: String,
    pub(crate) deployment_type: String,
    /// Absent at the very first deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current_version: Option<String>,
    pub(crate) target_version: String,
    pub(crate) seed: u64,
    /// Absent at the very first deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alias_at_start: Option<AliasState>,
    pub(crate) timeline: Vec<Line>,
    pub(crate) alias_at_end: AliasState,
    pub(crate) verdict: Exit,
    pub(crate) reason: String,
    /// What a reader of the verdict should know besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// Measured, unlike the times of the timeline.
    pub(crate) elapsed_ms: u64,
}

impl Rehearsal {
    /// How the deployment ended; `None` where the alias is not where such an end leaves it.
    pub(crate) fn end(&self) -> Option<End> {
        let only = |version: &str| {
            self.alias_at_end.function_version == version
                && self.alias_at_end.additional_version_weights.is_empty()
        };
        if self.verdict == Exit::WouldShip {
            return only(&self.target_version).then_some(End::Ships);
        }
        let during = self.timeline.iter().find_map(|line| match line.what {
            What::LifecycleEvent {
                name,
                status: "Failed",
                ..
            } => Some(name),
            _ => None,
        })?;
        let code = self.timeline.iter().find_map(|line| match &line.what {
            What::DeploymentEnded {
                error: Some(error), ..
            } => Some(error.code),
            _ => None,
        })?;
        only(self.current_version.as_deref()?).then_some(End::RollsBack { during, code })
    }
}
