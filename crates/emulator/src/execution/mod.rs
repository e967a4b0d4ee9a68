//! Function binaries as real processes behind the Lambda Runtime API.
//!
//! An *execution environment* is one process of one function version with a Runtime API endpoint of its own.
//! Environments are reused; a call that finds none idle starts another, as on Lambda.

mod code;
mod content;
mod environment;
mod faults;
mod idle;
pub(crate) mod lasting;
mod layers;
mod output;
mod package;
mod pool;
mod process_group;
mod runtime_api;
mod runtimes;
mod watching;

pub use code::{CodeError, CodeStore, Program};
pub(crate) use code::{LayerContent, Snapshot};
pub(crate) use environment::Launch;
pub(crate) use idle::IdleLimits;
pub(crate) use layers::{MAX_UNZIPPED_BYTES, map_opt};
pub(crate) use pool::Pool;
pub(crate) use runtimes::variables as runtime_variables;
pub use runtimes::{check_runtime_interface_client, has_runtime_interface_client};

use std::time::Duration;

use axum::body::Bytes;
use deployment::Timestamp;

/// The largest request payload of a synchronous invocation, in bytes (Lambda quota: 6 MB).
pub(crate) const MAX_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// The largest response payload, in bytes: the number that Lambda's own message gives.
pub(crate) const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// One invocation on its way to a function.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    /// The request id that function and caller see.
    pub request_id: String,
    /// The JSON payload, byte for byte as it was sent.
    pub payload: Bytes,
    /// The ARN as it was invoked, with its qualifier where there was one.
    pub invoked_function_arn: String,
    /// The client context as JSON text, already decoded from base64.
    pub client_context: Option<String>,
    /// The X-Ray header, `Root=…;Parent=…;Sampled=…`.
    pub trace_id: String,
    /// The simulated time at which it begins.
    pub at: Timestamp,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub struct Completion {
    /// The response, or the error object where `function_error` is set.
    pub payload: Bytes,
    /// Whether the function failed; `X-Amz-Function-Error` on the wire.
    pub function_error: bool,
    /// Measured: from handing the request to the runtime until its answer, without the start of the process.
    pub duration: Duration,
    /// The last lines that the process wrote to standard output and error during the call, at most 4 KB; of a
    /// process that goes on, those that it wrote before it answered.
    pub log_tail: String,
    /// What `LogType: Tail` shows: the last 4 KB of the invocation's log, Lambda's own lines (START, END and REPORT, or
    /// the platform events of the JSON format) among them.
    pub log_result: String,
    /// Whether the process is gone: it ended, was killed, or never came up.
    pub process_ended: bool,
}

impl Completion {
    /// The same with its texts changed by `change`, for people to read.
    pub(crate) fn with_texts(self, change: impl Fn(&str) -> String) -> Self {
        Self {
            payload: Bytes::from(change(&String::from_utf8_lossy(&self.payload))),
            log_tail: change(&self.log_tail),
            ..self
        }
    }
}
