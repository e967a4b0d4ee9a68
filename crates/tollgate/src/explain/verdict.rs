//! Did it ship? And if not, why, in words that a person can act on.

use super::model::{
    ErrorInformation, Evidence, Hook, LifecycleEvent, Reported, Rollback, Unreadable, Verdict,
};
use crate::exit::Exit;
use crate::report::summary;

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Shipped => Self::WouldShip,
            Verdict::RolledBack
            | Verdict::RollingBack
            | Verdict::RollbackNotKnown
            | Verdict::NotRolledBack => Self::WouldRollBack,
            Verdict::StillRunning => Self::Undecided,
        }
    }
}

/// The alarms that CodeDeploy's message names: `… Activated alarms: <one> <other>`.
pub(super) fn alarms(error: &ErrorInformation) -> Vec<String> {
    let Some((_, named)) = error.message.rsplit_once("Activated alarms: ") else {
        return Vec::new();
    };
    let names = named.split('<').filter_map(|part| part.rsplit_once('>'));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The verdict and its reason.
pub(super) fn verdict(evidence: &Evidence) -> (Verdict, String) {
    match evidence.deployment.status.as_str() {
        "Succeeded" => (Verdict::Shipped, why_it_shipped(evidence)),
        "Failed" | "Stopped" => {
            let why = why_it_failed(evidence);
            match &evidence.rollback {
                None => (
                    Verdict::NotRolledBack,
                    format!("{why}; no rollback was made{}", where_it_stands(evidence)),
                ),
                Some(Rollback {
                    deployment_id,
                    status: Some(status),
                    ..
                }) if status == "Failed" || status == "Stopped" => (
                    Verdict::NotRolledBack,
                    format!(
                        "{why}; the rollback {deployment_id} {status}{}",
                        where_it_stands(evidence)
                    ),
                ),
                Some(Rollback {
                    deployment_id,
                    status: None,
                    ..
                }) => (
                    Verdict::RollbackNotKnown,
                    format!("{why}; what became of the rollback {deployment_id} is not known"),
                ),
                Some(Rollback {
                    status: Some(status),
                    ..
                }) if status == "Succeeded" => (Verdict::RolledBack, why),
                Some(Rollback { deployment_id, .. }) => (
                    Verdict::RollingBack,
                    format!("{why}; the rollback {deployment_id} has not ended"),
                ),
            }
        }
        status => (Verdict::StillRunning, what_it_waits_for(evidence, status)),
    }
}

/// Whom the failure leaves with which version.
fn where_it_stands(evidence: &Evidence) -> String {
    match (&evidence.shift, &evidence.alias_now) {
        (Some(shift), Some(now)) => format!(", and {} is at {now}", shift.alias),
        _ => String::new(),
    }
}

fn why_it_shipped(evidence: &Evidence) -> String {
    let mut parts = Vec::new();
    for event in &evidence.lifecycle_events {
        let Some(hook) = &event.hook else { continue };
        let Some(Reported { report, .. }) = hook.report_behind(&event.status) else {
            parts.push(no_report(hook));
            continue;
        };
        parts.push(format!(
            "{} reported {:?}: {}",
            hook.function, report.verdict, report.reason
        ));
        // What CodeDeploy never heard of did not stop it, and may be why it should have been stopped.
        let lost = failing(hook).filter(|_| report.verdict != checks::Verdict::Failed);
        if let Some((reported, note)) = lost.and_then(|one| Some((one, undelivered(one)?))) {
            parts.push(format!(
                "{} also reported Failed: {}; {note}",
                hook.function,
                summary(&reported.report)
            ));
        }
    }
    if parts.is_empty() {
        return "CodeDeploy says Succeeded, and no hook is known to have checked anything"
            .to_owned();
    }
    parts.join("; ")
}

fn what_it_waits_for(evidence: &Evidence, status: &str) -> String {
    let running = evidence
        .lifecycle_events
        .iter()
        .find(|event| event.status == "InProgress");
    match running {
        None => format!("its status is {status}"),
        Some(LifecycleEvent { name, hook, .. }) => match hook {
            None => format!("{name} is in progress"),
            Some(hook) => match hook.report_behind("Failed") {
                None if hook.unreadable.is_empty() => format!(
                    "{name} is in progress, and {} has not reported yet",
                    hook.function
                ),
                None => format!("{name} is in progress; {}", no_report(hook)),
                Some(reported) => format!(
                    "{name} is in progress, although {} has reported {:?}: {}; {}",
                    hook.function,
                    reported.report.verdict,
                    summary(&reported.report),
                    undelivered(reported).unwrap_or("CodeDeploy may not have received it")
                ),
            },
        },
    }
}

fn why_it_failed(evidence: &Evidence) -> String {
    let error = evidence.deployment.error_information.as_ref();
    let (code, message) = error.map_or(("", ""), |error| (&*error.code, &*error.message));
    let failed = evidence
        .lifecycle_events
        .iter()
        .find(|event| has_failed(event));
    match code {
        "ALARM_ACTIVE" => because_of_alarms(evidence, failed),
        "IAM_ROLE_PERMISSIONS" => because_of_permissions(failed, message),
        "MANUAL_STOP" => "somebody stopped it".to_owned(),
        "INVALID_LAMBDA_CONFIGURATION" => because_of_configuration(evidence, message),
        _ => match failed.and_then(|event| Some((event, event.hook.as_ref()?))) {
            Some((event, hook)) => because_of_hook(event, hook, code, message),
            None if message.is_empty() => "CodeDeploy gives no reason".to_owned(),
            None => message.to_owned(),
        },
    }
}

/// As CodeDeploy says; where it does not, as the hook has reported.
fn has_failed(event: &LifecycleEvent) -> bool {
    match event.status.as_str() {
        "Failed" => true,
        "Unknown" => event.hook.iter().any(|hook| failing(hook).is_some()),
        _ => false,
    }
}

/// The last report that says Failed.
fn failing(hook: &Hook) -> Option<&Reported> {
    let mut reports = hook.reports.iter().rev();
    reports.find(|reported| reported.report.verdict == checks::Verdict::Failed)
}

/// The hook's own note that CodeDeploy has not heard of a report.
fn undelivered(reported: &Reported) -> Option<&str> {
    let mut notes = reported.report.notes.iter().map(String::as_str);
    notes.find(|note| note.starts_with("CodeDeploy could not be told"))
}

fn because_of_alarms(evidence: &Evidence, failed: Option<&LifecycleEvent>) -> String {
    let alarms = match evidence.alarms.as_slice() {
        [] => "an alarm".to_owned(),
        [alarm] => format!("the alarm {alarm}"),
        alarms => format!("the alarms {}", alarms.join(", ")),
    };
    let began = evidence
        .lifecycle_events
        .iter()
        .any(|event| event.status == "Succeeded");
    match failed {
        Some(event) if began || event.start_time.is_some() => {
            format!("{alarms} fired during {}", event.name)
        }
        Some(_) => format!(
            "{alarms} fired before the deployment began; that blocks every deployment, a fix too"
        ),
        None => format!("{alarms} fired"),
    }
}

fn because_of_permissions(failed: Option<&LifecycleEvent>, message: &str) -> String {
    let hook = failed.and_then(|event| event.hook.as_ref());
    match hook {
        Some(hook) if !hook.function.starts_with("CodeDeployHook_") => format!(
            "CodeDeploy's service role may not invoke {}: with the role that SAM makes, its name must begin with \
             CodeDeployHook_",
            hook.function
        ),
        _ => message.to_owned(),
    }
}

fn because_of_configuration(evidence: &Evidence, message: &str) -> String {
    match (&evidence.shift, &evidence.alias_now) {
        (Some(shift), Some(now)) if !now.additional_version_weights.is_empty() => format!(
            "{message} The alias splits its traffic ({now}); clear that with `aws lambda update-alias --function-name {} \
             --name {} --routing-config AdditionalVersionWeights={{}}`",
            shift.function, shift.alias
        ),
        _ => message.to_owned(),
    }
}

fn because_of_hook(event: &LifecycleEvent, hook: &Hook, code: &str, message: &str) -> String {
    let function = &hook.function;
    let gave_up = match code {
        "TIMEOUT" => "; CodeDeploy gave up after one hour".to_owned(),
        "HOOK_EXECUTION_FAILURE" => String::new(),
        _ if message.is_empty() => String::new(),
        _ => format!("; CodeDeploy says: {message}"),
    };
    match (failing(hook), hook.reports.last()) {
        (Some(reported), _) => {
            let untold = undelivered(reported).map_or_else(String::new, |note| format!("; {note}"));
            format!(
                "{function} reported Failed: {}{untold}{gave_up}",
                summary(&reported.report)
            )
        }
        (None, Some(_)) => format!(
            "{function} found nothing wrong, but CodeDeploy has {} as Failed: it was not told, or too late{gave_up}",
            event.name
        ),
        (None, None) => format!("{}{gave_up}", no_report(hook)),
    }
}

/// What can be said of a hook that left no report.
pub(super) fn no_report(hook: &Hook) -> String {
    let Hook {
        function,
        log_group,
        ..
    } = hook;
    if !hook.log_was_read {
        return format!("what {function} reported could not be read");
    }
    if let Some(Unreadable {
        verdict, reason, ..
    }) = hook.unreadable.last()
    {
        return format!(
            "{function} reported {verdict}: {reason} (its report could not be read whole)"
        );
    }
    let cause = if hook.last_lines.is_empty() {
        "it crashed, timed out, was never invoked, or the log is not kept that long"
    } else {
        "it crashed, timed out or is none of Tollgate's"
    };
    format!("no report of {function} in log group {log_group}: {cause}")
}

#[cfg(test)]
mod tests;
