//! The plan, the verdict and the remedies for a person at a terminal.

use std::fmt::{self, Write as _};

use changeset::{Cause, Deployment, Finding, Gating, Review, Verdict};

use super::deployments::{Line, by_gating, function, gating, lines};
use super::plan::{Plan, counts, effect, word};
use crate::draw::{BAD, BOLD, DIM, GOOD, ODD};
use crate::printable::{printable, shortened};

/// The widest that a column gets, in characters: a longer name moves its own row only.
const WIDEST: usize = 40;

pub(super) fn text(
    review: &Review,
    deployments: &[Deployment],
    show_values: bool,
) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let plan = Plan::of(review);
    if let Some(stack) = &review.stack {
        writeln!(out, "{BOLD}{}{BOLD:#}", printable(stack))?;
    }
    if let Some(id) = &review.change_set_id {
        writeln!(out, "{DIM}{}{DIM:#}", printable(id))?;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let width = |text: &dyn Fn(&Finding) -> usize| {
        let widths = plan.rows.iter().map(|finding| text(finding));
        widths.max().unwrap_or_default().min(WIDEST)
    };
    let path = width(&|finding| finding.path.chars().count());
    let kind = width(&|finding| finding.resource_type.chars().count());
    for finding in &plan.rows {
        row(&mut out, finding, (path, kind), show_values)?;
    }
    if plan.folded() > 0 {
        let types: Vec<String> = plan
            .routine
            .iter()
            .map(|(resource_type, count)| format!("{count} {}", printable(resource_type)))
            .collect();
        writeln!(
            out,
            "{GOOD}✓{GOOD:#} {DIM}{} routine: {}{DIM:#}",
            plan.folded(),
            types.join(", ")
        )?;
    }
    if review.changes.is_empty() {
        writeln!(out, "no resource changes")?;
    }
    if !deployments.is_empty() {
        writeln!(out, "\n{BOLD}deployments{BOLD:#}")?;
    }
    for deployment in by_gating(deployments) {
        let style = match deployment.gating {
            Gating::Gated => GOOD,
            Gating::NotGated | Gating::Unknown => ODD,
        };
        let (function, gating) = (function(deployment), gating(deployment.gating));
        writeln!(out, "  {}  {style}{gating}{style:#}", printable(function))?;
        for Line { depth, alias, text } in lines(deployment) {
            let indent = 4 + 2 * depth;
            let alias = alias.map(|alias| format!("alias {}: ", printable(&alias)));
            let alias = alias.unwrap_or_default();
            writeln!(out, "{:indent$}{alias}{}", "", printable(&text))?;
        }
    }
    out.push('\n');
    for warning in &review.warnings {
        writeln!(out, "{ODD}warning:{ODD:#} {}", printable(warning))?;
    }
    let style = style(review.verdict);
    writeln!(
        out,
        "{style}{}{style:#}: {}",
        word(review.verdict),
        counts(review)
    )?;
    for finding in plan.rows.iter().filter(|finding| finding.is_blocking()) {
        if let Some(remedy) = &finding.remedy {
            writeln!(out, "  {}: {}", printable(&finding.path), printable(remedy))?;
        }
    }
    Ok(out)
}

fn row(
    out: &mut String,
    finding: &Finding,
    (path, kind): (usize, usize),
    show_values: bool,
) -> fmt::Result {
    let mark = match (finding.effective(), finding.verdict) {
        (Verdict::Safe, Verdict::Blocked | Verdict::Review) => '~',
        (Verdict::Safe, Verdict::Safe) => '✓',
        (Verdict::Review, _) => '!',
        (Verdict::Blocked, _) => '✗',
    };
    let style = style(finding.effective());
    writeln!(
        out,
        "{style}{mark}{style:#} {:path$}  {:kind$}  {}",
        printable(&finding.path),
        printable(&finding.resource_type),
        effect(finding.effect),
    )?;
    if finding.verdict == Verdict::Safe {
        return Ok(());
    }
    writeln!(out, "    {}", printable(&finding.reasons.join("; ")))?;
    if let Some(allowed_by) = &finding.allowed_by {
        writeln!(out, "    allowed by {}", printable(allowed_by))?;
    }
    for cause in &finding.causes {
        writeln!(out, "    {DIM}{}{DIM:#}", self::cause(cause, show_values))?;
    }
    Ok(())
}

/// `/Properties/TableName (Always): ParameterReference Stage`
fn cause(cause: &Cause, show_values: bool) -> String {
    let mut text = printable(cause.path.as_deref().unwrap_or("the resource"));
    if let Some(recreation) = &cause.requires_recreation {
        text.push_str(&format!(" (recreation: {})", printable(recreation)));
    }
    let why: Vec<String> = [&cause.source, &cause.entity]
        .into_iter()
        .flatten()
        .map(|word| printable(word))
        .collect();
    if !why.is_empty() {
        text.push_str(&format!(": {}", why.join(" ")));
    }
    if show_values && (cause.before.is_some() || cause.after.is_some()) {
        let value = |value: &Option<String>| {
            value
                .as_deref()
                .map_or_else(|| "nothing".to_owned(), shortened)
        };
        text.push_str(&format!(
            " ({} → {})",
            value(&cause.before),
            value(&cause.after)
        ));
    }
    text
}

fn style(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Safe => GOOD,
        Verdict::Review => ODD,
        Verdict::Blocked => BAD,
    }
}
