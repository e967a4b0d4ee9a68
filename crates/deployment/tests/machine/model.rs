//! What a deployment comes to when everything is punctual, worked out as a list of moments that the first interruption cuts off.
//!
//! It shares no code with the crate: no schedule, no states, no texts.

use std::time::Duration;

use deployment::AutoRollbackEvent::{
    DeploymentFailure, DeploymentStopOnAlarm, DeploymentStopOnRequest,
};
use deployment::{AliasRouting, CallError};

use crate::script::{Hook, Script, secs};
use crate::world::render;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    AllAtOnce,
    Canary(i32, i32),
    Linear(i32, i32),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) status: String,
    pub(crate) code: Option<String>,
    pub(crate) at: Duration,
    /// What this deployment, not its rollback, wrote to the alias.
    pub(crate) writes: Vec<(Duration, String)>,
    pub(crate) rollback: Option<String>,
    pub(crate) alias: String,
}

struct End {
    at: Duration,
    status: &'static str,
    code: Option<&'static str>,
    rollback: bool,
}

pub(crate) fn predict(shape: Shape, script: &Script) -> Outcome {
    let (mut writes, natural) = undisturbed(shape, script);
    let end = [alarm(script), stop(script)]
        .into_iter()
        .flatten()
        .filter(|interruption| interruption.at <= natural.at)
        .min_by_key(|interruption| interruption.at)
        .unwrap_or(natural);
    // A write that fails is a write that was tried and left nothing.
    writes.retain(|(at, _)| *at < end.at || (*at == end.at && end.status != "Stopped"));
    let tried = writes.len();
    let failing = script.update_fails.as_ref().map(|(nth, _)| *nth);
    writes.truncate(failing.unwrap_or(usize::MAX));

    let initial = render(script.alias.as_ref());
    let mut alias = writes.last().map_or(initial, |(_, alias)| alias.clone());
    let rollback = end.rollback.then(|| {
        let readable = script.alias_read_fails.is_none();
        let ours = alias
            .split('+')
            .next()
            .is_some_and(|version| version == "1" || version == "2");
        if readable && ours && failing != Some(tried) {
            alias = "1".into();
            "Succeeded".to_owned()
        } else {
            "Failed".to_owned()
        }
    });
    Outcome {
        status: end.status.into(),
        code: end.code.map(str::to_owned),
        at: end.at,
        writes,
        rollback,
        alias,
    }
}

/// The writes that are tried and the end, if no alarm and nobody interrupts.
fn undisturbed(shape: Shape, script: &Script) -> (Vec<(Duration, String)>, End) {
    let rollback = script.spec.auto_rollback.contains(&DeploymentFailure);
    let failed = |at, code| End {
        at,
        status: "Failed",
        code: Some(code),
        rollback,
    };
    let mut writes = Vec::new();

    if let Some(error) = &script.alias_read_fails {
        return (
            writes,
            failed(secs(0), code_of(error, "INVALID_LAMBDA_CONFIGURATION")),
        );
    }
    if script.alias != Some(AliasRouting::to_version("1")) {
        return (writes, failed(secs(0), "INVALID_LAMBDA_CONFIGURATION"));
    }
    let mut now = secs(2);
    if script.spec.before_allow_traffic.is_some() {
        let (took, code) = hook(&script.before);
        now += took;
        if let Some(code) = code {
            return (writes, failed(now, code));
        }
    }
    let start = now;
    for (minute, percent) in steps(shape) {
        now = start + secs(60) * minute;
        let alias = match percent {
            100 => "2".to_owned(),
            _ => format!("1+2:{}", f64::from(percent) / 100.0),
        };
        writes.push((now, alias));
        if let Some((nth, error)) = &script.update_fails
            && nth + 1 == writes.len()
        {
            return (
                writes,
                failed(now, code_of(error, "INVALID_LAMBDA_CONFIGURATION")),
            );
        }
    }
    if script.spec.after_allow_traffic.is_some() {
        let (took, code) = hook(&script.after);
        now += took;
        if let Some(code) = code {
            return (writes, failed(now, code));
        }
    }
    (
        writes,
        End {
            at: now,
            status: "Succeeded",
            code: None,
            rollback: false,
        },
    )
}

fn steps(shape: Shape) -> Vec<(u32, u32)> {
    let (percent, interval) = match shape {
        Shape::AllAtOnce => return vec![(0, 100)],
        Shape::Canary(percent, interval) => {
            return vec![(0, percent.unsigned_abs()), (interval.unsigned_abs(), 100)];
        }
        Shape::Linear(percent, interval) => (percent.unsigned_abs(), interval.unsigned_abs()),
    };
    let mut steps = vec![(0, percent)];
    while let Some((minute, reached @ 0..100)) = steps.last().copied() {
        steps.push((minute + interval, (reached + percent).min(100)));
    }
    steps
}

/// How long the hook holds the deployment, and the code with which it fails it.
fn hook(hook: &Hook) -> (Duration, Option<&'static str>) {
    let hour = secs(3600);
    let reported = |after: Duration, status: &str| match status {
        _ if after >= hour => (hour, Some("TIMEOUT")),
        "Failed" => (after, Some("HOOK_EXECUTION_FAILURE")),
        _ => (after, None),
    };
    match hook {
        Hook::Silent => (hour, Some("TIMEOUT")),
        Hook::Reports(after, status) => reported(*after, status),
        Hook::Crashes(0, after, status) => reported(*after, status),
        Hook::Crashes(1, after, status) => reported(secs(60) + *after, status),
        Hook::Crashes(2, after, status) => reported(secs(180) + *after, status),
        Hook::Crashes(..) => (hour, Some("TIMEOUT")),
        Hook::Refused(error) => (secs(0), Some(code_of(error, "INVALID_LAMBDA_FUNCTION"))),
    }
}

fn alarm(script: &Script) -> Option<End> {
    if script.spec.alarms.is_empty() {
        return None;
    }
    let poll_after = |at: Duration| secs(at.as_secs().div_ceil(10) * 10);
    let blind = script.polls_fail.as_ref().map(|(at, _)| poll_after(*at));
    let seen = script
        .alarm_at
        .map(poll_after)
        .filter(|at| blind.is_none_or(|blind| *at < blind));
    let blind = blind.filter(|_| !script.spec.ignore_poll_alarm_failure);
    let rollback = script.spec.auto_rollback.contains(&DeploymentStopOnAlarm);
    match (seen, blind, &script.polls_fail) {
        (Some(at), ..) => Some(End {
            at,
            status: "Stopped",
            code: Some("ALARM_ACTIVE"),
            rollback,
        }),
        (None, Some(at), Some((_, error))) => Some(End {
            at,
            status: "Stopped",
            code: Some(code_of(error, "INTERNAL_ERROR")),
            rollback,
        }),
        _ => None,
    }
}

fn stop(script: &Script) -> Option<End> {
    let (at, requested) = script.stop?;
    let rollback = requested || script.spec.auto_rollback.contains(&DeploymentStopOnRequest);
    Some(End {
        at,
        status: "Stopped",
        code: Some("MANUAL_STOP"),
        rollback,
    })
}

fn code_of(error: &CallError, not_found: &'static str) -> &'static str {
    match error {
        CallError::AccessDenied => "IAM_ROLE_PERMISSIONS",
        CallError::NotFound => not_found,
        CallError::Throttled => "THROTTLED",
        CallError::Other(_) => "INTERNAL_ERROR",
    }
}
