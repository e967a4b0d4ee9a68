//! `tollgate serve` with the function, and its test events.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::Result;
use crate::run::Run;

const TOLLGATE: &str = env!("CARGO_BIN_EXE_tollgate-under-test");

const FUNCTION: &str = "slow";

const TEMPLATE: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: slow
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: package
      Timeout: 30
";

/// It ends, with its functions, when this is dropped.
pub(crate) struct World {
    serving: Child,
    endpoint: String,
    events: u32,
    files: TempDir,
}

impl World {
    /// Serves the function, and writes `events` test events for it.
    pub(crate) fn new(events: u32) -> Result<Self> {
        let files = tempfile::tempdir()?;
        let package = files.path().join("package");
        fs::create_dir(&package)?;
        fs::copy(env!("CARGO_BIN_EXE_slow"), package.join("bootstrap"))?;
        let template = files.path().join("template.yaml");
        fs::write(&template, TEMPLATE)?;
        let folder = files.path().join("events").join(FUNCTION);
        fs::create_dir_all(&folder)?;
        for number in 0..events {
            let event = format!("{{\"number\": {number}}}\n");
            fs::write(folder.join(format!("Event{number:04}.json")), event)?;
        }
        let mut serving = Command::new(TOLLGATE)
            .args(["serve", "--port", "0", "--format", "json", "--template"])
            .arg(template)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = serving.stdout.take();
        // From here on it ends when this is dropped.
        let mut world = Self {
            serving,
            endpoint: String::new(),
            events,
            files,
        };
        let mut line = String::new();
        BufReader::new(out.ok_or("no standard output")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)?;
        let endpoint = ready["endpoint"].as_str().ok_or("no endpoint")?;
        endpoint.clone_into(&mut world.endpoint);
        Ok(world)
    }

    /// Runs all of the events.
    pub(crate) fn run(&self, concurrency: u32) -> Result<Run> {
        let mut command = Command::new(TOLLGATE);
        command
            .current_dir(self.files.path())
            .args(["test", "--function", FUNCTION, "--region", "us-east-1"])
            .args(["--endpoint-url", &self.endpoint, "--format", "json"])
            .args(["--concurrency", &concurrency.to_string()])
            .env("AWS_ACCESS_KEY_ID", "tollgate")
            .env("AWS_SECRET_ACCESS_KEY", "tollgate")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        Run::of(&mut command, self.events)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // As Ctrl-C does it; it may have ended by itself.
        #[cfg(unix)]
        if let Some(process) = i32::try_from(self.serving.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::INT);
        }
        #[cfg(not(unix))]
        drop(self.serving.kill());
        drop(self.serving.wait());
    }
}
