//! `tollgate test`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::{Connection, Deployable, Format};

const AFTER_HELP: &str = "\
What is tested:
  with --function   that function, in the account and Region that the AWS CLI would speak to, or at --endpoint-url
  with --api-url    the API, with the events that are shaped like API Gateway's requests
  otherwise         the functions of the template that have test events, built and started on this machine

Allow whoever runs it lambda:InvokeFunction on the function and its qualifiers; with --compare also lambda:GetAlias on
the function, with --shared also schemas:DescribeSchema on its schema in lambda-testevent-schemas.

Over HTTP the path of --api-url takes the place of the stage in an event's path. The response is judged as what the
function would have answered: statusCode, headers, multiValueHeaders, cookies, body, isBase64Encoded. Redirections are
answers, and nothing is sent twice. Events that are no requests, and those that expect a function error, are skipped.

In GitHub Actions, what is not met is annotated in the files of the events.

--format json prints one document, also of a run that could not be made (then with error):
  {exitStatus, error, functions: [{function, target, alias, targetVersion, currentVersion, durationMs, verdict, reason,
    notes, skipped: [{name, reason}], events: [{name, source, outcome, durationMs, mismatches: [{path, expected,
    actual, comparedWith, file, line, column}], reason, differences: [{path, current, target}], repeats}]}]}
It is the report that the hooks write; what is not known is left out. durationMs of a function is from the first call
to the last answer.

Exit status: 1 when any event is unmet, else 2 when any is broken (a file that cannot be used, no answer, a
function that cannot be run on this machine) or when nothing could be run, else 0.";

/// `tollgate test`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Test {
    /// The function: its name or ARN, also with a qualifier (VersionedOrderAPI:staging). The Region of an ARN is that of
    /// the call, where there is no --region.
    #[arg(long, value_name = "FUNCTION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) function: Option<String>,

    /// The version or alias to test [default: $LATEST].
    #[arg(long, value_name = "QUALIFIER", requires = "function", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) qualifier: Option<String>,

    /// Run the events that are HTTP requests over HTTP, against the API at URL.
    #[arg(long, value_name = "URL", conflicts_with_all = ["qualifier", "compare", "compare_fails", "endpoint_url", "shared", "generated"])]
    pub(crate) api_url: Option<String>,

    /// How long the API may take for an answer. API Gateway itself gives up after 30 seconds, unless that was raised; a
    /// function URL may take 15 minutes.
    #[arg(long, value_name = "SECONDS", default_value = "60", requires = "api_url", value_parser = clap::value_parser!(u64).range(1..=900))]
    pub(crate) api_timeout: u64,

    /// The folder of test events, one folder per function in it.
    #[arg(long, value_name = "DIR", default_value = "events")]
    pub(crate) events: PathBuf,

    /// Also run the events that the team shares in the registry of the Lambda console; of two with one name, the file's.
    #[arg(long, requires = "function")]
    pub(crate) shared: bool,

    /// Run only these events.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) only: Vec<String>,

    /// Test events in flight.
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) concurrency: NonZeroUsize,

    /// Also invoke this version or alias, and list what the tested one answers otherwise.
    #[arg(long, value_name = "QUALIFIER", requires = "function", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) compare: Option<String>,

    /// Fail where the answers differ.
    #[arg(long, requires = "compare")]
    pub(crate) compare_fails: bool,

    /// Run each event N times, and say which answers come only sometimes.
    #[arg(long, value_name = "N", default_value = "1", conflicts_with_all = ["accept", "compare"])]
    pub(crate) repeat: NonZeroU32,

    /// Write the expectation files from what the function answers, or update them: to be reviewed like any change.
    /// Each event is sent twice, one call after the other.
    #[arg(long, conflicts_with_all = ["compare", "generated", "api_url", "shared", "junit"])]
    pub(crate) accept: bool,

    /// Run edge cases that are generated from the events instead: no function error, no status of 500 or above. With
    /// --shared, also by the schema in the registry.
    #[arg(long, conflicts_with_all = ["compare", "repeat"])]
    pub(crate) generated: bool,

    /// Keep the smallest edge case of each defect as a test event.
    #[arg(long, requires = "generated")]
    pub(crate) keep: bool,

    /// Write a JUnit report to FILE.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) connection: Connection,

    /// The SAM template whose functions are started where no --function is given, or the one that `sam build` wrote.
    #[arg(long, value_name = "TEMPLATE", default_value = "template.yaml", conflicts_with_all = ["function", "api_url"])]
    pub(crate) template: PathBuf,

    #[command(flatten)]
    pub(crate) deployable: Deployable,

    /// Build with this Cargo profile.
    #[arg(long, value_name = "PROFILE", default_value = "dev")]
    pub(crate) cargo_profile: String,
}
