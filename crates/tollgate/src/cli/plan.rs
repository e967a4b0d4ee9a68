//! `tollgate plan`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use evidence::plan::MOST_CALLS;

use super::{Connection, Format};
use crate::plan::DeploymentType;

const AFTER_HELP: &str = "\
Without --calls-per-minute and --function it shows 6, 30, 120, 600 and 6000 calls a minute.

What is simulated, run by run:
  traffic   Poisson calls of both versions, by the deployment type's weights, and errors
  good      the new version errs as often as the current one
  outage    so does it, but for five minutes 30 % of the calls to both versions fail
  errors    the new version errs so often, the current one as before
  watch     canary-watch, once a minute; its run takes 2 s; its alarm: ln 20
  tripwire  Errors > 0 in two consecutive minutes, on the alias or on the new version
  in time   calls of the new version that the watch can judge before the shift ends
Metrics can be read --metrics-delay after their minute, and what the watch publishes as long
after it; alarms are evaluated once a minute, CodeDeploy polls them every 10 s; the seconds
at which all that happens are drawn for each run. What is known only after the last shift of
traffic does not count as caught.

With --function, allow whoever runs it cloudwatch:GetMetricData.

--format json prints one document, also where nothing could be simulated (then with error);
what is wrong with an option is told on standard error alone:
  {exitStatus, error, seed, runs, timing: {metricsSeconds, watchSeconds, pollSeconds},
   outage: {rate, minutes}, traffic: [{callsPerMinute, errorRate, measured: {function, alias,
     minutes, calls, errors, meanCallsPerMinute, medianCallsPerMinute}, deploymentTypes: [{
     deploymentType, deploymentConfig, minutes, callsInTime, shifts: [{newVersion, errorRate,
     watch: {rolledBack, medianSeconds}, tripwire}]}], recommendation: {deploymentType,
     seesErrorRate, reason}}]}
Shares and rates are 0 to 1.

Exit status: 0, or 2 where nothing could be simulated.";

/// `tollgate plan`.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Plan {
    /// Calls of the alias per minute.
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = calls, allow_negative_numbers = true, conflicts_with = "function")]
    pub(crate) calls_per_minute: Vec<f64>,

    /// How often the current version errs, as 0.005 or 0.5% [default: what --function shows, else 0.5%].
    #[arg(long, value_name = "RATE", value_parser = rate, allow_negative_numbers = true)]
    pub(crate) error_rate: Option<f64>,

    /// SAM's name of a deployment type, or one that you would define: Canary25Percent15Minutes,
    /// Linear20PercentEvery2Minutes [default: the eight that CodeDeploy predefines and that shift gradually].
    #[arg(long, value_name = "TYPE", value_delimiter = ',', value_parser = DeploymentType::parse)]
    pub(crate) deployment_type: Vec<DeploymentType>,

    /// Read traffic and error rate of this function or alias from CloudWatch: its name or ARN (VersionedOrderAPI:prod).
    #[arg(long, value_name = "FUNCTION[:ALIAS]", num_args = 1.., value_parser = NonEmptyStringValueParser::new())]
    pub(crate) function: Vec<String>,

    /// How many days CloudWatch is asked about; it keeps minutes for 15.
    #[arg(long, value_name = "N", default_value = "1", requires = "function", value_parser = clap::value_parser!(u32).range(1..=15))]
    pub(crate) days: u32,

    /// How many seconds after the end of its minute CloudWatch has a metric. AWS does not say; `tollgate rehearse` and
    /// `serve` have 15, and a minute is not unusual.
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = clap::value_parser!(u32).range(0..=600))]
    pub(crate) metrics_delay: u32,

    /// Simulated shifts of each kind.
    #[arg(long, value_name = "N", default_value = "4000", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) runs: u32,

    /// Seed of every random choice; the same seed prints the same.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// For people, or for machines.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

fn calls(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        // NaN is not more than 0.
        Ok(calls) if calls > 0.0 && calls <= MOST_CALLS => Ok(calls),
        Ok(0.0) => Err("without calls nothing can be seen: give more than 0".to_owned()),
        Ok(_) => Err(format!("expected more than 0 and at most {MOST_CALLS:e}")),
        Err(_) => Err("expected a number, for example 120".to_owned()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (number, unit) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text, 1.0),
    };
    let rate = number
        .parse::<f64>()
        .map_err(|_| "expected a number, for example 0.005 or 0.5%".to_owned())?
        / unit;
    if !(0.0..=1.0).contains(&rate) {
        let hint = if unit > 1.0 {
            String::new()
        } else {
            format!("; is {text}% meant?")
        };
        return Err(format!("an error rate is from 0 to 1, or 0% to 100%{hint}"));
    }
    if rate >= 1.0 {
        return Err("no new version can be worse than one of which every call fails".to_owned());
    }
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_shares_or_percentages() {
        for (text, expected) in [
            ("0.005", Ok(0.005)),
            ("0.5%", Ok(0.005)),
            ("0", Ok(0.0)),
            ("0 %", Ok(0.0)),
            ("99%", Ok(0.99)),
            ("5", Err("is 5% meant?")),
            ("101%", Err("from 0 to 1, or 0% to 100%")),
            ("-0.1", Err("from 0 to 1")),
            ("NaN", Err("from 0 to 1")),
            ("inf", Err("from 0 to 1")),
            ("1e99%", Err("from 0 to 1")),
            ("100%", Err("every call fails")),
            ("half", Err("expected a number")),
            ("%", Err("expected a number")),
            ("", Err("expected a number")),
        ] {
            match (rate(text), expected) {
                (Ok(found), Ok(expected)) => assert!((found - expected).abs() < 1e-15, "{text}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{text}: {found}"),
                (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn calls_are_more_than_none() {
        for (text, is_usable) in [
            ("6", true),
            ("0.5", true),
            ("1e9", true),
            ("0", false),
            ("-0", false),
            ("-6", false),
            ("1e99", false),
            ("inf", false),
            ("NaN", false),
            ("many", false),
        ] {
            assert_eq!(calls(text).is_ok(), is_usable, "{text}");
        }
    }
}
