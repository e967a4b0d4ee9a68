//! Where figures were measured.

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

/// The machine and the compiler; what cannot be found out is `unknown`.
pub(crate) struct Machine {
    cores: usize,
    memory: String,
    cpu: String,
    kernel: String,
    rustc: String,
}

impl Machine {
    pub(crate) fn this() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            cores: thread::available_parallelism().map_or(0, usize::from),
            memory: value(&read("/proc/meminfo"), "MemTotal")
                .and_then(|total| total.strip_suffix(" kB")?.trim().parse::<f64>().ok())
                .map_or_else(unknown, |kibibytes| {
                    format!("{:.0} GiB", kibibytes / 1024.0 / 1024.0)
                }),
            cpu: value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
            kernel: Some(read("/proc/sys/kernel/osrelease").trim().to_owned())
                .filter(|release| !release.is_empty())
                .map_or_else(unknown, |release| format!("Linux {release}")),
            rustc: Command::new(option_env!("RUSTC").unwrap_or("rustc"))
                .arg("--version")
                .output()
                .ok()
                .and_then(|output| String::from_utf8(output.stdout).ok())
                .map_or_else(unknown, |version| version.trim().to_owned()),
        }
    }

    pub(crate) fn line(&self) -> String {
        format!(
            "{} cores of {}, {}, {}, {}",
            self.cores, self.cpu, self.memory, self.kernel, self.rustc
        )
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "cores": self.cores,
            "cpu": self.cpu,
            "memory": self.memory,
            "kernel": self.kernel,
            "rustc": self.rustc,
        })
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// The value of the first `key : value` line.
fn value(text: &str, key: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.trim() == key)?;
    Some(value.trim().to_owned())
}
