//! The `GATE_…` variables.

use crate::durations::{Limit, LimitError};
use crate::target::{FunctionArn, FunctionArnError};
use std::num::NonZeroUsize;
use std::path::PathBuf;

const DEFAULT_EVENTS_DIR: &str = "/opt";
const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9);

/// An execution environment has 1,024 file descriptors ("Lambda quotas", AWS Lambda Developer Guide), and every
/// test event in flight needs one.
const LARGEST_CONCURRENCY: usize = 900;

/// What the environment asks for.
#[derive(Debug, PartialEq)]
pub(crate) struct Config {
    /// `GATE_EVENTS_DIR`: holds one folder of bundled events per function.
    pub(crate) events_dir: PathBuf,
    /// `GATE_SHARED_EVENTS`: whether to read the shared registry too.
    pub(crate) shared_events: bool,
    /// `GATE_CONCURRENCY`: test events in flight.
    pub(crate) concurrency: NonZeroUsize,
    /// `GATE_TARGET`: what to check, instead of what the deployment names.
    pub(crate) target: Option<FunctionArn>,
    /// `GATE_COMPARE`: whether the current version is invoked too, to compare its answers with those of the target, and
    /// what becomes of differences that no expectation speaks of.
    pub(crate) compare: Policy,
    /// `GATE_COMPARE_DURATION`: what becomes of a target that is slower, where answers are compared.
    pub(crate) compare_duration: Policy,
    /// `GATE_COMPARE_DURATION_LIMIT`: how much slower.
    pub(crate) duration_limit: Limit,
    /// `GATE_CANARY`: what becomes of a target that erred more often while traffic shifted.
    pub(crate) canary: Policy,
    /// `GATE_REQUIRED_BOUND`: the rate of errors, 0 to 1, that the shift must show the target to be below.
    pub(crate) required_bound: Option<f64>,
}

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// It is not looked for.
    Off,
    /// It is reported.
    Report,
    /// It fails the gate.
    Fail,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("GATE_SHARED_EVENTS is `{0}`, which is neither `on` nor `off`")]
    SharedEvents(String),
    #[error(
        "GATE_CONCURRENCY is `{0}`, which is not a whole number from 1 to {LARGEST_CONCURRENCY}"
    )]
    Concurrency(String),
    #[error("{name} is `{value}`, which is not one of `off`, `report` and `fail`")]
    Policy { name: &'static str, value: String },
    #[error("GATE_COMPARE_DURATION_LIMIT is `{value}`")]
    DurationLimit { value: String, source: LimitError },
    #[error(
        "GATE_COMPARE_DURATION is `fail`, and nothing is compared: GATE_COMPARE is `off`, and would have to be `report` or `fail`"
    )]
    DurationsOfNothing,
    #[error(
        "GATE_REQUIRED_BOUND is `{0}`, which is no rate of errors between 0 and 1, such as `0.05` or `5%`"
    )]
    RequiredBound(String),
    #[error(
        "GATE_REQUIRED_BOUND is set, and nothing shows it: GATE_CANARY is `off`, and would have to be `report` or `fail`"
    )]
    BoundOfNothing,
    #[error("GATE_TARGET is `{value}`")]
    Target {
        value: String,
        source: FunctionArnError,
    },
}

impl Config {
    /// Reads the variables through `lookup`; an unset variable and an empty one mean the default.
    pub(crate) fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        let policy = |name, default| set(name).map_or(Ok(default), |value| policy(name, value));
        let config = Self {
            events_dir: set("GATE_EVENTS_DIR")
                .unwrap_or_else(|| DEFAULT_EVENTS_DIR.to_owned())
                .into(),
            shared_events: match set("GATE_SHARED_EVENTS").as_deref() {
                // A bare `on` in a YAML template reaches the function as `true`: YAML 1.1 reads it as a boolean.
                None | Some("on" | "true") => true,
                Some("off" | "false") => false,
                Some(other) => return Err(ConfigError::SharedEvents(other.to_owned())),
            },
            concurrency: set("GATE_CONCURRENCY").map_or(Ok(DEFAULT_CONCURRENCY), concurrency)?,
            target: set("GATE_TARGET").map(target).transpose()?,
            compare: policy("GATE_COMPARE", Policy::Off)?,
            compare_duration: policy("GATE_COMPARE_DURATION", Policy::Report)?,
            duration_limit: set("GATE_COMPARE_DURATION_LIMIT")
                .map_or(Ok(Limit::default()), duration_limit)?,
            canary: policy("GATE_CANARY", Policy::Report)?,
            required_bound: set("GATE_REQUIRED_BOUND").map(required_bound).transpose()?,
        };
        match config {
            Self {
                compare: Policy::Off,
                compare_duration: Policy::Fail,
                ..
            } => Err(ConfigError::DurationsOfNothing),
            Self {
                canary: Policy::Off,
                required_bound: Some(_),
                ..
            } => Err(ConfigError::BoundOfNothing),
            config => Ok(config),
        }
    }
}

fn policy(name: &'static str, value: String) -> Result<Policy, ConfigError> {
    match value.as_str() {
        // A bare `off` in a YAML template reaches the function as `false`.
        "off" | "false" => Ok(Policy::Off),
        "report" => Ok(Policy::Report),
        "fail" => Ok(Policy::Fail),
        _ => Err(ConfigError::Policy { name, value }),
    }
}

fn duration_limit(value: String) -> Result<Limit, ConfigError> {
    value
        .parse()
        .map_err(|source| ConfigError::DurationLimit { value, source })
}

fn required_bound(value: String) -> Result<f64, ConfigError> {
    let rate = match value.strip_suffix('%') {
        Some(percent) => percent
            .trim_end()
            .parse()
            .map(|percent: f64| percent / 100.0),
        None => value.parse(),
    };
    rate.ok()
        .filter(|rate| 0.0 < *rate && *rate < 1.0)
        .ok_or(ConfigError::RequiredBound(value))
}

fn concurrency(value: String) -> Result<NonZeroUsize, ConfigError> {
    value
        .parse()
        .ok()
        .filter(|number: &NonZeroUsize| number.get() <= LARGEST_CONCURRENCY)
        .ok_or(ConfigError::Concurrency(value))
}

fn target(value: String) -> Result<FunctionArn, ConfigError> {
    FunctionArn::parse(&value).map_err(|source| ConfigError::Target { value, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::reason;

    fn parse(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::parse(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn defaults() -> Config {
        Config {
            events_dir: "/opt".into(),
            shared_events: true,
            concurrency: NonZeroUsize::new(10).unwrap(),
            target: None,
            compare: Policy::Off,
            compare_duration: Policy::Report,
            duration_limit: Limit::default(),
            canary: Policy::Report,
            required_bound: None,
        }
    }

    fn check(variables: &[(&str, &str)], change: fn(&mut Config)) {
        let mut expected = defaults();
        change(&mut expected);
        assert_eq!(parse(variables).unwrap(), expected, "{variables:?}");
    }

    fn check_error(name: &str, value: &str, expected: &str) {
        let text = reason(&parse(&[(name, value)]).unwrap_err());
        assert!(text.starts_with(name), "{text}");
        assert!(text.contains(expected), "{name}={value}: {text}");
    }

    #[test]
    fn reads_every_variable() {
        check(&[], |_| {});
        check(
            &[
                ("GATE_EVENTS_DIR", ""),
                ("GATE_SHARED_EVENTS", ""),
                ("GATE_CONCURRENCY", ""),
                ("GATE_TARGET", ""),
                ("GATE_COMPARE", ""),
                ("GATE_COMPARE_DURATION", ""),
                ("GATE_COMPARE_DURATION_LIMIT", ""),
                ("GATE_CANARY", ""),
                ("GATE_REQUIRED_BOUND", ""),
            ],
            |_| {},
        );
        check(&[("GATE_EVENTS_DIR", "events")], |config| {
            config.events_dir = "events".into()
        });
        check(&[("GATE_SHARED_EVENTS", "on")], |_| {});
        check(&[("GATE_SHARED_EVENTS", "true")], |_| {});
        check(&[("GATE_SHARED_EVENTS", "false")], |config| {
            config.shared_events = false
        });
        check(&[("GATE_SHARED_EVENTS", "off")], |config| {
            config.shared_events = false
        });
        check(&[("GATE_CONCURRENCY", "1")], |config| {
            config.concurrency = NonZeroUsize::MIN
        });
        check(&[("GATE_CONCURRENCY", "900")], |config| {
            config.concurrency = NonZeroUsize::new(900).unwrap()
        });
        check(&[("GATE_COMPARE", "off")], |_| {});
        check(&[("GATE_COMPARE", "false")], |_| {});
        check(&[("GATE_COMPARE", "report")], |config| {
            config.compare = Policy::Report
        });
        check(&[("GATE_COMPARE", "fail")], |config| {
            config.compare = Policy::Fail
        });
        check(&[("GATE_COMPARE_DURATION", "off")], |config| {
            config.compare_duration = Policy::Off
        });
        let durations = [
            ("GATE_COMPARE", "report"),
            ("GATE_COMPARE_DURATION", "fail"),
            ("GATE_COMPARE_DURATION_LIMIT", "5ms"),
        ];
        check(&durations, |config| {
            config.compare = Policy::Report;
            config.compare_duration = Policy::Fail;
            config.duration_limit = "5ms".parse().unwrap();
        });
        check(&[("GATE_CANARY", "false")], |config| {
            config.canary = Policy::Off
        });
        for bound in ["0.05", "5%", "5 %", "5e-2"] {
            let variables = [("GATE_CANARY", "fail"), ("GATE_REQUIRED_BOUND", bound)];
            check(&variables, |config| {
                config.canary = Policy::Fail;
                config.required_bound = Some(0.05);
            });
        }
        check(
            &[(
                "GATE_TARGET",
                "arn:aws:lambda:eu-west-1:123456789012:function:F:7",
            )],
            |config| {
                config.target = Some(FunctionArn {
                    unqualified: "arn:aws:lambda:eu-west-1:123456789012:function:F".to_owned(),
                    function: "F".to_owned(),
                    qualifier: "7".to_owned(),
                });
            },
        );
    }

    #[test]
    fn refuses_a_bad_value_by_name() {
        check_error("GATE_SHARED_EVENTS", "yes", "neither `on` nor `off`");
        check_error("GATE_SHARED_EVENTS", "ON", "neither `on` nor `off`");
        for value in [
            "0",
            "-1",
            "ten",
            "1.5",
            " 4",
            "901",
            "99999999999999999999999",
        ] {
            check_error("GATE_CONCURRENCY", value, "whole number from 1 to 900");
        }
        for value in ["on", "true", "Report", "failed"] {
            for name in ["GATE_COMPARE", "GATE_COMPARE_DURATION", "GATE_CANARY"] {
                check_error(name, value, "`off`, `report` and `fail`");
            }
        }
        check_error("GATE_COMPARE_DURATION_LIMIT", "10", "such as `10ms,10%`");
        for value in [
            "0", "1", "100%", "0%", "-0.1", "NaN", "inf", "some", "%", "5 % ",
        ] {
            check_error("GATE_REQUIRED_BOUND", value, "such as `0.05` or `5%`");
        }
        check_error("GATE_COMPARE_DURATION", "fail", "GATE_COMPARE is `off`");
        let off = [("GATE_CANARY", "off"), ("GATE_REQUIRED_BOUND", "5%")];
        let text = reason(&parse(&off).unwrap_err());
        assert!(text.contains("GATE_CANARY is `off`"), "{text}");
        check_error("GATE_TARGET", "F:7", "not a Lambda function ARN");
    }
}
