//! The review as a comment on a pull request.

use std::fmt::Write as _;

use changeset::{Deployment, Finding, Review, Verdict};

use super::deployments::{Line, by_gating, function, gating, lines};
use super::plan::{Plan, counts, effect, word};
use crate::printable::{printable, shortened};

/// The longest comment, in bytes. GitHub takes 65,536 characters; the rest is for what ends a comment.
const LONGEST: usize = 60_000;

/// The most reasons, and the most values, of one row: a row that is too long would be left out.
const MOST_PARTS: usize = 10;

/// What is said where a name is empty: two backticks would not be code.
const EMPTY: &str = "(empty)";

pub(super) fn text(review: &Review, deployments: &[Deployment], show_values: bool) -> String {
    let plan = Plan::of(review);
    let stack = review.stack.as_deref().unwrap_or("unknown");
    let mut comment = Comment::default();
    // By this a workflow finds the comment to update.
    comment.add(&format!(
        "<!-- tollgate:changeset:{} -->\n**{}** `{}`: {}\n\n",
        marker(stack),
        word(review.verdict),
        code(stack),
        counts(review)
    ));
    if let Some(id) = &review.change_set_id {
        comment.add(&format!("Change set `{}`\n\n", code(id)));
    }
    let (looked_at, safe): (Vec<&Finding>, Vec<&Finding>) = plan
        .rows
        .iter()
        .copied()
        .partition(|finding| finding.verdict > Verdict::Safe);
    if !looked_at.is_empty() {
        comment.add("| | Resource | Type | Effect | Why |\n|---|---|---|---|---|\n");
        for finding in looked_at {
            comment.add(&row(finding, show_values));
        }
        comment.add("\n");
    }
    for finding in plan.rows.iter().filter(|finding| finding.is_blocking()) {
        if let Some(remedy) = &finding.remedy {
            comment.add(&format!(
                "- `{}`: {}\n",
                code(&finding.path),
                with_commands(remedy)
            ));
        }
    }
    for warning in &review.warnings {
        comment.add(&format!("- warning: {}\n", escaped(warning)));
    }
    if !deployments.is_empty() {
        comment.add("\n**Deployments**\n\n");
    }
    for deployment in by_gating(deployments) {
        comment.add(&format!(
            "- `{}`: {}\n",
            code(function(deployment)),
            gating(deployment.gating)
        ));
        for Line { depth, alias, text } in lines(deployment) {
            let indent = "  ".repeat(depth + 1);
            let alias = alias.map(|alias| format!("alias `{}`: ", code(&alias)));
            comment.add(&format!(
                "{indent}- {}{}\n",
                alias.unwrap_or_default(),
                escaped(&text)
            ));
        }
    }
    if !safe.is_empty() || plan.folded() > 0 {
        let count = safe.len() + plan.folded();
        comment.fold(&format!("{count} safe"), |comment| {
            for finding in safe {
                comment.add(&format!(
                    "- {} `{}` `{}`\n",
                    effect(finding.effect),
                    code(&finding.path),
                    code(&finding.resource_type)
                ));
            }
            for (resource_type, count) in &plan.routine {
                comment.add(&format!("- {count} routine: `{}`\n", code(resource_type)));
            }
        });
    }
    comment.end()
}

/// Lines, as many as there is room for.
#[derive(Default)]
struct Comment {
    text: String,
    left_out: usize,
}

impl Comment {
    fn add(&mut self, lines: &str) {
        if self.text.len() + lines.len() > LONGEST {
            self.left_out += 1;
        } else {
            self.text.push_str(lines);
        }
    }

    /// Lines that are shown when somebody wants to see them.
    fn fold(&mut self, summary: &str, add: impl FnOnce(&mut Self)) {
        self.text
            .push_str(&format!("\n<details><summary>{summary}</summary>\n\n"));
        let before = std::mem::take(&mut self.left_out);
        add(self);
        if self.left_out > 0 {
            self.text
                .push_str(&format!("- and {} more\n", self.left_out));
        }
        self.left_out = before;
        self.text.push_str("\n</details>\n");
    }

    fn end(mut self) -> String {
        if self.left_out > 0 {
            let left_out = self.left_out;
            self.text.push_str(&format!(
                "\n{left_out} more lines are left out: see the log.\n"
            ));
        }
        self.text
    }
}

fn row(finding: &Finding, show_values: bool) -> String {
    let reasons = finding.reasons.iter().map(|text| escaped(text));
    let mut why = some(reasons.collect());
    if let Some(allowed_by) = &finding.allowed_by {
        why.push_str(&format!(" (allowed by `{}`)", code(allowed_by)));
    }
    if show_values {
        let value = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), code);
        let causes = finding.causes.iter();
        let values: Vec<String> = causes
            .filter(|cause| cause.before.is_some() || cause.after.is_some())
            .map(|cause| {
                format!(
                    "`{}`: `{}` → `{}`",
                    code(cause.path.as_deref().unwrap_or_default()),
                    value(&cause.before),
                    value(&cause.after)
                )
            })
            .collect();
        if !values.is_empty() {
            why.push_str(&format!("; {}", some(values)));
        }
    }
    let mark = match finding.effective() {
        Verdict::Safe => "allowed",
        Verdict::Review => "review",
        Verdict::Blocked => "**blocked**",
    };
    format!(
        "| {mark} | `{}` | `{}` | {} | {why} |\n",
        code(&finding.path),
        code(&finding.resource_type),
        effect(finding.effect)
    )
}

/// As many parts as a row has room for.
fn some(mut parts: Vec<String>) -> String {
    let more = parts.len().saturating_sub(MOST_PARTS);
    parts.truncate(MOST_PARTS);
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    parts.join("; ")
}

/// Text that means nothing to Markdown, to HTML, or to what GitHub looks for in comments.
///
/// Character references cannot stand for what Markdown is made of (CommonMark 0.31, 2.5 "Entity and numeric character
/// references"), which backslashes within tables may. Mentions and issues are looked for in the page that Markdown makes,
/// where references are characters again: something must stand between.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in shortened(text).chars() {
        match character {
            '<' | '>' | '&' | '\\' | '|' | '[' | ']' | '!' | '*' | '_' | '~' | '`' | '$' => {
                // Writing to a `String` does not fail.
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            '@' | '#' => {
                escaped.push(character);
                escaped.push('\u{200b}');
            }
            other => escaped.push(other),
        }
    }
    // Links without any marks.
    escaped
        .replace("://", "&#58;//")
        .replace("www.", "www&#46;")
}

/// The same, with the text between backticks as code, and whole: it is for copying.
fn with_commands(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in printable(text).split('`').enumerate() {
        if index % 2 == 0 {
            out.push_str(&escaped(part));
        } else {
            out.push_str(&format!("`{}`", non_empty(part)));
        }
    }
    out
}

/// Text between backticks, also in a table.
pub(super) fn code(text: &str) -> String {
    non_empty(&shortened(text).replace('`', "'").replace('|', "¦")).to_owned()
}

fn non_empty(text: &str) -> &str {
    if text.is_empty() { EMPTY } else { text }
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

#[cfg(test)]
mod tests;
