//! `tollgate init`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::key_value;

/// `tollgate init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The SAM template to add the gate to.
    #[arg(default_value = "template.yaml")]
    pub(crate) template: PathBuf,

    /// The function to gate (logical id) [default: the only one that is neither hook nor watch].
    #[arg(long, value_name = "FUNCTION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) function: Option<String>,

    /// The FunctionName to give it, where it has none. CloudFormation replaces a function that is deployed without one.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) function_name: Option<String>,

    /// The folder of test events, one folder per function in it [default: events, beside the template].
    #[arg(long, value_name = "DIR")]
    pub(crate) events: Option<PathBuf>,

    /// Template parameters, as for SAM CLI: those that have no Default.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = key_value)]
    pub(crate) parameter_overrides: Vec<(String, String)>,

    /// Show the changes, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
