//! One run of `tollgate test`.

use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::Result;

/// What a run took, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From the first call to the last answer, as it says itself.
    pub(crate) calls_ms: f64,
    /// From the start of the process to its end.
    pub(crate) process_ms: f64,
}

impl Run {
    /// Runs `command`, which prints JSON.
    ///
    /// # Errors
    ///
    /// Not all of its `events` are met.
    pub(crate) fn of(command: &mut Command, events: u32) -> Result<Self> {
        let begun = Instant::now();
        let output = command.output()?;
        let process_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let document: Value = serde_json::from_slice(&output.stdout)?;
        let function = &document["functions"][0];
        let reason = function["reason"].as_str().unwrap_or_default();
        if !output.status.success() || reason != format!("{events} of {events} events met") {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{reason}: {document}\n{errors}").into());
        }
        let calls_ms = function["durationMs"].as_f64().ok_or("no durationMs")?;
        Ok(Self {
            calls_ms,
            process_ms,
        })
    }
}
