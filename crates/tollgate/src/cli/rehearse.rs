//! `tollgate rehearse`.

use std::path::PathBuf;

use clap::Args;

use super::{Deployable, Format};

const AFTER_HELP: &str = "\
Where the functions' code comes from, first match wins:
  1. --binary FUNCTION=PATH
  2. --bin-dir DIR, by the Binary that the function's Metadata names
  3. `bootstrap` in the function's CodeUri, as `sam build` leaves it: rehearse .aws-sam/build/template.yaml
  4. `cargo build` of that Binary

Exit status: 0 would ship, 1 would roll back, 2 could not be decided.
With --scenario all: 0 every scenario ended as it must, 1 one did not, 2 one could not be decided.";

/// `tollgate rehearse`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Rehearse {
    /// The SAM template, or the one that `sam build` wrote.
    #[arg(default_value = "template.yaml")]
    pub(crate) template: PathBuf,

    /// Rehearse only this function (logical id or name).
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) function: Option<String>,

    /// The release that is deployed now: a binary or example of the workspace, or a path
    /// [default: `current` in the workspace's metadata, see README].
    #[arg(long, value_name = "RELEASE")]
    pub(crate) current: Option<String>,

    /// The release to deploy: a binary or example of the workspace, or a path [default: what the template deploys].
    #[arg(long, value_name = "RELEASE")]
    pub(crate) new: Option<String>,

    /// What goes wrong: a scenario's name, or `all` for every one of them; `list` names them.
    #[arg(long, value_name = "SCENARIO", conflicts_with = "new")]
    pub(crate) scenario: Option<String>,

    /// Requests drawn from the test events in each traffic step [default: 200, and what a scenario needs].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(crate) requests: Option<u32>,

    /// So many requests in each minute of the shift instead, evenly spread.
    #[arg(long, value_name = "N", conflicts_with = "requests", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) calls_per_minute: Option<u32>,

    /// Seed of every random choice; the same seed prints the same, apart from measured times.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) deployable: Deployable,

    /// Build with this Cargo profile.
    #[arg(long, value_name = "PROFILE", default_value = "dev")]
    pub(crate) profile: String,
}
