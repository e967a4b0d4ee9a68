//! From the pairs of a run to what they say.

use super::Limit;
use crate::figures::{milliseconds, probability};
use checks::{CheckedEvent, Durations, Outcome, Timed, TimedBy};
use evidence::{Alpha, InputError, MOST_EXACT_PAIRS, Pair, SignedRank, signed_rank};

/// From here on differences are called chance no more.
const ALPHA: Alpha = Alpha::ONE_IN_TWENTY;

/// With fewer pairs no difference reaches [`ALPHA`]: 2^-4 is 0.0625.
const LEAST_PAIRS: usize = 5;

/// Both versions, the current one first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versions<'a> {
    pub(crate) current: &'a str,
    pub(crate) target: &'a str,
}

/// What the durations of the events that are met say, and whether they fail a gate that fails by them: where the target
/// is slower by the test and by `limit`, or where that cannot be told from numbers that are none.
pub(crate) fn judge(
    events: &[CheckedEvent],
    versions: Versions<'_>,
    limit: Limit,
) -> (Durations, bool) {
    let met = events
        .iter()
        .filter(|event| matches!(event.outcome, Outcome::Met));
    let (cold, warm): (Vec<_>, Vec<_>) = met
        .filter_map(|event| event.timed.as_ref())
        .partition(|timed| timed.is_cold());
    // More say nothing that these would not. They are spread over all events, whose names say what they are about.
    let step = warm.len().div_ceil(MOST_EXACT_PAIRS).max(1);
    let drawn: Vec<&Timed> = warm.into_iter().step_by(step).collect();
    let nothing_yet = Durations {
        summary: String::new(),
        pairs: drawn.len(),
        cold: cold.len(),
        shift_ms: None,
        least_ms: None,
        p: None,
    };
    let (durations, fails) = match of_pairs(&drawn, versions, limit, &nothing_yet) {
        Ok(judged) => judged,
        Err(error) => {
            let summary = format!("durations cannot be compared: {error}");
            (
                Durations {
                    summary,
                    ..nothing_yet
                },
                true,
            )
        }
    };
    let summary = durations.summary + &left_out(cold.len(), &drawn);
    (
        Durations {
            summary,
            ..durations
        },
        fails,
    )
}

fn of_pairs(
    drawn: &[&Timed],
    Versions { current, target }: Versions<'_>,
    limit: Limit,
    nothing_yet: &Durations,
) -> Result<(Durations, bool), InputError> {
    let pairs = drawn.len();
    if pairs < LEAST_PAIRS {
        let summary = format!(
            "durations were not judged: there {}, and it takes {LEAST_PAIRS} to show anything (p ≤ {})",
            match pairs {
                0 => "is no pair of them".to_owned(),
                1 => "is 1 pair of them".to_owned(),
                pairs => format!("are {pairs} pairs of them"),
            },
            ALPHA.get()
        );
        return Ok((
            Durations {
                summary,
                ..nothing_yet.clone()
            },
            false,
        ));
    }
    let of_both = |timed: &&Timed| Pair {
        new: timed.target.ms,
        current: timed.current.ms,
    };
    let drawn: Vec<Pair> = drawn.iter().map(of_both).collect();
    let SignedRank { p, shift, .. } = signed_rank(&drawn)?;
    let least = limit.against(median(drawn.iter().map(|pair| pair.current)));
    let is_slower = p <= ALPHA.get() && shift >= least;
    let verdict = if is_slower {
        "is slower than"
    } else {
        "is not shown to be slower than"
    };
    let by_how_much = match shift {
        0.0 => "no difference".to_owned(),
        0.0.. => format!("{} longer", milliseconds(shift)),
        _ => format!("{} less", milliseconds(-shift)),
    };
    let summary = format!(
        "version {target} {verdict} version {current}: {by_how_much} in the middle of {pairs} pairs (p = {}; {} and p ≤ {} would count)",
        probability(p),
        milliseconds(least),
        ALPHA.get(),
    );
    let durations = Durations {
        summary,
        shift_ms: Some(shift),
        least_ms: Some(least),
        p: Some(p),
        ..nothing_yet.clone()
    };
    Ok((durations, is_slower))
}

/// What is not among the pairs, or is among them in another way than the rest.
fn left_out(cold: usize, drawn: &[&Timed]) -> String {
    let by_client = drawn.iter().filter(|timed| timed.by == TimedBy::Client);
    let by_client = by_client.count();
    let mut text = String::new();
    if cold > 0 {
        text.push_str(&format!(
            "; {cold} with a cold start are left out (a smaller GATE_CONCURRENCY has fewer)"
        ));
    }
    if by_client > 0 {
        text.push_str(&format!(
            "; {by_client} by the hook's own clock, because Lambda did not report them"
        ));
    }
    text
}

/// The middle one, or the mean of the two in the middle; 0 of nothing.
fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match (numbers.get(middle.wrapping_sub(1)), numbers.get(middle)) {
        (Some(low), Some(high)) if numbers.len().is_multiple_of(2) => f64::midpoint(*low, *high),
        (_, Some(middle)) => *middle,
        (_, None) => 0.0,
    }
}
