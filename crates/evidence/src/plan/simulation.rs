//! One shift, judged minute by minute.

use rand_core::Rng;

use super::course::{Course, Drawn, Rates, Stream};
use super::schedule::Schedule;
use super::timing::{Phases, Timing, below, first};
use super::{Outcome, PlanError, tripwire};
use crate::CanaryEvidence;
use crate::minute::LEAST_PART;

/// The most calls per minute that can be simulated.
pub const MOST_CALLS: f64 = 1e9;

/// Shifts of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    schedule: Schedule,
    calls_per_minute: f64,
    rates: Rates,
    timing: Timing,
}

/// How one shift went. Times are whole seconds since its begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// When CodeDeploy has stopped the shift by the watch's alarm.
    pub watch: Option<u32>,
    /// When it would have by the tripwire on the alias.
    pub alias_alarm: Option<u32>,
    /// When it would have by the tripwire on the new version.
    pub version_alarm: Option<u32>,
    /// The calls that the new version can expect in the minutes that the watch can judge in time: of which CodeDeploy polls
    /// the alarm before the shift ends.
    pub calls_in_time: f64,
}

impl Run {
    /// When either tripwire has stopped the shift.
    pub fn tripwire(&self) -> Option<u32> {
        self.alias_alarm.into_iter().chain(self.version_alarm).min()
    }
}

impl Simulation {
    /// # Errors
    /// [`PlanError::Calls`] or [`PlanError::Rate`].
    pub fn new(
        schedule: Schedule,
        calls_per_minute: f64,
        rates: Rates,
        timing: Timing,
    ) -> Result<Self, PlanError> {
        // NaN is not more than 0.
        if !(calls_per_minute > 0.0 && calls_per_minute <= MOST_CALLS) {
            return Err(PlanError::Calls(calls_per_minute));
        }
        Ok(Self {
            schedule,
            calls_per_minute,
            rates: rates.checked()?,
            timing,
        })
    }

    /// So many shifts.
    // Not generic: so it is compiled, and optimized, with this crate.
    pub fn runs(&self, runs: u32, rng: &mut dyn Rng) -> Outcome {
        let mut outcome = Outcome::default();
        for _ in 0..runs {
            let phases = Phases::draw(&self.timing, rng);
            outcome.add(&self.run(&phases, rng));
        }
        outcome
    }

    /// One shift.
    pub fn run(&self, phases: &Phases, rng: &mut dyn Rng) -> Run {
        let clock = Clock::new(self, phases);
        let mut course = self.course(clock.begin, rng);
        let mut minutes: Vec<Drawn> = Vec::new();
        let before = i64::from(self.timing.minutes_before);
        let mut watch = Watch::default();
        let mut alias = Tripwire::new(phases.alias_alarm);
        let mut version = Tripwire::new(phases.version_alarm);
        let mut from = -60 * before;
        while from + 60 <= clock.end && !(watch.is_done && alias.is_done() && version.is_done()) {
            let drawn = course.minute(from, rng);
            minutes.push(drawn);
            let end = from + 60;
            alias.see(end, (drawn.calls > 0).then_some(drawn.errors > 0), &clock);
            version.see(
                end,
                (drawn.new_calls > 0).then_some(drawn.new_errors > 0),
                &clock,
            );
            watch.see(end, &minutes, -60 * before, &clock);
            from = end;
        }
        Run {
            watch: watch.stopped,
            alias_alarm: alias.stopped,
            version_alarm: version.stopped,
            calls_in_time: self.calls_per_minute / 60.0
                * (self.schedule.weighted_seconds(clock.judged_until())
                    - self.schedule.weighted_seconds(clock.left_out())),
        }
    }

    fn course(&self, begin: i64, rng: &mut dyn Rng) -> Course<'_> {
        let outage = self.rates.outage.map_or(0..0, |outage| {
            let seconds = u32::try_from(self.schedule.seconds()).unwrap_or(u32::MAX);
            let start = i64::from(below(seconds, rng));
            start..start + i64::from(outage.seconds)
        });
        Course {
            schedule: &self.schedule,
            calls_per_minute: self.calls_per_minute,
            rates: self.rates,
            begin,
            outage,
            streams: [const { Stream::NONE }; 4],
        }
    }
}

/// When things happen, in seconds since the beginning of the minute in which the shift begins.
struct Clock {
    begin: i64,
    end: i64,
    metrics: i64,
    watch_takes: i64,
    watch: i64,
    watch_alarm: i64,
    poll: i64,
    poll_period: i64,
}

impl Clock {
    fn new(simulation: &Simulation, phases: &Phases) -> Self {
        let begin = i64::from(phases.begin);
        Self {
            begin,
            end: begin + simulation.schedule.seconds(),
            metrics: i64::from(simulation.timing.metrics),
            watch_takes: i64::from(simulation.timing.watch),
            watch: i64::from(phases.watch),
            watch_alarm: i64::from(phases.watch_alarm),
            poll: begin + i64::from(phases.poll),
            poll_period: i64::from(simulation.timing.poll.max(1)),
        }
    }

    /// How much of the shift's begin the watch leaves out, in seconds.
    fn left_out(&self) -> i64 {
        let is_left_out = self.part_of_first_minute() < LEAST_PART;
        if is_left_out {
            (60 - self.begin).min(self.judged_until())
        } else {
            0
        }
    }

    /// The part of the first minute in which traffic shifted.
    fn part_of_first_minute(&self) -> f64 {
        (60 - self.begin) as f64 / 60.0
    }

    /// When CodeDeploy first looks after `since`.
    fn polled(&self, since: i64) -> i64 {
        first(since.max(self.poll), self.poll_period, self.poll)
    }

    /// When CodeDeploy finds out what the watch has published at its run at `run`.
    fn told(&self, run: i64) -> i64 {
        self.polled(first(run + self.watch_takes, 60, self.watch_alarm))
    }

    /// A moment as seconds since the shift's begin, if it is not after its end: a poll that falls on the last step comes
    /// before it.
    fn in_time(&self, moment: i64) -> Option<u32> {
        (moment <= self.end)
            .then(|| u32::try_from(moment - self.begin).ok())
            .flatten()
    }

    /// The end of the last minute that is judged in time, in seconds since the shift's begin.
    fn judged_until(&self) -> i64 {
        let mut end = self.end - self.end.rem_euclid(60);
        while end > self.begin
            && self
                .in_time(self.told(first(end + self.metrics, 60, self.watch)))
                .is_none()
        {
            end -= 60;
        }
        end - self.begin
    }
}

/// The watch, over one shift.
#[derive(Default)]
struct Watch {
    evidence: CanaryEvidence,
    /// How many minutes it has taken into account.
    taken: usize,
    /// Whether it has convicted.
    is_done: bool,
    stopped: Option<u32>,
}

impl Watch {
    /// Runs in the minute that begins at `now`; the first of `minutes` began at `origin`.
    fn see(&mut self, now: i64, minutes: &[Drawn], origin: i64, clock: &Clock) {
        let run = now + clock.watch;
        if self.is_done || run < clock.begin {
            return;
        }
        // Minutes before the shift say nothing of the new version.
        let readable = (run - clock.metrics - origin).div_euclid(60);
        let readable = usize::try_from(readable).unwrap_or(0).min(minutes.len());
        let news = minutes.iter().enumerate().take(readable).skip(self.taken);
        for (number, drawn) in news {
            let is_first = i64::try_from(number).is_ok_and(|number| origin + 60 * number == 0);
            let part = if is_first {
                clock.part_of_first_minute()
            } else {
                1.0
            };
            self.evidence.add(&drawn.minute(part));
        }
        self.taken = self.taken.max(readable);
        if self.evidence.convicts() {
            self.is_done = true;
            self.stopped = clock.in_time(clock.told(run));
        }
    }
}

/// A tripwire, over one shift.
struct Tripwire {
    phase: i64,
    minutes: Vec<Option<bool>>,
    stopped: Option<u32>,
}

impl Tripwire {
    fn new(phase: u32) -> Self {
        Self {
            phase: i64::from(phase),
            minutes: Vec::new(),
            stopped: None,
        }
    }

    fn is_done(&self) -> bool {
        self.stopped.is_some()
    }

    /// Takes the minute that ends `now`, and is evaluated in the one that begins.
    fn see(&mut self, now: i64, minute: Option<bool>, clock: &Clock) {
        if self.is_done() {
            return;
        }
        self.minutes.push(minute);
        let evaluated = now + self.phase;
        let unseen = (now + clock.metrics - evaluated + 59).div_euclid(60).max(0);
        let unseen = usize::try_from(unseen).unwrap_or(0);
        if !tripwire::fires(&self.minutes, unseen) {
            return;
        }
        let polled = clock.polled(evaluated);
        // Before the shift, the next evaluation may come before the first poll.
        if polled < evaluated + 60 {
            self.stopped = clock.in_time(polled);
        }
    }
}
