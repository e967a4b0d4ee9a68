#![doc = include_str!("../README.md")]

mod binomial;
mod bound;
mod canary;
mod conditional;
mod durations;
mod fisher;
mod holm;
mod input;
mod mann_whitney;
mod mcnemar;
mod minute;
pub mod plan;
mod ranks;
mod signed_rank;
mod sprt;
mod stratified;

pub use bound::{clean_invocations, upper_bound};
pub use canary::{CanaryEvidence, RATE_RATIOS, THRESHOLD};
pub use conditional::{conditional_binomial, least_errors};
pub use durations::Method;
pub use fisher::{OneSided, fisher};
pub use holm::holm;
pub use input::{Alpha, InputError, MOST_INVOCATIONS, Tally};
pub use mann_whitney::{MOST_EXACT_COMPARISONS, MannWhitney, mann_whitney};
pub use mcnemar::mcnemar;
pub use minute::{Counts, Minute, Seen};
pub use signed_rank::{MOST_EXACT_PAIRS, Pair, SignedRank, signed_rank};
pub use sprt::{Decision, Sprt};
pub use stratified::{MOST_EXACT_ERRORS, Stratified, stratified_fisher};
