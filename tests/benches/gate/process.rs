//! A function as a process, with the environment that Lambda gives it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::Result;
use crate::world::World;

/// A process that is ended when it is dropped.
pub(crate) struct Process {
    child: Child,
    /// Just before it was started.
    pub(crate) started: Instant,
}

/// How a hook is configured.
pub(crate) struct Settings<'a> {
    /// Its own name, which the AppSpec has as one of the two hooks.
    pub(crate) name: &'a str,
    pub(crate) events_dir: &'a Path,
    pub(crate) concurrency: usize,
}

impl Process {
    /// Starts `command` in `world`; what it prints goes to the file `log`, as it goes to a pipe in Lambda.
    pub(crate) fn start(
        mut command: Command,
        world: &World,
        settings: &Settings<'_>,
        log: &Path,
    ) -> Result<Self> {
        let log = File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .env("AWS_LAMBDA_RUNTIME_API", world.address.to_string())
            .env("AWS_ENDPOINT_URL", format!("http://{}", world.address))
            .env("AWS_LAMBDA_FUNCTION_NAME", settings.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "benchmark")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "benchmark")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDBENCHMARK")
            .env("AWS_SECRET_ACCESS_KEY", "benchmark")
            .env("AWS_SESSION_TOKEN", "benchmark")
            .env("GATE_EVENTS_DIR", settings.events_dir)
            .env("GATE_CONCURRENCY", settings.concurrency.to_string());
        let started = Instant::now();
        let child = command.spawn()?;
        Ok(Self { child, started })
    }

    /// The most memory that it has had in RAM at once, in bytes: `VmHWM` of Linux, which is what Lambda bills by.
    ///
    /// # Errors
    ///
    /// This is not Linux.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .ok_or("there is no VmHWM in /proc")?;
        Ok(kibibytes.trim().parse::<f64>()? * 1024.0)
    }
}

/// A program with nothing in its environment.
pub(crate) fn program(path: impl AsRef<Path>) -> Command {
    let mut command = Command::new(path.as_ref());
    command.env_clear();
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
