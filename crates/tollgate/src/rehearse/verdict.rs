//! Would it ship? And the reason, in words that a person can act on.

use std::collections::BTreeMap;

use checks::Report;
use emulator::DeploymentState;
use evidence::THRESHOLD;
use hooks::WatchedShift;

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
    /// The names of the functions that watch.
    pub(crate) watches: &'a [String],
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
    notes.extend(silence_of_the_watch(ended));
    if traffic(ended.lines).all(|versions| versions.values().all(|counts| counts.requests == 0)) {
        notes.push("no requests were sent: alarms saw nothing".to_owned());
    }
    notes
}

/// What the alarms on the evidence did not see, where the watch did not say it.
fn silence_of_the_watch(ended: &Ended<'_>) -> Vec<String> {
    if ended.on_evidence.is_empty() {
        return Vec::new();
    }
    let (mut judged, mut failed) = (0, BTreeMap::<_, usize>::new());
    let mut most = f64::NEG_INFINITY;
    for line in ended.lines {
        match &line.what {
            What::ScheduledRunEnded {
                answer: HookAnswer::Watch(answer),
                ..
            } => {
                judged += answer.shifts.len();
                let evidence = answer.shifts.iter().map(|shift| shift.evidence);
                most = evidence.fold(most, f64::max);
            }
            What::ScheduledRunEnded {
                function,
                answer: HookAnswer::FunctionError { .. },
                ..
            } if ended.watches.contains(function) => {
                *failed.entry(function).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    let alarms = ended.on_evidence.join(", ");
    if failed.is_empty() && judged == 0 {
        return vec![format!(
            "no evidence was published of the shift: the alarm {alarms} saw nothing"
        )];
    }
    let told = |(function, runs): (&String, usize)| {
        let times = if runs == 1 { "time" } else { "times" };
        format!(
            "{function} failed {runs} {times}: what it did not publish, the alarm {alarms} did not see"
        )
    };
    let too_late = (most >= THRESHOLD).then(|| {
        format!(
            "the evidence reached {most:.2}, which is enough to roll back, and the alarm {alarms} did not stop the shift: it came \
             too late, or the alarm's dimensions are not the metric's, `function` and `alias`"
        )
    });
    failed.into_iter().map(told).chain(too_late).collect()
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
            let evidence = convicting(ended, alarms);
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

/// The evidence by which one of `alarms` fired, a list of `<name>`, and the counts that it is made of.
fn convicting(ended: &Ended<'_>, alarms: &str) -> Option<String> {
    let fired = ended.lines.iter().rposition(|line| {
        matches!(&line.what, What::Alarm { name, state, .. } if state == "ALARM"
            && ended.on_evidence.contains(name)
            // No name has these signs.
            && alarms.contains(&format!("<{name}>")))
    })?;
    let (before, rest) = ended.lines.split_at(fired);
    let reason = rest.first().map_or("", |line| match &line.what {
        What::Alarm { reason, .. } => reason,
        _ => "",
    });
    let shifts = before.iter().filter_map(|line| match &line.what {
        What::ScheduledRunEnded {
            answer: HookAnswer::Watch(answer),
            ..
        } => Some(&answer.shifts),
        _ => None,
    });
    let convicts = |shift: &&WatchedShift| shift.evidence >= THRESHOLD;
    let convicting: Vec<&WatchedShift> = shifts.flatten().filter(convicts).collect();
    // The watch may have run once more before the alarm was evaluated, or the value could be seen.
    let is_named = |shift: &&&WatchedShift| reason.contains(&format!("[{} (", shift.evidence));
    let shift = (convicting.iter().find(is_named)).or(convicting.last())?;
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
mod tests;
