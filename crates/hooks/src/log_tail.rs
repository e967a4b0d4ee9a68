//! How long an invocation took by Lambda's own words: the report at the end of the function's log.
//!
//! Sources: "Understanding Lambda log formats" and "Lambda Telemetry API Event schema reference" (AWS Lambda Developer
//! Guide): a `REPORT` line with its members between tabs, or a `platform.report` event of the JSON format.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;

/// What Lambda reports of one invocation, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reported {
    /// `Duration`: the function's own time.
    pub(crate) duration_ms: f64,
    /// `Init Duration`, or `Restore Duration` of a snapshot: only a cold start has it.
    pub(crate) init_ms: Option<f64>,
}

impl Reported {
    /// Reads what `LogType: Tail` gives, the last 4 KB of the log in base64; `None` where no report is in it, as with a
    /// system log level above `INFO`.
    ///
    /// What a function writes comes before Lambda's own report, so the last one counts.
    pub(crate) fn read(log_result: &str) -> Option<Self> {
        let log = BASE64_STANDARD.decode(log_result).ok()?;
        let log = String::from_utf8_lossy(&log);
        log.lines()
            .rev()
            .find_map(|line| of_text(line).or_else(|| of_json(line)))
    }

    fn of(duration: Option<f64>, init: Option<f64>) -> Option<Self> {
        let usable = |ms: &f64| ms.is_finite() && *ms >= 0.0;
        Some(Self {
            duration_ms: duration.filter(usable)?,
            init_ms: init.filter(usable),
        })
    }
}

fn of_text(line: &str) -> Option<Reported> {
    let members = line.strip_prefix("REPORT RequestId: ")?;
    let ms = |name: &str| {
        let value = members
            .split('\t')
            .find_map(|member| member.trim().strip_prefix(name)?.strip_prefix(": "))?;
        value.strip_suffix(" ms")?.parse().ok()
    };
    let init = ms("Init Duration").or_else(|| ms("Restore Duration"));
    Reported::of(ms("Duration"), init)
}

fn of_json(line: &str) -> Option<Reported> {
    if !line.starts_with('{') {
        return None;
    }
    let event: Value = serde_json::from_str(line).ok()?;
    if event["type"] != "platform.report" {
        return None;
    }
    let metrics = &event["record"]["metrics"];
    let init = metrics["initDurationMs"]
        .as_f64()
        .or_else(|| metrics["restoreDurationMs"].as_f64());
    Reported::of(metrics["durationMs"].as_f64(), init)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(log: &str, expected: Option<(f64, Option<f64>)>) {
        let read = Reported::read(&BASE64_STANDARD.encode(log));
        let read = read.map(|reported| (reported.duration_ms, reported.init_ms));
        assert_eq!(read, expected, "{log}");
    }

    #[test]
    fn reads_the_report_in_either_format() {
        const TEXT: &str = "REPORT RequestId: 9d17a8a4\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t";
        const JSON: &str = r#"{"time":"2026-01-01T00:00:00.000Z","type":"platform.report","record":{"requestId":"9d17a8a4","metrics":{"durationMs":12.345,"billedDurationMs":13,"memorySizeMB":128,"maxMemoryUsedMB":40},"status":"success"}}"#;
        check(
            &format!("START RequestId: 9d17a8a4 Version: 3\nEND RequestId: 9d17a8a4\n{TEXT}\n"),
            Some((12.34, None)),
        );
        check(
            &format!("{TEXT}Init Duration: 98.70 ms\t\n"),
            Some((12.34, Some(98.7))),
        );
        check(
            &format!("{TEXT}Init Duration: 98.70 ms\tStatus: timeout\n"),
            Some((12.34, Some(98.7))),
        );
        check(
            &format!("{TEXT}Restore Duration: 200.01 ms\tBilled Restore Duration: 1 ms\t\n"),
            Some((12.34, Some(200.01))),
        );
        // What X-Ray adds is a line of its own, and what a Lambda extension writes may come after it.
        check(
            &format!("{TEXT}\nXRAY TraceId: 1-5\tSegmentId: 7\tSampled: true\nbye\n"),
            Some((12.34, None)),
        );
        check(JSON, Some((12.345, None)));
        let cold = |member: &str| {
            JSON.replace(
                "\"memorySizeMB\"",
                &format!("\"{member}\":50.5,\"memorySizeMB\""),
            )
        };
        check(&cold("initDurationMs"), Some((12.345, Some(50.5))));
        check(&cold("restoreDurationMs"), Some((12.345, Some(50.5))));
        // The last one is Lambda's, whatever the function writes.
        check(
            &format!("{}\n{TEXT}\n", TEXT.replace("12.34", "0.01")),
            Some((12.34, None)),
        );
    }

    #[test]
    fn what_is_no_report_says_nothing() {
        for log in [
            "",
            "END RequestId: 9d17a8a4\n",
            "REPORT RequestId: 9d17a8a4\tBilled Duration: 13 ms\t",
            "REPORT RequestId: 9d17a8a4\tDuration: much ms\t",
            "REPORT RequestId: 9d17a8a4\tDuration: -1 ms\t",
            "REPORT RequestId: 9d17a8a4\tDuration: inf ms\t",
            "REPORT RequestId: 9d17a8a4\tDuration: 12.34",
            r#"{"type":"platform.report","record":{}}"#,
            r#"{"type":"platform.report","record":{"metrics":{"durationMs":"12"}}}"#,
            r#"{"type":"platform.start","record":{"metrics":{"durationMs":12}}}"#,
            "{",
        ] {
            check(log, None);
        }
        assert_eq!(Reported::read("no base64"), None);
    }
}
