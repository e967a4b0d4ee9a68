//! How late everything is.

use rand_core::Rng;

/// How late everything is, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a minute's end until its metrics can be read.
    pub metrics: u32,
    /// From a run of the watch until what it publishes can be read: it starts, reads, computes and publishes.
    pub watch: u32,
    /// From one of CodeDeploy's polls to the next, at least 1.
    pub poll: u32,
    /// How many minutes of traffic there were before the shift, for the tripwires to see.
    pub minutes_before: u32,
}

/// At which seconds things happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Of the minute in which the shift begins.
    pub begin: u32,
    /// Of each minute: the watch runs.
    pub watch: u32,
    /// Of each minute: the alarm on the watch's value is evaluated.
    pub watch_alarm: u32,
    /// Of each minute: the tripwire on the alias is evaluated.
    pub alias_alarm: u32,
    /// Of each minute: the tripwire on the new version is evaluated.
    pub version_alarm: u32,
    /// Between two polls: from the shift's begin to the first of them.
    pub poll: u32,
}

impl Phases {
    /// Each with the same chance.
    pub fn draw(timing: &Timing, rng: &mut dyn Rng) -> Self {
        let mut second = |of: u32| below(of, rng);
        Self {
            begin: second(60),
            watch: second(60),
            watch_alarm: second(60),
            alias_alarm: second(60),
            version_alarm: second(60),
            poll: second(timing.poll),
        }
    }
}

/// A number from 0 to below `end`, each with the same chance but for one in a hundred million.
pub(super) fn below(end: u32, rng: &mut dyn Rng) -> u32 {
    let scaled = u64::from(rng.next_u32()) * u64::from(end);
    u32::try_from(scaled >> 32).unwrap_or_default()
}

/// The first moment from `earliest` on that is `phase` seconds after a multiple of `period`.
pub(super) fn first(earliest: i64, period: i64, phase: i64) -> i64 {
    earliest + (phase - earliest).rem_euclid(period)
}
