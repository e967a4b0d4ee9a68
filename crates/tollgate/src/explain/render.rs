//! The explanation for people.

use std::fmt::{self, Write as _};

use anstyle::Style;

use super::model::{
    ErrorInformation, Evidence, Explanation, Hook, LifecycleEvent, Reported, Rollback, Unknown,
    Verdict,
};
use super::verdict::no_report;
use crate::draw::{BAD, BOLD, DIM, GOOD, MARGIN, ODD, clock, colored};
use crate::moment::Moment;
use crate::printable::{printable, shortened};
use crate::report::{self, Commands};

/// All that is known, and the verdict.
pub(super) fn explanation(explanation: &Explanation) -> Result<String, fmt::Error> {
    let Explanation {
        verdict,
        reason,
        evidence,
    } = explanation;
    let mut out = String::new();
    write_head(&mut out, evidence)?;
    let begun = evidence.deployment.create_time;
    for event in &evidence.lifecycle_events {
        write_lifecycle_event(&mut out, event, begun)?;
    }
    write_end(&mut out, evidence)?;
    if let (Some(shift), Some(now)) = (&evidence.shift, &evidence.alias_now) {
        writeln!(
            out,
            "\n{MARGIN}{} → {} now",
            printable(&shift.alias),
            printable(&now.to_string())
        )?;
    }
    if !evidence.unknown.is_empty() {
        writeln!(out)?;
    }
    for Unknown { what, why, remedy } in &evidence.unknown {
        let remedy = remedy
            .as_ref()
            .map_or_else(String::new, |remedy| format!("; {remedy}"));
        writeln!(
            out,
            "{MARGIN}{ODD}not known{ODD:#}: {}: {}",
            printable(what),
            printable(&format!("{why}{remedy}"))
        )?;
    }
    let (style, words) = words(*verdict);
    writeln!(
        out,
        "\n{style}{BOLD}{words}{BOLD:#}{style:#}: {}",
        printable(reason)
    )?;
    Ok(out)
}

fn words(verdict: Verdict) -> (Style, &'static str) {
    match verdict {
        Verdict::Shipped => (GOOD, "shipped"),
        Verdict::RolledBack => (BAD, "rolled back"),
        Verdict::RollingBack => (BAD, "being rolled back"),
        Verdict::RollbackNotKnown => (BAD, "failed, rollback not known"),
        Verdict::NotRolledBack => (BAD, "failed"),
        Verdict::StillRunning => (ODD, "still running"),
    }
}

fn write_head(out: &mut String, evidence: &Evidence) -> fmt::Result {
    let deployment = &evidence.deployment;
    let id = printable(&deployment.deployment_id);
    if let Some(rollback) = &evidence.asked_about {
        writeln!(
            out,
            "{} rolls back {id}, and this is about {id}\n",
            printable(rollback)
        )?;
    }
    if let Some(shift) = &evidence.shift {
        let versions = format!("{} → {}", shift.current_version, shift.target_version);
        write!(
            out,
            "{BOLD}{}:{}{BOLD:#}  version {}  ",
            printable(&shift.function),
            printable(&shift.alias),
            printable(&versions)
        )?;
    }
    writeln!(out, "{}  {id}", printable(&deployment.deployment_config))?;
    let Some(created) = deployment.create_time else {
        return writeln!(out);
    };
    let creator = deployment
        .creator
        .as_ref()
        .map_or_else(String::new, |creator| format!(" by {creator}"));
    let place = format!("{}/{}", deployment.application, deployment.deployment_group);
    writeln!(
        out,
        "{DIM}created {created}{} in {}; times at the left count from there{DIM:#}\n",
        printable(&creator),
        printable(&place)
    )
}

/// What stands left of the text: the time since the deployment was created.
fn time_of(moment: Option<Moment>, begun: Option<Moment>) -> String {
    let since = moment
        .zip(begun)
        .map(|(moment, begun)| clock(moment.since(begun)));
    format!("{:>8}  ", since.unwrap_or_default())
}

fn write_lifecycle_event(
    out: &mut String,
    event: &LifecycleEvent,
    begun: Option<Moment>,
) -> fmt::Result {
    let LifecycleEvent {
        name,
        status,
        start_time,
        end_time,
        hook,
    } = event;
    let name = printable(name);
    if let Some(hook) = hook {
        let time = time_of(*start_time, begun);
        writeln!(out, "{time}{BOLD}{name}{BOLD:#}")?;
        write_hook(out, hook, status)?;
    }
    let time = match (hook, end_time, start_time) {
        // The time stands there already.
        (Some(_), Some(end), Some(start)) if clock_of(*end, begun) == clock_of(*start, begun) => {
            time_of(None, begun)
        }
        (_, Some(_), _) => time_of(*end_time, begun),
        (None, None, _) => time_of(*start_time, begun),
        (Some(_), None, _) => time_of(None, begun),
    };
    let status = match status.as_str() {
        "Skipped" | "Pending" => format!("{DIM}{status}{DIM:#}"),
        "Failed" => format!("{BAD}{status}{BAD:#}"),
        _ => printable(status),
    };
    writeln!(out, "{time}{BOLD}{name}{BOLD:#} {status}")
}

fn clock_of(moment: Moment, begun: Option<Moment>) -> Option<String> {
    begun.map(|begun| clock(moment.since(begun)))
}

fn write_hook(out: &mut String, hook: &Hook, status: &str) -> fmt::Result {
    let function = printable(&hook.function);
    let Some(Reported {
        report,
        missing_parts,
        time,
        log_stream,
    }) = hook.report_behind(status)
    else {
        let waited_for = status == "InProgress" && hook.log_was_read && hook.unreadable.is_empty();
        let words = if waited_for {
            format!("{} has not reported yet", hook.function)
        } else {
            no_report(hook)
        };
        writeln!(out, "{MARGIN}  {ODD}{}{ODD:#}", printable(&words))?;
        if !hook.last_lines.is_empty() {
            writeln!(
                out,
                "{MARGIN}  {DIM}the last lines of a run at that time:{DIM:#}"
            )?;
        }
        for line in &hook.last_lines {
            writeln!(out, "{MARGIN}    {DIM}{}{DIM:#}", shortened(line))?;
        }
        return Ok(());
    };
    writeln!(
        out,
        "{MARGIN}  {function} reported {}",
        colored(&format!("{:?}", report.verdict))
    )?;
    out.push_str(MARGIN);
    report::write(out, report, Commands::Drawn)?;
    if *missing_parts > 0 {
        let parts = match missing_parts {
            1 => "1 part of the report was".to_owned(),
            many => format!("{many} parts of the report were"),
        };
        writeln!(out, "{MARGIN}    {ODD}{parts} not found{ODD:#}")?;
    }
    let others = hook.reports.len() - 1;
    if others > 0 {
        writeln!(
            out,
            "{MARGIN}    {DIM}it reported {} times; this is what it wrote at {time}{DIM:#}",
            others + 1
        )?;
    }
    let place = format!("{} {log_stream}", hook.log_group);
    writeln!(out, "{MARGIN}    {DIM}log {}{DIM:#}", printable(&place))
}

fn write_end(out: &mut String, evidence: &Evidence) -> fmt::Result {
    let deployment = &evidence.deployment;
    let begun = deployment.create_time;
    write!(
        out,
        "{}deployment {} {}",
        time_of(deployment.complete_time, begun),
        printable(&deployment.deployment_id),
        colored(&printable(&deployment.status))
    )?;
    write_error(out, deployment.error_information.as_ref())?;
    for alarm in &evidence.alarms {
        writeln!(
            out,
            "{MARGIN}  {BAD}alarm {} fired{BAD:#}",
            printable(alarm)
        )?;
    }
    let Some(Rollback {
        deployment_id,
        status,
        complete_time,
        error_information,
    }) = &evidence.rollback
    else {
        return Ok(());
    };
    let status = status.as_deref().unwrap_or("was created");
    write!(
        out,
        "{}rollback {} {}",
        time_of(*complete_time, begun),
        printable(deployment_id),
        colored(&printable(status))
    )?;
    write_error(out, error_information.as_ref())
}

fn write_error(out: &mut String, error: Option<&ErrorInformation>) -> fmt::Result {
    match error {
        Some(ErrorInformation { code, message }) => {
            writeln!(out, ": {} {}", printable(code), printable(message))
        }
        None => writeln!(out),
    }
}
