#![doc = include_str!("../README.md")]

mod canary;
mod minute;

pub use canary::{CanaryEvidence, RATE_RATIOS, THRESHOLD};
pub use minute::{Counts, Minute, Seen};
