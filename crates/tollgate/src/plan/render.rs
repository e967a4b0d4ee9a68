//! A plan as text: a table for each traffic, a chart of what is recommended, and why.

use std::fmt::{self, Write as _};

use evidence::{Alpha, Tally, upper_bound};

use super::advice::TOLERABLE;
use super::figures::{count, of_all, percent};
use super::model::{ForTraffic, ForType, Judged, NewVersion, Plan, Shifts, bad_rates};
use super::traffic::Traffic;
use crate::draw::{BAD, BOLD, DIM, GOOD};
use crate::printable::printable;

/// How wide the names of deployment types are.
const NAME: usize = 31;

/// How wide the share of a bad version is, with its minute.
const CELL: usize = 8;

/// How wide text is at most.
const WIDTH: usize = 96;

/// The width of a whole bar of the chart.
const BAR: usize = 24;

pub(super) fn plan(plan: &Plan) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for (index, traffic) in plan.traffic.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        table(&mut out, traffic)?;
        let is_only = plan.traffic.len() == 1;
        advice(&mut out, traffic, is_only)?;
    }
    writeln!(
        out,
        "\n{DIM}{} shifts of each kind were simulated (seed {}). Of these, % that were rolled back, and by which\n\
         minute (@) half of them were: by the watch, and by the tripwire, Errors > 0 in two minutes running.\n\
         good: errs as the current version does; outage: the same, but for 5 minutes 30 % of all calls fail.\n\
         in time: the new version's calls, on average, that can be judged before the shift ends.{DIM:#}",
        count(f64::from(plan.runs)),
        plan.seed
    )?;
    Ok(out)
}

fn table(out: &mut String, traffic: &ForTraffic) -> fmt::Result {
    heading(out, &traffic.traffic)?;
    write!(
        out,
        "\n{:NAME$}{:>6}{:>7}",
        "rolled back, %", "good", "outage"
    )?;
    for rate in bad_rates() {
        write!(out, "{:>CELL$}", percent(rate))?;
    }
    writeln!(out, "{:>9}", "in time")?;
    for found in &traffic.deployment_types {
        row(out, &found.deployment_type, found, |shifts| &shifts.watch)?;
        writeln!(out, " {:>8}", count(found.calls_in_time))?;
        row(out, "  tripwire", found, |shifts| &shifts.tripwire)?;
        out.push('\n');
    }
    Ok(())
}

fn heading(out: &mut String, traffic: &Traffic) -> fmt::Result {
    let calls = count(traffic.calls_per_minute);
    let errors = percent(traffic.error_rate);
    let Some(measured) = &traffic.measured else {
        return writeln!(
            out,
            "{BOLD}{calls} calls a minute, {errors} of them errors{BOLD:#}"
        );
    };
    writeln!(
        out,
        "{BOLD}{}: {calls} calls a minute, {errors} of them errors{BOLD:#}",
        printable(&measured.name())
    )?;
    let minutes = count(measured.minutes as f64);
    let which = if measured.median_calls_per_minute > 0.0 {
        format!(
            "the median of {minutes} minutes; the mean is {}",
            count(measured.mean_calls_per_minute)
        )
    } else {
        format!("the mean of {minutes} minutes, of which most have none")
    };
    let failed = format!(
        "{} of {} calls failed",
        count(measured.errors as f64),
        count(measured.calls as f64)
    );
    let tally = Tally {
        invocations: measured.calls,
        errors: measured.errors,
    };
    let possible = match upper_bound(tally, Alpha::ONE_IN_TWENTY) {
        Ok(bound) if measured.errors == 0 => {
            format!(", which leaves up to {} possible", percent(bound))
        }
        _ => String::new(),
    };
    writeln!(
        out,
        "{DIM}from CloudWatch: {which}; {failed}{possible}{DIM:#}"
    )
}

fn row(
    out: &mut String,
    name: &str,
    found: &ForType,
    side: impl Fn(&Shifts) -> &Judged,
) -> fmt::Result {
    write!(out, "{:NAME$}", printable(name))?;
    let harmless = |version: NewVersion| {
        let shifts = found.shifts.iter();
        shifts.filter(move |shifts| shifts.new_version == version)
    };
    for (version, width) in [(NewVersion::Good, 5), (NewVersion::Outage, 6)] {
        for shifts in harmless(version) {
            let judged = side(shifts);
            let text = of_all(judged.rolled_back);
            let style = if judged.rolled_back > TOLERABLE {
                BAD
            } else {
                GOOD
            };
            write!(out, " {style}{text:>width$}{style:#}")?;
        }
    }
    for rate in bad_rates() {
        let text = found
            .bad(rate)
            .map_or_else(|| "–".to_owned(), |shifts| cell(side(shifts)));
        // A space always comes first: what is wider than its column does not run into the one before.
        write!(out, " {text:>width$}", width = CELL - 1)?;
    }
    Ok(())
}

/// `97.1@4`
fn cell(judged: &Judged) -> String {
    match judged.median_seconds {
        Some(seconds) => format!("{}@{}", of_all(judged.rolled_back), seconds.div_ceil(60)),
        None => of_all(0.0),
    }
}

fn advice(out: &mut String, traffic: &ForTraffic, with_chart: bool) -> fmt::Result {
    let advice = &traffic.recommendation;
    let recommended = advice.deployment_type.as_ref();
    let charted = traffic
        .deployment_types
        .iter()
        .find(|found| recommended.is_none_or(|name| *name == found.deployment_type));
    if let Some(found) = charted.filter(|_| with_chart) {
        chart(out, found)?;
    }
    out.push('\n');
    match recommended {
        Some(name) => writeln!(out, "{GOOD}→ {name}{GOOD:#}")?,
        None => writeln!(out, "{BAD}→ none of these deployment types{BAD:#}")?,
    }
    paragraph(out, &advice.reason)
}

/// Text in lines that a terminal shows whole.
fn paragraph(out: &mut String, text: &str) -> fmt::Result {
    const INDENT: &str = "  ";
    let mut line = INDENT.to_owned();
    for word in text.split(' ') {
        if line.chars().count() + word.chars().count() >= WIDTH && line.len() > INDENT.len() {
            writeln!(out, "{}", line.trim_end())?;
            INDENT.clone_into(&mut line);
        }
        line.push_str(word);
        line.push(' ');
    }
    writeln!(out, "{}", line.trim_end())
}

/// The shares of one deployment type as bars, by how bad the new version is.
fn chart(out: &mut String, found: &ForType) -> fmt::Result {
    writeln!(
        out,
        "\n{BOLD}{}{BOLD:#}, shifts rolled back\n{:13}{:width$}  tripwire",
        found.deployment_type,
        "",
        "watch",
        width = BAR + 8
    )?;
    for shifts in &found.shifts {
        let name = match shifts.new_version {
            NewVersion::Good => "good".to_owned(),
            NewVersion::Outage => "outage".to_owned(),
            NewVersion::Bad => format!("{} errors", percent(shifts.error_rate)),
        };
        let is_bad = shifts.new_version == NewVersion::Bad;
        let style = |judged: &Judged| match (is_bad, judged.rolled_back > TOLERABLE) {
            (true, _) => GOOD,
            (false, true) => BAD,
            (false, false) => DIM,
        };
        let [watch, tripwire] = [&shifts.watch, &shifts.tripwire].map(|judged| {
            let style = style(judged);
            let text = bar(judged.rolled_back);
            format!(
                "{style}{text:BAR$}{style:#} {:>5} %",
                of_all(judged.rolled_back)
            )
        });
        writeln!(out, "{name:13}{watch}  {tripwire}")?;
    }
    Ok(())
}

/// A bar in halves of characters. Whatever is more than nothing has one.
fn bar(share: f64) -> String {
    let whole = BAR * 2;
    let lengths = 0..=whole;
    let drawn = |length: &usize| *length as f64 >= share * whole as f64 - 0.5;
    let length = lengths.into_iter().find(drawn).unwrap_or(whole);
    let length = length.max(usize::from(share > 0.0));
    let half = if length % 2 == 1 { "▌" } else { "" };
    format!("{}{half}", "█".repeat(length / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars() {
        let full = "█".repeat(BAR);
        for (share, expected) in [
            (0.0, ""),
            (0.0001, "▌"),
            (0.02, "▌"),
            (0.04, "█"),
            (0.06, "█▌"),
            (1.0, full.as_str()),
        ] {
            assert_eq!(bar(share), expected, "{share}");
        }
    }

    #[test]
    fn paragraphs() {
        let mut out = String::new();
        paragraph(&mut out, &"word ".repeat(40)).unwrap();
        assert!(out.lines().count() > 2);
        for line in out.lines() {
            assert!(line.starts_with("  word") && line.len() <= WIDTH, "{line}");
        }
        let long = "x".repeat(200);
        let mut out = String::new();
        paragraph(&mut out, &long).unwrap();
        assert_eq!(out, format!("  {long}\n"));
    }
}
