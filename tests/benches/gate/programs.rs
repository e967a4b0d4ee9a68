//! What is measured: the hooks and a hello-world function from this build, and the peer.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::program;

/// A hook, or the watch, under its names in `template.yaml`.
pub(crate) struct Hook {
    pub(crate) binary: &'static str,
    pub(crate) function_name: &'static str,
    pub(crate) path: &'static str,
}

pub(crate) const HOOKS: [Hook; 2] = [
    Hook {
        binary: "pre-traffic",
        function_name: "CodeDeployHook_PreTraffic",
        path: env!("CARGO_BIN_EXE_pre-traffic-under-test"),
    },
    Hook {
        binary: "post-traffic",
        function_name: "CodeDeployHook_PostTraffic",
        path: env!("CARGO_BIN_EXE_post-traffic-under-test"),
    },
];

/// What is deployed beside the hooks, whose start and package have the same limits.
pub(crate) const WATCH: Hook = Hook {
    binary: "canary-watch",
    function_name: "CanaryWatch",
    path: env!("CARGO_BIN_EXE_canary-watch-under-test"),
};

/// A function that only answers.
pub(crate) const HELLO: &str = env!("CARGO_BIN_EXE_hello");

/// The hook in Python, ready to be started under AWS's own runtime client.
pub(crate) struct Peer {
    python: PathBuf,
    source: PathBuf,
}

impl Peer {
    /// Makes a virtual environment in `folder` and installs what `requirements.txt` pins.
    ///
    /// # Errors
    ///
    /// Why there is no peer to measure against.
    pub(crate) fn install(folder: &Path, log: &Path) -> Result<Self, String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peer");
        let venv = folder.join("venv");
        let python = venv.join("bin/python");
        let works = run(
            Command::new(&python).args(["-m", "pip", "--version"]),
            "python",
            log,
        );
        if works.is_err() {
            run(
                Command::new("python3")
                    .args(["-m", "venv", "--clear"])
                    .arg(&venv),
                "python3 -m venv",
                log,
            )?;
        }
        run(
            Command::new(&python)
                .args(["-m", "pip", "install", "--disable-pip-version-check"])
                .arg("--requirement")
                .arg(source.join("requirements.txt")),
            "pip install",
            log,
        )?;
        Ok(Self { python, source })
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = program(&self.python);
        command
            .args(["-m", "awslambdaric", "hook.handler"])
            .current_dir(&self.source)
            .env("PYTHONPATH", &self.source)
            // The handler's module is compiled in Lambda, too, where its folder cannot be written.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("LAMBDA_TASK_ROOT", &self.source)
            .env("_HANDLER", "hook.handler")
            .env("PATH", env::var_os("PATH").unwrap_or_default());
        command
    }
}

fn run(command: &mut Command, what: &str, log: &Path) -> Result<(), String> {
    let output = File::create(log)
        .and_then(|file| Ok((file.try_clone()?, file)))
        .map_err(|error| error.to_string())?;
    let status = command
        .stdout(output.0)
        .stderr(output.1)
        .status()
        .map_err(|error| format!("{what}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{what} failed, see {}", log.display()))
}
