//! The command line's grammar: a file per command, and here what they share.

mod changeset;
mod events;
mod explain;
mod init;
mod plan;
mod rehearse;
mod serve;
mod test;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use changeset::{
    Changeset, ChangesetCommand, CreateChangeset, ExecuteChangeset, FailOn, Judging, OfConditional,
    ReviewChangeset, ReviewFormat,
};
pub(crate) use events::{Delete, Events, EventsCommand, Generate, Pull, Push, Shared};
pub(crate) use explain::Explain;
pub(crate) use init::Init;
pub(crate) use plan::Plan;
pub(crate) use rehearse::Rehearse;
pub(crate) use serve::Serve;
pub(crate) use test::Test;

use crate::stand_in::StandIn;

/// Test-gated deployments of AWS Lambda functions.
///
/// Exit status: 0 ships, 1 rolls back, 2 could not be decided.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play the deployment of a template's gated functions locally, with the real binaries.
    ///
    /// Waits are simulated, invocations are measured: a canary of five minutes takes a second or two. The functions'
    /// AWS calls stay on this machine, and no AWS account is needed; what else a function calls, it calls.
    Rehearse(Box<Rehearse>),
    /// Say why a deployment rolled back, or that it did not.
    ///
    /// Reads the deployment, its lifecycle events and the hooks' reports from AWS, and changes nothing. Of a rollback it
    /// explains the deployment that was rolled back. What cannot be read is named, and the rest explained.
    Explain(Box<Explain>),
    /// Serve the emulator to AWS clients: the AWS CLI, SDKs, SAM CLI, `cargo lambda invoke`.
    ///
    /// Listens on 127.0.0.1 only, until it is interrupted. With a template, its functions are there from the beginning,
    /// as after the stack's first deployment. What clients need to know goes to standard output, what happens (deployments,
    /// alarms) to standard error.
    Serve(Box<Serve>),
    /// Run the test events against a function, a version, an alias, an API; or against the template's functions, here.
    ///
    /// It judges as the hooks do, by the same code.
    Test(Box<Test>),
    /// Work with test events: files beside the code, and the registry that the Lambda console and SAM CLI share.
    Events(Box<Events>),
    /// Add the gate to a SAM template, and expectations to the test events that there are.
    Init(Box<Init>),
    /// Review a CloudFormation change set: would data or identity be lost?
    ///
    /// It judges what CloudFormation reports, which is not everything: see README.
    Changeset(Box<Changeset>),
    /// Show what a deployment type can catch at a given traffic, and recommend one.
    ///
    /// It simulates shifts minute by minute, with all delays: how often a good version would be rolled back, and how soon a
    /// bad one, by canary-watch's evidence and by the alarm that SAM's documentation shows. Nothing is deployed.
    Plan(Box<Plan>),
    /// Be a hook function with a fault (the emulator starts this, not a person).
    #[command(hide = true)]
    StandIn {
        /// The fault.
        fault: StandIn,
    },
    /// End what is left when the emulator was killed (the emulator starts this, not a person).
    #[command(hide = true)]
    Reap,
}

// What a template is deployed with. (Clap would take a documentation comment for the command's own text.)
#[derive(Debug, Args)]
pub(crate) struct Deployable {
    /// Template parameters, as for SAM CLI.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = key_value)]
    pub(crate) parameter_overrides: Vec<(String, String)>,

    /// A function's executable; FUNCTION is its logical id or name.
    #[arg(long, value_name = "FUNCTION=PATH", value_parser = key_value)]
    pub(crate) binary: Vec<(String, String)>,

    /// A directory that holds the binaries under their names, instead of building them.
    #[arg(long, value_name = "DIR", env = "TOLLGATE_BIN_DIR")]
    pub(crate) bin_dir: Option<PathBuf>,
}

impl Deployable {
    /// Whether anything is said that is about a template only.
    pub(crate) fn is_given(&self) -> bool {
        !self.parameter_overrides.is_empty() || !self.binary.is_empty()
    }
}

// Which account and Region is spoken to. (Clap would take a documentation comment for the command's own text.)
#[derive(Clone, Debug, Args)]
pub(crate) struct Connection {
    /// The Region [default: as for the AWS CLI].
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,

    /// A profile of the AWS CLI's configuration.
    #[arg(long, value_name = "PROFILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,

    /// Where to call AWS instead, for example an emulator [default: AWS_ENDPOINT_URL, else AWS].
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
