//! From the calls of a shift to what they say, in numbers and in words.

use super::{Shifted, Unseen, Versions};
use crate::config::Policy;
use crate::figures::{percent, percent_below, probability};
use crate::reason::reason;
use crate::time;
use checks::{Calls, Canary};
use evidence::{Alpha, InputError, Tally, clean_invocations, stratified_fisher, upper_bound};

/// From here on errors are called chance no more; and the error probability of every bound.
const ALPHA: Alpha = Alpha::ONE_IN_TWENTY;

/// What few clean calls are held against where nobody has demanded a bound.
const USUAL_BOUND: f64 = 0.05;

/// What is demanded of the shift.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    /// `GATE_CANARY`.
    pub(crate) policy: Policy,
    /// `GATE_REQUIRED_BOUND`.
    pub(crate) required_bound: Option<f64>,
}

/// What a shift says.
#[derive(Debug, PartialEq)]
pub(crate) struct Stated {
    pub(crate) canary: Canary,
    /// Why the gate fails by it, where it does.
    pub(crate) fails: Option<String>,
}

/// States what is known of the shift, and whether that is what is demanded. What is not known is never a pass where
/// anything is demanded.
pub(crate) fn state(
    seen: Result<Shifted, Unseen>,
    versions: Versions<'_>,
    demand: Demand,
) -> Stated {
    let stated = seen
        .map_err(|unseen| reason(&unseen))
        .and_then(|shifted| of(&shifted, versions, demand).map_err(|error| error.to_string()));
    stated.unwrap_or_else(|why| {
        let summary = format!(
            "nothing is known of the calls that version {} had while traffic shifted: {why}",
            versions.target
        );
        let is_demanded = demand.policy == Policy::Fail || demand.required_bound.is_some();
        Stated {
            fails: is_demanded.then(|| summary.clone()),
            canary: Canary {
                summary,
                since: None,
                until: None,
                target: None,
                current: None,
                p: None,
                bound: None,
            },
        }
    })
}

fn of(shifted: &Shifted, versions: Versions<'_>, demand: Demand) -> Result<Stated, InputError> {
    let Shifted {
        current, target, ..
    } = *shifted;
    let has_calls = |tally: Tally| tally.invocations > 0;
    let mut minutes = shifted.whole_minutes.iter().copied();
    let p = if minutes.any(|(target, current)| has_calls(target) && has_calls(current)) {
        // Minute by minute: of totals alone, an outage late in a linear shift looks like the new version's.
        Some(stratified_fisher(shifted.whole_minutes.iter().copied())?.p)
    } else {
        None
    };
    let bound = upper_bound(target, ALPHA)?;
    let errs_more = p.is_some_and(|p| p <= ALPHA.get());
    let said = match target {
        Tally { invocations: 0, .. } if shifted.reach.is_some() => format!(
            "version {} had no call while traffic shifted, so nothing is known of its errors",
            versions.target
        ),
        Tally { invocations: 0, .. } => format!(
            "nothing is known of the calls that version {} had while traffic shifted",
            versions.target
        ),
        Tally { errors: 0, .. } => clean(target.invocations, bound, demand)?,
        _ => with_errors(shifted, versions, p, bound, errs_more),
    };
    let summary = said + &counted(shifted);
    let mut fails: Vec<String> = Vec::new();
    // Errors that nothing can be held against may be the new version's alone, and silence says nothing for it.
    let is_unknown = p.is_none() && (target.errors > 0 || !has_calls(target));
    if demand.policy == Policy::Fail && (errs_more || is_unknown) {
        fails.push(summary.clone());
    }
    if let Some(required) = demand.required_bound.filter(|required| bound > *required) {
        let clean = clean_invocations(required, ALPHA)?;
        fails.push(format!(
            "GATE_REQUIRED_BOUND is {}, and the shift does not show an error rate below that: {summary} (without errors it takes {clean} calls)",
            percent(required)
        ));
    }
    Ok(Stated {
        canary: Canary {
            summary,
            since: Some(time::text(shifted.since)),
            until: Some(time::text(shifted.reach.unwrap_or(shifted.since))),
            target: Some(calls(target)),
            current: Some(calls(current)),
            p,
            bound: has_calls(target).then_some(bound),
        },
        fails: (!fails.is_empty()).then(|| fails.join("; ")),
    })
}

/// "410 clean calls: an error rate of 0.73 % or more would have shown (95 %)".
fn clean(calls: u64, bound: f64, demand: Demand) -> Result<String, InputError> {
    let usual = demand.required_bound.unwrap_or(USUAL_BOUND);
    let few = if bound > usual {
        let enough = clean_invocations(usual, ALPHA)?;
        format!(
            "; that is little traffic: {enough} would show {}",
            percent(usual)
        )
    } else {
        String::new()
    };
    let s = if calls == 1 { "" } else { "s" };
    Ok(format!(
        "{calls} clean call{s}: an error rate of {} or more would have shown (95 %){few}",
        percent_below(bound)
    ))
}

fn with_errors(
    shifted: &Shifted,
    versions: Versions<'_>,
    p: Option<f64>,
    bound: f64,
    errs_more: bool,
) -> String {
    let Shifted {
        current, target, ..
    } = shifted;
    let below = percent_below(bound);
    let (new, old) = (versions.target, versions.current);
    let of = |tally: &Tally| format!("{} of {}", tally.errors, tally.invocations);
    let Some(p) = p else {
        return format!(
            "version {new} erred in {} calls, and in no whole minute did version {old} have any beside them to compare with; its error rate is below {below} (95 %)",
            of(target)
        );
    };
    let verdict = if errs_more {
        "errs more often than"
    } else {
        "is not shown to err more often than"
    };
    format!(
        "version {new} {verdict} version {old}: {} calls against {} (p = {}, minute by minute); its error rate is below {below} (95 %)",
        of(target),
        of(current),
        probability(p)
    )
}

/// Which minutes these are, and what is not among them.
fn counted(shifted: &Shifted) -> String {
    let Shifted {
        since,
        until,
        reach,
        ..
    } = *shifted;
    if since >= until {
        return "; traffic shifted within a minute".to_owned();
    }
    match reach {
        Some(reach) if reach >= until => String::new(),
        Some(reach) => format!(
            "; counted until {}, and CloudWatch has nothing of the time from then to {} yet",
            time::text(reach),
            time::text(until)
        ),
        None => format!(
            "; CloudWatch has nothing of {} to {} yet",
            time::text(since),
            time::text(until)
        ),
    }
}

fn calls(tally: Tally) -> Calls {
    Calls {
        calls: tally.invocations,
        errors: tally.errors,
    }
}
