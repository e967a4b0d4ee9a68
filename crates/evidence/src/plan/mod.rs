//! What a deployment type can catch: shifts are simulated with Poisson traffic, and judged by the watch and by a
//! tripwire, minute by minute.
//!
//! # The model
//!
//! - Calls of both versions are Poisson, their mean is the calls per minute times the version's share at that moment; each
//!   is an error with its version's probability. Minutes are CloudWatch's: the shift begins at some second of one.
//! - The counts of a minute can be read [`Timing::metrics`] after its end.
//! - The watch runs once a minute, and takes all minutes that can be read since the shift began ([`CanaryEvidence`]). Of
//!   the minute in which the shift begins it knows the part that belongs to the shift ([`Minute::in_part`]). Its value can
//!   be read [`Timing::watch`] later, and the alarm on it finds it at its next evaluation.
//! - Each alarm is evaluated once a minute, at a second of its own.
//! - CodeDeploy polls the alarms every [`Timing::poll`], and rolls back when one is in `ALARM`. Who is convicted after the
//!   last step has got through: that does not count as caught.
//! - The tripwire is the pair of alarms that SAM's documentation shows ("Safe Lambda deployments"): `Errors`, `Sum`, above 0 in
//!   two consecutive minutes, on the alias and on the new version; whichever fires. They see four minutes, pass over minutes
//!   without calls, and take missing data for not breaching ("Configuring how CloudWatch alarms treat missing data").
//! - The seconds of the minute at which the shift begins, the watch runs, alarms are evaluated, and the phase of CodeDeploy's
//!   polls, are drawn for each run ([`Phases`]).
//!
//! So a minute that convicts stops the shift some 1¼ to 4½ minutes after it began.
//!
//! [`CanaryEvidence`]: crate::CanaryEvidence
//! [`Minute::in_part`]: crate::Minute::in_part

mod course;
mod outcome;
mod schedule;
mod simulation;
mod timing;
mod tripwire;

pub use course::{Outage, Rates};
pub use outcome::{Outcome, Stops};
pub use schedule::Schedule;
pub use simulation::{MOST_CALLS, Run, Simulation};
pub use timing::{Phases, Timing};

/// Why nothing can be simulated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The traffic is none, no number, or more than [`MOST_CALLS`].
    #[error("calls per minute must be more than 0 and at most {MOST_CALLS:e}, not {0}")]
    Calls(f64),
    /// An error rate is no number from 0 to 1.
    #[error("an error rate must be from 0 to 1, not {0}")]
    Rate(f64),
    /// A weight is no number from 0 to 1.
    #[error("a weight must be from 0 to 1, not {0}")]
    Weight(f64),
    /// A schedule has no steps, does not begin at 0, or its steps do not rise in time and weight to a weight of 1.
    #[error(
        "the steps of a schedule must begin at 0 and rise, in time and in weight, to a weight of 1"
    )]
    Steps,
    /// A schedule moves all traffic in one step.
    #[error("all traffic moves at once, so that nothing can be judged before")]
    AtOnce,
}
