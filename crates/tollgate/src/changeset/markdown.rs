//! The review as a comment on a pull request.

use std::fmt::{self, Write as _};

use changeset::{Finding, Review, Verdict};

use super::plan::{Plan, counts, effect, word};
use crate::printable::shortened;

/// GitHub takes comments of up to 65,536 characters.
const LONGEST: usize = 60_000;

pub(super) fn text(review: &Review, show_values: bool) -> Result<String, fmt::Error> {
    let plan = Plan::of(review);
    let stack = review.stack.as_deref().unwrap_or("unknown");
    let mut out = String::new();
    // By this a workflow finds the comment to update.
    writeln!(out, "<!-- tollgate:changeset:{} -->", marker(stack))?;
    writeln!(
        out,
        "**{}** `{}`: {}\n",
        word(review.verdict),
        code(stack),
        counts(review)
    )?;
    if let Some(id) = &review.change_set_id {
        writeln!(out, "Change set `{}`\n", code(id))?;
    }
    let (looked_at, safe): (Vec<&Finding>, Vec<&Finding>) = plan
        .rows
        .iter()
        .copied()
        .partition(|finding| finding.verdict > Verdict::Safe);
    let mut left_out = 0;
    if !looked_at.is_empty() {
        out.push_str("| | Resource | Type | Effect | Why |\n|---|---|---|---|---|\n");
        for finding in looked_at {
            left_out += add(&mut out, &row(finding, show_values));
        }
        out.push('\n');
    }
    for finding in plan.rows.iter().filter(|finding| finding.is_blocking()) {
        if let Some(remedy) = &finding.remedy {
            let line = format!("- `{}`: {}\n", code(&finding.path), escaped(remedy));
            left_out += add(&mut out, &line);
        }
    }
    for warning in &review.warnings {
        left_out += add(&mut out, &format!("- warning: {}\n", escaped(warning)));
    }
    if !safe.is_empty() || plan.folded() > 0 {
        let mut details = format!(
            "\n<details><summary>{} safe</summary>\n\n",
            safe.len() + plan.folded()
        );
        let mut unlisted = 0;
        for finding in safe {
            let line = format!(
                "- {} `{}` {}\n",
                effect(finding.effect),
                code(&finding.path),
                escaped(&finding.resource_type)
            );
            if out.len() + details.len() + line.len() > LONGEST {
                unlisted += 1;
            } else {
                details.push_str(&line);
            }
        }
        if unlisted > 0 {
            writeln!(details, "- and {unlisted} more")?;
        }
        for (resource_type, count) in plan.routine.iter().take(20) {
            writeln!(details, "- {count} routine: {}", escaped(resource_type))?;
        }
        details.push_str("\n</details>\n");
        out.push_str(&details);
    }
    if left_out > 0 {
        writeln!(out, "\n{left_out} more lines are left out: see the log.")?;
    }
    Ok(out)
}

/// Adds a line where there is room; how many it had to leave out.
fn add(out: &mut String, line: &str) -> usize {
    if out.len() + line.len() > LONGEST {
        return 1;
    }
    out.push_str(line);
    0
}

fn row(finding: &Finding, show_values: bool) -> String {
    let mut why = escaped(&finding.reasons.join("; "));
    if let Some(allowed_by) = &finding.allowed_by {
        why.push_str(&format!(" (allowed by `{}`)", code(allowed_by)));
    }
    if show_values {
        for cause in &finding.causes {
            let value =
                |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), code);
            if cause.before.is_some() || cause.after.is_some() {
                why.push_str(&format!(
                    "; {}: `{}` → `{}`",
                    escaped(cause.path.as_deref().unwrap_or_default()),
                    value(&cause.before),
                    value(&cause.after)
                ));
            }
        }
    }
    let mark = match finding.effective() {
        Verdict::Safe => "allowed",
        Verdict::Review => "review",
        Verdict::Blocked => "**blocked**",
    };
    format!(
        "| {mark} | `{}` | {} | {} | {why} |\n",
        code(&finding.path),
        escaped(&finding.resource_type),
        effect(finding.effect)
    )
}

/// Text that means nothing to Markdown or HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in shortened(text).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // Neither a link, an image, emphasis nor a mention.
            '\\' | '|' | '[' | ']' | '!' | '*' | '_' | '~' | '#' | '`' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '@' => escaped.push_str("@\u{200b}"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text within backticks in a table.
pub(super) fn code(text: &str) -> String {
    shortened(text).replace('`', "'").replace('|', "¦")
}

/// Text within an HTML comment.
fn marker(text: &str) -> String {
    let plain = |character: &char| character.is_ascii_alphanumeric() || *character == '-';
    let mut marker: String = text.chars().filter(plain).take(200).collect();
    // Two would end the comment.
    while marker.contains("--") {
        marker = marker.replace("--", "-");
    }
    marker
}
