//! `tollgate events`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::{Connection, Format};

/// `tollgate events`.
#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(subcommand)]
    pub(crate) command: EventsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// List the test events of a function: which are files, which are shared, and which differ.
    List(Shared),
    /// Say what differs between the files and the shared registry.
    ///
    /// Exit status: 0 nothing differs, 1 something does, 2 that could not be decided.
    Diff(Shared),
    /// Share the files: add to the registry what is missing there, and replace what differs.
    Push(Push),
    /// Write the shared test events into files.
    Pull(Pull),
    /// Delete test events from the shared registry.
    Delete(Delete),
    /// Derive edge cases from a test event, as further test events.
    Generate(Box<Generate>),
}

/// What most of them need.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// The function's name.
    #[arg(long, value_name = "FUNCTION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) function: String,

    /// Only these test events, each with its expectation.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) only: Vec<String>,

    /// The folder of test events, one folder per function in it.
    #[arg(long, value_name = "DIR", default_value = "events")]
    pub(crate) events: PathBuf,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) shared: Shared,

    /// Also delete from the registry what there is no file of.
    #[arg(long, conflicts_with = "only")]
    pub(crate) prune: bool,

    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Do not ask before anything is deleted.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Pull {
    #[command(flatten)]
    pub(crate) shared: Shared,

    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Do not ask before a file is overwritten.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The test events, each with its expectation.
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,

    /// The function's name.
    #[arg(long, value_name = "FUNCTION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) function: String,

    /// Do not ask before anything is deleted.
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// The test event.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The function's name [default: the only one that has a test event of that name].
    #[arg(long, value_name = "FUNCTION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) function: Option<String>,

    /// The most edge cases.
    #[arg(long, value_name = "N", default_value = "200")]
    pub(crate) most: NonZeroUsize,

    /// Also go by the event's schema in the shared registry.
    #[arg(long)]
    pub(crate) shared: bool,

    /// Name the edge cases, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// The folder of test events, one folder per function in it.
    #[arg(long, value_name = "DIR", default_value = "events")]
    pub(crate) events: PathBuf,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) connection: Connection,
}
