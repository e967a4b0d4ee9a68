//! The command line's grammar.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

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

    /// Requests drawn from the test events in each traffic step [default: 200; 2000 in fails-one-in-twenty].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(crate) requests: Option<u32>,

    /// Seed of every random choice; the same seed prints the same, apart from measured times.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) deployable: Deployable,
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

    /// Build with this Cargo profile.
    #[arg(long, value_name = "PROFILE", default_value = "dev")]
    pub(crate) profile: String,
}

impl Deployable {
    /// Whether anything is said that is about a template only.
    pub(crate) fn is_given(&self) -> bool {
        !self.parameter_overrides.is_empty() || !self.binary.is_empty()
    }
}

const AFTER_EXPLAIN_HELP: &str = "\
Allow whoever runs it these actions, and all of the explanation is there:
  codedeploy:GetDeployment             on the deployment group
  codedeploy:ListDeploymentTargets     on the deployment group
  codedeploy:GetDeploymentTarget       on the deployment group
  codedeploy:GetApplicationRevision    on the application
  lambda:GetFunctionConfiguration      on the hooks
  lambda:GetAlias                      on the function that was deployed
  logs:FilterLogEvents                 on the hooks' log groups

Exit status: 0 it shipped, 1 it rolled back, failed or was stopped, 2 that could not be decided.";

/// `tollgate explain`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_EXPLAIN_HELP)]
pub(crate) struct Explain {
    /// The deployment, d-…: CloudFormation names it in the events of the alias.
    #[arg(value_name = "DEPLOYMENT_ID")]
    pub(crate) deployment_id: String,

    /// The deployment's Region [default: as for the AWS CLI].
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,

    /// A profile of the AWS CLI's configuration.
    #[arg(long, value_name = "PROFILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,

    /// Where to call AWS instead, for example an emulator [default: AWS_ENDPOINT_URL, else AWS].
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

const AFTER_SERVE_HELP: &str = "\
Where the functions' code comes from, first match wins:
  1. --binary FUNCTION=PATH
  2. --bin-dir DIR, by the Binary that the function's Metadata names
  3. `bootstrap` in the function's CodeUri, as `sam build` leaves it: serve .aws-sam/build/template.yaml
  4. `cargo build` of that Binary
A function without code is left out, and named.

Exit status: 0 when it was interrupted, 2 when it could not serve.";

/// `tollgate serve`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_SERVE_HELP)]
pub(crate) struct Serve {
    /// The port; 0 is a free one.
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,

    /// A SAM template, or the one that `sam build` wrote, whose functions are deployed at the beginning.
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) template: Option<PathBuf>,

    /// How many times as fast as the machine's clock time runs in the emulator: a canary of five minutes takes five
    /// seconds at 60. While a hook runs, time runs at its own pace. Above 1 the clocks of clients lag behind: give
    /// metrics no Timestamp, and take windows of time from the times in the emulator's answers. N is 1 to 3600.
    #[arg(long, value_name = "N", default_value = "1", value_parser = time_scale)]
    pub(crate) time_scale: NonZeroU32,

    /// Seed of identifiers and of alias routing.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Keep the state in DIR, and go on with what is there: also after the process was killed.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// How standard output says where it serves: for people, or as one line of JSON.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) deployable: Deployable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// An hour in a second: what is evaluated each minute must not take longer than the minute.
const MAX_TIME_SCALE: u32 = 3600;

fn time_scale(text: &str) -> Result<NonZeroU32, String> {
    let scale = text.parse().ok();
    scale
        .filter(|scale: &NonZeroU32| scale.get() <= MAX_TIME_SCALE)
        .ok_or_else(|| format!("expected a number from 1 to {MAX_TIME_SCALE}"))
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_no_faster_than_it_can_be_followed() {
        let rows = [
            ("1", Some(1)),
            ("3600", Some(3600)),
            ("0", None),
            ("3601", None),
            ("100000000", None),
            ("-1", None),
            ("60x", None),
        ];
        for (text, expected) in rows {
            let scale = time_scale(text).ok().map(NonZeroU32::get);
            assert_eq!(scale, expected, "{text}");
        }
    }
}
