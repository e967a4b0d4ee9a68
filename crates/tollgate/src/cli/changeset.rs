//! `tollgate changeset`.

use clap::{Args, ValueEnum};

use changeset::Allow;

const AFTER_HELP: &str = "\
  aws cloudformation describe-change-set --stack-name STACK --change-set-name NAME | tollgate changeset -
  sam deploy --no-execute-changeset, then the same

Exit status: 0 nothing is lost, 1 data or identity would be, 2 that could not be decided.";

/// `tollgate changeset`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Changeset {
    /// What `aws cloudformation describe-change-set` prints, or an export of CloudFormation's console; `-` is standard
    /// input. With nested stacks: the root's change set and those of all nested ones, in any order.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,

    /// What may be lost: ID=replace, ID=remove or ID=any. ID is a logical ID, of a nested stack Nested/ID.
    #[arg(long, value_name = "ID=HOW")]
    pub(crate) allow: Vec<Allow>,

    /// A type of which any resource may be lost.
    #[arg(long, value_name = "TYPE")]
    pub(crate) allow_type: Vec<String>,

    /// A further type that holds data.
    #[arg(long, value_name = "TYPE")]
    pub(crate) stateful: Vec<String>,

    /// A type that holds no data worth keeping.
    #[arg(long, value_name = "TYPE")]
    pub(crate) not_stateful: Vec<String>,

    /// How what may be replaced is taken, where CloudFormation cannot tell.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = OfConditional::Block)]
    pub(crate) conditional: OfConditional,

    /// From which verdict on the exit status is 1.
    #[arg(long, value_name = "VERDICT", value_enum, default_value_t = FailOn::Blocked)]
    pub(crate) fail_on: FailOn,

    /// Show the values of properties, which may be secrets.
    #[arg(long)]
    pub(crate) show_values: bool,

    /// For people, for machines, or for a comment on a pull request.
    #[arg(long, value_enum, default_value_t = ReviewFormat::Table)]
    pub(crate) format: ReviewFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OfConditional {
    /// As a replacement.
    Block,
    /// As something to be reviewed.
    Review,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Blocked,
    Review,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReviewFormat {
    Table,
    Json,
    Markdown,
}
