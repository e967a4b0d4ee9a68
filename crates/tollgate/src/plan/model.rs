//! What a plan says: for each traffic and deployment type, how shifts go that are judged by the watch and by the tripwire.

use std::time::Duration;

use deployment::ALARM_POLL_PERIOD;
use evidence::plan::{Outage, Outcome, PlanError, Rates, Simulation, Stops, Timing};
use serde::Serialize;

use super::advice::Recommendation;
use super::deployment_type::DeploymentType;
use super::simulate::Cell;
use super::traffic::Traffic;

/// How often bad versions err.
const BAD: [f64; 5] = [0.01, 0.02, 0.05, 0.2, 1.0];

/// What hits both versions.
const OUTAGE: Outage = Outage {
    rate: 0.3,
    seconds: 300,
};

/// How long a run of canary-watch takes, from the time of its schedule.
const WATCH_SECONDS: u32 = 2;

/// The delays, where CloudWatch takes so many seconds until it has a metric.
pub(super) fn timing(metrics_delay: u32) -> Timing {
    let seconds = |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
    Timing {
        metrics: metrics_delay,
        watch: WATCH_SECONDS + metrics_delay,
        poll: seconds(ALARM_POLL_PERIOD),
        // As far as an evaluation just before the shift sees.
        minutes_before: 5,
    }
}

/// The new version of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum NewVersion {
    /// As good as the current one.
    Good,
    /// The same, while something else fails.
    Outage,
    /// Worse.
    Bad,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) runs: u32,
    pub(super) timing: Delays,
    pub(super) outage: OutageOfBoth,
    pub(super) traffic: Vec<ForTraffic>,
}

/// The delays, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delays {
    metrics_seconds: u32,
    watch_seconds: u32,
    poll_seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutageOfBoth {
    rate: f64,
    minutes: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForTraffic {
    #[serde(flatten)]
    pub(super) traffic: Traffic,
    pub(super) deployment_types: Vec<ForType>,
    pub(super) recommendation: Recommendation,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForType {
    pub(super) deployment_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment_config: Option<String>,
    /// How long the shift takes.
    pub(super) minutes: u64,
    /// Of the new version, in the minutes that the watch can judge in time; the mean of the runs.
    pub(super) calls_in_time: f64,
    pub(super) shifts: Vec<Shifts>,
}

/// Shifts to one kind of new version.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shifts {
    pub(super) new_version: NewVersion,
    pub(super) error_rate: f64,
    pub(super) watch: Judged,
    pub(super) tripwire: Judged,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Judged {
    /// The share of the shifts, 0 to 1.
    pub(super) rolled_back: f64,
    /// Since the shift's begin, of those that were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) median_seconds: Option<u32>,
}

/// The kinds of new versions after a current one that errs so often, and how often they err.
fn kinds(error_rate: f64) -> impl Iterator<Item = (NewVersion, f64)> {
    let bad = BAD.into_iter().filter(move |rate| *rate > error_rate);
    [
        (NewVersion::Good, error_rate),
        (NewVersion::Outage, error_rate),
    ]
    .into_iter()
    .chain(bad.map(|rate| (NewVersion::Bad, rate)))
}

/// What is to be simulated, in the order in which [`Plan::of`] takes the outcomes.
///
/// # Errors
/// Something of it is impossible.
pub(super) fn cells(
    traffic: &[Traffic],
    types: &[DeploymentType],
    timing: Timing,
) -> Result<Vec<Cell>, PlanError> {
    let mut cells = Vec::new();
    for traffic in traffic {
        for deployment_type in types {
            for (new_version, new) in kinds(traffic.error_rate) {
                cells.push(cell(traffic, deployment_type, (new_version, new), timing)?);
            }
        }
    }
    Ok(cells)
}

fn cell(
    traffic: &Traffic,
    deployment_type: &DeploymentType,
    (new_version, new): (NewVersion, f64),
    timing: Timing,
) -> Result<Cell, PlanError> {
    let outage = (new_version == NewVersion::Outage).then_some(OUTAGE);
    let rates = Rates {
        current: traffic.error_rate,
        new,
        outage,
    };
    let schedule = deployment_type.schedule.clone();
    let mut identity = vec![
        traffic.calls_per_minute.to_bits(),
        rates.current.to_bits(),
        rates.new.to_bits(),
        u64::from(outage.is_some()),
    ];
    identity.extend(
        schedule
            .steps()
            .flat_map(|(at, weight)| [at.as_secs(), weight.to_bits()]),
    );
    Ok(Cell {
        simulation: Simulation::new(schedule, traffic.calls_per_minute, rates, timing)?,
        identity,
    })
}

impl Plan {
    /// `outcomes` are those of [`cells`].
    pub(super) fn of(
        (seed, runs, timing): (u64, u32, Timing),
        traffic: Vec<Traffic>,
        types: &[DeploymentType],
        outcomes: Vec<Outcome>,
    ) -> Self {
        let mut outcomes = outcomes.into_iter();
        let for_traffic = |traffic: Traffic| {
            let deployment_types: Vec<ForType> = types
                .iter()
                .map(|deployment_type| {
                    ForType::of(deployment_type, traffic.error_rate, &mut outcomes)
                })
                .collect();
            ForTraffic {
                recommendation: Recommendation::of(&traffic, &deployment_types),
                traffic,
                deployment_types,
            }
        };
        Self {
            seed,
            runs,
            traffic: traffic.into_iter().map(for_traffic).collect(),
            timing: Delays {
                metrics_seconds: timing.metrics,
                watch_seconds: timing.watch,
                poll_seconds: timing.poll,
            },
            outage: OutageOfBoth {
                rate: OUTAGE.rate,
                minutes: OUTAGE.seconds / 60,
            },
        }
    }
}

impl ForType {
    fn of(
        deployment_type: &DeploymentType,
        error_rate: f64,
        outcomes: &mut impl Iterator<Item = Outcome>,
    ) -> Self {
        let mut calls_in_time = 0.0;
        let shifts = kinds(error_rate)
            .zip(outcomes)
            .map(|((new_version, error_rate), outcome)| {
                calls_in_time = outcome.calls_in_time();
                Shifts {
                    new_version,
                    error_rate,
                    watch: Judged::of(&outcome.watch, outcome.runs),
                    tripwire: Judged::of(&outcome.tripwire, outcome.runs),
                }
            })
            .collect();
        Self {
            deployment_type: deployment_type.name.clone(),
            deployment_config: deployment_type.deployment_config.clone(),
            minutes: deployment_type.minutes(),
            shifts,
            calls_in_time,
        }
    }

    /// Shifts to a version that errs so often; `None` where that is no worse than the current one.
    pub(super) fn bad(&self, error_rate: f64) -> Option<&Shifts> {
        self.shifts.iter().find(|shifts| {
            shifts.new_version == NewVersion::Bad
                && shifts.error_rate.total_cmp(&error_rate).is_eq()
        })
    }

    /// Shifts to a version that is as good as the current one.
    pub(super) fn good(&self) -> Option<&Shifts> {
        let is_good = |shifts: &&Shifts| shifts.new_version == NewVersion::Good;
        self.shifts.iter().find(is_good)
    }
}

impl Judged {
    fn of(stops: &Stops, runs: u32) -> Self {
        Self {
            rolled_back: f64::from(stops.count()) / f64::from(runs.max(1)),
            median_seconds: stops.median(),
        }
    }
}

/// Every rate of a bad version, whatever the current one's.
pub(super) fn bad_rates() -> [f64; 5] {
    BAD
}
