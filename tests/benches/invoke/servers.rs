//! The servers that are compared, each a process of its own with one function behind it: order-api.

use std::env;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::load::{self, Target};

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
}

impl Server {
    /// Starts this program in one of its roles: `--emulator` or `--front`, with `cold` further functions.
    pub(crate) fn start(role: &str, cold: usize) -> Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .args([role, &cold.to_string()])
            // It ends when this is closed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = process.stdout.take().ok_or("no standard output")?;
        BufReader::new(out).read_line(&mut line)?;
        let target = Target {
            address: line.trim().parse()?,
            function: FUNCTION.to_owned(),
        };
        Ok(Self { process, target })
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
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let process = command.spawn().map_err(|error| text(&error))?;
        let target = Target {
            address,
            function: FUNCTION.to_owned(),
        };
        let server = Self { process, target };
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
        // It may have ended by itself; what has a standard input ends when that does.
        if self.process.stdin.take().is_none() {
            #[cfg(unix)]
            if let Some(group) = i32::try_from(self.process.id())
                .ok()
                .and_then(rustix::process::Pid::from_raw)
            {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            drop(self.process.kill());
        }
        drop(self.process.wait());
    }
}
