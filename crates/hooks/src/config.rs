//! The `GATE_…` variables.

use crate::target::{FunctionArn, FunctionArnError};
use std::num::NonZeroUsize;
use std::path::PathBuf;

const DEFAULT_EVENTS_DIR: &str = "/opt";
const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9);

/// An execution environment has 1,024 file descriptors ("Lambda quotas", AWS Lambda Developer Guide), and every
/// test event in flight needs one.
const LARGEST_CONCURRENCY: usize = 900;

/// What the environment asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// `GATE_EVENTS_DIR`: holds one folder of bundled events per function.
    pub(crate) events_dir: PathBuf,
    /// `GATE_SHARED_EVENTS`: whether to read the shared registry too.
    pub(crate) shared_events: bool,
    /// `GATE_CONCURRENCY`: test events in flight.
    pub(crate) concurrency: NonZeroUsize,
    /// `GATE_TARGET`: what to check, instead of what the deployment names.
    pub(crate) target: Option<FunctionArn>,
    /// `GATE_COMPARE`: what becomes of differences to the current version.
    pub(crate) compare: Compare,
}

/// Whether the current version is invoked too, to compare its answers with those of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    Off,
    /// Differences are listed.
    Report,
    /// A difference that no expectation speaks of fails the gate.
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
    #[error("GATE_COMPARE is `{0}`, which is not one of `off`, `report` and `fail`")]
    Compare(String),
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
        Ok(Self {
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
            compare: match set("GATE_COMPARE").as_deref() {
                // A bare `off` in a YAML template reaches the function as `false`.
                None | Some("off" | "false") => Compare::Off,
                Some("report") => Compare::Report,
                Some("fail") => Compare::Fail,
                Some(other) => return Err(ConfigError::Compare(other.to_owned())),
            },
        })
    }
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
            compare: Compare::Off,
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
            config.compare = Compare::Report
        });
        check(&[("GATE_COMPARE", "fail")], |config| {
            config.compare = Compare::Fail
        });
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
            check_error("GATE_COMPARE", value, "`off`, `report` and `fail`");
        }
        check_error("GATE_TARGET", "F:7", "not a Lambda function ARN");
    }
}
