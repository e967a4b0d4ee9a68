//! The calls of a shift, added up.

use crate::discovery::{SourceError, targets};
use crate::ports::{CallErrorKind, GetDeploymentTarget, GetMetricData, ListDeploymentTargets};
use crate::shift_counts::{self, CountsError, Minutes, ShiftQuery};
use crate::time::{self, MINUTE};
use evidence::{Counts, Tally};

/// Which shift it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versions<'a> {
    pub(crate) function: &'a str,
    pub(crate) alias: &'a str,
    pub(crate) current: &'a str,
    pub(crate) target: &'a str,
}

/// The calls of a shift of which CloudWatch knows how they ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shifted {
    /// The start of the first minute, in seconds since 1970.
    pub(crate) since: i64,
    /// The end of the last whole minute of the shift.
    pub(crate) until: i64,
    /// The end of the last minute of which CloudWatch has anything: metrics arrive late.
    pub(crate) reach: Option<i64>,
    pub(crate) current: Tally,
    pub(crate) target: Tally,
    /// Of each whole minute, the target version's and the current one's. In the minute in which the shift began, the
    /// current version had calls of its own.
    pub(crate) whole_minutes: Vec<(Tally, Tally)>,
}

/// Why nothing is known of the calls.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unseen {
    #[error("with GATE_TARGET it is not known which version served before")]
    GivenTarget,
    #[error("its deployment target, which says when it was, cannot be read{}", permissions(.0))]
    Target(#[source] SourceError),
    #[error("its deployment target does not say when AllowTraffic {0}")]
    NoTime(&'static str),
    #[error("its counts cannot be read{}", remedy(.0))]
    Counts(#[source] CountsError),
    #[error("there was no answer within {0} ms")]
    Late(u128),
    #[error("the hook panicked: {0}")]
    Panic(String),
}

/// Counts the calls of the deployment's shift, from the minute in which it began to the last that was over when it ended.
///
/// # Errors
///
/// When the shift was is not known, or CloudWatch's counts are not.
pub(crate) async fn read(
    ports: &(impl ListDeploymentTargets + GetDeploymentTarget + GetMetricData),
    deployment_id: &str,
    versions: Versions<'_>,
) -> Result<Shifted, Unseen> {
    let target = targets::read(ports, deployment_id)
        .await
        .map_err(Unseen::Target)?;
    let since = target.allow_traffic_start.ok_or(Unseen::NoTime("began"))?;
    let until = target.allow_traffic_end.ok_or(Unseen::NoTime("ended"))?;
    let query = ShiftQuery {
        function: versions.function.to_owned(),
        alias: versions.alias.to_owned(),
        new_version: versions.target.to_owned(),
        current_version: versions.current.to_owned(),
        since,
        until,
    };
    let counts = shift_counts::read(ports, &[query]).await;
    let minutes = counts
        .into_iter()
        .next()
        .unwrap_or_else(|| Ok(Minutes::new()));
    let minutes = minutes.map_err(Unseen::Counts)?;
    Ok(Shifted {
        since: time::minute(since),
        until: time::minute(until),
        ..added(&minutes, since)
    })
}

/// Adds up the minutes of a shift that began at `since`.
fn added(minutes: &Minutes, since: i64) -> Shifted {
    let mut shifted = Shifted {
        since: 0,
        until: 0,
        reach: None,
        current: Tally::default(),
        target: Tally::default(),
        whole_minutes: Vec::with_capacity(minutes.len()),
    };
    for (start, seen) in minutes {
        let (target, current) = (ended(&seen.new), ended(&seen.current));
        add(&mut shifted.target, target);
        add(&mut shifted.current, current);
        if *start >= since {
            shifted.whole_minutes.push((target, current));
        }
        if [&seen.alias, &seen.new, &seen.current]
            .into_iter()
            .any(has_point)
        {
            shifted.reach = Some(start + MINUTE);
        }
    }
    shifted
}

/// `Errors` has a sample for each invocation, 0 or 1, so its `SampleCount` is how many calls it tells the end of. One that
/// was invoked and has not told yet is no clean call.
fn ended(counts: &Counts) -> Tally {
    let errors = counts.errors.unwrap_or(0);
    Tally {
        errors,
        invocations: counts.error_samples.unwrap_or(0).max(errors),
    }
}

fn add(sum: &mut Tally, tally: Tally) {
    sum.errors = sum.errors.saturating_add(tally.errors);
    sum.invocations = sum.invocations.saturating_add(tally.invocations);
}

fn has_point(counts: &Counts) -> bool {
    counts.error_samples.is_some() || counts.errors.is_some()
}

/// What whoever reads it can do.
fn permissions(error: &SourceError) -> &'static str {
    match error {
        SourceError::Denied(_) => {
            " (the hook's role needs codedeploy:ListDeploymentTargets and codedeploy:GetDeploymentTarget)"
        }
        _ => "",
    }
}

/// The same of the counts.
fn remedy(error: &CountsError) -> &'static str {
    match error {
        CountsError::Call(call) if call.kind == CallErrorKind::AccessDenied => {
            " (the hook's role needs cloudwatch:GetMetricData on `*`)"
        }
        _ => "",
    }
}
