//! `cargo bench --bench state`: whether the emulator stays as fast with a thousand versions and deployments.

mod client;
mod figure;
mod world;

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

use tokio::runtime::Runtime;

use figure::{Figure, Unit};
use machine::Machine;
use samples::Samples;
use world::{OPERATIONS, Place, Turn, World};

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const HELP: &str = "\
Measures how long each operation takes with up to a thousand versions, aliases and deployments in one emulator, over
the wire, with the state in memory and in a data directory.

Usage: cargo bench --bench state [-- OPTIONS]

Options:
      --quick  one round of each, for trying things out
      --help   prints this

Prints a Markdown table, and writes it with the machine to target/bench/state.json (a quick run, or one of programs that
are not optimized, to state-part.json).
A time is the median of operations 1 to 100 of an emulator, and a ratio how much longer that of operations 901 to 1000 of
another one is, which take turns with them, so that a busy moment of the machine meets both. Each figure is a median of
rounds with new emulators, and spread is its least, its most and the number of rounds.

Exit status: 0 all limits are met, 1 one is missed, 2 one could not be measured.
";

/// How many versions, aliases and deployments there are in the end, beside those that each emulator begins with.
const TURNS: usize = 1000;

/// How many operations at the beginning and at the end are compared.
const COMPARED: usize = 100;

/// How much slower the last ones may be.
const AT_MOST: f64 = 2.0;

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
    let mut quick = false;
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    for arg in &args {
        match arg.as_str() {
            "--quick" => quick = true,
            "--help" | "-h" => {
                write!(std::io::stdout(), "{HELP}")?;
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(format!("unknown option {other}; see --help").into()),
        }
    }
    let folder = folder()?;
    let rounds = if quick { 1 } else { 5 };
    let mut figures = Vec::new();
    for place in [Place::Memory, Place::DataDirectory] {
        figures.extend(measure(place, rounds, &folder)?);
    }

    let machine = Machine::this();
    let profile = if cfg!(debug_assertions) {
        " --profile dev"
    } else {
        ""
    };
    let command = format!("cargo bench{profile} --bench state -- {}", args.join(" "));
    let command = command.trim_end_matches([' ', '-']);
    let mut out = std::io::stdout().lock();
    write!(out, "{}", table::markdown(&figures, &machine, command))?;
    let json = folder.join(if quick || cfg!(debug_assertions) {
        "state-part.json"
    } else {
        "state.json"
    });
    fs::write(&json, table::json(&figures, &machine, command))?;
    writeln!(out, "\nwritten to {}", json.display())?;
    let is_missed = figures.iter().any(|figure| figure.is_met() == Some(false));
    Ok(ExitCode::from(u8::from(is_missed)))
}

/// Two figures for each operation, of this many rounds.
fn measure(place: Place, rounds: usize, folder: &Path) -> Result<Vec<Figure>> {
    let runtime = Runtime::new()?;
    let mut measured: [Vec<[f64; 2]>; OPERATIONS.len()] = Default::default();
    for number in 1..=rounds {
        tell(&format!("{}, round {number} of {rounds}", place.name()));
        let [first, last] = round(place, folder, &runtime)?;
        for (operation, medians) in measured.iter_mut().enumerate() {
            let median = |turns: &[Turn]| {
                let times = turns.iter().map(|turn| turn[operation].as_secs_f64());
                Samples::new(times.collect()).map(|samples| samples.median())
            };
            medians.push([median(&first), median(&last)].map(Option::unwrap_or_default));
        }
    }
    let figures = OPERATIONS.iter().zip(measured).flat_map(|(name, medians)| {
        let figure = |what: &str, unit, value: &dyn Fn(&[f64; 2]) -> f64| {
            let measured = Samples::new(medians.iter().map(value).collect())?;
            let name = format!("{}: {name}{what}", place.name());
            Some(Figure {
                name,
                unit,
                measured,
            })
        };
        let ratio = Unit::Ratio { at_most: AT_MOST };
        [
            figure("", Unit::Milliseconds, &|[first, _]| first * 1000.0),
            figure(", 901–1000 against 1–100", ratio, &|[first, last]| {
                last / first
            }),
        ]
    });
    let figures: Option<Vec<_>> = figures.collect();
    figures.ok_or_else(|| "no rounds".into())
}

/// How long the first and the last turns took, each with an emulator of its own.
fn round(place: Place, folder: &Path, runtime: &Runtime) -> Result<[Vec<Turn>; 2]> {
    let mut old = World::new(place, folder, runtime)?;
    for number in 1..=TURNS - COMPARED {
        old.turn(number)?;
    }
    let mut new = World::new(place, folder, runtime)?;
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for number in 1..=COMPARED {
        first.push(new.turn(number)?);
        last.push(old.turn(TURNS - COMPARED + number)?);
    }
    Ok([first, last])
}

fn tell(what: &str) {
    drop(writeln!(std::io::stderr(), "measuring: {what} …"));
}

/// `target/bench`.
fn folder() -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let folder = target.ok_or("no target directory")?.join("bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
