//! The servers that are compared, each a process of its own with one function behind it: order-api.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::load::{self, Target};
use crate::{PROGRAM, Result};

/// The variable with the path of `cargo-lambda` 1.9.2, the peer.
pub(crate) const CARGO_LAMBDA: &str = "CARGO_LAMBDA";

/// The function's name; `cargo lambda watch` takes the binary's.
pub(crate) const FUNCTION: &str = "order-api";

/// The same program under names that have not been called: each is a new instance.
pub(crate) fn cold_functions(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("{FUNCTION}-{number}"))
}

/// A running server; it ends, with its functions, when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) target: Target,
    /// What a server reads while it runs.
    _files: Option<TempDir>,
}

impl Server {
    /// Starts `tollgate serve` with the function and `cold` further ones.
    pub(crate) fn emulator(cold: usize) -> Result<Self> {
        let files = tempfile::tempdir()?;
        let package = files.path().join("package");
        fs::create_dir(&package)?;
        fs::copy(PROGRAM, package.join("bootstrap"))?;
        let mut text = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
        let functions = cold_functions(cold).chain([FUNCTION.to_owned()]);
        for (index, name) in functions.enumerate() {
            write!(
                text,
                "  F{index}:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: {name}\n      \
                 Runtime: provided.al2023\n      Handler: bootstrap\n      CodeUri: package\n      Timeout: 30\n"
            )?;
        }
        let template = files.path().join("template.yaml");
        fs::write(&template, text)?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_tollgate-under-test"))
            .args(["serve", "--port", "0", "--format", "json", "--template"])
            .arg(template)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let line = first_line(&mut process);
        let target = |line: &str| -> Result<Target> {
            let ready: Value = serde_json::from_str(line)?;
            let endpoint = ready["endpoint"].as_str().unwrap_or_default();
            Target::at(endpoint.trim_start_matches("http://"))
        };
        Self::of(process, line.and_then(|line| target(&line)), Some(files))
    }

    /// Starts the bare front, which has every function.
    pub(crate) fn front() -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command
            .arg("--front")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        lead_a_group(&mut command);
        let mut process = command.spawn()?;
        let line = first_line(&mut process);
        Self::of(process, line.and_then(|line| Target::at(&line)), None)
    }

    /// Ends the process where it does not say what it should.
    fn of(mut process: Child, target: Result<Target>, files: Option<TempDir>) -> Result<Self> {
        match target {
            Ok(target) => Ok(Self {
                process,
                target,
                _files: files,
            }),
            Err(error) => {
                drop(process.kill());
                drop(process.wait());
                Err(error)
            }
        }
    }

    /// Starts `cargo lambda watch` on the example, and waits until it has built it and answers.
    ///
    /// # Errors
    ///
    /// Why there is no peer.
    pub(crate) fn cargo_lambda(clients: usize, log: &Path) -> Result<Self, String> {
        let program = env::var_os(CARGO_LAMBDA)
            .ok_or_else(|| format!("{CARGO_LAMBDA} does not say where cargo-lambda 1.9.2 is"))?;
        let text = |error: &dyn std::error::Error| error.to_string();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| text(&error))?;
        let address = free.local_addr().map_err(|error| text(&error))?;
        drop(free);
        let output = File::create(log).map_err(|error| text(&error))?;
        let errors = output.try_clone().map_err(|error| text(&error))?;
        let mut command = Command::new(program);
        command
            .args([
                "lambda",
                "watch",
                "--release",
                "--ignore-changes",
                "--invoke-address",
                "127.0.0.1",
            ])
            .args(["--concurrency", &clients.to_string()])
            .args(["--invoke-port", &address.port().to_string()])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/order-api"))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        lead_a_group(&mut command);
        let process = command.spawn().map_err(|error| text(&error))?;
        let target = Target {
            address,
            function: FUNCTION.to_owned(),
        };
        let server = Self {
            process,
            target,
            _files: None,
        };
        server
            .wait()
            .map_err(|error| format!("cargo lambda watch: {error}; see {}", log.display()))?;
        Ok(server)
    }

    /// Waits for the first right answer, which a release build may come before.
    fn wait(&self) -> Result<()> {
        let patience = Instant::now() + Duration::from_secs(900);
        loop {
            match load::call_once(&self.target) {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > patience => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.target.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As Ctrl-C does it; it may have ended by itself.
        #[cfg(unix)]
        if let Some(process) = i32::try_from(self.process.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::INT);
            // The functions of the others are in their groups; the emulator ends its own.
            let _ = rustix::process::kill_process_group(process, rustix::process::Signal::INT);
        }
        #[cfg(not(unix))]
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Has what the process starts end with it.
fn lead_a_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// What a server says when it is ready.
fn first_line(process: &mut Child) -> Result<String> {
    let out = process.stdout.take().ok_or("no standard output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

impl Target {
    fn at(address: &str) -> Result<Self> {
        Ok(Self {
            address: address.parse()?,
            function: FUNCTION.to_owned(),
        })
    }
}
