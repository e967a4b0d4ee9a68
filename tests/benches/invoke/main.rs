//! `cargo bench --bench invoke`: how many calls the emulator serves, against limits, a bare front and a peer.

mod figure;
mod front;
mod load;
mod measure;
mod servers;

#[path = "../gate/machine.rs"]
mod machine;
#[path = "../gate/samples.rs"]
mod samples;
#[path = "../gate/table.rs"]
mod table;

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use figure::Verdict;
use machine::Machine;
use measure::Bench;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const HELP: &str = "\
Measures warm and cold Invoke through the emulator, against a bare front and `cargo lambda watch`, with order-api behind each.

Usage: [CARGO_LAMBDA=PATH] cargo bench --bench invoke [-- OPTIONS]

Options:
      --no-peer  without cargo lambda watch, whose rows then say that they were not measured
      --quick    a tenth of the time, for trying things out
      --help     prints this

CARGO_LAMBDA is the path of cargo-lambda 1.9.2: pip install cargo-lambda==1.9.2 ziglang
Prints a Markdown table, and writes it with the machine to target/bench/invoke.json (a part, or a quick run, to invoke-part.json).
Each figure is a median of rounds in which the servers take turns; spread is its least, its most and the number of rounds.

Exit status: 0 all limits are met, 1 one is missed, 2 one could not be measured.
";

/// What is measured.
const PROGRAM: &str = env!("CARGO_BIN_EXE_order-api-under-test");

fn main() -> ExitCode {
    match run() {
        Ok(status) => status,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode> {
    let (mut no_peer, mut quick) = (false, false);
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    for arg in &args {
        match arg.as_str() {
            "--no-peer" => no_peer = true,
            "--quick" => quick = true,
            "--help" | "-h" => {
                write!(std::io::stdout(), "{HELP}")?;
                return Ok(ExitCode::SUCCESS);
            }
            // The process that the emulator is measured against.
            "--front" => {
                let ready = |address| drop(writeln!(std::io::stdout(), "{address}"));
                let front = front::serve(PROGRAM.to_owned(), ready);
                tokio::runtime::Runtime::new()?.block_on(front)?;
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(format!("unknown option {other}; see --help").into()),
        }
    }
    if cfg!(debug_assertions) {
        return Err("these programs are not optimized; run it with `cargo bench`".into());
    }
    let folder = folder()?;
    let figures = Bench {
        folder: &folder,
        quick,
        no_peer,
    }
    .measure()?;
    let machine = Machine::this();
    let command = format!("cargo bench --bench invoke -- {}", args.join(" "));
    let command = command.trim_end_matches([' ', '-']);
    let mut out = std::io::stdout().lock();
    write!(out, "{}", table::markdown(&figures, &machine, command))?;
    let json = folder.join(if quick || no_peer {
        "invoke-part.json"
    } else {
        "invoke.json"
    });
    fs::write(&json, table::json(&figures, &machine, command))?;
    writeln!(out, "\nwritten to {}", json.display())?;

    let has = |verdict| figures.iter().any(|figure| figure.verdict() == verdict);
    Ok(ExitCode::from(if has(Verdict::Missed) {
        1
    } else if has(Verdict::NotMeasured) {
        2
    } else {
        0
    }))
}

/// `target/bench`.
fn folder() -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let folder = target.ok_or("no target directory")?.join("bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
