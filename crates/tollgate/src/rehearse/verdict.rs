//! Would it ship? And the reason, in words that a person can act on.

use std::collections::BTreeMap;

use checks::Report;
use emulator::DeploymentState;
use evidence::THRESHOLD;

use crate::alias::AliasState;
use crate::exit::Exit;
use crate::printable::printable;
use crate::report::summary;
use crate::timeline::{Counted, Counts, HookAnswer, Line, What};

/// A deployment that has ended, as the verdict sees it.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    /// `None` at the first deployment, which CodeDeploy has no part in.
    pub(crate) deployment: Option<(&'a str, &'a DeploymentState)>,
    /// The gated function and its alias.
    pub(crate) alias: (&'a str, &'a str),
    /// The gated alias before the deployment.
    pub(crate) alias_at_start: Option<&'a AliasState>,
    /// The version that was deployed.
    pub(crate) target_version: &'a str,
    /// How many alarms were evaluated.
    pub(crate) watching: usize,
    /// Those of them that look at the evidence which the watch publishes.
    pub(crate) on_evidence: &'a [String],
    /// The deployment's alarms that could not be.
    pub(crate) unwatched: &'a [String],
    pub(crate) lines: &'a [Line],
}

/// The verdict, its reason, and what else a reader should know.
pub(crate) fn verdict(ended: &Ended<'_>) -> (Exit, String, Vec<String>) {
    let Some((id, state)) = ended.deployment else {
        let reason = "first deployment: CloudFormation creates the alias without CodeDeploy; no hook ran, nothing was checked";
        return (Exit::WouldShip, reason.to_owned(), Vec::new());
    };
    match (state.status, &state.error) {
        ("Succeeded", _) => (
            Exit::WouldShip,
            why_it_ships(ended, id),
            reservations(ended, id),
        ),
        ("Failed" | "Stopped", Some((code, message))) => {
            let found = found_by_a_hook(ended.lines, id).map(|reason| printable(&reason));
            let reason = found.unwrap_or_else(|| because(code, message, ended, id));
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

fn why_it_ships(ended: &Ended<'_>, id: &str) -> String {
    let hooks = match hooks_that_reported(ended, id) {
        0 => "the deployment succeeded unchecked".to_owned(),
        1 => "1 hook reported Succeeded".to_owned(),
        several => format!("{several} hooks reported Succeeded"),
    };
    let alarms = if ended.watching == 0 {
        "no alarm watched"
    } else {
        "no alarm fired"
    };
    let counts = traffic(ended.lines).filter_map(|versions| versions.get(ended.target_version));
    let (requests, errors) = counts.fold((0, 0), |(requests, errors), counts| {
        (requests + counts.requests, errors + counts.errors)
    });
    let errors = match errors {
        0 => String::new(),
        errors => format!(
            ", although version {} failed {errors} of {requests} requests",
            ended.target_version
        ),
    };
    format!("{hooks} and {alarms}{errors}")
}

/// What makes a success worth less than it looks.
fn reservations(ended: &Ended<'_>, id: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if hooks_that_reported(ended, id) == 0 {
        notes.push("no hook checked anything: add Hooks to the DeploymentPreference".to_owned());
    }
    for alarm in ended.unwatched {
        notes.push(format!(
            "the alarm {alarm} could not be evaluated here; on AWS it may stop this deployment"
        ));
    }
    if traffic(ended.lines).all(|versions| versions.values().all(|counts| counts.requests == 0)) {
        notes.push("no requests were sent: alarms saw nothing".to_owned());
    }
    notes
}

fn hooks_that_reported(ended: &Ended<'_>, id: &str) -> usize {
    let reported = |line: &&Line| matches!(&line.what, What::HookReported { deployment_id, .. } if deployment_id == id);
    ended.lines.iter().filter(reported).count()
}

/// The requests of each traffic step, by version.
fn traffic(lines: &[Line]) -> impl DoubleEndedIterator<Item = &BTreeMap<String, Counts>> {
    lines.iter().filter_map(|line| match &line.what {
        What::Traffic { versions, .. } => Some(versions),
        _ => None,
    })
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
            ..
        } if deployment_id == deployment => Some((function.as_str(), report.as_ref())),
        _ => None,
    })
}

fn found_by_a_hook(lines: &[Line], deployment: &str) -> Option<String> {
    let (function, report) =
        reports(lines, deployment).find(|(_, report)| report.verdict == checks::Verdict::Failed)?;
    Some(format!("{function} reported Failed: {}", summary(report)))
}

/// Why CodeDeploy ended a deployment without a hook having said so.
fn because(code: &str, message: &str, ended: &Ended<'_>, id: &str) -> String {
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
    let began = ended.lines.iter().any(|line| {
        matches!(&line.what, What::LifecycleEvent { deployment_id, status: "InProgress" | "Succeeded", .. } if deployment_id == id)
    });
    match code {
        "TIMEOUT" if failures > 0 => {
            format!("a hook failed in {failures} attempts and never reported; CodeDeploy gave up after one hour")
        }
        "TIMEOUT" => "a hook never reported; CodeDeploy gave up after one hour".to_owned(),
        "ALARM_ACTIVE" => {
            let alarms = message.rsplit_once("Activated alarms: ").map_or(message, |(_, alarms)| alarms);
            if !began {
                return format!(
                    "the alarm {alarms} was firing before the deployment began; it blocks every deployment, a fix too"
                );
            }
            // A list of `<name>`, and no name has these signs.
            let fired = |name: &String| alarms.contains(&format!("<{name}>"));
            let evidence = ended.on_evidence.iter().any(fired).then(|| convicting(ended.lines)).flatten();
            match (evidence, errors_of_the_last_step(ended.lines)) {
                (Some(evidence), _) => format!("the alarm {alarms} fired: {evidence}"),
                (None, Some(errors)) => format!("the alarm {alarms} fired; {errors}"),
                (None, None) => format!("the alarm {alarms} fired"),
            }
        }
        // The only permission that the emulated service role can lack.
        "IAM_ROLE_PERMISSIONS" => {
            "CodeDeploy's service role may not invoke the hook: with the role that SAM makes, its name must begin with \
             CodeDeployHook_"
                .to_owned()
        }
        "INVALID_LAMBDA_CONFIGURATION" => match ended.alias_at_start {
            Some(alias) if !alias.additional_version_weights.is_empty() => {
                let (function, name) = ended.alias;
                format!(
                    "the alias already split its traffic ({alias}); before you deploy, clear it with `aws lambda \
                     update-alias --function-name {function} --name {name} --routing-config AdditionalVersionWeights={{}}`"
                )
            }
            _ => message.to_owned(),
        },
        _ => message.to_owned(),
    }
}

/// The evidence that was enough, and the counts that it is made of.
fn convicting(lines: &[Line]) -> Option<String> {
    let shifts = lines.iter().filter_map(|line| match &line.what {
        What::ScheduledRunEnded {
            answer: HookAnswer::Watch(answer),
            ..
        } => Some(&answer.shifts),
        _ => None,
    });
    let shift = shifts
        .flatten()
        .filter(|shift| shift.evidence >= THRESHOLD)
        .next_back()?;
    let Counted {
        new_errors,
        new_calls,
        errors,
        calls,
    } = Counted::of(shift);
    Some(format!(
        "the evidence against version {} is {:.2} ({THRESHOLD:.2} is enough): it failed {new_errors} of {new_calls} calls, \
         both versions together {errors} of {calls}",
        shift.new_version, shift.evidence
    ))
}

/// What the versions of the last traffic step failed at, where one did.
fn errors_of_the_last_step(lines: &[Line]) -> Option<String> {
    let versions = traffic(lines).next_back()?;
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

    fn check(
        status: &'static str,
        watching: usize,
        unwatched: &[String],
        what: Vec<What>,
    ) -> (Exit, String, Vec<String>) {
        let state = DeploymentState {
            status,
            error: None,
        };
        let lines: Vec<Line> = what
            .into_iter()
            .map(|what| Line { at_ms: 0, what })
            .collect();
        verdict(&Ended {
            deployment: Some(("d-1", &state)),
            alias: ("f", "prod"),
            alias_at_start: None,
            target_version: "2",
            watching,
            on_evidence: &[],
            unwatched,
            lines: &lines,
        })
    }

    fn traffic(requests: u32, errors: u32) -> What {
        What::Traffic {
            versions: BTreeMap::from([("2".to_owned(), Counts { requests, errors })]),
            minutes: Vec::new(),
        }
    }

    #[test]
    fn a_success_does_not_hide_what_it_is_worth() {
        let reported = || What::HookReported {
            deployment_id: "d-1".to_owned(),
            status: "Succeeded".to_owned(),
        };
        let (exit, reason, notes) = check(
            "Succeeded",
            1,
            &[],
            vec![reported(), reported(), traffic(20, 0)],
        );
        assert_eq!(
            (exit, reason.as_str()),
            (
                Exit::WouldShip,
                "2 hooks reported Succeeded and no alarm fired"
            )
        );
        assert!(notes.is_empty(), "{notes:?}");

        let (_, reason, notes) = check(
            "Succeeded",
            0,
            &["x".to_owned()],
            vec![reported(), traffic(20, 1), traffic(200, 10)],
        );
        assert_eq!(
            reason,
            "1 hook reported Succeeded and no alarm watched, although version 2 failed 11 of 220 requests"
        );
        assert!(
            notes[0].contains("the alarm x could not be evaluated here"),
            "{notes:?}"
        );

        let (exit, reason, notes) = check("Succeeded", 1, &[], Vec::new());
        assert_eq!(
            (exit, reason.as_str()),
            (
                Exit::WouldShip,
                "the deployment succeeded unchecked and no alarm fired"
            )
        );
        assert!(
            notes[0].contains("no hook checked anything")
                && notes[1].contains("no requests were sent"),
            "{notes:?}"
        );
    }

    #[test]
    fn what_an_alarm_on_the_evidence_has_seen_is_its_reason() {
        let began = || What::LifecycleEvent {
            deployment_id: "d-1".to_owned(),
            name: "BeforeAllowTraffic",
            status: "Succeeded",
        };
        let run = |evidence: f64, errors: u64| {
            let minute = json!({
                "at": "2026-01-01T00:10:00Z", "current": {},
                "new": { "invocations": 12, "errors": errors }, "alias": { "invocations": 120, "errors": errors + 1 },
            });
            let shift = json!({
                "function": "f", "alias": "prod", "currentVersion": "1", "newVersion": "2", "since": "", "until": "",
                "evidence": evidence, "minutes": [minute],
            });
            let answer = json!({ "time": "", "shifts": [shift], "idle": [] });
            What::ScheduledRunEnded {
                rule: "r".to_owned(),
                function: "w".to_owned(),
                answer: HookAnswer::Watch(serde_json::from_value(answer).unwrap()),
            }
        };
        let of_evidence = "the alarm <evidence> fired: the evidence against version 2 is 3.21 (3.00 is enough): it failed \
                           2 of 12 calls, both versions together 3 of 120";
        // The alarms that fired, the runs of the watch, and the reason.
        for (alarms, runs, expected) in [
            (
                "<evidence>",
                vec![run(1.0, 1), run(3.214, 2), run(2.9, 9)],
                of_evidence,
            ),
            (
                "<another>",
                vec![run(3.214, 2)],
                "the alarm <another> fired; version 2 failed 5 of 20 requests",
            ),
            (
                "<evidence>",
                vec![run(1.0, 1)],
                "the alarm <evidence> fired; version 2 failed 5 of 20 requests",
            ),
            (
                "<evidence>",
                vec![],
                "the alarm <evidence> fired; version 2 failed 5 of 20 requests",
            ),
        ] {
            let state = DeploymentState {
                status: "Stopped",
                error: Some(("ALARM_ACTIVE", format!("Activated alarms: {alarms}"))),
            };
            let what = [began(), traffic(20, 5)].into_iter().chain(runs);
            let lines: Vec<Line> = what.map(|what| Line { at_ms: 0, what }).collect();
            let (exit, reason, _) = verdict(&Ended {
                deployment: Some(("d-1", &state)),
                alias: ("f", "prod"),
                alias_at_start: None,
                target_version: "2",
                watching: 2,
                on_evidence: &["evidence".to_owned()],
                unwatched: &[],
                lines: &lines,
            });
            assert_eq!((exit, reason.as_str()), (Exit::WouldRollBack, expected));
        }
    }

    #[test]
    fn a_deployment_that_has_not_ended_is_no_verdict() {
        assert_eq!(check("InProgress", 1, &[], Vec::new()).0, Exit::Undecided);
    }
}
