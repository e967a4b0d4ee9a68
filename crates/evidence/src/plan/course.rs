//! The traffic of one shift: how many calls and errors of both versions each minute has.

use rand_core::Rng;
use rand_distr::{Distribution as _, Poisson};

use super::PlanError;
use super::schedule::Schedule;
use crate::Minute;

/// How often calls end in errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Of the current version, 0 to 1.
    pub current: f64,
    /// Of the new version, 0 to 1.
    pub new: f64,
    /// What hits both beside that.
    pub outage: Option<Outage>,
}

/// For a while, calls of both versions fail that would not have failed otherwise. It begins at a random second of the
/// shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// The share of those calls, 0 to 1.
    pub rate: f64,
    /// How long it lasts, in seconds.
    pub seconds: u32,
}

impl Rates {
    pub(super) fn checked(self) -> Result<Self, PlanError> {
        let outage = self.outage.map(|outage| outage.rate);
        for rate in [self.current, self.new].into_iter().chain(outage) {
            if !(0.0..=1.0).contains(&rate) {
                return Err(PlanError::Rate(rate));
            }
        }
        Ok(self)
    }
}

/// One shift's traffic.
pub(super) struct Course<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) calls_per_minute: f64,
    pub(super) rates: Rates,
    /// The second at which the shift begins.
    pub(super) begin: i64,
    /// The seconds in which there is an outage, since the shift's begin.
    pub(super) outage: std::ops::Range<i64>,
    pub(super) streams: [Stream; 4],
}

/// The calls and errors of a minute.
#[derive(Clone, Copy)]
pub(super) struct Drawn {
    pub(super) new_calls: u64,
    pub(super) new_errors: u64,
    pub(super) calls: u64,
    pub(super) errors: u64,
}

impl Drawn {
    /// The minute, in whose last `part` traffic shifted.
    pub(super) fn minute(self, part: f64) -> Minute {
        Minute::new(self.new_errors, self.errors, self.new_calls, self.calls).in_part(part)
    }
}

impl Course<'_> {
    /// Draws the minute that begins at second `from`.
    pub(super) fn minute(&mut self, from: i64, rng: &mut dyn Rng) -> Drawn {
        let [new_good, new_bad, current_good, current_bad] = self.means(from - self.begin);
        let [a, b, c, d] = &mut self.streams;
        let new_errors = b.draw(new_bad, rng);
        let new_calls = new_errors + a.draw(new_good, rng);
        let current_errors = d.draw(current_bad, rng);
        let current_calls = current_errors + c.draw(current_good, rng);
        Drawn {
            new_calls,
            new_errors,
            calls: new_calls + current_calls,
            errors: new_errors + current_errors,
        }
    }

    /// The expected calls of the minute that begins at second `from` since the shift's begin: of the new version without
    /// and with an error, and of the current one.
    fn means(&self, from: i64) -> [f64; 4] {
        let Rates {
            current,
            new,
            outage,
        } = self.rates;
        let to = from + 60;
        let mut second = from;
        let mut means = [0.0; 4];
        while second < to {
            let (share, share_stays) = self.schedule.at(second);
            let (lost, outage_stays) = if second < self.outage.start {
                (0.0, self.outage.start)
            } else if second < self.outage.end {
                (outage.map_or(0.0, |outage| outage.rate), self.outage.end)
            } else {
                (0.0, i64::MAX)
            };
            let next = share_stays.min(outage_stays).min(to);
            let calls = self.calls_per_minute * (next - second) as f64 / 60.0;
            let good = |rate: f64| (1.0 - rate) * (1.0 - lost);
            let parts = [
                share * good(new),
                share * (1.0 - good(new)),
                (1.0 - share) * good(current),
                (1.0 - share) * (1.0 - good(current)),
            ];
            for (mean, part) in means.iter_mut().zip(parts) {
                *mean += calls * part;
            }
            second = next;
        }
        means
    }
}

/// Counts of a mean that seldom changes: its distribution is made once.
pub(super) struct Stream {
    mean: f64,
    /// `None` where the mean is 0.
    poisson: Option<Poisson<f64>>,
}

impl Stream {
    pub(super) const NONE: Self = Self {
        mean: 0.0,
        poisson: None,
    };

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number that is not negative, and far below 2^64: the mean is bounded"
    )]
    fn draw(&mut self, mean: f64, rng: &mut dyn Rng) -> u64 {
        if self.mean.to_bits() != mean.to_bits() {
            self.mean = mean;
            self.poisson = Poisson::new(mean).ok();
        }
        self.poisson.map_or(0, |poisson| poisson.sample(rng) as u64)
    }
}
