//! Finding what a hook wrote about a deployment.

use hooks::AppSpecHook;

use super::aws::Clients;
use super::log::{LogLine, Reports, is_of_report, last_lines, reports};
use super::model::{Deployment, Hook, LifecycleEvent, Unknown};
use crate::aws::CallError;
use crate::moment::Moment;

/// How far the clocks of CodeDeploy and Lambda are taken to be apart, in milliseconds.
const SKEW_MS: i64 = 60_000;

/// How long after a deployment one of its hooks may still write, in milliseconds: the longest timeout of a function, and
/// a little more. (Lambda quotas: 900 seconds.)
const AFTERWARDS_MS: i64 = 1_000_000;

/// The most pages of a log that are read for one question. A page holds up to 1 MB, and may be empty where CloudWatch
/// Logs is not done searching.
const MAX_PAGES: usize = 200;

/// The most pages that are read for the last lines of an invocation.
const MAX_PAGES_OF_LAST_LINES: usize = 20;

/// What the log of a lifecycle event's hook says, and what could not be read.
pub(super) async fn read(
    clients: &Clients,
    deployment: &Deployment,
    event: &LifecycleEvent,
    entry: &AppSpecHook,
) -> (Hook, Vec<Unknown>) {
    let name = entry.function_name();
    let mut unknown = Vec::new();
    let group = log_group(clients, entry).await;
    let (log_group, unsure) = match group {
        Ok(Some(group)) => (group, None),
        // Lambda's default, see LoggingConfig in its API reference.
        Ok(None) => (format!("/aws/lambda/{name}"), None),
        Err(error) => (format!("/aws/lambda/{name}"), Some(error)),
    };
    let mut hook = Hook {
        function: name.to_owned(),
        log_group,
        log_was_read: false,
        reports: Vec::new(),
        unreadable: Vec::new(),
        last_lines: Vec::new(),
    };
    let id = &deployment.deployment_id;
    let end = deployment
        .complete_time
        .map(|time| later(time, AFTERWARDS_MS));
    let search = Search {
        log_group: &hook.log_group,
        start: deployment.create_time.map(|time| later(time, -SKEW_MS)),
        end,
        // The id in quotes: without them its hyphen would exclude.
        pattern: Some(format!("\"{id}\"")),
        max_pages: MAX_PAGES,
    };
    let found = match search.run(clients, |line| is_of_report(id, line)).await {
        Ok(found) => found,
        Err(error) => {
            let what = format!("what {name} reported");
            unknown.push(if error.is_missing() {
                no_log_group(what, name, &hook.log_group)
            } else {
                Unknown::because(&what, &error)
            });
            unknown.extend(unsure.map(|error| unsure_where(name, &error)));
            return (hook, unknown);
        }
    };
    hook.log_was_read = true;
    if !found.is_whole {
        unknown.push(Unknown {
            what: format!("whether {name} reported more"),
            why: format!(
                "only the first {MAX_PAGES} pages of {} were read",
                hook.log_group
            ),
            remedy: Some("search it with CloudWatch Logs Insights".to_owned()),
        });
    }
    let Reports { read, unreadable } = reports(id, &found.lines);
    // One pair of hooks may be one function that serves both lifecycle events.
    let is_this = |served: Option<&str>| served.is_none_or(|served| served == event.name);
    hook.reports = read;
    hook.reports
        .retain(|reported| is_this(reported.report.lifecycle_event.as_deref()));
    hook.unreadable = unreadable;
    hook.unreadable
        .retain(|one| is_this(one.lifecycle_event.as_deref()));
    if let Some(last) = hook.unreadable.last() {
        let what = match hook.unreadable.len() {
            1 => format!("a report of {name}"),
            many => format!("{many} reports of {name}"),
        };
        unknown.push(Unknown {
            what,
            why: format!("a report of {name} could not be read: {}", last.error),
            remedy: Some("use the release of tollgate that the hook has".to_owned()),
        });
    }
    if !(hook.reports.is_empty() && hook.unreadable.is_empty()) {
        return (hook, unknown);
    }
    unknown.extend(unsure.map(|error| unsure_where(name, &error)));
    let search = Search {
        start: event
            .start_time
            .or(deployment.create_time)
            .map(|time| later(time, -SKEW_MS)),
        end: event.end_time.map(|time| later(time, SKEW_MS)).or(end),
        pattern: None,
        max_pages: MAX_PAGES_OF_LAST_LINES,
        ..search
    };
    match search.run(clients, |_| true).await {
        Ok(found) => {
            hook.last_lines = last_lines(&found.lines);
            if !found.is_whole {
                unknown.push(Unknown {
                    what: format!("whether {name} wrote more"),
                    why: format!(
                        "only the first {MAX_PAGES_OF_LAST_LINES} pages of {} at that time were read",
                        hook.log_group
                    ),
                    remedy: Some("search it with CloudWatch Logs Insights".to_owned()),
                });
            }
        }
        Err(error) => {
            let what = format!("what {name} wrote last");
            unknown.push(Unknown::because(&what, &error));
        }
    }
    (hook, unknown)
}

fn no_log_group(what: String, name: &str, log_group: &str) -> Unknown {
    Unknown {
        what,
        why: format!(
            "there is no log group {log_group}: {name} never ran, may not write logs, or the group was deleted"
        ),
        remedy: Some(format!(
            "allow the role of {name} logs:CreateLogStream and logs:PutLogEvents"
        )),
    }
}

fn unsure_where(name: &str, error: &CallError) -> Unknown {
    Unknown::because(&format!("whether {name} logs there or elsewhere"), error)
}

async fn log_group(clients: &Clients, entry: &AppSpecHook) -> Result<Option<String>, CallError> {
    let call = clients
        .lambda
        .get_function_configuration()
        .function_name(&entry.function);
    let output = call.send().await;
    let output = output.map_err(|error| CallError::of("lambda:GetFunctionConfiguration", error))?;
    Ok(output.logging_config.and_then(|config| config.log_group))
}

fn later(time: Moment, by_ms: i64) -> Moment {
    Moment(time.0.saturating_add(by_ms))
}

/// A question to `FilterLogEvents`.
struct Search<'a> {
    log_group: &'a str,
    start: Option<Moment>,
    end: Option<Moment>,
    pattern: Option<String>,
    max_pages: usize,
}

/// What was found, in the order of time.
struct Found {
    lines: Vec<LogLine>,
    /// Whether that is all there is.
    is_whole: bool,
}

impl Search<'_> {
    /// Only the lines to keep are held in memory: a log at level DEBUG has many that name the deployment.
    async fn run(
        &self,
        clients: &Clients,
        keep: impl Fn(&LogLine) -> bool,
    ) -> Result<Found, CallError> {
        let mut lines: Vec<LogLine> = Vec::new();
        let mut token = None;
        for _ in 0..self.max_pages {
            let call = clients
                .logs
                .filter_log_events()
                .log_group_name(self.log_group)
                .set_start_time(self.start.map(|time| time.0))
                .set_end_time(self.end.map(|time| time.0))
                .set_filter_pattern(self.pattern.clone())
                .set_next_token(token);
            let output = call.send().await;
            let page = output.map_err(|error| CallError::of("logs:FilterLogEvents", error))?;
            let events = page.events.unwrap_or_default().into_iter();
            let events = events.map(|event| LogLine {
                time: Moment(event.timestamp.unwrap_or_default()),
                stream: event.log_stream_name.unwrap_or_default(),
                message: event.message.unwrap_or_default(),
            });
            lines.extend(events.filter(&keep));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        // Pages are in the order of time, but nothing says so of the streams in them.
        lines.sort_by_key(|line| line.time);
        Ok(Found {
            lines,
            is_whole: token.is_none(),
        })
    }
}
