//! One review by a process of its own.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;

const TOLLGATE: &str = env!("CARGO_BIN_EXE_tollgate-under-test");

/// What a review took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From the start of the process to its end.
    pub(crate) milliseconds: f64,
    /// The most memory that it has had in RAM at once, in bytes: `VmHWM` of Linux.
    pub(crate) memory: f64,
}

impl Run {
    /// Reviews the change set of that file as text.
    ///
    /// # Errors
    ///
    /// It could not be reviewed, or the memory cannot be found out, as where the review fits into a pipe.
    pub(crate) fn of(file: &Path) -> Result<Self> {
        let begun = Instant::now();
        let mut child = Command::new(TOLLGATE)
            .arg("changeset")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut out = child.stdout.take().ok_or("no standard output")?;
        // It writes when all is done, and its text does not fit into the pipe: so it is still there to be asked.
        let mut first = [0];
        out.read_exact(&mut first)?;
        let memory = memory(child.id());
        let mut rest = Vec::new();
        out.read_to_end(&mut rest)?;
        let status = child.wait()?;
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        match status.code() {
            Some(0 | 1) => Ok(Self {
                milliseconds,
                memory: memory?,
            }),
            _ => Err(format!("tollgate changeset ended with {status}").into()),
        }
    }
}

fn memory(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line
        .and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok())
        .ok_or("there is no VmHWM in /proc")?;
    Ok(kibibytes * 1024.0)
}
