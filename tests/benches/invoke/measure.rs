//! The measurements: in every round each server has its turn, so that a busy moment of the machine meets all.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::Result;
use crate::figure::{Figure, Limit, Unit};
use crate::load::{self, Target};
use crate::samples::Samples;
use crate::servers::{Server, cold_functions};

pub(crate) struct Bench<'a> {
    pub(crate) folder: &'a Path,
    /// A tenth of the time.
    pub(crate) quick: bool,
    pub(crate) no_peer: bool,
}

const CLIENTS: [usize; 3] = [1, 8, 32];

/// More at once than any figure is about: all that counts is that nothing fails.
const MANY_CLIENTS: usize = 64;

const ROUNDS: usize = 7;

const COLD_STARTS: usize = 30;

/// The calls a second of one round.
struct Round {
    emulator: f64,
    front: f64,
    peer: Option<f64>,
}

impl Bench<'_> {
    pub(crate) fn measure(&self) -> Result<Vec<Figure>> {
        let cold = if self.quick { 5 } else { COLD_STARTS };
        let emulator = Server::emulator(cold)?;
        let front = Server::front()?;
        let most = CLIENTS.into_iter().max().unwrap_or(1);
        let peer = if self.no_peer {
            Err("--no-peer".to_owned())
        } else {
            Server::cargo_lambda(most, &self.folder.join("cargo-lambda.log"))
        };
        // Before anything else is warm, so that both start from the same.
        let mut figures = cold_start(&emulator, &front, cold)?;
        for clients in CLIENTS {
            figures.extend(self.warm(clients, &emulator, &front, &peer)?);
        }
        figures.push(self.many(&emulator)?);
        Ok(figures)
    }

    fn time(&self) -> Duration {
        Duration::from_secs_f64(if self.quick { 0.2 } else { 2.0 })
    }

    fn warm(
        &self,
        clients: usize,
        emulator: &Server,
        front: &Server,
        peer: &Result<Server, String>,
    ) -> Result<Vec<Figure>> {
        tell(&format!("{clients} clients"));
        let mut rounds = Vec::new();
        let peer_target = peer.as_ref().ok().map(|server| &server.target);
        for target in [&emulator.target, &front.target]
            .into_iter()
            .chain(peer_target)
        {
            // The processes for all of them, and nothing that is read the first time.
            load::call_for(self.time() / 4, clients, target)?;
        }
        for _ in 0..ROUNDS {
            rounds.push(Round {
                emulator: self.rate(clients, &emulator.target)?,
                front: self.rate(clients, &front.target)?,
                peer: peer_target
                    .map(|target| self.rate(clients, target))
                    .transpose()?,
            });
        }
        let told = |name: &str, value: &dyn Fn(&Round) -> Option<f64>| Figure {
            name: format!("{clients} clients: {name}"),
            unit: Unit::CallsPerSecond,
            limit: None,
            measured: samples(&rounds, value, peer),
        };
        let against = |name: &str, value: &dyn Fn(&Round) -> Option<f64>, limit| Figure {
            name: format!("{clients} clients: emulator against {name}"),
            unit: Unit::Ratio,
            limit: Some(Limit::AtLeast(limit)),
            measured: samples(&rounds, value, peer),
        };
        Ok(vec![
            told("emulator", &|round| Some(round.emulator)),
            told("bare front", &|round| Some(round.front)),
            told("cargo lambda watch", &|round| round.peer),
            against(
                "bare front",
                &|round| Some(round.emulator / round.front),
                0.5,
            ),
            against(
                "cargo lambda watch",
                &|round| Some(round.emulator / round.peer?),
                1.5,
            ),
        ])
    }

    fn rate(&self, clients: usize, target: &Target) -> Result<f64> {
        let time = self.time();
        let served = load::call_for(time, clients, target)?;
        match served.error {
            Some(error) => Err(format!("{clients} clients of {}: {error}", target.address).into()),
            None => Ok(f64::from(served.calls) / time.as_secs_f64()),
        }
    }

    fn many(&self, emulator: &Server) -> Result<Figure> {
        tell(&format!("{MANY_CLIENTS} clients"));
        let served = load::call_for(self.time(), MANY_CLIENTS, &emulator.target)?;
        if let Some(error) = &served.error {
            tell(error);
        }
        let values = Samples::new(vec![f64::from(served.errors)]);
        Ok(Figure {
            name: format!("{MANY_CLIENTS} clients: emulator, {} calls", served.calls),
            unit: Unit::Errors,
            limit: Some(Limit::AtMost(0.0)),
            measured: values.ok_or_else(|| "no rounds".to_owned()),
        })
    }
}

/// The first answer of new instances, in turns.
fn cold_start(emulator: &Server, front: &Server, count: usize) -> Result<Vec<Figure>> {
    tell("cold start");
    let mut rounds = Vec::new();
    for function in cold_functions(count) {
        let first = |server: &Server| {
            let target = Target {
                address: server.address(),
                function: function.clone(),
            };
            load::call_once(&target).map(|time| time.as_secs_f64() * 1000.0)
        };
        rounds.push([first(emulator)?, first(front)?]);
    }
    let figure = |name: &str, unit, limit, value: &dyn Fn(&[f64; 2]) -> f64| Figure {
        name: format!("cold start: {name}"),
        unit,
        limit,
        measured: Samples::new(rounds.iter().map(value).collect())
            .ok_or_else(|| "no rounds".to_owned()),
    };
    Ok(vec![
        figure("emulator", Unit::Milliseconds, None, &|row| row[0]),
        figure("bare front", Unit::Milliseconds, None, &|row| row[1]),
        figure(
            "emulator against bare front",
            Unit::Ratio,
            Some(Limit::AtMost(2.0)),
            &|row| row[0] / row[1],
        ),
    ])
}

fn samples(
    rounds: &[Round],
    value: &dyn Fn(&Round) -> Option<f64>,
    peer: &Result<Server, String>,
) -> Result<Samples, String> {
    let values: Option<Vec<f64>> = rounds.iter().map(value).collect();
    values.and_then(Samples::new).ok_or_else(|| match peer {
        Ok(_) => "no rounds".to_owned(),
        Err(reason) => reason.clone(),
    })
}

fn tell(what: &str) {
    drop(writeln!(std::io::stderr(), "measuring: {what} …"));
}
