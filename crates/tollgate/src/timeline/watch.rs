//! A run of the watch, for people.

use std::fmt::{self, Write as _};

use evidence::THRESHOLD;
use hooks::{WatchAnswer, WatchedShift};

use crate::draw::{BAD, DIM, MARGIN};

/// What a watch had counted of a shift when it looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Errors of the new version.
    pub(crate) new_errors: u64,
    /// Its calls.
    pub(crate) new_calls: u64,
    /// Errors of both versions.
    pub(crate) errors: u64,
    /// Calls of both.
    pub(crate) calls: u64,
}

impl Counted {
    /// The sums of all minutes, as far as CloudWatch had them.
    pub(crate) fn of(shift: &WatchedShift) -> Self {
        let mut counted = Self::default();
        for minute in &shift.minutes {
            counted.new_errors += minute.new.errors.unwrap_or_default();
            counted.new_calls += minute.new.invocations.unwrap_or_default();
            counted.errors += minute.alias.errors.unwrap_or_default();
            counted.calls += minute.alias.invocations.unwrap_or_default();
        }
        counted
    }
}

/// Writes one line for each shift, all but the first of them with their margin.
pub(super) fn write(out: &mut String, answer: &WatchAnswer) -> fmt::Result {
    for (number, shift) in answer.shifts.iter().enumerate() {
        if number > 0 {
            write!(out, "{MARGIN}")?;
        }
        let several = answer.shifts.len() > 1;
        write_shift(out, shift, several)?;
    }
    Ok(())
}

fn write_shift(out: &mut String, shift: &WatchedShift, with_name: bool) -> fmt::Result {
    let style = if shift.evidence >= THRESHOLD {
        BAD
    } else {
        DIM
    };
    let name = if with_name {
        format!("{}  ", shift.alias)
    } else {
        String::new()
    };
    let WatchedShift {
        evidence,
        new_version,
        since,
        until,
        ..
    } = shift;
    write!(
        out,
        "  {name}evidence {style}{evidence:5.2} of {THRESHOLD:.2}{style:#}   "
    )?;
    if since == until {
        return writeln!(out, "no minute of the shift is over");
    }
    let Counted {
        new_errors,
        new_calls,
        errors,
        calls,
    } = Counted::of(shift);
    writeln!(
        out,
        "version {new_version}: {new_calls}, errors: {new_errors}   both versions: {calls}, errors: {errors}"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A shift of `alias` with minutes of (calls and errors of the new version, calls and errors of both).
    fn shift(alias: &str, evidence: f64, minutes: &[[u64; 4]]) -> Value {
        let counted =
            |invocations: u64, errors: u64| json!({ "invocations": invocations, "errors": errors });
        let minutes: Vec<Value> = minutes
            .iter()
            .map(|[new_calls, new_errors, calls, errors]| {
                json!({
                    "at": "2026-01-01T00:10:00Z",
                    "alias": counted(*calls, *errors),
                    "new": counted(*new_calls, *new_errors),
                    "current": {},
                })
            })
            .collect();
        json!({
            "function": "f", "alias": alias, "currentVersion": "1", "newVersion": "2",
            "since": "2026-01-01T00:10:00Z",
            "until": format!("2026-01-01T00:{}:00Z", 10 + minutes.len()),
            "evidence": evidence, "minutes": minutes,
        })
    }

    #[test]
    fn a_run_is_a_line_for_each_shift() {
        let (counted, nothing) = ([[12, 1, 120, 1], [9, 1, 118, 3]], []);
        for (shifts, expected) in [
            (
                vec![shift("prod", 1.554, &counted)],
                "  evidence  1.55 of 3.00   version 2: 21, errors: 2   both versions: 238, errors: 4\n",
            ),
            (
                vec![shift("prod", -0.004, &nothing)],
                "  evidence -0.00 of 3.00   no minute of the shift is over\n",
            ),
            (
                vec![shift("a", 12.0, &nothing), shift("b", 0.0, &nothing)],
                "  f:a  evidence 12.00 of 3.00   no minute of the shift is over\n            \
                     f:b  evidence  0.00 of 3.00   no minute of the shift is over\n",
            ),
        ] {
            let answer = json!({ "time": "2026-01-01T00:12:30Z", "shifts": shifts, "idle": [] });
            let answer: WatchAnswer = serde_json::from_value(answer).unwrap();
            let mut out = String::new();
            write(&mut out, &answer).unwrap();
            assert_eq!(anstream::adapter::strip_str(&out).to_string(), expected);
        }
    }
}
