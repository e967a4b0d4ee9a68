//! The measurements. Those that are compared are made in turns, so that a busy moment of the machine meets both.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use axum::body::Bytes;
use tempfile::TempDir;

use crate::Result;
use crate::client;
use crate::events;
use crate::figure::{Figure, Unit};
use crate::package;
use crate::process::{Process, Settings, program};
use crate::programs::{HELLO, HOOKS, Hook, Peer, WATCH};
use crate::samples::Samples;
use crate::world::{Script, World};

/// Where measurements keep their files, and how often they are made.
pub(crate) struct Bench<'a> {
    folder: &'a Path,
    events: TempDir,
    /// A tenth of the repetitions.
    quick: bool,
}

/// How long the function under test takes where its time is taken off the verdict's.
const ANSWER_TIME: Duration = Duration::from_millis(20);

/// Events of a cold verdict.
const FEW: usize = 3;

/// The default of `GATE_CONCURRENCY`.
const USUAL_CONCURRENCY: usize = 10;

/// In the ideal, 20 rounds of 50 ms.
const MANY: usize = 1_000;
const MANY_ANSWER_TIME: Duration = Duration::from_millis(50);
const MANY_CONCURRENCY: usize = 50;

/// Events of the figures about growth, and the size of each answer.
const GROWTH: [usize; 4] = [1_250, 2_500, 5_000, 10_000];
const LARGE_ANSWER: usize = 10 * 1024;

/// The most that the time per event may differ between [`GROWTH`]'s largest and smallest for "linear".
const LINEAR: f64 = 1.25;

impl<'a> Bench<'a> {
    pub(crate) fn new(folder: &'a Path, quick: bool) -> Result<Self> {
        Ok(Self {
            folder,
            events: tempfile::tempdir_in(folder)?,
            quick,
        })
    }

    fn repetitions(&self, usual: usize) -> usize {
        if self.quick {
            usual.div_ceil(10)
        } else {
            usual
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("output.log")
    }

    fn events(&self, count: usize) -> Result<PathBuf> {
        let directory = self.events.path().join(count.to_string());
        if !directory.exists() {
            events::write(&directory, count)?;
        }
        Ok(directory)
    }

    /// Start → first request for work, each hook's, the watch's and the hello-world function's.
    pub(crate) fn start(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        for hook in HOOKS.iter().chain([&WATCH]) {
            let rounds = self.rounds(40, || {
                Ok([
                    self.start_of(program(hook.path), hook.function_name)?,
                    self.start_of(program(HELLO), "hello")?,
                ])
            });
            let name = format!("start of {} → first request for work", hook.binary);
            figures.push(ratio(format!("{name}, against hello-world"), &rounds, 2.0));
            figures.push(told(name, Unit::Milliseconds, &rounds, 0));
            figures.push(told(
                "the same of hello-world".to_owned(),
                Unit::Milliseconds,
                &rounds,
                1,
            ));
        }
        figures
    }

    fn start_of(&self, command: Command, name: &str) -> Result<f64> {
        let world = World::start(Script {
            invokes: false,
            answers_after: Duration::ZERO,
            answer: Bytes::new(),
        })?;
        let settings = Settings {
            name,
            events_dir: self.folder,
            concurrency: USUAL_CONCURRENCY,
        };
        let process = Process::start(command, &world, &settings, &self.log())?;
        Ok(milliseconds(world.asked_for_work()? - process.started))
    }

    /// Process start → status received with three events, less one answer time of the function under test.
    pub(crate) fn cold_verdict(&self, peer: &std::result::Result<Peer, String>) -> Vec<Figure> {
        let mut figures = Vec::new();
        for hook in &HOOKS {
            let name = format!("cold verdict of {}, three events", hook.binary);
            let rounds = self.rounds(20, || Ok([self.cold_verdict_of(program(hook.path), hook)?]));
            figures.push(Figure {
                limit: Some(20.0),
                ..told(name.clone(), Unit::Milliseconds, &rounds, 0)
            });
            if hook.binary != "pre-traffic" {
                continue;
            }
            let rounds = match peer {
                Ok(peer) => self.rounds(10, || {
                    Ok([
                        self.cold_verdict_of(program(hook.path), hook)?,
                        self.cold_verdict_of(peer.command(), hook)?,
                    ])
                }),
                Err(reason) => Err(reason.clone()),
            };
            figures.push(ratio(
                format!("{name}, against a boto3 hook under awslambdaric"),
                &rounds,
                1.0 / 20.0,
            ));
            figures.push(told(
                "the same of the boto3 hook".to_owned(),
                Unit::Milliseconds,
                &rounds,
                1,
            ));
        }
        figures
    }

    fn cold_verdict_of(&self, command: Command, hook: &Hook) -> Result<f64> {
        let world = World::start(Script {
            invokes: true,
            answers_after: ANSWER_TIME,
            answer: events::answer(0),
        })?;
        let settings = Settings {
            name: hook.function_name,
            events_dir: &self.events(FEW)?,
            concurrency: USUAL_CONCURRENCY,
        };
        let process = Process::start(command, &world, &settings, &self.log())?;
        let at = world.told_succeeded(FEW, USUAL_CONCURRENCY)?;
        Ok(milliseconds(
            (at - process.started).saturating_sub(ANSWER_TIME),
        ))
    }

    /// 1,000 events, from the invocation to the status received, beside the trivial client's time.
    pub(crate) fn many(&self) -> Vec<Figure> {
        let ideal = MANY_ANSWER_TIME * u32::try_from(MANY / MANY_CONCURRENCY).unwrap_or(u32::MAX);
        let hook = &HOOKS[0];
        let rounds = self.rounds(10, || {
            let events_dir = self.events(MANY)?;
            let world = || {
                World::start(Script {
                    invokes: true,
                    answers_after: MANY_ANSWER_TIME,
                    answer: events::answer(0),
                })
            };
            let least = client::invoke(world()?.address, MANY, MANY_CONCURRENCY)?;
            let world = world()?;
            let settings = Settings {
                name: hook.function_name,
                events_dir: &events_dir,
                concurrency: MANY_CONCURRENCY,
            };
            let _process = Process::start(program(hook.path), &world, &settings, &self.log())?;
            let given = world.asked_for_work()?;
            let took = world.told_succeeded(MANY, MANY_CONCURRENCY)? - given;
            Ok([took.as_secs_f64(), least.as_secs_f64(), ideal.as_secs_f64()])
        });
        let name = "1,000 events answered in 50 ms, concurrency 50";
        let against_ideal = rounds.as_ref().map(|rounds| {
            rounds
                .iter()
                .map(|row| [row[0], row[2]])
                .collect::<Vec<_>>()
        });
        vec![
            ratio(
                format!("{name}, against the ideal {} s", ideal.as_secs_f64()),
                &against_ideal.map_err(Clone::clone),
                1.10,
            ),
            told(name.to_owned(), Unit::Seconds, &rounds, 0),
            told(
                "the same of a client that only sends".to_owned(),
                Unit::Seconds,
                &rounds,
                1,
            ),
        ]
    }

    /// Up to 10,000 events with 10 KB answers: memory, and whether time grows as the events do.
    pub(crate) fn growth(&self) -> Vec<Figure> {
        let hook = &HOOKS[0];
        let rounds = self.rounds(3, || {
            let mut row = [0.0; GROWTH.len() + 1];
            for (index, count) in GROWTH.into_iter().enumerate() {
                let events_dir = self.events(count)?;
                let world = World::start(Script {
                    invokes: true,
                    answers_after: Duration::ZERO,
                    answer: events::answer(LARGE_ANSWER),
                })?;
                let settings = Settings {
                    name: hook.function_name,
                    events_dir: &events_dir,
                    concurrency: MANY_CONCURRENCY,
                };
                let process = Process::start(program(hook.path), &world, &settings, &self.log())?;
                let given = world.asked_for_work()?;
                let took = world.told_succeeded(count, MANY_CONCURRENCY)? - given;
                world.answered()?;
                #[expect(clippy::cast_precision_loss, reason = "no run has 2⁵² events")]
                let per_event = milliseconds(took) / count as f64;
                row[index] = per_event;
                // The last and largest run's stays.
                row[GROWTH.len()] = process.peak_memory()? / 1024.0 / 1024.0;
            }
            Ok(row)
        });
        let growth = rounds.as_ref().map(|rounds| {
            let ends = |row: &[f64; GROWTH.len() + 1]| [row[GROWTH.len() - 1], row[0]];
            rounds.iter().map(ends).collect::<Vec<_>>()
        });
        let mut figures = vec![
            Figure {
                limit: Some(40.0),
                ..told(
                    "10,000 events with 10 KB answers: peak memory".to_owned(),
                    Unit::Mebibytes,
                    &rounds,
                    GROWTH.len(),
                )
            },
            ratio(
                "time per event, with 10,000 against with 1,250".to_owned(),
                &growth.map_err(Clone::clone),
                LINEAR,
            ),
        ];
        for (index, count) in GROWTH.into_iter().enumerate() {
            let name = format!("time per event, with {count}");
            figures.push(told(name, Unit::Milliseconds, &rounds, index));
        }
        figures
    }

    /// The zip of each hook, and of the watch.
    pub(crate) fn packages(&self) -> Vec<Figure> {
        let size = |hook: &Hook| {
            let rows = self.rounds(1, || Ok([package::size(Path::new(hook.path))? / 1e6]));
            Figure {
                limit: Some(3.0),
                ..told(
                    format!("deployment package of {}", hook.binary),
                    Unit::Megabytes,
                    &rows,
                    0,
                )
            }
        };
        HOOKS.iter().chain([&WATCH]).map(size).collect()
    }

    /// Measures again and again; the first time is not counted where there are more.
    fn rounds<const N: usize>(
        &self,
        usual: usize,
        mut measure: impl FnMut() -> Result<[f64; N]>,
    ) -> std::result::Result<Vec<[f64; N]>, String> {
        let count = self.repetitions(usual);
        let warm_up = usize::from(count > 1);
        let rounds: Result<Vec<_>> = (0..count + warm_up).map(|_| measure()).collect();
        let rounds = rounds.map_err(|error| format!("{error}; see {}", self.log().display()))?;
        Ok(rounds[warm_up..].to_vec())
    }
}

type Rounds<const N: usize> = std::result::Result<Vec<[f64; N]>, String>;

/// Each round's first value by its second.
fn ratio(name: String, rounds: &Rounds<2>, limit: f64) -> Figure {
    let ratios = |rounds: &Vec<[f64; 2]>| rounds.iter().map(|row| row[0] / row[1]).collect();
    Figure {
        name,
        unit: Unit::Ratio,
        limit: Some(limit),
        measured: samples(rounds, ratios),
    }
}

/// Each round's value at `index`, without a limit.
fn told<const N: usize>(name: String, unit: Unit, rounds: &Rounds<N>, index: usize) -> Figure {
    Figure {
        name,
        unit,
        limit: None,
        measured: samples(rounds, |rounds| {
            rounds.iter().map(|row| row[index]).collect()
        }),
    }
}

fn samples<const N: usize>(
    rounds: &Rounds<N>,
    values: impl Fn(&Vec<[f64; N]>) -> Vec<f64>,
) -> std::result::Result<Samples, String> {
    let values = rounds.as_ref().map(values).map_err(Clone::clone)?;
    Samples::new(values).ok_or_else(|| "no rounds".to_owned())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
