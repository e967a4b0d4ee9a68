//! `tollgate changeset`, with `create` and `execute`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};

use changeset::Allow;

use super::{Connection, key_value};

const AFTER_HELP: &str = "\
Where the change set comes from:
  tollgate changeset ARN                           from AWS, with all pages and all nested change sets
  tollgate changeset --stack S --change-set C      the same, by names
  tollgate changeset root.json nested.json         from files
  aws cloudformation describe-change-set --change-set-name ARN | tollgate changeset -

After `sam deploy --no-execute-changeset`, review its change set, then execute exactly that one:
  tollgate changeset ARN && tollgate changeset execute ARN

A file that is called like a command is ./create or ./execute.

Exit status: 0 nothing is lost, 1 data or identity would be, 2 that could not be decided.";

/// `tollgate changeset`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct Changeset {
    #[command(subcommand)]
    pub(crate) command: Option<ChangesetCommand>,

    #[command(flatten)]
    pub(crate) review: ReviewChangeset,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChangesetCommand {
    /// Create a change set from a template, nested stacks included, review it, and delete it again.
    ///
    /// A stack that is only there because of it goes as well. Calls DescribeStacks, GetTemplateSummary, CreateChangeSet,
    /// DescribeChangeSet, GetTemplate and DeleteChangeSet; for a new stack ListChangeSets and DeleteStack.
    Create(Box<CreateChangeset>),
    /// Review a change set once more, and execute exactly that one if it passes.
    ///
    /// Then the stack is waited for: the exit status is 1 if it rolls back. Calls DescribeChangeSet, GetTemplate,
    /// ExecuteChangeSet and DescribeStackEvents.
    Execute(Box<ExecuteChangeset>),
}

// Without a command. (Clap would take a documentation comment for the command's own text.)
#[derive(Debug, Args)]
pub(crate) struct ReviewChangeset {
    /// What `aws cloudformation describe-change-set` prints, or an export of CloudFormation's console; `-` is standard
    /// input. With nested stacks: the root's change set and those of all nested ones, in any order. Or, alone, the ARN of
    /// a change set, which is then read from AWS.
    #[arg(value_name = "FILE|-|ARN", required_unless_present = "change_set")]
    pub(crate) sources: Vec<String>,

    /// The stack of the change set, by name or ARN.
    #[arg(long, value_name = "STACK", requires = "change_set", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) stack: Option<String>,

    /// The change set, by name; with --stack.
    #[arg(long, value_name = "NAME", requires = "stack", conflicts_with = "sources", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) change_set: Option<String>,

    /// The template that the change set is of, as it was written or as it was processed: says which deployments the
    /// change set would start. From AWS it is read by itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,

    /// How long a change set that is still being created is waited for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub(crate) timeout: NonZeroU32,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `tollgate changeset create`.
#[derive(Debug, Args)]
pub(crate) struct CreateChangeset {
    /// The template, as `sam build` and `sam package` or `aws cloudformation package` leave it: code and nested templates
    /// are where AWS finds them.
    #[arg(long, value_name = "FILE")]
    pub(crate) template: PathBuf,

    /// The stack: one that exists is updated, else it is created.
    #[arg(long, value_name = "STACK", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) stack: String,

    /// Template parameters; of one that is not given, the stack's value stays.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = key_value)]
    pub(crate) parameters: Vec<(String, String)>,

    /// What the template may do [default: CAPABILITY_IAM CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND, and none with --keep:
    /// what may be executed is acknowledged by a person]. Macros run while a change set is created.
    #[arg(long, value_name = "CAPABILITY", num_args = 1..)]
    pub(crate) capabilities: Vec<String>,

    /// Tags of the stack.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = key_value)]
    pub(crate) tags: Vec<(String, String)>,

    /// The role that CloudFormation acts as.
    #[arg(long, value_name = "ARN", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) role_arn: Option<String>,

    /// The change set's name [default: tollgate- and the time].
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) change_set: Option<String>,

    /// Keep the change set, for `tollgate changeset execute`.
    #[arg(long)]
    pub(crate) keep: bool,

    /// How long its creation is waited for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub(crate) timeout: NonZeroU32,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `tollgate changeset execute`.
#[derive(Debug, Args)]
pub(crate) struct ExecuteChangeset {
    /// The change set's ARN, as the review prints it. A name could stand for another one by now.
    #[arg(value_name = "ARN", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) change_set: String,

    /// Do not wait for the stack.
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// How long the stack is waited for, in seconds [default: without an end].
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<NonZeroU32>,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

// How changes are judged and shown, whatever is done with the change set. (Clap would take a documentation comment for
// the command's own text.)
#[derive(Debug, Args)]
pub(crate) struct Judging {
    /// What may be lost: ID=replace, ID=remove or ID=any. ID is a logical ID, of a nested stack Nested/ID.
    #[arg(long, value_name = "ID=HOW")]
    pub(crate) allow: Vec<Allow>,

    /// A type of which any resource may be lost.
    #[arg(long, value_name = "TYPE", value_parser = resource_type)]
    pub(crate) allow_type: Vec<String>,

    /// A further type that holds data.
    #[arg(long, value_name = "TYPE", value_parser = resource_type)]
    pub(crate) stateful: Vec<String>,

    /// A type that holds no data worth keeping.
    #[arg(long, value_name = "TYPE", value_parser = resource_type)]
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

/// A resource type as CloudFormation spells it; patterns are not understood, and would protect nothing.
fn resource_type(text: &str) -> Result<String, String> {
    let is_plain = |part: &str| {
        let known =
            |character: char| character.is_ascii_alphanumeric() || "@_-".contains(character);
        !part.is_empty() && part.chars().all(known)
    };
    if text.contains("::") && text.split("::").all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("expected one whole type, such as AWS::DynamoDB::Table or Custom::Seed".to_owned())
    }
}
