//! What an execution looks like.

use serde_json::{Value, json};

use super::Executed;
use super::operation::{End, ResourceEvent};
use crate::changeset::markdown::{code, escaped};
use crate::draw::{BAD, DIM, GOOD, clock};
use crate::printable::{no_commands, printable, shortened};

/// `   0:02  UPDATE_IN_PROGRESS  OrdersTable  AWS::DynamoDB::Table`, in a failure with its reason.
pub(super) fn event(event: &ResourceEvent) -> String {
    let style = style(&event.resource_status);
    let mut line = format!(
        "{DIM}{:>7}{DIM:#}  {style}{}{style:#}  {}  {DIM}{}{DIM:#}",
        clock(event.at),
        printable(&event.resource_status),
        printable(&event.logical_resource_id),
        printable(&event.resource_type),
    );
    // While all goes well, the reasons are only noise ("Resource creation Initiated").
    let is_worth_it =
        event.resource_status.contains("FAILED") || event.resource_status.contains("ROLLBACK");
    if let Some(reason) = event
        .resource_status_reason
        .as_ref()
        .filter(|_| is_worth_it)
    {
        line.push_str(&format!("  {}", shortened(reason)));
    }
    no_commands(&line)
}

/// How it ended, and what went wrong first.
pub(super) fn text(executed: &Executed) -> String {
    let Some(end) = &executed.end else {
        return format!("the execution has begun: {}\n", printable(&executed.follow));
    };
    let style = style(end.status());
    let mut text = format!(
        "\n{style}{}{style:#}: {}\n",
        word(end),
        printable(end.status())
    );
    for cause in &executed.causes {
        text.push_str(&format!(
            "  {} {}: {}\n",
            printable(&cause.logical_resource_id),
            printable(&cause.resource_status),
            shortened(reason(cause)),
        ));
    }
    no_commands(&text)
}

/// The same in Markdown.
pub(super) fn markdown(executed: &Executed) -> String {
    let Some(end) = &executed.end else {
        return format!("the execution has begun: `{}`\n", code(&executed.follow));
    };
    let mut text = format!("**{}**: `{}`\n", word(end), code(end.status()));
    if !executed.causes.is_empty() {
        text.push('\n');
    }
    for cause in &executed.causes {
        text.push_str(&format!(
            "- `{}` `{}`: {}\n",
            code(&cause.logical_resource_id),
            code(&cause.resource_status),
            escaped(reason(cause)),
        ));
    }
    text
}

/// The same for machines.
pub(super) fn json(executed: &Executed) -> Value {
    let mut document = json!({ "stackId": executed.stack, "failed": executed.causes });
    if let Some(end) = &executed.end {
        document["stackStatus"] = end.status().into();
    }
    document
}

fn word(end: &End) -> &'static str {
    match end {
        End::Done(_) => "executed",
        End::Failed(_) => "failed",
    }
}

fn reason(cause: &ResourceEvent) -> &str {
    let reason = cause.resource_status_reason.as_deref();
    reason.unwrap_or("CloudFormation gives no reason")
}

fn style(status: &str) -> anstyle::Style {
    if status.contains("FAILED") || status.contains("ROLLBACK") {
        BAD
    } else if status.ends_with("_COMPLETE") {
        GOOD
    } else {
        anstyle::Style::new()
    }
}
