//! `cargo bench --bench changeset`: how long the review of a large change set takes, and how much memory.

#[path = "../gate/figure.rs"]
#[expect(dead_code, reason = "the hooks' figures have more units")]
mod figure;
#[path = "../gate/machine.rs"]
mod machine;
#[path = "../gate/samples.rs"]
mod samples;
#[path = "../gate/table.rs"]
mod table;

mod document;
mod run;

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use changeset::{Policy, parse, review};
use figure::{Figure, Unit, Verdict};
use machine::Machine;
use run::Run;
use samples::Samples;
use serde_json::Value;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const HELP: &str = "\
Measures `tollgate changeset` with change sets of 10,000 and of 100,000 changes, against reading the same JSON.

Usage: cargo bench --bench changeset [-- OPTIONS]

Options:
      --quick  5,000 and 20,000 changes twice, also of programs that are not optimized, for trying things out
      --help   prints this

Prints a Markdown table, and writes it with the machine to target/bench/changeset.json (a quick run to
changeset-part.json). Each figure is a median; spread is its least, its most and the number of runs.

Exit status: 0 all limits are met, 1 one is missed, 2 one could not be measured.
";

/// The change set against which memory is counted: large enough that its review, too, does not fit into a pipe.
const LEAST: usize = 1_000;

/// The most that the whole process may take for the smaller change set, in milliseconds.
const MOST_MS: f64 = 200.0;

/// The most that reading and reviewing may take, as a multiple of reading the same JSON into values.
const MOST: f64 = 1.5;

/// The most memory that a change of the larger set may take, as a multiple of one of the smaller.
const MOST_MEMORY: f64 = 1.25;

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
    let (few, many, runs) = if quick {
        (5_000, 20_000, 2)
    } else {
        (10_000, 100_000, 10)
    };
    let figures = figures(few, many, runs)?;
    let machine = Machine::this();
    let command = format!("cargo bench --bench changeset -- {}", args.join(" "));
    let command = command.trim_end_matches([' ', '-']);
    let mut out = std::io::stdout().lock();
    write!(out, "{}", table::markdown(&figures, &machine, command))?;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let folder = target.ok_or("no target directory")?.join("bench");
    fs::create_dir_all(&folder)?;
    let json = folder.join(if quick {
        "changeset-part.json"
    } else {
        "changeset.json"
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

fn figures(few: usize, many: usize, runs: usize) -> Result<Vec<Figure>> {
    let files = tempfile::tempdir()?;
    let file = |changes: usize| -> Result<_> {
        let path = files.path().join(format!("{changes}.json"));
        fs::write(&path, document::of(changes))?;
        Ok(path)
    };
    let (least, few_file, many_file) = (file(LEAST)?, file(few)?, file(many)?);
    let processes =
        |path: &Path| -> Result<Vec<Run>> { (0..runs).map(|_| Run::of(path)).collect() };
    // The first of each is not counted: it reads the program from the disk.
    Run::of(&least)?;
    let (of_least, of_few, of_many) = (
        processes(&least)?,
        processes(&few_file)?,
        processes(&many_file)?,
    );

    let text = fs::read(&few_file)?;
    let mut ours = Vec::new();
    let mut ratios = Vec::new();
    for _ in 0..runs {
        let reading = milliseconds(|| {
            black_box(serde_json::from_slice::<Value>(&text)?);
            Ok(())
        })?;
        let reviewing = milliseconds(|| {
            black_box(review(&[parse(&text)?], &Policy::default())?);
            Ok(())
        })?;
        ours.push(reviewing);
        ratios.push(reviewing / reading);
    }

    let least = median(&of_least, |run| run.memory)?;
    let a_change = |run: &Run, changes: usize| (run.memory - least) / (changes - LEAST) as f64;
    let of_few_change = median(&of_few, |run| a_change(run, few))?;
    let figure = |name: String, unit, limit, values: Vec<f64>| Figure {
        name,
        unit,
        limit,
        measured: Samples::new(values).ok_or_else(|| "nothing was run".to_owned()),
    };
    let mebibytes = |runs: &[Run]| runs.iter().map(|run| run.memory / 1_048_576.0).collect();
    Ok(vec![
        figure(
            format!("{few} changes: the whole process"),
            Unit::Milliseconds,
            Some(MOST_MS),
            of_few.iter().map(|run| run.milliseconds).collect(),
        ),
        figure(
            format!("{few} changes: read and reviewed"),
            Unit::Milliseconds,
            None,
            ours,
        ),
        figure(
            format!("{few} changes: read and reviewed, against the same JSON into values"),
            Unit::Ratio,
            Some(MOST),
            ratios,
        ),
        figure(
            format!("{many} changes: the whole process"),
            Unit::Milliseconds,
            None,
            of_many.iter().map(|run| run.milliseconds).collect(),
        ),
        figure(
            format!("{LEAST} changes: memory"),
            Unit::Mebibytes,
            None,
            mebibytes(&of_least),
        ),
        figure(
            format!("{few} changes: memory"),
            Unit::Mebibytes,
            None,
            mebibytes(&of_few),
        ),
        figure(
            format!("{many} changes: memory"),
            Unit::Mebibytes,
            None,
            mebibytes(&of_many),
        ),
        figure(
            format!("memory of a change beyond {LEAST}, of {many} against of {few}"),
            Unit::Ratio,
            Some(MOST_MEMORY),
            of_many
                .iter()
                .map(|run| a_change(run, many) / of_few_change)
                .collect(),
        ),
    ])
}

fn milliseconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

fn median(runs: &[Run], value: impl Fn(&Run) -> f64) -> Result<f64> {
    let samples = Samples::new(runs.iter().map(value).collect());
    Ok(samples.ok_or("nothing was run")?.median())
}
