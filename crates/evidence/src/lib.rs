#![doc = include_str!("../README.md")]

mod binomial;
mod bound;
mod canary;
mod conditional;
mod fisher;
mod input;
mod mcnemar;
mod minute;

pub use bound::{clean_invocations, upper_bound};
pub use canary::{CanaryEvidence, RATE_RATIOS, THRESHOLD};
pub use conditional::{conditional_binomial, least_errors};
pub use fisher::{OneSided, fisher};
pub use input::{Alpha, InputError, MOST_INVOCATIONS, Tally};
pub use mcnemar::mcnemar;
pub use minute::{Counts, Minute, Seen};
