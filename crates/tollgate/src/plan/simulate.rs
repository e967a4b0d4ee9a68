//! Many shifts, on all cores, and the same whatever their number: each block of runs has a generator of its own.
//!
//! Scoped threads of the standard library share the blocks out among them. A library for that (rayon) would bring its own
//! pool, and no way to leave in the middle.

use std::num::NonZeroUsize;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use evidence::plan::{Outcome, Simulation};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};

/// Runs that are made with one generator, one after the other.
const BLOCK: u32 = 250;

/// Shifts of one kind.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) simulation: Simulation,
    /// What this kind is made of, so that its runs are the same in whatever company it is asked for.
    pub(super) identity: Vec<u64>,
}

/// What is to be simulated, and how far it is.
#[derive(Debug)]
pub(super) struct Work {
    cells: Vec<Cell>,
    /// Of each cell.
    runs: u32,
    seed: u64,
    next: AtomicUsize,
    is_left: AtomicBool,
}

impl Work {
    pub(super) fn new(cells: Vec<Cell>, runs: u32, seed: u64) -> Self {
        Self {
            cells,
            runs,
            seed,
            next: AtomicUsize::new(0),
            is_left: AtomicBool::new(false),
        }
    }

    /// The share of the work that has been begun, 0 to 1.
    pub(super) fn progress(&self) -> f64 {
        let begun = self.next.load(Ordering::Relaxed).min(self.blocks());
        begun as f64 / self.blocks().max(1) as f64
    }

    /// Has [`Work::done_by`] end soon, with whatever it has.
    pub(super) fn leave(&self) {
        self.is_left.store(true, Ordering::Relaxed);
    }

    /// Does the work; an outcome for each cell.
    pub(super) fn done_by(&self, threads: NonZeroUsize) -> Vec<Outcome> {
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.get())
                .map(|_| scope.spawn(|| self.some()))
                .collect();
            let mut outcomes = self.nothing();
            for worker in workers {
                let some = worker
                    .join()
                    .unwrap_or_else(|panicked| panic::resume_unwind(panicked));
                for (outcome, part) in outcomes.iter_mut().zip(&some) {
                    outcome.merge(part);
                }
            }
            outcomes
        })
    }

    /// One block after the other, for as long as there are any.
    fn some(&self) -> Vec<Outcome> {
        let mut outcomes = self.nothing();
        while !self.is_left.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let cell = index / self.blocks_of_cell();
            let (
                Some(Cell {
                    simulation,
                    identity,
                }),
                Some(outcome),
            ) = (self.cells.get(cell), outcomes.get_mut(cell))
            else {
                break;
            };
            let block = u32::try_from(index % self.blocks_of_cell()).unwrap_or(u32::MAX);
            let runs = self
                .runs
                .saturating_sub(block.saturating_mul(BLOCK))
                .min(BLOCK);
            let mut generator = generator(self.seed, identity, block);
            outcome.merge(&simulation.runs(runs, &mut generator));
        }
        outcomes
    }

    fn nothing(&self) -> Vec<Outcome> {
        vec![Outcome::default(); self.cells.len()]
    }

    fn blocks_of_cell(&self) -> usize {
        usize::try_from(self.runs.div_ceil(BLOCK))
            .unwrap_or(usize::MAX)
            .max(1)
    }

    fn blocks(&self) -> usize {
        self.cells.len().saturating_mul(self.blocks_of_cell())
    }
}

/// A generator for each seed, kind and block; each part goes through the generator's own mixing.
fn generator(seed: u64, identity: &[u64], block: u32) -> Pcg64 {
    let parts = identity.iter().copied().chain([u64::from(block)]);
    let mixed = parts.fold(seed, |state, part| {
        Pcg64::seed_from_u64(state ^ part).next_u64()
    });
    Pcg64::seed_from_u64(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::deployment_type::DeploymentType;
    use evidence::plan::{Rates, Timing};

    fn cell(calls_per_minute: f64) -> Cell {
        let schedule = DeploymentType::parse("Canary10Percent5Minutes")
            .unwrap()
            .schedule;
        let rates = Rates {
            current: 0.005,
            new: 0.2,
            outage: None,
        };
        let timing = Timing {
            metrics: 15,
            watch: 5,
            poll: 10,
            minutes_before: 5,
        };
        Cell {
            simulation: Simulation::new(schedule, calls_per_minute, rates, timing).unwrap(),
            identity: vec![calls_per_minute.to_bits()],
        }
    }

    fn outcomes(calls: &[f64], runs: u32, seed: u64, threads: usize) -> Vec<Outcome> {
        let cells = calls.iter().copied().map(cell).collect();
        Work::new(cells, runs, seed).done_by(NonZeroUsize::new(threads).unwrap())
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let one = outcomes(&[30.0, 120.0], 1100, 1, 1);
        for threads in [2, 3, 16] {
            assert_eq!(outcomes(&[30.0, 120.0], 1100, 1, threads), one);
        }
        assert_ne!(outcomes(&[30.0, 120.0], 1100, 2, 1), one);
        for (outcome, alone) in one.iter().zip([30.0, 120.0]) {
            assert_eq!(outcome.runs, 1100);
            // In whatever company.
            assert_eq!(
                outcomes(&[alone], 1100, 1, 2),
                std::slice::from_ref(outcome)
            );
        }
    }

    #[test]
    fn work_that_is_left_ends() {
        let work = Work::new(vec![cell(30.0)], 1_000_000, 1);
        work.leave();
        assert_eq!(work.done_by(NonZeroUsize::MIN), [Outcome::default()]);
    }

    #[test]
    fn progress() {
        let work = Work::new(vec![cell(30.0)], 500, 1);
        assert!(work.progress() < 1e-9);
        work.done_by(NonZeroUsize::MIN);
        assert!(work.progress() > 1.0 - 1e-9);
    }
}
