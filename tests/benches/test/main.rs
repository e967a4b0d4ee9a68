//! `cargo bench --bench test`: how long `tollgate test` takes for many events, against what the function alone would take.

#[path = "../gate/figure.rs"]
#[expect(dead_code, reason = "the hooks' figures have more units")]
mod figure;
#[path = "../gate/machine.rs"]
mod machine;
#[path = "../gate/samples.rs"]
mod samples;
#[path = "../gate/table.rs"]
mod table;

mod run;
mod world;

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use figure::{Figure, Unit, Verdict};
use machine::Machine;
use run::Run;
use samples::Samples;
use world::World;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const HELP: &str = "\
Measures `tollgate test` with 500 test events of a function that takes 20 ms each, 50 in flight, over `tollgate serve`.

Usage: cargo bench --bench test [-- OPTIONS]

Options:
      --quick  100 events twice, also of programs that are not optimized, for trying things out
      --help   prints this

A first run, which starts the 50 environments, is not counted.
Prints a Markdown table, and writes it with the machine to target/bench/test.json (a quick run to test-part.json).
Each figure is a median; spread is its least, its most and the number of runs.

Exit status: 0 all limits are met, 1 one is missed, 2 one could not be measured.
";

/// What the function takes for one event.
const EVENT_MS: f64 = 20.0;

const CONCURRENCY: u32 = 50;

/// The most that a run may take, as a multiple of what the function alone would.
const MOST: f64 = 1.15;

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
    if cfg!(debug_assertions) && !quick {
        return Err("these programs are not optimized; run it with `cargo bench`".into());
    }
    let (events, runs) = if quick { (100, 2) } else { (500, 10) };
    let figures = figures(events, &measured(events, runs)?);
    let machine = Machine::this();
    let command = format!("cargo bench --bench test -- {}", args.join(" "));
    let command = command.trim_end_matches([' ', '-']);
    let mut out = std::io::stdout().lock();
    write!(out, "{}", table::markdown(&figures, &machine, command))?;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let folder = target.ok_or("no target directory")?.join("bench");
    fs::create_dir_all(&folder)?;
    let json = folder.join(if quick { "test-part.json" } else { "test.json" });
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

/// The runs, without the first.
fn measured(events: u32, runs: u32) -> Result<Vec<Run>> {
    let world = World::new(events)?;
    world.run(CONCURRENCY)?;
    (0..runs).map(|_| world.run(CONCURRENCY)).collect()
}

fn figures(events: u32, runs: &[Run]) -> Vec<Figure> {
    let ideal = EVENT_MS * f64::from(events.div_ceil(CONCURRENCY));
    let samples = |value: fn(&Run) -> f64, divisor: f64| {
        let values = runs.iter().map(|run| value(run) / divisor).collect();
        Samples::new(values).ok_or_else(|| "nothing was run".to_owned())
    };
    let figure = |name: &str, unit, limit, measured| Figure {
        name: format!("{events} events of {EVENT_MS} ms, {CONCURRENCY} in flight: {name}"),
        unit,
        limit,
        measured,
    };
    vec![
        figure(
            "first call to last answer, against the function alone",
            Unit::Ratio,
            Some(MOST),
            samples(|run| run.calls_ms, ideal),
        ),
        figure(
            "first call to last answer",
            Unit::Milliseconds,
            None,
            samples(|run| run.calls_ms, 1.0),
        ),
        figure(
            "the whole process",
            Unit::Milliseconds,
            None,
            samples(|run| run.process_ms, 1.0),
        ),
    ]
}
