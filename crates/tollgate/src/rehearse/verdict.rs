//! Would it ship? And the reason, in words that a person can act on.

use checks::{CheckedEvent, Mismatch, Outcome, Report};
use emulator::DeploymentState;
use serde_json::Value;

use super::rehearsal::{AliasState, HookAnswer, Line, What};
use crate::exit::Exit;

/// A deployment that has ended, as the verdict sees it.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    /// `None` at the first deployment, which CodeDeploy has no part in.
    pub(crate) deployment: Option<(&'a str, &'a DeploymentState)>,
    /// The gated alias before the deployment.
    pub(crate) alias_at_start: Option<&'a AliasState>,
    pub(crate) lines: &'a [Line],
}

/// The verdict, its reason, and what else a reader should know.
pub(crate) fn verdict(ended: &Ended<'_>) -> (Exit, String, Vec<String>) {
    let Some((id, state)) = ended.deployment else {
        let reason = "first deployment: CloudFormation creates the alias without CodeDeploy; no hook ran, nothing was checked";
        return (Exit::WouldShip, reason.to_owned(), Vec::new());
    };
    match (state.status, &state.error) {
        ("Succeeded", _) => {
            let reported = |line: &&Line| matches!(&line.what, What::HookReported { deployment_id, .. } if deployment_id == id);
            let ran = ended.lines.iter().filter(reported).count();
            if ran == 0 {
                let note = "no hook checked anything: add Hooks to the DeploymentPreference";
                return (
                    Exit::WouldShip,
                    "the deployment succeeded unchecked".to_owned(),
                    vec![note.to_owned()],
                );
            }
            let hooks = if ran == 1 { "hook" } else { "hooks" };
            (
                Exit::WouldShip,
                format!("{ran} {hooks} reported Succeeded and no alarm fired"),
                Vec::new(),
            )
        }
        ("Failed" | "Stopped", Some((code, message))) => {
            let reason =
                found_by_a_hook(ended.lines, id).unwrap_or_else(|| because(code, message, ended));
            // All that a person sees of it on AWS.
            let note = format!("on AWS, CloudFormation would say only: {id} failed. {message}");
            (Exit::WouldRollBack, reason, vec![note])
        }
        (status, _) => (
            Exit::Undecided,
            format!("the deployment {id} ended as {status}"),
            Vec::new(),
        ),
    }
}

fn reports<'a>(
    lines: &'a [Line],
    deployment: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Report)> {
    lines.iter().filter_map(move |line| match &line.what {
        What::HookEnded {
            deployment_id,
            function,
            answer: HookAnswer::Report(report),
        } if deployment_id == deployment => Some((function.as_str(), report.as_ref())),
        _ => None,
    })
}

fn found_by_a_hook(lines: &[Line], deployment: &str) -> Option<String> {
    let (function, report) =
        reports(lines, deployment).find(|(_, report)| report.verdict == checks::Verdict::Failed)?;
    let first = report
        .events
        .iter()
        .find_map(failure)
        .map_or_else(String::new, |failure| format!(": {failure}"));
    Some(format!(
        "{function} reported Failed: {}{first}",
        report.reason
    ))
}

fn failure(event: &CheckedEvent) -> Option<String> {
    match &event.outcome {
        Outcome::Met => None,
        Outcome::Unmet(mismatches) => mismatches
            .first()
            .map(|mismatch| format!("{}: {}", event.name, describe(mismatch))),
        Outcome::Broken(reason) => Some(format!("{}: {reason}", event.name)),
    }
}

/// A mismatch in one line: where, what was expected, what came.
pub(crate) fn describe(mismatch: &Mismatch) -> String {
    let actual = mismatch
        .actual
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), Value::to_string);
    if mismatch.path == "$error" && mismatch.expected.get("$absent").is_some() {
        return format!(
            "the function failed: {}",
            error_text(mismatch.actual.as_ref()).unwrap_or(actual)
        );
    }
    format!(
        "{}: expected {}, got {actual}",
        mismatch.path, mismatch.expected
    )
}

/// `errorMessage` of an error object, behind the `errorType` where Lambda gave one that says something.
pub(crate) fn error_text(error: Option<&Value>) -> Option<String> {
    let error = error?;
    let message = error.get("errorMessage")?.as_str()?;
    // Lambda's own messages begin with the request id, which nobody can look up after a rehearsal.
    let message = match message
        .strip_prefix("RequestId: ")
        .and_then(|rest| rest.split_once(" Error: "))
    {
        Some((_, message)) => message,
        None => message,
    };
    match error.get("errorType").and_then(Value::as_str) {
        // The type name of a Rust error says nothing to a person.
        Some(kind) if !kind.starts_with('&') && !kind.is_empty() => {
            Some(format!("{kind}: {message}"))
        }
        _ => Some(message.to_owned()),
    }
}

/// Why CodeDeploy ended a deployment without a hook having said so.
fn because(code: &str, message: &str, ended: &Ended<'_>) -> String {
    let invoked = ended
        .lines
        .iter()
        .filter(|line| matches!(line.what, What::HookInvoked { .. }))
        .count();
    let failed = |line: &&Line| {
        matches!(
            line.what,
            What::HookEnded {
                answer: HookAnswer::FunctionError { .. },
                ..
            }
        )
    };
    let failures = ended.lines.iter().filter(failed).count();
    match code {
        "TIMEOUT" if failures > 0 => {
            format!("a hook failed in {failures} attempts and never reported; CodeDeploy gave up after one hour")
        }
        "TIMEOUT" => "a hook never reported; CodeDeploy gave up after one hour".to_owned(),
        "ALARM_ACTIVE" => {
            let alarms = message.rsplit_once("Activated alarms: ").map_or(message, |(_, alarms)| alarms);
            match errors(ended.lines) {
                Some(errors) => format!("the alarm {alarms} fired; {errors}"),
                None if invoked == 0 => format!(
                    "the alarm {alarms} was firing before the deployment began; it blocks every deployment, a fix too"
                ),
                None => format!("the alarm {alarms} fired"),
            }
        }
        "IAM_ROLE_PERMISSIONS" if invoked == 0 => {
            "CodeDeploy's service role may not invoke the hook: with the role that SAM makes, its name must begin with \
             CodeDeployHook_"
                .to_owned()
        }
        "INVALID_LAMBDA_CONFIGURATION" => match ended.alias_at_start {
            Some(alias) if !alias.additional_version_weights.is_empty() => format!(
                "the alias already split its traffic ({alias}); clear it with `aws lambda update-alias \
                 --routing-config AdditionalVersionWeights={{}}` before you deploy"
            ),
            _ => message.to_owned(),
        },
        _ => message.to_owned(),
    }
}

/// What the versions of the last traffic step failed at, where one did.
fn errors(lines: &[Line]) -> Option<String> {
    let versions = lines.iter().rev().find_map(|line| match &line.what {
        What::Traffic { versions } => Some(versions),
        _ => None,
    })?;
    let failing: Vec<String> = versions
        .iter()
        .filter(|(_, counts)| counts.errors > 0)
        .map(|(version, counts)| {
            format!(
                "version {version} failed {} of {} requests",
                counts.errors, counts.requests
            )
        })
        .collect();
    (!failing.is_empty()).then(|| failing.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_object_in_one_line() {
        let rows = [
            (
                json!({ "errorType": "Refused", "errorMessage": "no" }),
                Some("Refused: no"),
            ),
            (
                json!({ "errorType": "&alloc::boxed::Box<dyn Any>", "errorMessage": "Lambda panicked: no" }),
                Some("Lambda panicked: no"),
            ),
            (json!({ "errorType": "", "errorMessage": "no" }), Some("no")),
            (
                json!({ "errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 7ec7 Error: Task timed out" }),
                Some("Sandbox.Timedout: Task timed out"),
            ),
            (json!({ "errorType": "Refused" }), None),
            (json!("no"), None),
        ];
        for (error, expected) in rows {
            assert_eq!(error_text(Some(&error)).as_deref(), expected, "{error}");
        }
    }

    #[test]
    fn a_deployment_without_hooks_ships_and_says_that_nothing_was_checked() {
        let state = DeploymentState {
            status: "Succeeded",
            error: None,
            rollback_deployment_id: None,
        };
        let ended = Ended {
            deployment: Some(("d-1", &state)),
            alias_at_start: None,
            lines: &[],
        };
        let (exit, reason, notes) = verdict(&ended);
        assert_eq!(
            (exit, reason.as_str()),
            (Exit::WouldShip, "the deployment succeeded unchecked")
        );
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn a_deployment_that_has_not_ended_is_no_verdict() {
        let state = DeploymentState {
            status: "InProgress",
            error: None,
            rollback_deployment_id: None,
        };
        let ended = Ended {
            deployment: Some(("d-1", &state)),
            alias_at_start: None,
            lines: &[],
        };
        assert_eq!(verdict(&ended).0, Exit::Undecided);
    }
}
