//! The log stream of one execution environment: what its process writes, and what Lambda writes about it.
//!
//! Sources: Lambda developer guide, "Understanding Lambda log formats" and "Lambda Telemetry API Event schema
//! reference"; the texts of REPORT lines and errors are those of AWS's Runtime Interface Emulator.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployment::Timestamp;
use fastrand::Rng;
use serde_json::{Value, json};

use super::Logs;
use crate::calendar::{Date, iso};
use crate::hash::{OFFSET, fnv1a};
use crate::template::LogFormat;

/// `LogType: Tail` shows the last 4 KB of an invocation's log (Lambda API reference, Invoke).
const TAIL_BYTES: usize = 4096;

/// Where the output of a function version goes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) logs: Arc<Logs>,
    /// The log group's name.
    pub(crate) group: Arc<str>,
    /// `$LATEST` or a number.
    pub(crate) version: String,
    /// In MB.
    pub(crate) memory_size: u32,
    /// The form of Lambda's own lines.
    pub(crate) format: LogFormat,
    /// Paths of this machine, and what they are on Lambda: a log must not depend on where this run keeps its copies.
    pub(crate) places: Vec<(String, &'static str)>,
}

/// What ended, as a report line tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The init phase of an environment that did not come up.
    Init,
    /// An invocation.
    Invoke,
}

/// The stream of one execution environment.
#[derive(Debug)]
pub(crate) struct LogStream {
    destination: Destination,
    name: Arc<str>,
    current: Mutex<Current>,
}

/// The invocation that is written about.
#[derive(Debug)]
struct Current {
    /// The simulated time of what is written now: that at which the invocation began.
    now: Timestamp,
    /// The end of what has been written about it, with a newline after each line; more than [`TAIL_BYTES`] at times.
    tail: Vec<u8>,
}

impl LogStream {
    /// A new stream, named as Lambda names them: `2026/01/01/[2]` and 32 hexadecimal digits.
    pub(crate) fn open(destination: Destination, now: Timestamp) -> Self {
        let Destination { group, version, .. } = &destination;
        let number = destination.logs.next_stream(group, version, now);
        // Reproducible: the n-th environment of a version always has the same name.
        let stream = format!("{group} {version} {number}");
        let seed = fnv1a(OFFSET, stream.as_bytes());
        let Date { year, month, day } = Date::of(seconds(now));
        let name = format!(
            "{year:04}/{month:02}/{day:02}/[{version}]{:032x}",
            Rng::with_seed(seed).u128(..)
        );
        Self {
            destination,
            name: name.into(),
            current: Mutex::new(Current {
                now,
                tail: Vec::new(),
            }),
        }
    }

    pub(crate) fn group(&self) -> &str {
        &self.destination.group
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes a line of the process.
    pub(crate) fn write(&self, line: &str) {
        let places = self.destination.places.iter();
        let line = places.fold(line.to_owned(), |line, (path, instead)| {
            if line.contains(path) {
                line.replace(path, instead)
            } else {
                line
            }
        });
        self.append([line]);
    }

    /// An invocation begins; what is written from here on belongs to this time.
    pub(crate) fn begin(&self, now: Timestamp, request_id: &str) {
        {
            let mut current = self.current();
            current.now = now;
            current.tail.clear();
        }
        let version = &self.destination.version;
        match self.destination.format {
            LogFormat::Text => {
                self.append([format!("START RequestId: {request_id} Version: {version}")]);
            }
            LogFormat::Json => self.platform(
                "platform.start",
                json!({ "requestId": request_id, "version": version }),
            ),
        }
    }

    /// An invocation, or the init phase before the first, has ended: its error is `error_type` and the text of
    /// Lambda's own line about it, where Lambda made the error. Of the first invocation, `init` is how long the init phase
    /// took.
    pub(crate) fn end(
        &self,
        phase: Phase,
        request_id: &str,
        (duration, init): (Duration, Option<Duration>),
        error: Option<(&str, &str)>,
    ) {
        let status = match error {
            None => "success",
            Some(("Sandbox.Timedout", _)) => "timeout",
            Some(_) => "error",
        };
        match (self.destination.format, phase) {
            (LogFormat::Text, Phase::Init) => {
                let (error_type, _) = error.unwrap_or_default();
                let duration = Hundredths(duration);
                self.append([format!(
                    "INIT_REPORT Init Duration: {duration} ms\tPhase: init\tStatus: {status}\tError Type: {error_type}"
                )]);
            }
            (LogFormat::Text, Phase::Invoke) => {
                self.append([
                    format!("END RequestId: {request_id}"),
                    self.report(request_id, (duration, init), status, error),
                ]);
                match error {
                    Some(("Sandbox.Timedout", what)) => {
                        let at = iso(millis(self.now()));
                        self.append([format!("{at}Z {request_id} {what}")]);
                    }
                    Some((error_type, what)) => {
                        self.append([
                            format!("RequestId: {request_id} Error: {what}"),
                            error_type.to_owned(),
                        ]);
                    }
                    None => {}
                }
            }
            (LogFormat::Json, Phase::Init) => self.platform(
                "platform.initReport",
                with_error(
                    json!({
                        "initializationType": "on-demand", "phase": "init", "status": status,
                        "metrics": { "durationMs": milliseconds(duration) },
                    }),
                    error,
                ),
            ),
            (LogFormat::Json, Phase::Invoke) => {
                if error.is_some() {
                    let record = json!({ "requestId": request_id, "status": status });
                    self.platform("platform.runtimeDone", with_error(record, error));
                }
                let memory = self.destination.memory_size;
                let mut metrics = json!({
                    "durationMs": milliseconds(duration),
                    "billedDurationMs": milliseconds(billed(duration, init)).ceil(),
                    "memorySizeMB": memory, "maxMemoryUsedMB": memory,
                });
                if let Some(init) = init {
                    metrics["initDurationMs"] = milliseconds(init).into();
                }
                let record =
                    json!({ "requestId": request_id, "metrics": metrics, "status": status });
                self.platform("platform.report", with_error(record, error));
            }
        }
    }

    fn report(
        &self,
        request_id: &str,
        (duration, init): (Duration, Option<Duration>),
        status: &str,
        error: Option<(&str, &str)>,
    ) -> String {
        let billed = billed(duration, init).as_nanos().div_ceil(1_000_000);
        let duration = Hundredths(duration);
        let memory = self.destination.memory_size;
        let mut line = format!(
            "REPORT RequestId: {request_id}\tDuration: {duration} ms\tBilled Duration: {billed} ms\tMemory Size: {memory} \
             MB\tMax Memory Used: {memory} MB\t",
        );
        if let Some(init) = init {
            line.push_str(&format!("Init Duration: {} ms\t", Hundredths(init)));
        }
        if let Some((error_type, _)) = error {
            line.push_str(&format!("Status: {status}"));
            if status == "error" {
                line.push_str(&format!("\tError Type: {error_type}"));
            }
        }
        line
    }

    fn platform(&self, kind: &str, record: Value) {
        let time = format!("{}Z", iso(millis(self.now())));
        self.append([json!({ "time": time, "type": kind, "record": record }).to_string()]);
    }

    fn append<const N: usize>(&self, lines: [String; N]) {
        let now = {
            let Current { now, tail } = &mut *self.current();
            for line in &lines {
                tail.extend_from_slice(line.as_bytes());
                tail.push(b'\n');
            }
            if tail.len() > 2 * TAIL_BYTES {
                tail.drain(..tail.len() - TAIL_BYTES);
            }
            *now
        };
        let Destination { logs, group, .. } = &self.destination;
        logs.append(group, &self.name, now, lines);
    }

    /// The last 4 KB of what has been written since the invocation began.
    pub(crate) fn tail(&self) -> String {
        let tail = &self.current().tail;
        let last = tail.len().saturating_sub(TAIL_BYTES);
        let tail = tail.get(last..).unwrap_or_default().to_vec();
        String::from_utf8(tail)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    fn now(&self) -> Timestamp {
        self.current().now
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn with_error(mut record: Value, error: Option<(&str, &str)>) -> Value {
    if let (Some((error_type, _)), Some(members)) = (error, record.as_object_mut()) {
        members.insert("errorType".to_owned(), error_type.into());
    }
    record
}

/// The init phase is billed, too ("AWS Lambda standardizes billing for INIT Phase", AWS Compute Blog, 2025).
fn billed(duration: Duration, init: Option<Duration>) -> Duration {
    duration + init.unwrap_or_default()
}

/// Milliseconds with two decimals.
struct Hundredths(Duration);

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0.as_nanos() + 5_000) / 10_000;
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn seconds(time: Timestamp) -> i64 {
    millis(time).div_euclid(1000)
}
