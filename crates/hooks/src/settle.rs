//! What CodeDeploy has made of a lifecycle event that was over before this run's verdict came.

use crate::discovery::targets;
use crate::lifecycle_event::LifecycleEvent;
use crate::ports::{DeploymentTarget, GetDeploymentTarget, ListDeploymentTargets};
use crate::reason::reason;
use checks::{Report, Verdict};

/// What stands in CodeDeploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    verdict: Verdict,
    /// In CodeDeploy's words, of which some are no verdict.
    status: &'static str,
}

/// What stands in CodeDeploy.
///
/// A hook that did not find out which lifecycle event it serves takes what all those that are over have in common.
///
/// # Errors
///
/// For people, why it is not known.
pub(crate) async fn standing(
    codedeploy: &(impl ListDeploymentTargets + GetDeploymentTarget),
    deployment_id: &str,
    lifecycle_event: Option<LifecycleEvent>,
) -> Result<Standing, String> {
    let target = targets::read(codedeploy, deployment_id)
        .await
        .map_err(|error| reason(&error))?;
    let events: Vec<(LifecycleEvent, &str)> = target
        .lifecycle_events
        .iter()
        .filter_map(|(name, status)| Some((LifecycleEvent::named(name)?, status.as_str())))
        .filter(|(event, _)| lifecycle_event.is_none_or(|served| served == *event))
        .collect();
    let stands = |verdict, status| Some(Standing { verdict, status });
    let over = events.iter().filter_map(|(_, status)| match *status {
        "Succeeded" => stands(Verdict::Succeeded, "Succeeded"),
        "Failed" => stands(Verdict::Failed, "Failed"),
        // The deployment was stopped before the hook was asked, or while it ran.
        "Skipped" if lifecycle_event.is_some() => stands(Verdict::Failed, "Skipped"),
        _ => None,
    });
    let mut standing: Vec<Standing> = over.collect();
    standing.dedup();
    match standing.as_slice() {
        [standing] => Ok(*standing),
        _ => Err(format!("it says {}", listed(&target))),
    }
}

fn listed(target: &DeploymentTarget) -> String {
    let events: Vec<String> = target
        .lifecycle_events
        .iter()
        .map(|(name, status)| format!("{name}: {status}"))
        .collect();
    if events.is_empty() {
        "nothing of any lifecycle event".to_owned()
    } else {
        events.join(", ")
    }
}

/// The report with the verdict that stands, so that nobody reads two; `None` where it needs no change.
pub(crate) fn settled(report: &Report, standing: &Result<Standing, String>) -> Option<Report> {
    let mut report = report.clone();
    match standing {
        Ok(standing) if standing.verdict == report.verdict => return None,
        Ok(Standing { verdict, status }) => {
            report.reason = format!(
                "CodeDeploy had {status} for this lifecycle event already, and that stands; this run found: {:?} ({})",
                report.verdict, report.reason
            );
            report.verdict = *verdict;
        }
        Err(unknown) => {
            let note = format!(
                "CodeDeploy had a status for this lifecycle event already, and it is not known whether it is this verdict: {unknown}"
            );
            // It was told before, when the hook execution is delivered again.
            if report.notes.contains(&note) {
                return None;
            }
            report.notes.push(note);
        }
    }
    Some(report)
}
