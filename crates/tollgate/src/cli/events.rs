//! `tollgate events`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::{Connection, Format};

const AFTER_EVENTS_HELP: &str = "\
The registry is lambda-testevent-schemas of EventBridge Schemas, the schema _<FunctionName>-schema. The expectation
of X is shared under X.expect, and goes with X. What others have shared, and keys that are unknown here, stay.

Allow whoever runs it these actions, on arn:aws:schemas:<Region>:<account>:schema/lambda-testevent-schemas/*:
  schemas:DescribeSchema          every command
  schemas:ListSchemaVersions      push, delete
  schemas:UpdateSchema            push, delete
  schemas:DeleteSchemaVersion     push, delete: of five versions, the oldest goes
  schemas:CreateSchema            push, the first time
  schemas:DeleteSchema            delete, push --prune: with the last test event
on arn:aws:schemas:<Region>:<account>:registry/lambda-testevent-schemas:
  schemas:DescribeRegistry        push, the first time
  schemas:CreateRegistry          push, the first time in a Region
and on *:
  schemas:GetDiscoveredSchema     push, the first time

Exit status: 0 all was done, or nothing differs; 1 something differs, was left out, or others changed the same test
event meanwhile; 2 that could not be done: nothing was, unless the message says what, or it was interrupted.";

/// `tollgate events`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_EVENTS_HELP)]
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
    ///
    /// Says first what it will do. What others change at the same moment is kept.
    Push(Push),
    /// Write the shared test events into files.
    ///
    /// Says first what it will do. A name that would not be a file's on every machine is left out.
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
    /// The test events, each with its expectation; X.expect is the expectation of X alone.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::AFTER_EVENTS_HELP;

    /// The actions on EventBridge Schemas that a text names.
    fn actions(text: &str) -> BTreeSet<&str> {
        let named = text.split("schemas:").skip(1);
        named
            .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphabetic()).next())
            .filter(|action| action.starts_with(|c: char| c.is_ascii_uppercase()))
            .collect()
    }

    #[test]
    fn the_readme_allows_what_the_help_does() {
        let readme = include_str!("../../../../README.md");
        let (_, section) = readme.split_once("\n## In CI\n").unwrap();
        let section = section.split("\n## ").next().unwrap();
        assert_eq!(actions(section), actions(AFTER_EVENTS_HELP));
        assert_eq!(actions(section).len(), 9);
    }
}
