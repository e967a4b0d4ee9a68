//! `cargo bench`: how fast and how small the gate is, against limits and against a peer.

// The least that a client can be, for what the world takes.
mod client;
mod events;
mod figure;
mod machine;
mod measure;
mod package;
mod process;
mod programs;
mod samples;
mod table;
// What a hook speaks to: Lambda's Runtime API and the AWS APIs.
mod world;

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use figure::{Figure, Verdict};
use machine::Machine;
use measure::Bench;
use programs::Peer;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const HELP: &str = "\
Measures the hooks of this build against the limits of crates/hooks/README.md.

Usage: cargo bench [--bench gate] [-- OPTIONS]

Options:
      --only GROUP  measures one group: start, verdict, many, growth or package
      --no-peer     without the boto3 hook, whose row then says that it was not measured
      --quick       a tenth of the repetitions, for trying things out
      --help        prints this

Prints a Markdown table, and writes it with the machine to target/bench/gate.json (a part, or a quick run, to part.json).
The peer is installed with python3 -m venv and pip into target/bench/venv.
Each figure is a median; spread is its least, its most and the number of repetitions.

Exit status: 0 all limits are met, 1 one is missed, 2 one could not be measured.
";

/// What the command line asks for.
#[derive(Debug, Default)]
struct Options {
    only: Option<String>,
    no_peer: bool,
    quick: bool,
    help: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--only" => options.only = Some(args.next().ok_or("--only needs a group")?),
                "--no-peer" => options.no_peer = true,
                "--quick" => options.quick = true,
                "--help" | "-h" => options.help = true,
                // Cargo gives it to every benchmark.
                "--bench" => {}
                other => return Err(format!("unknown option {other}; see --help").into()),
            }
        }
        Ok(options)
    }
}

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
    let options = Options::parse(env::args().skip(1))?;
    let mut out = std::io::stdout().lock();
    if options.help {
        write!(out, "{HELP}")?;
        return Ok(ExitCode::SUCCESS);
    }
    if cfg!(debug_assertions) {
        return Err("these programs are not optimized; run it with `cargo bench`".into());
    }
    let folder = folder()?;
    let figures = measure(&options, &folder)?;
    let machine = Machine::this();
    let command = command();
    write!(out, "{}", table::markdown(&figures, &machine, &command))?;
    // A part does not replace what a whole run has found.
    let is_whole = options.only.is_none() && !options.no_peer && !options.quick;
    let json = folder.join(if is_whole { "gate.json" } else { "part.json" });
    fs::write(&json, table::json(&figures, &machine, &command))?;
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

/// The command that was given, as a person types it.
fn command() -> String {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.is_empty() {
        "cargo bench".to_owned()
    } else {
        format!("cargo bench --bench gate -- {}", args.join(" "))
    }
}

fn measure(options: &Options, folder: &Path) -> Result<Vec<Figure>> {
    let bench = Bench::new(folder, options.quick)?;
    let peer = || match options.no_peer {
        true => Err("--no-peer".to_owned()),
        false => Peer::install(folder, &folder.join("pip.log")),
    };
    type Group<'a> = (&'a str, &'a dyn Fn() -> Vec<Figure>);
    let groups: [Group<'_>; 5] = [
        ("start", &|| bench.start()),
        ("verdict", &|| bench.cold_verdict(&peer())),
        ("many", &|| bench.many()),
        ("growth", &|| bench.growth()),
        ("package", &|| bench.packages()),
    ];
    let mut figures = Vec::new();
    for (name, group) in groups {
        if options.only.as_deref().is_none_or(|only| only == name) {
            writeln!(std::io::stderr(), "measuring: {name} …")?;
            figures.extend(group());
        }
    }
    if figures.is_empty() {
        return Err("there is no such group; see --help".into());
    }
    Ok(figures)
}
