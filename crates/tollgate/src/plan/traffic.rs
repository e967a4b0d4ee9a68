//! How much traffic there is, and how often it ends in errors: given, or read from CloudWatch.

use anyhow::{Result, bail};
use serde::Serialize;

use super::measured::Measured;
use crate::cli::Plan;
use crate::function_reference::FunctionReference;

/// What is shown where no traffic is given.
const USUAL: [f64; 5] = [6.0, 30.0, 120.0, 600.0, 6000.0];

/// The errors of a healthy function where none are given.
const USUAL_ERRORS: f64 = 0.005;

/// The traffic of an alias before a shift.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traffic {
    pub(super) calls_per_minute: f64,
    /// 0 to 1.
    pub(super) error_rate: f64,
    /// Where it was read from CloudWatch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) measured: Option<Measured>,
}

/// What is to be planned for.
pub(super) async fn asked(args: &Plan) -> Result<Vec<Traffic>> {
    if args.function.is_empty() {
        let given = match args.calls_per_minute.as_slice() {
            [] => &USUAL,
            given => given,
        };
        return Ok(given
            .iter()
            .map(|&calls_per_minute| Traffic {
                calls_per_minute,
                error_rate: args.error_rate.unwrap_or(USUAL_ERRORS),
                measured: None,
            })
            .collect());
    }
    let mut found = Vec::new();
    for function in &args.function {
        let reference = FunctionReference::parse(function, None)?;
        let measured = Measured::read(args, &reference).await?;
        found.push(Traffic::of(measured, args.error_rate)?);
    }
    Ok(found)
}

impl Traffic {
    fn of(measured: Measured, error_rate: Option<f64>) -> Result<Self> {
        // A deployment begins at any minute. Where most have no calls, the mean is all there is to go by.
        let calls_per_minute = if measured.median_calls_per_minute > 0.0 {
            measured.median_calls_per_minute
        } else {
            measured.mean_calls_per_minute
        };
        let error_rate =
            error_rate.unwrap_or_else(|| measured.errors as f64 / measured.calls as f64);
        if error_rate >= 1.0 {
            bail!(
                "every call of {} has failed, so that no new version can be worse: give --error-rate",
                measured.name()
            );
        }
        Ok(Self {
            calls_per_minute,
            error_rate,
            measured: Some(measured),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and median, errors of 1,000 calls; the calls per minute and the error rate that are planned with.
    fn check(
        (mean, median): (f64, f64),
        errors: u64,
        given: Option<f64>,
        expected: Option<(f64, f64)>,
    ) {
        let measured = Measured {
            function: "F".to_owned(),
            alias: Some("prod".to_owned()),
            minutes: 60,
            calls: 1000,
            errors,
            mean_calls_per_minute: mean,
            median_calls_per_minute: median,
        };
        let found = Traffic::of(measured, given).ok();
        let found = found.map(|traffic| (traffic.calls_per_minute, traffic.error_rate));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_measured_is_planned_with() {
        check((30.0, 12.0), 5, None, Some((12.0, 0.005)));
        check((0.5, 0.0), 0, None, Some((0.5, 0.0)));
        check((30.0, 12.0), 5, Some(0.1), Some((12.0, 0.1)));
        check((30.0, 12.0), 1000, None, None);
        check((30.0, 12.0), 1000, Some(0.1), Some((12.0, 0.1)));
    }
}
