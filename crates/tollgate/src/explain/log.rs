//! What stands in a hook's log: reports, and the last words of invocations that left none.

use std::collections::BTreeMap;

use checks::CheckedEvent;
use serde::Deserialize;
use serde_json::Value;

use super::model::{Reported, Unreadable};
use crate::moment::Moment;

/// The most lines that are shown of an invocation without a report.
const LAST_LINES: usize = 5;

/// One line of a log group.
#[derive(Clone, Debug)]
pub(super) struct LogLine {
    pub(super) time: Moment,
    pub(super) stream: String,
    pub(super) message: String,
}

/// What a line has besides the report: which part of it, and to whom it belongs. It is read leniently, because another
/// release of the hooks may have written it.
struct Heading {
    lifecycle_event: Option<String>,
    verdict: Option<String>,
    reason: String,
    part: Option<usize>,
    parts: Option<usize>,
}

/// The further part of a long report.
#[derive(Deserialize)]
struct Further {
    events: Vec<CheckedEvent>,
}

/// A report whose parts are being collected.
struct Collected {
    reported: Reported,
    parts: usize,
    further: BTreeMap<usize, Vec<CheckedEvent>>,
}

/// The reports in a log.
pub(super) struct Reports {
    pub(super) read: Vec<Reported>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// The reports of a deployment in lines of a log, in their order. Long ones stand there in parts, and lines of one
/// millisecond in any order.
pub(super) fn reports(deployment_id: &str, lines: &[LogLine]) -> Reports {
    let mut collected: Vec<Collected> = Vec::new();
    let mut unreadable = Vec::new();
    let mut others = Vec::new();
    for line in lines {
        let Some(heading) = heading(deployment_id, line) else {
            continue;
        };
        let Some(verdict) = heading.verdict else {
            others.push((line, heading));
            continue;
        };
        match serde_json::from_str(&line.message) {
            Ok(report) => collected.push(Collected {
                reported: Reported {
                    time: line.time,
                    log_stream: line.stream.clone(),
                    report,
                    missing_parts: 0,
                },
                parts: heading.parts.unwrap_or(1),
                further: BTreeMap::new(),
            }),
            Err(error) => unreadable.push(Unreadable {
                time: line.time,
                lifecycle_event: heading.lifecycle_event,
                verdict,
                reason: heading.reason,
                error: error.to_string(),
            }),
        }
    }
    for (line, heading) in others {
        let (Some(part), Ok(further)) =
            (heading.part, serde_json::from_str::<Further>(&line.message))
        else {
            continue;
        };
        // One environment writes one report after the other, so that the last that fits is the one.
        let owner = collected.iter_mut().rev().find(|one| {
            one.reported.time <= line.time
                && one.reported.log_stream == line.stream
                && one.reported.report.lifecycle_event == heading.lifecycle_event
                && Some(one.parts) == heading.parts
                && !one.further.contains_key(&part)
        });
        if let Some(owner) = owner {
            owner.further.insert(part, further.events);
        }
    }
    Reports {
        read: collected.into_iter().map(Collected::whole).collect(),
        unreadable,
    }
}

/// Whether a line is a report of the deployment, or a part of one.
pub(super) fn is_of_report(deployment_id: &str, line: &LogLine) -> bool {
    heading(deployment_id, line).is_some()
}

impl Collected {
    fn whole(self) -> Reported {
        let mut reported = self.reported;
        let found = self.further.len() + 1;
        reported.missing_parts = self.parts.saturating_sub(found);
        let events = self.further.into_values().flatten();
        reported.report.events.extend(events);
        reported
    }
}

fn heading(deployment_id: &str, line: &LogLine) -> Option<Heading> {
    let line: Value = serde_json::from_str(&line.message).ok()?;
    (line.get("deploymentId")? == deployment_id).then_some(())?;
    heading_of(&line)
}

/// `None` for a line that is of no report.
fn heading_of(line: &Value) -> Option<Heading> {
    line.get("deploymentId")?;
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let number = |name| usize::try_from(line.get(name)?.as_u64()?).ok();
    let heading = Heading {
        lifecycle_event: line
            .get("lifecycleEvent")
            .and_then(Value::as_str)
            .map(str::to_owned),
        verdict: line.get("verdict").map(text),
        reason: line.get("reason").map(text).unwrap_or_default(),
        part: number("part"),
        parts: number("parts"),
    };
    (heading.verdict.is_some() || heading.part.is_some()).then_some(heading)
}

/// The last lines of the last invocation that reported for no deployment at all: of `lines`, all that a log group has of
/// a time in which the hook was invoked.
///
/// Lambda's own lines are among them only where they tell of a failure.
pub(super) fn last_lines(lines: &[LogLine]) -> Vec<String> {
    // By stream, because the environments of a function write at the same time.
    let mut streams: BTreeMap<&str, Invocation<'_>> = BTreeMap::new();
    let mut ended = Vec::new();
    for line in lines {
        if is_start(&line.message)
            && let Some(before) = streams.remove(line.stream.as_str())
        {
            ended.push(before);
        }
        streams
            .entry(&line.stream)
            .or_default()
            .lines
            .push((line.time, &line.message));
    }
    ended.extend(streams.into_values());
    let last = ended
        .into_iter()
        .filter_map(Invocation::without_report)
        .max_by_key(|(time, _)| *time);
    let lines = last.map(|(_, lines)| lines).unwrap_or_default();
    let shown = lines.len().saturating_sub(LAST_LINES);
    lines.into_iter().skip(shown).map(str::to_owned).collect()
}

/// The lines from one start to the next.
#[derive(Default)]
struct Invocation<'a> {
    lines: Vec<(Moment, &'a str)>,
}

impl<'a> Invocation<'a> {
    /// When it ended, and what tells of it.
    fn without_report(self) -> Option<(Moment, Vec<&'a str>)> {
        let (time, _) = *self.lines.last()?;
        let is_report = |line: &str| {
            serde_json::from_str(line).is_ok_and(|line: Value| heading_of(&line).is_some())
        };
        if self.lines.iter().any(|(_, line)| is_report(line)) {
            return None;
        }
        let lines = self.lines.into_iter().map(|(_, line)| line.trim_end());
        Some((
            time,
            lines
                .filter(|line| !line.is_empty() && !is_routine(line))
                .collect(),
        ))
    }
}

fn platform(line: &str) -> Option<(String, Value)> {
    let mut line: Value = serde_json::from_str(line).ok()?;
    let kind = line.get("type")?.as_str()?.to_owned();
    kind.starts_with("platform.")
        .then(|| (kind, line["record"].take()))
}

fn is_start(line: &str) -> bool {
    line.starts_with("START RequestId: ")
        || platform(line).is_some_and(|(kind, _)| kind == "platform.start")
}

/// Whether a line is one of those that Lambda writes about every invocation.
fn is_routine(line: &str) -> bool {
    if let Some((_, record)) = platform(line) {
        // What fails has a status that says so.
        return record
            .get("status")
            .is_none_or(|status| status == "success");
    }
    let prefixes = ["START RequestId: ", "END RequestId: ", "INIT_START "];
    prefixes.iter().any(|prefix| line.starts_with(prefix))
        || (line.starts_with("REPORT RequestId: ") && !line.contains("Status: "))
}

#[cfg(test)]
mod tests {
    use checks::{Mismatch, Outcome, Report, Source};
    use serde_json::json;

    use super::*;

    fn line(time: i64, stream: &str, message: impl Into<String>) -> LogLine {
        LogLine {
            time: Moment(time),
            stream: stream.to_owned(),
            message: message.into(),
        }
    }

    fn report(events: usize) -> Report {
        let events = (0..events).map(|number| {
            let mismatch = Mismatch {
                path: "body".to_owned(),
                expected: "x".repeat(500).into(),
                actual: None,
                compared_with: None,
            };
            CheckedEvent::new(
                format!("E{number}"),
                Source::Bundled,
                Outcome::Unmet(vec![mismatch]),
            )
        });
        Report {
            deployment_id: Some("d-1".to_owned()),
            lifecycle_event: Some("BeforeAllowTraffic".to_owned()),
            ..Report::of(events.collect())
        }
    }

    fn parts(report: &Report) -> Vec<String> {
        let parts = report.parts(16 << 10);
        let lines = parts.iter().map(serde_json::to_string);
        lines.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn reports_are_found_whole_whatever_stands_around_them() {
        let (one, other) = (report(100), report(90));
        let (ones, others) = (parts(&one), parts(&other));
        assert!(ones.len() > 2 && others.len() > 2);
        let mut lines = vec![
            line(0, "a", "START RequestId: r Version: 1"),
            line(
                0,
                "a",
                r#"{"level":"WARN","deploymentId":"d-1","message":"no report"}"#,
            ),
            line(0, "a", "no JSON with d-1"),
        ];
        // Two environments write at once.
        for number in 0..ones.len().max(others.len()) {
            let both = [("a", ones.get(number)), ("b", others.get(number))];
            for (stream, part) in both {
                lines.extend(part.map(|part| line(1, stream, part.as_str())));
            }
        }
        let whole = serde_json::to_value(report(1)).unwrap();
        let mut with_more = whole.clone();
        with_more["_aws"] = json!({ "Timestamp": 1 });
        with_more["met"] = json!(0);
        lines.push(line(2, "a", with_more.to_string()));
        let mut of_another = whole.clone();
        of_another["deploymentId"] = json!("d-2");
        lines.push(line(3, "a", of_another.to_string()));

        // Within a millisecond, no order is promised.
        lines.reverse();
        lines.sort_by_key(|line| line.time);

        let found = reports("d-1", &lines).read;
        let mut found: Vec<_> = found
            .into_iter()
            .map(|found| (found.report, found.missing_parts))
            .collect();
        found.sort_by_key(|(report, _)| std::cmp::Reverse(report.events.len()));
        assert_eq!(found, [(one, 0), (other, 0), (report(1), 0)]);
    }

    #[test]
    fn a_part_that_is_missing_is_counted() {
        let whole = report(100);
        let mut lines: Vec<LogLine> = parts(&whole)
            .into_iter()
            .map(|part| line(0, "a", part))
            .collect();
        let count = lines.len();
        lines.remove(1);
        let found = reports("d-1", &lines).read;
        assert_eq!((found.len(), found[0].missing_parts), (1, 1), "of {count}");
        lines.remove(0);
        assert!(
            reports("d-1", &lines).read.is_empty(),
            "there is no beginning"
        );
    }

    #[test]
    fn a_report_of_an_unknown_form_is_read_as_far_as_it_goes() {
        // Members of the report, and the verdict and the reason that are understood.
        let rows = [
            (
                json!({ "verdict": "Maybe", "reason": "so", "events": [] }),
                "Maybe",
                "so",
            ),
            (
                json!({ "verdict": "Failed", "reason": "so", "events": 3 }),
                "Failed",
                "so",
            ),
            (
                json!({ "verdict": { "is": 1 }, "reason": 2 }),
                r#"{"is":1}"#,
                "2",
            ),
        ];
        for (mut members, verdict, reason) in rows {
            members["deploymentId"] = json!("d-1");
            let line = line(1, "a", members.to_string());
            assert!(is_of_report("d-1", &line), "{members}");
            let Reports { read, unreadable } = reports("d-1", &[line]);
            assert!(read.is_empty(), "{members}");
            let found: Vec<_> = unreadable
                .iter()
                .map(|one| (one.verdict.as_str(), one.reason.as_str()))
                .collect();
            assert_eq!(found, [(verdict, reason)], "{members}");
        }
    }

    #[test]
    fn the_last_words_are_those_of_the_invocation_that_did_not_report() {
        let reported = r#"{"verdict":"Failed","reason":"","deploymentId":"d-9","events":[]}"#;
        let timed_out = r#"{"time":"t","type":"platform.report","record":{"status":"timeout"}}"#;
        /// Stream and message of each line, and what is shown.
        type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
        let rows: &[Row<'_>] = &[
            (&[], &[]),
            (
                &[
                    ("a", "START RequestId: 1 Version: 1"),
                    ("a", "thread panicked\n"),
                    ("a", "END RequestId: 1"),
                    ("a", "REPORT RequestId: 1\tDuration: 3 ms\tStatus: error"),
                    ("a", "RequestId: 1 Error: Runtime exited"),
                ],
                &[
                    "thread panicked",
                    "REPORT RequestId: 1\tDuration: 3 ms\tStatus: error",
                    "RequestId: 1 Error: Runtime exited",
                ],
            ),
            (
                // Another deployment's, at the same time and after it.
                &[
                    ("a", "START RequestId: 1 Version: 1"),
                    ("b", "START RequestId: 2 Version: 1"),
                    ("b", reported),
                    ("a", "mine"),
                    ("b", "END RequestId: 2"),
                    ("b", "START RequestId: 3 Version: 1"),
                    ("b", reported),
                ],
                &["mine"],
            ),
            (
                &[
                    ("a", r#"{"type":"platform.start","record":{}}"#),
                    (
                        "a",
                        r#"{"type":"platform.report","record":{"status":"success"}}"#,
                    ),
                    ("a", r#"{"type":"platform.start","record":{}}"#),
                    ("a", timed_out),
                ],
                &[timed_out],
            ),
            (
                &[
                    ("a", "1"),
                    ("a", "2"),
                    ("a", "3"),
                    ("a", "4"),
                    ("a", "5"),
                    ("a", "6"),
                ],
                &["2", "3", "4", "5", "6"],
            ),
        ];
        for (lines, expected) in rows {
            let lines: Vec<LogLine> = lines
                .iter()
                .zip(0..)
                .map(|((stream, message), time)| line(time, stream, *message))
                .collect();
            assert_eq!(last_lines(&lines), *expected, "{lines:?}");
        }
    }
}
